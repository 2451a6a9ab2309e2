//! Closed loop: each sender keeps `window` messages in flight and sends the next when one is durable.

use crate::line::{Line, message};
use crate::report::{Cost, Latencies};
use crate::target::Target;
use clap::builder::TypedValueParser as _;
use serde_json::{Value, json};
use std::collections::VecDeque;
use std::time::{Duration, Instant};

#[derive(clap::Args, Clone, Copy)]
pub struct Options {
    /// Pairs of people, of which one sends to the other
    #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(u16).range(1..=2000).map(usize::from))]
    pub pairs: usize,
    /// Messages in flight per sender
    #[arg(long, default_value_t = 8)]
    pub window: usize,
    /// Bytes of a text
    #[arg(long, default_value_t = 100)]
    pub bytes: usize,
    /// For how long
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u64).range(1..=600))]
    pub seconds: u64,
}

pub async fn run(target: &Target, options: Options) -> anyhow::Result<Value> {
    let mut lines = Vec::new();
    for pair in target.people.chunks(2) {
        let sender = Line::of(target.address, &pair[0]).await?;
        lines.push((sender, Line::of(target.address, &pair[1]).await?, pair[1].name.clone()));
    }
    eprintln!("{} pairs are in; sending for {} s", options.pairs, options.seconds);
    let (before, began) = (target.usage()?, Instant::now());
    let mut tasks = tokio::task::JoinSet::new();
    for (number, (sender, receiver, to)) in lines.into_iter().enumerate() {
        let prefix = format!("{}-{number}", target.mark);
        tasks.spawn(pair(sender, receiver, to, prefix, began, options));
    }
    let (mut messages, mut acked, mut delivered) = (0, Latencies::new(), Latencies::new());
    while let Some(done) = tasks.join_next().await {
        let (count, of_acks, of_entries) = done??;
        messages += count;
        acked.add(&of_acks);
        delivered.add(&of_entries);
    }
    let elapsed = began.elapsed().as_secs_f64();
    let Options { pairs, window, bytes, .. } = options;
    Ok(json!({
        "scenario": "closed", "pairs": pairs, "window": window, "bytes": bytes, "seconds": elapsed,
        "messages": messages, "per_second": messages as f64 / elapsed, "server": Cost::since(target, before, messages)?.json(target),
        "ack_ms": acked.summary(), "delivery_ms": delivered.summary(),
    }))
}

/// One pair until the time is up and everything in flight has come. Delivery is complete when the run ends, or it fails.
async fn pair(
    sender: Line,
    receiver: Line,
    to: String,
    prefix: String,
    began: Instant,
    options: Options,
) -> anyhow::Result<(u64, Latencies, Latencies)> {
    let Line { mut out, mut back } = sender;
    let (told, mut until) = tokio::sync::watch::channel(None);
    let reading = tokio::spawn(async move {
        let (mut receiver, mut latencies, mut count) = (receiver.back, Latencies::new(), 0_u64);
        while until.borrow_and_update().is_none_or(|all| count < all) {
            tokio::select! {
                sent_at = receiver.entry(began) => {
                    latencies.note(sent_at?.elapsed());
                    count += 1;
                }
                changed = until.changed() => changed?,
            }
        }
        anyhow::Ok((latencies, receiver))
    });
    let end = began + Duration::from_secs(options.seconds);
    let (mut in_flight, mut sent, mut latencies) = (VecDeque::new(), 0, Latencies::new());
    loop {
        while in_flight.len() < options.window && Instant::now() < end {
            let now = Instant::now();
            out.send(message(&to, &format!("{prefix}-{sent}"), now - began, options.bytes)).await?;
            in_flight.push_back(now);
            sent += 1;
        }
        let Some(sent_at) = in_flight.pop_front() else { break };
        back.ack().await?;
        latencies.note(Instant::elapsed(&sent_at));
    }
    told.send(Some(sent))?;
    let (delivered, _receiver) = reading.await??;
    Ok((sent, latencies, delivered))
}
