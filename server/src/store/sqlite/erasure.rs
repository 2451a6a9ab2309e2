//! Ending accounts.

use super::log::kind;
use super::value::{Columns, conversation as key, number};
use super::{SqliteStore, expiry, files, groups};
use crate::store::erasure::{Blanked, Departed, ErasureStore, Place, Seated, heir};
use crate::store::{StoreResult, UserId};
use async_trait::async_trait;
use chat_protocol::{ConversationId, FileId, Seq, UnixMillis, UserName};
use rusqlite::{Connection, Row, params};

type Result<T> = rusqlite::Result<T>;

/// Conversations that are looked at in one step, and entries of them.
const LOOKED_AT: (u32, u64) = (500, 50_000);

#[async_trait]
impl ErasureStore for SqliteStore {
    async fn fellows(&self, user: UserId) -> StoreResult<Vec<UserId>> {
        self.readers
            .run(move |db| db.prepare_cached(FELLOWS)?.query_map([user], |row| row.get(0))?.collect())
            .await
    }

    async fn end_account(&self, user: UserId, name: &UserName, at: UnixMillis) -> StoreResult<bool> {
        let name = name.clone();
        self.writer.run(move |db| end_account(db, user, &name, at)).await
    }

    async fn departed(&self, limit: u32) -> StoreResult<Vec<Departed>> {
        self.readers.run(move |db| departed(db, limit)).await
    }

    async fn seats(&self, user: UserId) -> StoreResult<Vec<Seated>> {
        self.readers.run(move |db| seats(db, user)).await
    }

    async fn blank_entries(&self, user: UserId, from: Option<Place>, limit: u32) -> StoreResult<Blanked> {
        // What takes time is done beside the thread that writes.
        let (entries, next) = self.readers.run(move |db| readable_entries(db, user, from, limit)).await?;
        let count = u32::try_from(entries.len()).unwrap_or(u32::MAX);
        if !entries.is_empty() {
            self.writer.run(move |db| entries.iter().try_for_each(|entry| blank(db, *entry))).await?;
        }
        Ok(Blanked { entries: count, next })
    }

    async fn blank_belongings(&self, user: UserId) -> StoreResult<()> {
        self.writer.run(move |db| blank_belongings(db, user)).await
    }

    async fn forget_departed(&self, user: UserId) -> StoreResult<()> {
        let sql = "UPDATE users SET erasing = 0 WHERE id = ?1";
        self.writer.run(move |db| db.prepare_cached(sql)?.execute([user]).map(drop)).await
    }
}

pub const FELLOWS: &str = "SELECT high FROM conversations WHERE low = ?1 AND activity > 0 AND high <> ?1
     UNION SELECT low FROM conversations WHERE high = ?1 AND activity > 0 AND low <> ?1
     UNION SELECT o.user FROM members s INDEXED BY groups_of_user
       CROSS JOIN members o ON o.conversation = s.conversation AND o.user <> ?1
     WHERE s.user = ?1 AND s.role IS NOT NULL";

fn end_account(db: &Connection, user: UserId, name: &UserName, at: UnixMillis) -> Result<bool> {
    if db.prepare_cached("SELECT 1 FROM users WHERE name = ?1")?.exists([name.as_str()])? {
        return Ok(false);
    }
    let sql = "UPDATE users SET name = ?2, password_hash = '', last_seen = NULL, erased_at = ?3, erasing = 1
               WHERE id = ?1 AND erased_at IS NULL";
    let ended = db.prepare_cached(sql)?.execute(params![user, name.as_str(), number(at)])? > 0;
    if ended {
        db.prepare_cached("DELETE FROM devices WHERE user = ?1")?.execute([user])?;
    }
    Ok(ended)
}

fn departed(db: &Connection, limit: u32) -> Result<Vec<Departed>> {
    let one = |row: &Row<'_>| Ok(Departed { user: row.get(0)?, name: row.name(1)?, at: row.time(2)? });
    let sql = "SELECT id, name, erased_at FROM users INDEXED BY erasing_users
               WHERE erasing = 1 AND erased_at IS NOT NULL LIMIT ?1";
    db.prepare_cached(sql)?.query_map([limit], one)?.collect()
}

fn seats(db: &Connection, user: UserId) -> Result<Vec<Seated>> {
    let sql =
        "SELECT conversation FROM members INDEXED BY groups_of_user WHERE user = ?1 AND role IS NOT NULL";
    let groups: Vec<ConversationId> =
        db.prepare_cached(sql)?.query_map([user], |row| row.conversation(0))?.collect::<Result<_>>()?;
    groups.into_iter().map(|group| Ok(Seated { group, heir: heir_of(db, group, user)? })).collect()
}

fn heir_of(db: &Connection, group: ConversationId, user: UserId) -> Result<Option<UserId>> {
    let sql = "SELECT user, role FROM members WHERE conversation = ?1 AND user <> ?2 AND role IS NOT NULL";
    let other = |row: &Row<'_>| Ok((row.get::<_, UserId>(0)?, row.get::<_, i64>(1)?));
    let others: Vec<_> =
        db.prepare_cached(sql)?.query_map(params![key(group), user], other)?.collect::<Result<_>>()?;
    if others.iter().any(|(_, role)| *role > 0) {
        return Ok(None);
    }
    let staying: Vec<_> = others.into_iter().map(|(other, _)| other).collect();
    let sql = "SELECT text FROM entries WHERE conversation = ?1 AND kind IN (10, 11) ORDER BY seq";
    let mut statement = db.prepare_cached(sql)?;
    let comings =
        statement.query_map([key(group)], |row| row.get(0).map(|text: String| groups::users_in(&text)))?;
    Ok(heir(&comings.collect::<Result<Vec<_>>>()?, &staying))
}

/// The logs in which somebody may have written, from one on: their own, and those of all groups, for whoever has left one has no place
/// there any more.
pub const WRITABLE: &str = "SELECT id, first, head FROM conversations WHERE low = ?1 AND id >= ?2
     UNION SELECT id, first, head FROM conversations WHERE high = ?1 AND id >= ?2
     UNION SELECT * FROM (SELECT c.id, c.first, c.head
       FROM groups g CROSS JOIN conversations c ON c.id = g.conversation
       WHERE g.conversation >= ?2 ORDER BY g.conversation LIMIT ?3)
     ORDER BY 1 LIMIT ?3";
/// Of somebody's messages and edits in a part of a log those of which anything is left.
pub const READABLE: &str =
    "SELECT seq FROM entries WHERE conversation = ?1 AND seq >= ?2 AND seq < ?3 AND sender = ?4 AND kind IN (0, 1)
       AND (text <> '' OR file IS NOT NULL OR reply_to IS NOT NULL OR mentions IS NOT NULL)
     ORDER BY seq LIMIT ?5";

/// Some of them, and where to look on.
fn readable_entries(
    db: &Connection,
    user: UserId,
    from: Option<Place>,
    limit: u32,
) -> Result<(Vec<Place>, Option<Place>)> {
    let (logs_max, mut room) = LOOKED_AT;
    let log = |row: &Row<'_>| Ok((row.conversation(0)?, row.seq(1)?, row.seq(2)?));
    let values = params![user, from.map_or(i64::MIN, |(id, _)| key(id)), logs_max + 1];
    let logs: Vec<_> = db.prepare_cached(WRITABLE)?.query_map(values, log)?.collect::<Result<_>>()?;
    let mut found = Vec::new();
    for (count, (id, first, head)) in (0..).zip(logs) {
        let begin = from.filter(|(begun, _)| *begun == id).map_or(first, |(_, seq)| seq.max(first));
        let left = (limit as usize).saturating_sub(found.len());
        if left == 0 || room == 0 || count == logs_max {
            return Ok((found, Some((id, begin))));
        }
        let length = head.next().get().saturating_sub(begin.get());
        let looked_at = length.min(room);
        let end = begin.get() + looked_at;
        let values = params![key(id), number(begin.get()), number(end), user, left];
        let mut statement = db.prepare_cached(READABLE)?;
        let here: Vec<Seq> = statement.query_map(values, |row| row.seq(0))?.collect::<Result<_>>()?;
        found.extend(here.iter().map(|seq| (id, *seq)));
        if let Some(last) = here.last()
            && here.len() == left
        {
            return Ok((found, Some((id, last.next()))));
        }
        if looked_at < length {
            return Ok((found, Seq::new(end).map(|end| (id, end))));
        }
        room -= looked_at;
    }
    Ok((found, None))
}

/// A file that nothing has any more is let go since the beginning of time: nobody is left to send it again.
fn blank(db: &Connection, (id, seq): Place) -> Result<()> {
    expiry::blank(db, id, (seq, seq.next()), 0)
}

fn blank_belongings(db: &Connection, user: UserId) -> Result<()> {
    let ids = |sql: &str| -> Result<Vec<FileId>> {
        db.prepare_cached(sql)?.query_map([user], |row| files::id_at(row, 0))?.collect()
    };
    for id in ids("SELECT id FROM uploads WHERE owner = ?1")? {
        files::end_upload(db, id)?;
    }
    for id in ids("SELECT id FROM files WHERE owner = ?1 AND entries = 0")? {
        files::end_file(db, id)?;
    }
    db.prepare_cached("DELETE FROM mentions WHERE user = ?1")?.execute([user])?;
    for sql in [
        "UPDATE members SET level = 0, archived = 0 WHERE user = ?1 AND conversation IN
           (SELECT id FROM conversations WHERE low = ?1 UNION SELECT id FROM conversations WHERE high = ?1)",
        // Nobody is left to be kept away, so what others have blocked ends too.
        "UPDATE conversations SET blocked = 0 WHERE low = ?1 AND blocked <> 0",
        "UPDATE conversations SET blocked = 0 WHERE high = ?1 AND blocked <> 0",
    ] {
        db.prepare_cached(sql)?.execute([user])?;
    }
    Ok(())
}

/// Whether an entry's sender has an account no more.
pub fn is_by_departed(db: &Connection, id: ConversationId, seq: i64) -> Result<bool> {
    let sql = "SELECT 1 FROM entries e JOIN users u ON u.id = e.sender
               WHERE e.conversation = ?1 AND e.seq = ?2 AND u.erased_at IS NOT NULL";
    db.prepare_cached(sql)?.exists(params![key(id), seq])
}

const _: () = assert!(kind::MESSAGE == 0 && kind::EDIT == 1, "as the statements have it");
