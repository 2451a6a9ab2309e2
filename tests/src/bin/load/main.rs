//! The load tool: how much a server carries, how fast it answers, what it weighs. One JSON line per run.
//!
//! It starts the `chat-server` that was built beside it, on a free port of the loopback and in a folder of its own, or
//! loads one that runs already. docs/performance.md has the method and the figures.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stdout, clippy::print_stderr)] // A tool for ourselves.
#![allow(clippy::disallowed_methods)] // The shell: it reads the clock and makes ids.

mod bare;
mod catch_up;
mod closed;
mod compare;
mod files;
mod filled;
mod floor;
mod group;
mod growth;
mod guard;
mod history;
mod idle;
mod line;
mod nginx;
mod open;
mod pace;
mod pair;
mod progress;
mod provision;
mod relay;
mod report;
mod rows;
mod search;
mod storm;
mod talks;
mod target;
mod turns;
mod words;

use clap::{Parser, Subcommand};
use target::Target;

#[derive(Parser)]
#[command(name = "load", about = "Loads a chat-server and prints one JSON line of what it took")]
struct Cli {
    #[command(flatten)]
    target: target::Options,
    #[command(subcommand)]
    scenario: Scenario,
}

#[derive(Subcommand)]
enum Scenario {
    /// Pairs of people; each sender keeps a number of messages in flight: how much is possible
    Closed(closed::Options),
    /// Messages at a fixed rate, whatever the answers do: how long one waits. Free of coordinated omission
    Open(open::Options),
    /// Connections that are logged in and do nothing: what they weigh
    Idle(idle::Options),
    /// Messages to a group whose members are all there, beside a bare relay
    Group(group::Options),
    /// The closed loop with few and with many connections, and on an empty and on a large store: the ratios
    Growth(growth::Options),
    /// Whether the server has become dearer than the baseline that the repository keeps; fails when it has
    Guard(guard::Options),
    /// Everybody comes back at once after a crash
    Storm(storm::Options),
    /// A client that has missed very many entries
    CatchUp(catch_up::Options),
    /// Pages of a short and of a very long log, on both stores
    History(history::Options),
    /// Searches in a store of a million messages
    Search(search::Options),
    /// One large file up and down: memory, how fast beside nginx, and what the chat feels of it
    Files(files::Options),
    /// The server on SQLite beside a bare relay and beside SQLite alone, in one run: the ratios
    Floor(closed::Options),
    /// The server on MongoDB beside the bare driver and beside SQLite, in one run: the ratios
    Compare(closed::Options),
    /// The driver alone on the mongod of --mongodb
    Bare(bare::Options),
    /// SQLite alone
    Rows(rows::Options),
    /// Is the bare relay, until the standard input ends
    #[command(hide = true)]
    Relay { writes: relay::Writes },
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let Cli { target, scenario } = Cli::parse();
    rlimit::increase_nofile_limit(u64::MAX)?;
    let prepare = |people| Target::prepare(&target, people);
    let outcome = match scenario {
        Scenario::Closed(options) => closed::run(&prepare(options.pairs * 2).await?, options).await?,
        Scenario::Open(options) => open::run(&prepare(options.pairs * 2).await?, options).await?,
        Scenario::Idle(options) => idle::run(&prepare(options.connections).await?, options).await?,
        Scenario::Bare(options) => bare::run(&prepare(0).await?, options).await?,
        Scenario::Group(options) => group::run(&target, options).await?,
        Scenario::Growth(options) => growth::run(options).await?,
        Scenario::Guard(options) => return guard::run(options).await,
        Scenario::Storm(options) => storm::run(&target, options).await?,
        Scenario::CatchUp(options) => catch_up::run(&target, options).await?,
        Scenario::Files(options) => files::run(target, options).await?,
        Scenario::History(options) => history::run(options).await?,
        Scenario::Search(options) => search::run(options).await?,
        Scenario::Floor(options) => floor::run(options).await?,
        Scenario::Compare(options) => compare::run(options).await?,
        Scenario::Rows(options) => rows::run(options)?,
        Scenario::Relay { writes } => return relay::serve(writes).await,
    };
    println!("{outcome}");
    Ok(())
}
