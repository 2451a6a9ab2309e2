//! Uploads, files, and which bytes nobody needs any more.

use super::SqliteStore;
use super::value::number;
use crate::store::{
    Content, FileRow, FileStore, Finished, NewUpload, Progress, Quota, StoreResult, UploadRow, UserId, Writer,
};
use async_trait::async_trait;
use chat_protocol::{Attachment, ContentHash, FileId, UnixMillis};
use rusqlite::{Connection, OptionalExtension, Row, params};

type Result<T> = rusqlite::Result<T>;

/// Uploads and files given up in one transaction, so that messages need not wait long for it.
const SWEPT_MAX: u32 = 200;

#[async_trait]
impl FileStore for SqliteStore {
    async fn begin_upload(&self, upload: NewUpload, quota: Quota) -> StoreResult<bool> {
        self.writer.run(move |db| begin(db, &upload, quota)).await
    }

    async fn upload(
        &self,
        owner: UserId,
        id: FileId,
        now: UnixMillis,
        writer: Option<Writer>,
    ) -> StoreResult<Option<UploadRow>> {
        match writer {
            None => self.readers.run(move |db| upload(db, owner, id, now)).await,
            Some(writer) => self.writer.run(move |db| take_over(db, owner, id, now, writer)).await,
        }
    }

    async fn keep_progress(&self, id: FileId, writer: Writer, progress: Progress) -> StoreResult<bool> {
        self.writer.run(move |db| keep_progress(db, id, writer, &progress)).await
    }

    async fn finish_upload(
        &self,
        id: FileId,
        writer: Writer,
        content: Content,
    ) -> StoreResult<Option<Finished>> {
        self.writer.run(move |db| finish(db, id, writer, content)).await
    }

    async fn drop_upload(&self, owner: UserId, id: FileId) -> StoreResult<bool> {
        self.writer.run(move |db| drop_upload(db, owner, id)).await
    }

    async fn file(&self, user: UserId, id: FileId) -> StoreResult<Option<FileRow>> {
        self.readers.run(move |db| visible(db, user, id)).await
    }

    async fn sweep_files(&self, now: UnixMillis, loose_before: UnixMillis) -> StoreResult<()> {
        while self.writer.run(move |db| sweep(db, now, loose_before)).await? {}
        Ok(())
    }

    async fn garbage(&self, limit: u32) -> StoreResult<Vec<FileId>> {
        self.readers
            .run(move |db| {
                let sql = "SELECT object FROM garbage LIMIT ?1";
                db.prepare_cached(sql)?.query_map([limit], |row| id_at(row, 0))?.collect()
            })
            .await
    }

    async fn forget_garbage(&self, ids: Vec<FileId>) -> StoreResult<()> {
        self.writer
            .run(move |db| {
                let mut statement = db.prepare_cached("DELETE FROM garbage WHERE object = ?1")?;
                ids.into_iter().try_for_each(|id| statement.execute([key(id)]).map(drop))
            })
            .await
    }

    async fn unknown_bytes(&self, ids: Vec<FileId>) -> StoreResult<Vec<FileId>> {
        let is_known = |db: &Connection, id: FileId| -> Result<bool> {
            let sql = "SELECT EXISTS (SELECT 1 FROM uploads WHERE id = ?1)
                           OR EXISTS (SELECT 1 FROM blobs WHERE object = ?1)
                           OR EXISTS (SELECT 1 FROM garbage WHERE object = ?1)";
            db.prepare_cached(sql)?.query_row([key(id)], |row| row.get(0))
        };
        self.readers
            .run(move |db| {
                let known = ids.into_iter().map(|id| Ok((id, is_known(db, id)?)));
                let unknown = known.filter_map(|found| match found {
                    Ok((id, false)) => Some(Ok(id)),
                    Ok((_, true)) => None,
                    Err(error) => Some(Err(error)),
                });
                unknown.collect()
            })
            .await
    }
}

/// A file's id as SQLite keeps it.
pub fn key(id: FileId) -> i64 {
    id.bits().cast_signed()
}

pub fn id_at(row: &Row<'_>, column: usize) -> Result<FileId> {
    row.get(column).map(|bits: i64| FileId::from_bits(bits.cast_unsigned()))
}

fn begin(db: &Connection, upload: &NewUpload, quota: Quota) -> Result<bool> {
    let charge = Quota::charge(upload.size);
    let sql = "UPDATE users SET file_bytes = file_bytes + ?2 WHERE id = ?1 AND file_bytes + ?2 <= ?3";
    let has_room =
        db.prepare_cached(sql)?.execute(params![upload.owner, number(charge), number(quota.0)])? > 0;
    if has_room {
        let NewUpload { id, owner, name, media_type, size, expires_at } = upload;
        let sql = "INSERT INTO uploads (id, owner, name, media_type, size, expires_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
        let values = params![key(*id), owner, name, media_type, number(*size), number(*expires_at)];
        db.prepare_cached(sql)?.execute(values)?;
    }
    Ok(has_room)
}

fn upload(db: &Connection, owner: UserId, id: FileId, now: UnixMillis) -> Result<Option<UploadRow>> {
    let sql = "SELECT id, name, media_type, size, offset, hasher, tail, expires_at FROM uploads
               WHERE id = ?1 AND owner = ?2 AND expires_at > ?3";
    let values = params![key(id), owner, number(now)];
    db.prepare_cached(sql)?.query_row(values, upload_row).optional()
}

fn upload_row(row: &Row<'_>) -> Result<UploadRow> {
    let progress =
        Progress { offset: row.get(4)?, hasher: row.get(5)?, tail: row.get(6)?, expires_at: row.get(7)? };
    let (name, media_type, size) = (row.get(1)?, row.get(2)?, row.get(3)?);
    Ok(UploadRow { id: id_at(row, 0)?, name, media_type, size, progress })
}

fn take_over(
    db: &Connection,
    owner: UserId,
    id: FileId,
    now: UnixMillis,
    writer: Writer,
) -> Result<Option<UploadRow>> {
    let found = upload(db, owner, id, now)?;
    if found.is_some() {
        let sql = "UPDATE uploads SET writer = ?2 WHERE id = ?1";
        db.prepare_cached(sql)?.execute(params![key(id), writer.0])?;
    }
    Ok(found)
}

fn keep_progress(db: &Connection, id: FileId, writer: Writer, progress: &Progress) -> Result<bool> {
    let Progress { offset, hasher, tail, expires_at } = progress;
    let sql = "UPDATE uploads SET offset = ?3, hasher = ?4, tail = ?5, expires_at = ?6 WHERE id = ?1 AND writer = ?2";
    let values = params![key(id), writer.0, number(*offset), hasher, tail, number(*expires_at)];
    Ok(db.prepare_cached(sql)?.execute(values)? > 0)
}

fn finish(db: &Connection, id: FileId, writer: Writer, content: Content) -> Result<Option<Finished>> {
    let sql = "DELETE FROM uploads WHERE id = ?1 AND writer = ?2 RETURNING owner, name, media_type, size";
    let row = |row: &Row<'_>| Ok((row.get::<_, UserId>(0)?, row.get(1)?, row.get(2)?, row.get(3)?));
    let done = db.prepare_cached(sql)?.query_row(params![key(id), writer.0], row).optional()?;
    let Some((owner, name, media_type, size)) = done else { return Ok(None) };
    let sql = "INSERT INTO blobs (object, sha256, files) VALUES (?1, ?2, 1)
               ON CONFLICT (sha256) DO UPDATE SET files = files + 1 RETURNING object";
    let home =
        db.prepare_cached(sql)?.query_row(params![key(id), content.hash.as_bytes()], |row| id_at(row, 0))?;
    if home != id {
        throw_away(db, id)?;
    }
    let attachment = Attachment { id, name, size, media_type, sha256: content.hash };
    let sql = "INSERT INTO files (id, owner, name, media_type, size, object, loose_since)
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
    db.prepare_cached(sql)?.execute(params![
        key(id),
        owner,
        attachment.name,
        attachment.media_type,
        number(size),
        key(home),
        number(content.at)
    ])?;
    Ok(Some(Finished { attachment, fresh: home == id }))
}

fn throw_away(db: &Connection, object: FileId) -> Result<()> {
    let sql = "INSERT OR IGNORE INTO garbage (object) VALUES (?1)";
    db.prepare_cached(sql)?.execute([key(object)]).map(drop)
}

fn drop_upload(db: &Connection, owner: UserId, id: FileId) -> Result<bool> {
    let sql = "SELECT EXISTS (SELECT 1 FROM uploads WHERE id = ?1 AND owner = ?2)";
    if db.prepare_cached(sql)?.query_row(params![key(id), owner], |row| row.get(0))? {
        end_upload(db, id)?;
        return Ok(true);
    }
    let sql = "SELECT EXISTS (SELECT 1 FROM files WHERE id = ?1 AND owner = ?2 AND entries = 0)";
    let is_loose = db.prepare_cached(sql)?.query_row(params![key(id), owner], |row| row.get(0))?;
    if is_loose {
        end_file(db, id)?;
    }
    Ok(is_loose)
}

pub fn end_upload(db: &Connection, id: FileId) -> Result<()> {
    let sql = "DELETE FROM uploads WHERE id = ?1 RETURNING owner, size";
    let (owner, size) = db.prepare_cached(sql)?.query_row([key(id)], |row| Ok((row.get(0)?, row.get(1)?)))?;
    throw_away(db, id)?;
    give_room_back(db, owner, size)
}

/// Forgets a file, and throws its bytes away when no other file has them.
pub fn end_file(db: &Connection, id: FileId) -> Result<()> {
    let sql = "DELETE FROM files WHERE id = ?1 RETURNING owner, size, object";
    let row = |row: &Row<'_>| Ok((row.get(0)?, row.get(1)?, id_at(row, 2)?));
    let (owner, size, object) = db.prepare_cached(sql)?.query_row([key(id)], row)?;
    let sql = "UPDATE blobs SET files = files - 1 WHERE object = ?1 RETURNING files";
    let left: i64 = db.prepare_cached(sql)?.query_row([key(object)], |row| row.get(0))?;
    if left == 0 {
        db.prepare_cached("DELETE FROM blobs WHERE object = ?1")?.execute([key(object)])?;
        throw_away(db, object)?;
    }
    give_room_back(db, owner, size)
}

fn give_room_back(db: &Connection, owner: UserId, size: u64) -> Result<()> {
    let sql = "UPDATE users SET file_bytes = max(0, file_bytes - ?2) WHERE id = ?1";
    db.prepare_cached(sql)?.execute(params![owner, number(Quota::charge(size))]).map(drop)
}

/// What is told of a file, from the column on: its id, name, size and type, and its blob's hash. `None` where an outer join
/// found none.
pub fn attachment_at(row: &Row<'_>, column: usize) -> Result<Option<Box<Attachment>>> {
    let Some(bits) = row.get::<_, Option<i64>>(column)? else { return Ok(None) };
    Ok(Some(Box::new(Attachment {
        id: FileId::from_bits(bits.cast_unsigned()),
        name: row.get(column + 1)?,
        size: row.get(column + 2)?,
        media_type: row.get(column + 3)?,
        sha256: ContentHash::from_bytes(row.get(column + 4)?),
    })))
}

pub const VISIBLE: &str = "SELECT f.id, f.name, f.size, f.media_type, b.sha256, f.object
     FROM files f JOIN blobs b ON b.object = f.object
     WHERE f.id = ?1 AND (f.owner = ?2 OR EXISTS (
       SELECT 1 FROM entries e JOIN members m ON m.conversation = e.conversation AND m.user = ?2
       JOIN users s ON s.id = e.sender AND s.erased_at IS NULL
       WHERE e.file = ?1 AND e.file IS NOT NULL AND e.seq >= m.first))";

/// The file, if the user may see it.
pub fn visible(db: &Connection, user: UserId, id: FileId) -> Result<Option<FileRow>> {
    let row = |row: &Row<'_>| Ok((attachment_at(row, 0)?, id_at(row, 5)?));
    let found = db.prepare_cached(VISIBLE)?.query_row(params![key(id), user], row).optional()?;
    Ok(found.and_then(|(attachment, object)| Some(FileRow { attachment: *attachment?, object })))
}

/// One more entry has the file.
pub fn hang(db: &Connection, id: FileId) -> Result<()> {
    let sql = "UPDATE files SET entries = entries + 1, loose_since = NULL WHERE id = ?1";
    db.prepare_cached(sql)?.execute([key(id)]).map(drop)
}

/// One entry less has the file. Without any it is kept for a while, like one that was never sent.
pub fn let_go(db: &Connection, id: FileId, now: UnixMillis) -> Result<()> {
    let sql =
        "UPDATE files SET entries = entries - 1, loose_since = iif(entries = 1, ?2, NULL) WHERE id = ?1";
    db.prepare_cached(sql)?.execute(params![key(id), number(now)]).map(drop)
}

/// Gives up some of what is due; true when there may be more.
fn sweep(db: &Connection, now: UnixMillis, loose_before: UnixMillis) -> Result<bool> {
    let due = |sql: &str, before: UnixMillis| -> Result<Vec<FileId>> {
        db.prepare_cached(sql)?.query_map(params![number(before), SWEPT_MAX], |row| id_at(row, 0))?.collect()
    };
    let expired = due("SELECT id FROM uploads WHERE expires_at <= ?1 LIMIT ?2", now)?;
    let loose = due(
        "SELECT id FROM files WHERE loose_since IS NOT NULL AND loose_since < ?1 LIMIT ?2",
        loose_before,
    )?;
    expired.iter().try_for_each(|id| end_upload(db, *id))?;
    loose.iter().try_for_each(|id| end_file(db, *id))?;
    let max = SWEPT_MAX as usize;
    Ok(expired.len() == max || loose.len() == max)
}
