//! Connections that are logged in and do nothing.

use crate::line::Line;
use crate::target::Target;
use clap::builder::TypedValueParser as _;
use serde_json::{Value, json};
use std::time::Duration;

#[derive(clap::Args, Clone, Copy)]
pub struct Options {
    /// How many
    #[arg(long, default_value_t = 2000, value_parser = clap::value_parser!(u16).range(1..=20_000).map(usize::from))]
    pub connections: usize,
    /// How long they idle before they are weighed, so that what their logins needed is gone
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u64).range(0..=600))]
    seconds: u64,
}

pub async fn run(target: &Target, options: Options) -> anyhow::Result<Value> {
    let before = target.usage()?;
    let mut lines = Vec::with_capacity(options.connections);
    for somebody in &target.people {
        lines.push(Line::of(target.address, somebody).await?);
    }
    eprintln!("{} connections are in; idle for {} s", lines.len(), options.seconds);
    let at_login = target.usage()?;
    tokio::time::sleep(Duration::from_secs(options.seconds)).await;
    let after = target.usage()?;
    let grown = after.resident_kib.saturating_sub(before.resident_kib);
    Ok(json!({
        "scenario": "idle", "connections": lines.len(), "resident_kib_before": before.resident_kib,
        "resident_kib": after.resident_kib, "kib_per_connection": grown as f64 / lines.len() as f64,
        "idle_cpu_s": (after.cpu - at_login.cpu).as_secs_f64(),
        "start_ms": target.start.map(|start| start.as_secs_f64() * 1000.0),
    }))
}
