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
    idle_cpu: Duration,
    lines: Vec<Line>,
}

impl Weight {
    /// Of this kind of memory.
    pub fn kib_per_connection(&self, kind: impl Fn(&Usage) -> u64) -> f64 {
        kind(&self.with_all).saturating_sub(kind(&self.empty)) as f64 / self.lines.len() as f64
    }

    /// What is there of this kind of memory after all have gone, when it does not change any more, and how long that took: an
    /// allocator gives back what it does not need when it gets to it.
    pub async fn left(
        self,
        target: &Target,
        kind: impl Fn(&Usage) -> u64,
    ) -> anyhow::Result<(u64, Duration)> {
        drop(self.lines);
        let (began, mut since, mut left) = (Instant::now(), Instant::now(), kind(&target.usage()?));
        while since.elapsed() < STEADY && began.elapsed() < SETTLING_MAX {
            tokio::time::sleep(LOOK).await;
            let now = kind(&target.usage()?);
            if now.abs_diff(left) > STEADY_KIB {
                (since, left) = (Instant::now(), now);
            }
        }
        Ok((kind(&target.usage()?), began.elapsed()))
    }
}

pub async fn run(target: &Target, options: Options) -> anyhow::Result<Value> {
    let (_progress, [connections]) = Progress::start("idle", ["connections"]);
    let weight = weigh(target, options, &connections).await?;
    let mut told = json!({
        "scenario": "idle", "connections": options.connections, "resident_kib_empty": weight.empty.resident_kib,
        "resident_kib": weight.with_all.resident_kib, "kib_per_connection": weight.kib_per_connection(|usage| usage.resident_kib),
        "idle_cpu_s": weight.idle_cpu.as_secs_f64(), "start_ms": target.start.map(|start| start.as_secs_f64() * 1000.0),
    });
    let (left_kib, waited) = weight.left(target, |usage| usage.resident_kib).await?;
    told["resident_kib_after"] = left_kib.into();
    told["settled_s"] = waited.as_secs_f64().into();
    Ok(told)
}

/// Logs everybody in and lets them idle.
pub async fn weigh(target: &Target, options: Options, connections: &Count) -> anyhow::Result<Weight> {
    let empty = target.usage()?;
    let lines = Line::of_all(target.address, &target.people, connections).await?;
    let at_login = target.usage()?;
    tokio::time::sleep(Duration::from_secs(options.seconds)).await;
    let with_all = target.usage()?;
    Ok(Weight { empty, with_all, idle_cpu: with_all.cpu - at_login.cpu, lines })
}
