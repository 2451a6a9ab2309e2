//! Files and where their bytes are.

use super::super::files::{id_at, key};
use super::super::value::number;
use super::{SqliteStore, is_another, refused};
use crate::store::archive::{FileRecord, Shelf};
use crate::store::{Quota, StoreResult};
use async_trait::async_trait;
use chat_protocol::{ContentHash, UnixMillis};
use rusqlite::{Connection, OptionalExtension, Row, params};

type Result<T> = rusqlite::Result<T>;

const COLUMNS: &str = "f.id, f.owner, f.name, f.media_type, f.size, f.object, b.sha256";

#[async_trait]
impl Shelf<FileRecord> for SqliteStore {
    async fn page(&self, from: i64, limit: u32) -> StoreResult<Vec<FileRecord>> {
        let sql = format!(
            "SELECT {COLUMNS} FROM files f JOIN blobs b ON b.object = f.object WHERE f.id >= ?1 ORDER BY f.id LIMIT ?2"
        );
        self.readers.run(move |db| db.prepare_cached(&sql)?.query_map((from, limit), file)?.collect()).await
    }

    async fn put(&self, rows: Vec<FileRecord>) -> StoreResult<()> {
        self.writer.run(move |db| rows.iter().try_for_each(|row| put(db, row))).await
    }

    async fn remove(&self, keys: Vec<i64>) -> StoreResult<()> {
        let remove = |db: &Connection, id| {
            let hangs = "SELECT EXISTS (SELECT 1 FROM entries WHERE file = ?1 AND file IS NOT NULL)";
            if db.prepare_cached(hangs)?.query_row([id], |row| row.get(0))? {
                return Err(refused(format!("an entry has file {id}, which the source has no more")));
            }
            let sql = "DELETE FROM files WHERE id = ?1 RETURNING object";
            let object = db.prepare_cached(sql)?.query_row([id], |row| row.get(0)).optional()?;
            object.map_or(Ok(()), |object| release(db, object))
        };
        self.writer.run(move |db| keys.into_iter().try_for_each(|id| remove(db, id))).await
    }
}

fn file(row: &Row<'_>) -> Result<FileRecord> {
    Ok(FileRecord {
        id: id_at(row, 0)?,
        owner: row.get(1)?,
        name: row.get(2)?,
        media_type: row.get(3)?,
        size: row.get(4)?,
        object: id_at(row, 5)?,
        sha256: ContentHash::from_bytes(row.get(6)?),
    })
}

fn put(db: &Connection, row: &FileRecord) -> Result<()> {
    db.prepare_cached("DELETE FROM garbage WHERE object = ?1")?.execute([key(row.object)])?;
    let sql = "INSERT INTO blobs (object, sha256, files) VALUES (?1, ?2, 0) ON CONFLICT DO NOTHING";
    db.prepare_cached(sql)?.execute(params![key(row.object), row.sha256.as_bytes()])?;
    let sql = "INSERT INTO files (id, owner, name, media_type, size, object) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
               ON CONFLICT DO NOTHING";
    let (id, object) = (key(row.id), key(row.object));
    let values = params![id, row.owner, row.name, row.media_type, number(row.size), object];
    db.prepare_cached(sql)?.execute(values)?;
    // Whatever stood in the way of one of them, the content's id or its hash included, is seen here.
    let sql = format!("SELECT {COLUMNS} FROM files f JOIN blobs b ON b.object = f.object WHERE f.id = ?1");
    let there = db.prepare_cached(&sql)?.query_row([id], file).optional()?;
    if there.as_ref() == Some(row) { Ok(()) } else { Err(refused(is_another(row))) }
}

/// Throws a content's bytes away when no file has them any more.
fn release(db: &Connection, object: i64) -> Result<()> {
    let sql = "DELETE FROM blobs WHERE object = ?1 AND NOT EXISTS (SELECT 1 FROM files WHERE object = ?1)";
    if db.prepare_cached(sql)?.execute([object])? > 0 {
        db.prepare_cached("INSERT OR IGNORE INTO garbage (object) VALUES (?1)")?.execute([object])?;
    }
    Ok(())
}

/// Counts from the rows what the server counts as it goes.
pub fn count(db: &Connection, now: UnixMillis) -> Result<()> {
    let (least, now) = (number(Quota::FILE_BYTES_MIN), number(now));
    for sql in [
        "UPDATE files SET entries = (SELECT count(*) FROM entries e WHERE e.file = files.id AND e.file IS NOT NULL)",
        "UPDATE blobs SET files = (SELECT count(*) FROM files f WHERE f.object = blobs.object)",
        "UPDATE users SET file_bytes = 0 WHERE file_bytes <> 0",
    ] {
        db.execute(sql, [])?;
    }
    db.execute("UPDATE files SET loose_since = iif(entries > 0, NULL, ?1)", [now])?;
    let sql = "UPDATE users SET file_bytes = room.taken
               FROM (SELECT owner, sum(max(size, ?1)) AS taken FROM files GROUP BY owner) AS room
               WHERE room.owner = users.id";
    db.execute(sql, [least]).map(drop)
}
