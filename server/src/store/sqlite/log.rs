//! Reading the logs: entries as they are stored, and messages as they have become.

use super::files::attachment_at;
use super::value::{Columns, conversation as key, number};
use crate::store::fold::{fold, quote};
use crate::store::{Page, PageRange, Span, StoredEntry, Target, UserId};
use chat_protocol::{Body, ConversationId, Message, Seq, Version};
use rusqlite::{Connection, OptionalExtension, Params, Row, params};
use std::collections::HashMap;

type Result<T> = rusqlite::Result<T>;

/// The kinds of entries as SQLite keeps them.
pub mod kind {
    pub const MESSAGE: i64 = 0;
    pub const EDIT: i64 = 1;
    pub const DELETION: i64 = 2;
    pub const REACTION: i64 = 3;
    pub const REACTION_END: i64 = 4;
}

pub fn history(
    db: &Connection,
    user: UserId,
    id: ConversationId,
    range: PageRange,
    limit: u32,
) -> Result<Option<Page>> {
    let sql = "SELECT c.first, c.head FROM conversations c
               JOIN members m ON m.conversation = c.id AND m.user = ?1 WHERE c.id = ?2";
    let span = |row: &Row<'_>| Ok(Span { first: row.seq(0)?, head: row.seq(1)? });
    let Some(span) = db.prepare_cached(sql)?.query_row(params![user, key(id)], span).optional()? else {
        return Ok(None);
    };
    let entries = match range {
        PageRange::Newest => before(db, id, i64::MAX, limit)?,
        PageRange::Before(seq) => before(db, id, number(seq.get()), limit)?,
        PageRange::After(seq) => select(db, FIRST_ENTRIES, params![key(id), number(seq.get()), limit])?,
    };
    Ok(Some(Page { entries: become_now(db, id, entries)?, span }))
}

/// The last entry of a log.
pub fn last(db: &Connection, id: ConversationId) -> Result<Option<StoredEntry>> {
    let last = before(db, id, i64::MAX, 1)?;
    Ok(become_now(db, id, last)?.pop())
}

/// Up to `limit` entries just below `bound`, in ascending order.
fn before(db: &Connection, id: ConversationId, bound: i64, limit: u32) -> Result<Vec<Raw>> {
    let mut entries = select(db, LAST_ENTRIES, params![key(id), bound, limit])?;
    entries.reverse();
    Ok(entries)
}

/// The message under this number, as it is at the end of its log.
pub fn target(db: &Connection, id: ConversationId, seq: Seq) -> Result<Option<Target>> {
    let Some(raw) = message(db, id, seq)? else { return Ok(None) };
    let changes = select(db, ABOUT, params![key(id), number(seq.get()), number(seq.get())])?;
    let count = changes.len();
    let sender = raw.sender;
    let mut entries = [raw.entry];
    fold(&mut entries, &entries_of(changes));
    let [StoredEntry { from, body, .. }] = entries;
    let Body::Message(message) = body else { return Ok(None) };
    Ok(Some(Target { seq, sender, from, message, changes: count }))
}

/// The message under this number, as it was sent.
fn message(db: &Connection, id: ConversationId, seq: Seq) -> Result<Option<Raw>> {
    let found = select(db, ENTRY, params![key(id), number(seq.get())])?.pop();
    Ok(found.filter(|raw| matches!(raw.entry.body, Body::Message(_))))
}

pub const VERSIONS: &str = "SELECT e.seq, e.at, e.text FROM entries e
     WHERE e.conversation = ?1 AND e.target = ?2 AND e.kind = 1 AND e.seq < ?3 ORDER BY e.seq DESC LIMIT ?4";

pub fn versions(
    db: &Connection,
    user: UserId,
    id: ConversationId,
    seq: Seq,
    before: Seq,
    limit: u32,
) -> Result<Option<Vec<Version>>> {
    let sql = "SELECT 1 FROM members WHERE conversation = ?1 AND user = ?2";
    let is_member = db.prepare_cached(sql)?.exists(params![key(id), user])?;
    let Some(target) = is_member.then(|| target(db, id, seq)).transpose()?.flatten() else {
        return Ok(None);
    };
    if target.message.deleted_at.is_some() {
        return Ok(Some(Vec::new()));
    }
    let (target, bound) = (number(seq.get()), number(before.get()));
    let version = |row: &Row<'_>| Ok(Version { seq: row.seq(0)?, at: row.time(1)?, text: row.get(2)? });
    let mut versions: Vec<_> = db
        .prepare_cached(VERSIONS)?
        .query_map(params![key(id), target, bound, limit], version)?
        .collect::<Result<_>>()?;
    if versions.len() < limit as usize
        && seq < before
        && let Some(StoredEntry { at, body: Body::Message(first), .. }) =
            message(db, id, seq)?.map(|raw| raw.entry)
    {
        versions.push(Version { seq, at, text: first.text });
    }
    versions.reverse();
    Ok(Some(versions))
}

/// The message under this number, as it is now.
pub fn message_now(db: &Connection, id: ConversationId, seq: Seq) -> Result<Option<StoredEntry>> {
    let found = message(db, id, seq)?.into_iter().collect();
    Ok(become_now(db, id, found)?.pop())
}

/// An entry as it is stored.
struct Raw {
    entry: StoredEntry,
    sender: UserId,
    reply_to: Option<Seq>,
}

macro_rules! select_entries {
    ($rest:literal) => {
        concat!(
            "SELECT e.seq, e.at, u.name, e.client_id, e.kind, e.text, e.target, e.reply_to, e.sender,
                    f.id, f.name, f.size, f.media_type, b.sha256
             FROM entries e JOIN users u ON u.id = e.sender
             LEFT JOIN files f ON f.id = e.file LEFT JOIN blobs b ON b.object = f.object
             WHERE e.conversation = ?1 AND ",
            $rest
        )
    };
}

pub const LAST_ENTRIES: &str = select_entries!("e.seq < ?2 ORDER BY e.seq DESC LIMIT ?3");
pub const FIRST_ENTRIES: &str = select_entries!("e.seq > ?2 ORDER BY e.seq LIMIT ?3");
pub const ENTRY: &str = select_entries!("e.seq = ?2");
/// What is about the messages between two numbers. The index has it in the order of the targets.
pub const ABOUT: &str = select_entries!("e.target BETWEEN ?2 AND ?3 ORDER BY e.target, e.seq");

fn select(db: &Connection, sql: &str, values: impl Params) -> Result<Vec<Raw>> {
    db.prepare_cached(sql)?.query_map(values, raw)?.collect()
}

fn raw(row: &Row<'_>) -> Result<Raw> {
    let (seq, at, from, client_id) = (row.seq(0)?, row.time(1)?, row.name(2)?, row.client_id(3)?);
    let entry = StoredEntry { seq, at, from, client_id, body: body(row)? };
    Ok(Raw { entry, sender: row.get(8)?, reply_to: optional_seq(row, 7)? })
}

fn body(row: &Row<'_>) -> Result<Body> {
    let text: String = row.get(5)?;
    let Some(target) = optional_seq(row, 6)? else {
        return Ok(Body::Message(Message { text, file: attachment_at(row, 9)?, ..Message::default() }));
    };
    Ok(match row.get(4)? {
        kind::EDIT => Body::Edit { target, text },
        kind::DELETION => Body::Deletion { target },
        kind::REACTION => Body::Reaction { target, emoji: text, removed: false },
        kind::REACTION_END => Body::Reaction { target, emoji: text, removed: true },
        _ => Body::Unknown,
    })
}

pub fn optional_seq(row: &Row<'_>, column: usize) -> Result<Option<Seq>> {
    row.get::<_, Option<u64>>(column)?.map(|_| row.seq(column)).transpose()
}

fn entries_of(raws: Vec<Raw>) -> Vec<StoredEntry> {
    raws.into_iter().map(|raw| raw.entry).collect()
}

/// The entries with their messages as they are now, and with the quotes of what they answer.
fn become_now(db: &Connection, id: ConversationId, raws: Vec<Raw>) -> Result<Vec<StoredEntry>> {
    let replies: HashMap<Seq, Seq> =
        raws.iter().filter_map(|raw| Some((raw.entry.seq, raw.reply_to?))).collect();
    let mut entries = entries_of(raws);
    if let (Some(first), Some(last)) = (entries.first(), entries.last()) {
        let (first, last) = (number(first.seq.get()), number(last.seq.get()));
        fold(&mut entries, &entries_of(select(db, ABOUT, params![key(id), first, last])?));
    }
    if !replies.is_empty() {
        let mut origins = Vec::new();
        for seq in replies.values() {
            match entries.binary_search_by_key(seq, |entry| entry.seq) {
                Ok(here) => origins.push(entries[here].clone()),
                Err(_) => origins.extend(origin(db, id, *seq)?),
            }
        }
        quote(&mut entries, &replies, &origins);
    }
    Ok(entries)
}

/// A message that is answered, as far as a quote shows it.
fn origin(db: &Connection, id: ConversationId, seq: Seq) -> Result<Option<StoredEntry>> {
    let Some(raw) = message(db, id, seq)? else { return Ok(None) };
    let mut entries = [raw.entry];
    let texts = select(db, LAST_TEXT, params![key(id), number(seq.get())])?;
    fold(&mut entries, &entries_of(texts));
    let [origin] = entries;
    Ok(Some(origin))
}

/// The last edit or the deletion of a message.
pub const LAST_TEXT: &str = select_entries!("e.target = ?2 AND e.kind IN (1, 2) ORDER BY e.seq DESC LIMIT 1");
