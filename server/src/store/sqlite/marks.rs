//! Watermarks: how far each member of a conversation is.

use super::mentions;
use super::preferences::hidden;
use super::value::{Columns, conversation as key, number};
use crate::store::{ReadMark, Receipts, UNREAD_SCAN_MAX, UserId};
use chat_protocol::{ConversationId, Marks, Seq, limits};
use rusqlite::{Connection, OptionalExtension, Row, params};

type Result<T> = rusqlite::Result<T>;

pub fn mark_read(
    db: &Connection,
    user: UserId,
    id: ConversationId,
    seq: Seq,
) -> Result<Option<(ReadMark, Receipts)>> {
    let Some(before) = member(db, user, id)? else { return Ok(None) };
    let seq = seq.min(before.head);
    let after = Member { read: before.read.max(seq), delivered: before.delivered.max(seq), ..before };
    let receipts = moved(db, user, id, before, after)?;
    Ok(Some((read_mark(db, user, id, (after.read, after.first))?, receipts)))
}

pub fn mark_delivered(
    db: &Connection,
    user: UserId,
    id: ConversationId,
    seq: Seq,
) -> Result<Option<Receipts>> {
    let Some(before) = member(db, user, id)? else { return Ok(None) };
    let after = Member { delivered: before.delivered.max(seq.min(before.head)), ..before };
    moved(db, user, id, before, after).map(Some)
}

#[derive(Clone, Copy, PartialEq, Eq)]
struct Member {
    read: Seq,
    delivered: Seq,
    tells_read: bool,
    first: Seq,
    head: Seq,
}

impl Member {
    /// What others may know.
    fn marks(self) -> Marks {
        Marks { delivered: self.delivered, read: self.tells_read.then_some(self.read) }
    }
}

fn member(db: &Connection, user: UserId, id: ConversationId) -> Result<Option<Member>> {
    let sql = "SELECT m.read, m.delivered, u.read_receipts, c.head, c.first FROM members m
               JOIN users u ON u.id = m.user JOIN conversations c ON c.id = m.conversation
               WHERE m.conversation = ?1 AND m.user = ?2";
    let member = |row: &Row<'_>| {
        let (read, delivered, head, first) = (row.seq(0)?, row.seq(1)?, row.seq(3)?, row.seq(4)?);
        Ok(Member { read, delivered, tells_read: row.get(2)?, first, head })
    };
    db.prepare_cached(sql)?.query_row(params![key(id), user], member).optional()
}

/// Writes down what has moved, and tells who is to hear of it.
fn moved(
    db: &Connection,
    user: UserId,
    id: ConversationId,
    before: Member,
    after: Member,
) -> Result<Receipts> {
    if after != before {
        let sql = "UPDATE members SET read = ?3, delivered = ?4 WHERE conversation = ?1 AND user = ?2";
        let (read, delivered) = (number(after.read.get()), number(after.delivered.get()));
        db.prepare_cached(sql)?.execute(params![key(id), user, read, delivered])?;
    }
    let is_news = after.marks() != before.marks();
    let to = if is_news { others(db, user, id)? } else { Vec::new() };
    Ok(Receipts { marks: after.marks(), to })
}

pub const OTHERS: &str = concat!(
    "SELECT user FROM members WHERE conversation = ?2 AND user <> ?1
       AND NOT EXISTS (SELECT 1 FROM groups WHERE conversation = ?2 AND members > ?3)
       AND user NOT IN (",
    hidden!(),
    ")"
);

fn others(db: &Connection, user: UserId, id: ConversationId) -> Result<Vec<UserId>> {
    let values = params![user, key(id), limits::WHISPERING_MEMBERS_MAX];
    db.prepare_cached(OTHERS)?.query_map(values, |row| row.get(0))?.collect()
}

/// A read watermark, with what stands above it of a log that begins at a number.
pub fn read_mark(
    db: &Connection,
    user: UserId,
    id: ConversationId,
    (seq, first): (Seq, Seq),
) -> Result<ReadMark> {
    let from = seq.max(first.before());
    let unread = unread(db, user, id, from)?;
    let mentions = if unread > 0 { mentions::unread(db, user, id, from)? } else { 0 };
    Ok(ReadMark { seq, unread, mentions })
}

pub const UNREAD: &str = "SELECT count(*) FROM (SELECT 1 FROM
       (SELECT sender, kind FROM entries WHERE conversation = ?2 AND seq > ?3 ORDER BY seq LIMIT ?4)
     WHERE sender <> ?1 AND kind = 0 LIMIT ?5)";

/// Messages of others above a number.
fn unread(db: &Connection, user: UserId, id: ConversationId, read: Seq) -> Result<u32> {
    let values = params![user, key(id), number(read.get()), UNREAD_SCAN_MAX, limits::UNREAD_MAX];
    db.prepare_cached(UNREAD)?.query_row(values, |row| row.get(0))
}
