//! The server beside what bounds it, all in one run: two bare relays, and SQLite alone.

use crate::relay::Writes;
use crate::target::{self, Target};
use crate::{closed, rows};
use anyhow::Context;
use serde_json::{Value, json};

pub async fn run(options: closed::Options) -> anyhow::Result<Value> {
    let people = options.pairs * 2;
    let single =
        closed::run(&Target::prepare(&target::Options::relay(Writes::Single), people).await?, options)
            .await?;
    let relay =
        closed::run(&Target::prepare(&target::Options::relay(Writes::Gathered), people).await?, options)
            .await?;
    let server = closed::run(&Target::prepare(&target::Options::default(), people).await?, options).await?;
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
