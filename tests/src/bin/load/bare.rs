//! The driver alone on the same mongod: what a server in front of it is compared with.
//!
//! Documents and indexes are like those of the server's store, so that the database has the same work with each.

use crate::report::Cost;
use crate::target::Target;
use anyhow::Context;
use mongodb::bson::doc;
use mongodb::options::{Acknowledgment, ClientOptions, WriteConcern};
use mongodb::{Client, Collection};
use serde::Serialize;
use serde_json::{Value, json};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

#[derive(clap::Args, Clone, Copy)]
pub struct Options {
    /// Documents in one `insert_many`
    #[arg(long, default_value_t = 100)]
    pub batch: i64,
    /// Tasks that insert at the same time
    #[arg(long, default_value_t = 1)]
    pub tasks: i64,
    /// Bytes of a text
    #[arg(long, default_value_t = 100)]
    pub bytes: usize,
    /// For how long
    #[arg(long, default_value_t = 10)]
    pub seconds: u64,
}

#[derive(Serialize)]
struct Entry {
    #[serde(rename = "_id")]
    id: Key,
    at: i64,
    by: i64,
    cid: String,
    text: String,
}

#[derive(Serialize)]
struct Key {
    c: i64,
    s: i64,
}

/// Conversations that the documents are spread over.
const CONVERSATIONS: i64 = 100;

pub async fn run(target: &Target, options: Options) -> anyhow::Result<Value> {
    let url = target.mongodb.as_ref().context("the bare driver needs --mongodb")?.url("bare");
    let mut parsed = ClientOptions::parse(url).await?;
    parsed.write_concern = Some(WriteConcern::builder().w(Acknowledgment::Majority).journal(true).build());
    let db = Client::with_options(parsed)?.database("bare");
    db.drop().await?;
    let unique = doc! {"key": {"_id.c": 1, "by": 1, "cid": 1}, "name": "client_ids", "unique": true};
    db.run_command(doc! {"createIndexes": "entries", "indexes": [unique]}).await?;
    let entries: Collection<Entry> = db.collection("entries");
    let inserted = Arc::new(AtomicU64::new(0));
    let (before, began) = (target.usage()?, Instant::now());
    let end = began + Duration::from_secs(options.seconds);
    let mut tasks = tokio::task::JoinSet::new();
    for task in 0..options.tasks {
        tasks.spawn(insert(entries.clone(), task, end, Arc::clone(&inserted), options));
    }
    while let Some(done) = tasks.join_next().await {
        done??;
    }
    let (elapsed, messages) = (began.elapsed().as_secs_f64(), inserted.load(Ordering::Relaxed));
    let Options { batch, tasks, bytes, .. } = options;
    Ok(json!({
        "scenario": "bare", "batch": batch, "tasks": tasks, "bytes": bytes, "seconds": elapsed,
        "messages": messages, "per_second": messages as f64 / elapsed,
        "database_cpu_s_per_10000": Cost::since(target, before, messages)?.database_per_10000,
    }))
}

async fn insert(
    entries: Collection<Entry>,
    task: i64,
    end: Instant,
    inserted: Arc<AtomicU64>,
    options: Options,
) -> anyhow::Result<()> {
    // Each task has conversations of its own, so that none waits for another's numbers.
    let mut next = 0;
    while Instant::now() < end {
        let batch = (next..next + options.batch).map(|number| {
            let conversation = task * CONVERSATIONS + number % CONVERSATIONS;
            Entry {
                id: Key { c: conversation, s: number / CONVERSATIONS },
                at: 1_700_000_000_000 + number,
                by: conversation,
                cid: format!("{conversation:016x}{number:08x}"),
                text: "x".repeat(options.bytes),
            }
        });
        let count = entries.insert_many(batch).await?.inserted_ids.len();
        inserted.fetch_add(count as u64, Ordering::Relaxed);
        next += options.batch;
    }
    Ok(())
}
