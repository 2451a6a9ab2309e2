//! The server beside what bounds it, all in one run: two bare relays, and SQLite alone.

use crate::relay::Writes;
use crate::target::{self, Target};
use crate::{closed, rows};
use anyhow::Context;
use serde_json::{Value, json};

pub async fn run(options: closed::Options) -> anyhow::Result<Value> {
    let people = options.pairs * 2;
    let talk =
        async |target: target::Options| closed::run(&Target::prepare(&target, people).await?, options).await;
    let single = talk(target::Options::relay(Writes::Single)).await?;
    let relay = talk(target::Options::relay(Writes::Gathered)).await?;
    let server = talk(target::Options::default()).await?;
    let rows = rows::run(rows::Options { bytes: options.bytes, seconds: options.seconds.min(5) })?;
    let rate = |run: &Value| run["per_second"].as_f64().context("a rate");
    let cpu = |run: &Value| run["server"]["cpu_s_per_10000"].as_f64().context("a cost");
    Ok(json!({
        "scenario": "floor",
        "rate_of_relay": rate(&server)? / rate(&relay)?,
        "cpu_of_relay": cpu(&server)? / cpu(&relay)?,
        "rate_of_single_writes": rate(&server)? / rate(&single)?,
        "cpu_of_single_writes": cpu(&server)? / cpu(&single)?,
        "runs": {"single_writes": single, "relay": relay, "server": server, "rows": rows},
    }))
}
