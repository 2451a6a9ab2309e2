//! Appending to the logs.

use super::files;
use super::value::{Columns, conversation, number};
use crate::store::{AppendError, Appended, NewEntry, UserId};
use chat_protocol::{Body, ConversationId, Seq, UnixMillis};
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
    let Body::Message { text, .. } = &entry.body else {
        return Err(rusqlite::Error::ToSqlConversionFailure(
            "an unknown kind of entry cannot be stored".into(),
        ));
    };
    let members = Arc::clone(&tail.members);
    let file = match entry.file {
        None => None,
        Some(id) => match files::visible(db, entry.sender, id)? {
            Some(found) => Some(Box::new(found.attachment)),
            // It may have been sent long ago, and be gone since.
            None => {
                let earlier = earlier(db, entry, text, members)?;
                return Ok(earlier.unwrap_or(Err(AppendError::UnknownFile)));
            }
        },
    };
    let (seq, at) = (tail.head.next(), entry.at.max(tail.activity));
    let sql = "INSERT INTO entries (conversation, seq, at, sender, client_id, text, file)
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
               ON CONFLICT (conversation, sender, client_id) DO NOTHING";
    let id = conversation(entry.conversation);
    let client_id = entry.client_id.as_str();
    let inserted = db.prepare_cached(sql)?.execute(params![
        id,
        number(seq.get()),
        number(at),
        entry.sender,
        client_id,
        text,
        entry.file.map(files::key)
    ])?;
    if inserted == 0 {
        return earlier(db, entry, text, members)?.ok_or(rusqlite::Error::QueryReturnedNoRows);
    }
    if let Some(id) = entry.file {
        files::hang(db, id)?;
    }
    *tail = Tail { head: seq, activity: at, members: Arc::clone(&members), grown: true };
    Ok(Ok(Appended { seq, at, fresh: true, members, file }))
}

/// What the entry that has this client id is to whoever sends it again: the same one, or another under the same id.
fn earlier(
    db: &Connection,
    entry: &NewEntry,
    text: &str,
    members: Arc<[UserId]>,
) -> Result<Option<std::result::Result<Appended, AppendError>>> {
    let sql = "SELECT e.seq, e.at, e.text = ?4 AND e.file IS ?5, f.id, f.name, f.size, f.media_type, b.sha256
               FROM entries e LEFT JOIN files f ON f.id = e.file LEFT JOIN blobs b ON b.object = f.object
               WHERE e.conversation = ?1 AND e.sender = ?2 AND e.client_id = ?3";
    let (id, client_id) = (conversation(entry.conversation), entry.client_id.as_str());
    let values = params![id, entry.sender, client_id, text, entry.file.map(files::key)];
    let mut statement = db.prepare_cached(sql)?;
    let found = statement.query_row(values, |row| {
        let (seq, at, file) = (row.seq(0)?, row.time(1)?, files::attachment_at(row, 3)?);
        Ok((row.get(2)?, Appended { seq, at, fresh: false, members, file }))
    });
    Ok(found
        .optional()?
        .map(|(is_same, first): (bool, _)| is_same.then_some(first).ok_or(AppendError::IdConflict)))
}
