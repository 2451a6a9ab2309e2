//! The database file: its settings, its schema, and who may read it.

use super::value::store_error;
use super::{checkpoint, wal};
use crate::store::{StoreError, StoreResult};
use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};
use std::path::Path;
use std::time::Duration;

/// The schema's steps. A file remembers in `user_version` how many it has been through; a step is never changed.
pub const MIGRATIONS: &[&str] = &[
    include_str!("schema/1.sql"),
    include_str!("schema/2.sql"),
    include_str!("schema/3.sql"),
    include_str!("schema/4.sql"),
    include_str!("schema/5.sql"),
    include_str!("schema/6.sql"),
    include_str!("schema/7.sql"),
    include_str!("schema/8.sql"),
];

/// How long to wait for another process that writes, as `user add` does.
const BUSY: Duration = Duration::from_secs(5);
/// What the writer keeps of the file in memory, in KiB, as far as there is so much: room for the ends of some thousand logs
/// and of what they are found by, or each message would read them again.
const CACHE_KIB: u32 = 16 * 1024;
/// What the log is cut down to when it has been copied: more than it usually comes to, for a log that grows anew asks the file
/// system for room in the middle of commits.
const LOG_BYTES_KEPT: u32 = 96 * 1024 * 1024;
/// How a connection is opened: each is used by one thread at a time.
const HOW: OpenFlags = OpenFlags::SQLITE_OPEN_READ_WRITE.union(OpenFlags::SQLITE_OPEN_NO_MUTEX);
/// Statements that a connection keeps prepared: more than there are.
const STATEMENTS_KEPT: usize = 256;

/// Opens the file for writing, with the schema of this version.
pub fn open(path: &Path) -> StoreResult<Connection> {
    create_private(path).map_err(|error| StoreError::Unavailable(error.to_string()))?;
    let mut db = connect(path).map_err(store_error)?;
    migrate(&mut db)?;
    // From here on little is temporary: what undoes one of the jobs of a transaction, which is kept in memory, and not in a file
    // that is made for each. What sorts an index of all entries is not little.
    db.pragma_update(None, "temp_store", "MEMORY").map_err(store_error)?;
    // From here on others write, too, so nothing goes into the log before its commit: see `wal::gathering`.
    db.pragma_update(None, "cache_spill", false).map_err(store_error)?;
    checkpoint::beside(&mut db, path, checkpoint::PAGES).map_err(store_error)?;
    Ok(db)
}

/// Opens the file for copying its log into it, and for nothing else.
pub fn open_copier(path: &Path) -> rusqlite::Result<Connection> {
    Connection::open_with_flags(path, HOW)
}

/// Opens the file for reading.
pub fn open_reader(path: &Path) -> rusqlite::Result<Connection> {
    let db = adapt(Connection::open_with_flags(path, HOW)?)?;
    db.pragma_update(None, "query_only", true)?;
    Ok(db)
}

fn adapt(db: Connection) -> rusqlite::Result<Connection> {
    db.busy_timeout(BUSY)?;
    // Else whatever could use one of the partial indexes is prepared anew for each value.
    db.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    db.set_prepared_statement_cache_capacity(STATEMENTS_KEPT);
    Ok(db)
}

fn connect(path: &Path) -> rusqlite::Result<Connection> {
    let db = adapt(Connection::open_with_flags_and_vfs(path, HOW, wal::gathering())?)?;
    db.query_row("PRAGMA journal_mode = WAL", [], |_| Ok(()))?;
    db.pragma_update(None, "synchronous", "FULL")?;
    db.pragma_update(None, "foreign_keys", true)?;
    db.query_row(&format!("PRAGMA journal_size_limit = {LOG_BYTES_KEPT}"), [], |_| Ok(()))?;
    db.pragma_update(None, "cache_size", -i64::from(CACHE_KIB))?;
    // What is blanked or removed is overwritten, and not only forgotten.
    db.query_row("PRAGMA secure_delete = ON", [], |_| Ok(()))?;
    Ok(db)
}

fn migrate(db: &mut Connection) -> StoreResult<()> {
    let transaction =
        db.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate).map_err(store_error)?;
    let (version, is_empty) = look(&transaction).map_err(store_error)?;
    let known = MIGRATIONS.len();
    if version > known {
        return Err(StoreError::Refused(format!(
            "it was written by a newer version (its schema is {version}, this one knows up to {known})"
        )));
    }
    if version == 0 && !is_empty {
        return Err(StoreError::Refused("it is the database of another program".to_owned()));
    }
    if version < known {
        if !is_empty {
            tracing::info!(from = version, to = known, "the schema of the database is renewed");
        }
        take_steps(&transaction, version).map_err(store_error)?;
    }
    transaction.commit().map_err(store_error)
}

/// How many steps the file has been through, and whether there is nothing in it.
fn look(db: &Connection) -> rusqlite::Result<(usize, bool)> {
    let version = db.query_row("PRAGMA user_version", [], |row| row.get(0))?;
    let is_empty = db.query_row("SELECT NOT EXISTS (SELECT 1 FROM sqlite_schema)", [], |row| row.get(0))?;
    Ok((version, is_empty))
}

fn take_steps(db: &Connection, from: usize) -> rusqlite::Result<()> {
    for migration in &MIGRATIONS[from..] {
        db.execute_batch(migration)?;
    }
    db.pragma_update(None, "user_version", MIGRATIONS.len())
}

/// SQLite gives its log the permissions of the file, so this covers both.
fn create_private(path: &Path) -> std::io::Result<()> {
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path).map(drop)
}
