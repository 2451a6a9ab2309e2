//! The file as a whole, row by row.

mod conversations;
mod files;

use super::append::{blank, columns};
use super::files::attachment_at;
use super::groups::users_in;
use super::log::{kind, optional_seq};
use super::value::{Columns, conversation as key, device as device_key, number};
use super::{SqliteStore, about, mentions};
use crate::store::archive::{
    Archive, ConversationRecord, DeviceRecord, EntryRecord, Origin, Record, Shelf, StoreId, UserRecord,
    is_another,
};
use crate::store::{NewBody, StoreResult, TokenHash};
use async_trait::async_trait;
use chat_protocol::{ConversationId, FileId, Seq, UnixMillis};
use rusqlite::{Connection, OptionalExtension, Params, Row, params};

type Result<T> = rusqlite::Result<T>;

/// Entries with their files, as [`entry`] takes them.
macro_rules! entries_sql {
    ($which:literal) => {
        concat!(
            "SELECT e.conversation, e.seq, e.at, e.sender, e.client_id, e.kind, e.text, e.target, e.reply_to,
                    f.id, f.name, f.size, f.media_type, b.sha256, e.mentions, s.erased_at IS NOT NULL
             FROM entries e LEFT JOIN users s ON s.id = e.sender
             LEFT JOIN files f ON f.id = e.file LEFT JOIN blobs b ON b.object = f.object ",
            $which
        )
    };
}

#[async_trait]
impl Archive for SqliteStore {
    async fn id(&self) -> StoreResult<StoreId> {
        self.readers.run(about::id).await
    }

    async fn origin(&self) -> StoreResult<Option<Origin>> {
        self.readers.run(about::origin).await
    }

    async fn set_origin(&self, origin: Origin) -> StoreResult<()> {
        self.writer.run(move |db| about::set_origin(db, &origin)).await
    }

    async fn is_empty(&self) -> StoreResult<bool> {
        self.readers.run(about::is_empty).await
    }

    async fn ends(&self, conversations: Vec<ConversationId>) -> StoreResult<Vec<Seq>> {
        let end = |db: &Connection, id| {
            let sql = "SELECT coalesce(max(seq), 0) FROM entries WHERE conversation = ?1";
            db.prepare_cached(sql)?.query_row([key(id)], |row| row.seq(0))
        };
        self.readers.run(move |db| conversations.into_iter().map(|id| end(db, id)).collect()).await
    }

    async fn entries(
        &self,
        conversation: ConversationId,
        after: Seq,
        limit: u32,
    ) -> StoreResult<Vec<EntryRecord>> {
        let sql = entries_sql!("WHERE e.conversation = ?1 AND e.seq > ?2 ORDER BY e.seq LIMIT ?3");
        let values = (key(conversation), number(after.get()), limit);
        self.readers.run(move |db| db.prepare_cached(sql)?.query_map(values, entry)?.collect()).await
    }

    async fn put_entries(&self, entries: Vec<EntryRecord>) -> StoreResult<()> {
        self.writer.run(move |db| entries.iter().try_for_each(|entry| put_entry(db, entry))).await
    }

    async fn count_files(&self, now: UnixMillis) -> StoreResult<()> {
        self.writer.run(move |db| files::count(db, now)).await
    }
}

#[async_trait]
impl Shelf<UserRecord> for SqliteStore {
    async fn page(&self, from: i64, limit: u32) -> StoreResult<Vec<UserRecord>> {
        let sql = "SELECT id, name, password_hash, created_at, last_seen, read_receipts, erased_at FROM users
                   WHERE id >= ?1 ORDER BY id LIMIT ?2";
        self.readers.run(move |db| db.prepare_cached(sql)?.query_map((from, limit), user)?.collect()).await
    }

    async fn put(&self, rows: Vec<UserRecord>) -> StoreResult<()> {
        // A name that one of them has given up may be another one's by now.
        let (gone, there): (Vec<_>, Vec<_>) = rows.into_iter().partition(|row| row.erased_at.is_some());
        self.writer.run(move |db| gone.iter().chain(&there).try_for_each(|row| put_user(db, row))).await
    }
}

#[async_trait]
impl Shelf<DeviceRecord> for SqliteStore {
    async fn page(&self, from: i64, limit: u32) -> StoreResult<Vec<DeviceRecord>> {
        let sql = "SELECT id, user, token_hash, name, created_at, last_seen FROM devices
                   WHERE id >= ?1 ORDER BY id LIMIT ?2";
        self.readers.run(move |db| db.prepare_cached(sql)?.query_map((from, limit), device)?.collect()).await
    }

    async fn put(&self, rows: Vec<DeviceRecord>) -> StoreResult<()> {
        self.writer.run(move |db| rows.iter().try_for_each(|row| put_device(db, row))).await
    }

    async fn remove(&self, keys: Vec<i64>) -> StoreResult<()> {
        let remove = |db: &Connection, id| {
            db.prepare_cached("DELETE FROM devices WHERE id = ?1")?.execute([id]).map(drop)
        };
        self.writer.run(move |db| keys.into_iter().try_for_each(|id| remove(db, id))).await
    }
}

#[async_trait]
impl Shelf<ConversationRecord> for SqliteStore {
    async fn page(&self, from: i64, limit: u32) -> StoreResult<Vec<ConversationRecord>> {
        self.readers.run(move |db| conversations::page(db, from, limit)).await
    }

    async fn put(&self, rows: Vec<ConversationRecord>) -> StoreResult<()> {
        self.writer.run(move |db| rows.iter().try_for_each(|row| conversations::put(db, row))).await
    }
}

fn user(row: &Row<'_>) -> Result<UserRecord> {
    Ok(UserRecord {
        id: row.get(0)?,
        name: row.name(1)?,
        password_hash: row.get(2)?,
        created_at: row.time(3)?,
        last_seen: row.get(4)?,
        read_receipts: row.get(5)?,
        erased_at: row.get(6)?,
    })
}

fn put_user(db: &Connection, row: &UserRecord) -> Result<()> {
    // What is left of somebody who has gone is taken away by the server that runs here.
    let sql = "INSERT INTO users (id, name, password_hash, created_at, last_seen, read_receipts, erased_at, erasing)
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?7 IS NOT NULL)
               ON CONFLICT (id) DO UPDATE SET name = excluded.name, password_hash = excluded.password_hash,
                 last_seen = excluded.last_seen, read_receipts = excluded.read_receipts,
                 erased_at = excluded.erased_at, erasing = excluded.erasing
               WHERE created_at = excluded.created_at AND (name = excluded.name OR excluded.erased_at IS NOT NULL)";
    let last_seen = row.last_seen.map(number);
    let (name, created_at) = (row.name.as_str(), number(row.created_at));
    let erased_at = row.erased_at.map(number);
    let values =
        params![row.id, name, row.password_hash, created_at, last_seen, row.read_receipts, erased_at];
    put(db, sql, values, row)
}

fn device(row: &Row<'_>) -> Result<DeviceRecord> {
    Ok(DeviceRecord {
        id: row.device(0)?,
        user: row.get(1)?,
        token: TokenHash(row.get(2)?),
        name: row.get(3)?,
        created_at: row.time(4)?,
        last_seen: row.time(5)?,
    })
}

fn put_device(db: &Connection, row: &DeviceRecord) -> Result<()> {
    let sql = "INSERT INTO devices (id, user, token_hash, name, created_at, last_seen) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
               ON CONFLICT (id) DO UPDATE SET last_seen = excluded.last_seen
               WHERE user = excluded.user AND token_hash = excluded.token_hash AND name = excluded.name
                 AND created_at = excluded.created_at";
    let (created_at, last_seen) = (number(row.created_at), number(row.last_seen));
    put(db, sql, params![device_key(row.id), row.user, row.token.0, row.name, created_at, last_seen], row)
}

fn entry(row: &Row<'_>) -> Result<EntryRecord> {
    let attachment = attachment_at(row, 9)?;
    let body = body(row, attachment.as_ref().map(|file| file.id))?;
    let mut entry = EntryRecord {
        conversation: row.conversation(0)?,
        seq: row.seq(1)?,
        at: row.time(2)?,
        sender: row.get(3)?,
        client_id: row.client_id(4)?,
        body,
        attachment,
        mentions: mentions::users_at(row, 14)?,
    };
    if row.get(15)? {
        entry.depart();
    }
    Ok(entry)
}

fn body(row: &Row<'_>, file: Option<FileId>) -> Result<NewBody> {
    let text: String = row.get(6)?;
    let Some(target) = optional_seq(row, 7)? else {
        return match row.get(5)? {
            kind::MESSAGE => Ok(NewBody::Message { text, file, reply_to: optional_seq(row, 8)? }),
            kind::GROUP => serde_json::from_str(&text)
                .map(NewBody::Group)
                .map_err(|error| refused(format!("a change of a group cannot be read: {error}"))),
            kind => match kind::member_change(kind) {
                Some(change) => Ok(NewBody::Members { change, users: users_in(&text) }),
                None => Err(refused(format!("there is no kind {kind} of entries"))),
            },
        };
    };
    match row.get(5)? {
        kind::EDIT => Ok(NewBody::Edit { target, text }),
        kind::DELETION => Ok(NewBody::Deletion { target }),
        kind::REACTION => Ok(NewBody::Reaction { target, emoji: text, removed: false }),
        kind::REACTION_END => Ok(NewBody::Reaction { target, emoji: text, removed: true }),
        other => Err(refused(format!("there is no kind {other} of entries"))),
    }
}

fn put_entry(db: &Connection, row: &EntryRecord) -> Result<()> {
    let sql = "INSERT INTO entries
                 (conversation, seq, at, sender, client_id, kind, text, file, target, reply_to, mentions)
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11) ON CONFLICT DO NOTHING";
    let (conversation, seq) = (key(row.conversation), number(row.seq.get()));
    let (kind, text, file, target, reply_to) = columns(&row.body);
    let (at, client_id) = (number(row.at), row.client_id.as_str());
    let mentions = mentions::column(&row.mentions);
    let values =
        params![conversation, seq, at, row.sender, client_id, kind, text, file, target, reply_to, mentions];
    if db.prepare_cached(sql)?.execute(values)? == 1 {
        mentions::keep(db, row.conversation, row.seq, row.sender, &row.mentions)?;
        return match row.body {
            NewBody::Deletion { target } => blank(db, row.conversation, target, row.at),
            _ => Ok(()),
        };
    }
    let sql = entries_sql!("WHERE e.conversation = ?1 AND e.seq = ?2");
    let there = db.prepare_cached(sql)?.query_row([conversation, seq], entry).optional()?;
    if there.as_ref() == Some(row) { Ok(()) } else { Err(refused(row.is_another())) }
}

/// A statement that changes nothing has met a row that says something else.
fn put<R: Record>(db: &Connection, sql: &str, values: impl Params, row: &R) -> Result<()> {
    match db.prepare_cached(sql)?.execute(values)? {
        0 => Err(refused(is_another(row))),
        _ => Ok(()),
    }
}

fn refused(cause: String) -> rusqlite::Error {
    rusqlite::Error::ToSqlConversionFailure(cause.into())
}
