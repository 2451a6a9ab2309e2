//! Searches in a large store: what they cost, by what is asked.

use crate::progress::{Count, Progress};
use crate::provision::append;
use crate::report::Latencies;
use crate::talks::{self, Talk};
use crate::words::{random, word};
use chat_server::store::search::{Place, Query, Wanted};
use chat_server::store::{MongoStore, NewBody, NewEntry, SqliteStore, Store, UserId};
use chat_test_services::ReplicaSet;
use serde_json::{Map, Value, json};
use std::time::Instant;

#[derive(clap::Args, Clone, Copy)]
pub struct Options {
    /// Messages in the store
    #[arg(long, default_value_t = 1_000_000)]
    messages: u64,
    /// Users, each of whom talks with ten others
    #[arg(long, default_value_t = 1000)]
    users: u64,
    /// Searches of each kind
    #[arg(long, default_value_t = 200)]
    searches: u64,
    /// In MongoDB instead of SQLite
    #[arg(long)]
    mongodb: bool,
}

/// Entries that are appended together.
const BATCH: u64 = 1000;
/// Hits of a page.
const HITS: u32 = 21;
/// Between two messages, in milliseconds.
const PACE_MS: u64 = 1000;

pub async fn run(options: Options) -> anyhow::Result<Value> {
    if options.mongodb {
        let set = ReplicaSet::start(1).await;
        return of_store(&MongoStore::open(&set.url("chat").parse()?).await?, options).await;
    }
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("chat.db");
    let mut outcome = of_store(&SqliteStore::open(&file)?, options).await?;
    outcome["file_mib"] = (std::fs::metadata(&file)?.len() >> 20).into();
    Ok(outcome)
}

async fn of_store(store: &impl Store, options: Options) -> anyhow::Result<Value> {
    let (people, talks) = talks::make(store, options.users).await?;
    let (_progress, [filled, steps, searches]) =
        Progress::start("search", ["messages filled", "index steps", "searches"]);
    let began = Instant::now();
    fill(store, &talks, options.messages, &filled).await?;
    let filled_s = began.elapsed().as_secs_f64();
    let began = Instant::now();
    talks::index(store, &steps).await?;
    let indexed_s = began.elapsed().as_secs_f64();
    let mut kinds = Map::new();
    for (kind, query) in KINDS {
        kinds.insert((*kind).to_owned(), of_kind(store, options, &people, *query, &searches).await?);
    }
    store.close().await;
    Ok(json!({
        "scenario": "search", "messages": options.messages, "users": options.users, "mongodb": options.mongodb,
        "filled_s": filled_s, "indexed_s": indexed_s, "ms": kinds,
    }))
}

/// What is asked, made from a number.
type Kind = (&'static str, fn(u64) -> String);

const KINDS: &[Kind] = &[
    ("common", |number| word(number % 5)),
    ("usual", |number| word(100 + number % 1000)),
    ("rare", |number| word(20_000 + number % 20_000)),
    ("absent", |number| format!("nothing{number}")),
    ("two", |number| format!("{} {}", word(number % 5), word(50 + number % 100))),
    ("phrase", |number| format!("\"{} {}\"", word(number % 3), word(3 + number % 3))),
    ("beginning", |number| format!("{}*", &word(1000 + number % 1000)[..4])),
    ("dates", |number| format!("{} before:1970-01-09 after:1970-01-03", word(number % 5))),
    ("no words", |_| "before:1970-01-12".to_owned()),
];

async fn of_kind(
    store: &impl Store,
    options: Options,
    people: &[UserId],
    query: fn(u64) -> String,
    searches: &Count,
) -> anyhow::Result<Value> {
    let (mut latencies, mut hits, mut after) = (Latencies::new(), 0, None::<Place>);
    for number in 0..options.searches {
        let user = people[usize::try_from(random(number) % people.len() as u64)?];
        let wanted = Wanted::of(Query::parse(&query(random(number ^ 0x5eed)))?, None, None);
        let began = Instant::now();
        let found = store.search(user, wanted, after, HITS).await?;
        latencies.note(began.elapsed());
        searches.add(1);
        hits += found.len();
        // Each fourth search goes on below the middle of a page before.
        after = found.get(found.len() / 2).map(|hit| hit.place()).filter(|_| number % 4 == 3);
    }
    let mut summary = latencies.summary();
    summary["hits"] = (hits as f64 / options.searches as f64).into();
    Ok(summary)
}

async fn fill(store: &impl Store, talks: &[Talk], messages: u64, filled: &Count) -> anyhow::Result<()> {
    for first in (0..messages).step_by(usize::try_from(BATCH)?) {
        let entry = |number: u64| {
            let seed = random(number);
            let (conversation, members) =
                talks[usize::try_from(seed % talks.len() as u64).expect("an index")];
            let text = talks::text(seed);
            NewEntry {
                conversation,
                sender: members[usize::from(number.is_multiple_of(2))],
                client_id: format!("s{number}").parse().expect("letters and digits"),
                at: number * PACE_MS,
                body: NewBody::Message { text, file: None, reply_to: None },
            }
        };
        let batch: Vec<_> = (first..messages.min(first + BATCH)).map(entry).collect();
        let appended = batch.len() as u64;
        append(store, batch).await?;
        filled.add(appended);
    }
    Ok(())
}
