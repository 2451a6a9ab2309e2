//! Conversations, and who is in them.

use super::super::expiry;
use super::super::groups::{role, role_value};
use super::super::value::{Columns, conversation as key, number};
use super::put as put_row;
use crate::store::UserId;
use crate::store::archive::{ConversationRecord, KindRecord, MarksRecord, MemberRecord};
use chat_protocol::{ConversationId, Past, Seq};
use rusqlite::{Connection, Row, params};

type Result<T> = rusqlite::Result<T>;

pub fn page(db: &Connection, from: i64, limit: u32) -> Result<Vec<ConversationRecord>> {
    let sql = "SELECT c.id, c.first, c.head, c.activity, c.low, c.high, g.name, g.topic, g.public, g.past,
                 g.retention_days
               FROM conversations c LEFT JOIN groups g ON g.conversation = c.id
               WHERE c.id >= ?1 ORDER BY c.id LIMIT ?2";
    let record = |row: &Row<'_>| {
        let id = row.conversation(0)?;
        Ok(ConversationRecord {
            id,
            kind: kind(row)?,
            members: members(db, id)?,
            first: row.seq(1)?,
            head: row.seq(2)?,
            activity: row.time(3)?,
        })
    };
    db.prepare_cached(sql)?.query_map((from, limit), record)?.collect()
}

fn kind(row: &Row<'_>) -> Result<KindRecord> {
    if let (Some(low), Some(high)) = (row.get::<_, Option<UserId>>(4)?, row.get::<_, Option<UserId>>(5)?) {
        return Ok(KindRecord::Direct(low, high));
    }
    let past = if row.get(9)? { Past::None } else { Past::All };
    let (topic, public, retention_days) = (row.get(7)?, row.get(8)?, row.get(10)?);
    Ok(KindRecord::Group { name: row.group_name(6)?, topic, public, past, retention_days })
}

fn members(db: &Connection, id: ConversationId) -> Result<Vec<MemberRecord>> {
    let sql = "SELECT user, coalesce(role, 0), first, read, delivered FROM members
               WHERE conversation = ?1 ORDER BY user";
    let member = |row: &Row<'_>| {
        let marks = MarksRecord { read: row.seq(3)?, delivered: row.seq(4)? };
        Ok(MemberRecord { user: row.get(0)?, role: role(row.get(1)?), first: row.seq(2)?, marks })
    };
    db.prepare_cached(sql)?.query_map([key(id)], member)?.collect()
}

pub fn put(db: &Connection, row: &ConversationRecord) -> Result<()> {
    let (low, high) = match row.kind {
        KindRecord::Direct(low, high) => (Some(low), Some(high)),
        KindRecord::Group { .. } => (None, None),
    };
    let sql = "INSERT INTO conversations (id, low, high, first, head, activity) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
               ON CONFLICT (id) DO UPDATE SET first = excluded.first, head = excluded.head, activity = excluded.activity
               WHERE low IS excluded.low AND high IS excluded.high";
    let (first, head) = (number(row.first.get()), number(row.head.get()));
    // What was copied before it went away in the source.
    expiry::blank(db, row.id, (Seq::ZERO, row.first), row.activity)?;
    put_row(db, sql, params![key(row.id), low, high, first, head, number(row.activity)], row)?;
    if let KindRecord::Group { name, topic, public, past, retention_days } = &row.kind {
        let sql = "INSERT INTO groups (conversation, name, topic, public, past, members, retention_days)
                   VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
                   ON CONFLICT (conversation) DO UPDATE SET name = excluded.name, topic = excluded.topic,
                     public = excluded.public, past = excluded.past, members = excluded.members,
                     retention_days = excluded.retention_days";
        let (past, count) = (*past == Past::None, row.members.len());
        let values = params![key(row.id), name.as_str(), topic, public, past, count, retention_days];
        db.prepare_cached(sql)?.execute(values)?;
    }
    put_members(db, row)
}

fn put_members(db: &Connection, row: &ConversationRecord) -> Result<()> {
    let is_group = matches!(row.kind, KindRecord::Group { .. });
    let stays = |user: &UserId| row.members.iter().any(|member| member.user == *user);
    for MemberRecord { user, .. } in members(db, row.id)?.into_iter().filter(|one| !stays(&one.user)) {
        let sql = "DELETE FROM members WHERE conversation = ?1 AND user = ?2";
        db.prepare_cached(sql)?.execute(params![key(row.id), user])?;
    }
    for MemberRecord { user, role, first, marks: MarksRecord { read, delivered } } in &row.members {
        let sql = "INSERT INTO members (conversation, user, role, first, read, delivered)
                   VALUES (?1, ?2, ?3, ?4, ?5, ?6)
                   ON CONFLICT (conversation, user) DO UPDATE SET role = excluded.role, first = excluded.first,
                     read = excluded.read, delivered = excluded.delivered";
        let role: Option<i64> = is_group.then(|| role_value(*role));
        let seq = |seq: &Seq| number(seq.get());
        let values = params![key(row.id), user, role, seq(first), seq(read), seq(delivered)];
        db.prepare_cached(sql)?.execute(values)?;
    }
    Ok(())
}
