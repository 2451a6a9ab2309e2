//! SQLite alone: rows of the same shape, durable as the server's are. What a server on SQLite is compared with.

use rusqlite::{Connection, params};
use serde_json::{Value, json};
use std::time::{Duration, Instant};

#[derive(clap::Args, Clone, Copy)]
pub struct Options {
    /// Bytes of a text
    #[arg(long, default_value_t = 100)]
    pub bytes: usize,
    /// For how long, with each number of rows in a commit
    #[arg(long, default_value_t = 5)]
    pub seconds: u64,
}

/// Conversations that the rows are spread over.
const CONVERSATIONS: i64 = 100;

/// With 1, 100 and 1,000 rows in a commit.
pub fn run(options: Options) -> anyhow::Result<Value> {
    let runs = [1, 100, 1000].map(|rows| of_commits(rows, options));
    Ok(
        json!({"scenario": "rows", "bytes": options.bytes, "runs": runs.into_iter().collect::<Result<Vec<_>, _>>()?}),
    )
}

fn of_commits(rows: i64, options: Options) -> anyhow::Result<Value> {
    let folder = tempfile::tempdir()?;
    let mut db = Connection::open(folder.path().join("rows.db"))?;
    db.execute_batch(
        "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 16000;
         CREATE TABLE entries (
           conversation INTEGER NOT NULL, seq INTEGER NOT NULL, at INTEGER NOT NULL, sender INTEGER NOT NULL,
           client_id TEXT NOT NULL, text TEXT NOT NULL,
           PRIMARY KEY (conversation, seq), UNIQUE (conversation, sender, client_id)
         ) STRICT, WITHOUT ROWID;",
    )?;
    let (text, mut count) = ("x".repeat(options.bytes), 0);
    let (began, cpu_before) = (Instant::now(), chat_tests::proc::cpu("self")?);
    while began.elapsed() < Duration::from_secs(options.seconds) {
        let commit = db.transaction()?;
        let mut insert = commit.prepare_cached("INSERT INTO entries VALUES (?1, ?2, ?3, ?4, ?5, ?6)")?;
        for _ in 0..rows {
            let (conversation, seq) = (count % CONVERSATIONS, count / CONVERSATIONS + 1);
            insert.execute(params![
                conversation,
                seq,
                1_790_000_000_000_i64,
                conversation,
                format!("c{count}"),
                text
            ])?;
            count += 1;
        }
        drop(insert);
        commit.commit()?;
    }
    let (elapsed, cpu) = (began.elapsed().as_secs_f64(), chat_tests::proc::cpu("self")? - cpu_before);
    Ok(json!({
        "rows_per_commit": rows, "per_second": count as f64 / elapsed,
        "cpu_s_per_10000": cpu.as_secs_f64() * 10_000.0 / count as f64,
    }))
}
