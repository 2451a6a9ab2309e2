//! Reading the logs: entries as they are stored, and messages as they have become.

use super::files::attachment_at;
use super::value::{Columns, conversation as key, number};
use super::{groups, mentions};
use crate::store::fold::{departed, fold, quote};
use crate::store::{Page, PageRange, Span, StoredEntry, Target, UserId};
use chat_protocol::{Body, ConversationId, Message, Seq, Version};
use rusqlite::{Connection, OptionalExtension, Params, Row, params};
use std::collections::HashMap;

type Result<T> = rusqlite::Result<T>;

/// The kinds of entries as SQLite keeps them.
pub mod kind {
    use chat_protocol::MemberChange;

    pub const MESSAGE: i64 = 0;
    pub const EDIT: i64 = 1;
    pub const DELETION: i64 = 2;
    pub const REACTION: i64 = 3;
    pub const REACTION_END: i64 = 4;
    pub const GROUP: i64 = 5;

    const MEMBERS: [(i64, MemberChange); 6] = [
        (10, MemberChange::Added),
        (11, MemberChange::Joined),
        (12, MemberChange::Removed),
        (13, MemberChange::Left),
        (14, MemberChange::Promoted),
        (15, MemberChange::Demoted),
    ];

    pub fn of_members(change: MemberChange) -> i64 {
        MEMBERS.iter().find(|(_, known)| *known == change).map_or(0, |(kind, _)| *kind)
    }

    pub fn member_change(kind: i64) -> Option<MemberChange> {
        MEMBERS.iter().find(|(known, _)| *known == kind).map(|(_, change)| *change)
    }
}

pub fn history(
    db: &Connection,
    user: UserId,
    id: ConversationId,
    range: PageRange,
    limit: u32,
) -> Result<Option<Page>> {
    let sql = "SELECT max(c.first, m.first), c.head FROM conversations c
               JOIN members m ON m.conversation = c.id AND m.user = ?1 WHERE c.id = ?2";
    let span = |row: &Row<'_>| Ok(Span { first: row.seq(0)?, head: row.seq(1)? });
    let Some(span) = db.prepare_cached(sql)?.query_row(params![user, key(id)], span).optional()? else {
        return Ok(None);
    };
    let mut entries = match range {
        PageRange::Newest => before(db, id, i64::MAX, limit)?,
        PageRange::Before(seq) => before(db, id, number(seq.get()), limit)?,
        PageRange::After(seq) => {
            let after = number(seq.max(span.first.before()).get());
            select(db, FIRST_ENTRIES, params![key(id), after, limit])?
        }
    };
    entries.retain(|raw| raw.entry.seq >= span.first);
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
    let about = select(db, ABOUT, params![key(id), number(seq.get()), number(seq.get())])?;
    let changes =
        db.prepare_cached(CHANGES)?.query_row(params![key(id), number(seq.get())], |row| row.get(0))?;
    let sender = raw.sender;
    let mut entries = [raw.entry];
    fold(&mut entries, &entries_of(about));
    let [StoredEntry { from, body, .. }] = entries;
    let Body::Message(message) = body else { return Ok(None) };
    Ok(Some(Target { seq, sender, from, message, changes }))
}

/// The message under this number, as it was sent, if it can be read.
fn message(db: &Connection, id: ConversationId, seq: Seq) -> Result<Option<Raw>> {
    let found = select(db, ENTRY, params![key(id), number(seq.get())])?.pop();
    Ok(found.filter(|raw| matches!(raw.entry.body, Body::Message(_))))
}

pub const VERSIONS: &str = "SELECT e.seq, e.at, e.text FROM entries e INDEXED BY entries_about
     WHERE e.conversation = ?1 AND e.target = ?2 AND e.kind = 1 AND e.seq < ?3 ORDER BY e.seq DESC LIMIT ?4";

pub fn versions(
    db: &Connection,
    user: UserId,
    id: ConversationId,
    seq: Seq,
    before: Seq,
    limit: u32,
) -> Result<Option<Vec<Version>>> {
    let sql = "SELECT 1 FROM members WHERE conversation = ?1 AND user = ?2 AND first <= ?3";
    let may_see = db.prepare_cached(sql)?.exists(params![key(id), user, number(seq.get())])?;
    let Some(target) = may_see.then(|| target(db, id, seq)).transpose()?.flatten() else {
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

/// `by` an index where the planner would rather walk through the log.
macro_rules! select_entries {
    ($(by $index:literal,)? $rest:literal) => {
        concat!(
            "SELECT e.seq, e.at, u.name, e.client_id, e.kind, e.text, e.target, e.reply_to, e.sender,
                    f.id, f.name, f.size, f.media_type, b.sha256, e.mentions,
                    u.erased_at
             FROM entries e ",
            $("INDEXED BY ", $index,)?
            " JOIN users u ON u.id = e.sender
             LEFT JOIN files f ON f.id = e.file LEFT JOIN blobs b ON b.object = f.object
             WHERE e.conversation = ?1 AND ",
            $rest
        )
    };
}

pub const LAST_ENTRIES: &str = select_entries!("e.seq < ?2 ORDER BY e.seq DESC LIMIT ?3");
pub const FIRST_ENTRIES: &str = select_entries!("e.seq > ?2 ORDER BY e.seq LIMIT ?3");
pub const ENTRY: &str =
    select_entries!("e.seq = ?2 AND e.seq >= (SELECT first FROM conversations WHERE id = e.conversation)");
/// What is about the messages between two numbers, but of the edits of each only the last one: the texts of all of them
/// could be gigabytes. The index has it in the order of the targets.
pub const ABOUT: &str = select_entries!(
    by "entries_about",
    "e.target BETWEEN ?2 AND ?3
     AND NOT (e.kind = 1 AND EXISTS (SELECT 1 FROM entries later INDEXED BY entries_about
       WHERE later.conversation = ?1 AND later.target = e.target AND later.seq > e.seq AND later.kind = 1))
     ORDER BY e.target, e.seq"
);
/// How many entries are about a message.
pub const CHANGES: &str = "SELECT count(*) FROM entries WHERE conversation = ?1 AND target = ?2";

fn select(db: &Connection, sql: &str, values: impl Params) -> Result<Vec<Raw>> {
    db.prepare_cached(sql)?.query_map(values, |row| raw(db, row))?.collect()
}

fn raw(db: &Connection, row: &Row<'_>) -> Result<Raw> {
    let (seq, at, from, client_id) = (row.seq(0)?, row.time(1)?, row.name(2)?, row.client_id(3)?);
    let body = body(db, row)?;
    let body = match row.get(15)? {
        Some(erased_at) => departed(body, seq, erased_at),
        None => body,
    };
    let entry = StoredEntry { seq, at, from, client_id, body };
    Ok(Raw { entry, sender: row.get(8)?, reply_to: optional_seq(row, 7)? })
}

fn body(db: &Connection, row: &Row<'_>) -> Result<Body> {
    let (kind, text): (i64, String) = (row.get(4)?, row.get(5)?);
    let target = optional_seq(row, 6)?;
    Ok(match (kind, target) {
        (kind::MESSAGE, _) => {
            let (file, mentions) = (attachment_at(row, 9)?, mentions::names_at(db, row, 14)?);
            Body::Message(Message { text, file, mentions, ..Message::default() })
        }
        (kind::EDIT, Some(target)) => Body::Edit { target, text },
        (kind::DELETION, Some(target)) => Body::Deletion { target },
        (kind::REACTION, Some(target)) => Body::Reaction { target, emoji: text, removed: false },
        (kind::REACTION_END, Some(target)) => Body::Reaction { target, emoji: text, removed: true },
        (kind::GROUP, _) => serde_json::from_str(&text).map_or(Body::Unknown, Body::Group),
        (kind, _) => match kind::member_change(kind) {
            Some(change) => groups::members_body(db, change, &groups::users_in(&text))?,
            None => Body::Unknown,
        },
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
pub const LAST_TEXT: &str = select_entries!(
    by "entries_about",
    "e.target = ?2 AND e.kind IN (1, 2) ORDER BY e.seq DESC LIMIT 1"
);
