//! The long version of the failover story: `cargo run --release -p chat-tests --bin failover`.
//!
//! Prints one JSON line; ends with 1 when a promise was broken. It needs a `mongod` on the PATH or in `CHAT_TESTS_MONGOD`.
#![allow(clippy::print_stdout)] // A tool for ourselves.

use chat_tests::failover::{Blows, endure};
use clap::Parser;
use serde_json::json;
use std::process::ExitCode;
use std::time::Duration;

#[derive(Parser)]
#[command(
    about = "Kills and freezes the primary of a three-member MongoDB under traffic and judges the history"
)]
struct Cli {
    /// How often the primary is killed with -9
    #[arg(long, default_value_t = 20)]
    kills: usize,
    /// How often it is stopped with SIGSTOP
    #[arg(long, default_value_t = 5)]
    freezes: usize,
    /// Seconds of each freeze
    #[arg(long, default_value_t = 15)]
    frozen: u64,
    /// Milliseconds of silence until another member stands for election; 10,000 is MongoDB's default
    #[arg(long, default_value_t = 10_000)]
    election: u64,
}

#[tokio::main]
async fn main() -> ExitCode {
    let Cli { kills, freezes, frozen, election } = Cli::parse();
    let (frozen, election) = (Duration::from_secs(frozen), Duration::from_millis(election));
    let report = endure(Blows { kills, freezes, frozen, election }).await;
    let seconds = |times: &[Duration]| {
        let mut times: Vec<_> = times.iter().map(Duration::as_secs_f64).collect();
        times.sort_by(f64::total_cmp);
        json!({"min": times.first(), "median": times.get(times.len() / 2), "max": times.last()})
    };
    println!(
        "{}",
        json!({
            "kills": kills,
            "freezes": freezes,
            "acked": report.acked,
            "per_second_between_blows": report.per_second,
            "seconds_to_first_new_ack_after_kill": seconds(&report.after_kills),
            "seconds_to_first_new_ack_after_freeze": seconds(&report.after_freezes),
            "faults": report.faults,
        })
    );
    if report.faults.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
