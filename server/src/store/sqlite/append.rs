//! Appending to the logs.

use super::value::{Columns, conversation, number};
use crate::store::{AppendError, Appended, NewEntry, UserId};
use chat_protocol::{Body, ClientId, ConversationId, Seq, UnixMillis};
use rusqlite::{Connection, OptionalExtension, params};
use std::collections::HashMap;
use std::collections::hash_map::Entry as Slot;
use std::sync::Arc;

type Result<T> = rusqlite::Result<T>;

/// The end of a log while a batch is appended to it.
struct Tail {
    head: Seq,
    activity: UnixMillis,
    members: Arc<[UserId]>,
    grown: bool,
}

/// Appends a batch in its order. Each touched conversation is read once and its end written once.
pub fn append(
    db: &Connection,
    batch: Vec<NewEntry>,
) -> Result<Vec<std::result::Result<Appended, AppendError>>> {
    let mut tails: HashMap<ConversationId, Option<Tail>> = HashMap::new();
    let mut results = Vec::with_capacity(batch.len());
    for entry in batch {
        let tail = match tails.entry(entry.conversation) {
            Slot::Occupied(known) => known.into_mut(),
            Slot::Vacant(unknown) => unknown.insert(load(db, entry.conversation)?),
        };
        results.push(match tail {
            Some(tail) if tail.members.contains(&entry.sender) => append_one(db, tail, &entry)?,
            _ => Err(AppendError::NotMember),
        });
    }
    for (id, tail) in tails {
        if let Some(Tail { head, activity, grown: true, .. }) = tail {
            let sql = "UPDATE conversations SET head = ?2, activity = ?3 WHERE id = ?1";
            db.prepare_cached(sql)?.execute(params![
                conversation(id),
                number(head.get()),
                number(activity)
            ])?;
        }
    }
    Ok(results)
}

fn load(db: &Connection, id: ConversationId) -> Result<Option<Tail>> {
    let sql = "SELECT head, activity, low, high FROM conversations WHERE id = ?1";
    let mut statement = db.prepare_cached(sql)?;
    let tail = statement.query_row([conversation(id)], |row| {
        let (low, high): (UserId, UserId) = (row.get(2)?, row.get(3)?);
        let members = if low == high { Arc::from([low]) } else { Arc::from([low, high]) };
        Ok(Tail { head: row.seq(0)?, activity: row.time(1)?, members, grown: false })
    });
    tail.optional()
}

fn append_one(
    db: &Connection,
    tail: &mut Tail,
    entry: &NewEntry,
) -> Result<std::result::Result<Appended, AppendError>> {
    let Body::Message { text } = &entry.body else {
        return Err(rusqlite::Error::ToSqlConversionFailure(
            "an unknown kind of entry cannot be stored".into(),
        ));
    };
    let (seq, at) = (tail.head.next(), entry.at.max(tail.activity));
    let sql =
        "INSERT INTO entries (conversation, seq, at, sender, client_id, text) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
               ON CONFLICT (conversation, sender, client_id) DO NOTHING";
    let id = conversation(entry.conversation);
    let client_id = entry.client_id.as_str();
    let inserted = db.prepare_cached(sql)?.execute(params![
        id,
        number(seq.get()),
        number(at),
        entry.sender,
        client_id,
        text
    ])?;
    let members = Arc::clone(&tail.members);
    if inserted == 0 {
        let (seq, at, is_same) = earlier(db, id, entry.sender, &entry.client_id, text)?;
        return Ok(is_same
            .then_some(Appended { seq, at, fresh: false, members })
            .ok_or(AppendError::IdConflict));
    }
    *tail = Tail { head: seq, activity: at, members: Arc::clone(&members), grown: true };
    Ok(Ok(Appended { seq, at, fresh: true, members }))
}

/// The entry that has this client id: its number, its time, and whether it says the same.
fn earlier(
    db: &Connection,
    conversation: i64,
    sender: UserId,
    client_id: &ClientId,
    text: &str,
) -> Result<(Seq, UnixMillis, bool)> {
    let sql =
        "SELECT seq, at, text = ?4 FROM entries WHERE conversation = ?1 AND sender = ?2 AND client_id = ?3";
    let mut statement = db.prepare_cached(sql)?;
    statement.query_row(params![conversation, sender, client_id.as_str(), text], |row| {
        Ok((row.seq(0)?, row.time(1)?, row.get(2)?))
    })
}
