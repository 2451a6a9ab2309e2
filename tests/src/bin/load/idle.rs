//! Connections that are logged in and do nothing: what they weigh, and what is left when they have gone.

use crate::line::Line;
use crate::progress::{Count, Progress};
use crate::target::{Target, Usage};
use clap::builder::TypedValueParser as _;
use serde_json::{Value, json};
use std::time::{Duration, Instant};

#[derive(clap::Args, Clone, Copy)]
pub struct Options {
    /// How many
    #[arg(long, default_value_t = 2000, value_parser = clap::value_parser!(u16).range(1..=20_000).map(usize::from))]
    pub connections: usize,
    /// How long they idle before they are weighed, so that what their logins needed is gone
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u64).range(0..=600))]
    pub seconds: u64,
}

/// Memory that does not change for so long has settled.
const STEADY: Duration = Duration::from_secs(10);
/// As it does not change by more than this.
const STEADY_KIB: u64 = 64;
/// Between two looks at it.
const LOOK: Duration = Duration::from_millis(250);
/// Then it is told as it is.
const SETTLING_MAX: Duration = Duration::from_secs(60);

/// What so many connections weigh.
pub struct Weight {
    /// Before there were any.
    pub empty: Usage,
    /// After they have idled.
    with_all: Usage,
    connections: usize,
    idle_cpu: Duration,
    lines: Vec<Line>,
}

impl Weight {
    /// Of this kind of memory.
    pub fn kib_per_connection(&self, kind: impl Fn(&Usage) -> u64) -> f64 {
        kind(&self.with_all).saturating_sub(kind(&self.empty)) as f64 / self.connections as f64
    }
}

pub async fn run(target: &Target, options: Options) -> anyhow::Result<Value> {
    let (_progress, [connections]) = Progress::start("idle", ["connections"]);
    let mut weight = weigh(target, options, &connections).await?;
    weight.lines.clear();
    let (left_kib, waited) = settled(target).await?;
    Ok(json!({
        "scenario": "idle", "connections": weight.connections, "resident_kib_empty": weight.empty.resident_kib,
        "resident_kib": weight.with_all.resident_kib, "kib_per_connection": weight.kib_per_connection(|usage| usage.resident_kib),
        "resident_kib_after": left_kib, "settled_s": waited.as_secs_f64(),
        "idle_cpu_s": weight.idle_cpu.as_secs_f64(), "start_ms": target.start.map(|start| start.as_secs_f64() * 1000.0),
    }))
}

/// Logs everybody in and lets them idle.
pub async fn weigh(target: &Target, options: Options, connections: &Count) -> anyhow::Result<Weight> {
    let empty = target.usage()?;
    let lines = Line::of_all(target.address, &target.people, connections).await?;
    let at_login = target.usage()?;
    tokio::time::sleep(Duration::from_secs(options.seconds)).await;
    let with_all = target.usage()?;
    Ok(Weight { empty, with_all, connections: lines.len(), idle_cpu: with_all.cpu - at_login.cpu, lines })
}

/// What is resident when it does not change any more, and how long that took: an allocator gives back what it does not need when
/// it gets to it.
async fn settled(target: &Target) -> anyhow::Result<(u64, Duration)> {
    let (began, mut since, mut resident) = (Instant::now(), Instant::now(), target.usage()?.resident_kib);
    while since.elapsed() < STEADY && began.elapsed() < SETTLING_MAX {
        tokio::time::sleep(LOOK).await;
        let now = target.usage()?.resident_kib;
        if now.abs_diff(resident) > STEADY_KIB {
            (since, resident) = (Instant::now(), now);
        }
    }
    Ok((target.usage()?.resident_kib, began.elapsed()))
}
