//! Open loop: each message has its moment, and its latency counts from that moment, also when an earlier answer is late.

use crate::line::{Back, Line, Out, message};
use crate::report::{Cost, Latencies};
use crate::target::Target;
use clap::builder::TypedValueParser as _;
use serde_json::{Value, json};
use std::time::{Duration, Instant};

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

/// When one pair's messages are due.
#[derive(Clone, Copy)]
struct Schedule {
    began: Instant,
    offset: Duration,
    interval: Duration,
    count: u32,
}

impl Schedule {
    fn due(self, number: u32) -> Duration {
        self.offset + self.interval * number
    }
}

pub async fn run(target: &Target, options: Options) -> anyhow::Result<Value> {
    let Options { rate, pairs, bytes, seconds } = options;
    let count = rate * seconds / u32::try_from(pairs)?;
    anyhow::ensure!(count > 0, "there are fewer messages than pairs");
    let interval = Duration::from_secs_f64(pairs as f64 / f64::from(rate));
    let mut lines = Vec::new();
    for pair in target.people.chunks(2) {
        let sender = Line::of(target.address, &pair[0]).await?;
        lines.push((sender, Line::of(target.address, &pair[1]).await?, pair[1].name.clone()));
    }
    eprintln!("{pairs} pairs are in; {rate} messages per second for {seconds} s");
    let (before, began) = (target.usage()?, Instant::now());
    let mut tasks = tokio::task::JoinSet::new();
    for (number, (sender, receiver, to)) in lines.into_iter().enumerate() {
        // Spread over the interval, or all pairs would send at the same moment.
        let offset = interval.mul_f64(number as f64 / pairs as f64);
        let schedule = Schedule { began, offset, interval, count };
        let prefix = format!("{}-{number}", target.mark);
        tasks.spawn(async move {
            let Line { out, back } = sender;
            tokio::try_join!(
                send(out, to, prefix, schedule, bytes),
                hear_acks(back, schedule),
                hear_entries(receiver, schedule),
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
    prefix: String,
    schedule: Schedule,
    bytes: usize,
) -> anyhow::Result<Out> {
    for number in 0..schedule.count {
        let due = schedule.due(number);
        tokio::time::sleep_until((schedule.began + due).into()).await;
        out.send(message(&to, &format!("{prefix}-{number}"), due, bytes)).await?;
    }
    Ok(out)
}

/// Acks come in the order of the sends.
async fn hear_acks(mut back: Back, schedule: Schedule) -> anyhow::Result<(Latencies, Back)> {
    let mut latencies = Latencies::new();
    for number in 0..schedule.count {
        back.ack().await?;
        latencies.note((schedule.began + schedule.due(number)).elapsed());
    }
    Ok((latencies, back))
}

async fn hear_entries(mut receiver: Line, schedule: Schedule) -> anyhow::Result<(Latencies, Line)> {
    let mut latencies = Latencies::new();
    for _ in 0..schedule.count {
        latencies.note(receiver.back.entry(schedule.began).await?.elapsed());
    }
    Ok((latencies, receiver))
}
