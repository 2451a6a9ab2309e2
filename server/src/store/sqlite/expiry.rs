//! Letting logs begin later. What goes, goes in the transaction that moves the beginning, so nothing is ever half gone.

use super::value::{Columns, conversation as key, number};
use super::{SqliteStore, files, mentions, search};
use crate::store::retention::{Beginning, Beginnings, Expired, RetentionStore};
use crate::store::{StoreResult, UserId};
use async_trait::async_trait;
use chat_protocol::{ConversationId, FileId, Seq, UnixMillis};
use rusqlite::{Connection, OptionalExtension, Row, params};

type Result<T> = rusqlite::Result<T>;

#[async_trait]
impl RetentionStore for SqliteStore {
    async fn beginnings(
        &self,
        all: bool,
        after: Option<ConversationId>,
        limit: u32,
    ) -> StoreResult<Beginnings> {
        self.readers.run(move |db| beginnings(db, all, after, limit)).await
    }

    async fn expire(
        &self,
        conversation: ConversationId,
        before: UnixMillis,
        now: UnixMillis,
        limit: u32,
    ) -> StoreResult<Expired> {
        self.writer.run(move |db| expire(db, conversation, before, now, limit)).await
    }
}

pub const BEGINNINGS: &str = "SELECT c.id, e.at, coalesce(g.retention_days, 0) FROM conversations c
     LEFT JOIN entries e ON e.conversation = c.id AND e.seq = c.first
     LEFT JOIN groups g ON g.conversation = c.id
     WHERE c.id >= ?1 ORDER BY c.id LIMIT ?2";
pub const BEGINNINGS_OF_GROUPS: &str = "SELECT c.id, e.at, g.retention_days
     FROM groups g INDEXED BY groups_that_forget
     CROSS JOIN conversations c ON c.id = g.conversation
     LEFT JOIN entries e ON e.conversation = c.id AND e.seq = c.first
     WHERE g.conversation >= ?1 AND g.retention_days > 0 ORDER BY g.conversation LIMIT ?2";

fn beginnings(db: &Connection, all: bool, after: Option<ConversationId>, limit: u32) -> Result<Beginnings> {
    let Some(from) = after.map_or(Some(i64::MIN), |after| key(after).checked_add(1)) else {
        return Ok(Beginnings::default());
    };
    let beginning = |row: &Row<'_>| {
        let (conversation, at, retention_days) = (row.conversation(0)?, row.get(1)?, row.get(2)?);
        Ok(Beginning { conversation, at, retention_days, is_interrupted: false })
    };
    let sql = if all { BEGINNINGS } else { BEGINNINGS_OF_GROUPS };
    let logs: Vec<_> =
        db.prepare_cached(sql)?.query_map(params![from, limit], beginning)?.collect::<Result<_>>()?;
    let next = logs.last().filter(|_| logs.len() >= limit as usize).map(|last| last.conversation);
    Ok(Beginnings { logs, next })
}

/// Of the next entries the last one that is due. A log's times never run backwards, so all before it are due as well.
pub const LAST_DUE: &str = "SELECT max(seq), count(*) FROM
       (SELECT seq, at FROM entries WHERE conversation = ?1 AND seq >= ?2 ORDER BY seq LIMIT ?3)
     WHERE at < ?4";

fn expire(
    db: &Connection,
    id: ConversationId,
    before: UnixMillis,
    now: UnixMillis,
    limit: u32,
) -> Result<Expired> {
    let sql = "SELECT first FROM conversations WHERE id = ?1";
    let found = db.prepare_cached(sql)?.query_row([key(id)], |row| row.seq(0)).optional()?;
    let Some(first) = found else { return Ok(Expired::default()) };
    let due = params![key(id), number(first.get()), limit, number(before)];
    let last_due = |row: &Row<'_>| Ok((row.get::<_, Option<u64>>(0)?, row.get::<_, u32>(1)?));
    let (last, count) = db.prepare_cached(LAST_DUE)?.query_row(due, last_due)?;
    let Some(begins) = last.and_then(Seq::new).map(Seq::next) else { return Ok(Expired::default()) };
    blank(db, id, (first, begins), now)?;
    let sql = "UPDATE conversations SET first = ?2 WHERE id = ?1";
    db.prepare_cached(sql)?.execute([key(id), number(begins.get())])?;
    Ok(Expired { first: Some(begins), members: members(db, id)?, more: count >= limit })
}

fn members(db: &Connection, id: ConversationId) -> Result<Vec<UserId>> {
    let sql = "SELECT user FROM members WHERE conversation = ?1";
    db.prepare_cached(sql)?.query_map([key(id)], |row| row.get(0))?.collect()
}

/// Takes away what the entries from one number on and below another one say, and all that was made of it. What says who is in a
/// group has no text of anybody's and stays.
pub fn blank(db: &Connection, id: ConversationId, (from, below): (Seq, Seq), now: UnixMillis) -> Result<()> {
    let range = [key(id), number(from.get()), number(below.get())];
    let sql = "SELECT file FROM entries
               WHERE conversation = ?1 AND seq >= ?2 AND seq < ?3 AND file IS NOT NULL";
    let files: Vec<FileId> =
        db.prepare_cached(sql)?.query_map(range, |row| files::id_at(row, 0))?.collect::<Result<_>>()?;
    files.into_iter().try_for_each(|file| files::let_go(db, file, now))?;
    let sql = "SELECT seq FROM search_messages WHERE conversation = ?1 AND seq >= ?2 AND seq < ?3";
    let indexed: Vec<i64> =
        db.prepare_cached(sql)?.query_map(range, |row| row.get(0))?.collect::<Result<_>>()?;
    indexed.into_iter().try_for_each(|seq| search::take_out(db, id, seq).map(drop))?;
    let sql = "SELECT seq, mentions FROM entries
               WHERE conversation = ?1 AND seq >= ?2 AND seq < ?3 AND mentions IS NOT NULL";
    let mentioning = |row: &Row<'_>| Ok((row.seq(0)?, mentions::users_at(row, 1)?));
    let mentioning: Vec<(Seq, Vec<UserId>)> =
        db.prepare_cached(sql)?.query_map(range, mentioning)?.collect::<Result<_>>()?;
    mentioning.iter().try_for_each(|(seq, users)| mentions::forget(db, id, *seq, users))?;
    // What a group is called and about is read as JSON, also where nothing is left of it.
    let sql = "UPDATE entries SET file = NULL, reply_to = NULL, mentions = NULL,
                 text = CASE WHEN kind = 5 THEN '{}' WHEN kind >= 10 THEN text ELSE '' END
               WHERE conversation = ?1 AND seq >= ?2 AND seq < ?3";
    db.prepare_cached(sql)?.execute(range).map(drop)
}
