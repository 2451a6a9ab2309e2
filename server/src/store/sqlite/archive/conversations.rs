//! Conversations, and who is in them.

use super::super::expiry;
use super::super::groups::{role, role_value};
use super::super::preferences::{BY_HIGH, BY_LOW, level, level_value};
use super::super::value::{Columns, conversation as key, number};
use super::put as put_row;
use crate::store::UserId;
use crate::store::archive::{ConversationRecord, KindRecord, MarksRecord, MemberRecord};
use chat_protocol::{ConversationId, Past, Preferences, Seq};
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
    let sql = "SELECT m.user, coalesce(m.role, 0), m.first, m.read, m.delivered, m.level, m.archived,
                 c.blocked & iif(m.user = c.low, 1, 2) <> 0
               FROM members m JOIN conversations c ON c.id = m.conversation
               WHERE m.conversation = ?1 ORDER BY m.user";
    let member = |row: &Row<'_>| {
        let marks = MarksRecord { read: row.seq(3)?, delivered: row.seq(4)? };
        let (level, archived, blocked) = (level(row.get(5)?), row.seq(6)?, row.get(7)?);
        let preferences = Preferences { level, archived, blocked };
        Ok(MemberRecord {
            user: row.get(0)?,
            role: role(row.get(1)?),
            first: row.seq(2)?,
            marks,
            preferences,
        })
    };
    db.prepare_cached(sql)?.query_map([key(id)], member)?.collect()
}

pub fn put(db: &Connection, row: &ConversationRecord) -> Result<()> {
    let (low, high) = match row.kind {
        KindRecord::Direct(low, high) => (Some(low), Some(high)),
        KindRecord::Group { .. } => (None, None),
    };
    let sql = "INSERT INTO conversations (id, low, high, first, head, activity, blocked)
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
               ON CONFLICT (id) DO UPDATE SET first = excluded.first, head = excluded.head,
                 activity = excluded.activity, blocked = excluded.blocked
               WHERE low IS excluded.low AND high IS excluded.high";
    let (first, head) = (number(row.first.get()), number(row.head.get()));
    // What was copied before it went away in the source.
    expiry::blank(db, row.id, (Seq::ZERO, row.first), row.activity)?;
    let activity = number(row.activity);
    put_row(db, sql, params![key(row.id), low, high, first, head, activity, blocks(row)], row)?;
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

/// Who of the two has blocked the other.
fn blocks(row: &ConversationRecord) -> i64 {
    let KindRecord::Direct(low, _) = row.kind else { return 0 };
    let bit = |member: &MemberRecord| if member.user == low { BY_LOW } else { BY_HIGH };
    row.members.iter().filter(|member| member.preferences.blocked).map(bit).sum()
}

fn put_members(db: &Connection, row: &ConversationRecord) -> Result<()> {
    let is_group = matches!(row.kind, KindRecord::Group { .. });
    let stays = |user: &UserId| row.members.iter().any(|member| member.user == *user);
    for MemberRecord { user, .. } in members(db, row.id)?.into_iter().filter(|one| !stays(&one.user)) {
        let sql = "DELETE FROM members WHERE conversation = ?1 AND user = ?2";
        db.prepare_cached(sql)?.execute(params![key(row.id), user])?;
    }
    for MemberRecord { user, role, first, marks: MarksRecord { read, delivered }, preferences } in
        &row.members
    {
        let sql = "INSERT INTO members (conversation, user, role, first, read, delivered, level, archived)
                   VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
                   ON CONFLICT (conversation, user) DO UPDATE SET role = excluded.role, first = excluded.first,
                     read = excluded.read, delivered = excluded.delivered, level = excluded.level,
                     archived = excluded.archived";
        let role: Option<i64> = is_group.then(|| role_value(*role));
        let seq = |seq: &Seq| number(seq.get());
        let (level, archived) = (level_value(preferences.level), seq(&preferences.archived));
        let values = params![key(row.id), user, role, seq(first), seq(read), seq(delivered), level, archived];
        db.prepare_cached(sql)?.execute(values)?;
    }
    Ok(())
}
