//! Everybody comes back at once after a crash, while some people go on talking.

use crate::line::Line;
use crate::open;
use crate::pair::Pair;
use crate::progress::{Count, Progress};
use crate::provision::Somebody;
use crate::report::Latencies;
use crate::target::{self, Target};
use chat_tests::proc::cpu_of_threads;
use clap::builder::TypedValueParser as _;
use serde_json::{Value, json};
use std::net::SocketAddr;
use std::time::{Duration, Instant};
use tokio::sync::oneshot;
use tokio::task::JoinSet;

#[derive(clap::Args, Clone, Copy)]
pub struct Options {
    /// Clients that come back at once
    #[arg(long, default_value_t = 10_000, value_parser = clap::value_parser!(u16).range(1..=20_000).map(usize::from))]
    clients: usize,
    /// Messages per second of the bystanders, who are back first
    #[arg(long, default_value_t = 200)]
    rate: u32,
    /// For how long the bystanders talk
    #[arg(long, default_value_t = 10)]
    seconds: u32,
}

/// Pairs of bystanders.
const PAIRS: usize = 20;
/// The server's threads that hash passwords, and nothing else.
const HASHERS: &str = "password-";
/// A hash of 19 MiB, gone over twice, takes longer than that on any machine.
const HASH_MS_MIN: u128 = 5;

pub async fn run(options: &target::Options, storm: Options) -> anyhow::Result<Value> {
    let mut target = Target::prepare(options, PAIRS * 2 + storm.clients).await?;
    let (_progress, [connections, served, messages]) =
        Progress::start("storm", ["connections before", "clients served", "messages"]);
    let clients = target.people.split_off(PAIRS * 2);
    let lines = Line::of_all(target.address, &clients, &connections).await?;
    target.restart().await?;
    drop(lines);
    let before = target.usage()?;
    let bystanders = Pair::of_all(target.address, &target.people, &Count::default()).await?;
    let talk = open::Options { rate: storm.rate, pairs: PAIRS, bytes: 100, seconds: storm.seconds };
    let address = target.address;
    let hashing = cpu_of_threads(target.pid()?, HASHERS)?;
    let (bystanders, returned) = tokio::join!(
        open::talk(&target, bystanders, talk, &messages),
        come_back(address, clients, served.clone())
    );
    let returned = returned?;
    let hashing = cpu_of_threads(target.pid()?, HASHERS)? - hashing;
    let after = target.usage()?;
    Ok(json!({
        "scenario": "storm", "clients": storm.clients, "seconds": returned.took.as_secs_f64(),
        "served": served.now(), "failures": returned.failures.len(), "first_failure": returned.failures.first(),
        "served_ms": returned.served.summary(), "password_threads_cpu_ms": hashing.as_secs_f64() * 1000.0,
        "password_hashes_at_most": hashing.as_millis() / HASH_MS_MIN,
        "server_cpu_s": (after.cpu - before.cpu).as_secs_f64(), "resident_kib": after.resident_kib, "bystanders": bystanders?,
    }))
}

/// Those who came at once.
struct Returned {
    /// Until the last one was served or had failed.
    took: Duration,
    served: Latencies,
    failures: Vec<String>,
    _lines: Vec<Line>,
}

/// They come on a thread of their own: in one queue with them the bystanders would wait for the load tool, and not for the server.
async fn come_back(server: SocketAddr, clients: Vec<Somebody>, served: Count) -> anyhow::Result<Returned> {
    let (tell, told) = oneshot::channel();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    std::thread::spawn(move || {
        runtime.block_on(async move {
            let _ = tell.send(all_come(server, clients, &served).await);
            // Their sockets need it for as long as the tool runs.
            std::future::pending::<()>().await;
        });
    });
    Ok(told.await?)
}

async fn all_come(server: SocketAddr, clients: Vec<Somebody>, served: &Count) -> Returned {
    let (began, mut tasks) = (Instant::now(), JoinSet::new());
    for somebody in clients {
        tasks.spawn(async move { (come_in(server, &somebody).await, began.elapsed()) });
    }
    let (mut latencies, mut lines, mut failures) = (Latencies::new(), Vec::new(), Vec::new());
    while let Some(done) = tasks.join_next().await {
        match done.expect("no task panics") {
            (Ok(line), latency) => {
                latencies.note(latency);
                lines.push(line);
                served.add(1);
            }
            (Err(error), _) => failures.push(format!("{error:#}")),
        }
    }
    Returned { took: began.elapsed(), served: latencies, failures, _lines: lines }
}

/// Logs in and receives the list.
async fn come_in(server: SocketAddr, somebody: &Somebody) -> anyhow::Result<Line> {
    let mut line = Line::of(server, somebody).await?;
    line.asks(&json!({"type": "list", "id": "l"})).await?;
    Ok(line)
}
