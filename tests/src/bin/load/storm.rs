//! Everybody comes back at once after a crash, while some people go on talking.

use crate::line::Line;
use crate::open;
use crate::report::Latencies;
use crate::target::{self, Target};
use clap::builder::TypedValueParser as _;
use serde_json::{Value, json};
use std::time::{Duration, Instant};
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
/// They come back so much earlier than all others.
const AHEAD: Duration = Duration::from_secs(1);

pub async fn run(options: &target::Options, storm: Options) -> anyhow::Result<Value> {
    let mut target = Target::prepare(options, PAIRS * 2 + storm.clients).await?;
    let clients = target.people.split_off(PAIRS * 2);
    let mut lines = Vec::with_capacity(clients.len());
    for somebody in &clients {
        lines.push(Line::of(target.address, somebody).await?);
    }
    eprintln!("{} clients are in; now the server is killed", lines.len());
    target.restart().await?;
    drop(lines);
    let before = target.usage()?;
    let talk = open::Options { rate: storm.rate, pairs: PAIRS, bytes: 100, seconds: storm.seconds };
    let address = target.address;
    let coming = async {
        tokio::time::sleep(AHEAD).await;
        let began = Instant::now();
        let mut tasks = JoinSet::new();
        for somebody in clients {
            tasks.spawn(async move {
                let mut line = Line::of(address, &somebody).await?;
                line.out.send(r#"{"type":"list","id":"l"}"#.to_owned()).await?;
                line.back.next().await?;
                anyhow::Ok((line, began.elapsed()))
            });
        }
        let (mut served, mut kept) = (Latencies::new(), Vec::new());
        while let Some(done) = tasks.join_next().await {
            let (line, latency) = done??;
            served.note(latency);
            kept.push(line);
        }
        anyhow::Ok((began.elapsed(), served, kept))
    };
    let (bystanders, came) = tokio::join!(open::run(&target, talk), coming);
    let (took, served, kept) = came?;
    let after = target.usage()?;
    Ok(json!({
        "scenario": "storm", "clients": kept.len(), "seconds": took.as_secs_f64(), "served_ms": served.summary(),
        "server_cpu_s": (after.cpu - before.cpu).as_secs_f64(), "resident_kib": after.resident_kib, "bystanders": bystanders?,
    }))
}
