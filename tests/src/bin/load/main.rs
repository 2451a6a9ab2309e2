//! The load tool: how much a server carries, how fast it answers, what it weighs. One JSON line per run.
//!
//! It starts the `chat-server` that was built beside it, on a free port of the loopback and in a folder of its own, or
//! loads one that runs already. docs/performance.md has the method and the figures.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stdout, clippy::print_stderr)] // A tool for ourselves.
#![allow(clippy::disallowed_methods)] // The shell: it reads the clock and makes ids.

mod bare;
mod closed;
mod compare;
mod files;
mod history;
mod idle;
mod line;
mod nginx;
mod open;
mod provision;
mod report;
mod search;
mod target;

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
    /// The driver alone on the mongod of --mongodb
    Bare(bare::Options),
    /// The server on MongoDB beside the bare driver and beside SQLite, in one run: the ratios
    Compare(closed::Options),
    /// Pages of a short and of a very long log, on both stores
    History(history::Options),
    /// Searches in a store of a million messages
    Search(search::Options),
    /// Pairs of people; each sender keeps a number of messages in flight: how much is possible
    Closed(closed::Options),
    /// Messages at a fixed rate, whatever the answers do: how long one waits. Free of coordinated omission
    Open(open::Options),
    /// One large file up and down: memory, how fast beside nginx, and what the chat feels of it
    Files(files::Options),
    /// Connections that are logged in and do nothing: what they weigh
    Idle(idle::Options),
}

impl Scenario {
    fn people(&self) -> usize {
        match self {
            Self::Bare(_) | Self::Compare(_) | Self::Files(_) | Self::History(_) | Self::Search(_) => 0,
            Self::Closed(options) => options.pairs * 2,
            Self::Open(options) => options.pairs * 2,
            Self::Idle(options) => options.connections,
        }
    }
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let cli = Cli::parse();
    rlimit::increase_nofile_limit(u64::MAX)?;
    if let Scenario::Compare(options) = cli.scenario {
        println!("{}", compare::run(options).await?);
        return Ok(());
    }
    if let Scenario::History(options) = cli.scenario {
        println!("{}", history::run(options).await?);
        return Ok(());
    }
    if let Scenario::Search(options) = cli.scenario {
        println!("{}", search::run(options).await?);
        return Ok(());
    }
    if let Scenario::Files(options) = cli.scenario {
        println!("{}", files::run(cli.target, options).await?);
        return Ok(());
    }
    let target = Target::prepare(&cli.target, cli.scenario.people()).await?;
    let outcome = match cli.scenario {
        Scenario::Bare(options) => bare::run(&target, options).await?,
        Scenario::Compare(_) | Scenario::Files(_) | Scenario::History(_) | Scenario::Search(_) => {
            unreachable!("they prepare what they need themselves")
        }
        Scenario::Closed(options) => closed::run(&target, options).await?,
        Scenario::Open(options) => open::run(&target, options).await?,
        Scenario::Idle(options) => idle::run(&target, options).await?,
    };
    println!("{outcome}");
    Ok(())
}
