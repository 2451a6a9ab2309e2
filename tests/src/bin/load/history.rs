//! Pages of a short and of a very long log: what they cost on both stores.

use crate::progress::Progress;
use crate::provision::fill;
use chat_protocol::{ConversationId, Seq};
use chat_server::store::{MongoStore, NewUser, PageRange, SqliteStore, Store, UserId};
use chat_test_services::ReplicaSet;
use serde_json::{Value, json};
use std::time::Instant;

#[derive(clap::Args, Clone, Copy)]
pub struct Options {
    /// Entries of the short log
    #[arg(long, default_value_t = 100)]
    short: u64,
    /// Entries of the long log
    #[arg(long, default_value_t = 1_000_000)]
    long: u64,
    /// Pages that are read from each
    #[arg(long, default_value_t = 1000)]
    pages: u64,
}

/// Entries of a page.
const PAGE: u32 = 50;

pub async fn run(options: Options) -> anyhow::Result<Value> {
    let folder = tempfile::tempdir()?;
    let sqlite = of_store(&SqliteStore::open(&folder.path().join("chat.db"))?, options).await?;
    let set = ReplicaSet::start(1).await;
    let mongodb = of_store(&MongoStore::open(&set.url("chat").parse()?).await?, options).await?;
    Ok(
        json!({"scenario": "history", "short": options.short, "long": options.long, "sqlite": sqlite, "mongodb": mongodb}),
    )
}

async fn of_store(store: &impl Store, options: Options) -> anyhow::Result<Value> {
    let user = NewUser { name: "ann".parse()?, password_hash: "none".to_owned(), at: 1 };
    let ann = store.create_user(user).await?.ok_or_else(|| anyhow::anyhow!("the store is not empty"))?;
    let peer = NewUser { name: "bob".parse()?, password_hash: "none".to_owned(), at: 1 };
    let bob = store.create_user(peer).await?.ok_or_else(|| anyhow::anyhow!("the store is not empty"))?;
    let short = store.open_direct(ann, ann, ConversationId::from_bits(1)).await?;
    let long = store.open_direct(ann, bob, ConversationId::from_bits(2)).await?;
    let (_progress, [filled, pages]) = Progress::start("history", ["entries filled", "pages"]);
    fill(store, short, ann, options.short, &filled).await?;
    fill(store, long, ann, options.long, &filled).await?;
    // In turn, so that whatever else the machine does meets both.
    let (mut of_short, mut of_long) = (Vec::new(), Vec::new());
    for number in 0..options.pages {
        of_short.push(page(store, ann, short, place(number, options.short)).await?);
        of_long.push(page(store, ann, long, place(number, options.long)).await?);
        pages.add(2);
    }
    store.close().await;
    let (short, long) = (at(&mut of_short, 0.5), at(&mut of_long, 0.5));
    let p99 = at(&mut of_long, 0.99);
    Ok(json!({
        "page_us_short": short, "page_us_long": long, "ratio": long / short, "page_us_long_p99": p99, "p99_of_p50": p99 / long,
    }))
}

/// Places spread over the whole log, each with a full page below it.
fn place(number: u64, count: u64) -> u64 {
    let lowest = u64::from(PAGE) + 1;
    lowest + number.wrapping_mul(0x9E37_79B9_7F4A_7C15) % (count + 2 - lowest)
}

/// Microseconds of one page.
async fn page(store: &impl Store, user: UserId, id: ConversationId, before: u64) -> anyhow::Result<f64> {
    let began = Instant::now();
    let range = PageRange::Before(Seq::new(before).expect("a number of the log"));
    let page = store.history(user, id, range, PAGE).await?.ok_or_else(|| anyhow::anyhow!("no page"))?;
    anyhow::ensure!(page.entries.len() == PAGE as usize, "{} entries before {before}", page.entries.len());
    Ok(began.elapsed().as_secs_f64() * 1e6)
}

/// The time that this share of all were within.
fn at(times: &mut [f64], share: f64) -> f64 {
    times.sort_by(f64::total_cmp);
    times[((times.len() - 1) as f64 * share) as usize]
}
