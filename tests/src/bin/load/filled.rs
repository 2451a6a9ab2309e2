//! A store with very many entries. They are written straight into SQLite's file, since through the store's interface ten million
//! take the better part of an hour: the schema, the users and their conversations are the store's own, and a page and a search
//! through a server show that the entries are what it would have written.

use crate::line::Line;
use crate::progress::{Count, Progress};
use crate::provision::{device, run_mark};
use crate::talks::{self, Talk};
use crate::target::Target;
use anyhow::{Context, ensure};
use chat_server::store::{SqliteStore, Store};
use rusqlite::{Connection, params};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use tempfile::TempDir;

#[derive(clap::Args, Clone)]
#[group(skip)] // Flattened beside others of this name.
pub struct Options {
    /// Entries in the filled store
    #[arg(long, default_value_t = 10_000_000)]
    entries: u64,
    /// Conversations that they are spread over
    #[arg(long, default_value_t = 10_000, value_parser = clap::value_parser!(u64).range(talks::TALKS * 10..))]
    conversations: u64,
    /// Newest entries of each conversation that are really in the index of words; the older ones are marked as if they were
    #[arg(long, default_value_t = 10)]
    indexed: u64,
    /// Keeps the filled store in this folder, and fills none when it is there already
    #[arg(long, value_name = "DIR")]
    filled: Option<PathBuf>,
}

/// Entries of one transaction.
const BATCH: u64 = 100_000;
/// Between two messages of a conversation, in milliseconds.
const PACE_MS: u64 = 60_000;
/// When the first ones were sent.
const BEGINNING_MS: u64 = 1_700_000_000_000;
/// The file of the store.
const FILE: &str = "chat.db";

/// A folder with the filled store, for a server to be started in; and what is in it.
pub async fn folder(options: &Options) -> anyhow::Result<(TempDir, Value)> {
    let folder = tempfile::tempdir()?;
    let file = folder.path().join(FILE);
    match &options.filled {
        None => make(&file, options).await?,
        Some(kept) => {
            std::fs::create_dir_all(kept)?;
            let kept = kept.join(FILE);
            if !kept.exists() {
                let unfinished = kept.with_extension("unfinished");
                // What an earlier run has left is not whole.
                let _ = std::fs::remove_file(&unfinished);
                make(&unfinished, options).await?;
                std::fs::rename(&unfinished, &kept)?;
            }
            std::fs::copy(&kept, &file)?;
        }
    }
    let told = contents(&file)?;
    ensure!(told["entries"] == options.entries, "the kept store has {} entries", told["entries"]);
    Ok((folder, told))
}

/// Fills a new file. It is whole only when this has ended well.
async fn make(file: &Path, options: &Options) -> anyhow::Result<()> {
    let (_progress, [filled, steps]) = Progress::start("filling", ["entries", "index steps"]);
    let store = SqliteStore::open(file)?;
    let (_, talks) = talks::make(&store, options.conversations / talks::TALKS).await?;
    store.close().await;
    write(file, talks, options, &filled)?;
    let store = SqliteStore::open(file)?;
    talks::index(&store, &steps).await?;
    store.close().await;
    // All that is still in the log belongs into the file that is kept.
    Connection::open(file)?.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))?;
    Ok(())
}

/// Conversation after conversation, which is the order of the tables.
fn write(file: &Path, mut talks: Vec<Talk>, options: &Options, filled: &Count) -> anyhow::Result<()> {
    let db = Connection::open(file)?;
    // Nothing of it is of use until all of it is there.
    db.execute_batch("PRAGMA synchronous = OFF; PRAGMA cache_size = -65536; BEGIN")?;
    talks.sort_by_key(|(conversation, _)| conversation.bits().cast_signed());
    let (count, mut written) = (talks.len() as u64, 0);
    for (number, (conversation, members)) in (0..).zip(talks) {
        let id = conversation.bits().cast_signed();
        let entries = options.entries / count + u64::from(number < options.entries % count);
        let mut insert = db.prepare_cached(
            "INSERT INTO entries (conversation, seq, at, sender, client_id, text) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        )?;
        for seq in 1..=entries {
            let (sender, text) = (members[usize::from(seq % 2 == 0)], talks::text(written));
            // Client ids in their order, like those of clients.
            insert.execute(params![
                id,
                seq,
                BEGINNING_MS + seq * PACE_MS,
                sender,
                format!("f{written:012}"),
                text
            ])?;
            written += 1;
            filled.add(1);
            if written % BATCH == 0 {
                db.execute_batch("COMMIT; BEGIN")?;
            }
        }
        let last = BEGINNING_MS + entries * PACE_MS;
        let sql = "UPDATE conversations SET head = ?2, activity = ?3 WHERE id = ?1";
        db.execute(sql, params![id, entries, last])?;
        let sql = "INSERT INTO search_progress (conversation, upto) VALUES (?1, ?2)";
        db.execute(sql, params![id, entries.saturating_sub(options.indexed)])?;
    }
    db.execute_batch("COMMIT")?;
    Ok(())
}

fn contents(file: &Path) -> anyhow::Result<Value> {
    let db = Connection::open(file)?;
    let number = |sql: &str| db.query_row(sql, [], |row| row.get::<_, u64>(0));
    Ok(json!({
        "entries": number("SELECT sum(head) FROM conversations")?,
        "conversations": number("SELECT count(*) FROM conversations")?,
        "entries_in_the_index": number("SELECT count(*) FROM search_messages")?,
        "file_mib": std::fs::metadata(file)?.len() >> 20,
    }))
}

/// One of the people of the filled store reads a page and finds one of its messages through the server.
pub async fn check(target: &Target, told: &Value) -> anyhow::Result<()> {
    let store = target.store().await?;
    let (name, mark) = ("u0", run_mark());
    let user = store.user(&name.parse()?).await?.context("a user of the filled store")?;
    let reader = device(&*store, name.to_owned(), user.id, &mark, 0).await?;
    store.close().await;
    let mut line = Line::of(target.address, &reader).await?;
    let list = line.asks(&json!({"type": "list", "id": "l"})).await?;
    let conversation = &list["conversations"][0]["conversation"];
    let page = line.asks(&json!({"type": "history", "id": "h", "conversation": conversation})).await?;
    let entries = page["entries"].as_array().context("entries")?;
    ensure!(
        !entries.is_empty() && entries.last() == list["conversations"][0].get("last"),
        "not its page: {page}"
    );
    if told["entries_in_the_index"] != 0 {
        let query = entries[entries.len() - 1]["text"].as_str().context("a text")?;
        let found = line.asks(&json!({"type": "search", "id": "s", "query": query})).await?;
        ensure!(found["hits"][0]["text"] == query, "{query} is not found: {found}");
    }
    Ok(())
}
