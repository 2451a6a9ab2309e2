//! Open loop: each message has its moment, and its latency counts from that moment, also when an earlier answer is late.

use crate::line::{Back, Line, Out, message};
use crate::pace::Pace;
use crate::pair::Pair;
use crate::progress::{Count, Progress};
use crate::report::{Cost, Latencies};
use crate::target::Target;
use clap::builder::TypedValueParser as _;
use serde_json::{Value, json};
use std::time::{Duration, Instant};
use tokio::sync::mpsc::UnboundedReceiver;

#[derive(clap::Args, Clone, Copy)]
pub struct Options {
    /// Messages per second, altogether
    #[arg(long, default_value_t = 200, value_parser = clap::value_parser!(u32).range(1..=200_000))]
    pub rate: u32,
    /// Pairs of people who share the rate
    #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u16).range(1..=2000).map(usize::from))]
    pub pairs: usize,
    /// Bytes of a text
    #[arg(long, default_value_t = 100)]
    pub bytes: usize,
    /// For how long
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u32).range(1..=600))]
    pub seconds: u32,
}

pub async fn run(target: &Target, options: Options) -> anyhow::Result<Value> {
    let (_progress, [connections, messages]) = Progress::start("open", ["connections", "messages"]);
    let pairs = Pair::of_all(target.address, &target.people, &connections).await?;
    talk(target, pairs, options, &messages).await
}

/// All pairs until everything was acknowledged and delivered. The messages are counted as they are acknowledged.
pub async fn talk(
    target: &Target,
    talking: Vec<Pair>,
    options: Options,
    messages: &Count,
) -> anyhow::Result<Value> {
    let Options { rate, pairs, bytes, seconds } = options;
    let count = rate * seconds / u32::try_from(pairs)?;
    anyhow::ensure!(count > 0, "there are fewer messages than pairs");
    let (before, began) = (target.usage()?, Instant::now());
    let pace = Pace { began, rate, senders: pairs, count };
    let mut tasks = tokio::task::JoinSet::new();
    for ((number, pair), moments) in talking.into_iter().enumerate().zip(pace.start()) {
        let messages = messages.clone();
        tasks.spawn(async move {
            let Pair { sender: Line { out, back }, receiver, to } = pair;
            tokio::try_join!(
                send(out, to, moments, bytes),
                hear_acks(back, pace, number, messages),
                hear_entries(receiver, pace),
            )
        });
    }
    let (mut acked, mut delivered) = (Latencies::new(), Latencies::new());
    while let Some(done) = tasks.join_next().await {
        let (_out, (of_acks, _back), (of_entries, _receiver)) = done??;
        acked.add(&of_acks);
        delivered.add(&of_entries);
    }
    let messages = u64::from(count) * pairs as u64;
    Ok(json!({
        "scenario": "open", "rate": rate, "pairs": pairs, "bytes": bytes, "seconds": began.elapsed().as_secs_f64(),
        "messages": messages, "server": Cost::since(target, before, messages)?.json(target),
        "ack_ms": acked.summary(), "delivery_ms": delivered.summary(),
    }))
}

async fn send(
    mut out: Out,
    to: String,
    mut moments: UnboundedReceiver<Duration>,
    bytes: usize,
) -> anyhow::Result<Out> {
    while let Some(due) = moments.recv().await {
        out.send(message(&to, due, bytes)).await?;
    }
    Ok(out)
}

/// Acks come in the order of the sends.
async fn hear_acks(
    mut back: Back,
    pace: Pace,
    sender: usize,
    messages: Count,
) -> anyhow::Result<(Latencies, Back)> {
    let mut latencies = Latencies::new();
    for number in 0..pace.count {
        back.ack().await?;
        messages.add(1);
        latencies.note((pace.began + pace.due(sender, number)).elapsed());
    }
    Ok((latencies, back))
}

async fn hear_entries(mut receiver: Line, pace: Pace) -> anyhow::Result<(Latencies, Line)> {
    let mut latencies = Latencies::new();
    for _ in 0..pace.count {
        latencies.note(receiver.back.entry(pace.began).await?.elapsed());
    }
    Ok((latencies, receiver))
}
