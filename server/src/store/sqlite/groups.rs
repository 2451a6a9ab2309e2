//! Groups: making and finding them, and who is in them.

use super::append::{self, columns};
use super::log::optional_seq;
use super::preferences::{has_blocked, hidden};
use super::value::{Columns, conversation as key, number};
use crate::store::{AppendError, HIDDEN_MARKS, MemberRow, NewBody, NewEntry, NewGroup, StoredEntry, UserId};
use chat_protocol::{
    Body, ConversationId, Group, GroupChange, GroupName, Marks, MemberChange, Past, PublicGroup, Role, Seq,
    UserName, limits,
};
use rusqlite::{Connection, OptionalExtension, Row, params};

type Result<T> = rusqlite::Result<T>;
type Outcome<T> = std::result::Result<T, AppendError>;

pub fn create(db: &Connection, new: &NewGroup) -> Result<Outcome<Vec<StoredEntry>>> {
    if db.prepare_cached("SELECT 1 FROM conversations WHERE id = ?1")?.exists([key(new.id)])? {
        return Ok(if is_made_of(db, new)? { Ok(Vec::new()) } else { Err(AppendError::IdConflict) });
    }
    if new.public && public(db, &new.name)?.is_some() {
        return Ok(Err(AppendError::NameTaken));
    }
    let mut others = new.members.clone();
    others.retain(|user| *user != new.maker);
    others.sort();
    others.dedup();
    if has_blocked(db, &others, new.maker)? {
        return Ok(Err(AppendError::Blocked));
    }
    for user in others.iter().chain([&new.maker]) {
        if is_in_too_many(db, *user)? {
            return Ok(Err(AppendError::GroupFull));
        }
    }
    db.prepare_cached("INSERT INTO conversations (id) VALUES (?1)")?.execute([key(new.id)])?;
    let sql = "INSERT INTO groups (conversation, name, topic, public, past, members) VALUES (?1, ?2, ?3, ?4, ?5, 0)";
    let (name, past) = (new.name.as_str(), new.past == Past::None);
    db.prepare_cached(sql)?.execute(params![key(new.id), name, new.topic, new.public, past])?;
    add(db, new.id, &[new.maker], Role::Admin, Seq::ZERO)?;
    let first = entry(new, new.client_id.clone(), NewBody::Group(new.first()));
    let change = NewBody::Members { change: MemberChange::Added, users: others.clone() };
    let second = (!others.is_empty()).then(|| entry(new, new.second_id.clone(), change));
    let batch = [first].into_iter().chain(second).collect::<Vec<_>>();
    let mut told = Vec::new();
    let from = name_of(db, new.maker)?;
    for (entry, outcome) in batch.iter().zip(append::append(db, batch.clone())?) {
        match outcome {
            Ok(done) => told.extend(done.fresh.map(|body| StoredEntry {
                seq: done.seq,
                at: done.at,
                from: from.clone(),
                client_id: entry.client_id.clone(),
                body,
            })),
            Err(refusal) => return Ok(Err(refusal)),
        }
    }
    Ok(Ok(told))
}

fn entry(new: &NewGroup, client_id: chat_protocol::ClientId, body: NewBody) -> NewEntry {
    NewEntry { conversation: new.id, sender: new.maker, client_id, at: new.at, body }
}

/// Whether the group that is there was made by the same request.
fn is_made_of(db: &Connection, new: &NewGroup) -> Result<bool> {
    let sql = "SELECT 1 FROM entries e JOIN conversations c ON c.id = e.conversation
               WHERE e.conversation = ?1 AND e.seq = 1 AND e.sender = ?2 AND e.client_id = ?3
                 AND (e.text = ?4 OR c.first > 1)";
    let body = NewBody::Group(new.first());
    let text = columns(&body).1;
    db.prepare_cached(sql)?.exists(params![key(new.id), new.maker, new.client_id.as_str(), text])
}

pub fn public(db: &Connection, name: &GroupName) -> Result<Option<ConversationId>> {
    let sql = "SELECT conversation FROM groups WHERE name = ?1 AND public = 1";
    db.prepare_cached(sql)?.query_row([name.as_str()], |row| row.conversation(0)).optional()
}

pub const NAMED: &str = "SELECT g.conversation FROM members m INDEXED BY groups_of_user
     JOIN groups g ON g.conversation = m.conversation
     WHERE m.user = ?1 AND m.role IS NOT NULL AND g.name = ?2 ORDER BY g.public DESC, g.conversation LIMIT 1";

pub fn named(db: &Connection, user: UserId, name: &GroupName) -> Result<Option<ConversationId>> {
    let mut statement = db.prepare_cached(NAMED)?;
    statement.query_row(params![user, name.as_str()], |row| row.conversation(0)).optional()
}

pub const PUBLIC_GROUPS: &str = "SELECT g.conversation, g.name, g.topic, g.members, m.user IS NOT NULL
     FROM groups g LEFT JOIN members m ON m.conversation = g.conversation AND m.user = ?1
     WHERE g.public = 1 AND g.name > ?2 ORDER BY g.name LIMIT ?3";

pub fn public_groups(
    db: &Connection,
    user: UserId,
    after: Option<GroupName>,
    limit: u32,
) -> Result<Vec<PublicGroup>> {
    let group = |row: &Row<'_>| {
        Ok(PublicGroup {
            conversation: row.conversation(0)?,
            name: row.group_name(1)?,
            topic: row.get(2)?,
            members: row.get(3)?,
            joined: row.get(4)?,
        })
    };
    let after = after.as_ref().map_or("", GroupName::as_str);
    db.prepare_cached(PUBLIC_GROUPS)?.query_map(params![user, after, limit], group)?.collect()
}

pub const MEMBERS: &str = concat!(
    "SELECT u.id, u.name, m.role, m.delivered, iif(u.read_receipts, m.read, NULL), u.id IN (",
    hidden!(),
    ")
     FROM members m JOIN users u ON u.id = m.user
     WHERE m.conversation = ?2 AND m.role IS NOT NULL AND u.name > ?3 ORDER BY u.name LIMIT ?4"
);

pub fn members(
    db: &Connection,
    user: UserId,
    id: ConversationId,
    after: Option<UserName>,
    limit: u32,
) -> Result<Option<Vec<MemberRow>>> {
    let sql = "SELECT 1 FROM members WHERE conversation = ?1 AND user = ?2 AND role IS NOT NULL";
    if !db.prepare_cached(sql)?.exists(params![key(id), user])? {
        return Ok(None);
    }
    let member = |row: &Row<'_>| {
        let is_hidden = row.get(5)?;
        let marks = Marks { delivered: row.seq(3)?, read: optional_seq(row, 4)? };
        let marks = if is_hidden { HIDDEN_MARKS } else { marks };
        Ok(MemberRow { id: row.get(0)?, name: row.name(1)?, role: role(row.get(2)?), marks, is_hidden })
    };
    let after = after.as_ref().map_or("", UserName::as_str);
    let found = db
        .prepare_cached(MEMBERS)?
        .query_map(params![user, key(id), after, limit], member)?
        .collect::<Result<_>>();
    found.map(Some)
}

/// A group as a member with this role sees it.
pub fn group(db: &Connection, id: ConversationId, role: Role) -> Result<Group> {
    let sql = "SELECT name, topic, public, past, members, retention_days FROM groups WHERE conversation = ?1";
    db.prepare_cached(sql)?.query_row([key(id)], |row| {
        let past = if row.get(3)? { Past::None } else { Past::All };
        Ok(Group {
            name: row.group_name(0)?,
            topic: row.get(1)?,
            public: row.get(2)?,
            past,
            members: row.get(4)?,
            role,
            retention_days: Some(row.get(5)?).filter(|days| *days > 0),
        })
    })
}

/// A role as SQLite keeps it.
pub fn role(value: i64) -> Role {
    if value == 1 { Role::Admin } else { Role::Member }
}

/// A role for SQLite.
pub fn role_value(role: Role) -> i64 {
    i64::from(role == Role::Admin)
}

/// Whether one more group would be too many for the user.
pub fn is_in_too_many(db: &Connection, user: UserId) -> Result<bool> {
    let sql = "SELECT count(*) FROM members WHERE user = ?1 AND role IS NOT NULL";
    let count: usize = db.prepare_cached(sql)?.query_row([user], |row| row.get(0))?;
    Ok(count >= limits::GROUPS_MAX)
}

/// They are in the group from the entry with this number on.
pub fn add(db: &Connection, id: ConversationId, users: &[UserId], role: Role, seq: Seq) -> Result<()> {
    let sql = "INSERT INTO members (conversation, user, role, first, read, delivered)
               SELECT ?1, ?2, ?3, iif(past = 1, max(?4, 1), 1), max(?4 - 1, 0), max(?4 - 1, 0)
               FROM groups WHERE conversation = ?1";
    for user in users {
        let values = params![key(id), user, role_value(role), number(seq.get())];
        db.prepare_cached(sql)?.execute(values)?;
    }
    count(db, id, users.len().cast_signed())
}

/// They are not in the group any more. The last one closes it: its name is free for others.
pub fn remove(db: &Connection, id: ConversationId, users: &[UserId]) -> Result<()> {
    for user in users {
        let sql = "DELETE FROM members WHERE conversation = ?1 AND user = ?2";
        db.prepare_cached(sql)?.execute(params![key(id), user])?;
    }
    count(db, id, -users.len().cast_signed())?;
    let sql = "UPDATE groups SET public = 0 WHERE conversation = ?1 AND members = 0";
    db.prepare_cached(sql)?.execute([key(id)]).map(drop)
}

fn count(db: &Connection, id: ConversationId, more: isize) -> Result<()> {
    let sql = "UPDATE groups SET members = members + ?2 WHERE conversation = ?1";
    db.prepare_cached(sql)?.execute(params![key(id), more as i64]).map(drop)
}

pub fn set_role(db: &Connection, id: ConversationId, users: &[UserId], role: Role) -> Result<()> {
    let sql = "UPDATE members SET role = ?3 WHERE conversation = ?1 AND user = ?2";
    for user in users {
        db.prepare_cached(sql)?.execute(params![key(id), user, role_value(role)])?;
    }
    Ok(())
}

/// Changes what is given; refused when nothing is, or the name is another's.
pub fn change(db: &Connection, id: ConversationId, change: &GroupChange) -> Result<Outcome<()>> {
    let now = group(db, id, Role::Member)?;
    let GroupChange { name, topic, past, retention_days, public: _ } = change;
    let is_other = name.as_ref().is_some_and(|name| *name != now.name)
        || topic.as_ref().is_some_and(|topic| *topic != now.topic)
        || past.is_some_and(|past| past != now.past)
        || retention_days.is_some_and(|days| days != now.retention_days.unwrap_or(0));
    if !is_other {
        return Ok(Err(AppendError::NoChange));
    }
    if let Some(name) = name
        && now.public
        && public(db, name)?.is_some_and(|holder| holder != id)
    {
        return Ok(Err(AppendError::NameTaken));
    }
    let sql =
        "UPDATE groups SET name = coalesce(?2, name), topic = coalesce(?3, topic), past = coalesce(?4, past),
                 retention_days = coalesce(?5, retention_days)
               WHERE conversation = ?1";
    let (name, past) = (name.as_ref().map(GroupName::as_str), past.map(|past| past == Past::None));
    db.prepare_cached(sql)?.execute(params![key(id), name, topic, past, retention_days])?;
    Ok(Ok(()))
}

/// The users' numbers as they stand in an entry.
pub fn listed(users: &[UserId]) -> String {
    users.iter().map(|user| user.0.to_string()).collect::<Vec<_>>().join(" ")
}

/// The numbers that stand in an entry.
pub fn users_in(text: &str) -> Vec<UserId> {
    text.split_ascii_whitespace().filter_map(|number| number.parse().ok().map(UserId)).collect()
}

pub fn name_of(db: &Connection, user: UserId) -> Result<UserName> {
    db.prepare_cached("SELECT name FROM users WHERE id = ?1")?.query_row([user], |row| row.name(0))
}

/// What an entry about these users tells: their names, in the order of the alphabet.
pub fn members_body(db: &Connection, change: MemberChange, users: &[UserId]) -> Result<Body> {
    let mut users = users.iter().map(|user| name_of(db, *user)).collect::<Result<Vec<_>>>()?;
    users.sort();
    Ok(Body::Members { change, users })
}
