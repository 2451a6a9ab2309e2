//! The server on MongoDB beside the bare driver on the same mongod, and beside the server on SQLite, all in one run.

use crate::target::{self, Target};
use crate::{bare, closed};
use anyhow::Context;
use serde_json::{Value, json};

pub async fn run(options: closed::Options) -> anyhow::Result<Value> {
    let people = options.pairs * 2;
    let on_mongodb = Target::prepare(&target::Options::mongodb(), people).await?;
    let driver =
        |batch, tasks| bare::Options { batch, tasks, bytes: options.bytes, seconds: options.seconds };
    let mut batches = Vec::new();
    for tasks in [1, 4] {
        batches.push(bare::run(&on_mongodb, driver(100, tasks)).await?);
    }
    let singles = bare::run(&on_mongodb, driver(1, 64)).await?;
    let mongodb = closed::run(&on_mongodb, options).await?;
    drop(on_mongodb);
    let on_sqlite = Target::prepare(&target::Options::default(), people).await?;
    let sqlite = closed::run(&on_sqlite, options).await?;
    let rate = |run: &Value| run["per_second"].as_f64().context("a rate");
    let cpu = |run: &Value| run["server"]["cpu_s_per_10000"].as_f64().context("a cost");
    Ok(json!({
        "scenario": "compare",
        "of_insert_many_100_by_one_task": rate(&mongodb)? / rate(&batches[0])?,
        "of_insert_many_100_by_four_tasks": rate(&mongodb)? / rate(&batches[1])?,
        "of_single_inserts_by_64_tasks": rate(&mongodb)? / rate(&singles)?,
        "server_cpu_of_sqlite": cpu(&mongodb)? / cpu(&sqlite)?,
        "runs": {"insert_many_100": batches, "single_inserts": singles, "mongodb": mongodb, "sqlite": sqlite},
    }))
}
