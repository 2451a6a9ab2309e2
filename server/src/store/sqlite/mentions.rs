//! Mentions: whom a message names, and how many messages that name somebody are still to be read.

use super::groups::{listed, name_of, users_in};
use super::preferences::blocks;
use super::tail::Tail;
use super::value::{Columns, conversation as key, number};
use crate::domain::Mentions;
use crate::store::{NewBody, UserId};
use chat_protocol::{ConversationId, Seq, UserName, limits};
use rusqlite::{Connection, OptionalExtension, Row, params};
use std::collections::HashMap;

type Result<T> = rusqlite::Result<T>;

/// Who of those who are in the conversation is named, in the order of the text. A text without names asks for nothing.
pub fn named(db: &Connection, tail: &Tail, body: &NewBody) -> Result<Vec<(UserId, UserName)>> {
    let NewBody::Message { text, .. } = body else { return Ok(Vec::new()) };
    let mentions = Mentions::of(text);
    let mut here = HashMap::new();
    for name in mentions.names() {
        let mut statement = db.prepare_cached("SELECT id, name FROM users WHERE name = ?1")?;
        let found = statement.query_row([name], |row| Ok((row.get(0)?, row.name(1)?))).optional()?;
        here.extend(found.filter(|(user, _)| tail.has(*user)).map(|one| (name, one)));
    }
    Ok(mentions.resolve(|name| here.get(name).cloned()))
}

/// As an entry keeps them; nothing where nobody is named.
pub fn column(users: &[UserId]) -> Option<String> {
    (!users.is_empty()).then(|| listed(users))
}

/// Those who stand in an entry.
pub fn users_at(row: &Row<'_>, column: usize) -> Result<Vec<UserId>> {
    Ok(row.get_ref(column)?.as_str_or_null()?.map_or_else(Vec::new, users_in))
}

/// What they are called.
pub fn names_at(db: &Connection, row: &Row<'_>, column: usize) -> Result<Vec<UserName>> {
    users_at(row, column)?.into_iter().map(|user| name_of(db, user)).collect()
}

/// Lets those who are named find the message.
pub fn keep(db: &Connection, id: ConversationId, seq: Seq, sender: UserId, users: &[UserId]) -> Result<()> {
    let sql = "INSERT OR IGNORE INTO mentions (user, conversation, seq, sender) VALUES (?1, ?2, ?3, ?4)";
    for user in users {
        db.prepare_cached(sql)?.execute(params![user, key(id), number(seq.get()), sender])?;
    }
    Ok(())
}

/// The message names nobody any more.
pub fn forget(db: &Connection, id: ConversationId, seq: Seq, users: &[UserId]) -> Result<()> {
    let sql = "DELETE FROM mentions WHERE user = ?1 AND conversation = ?2 AND seq = ?3";
    for user in users {
        db.prepare_cached(sql)?.execute(params![user, key(id), number(seq.get())])?;
    }
    Ok(())
}

pub const UNREAD: &str = concat!(
    "SELECT count(*) FROM (SELECT 1 FROM mentions
       WHERE user = ?1 AND conversation = ?2 AND seq > ?3 AND sender <> ?1 AND sender NOT IN (",
    blocks!(),
    ") LIMIT ?4)"
);

/// Messages of others above a number that name the user. Those whom the user has blocked call nobody.
pub fn unread(db: &Connection, user: UserId, id: ConversationId, read: Seq) -> Result<u32> {
    let values = params![user, key(id), number(read.get()), limits::UNREAD_MAX];
    db.prepare_cached(UNREAD)?.query_row(values, |row| row.get(0))
}
