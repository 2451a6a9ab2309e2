//! Closed loop: each sender keeps `window` messages in flight and sends the next when one is durable.

use crate::line::{Line, message};
use crate::pair::Pair;
use crate::progress::{Count, Progress};
use crate::report::{Cost, Latencies};
use crate::target::Target;
use clap::builder::TypedValueParser as _;
use serde_json::{Value, json};
use std::collections::VecDeque;
use std::time::{Duration, Instant};

#[derive(clap::Args, Clone, Copy)]
#[group(skip)] // Flattened beside others of this name.
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

/// What was sent, acknowledged and delivered.
pub struct Talked {
    pub messages: u64,
    elapsed: Duration,
    acked: Latencies,
    delivered: Latencies,
}

pub async fn run(target: &Target, options: Options) -> anyhow::Result<Value> {
    let (_progress, [connections, messages]) = Progress::start("closed", ["connections", "messages"]);
    let pairs = Pair::of_all(target.address, &target.people, &connections).await?;
    let before = target.usage()?;
    let talked = talk(pairs, options, &messages).await?;
    let (messages, elapsed) = (talked.messages, talked.elapsed.as_secs_f64());
    let Options { pairs, window, bytes, .. } = options;
    Ok(json!({
        "scenario": "closed", "pairs": pairs, "window": window, "bytes": bytes, "seconds": elapsed,
        "messages": messages, "per_second": messages as f64 / elapsed, "server": Cost::since(target, before, messages)?.json(target),
        "ack_ms": talked.acked.summary(), "delivery_ms": talked.delivered.summary(),
    }))
}

/// All pairs until the time is up. The messages are counted as they are acknowledged.
pub async fn talk(pairs: Vec<Pair>, options: Options, messages: &Count) -> anyhow::Result<Talked> {
    let began = Instant::now();
    let mut tasks = tokio::task::JoinSet::new();
    for pair in pairs {
        tasks.spawn(talk_of(pair, began, options, messages.clone()));
    }
    let mut talked =
        Talked { messages: 0, elapsed: Duration::ZERO, acked: Latencies::new(), delivered: Latencies::new() };
    while let Some(done) = tasks.join_next().await {
        let (count, of_acks, of_entries) = done??;
        talked.messages += count;
        talked.acked.add(&of_acks);
        talked.delivered.add(&of_entries);
    }
    talked.elapsed = began.elapsed();
    Ok(talked)
}

/// One pair until the time is up and everything in flight has come. Delivery is complete when the run ends, or it fails.
async fn talk_of(
    pair: Pair,
    began: Instant,
    options: Options,
    messages: Count,
) -> anyhow::Result<(u64, Latencies, Latencies)> {
    let Pair { sender: Line { mut out, mut back }, receiver, to } = pair;
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
            out.put(message(&to, now - began, options.bytes)).await?;
            in_flight.push_back(now);
            sent += 1;
        }
        out.flush().await?;
        let Some(sent_at) = in_flight.pop_front() else { break };
        back.ack().await?;
        latencies.note(Instant::elapsed(&sent_at));
        messages.add(1);
        // What was acknowledged with it is taken with it, so that the next messages go out together, as from a busy program.
        while let Some(sent_at) = in_flight.front().copied()
            && let Some(acked) = back.ack_that_waits()
        {
            acked?;
            in_flight.pop_front();
            latencies.note(sent_at.elapsed());
            messages.add(1);
        }
    }
    told.send(Some(sent))?;
    let (delivered, _receiver) = reading.await??;
    Ok((sent, latencies, delivered))
}
