//! Conversations: the list, the log's pages, the watermarks.

use super::files::attachment_at;
use super::value::{Columns, conversation as key, number};
use crate::store::{ConversationRow, Page, PageRange, ReadMark, Span, StoredEntry, UNREAD_SCAN_MAX, UserId};
use chat_protocol::{Body, ConversationId, Seq, UnixMillis, UserName, limits};
use rusqlite::{Connection, OptionalExtension, Row, params};

type Result<T> = rusqlite::Result<T>;

pub fn direct(db: &Connection, low: UserId, high: UserId) -> Result<Option<ConversationId>> {
    let sql = "SELECT id FROM conversations WHERE low = ?1 AND high = ?2";
    db.prepare_cached(sql)?.query_row([low, high], |row| row.conversation(0)).optional()
}

pub fn open_direct(
    db: &Connection,
    low: UserId,
    high: UserId,
    fresh: ConversationId,
) -> Result<ConversationId> {
    if let Some(id) = direct(db, low, high)? {
        return Ok(id);
    }
    let sql = "INSERT INTO conversations (id, low, high) VALUES (?1, ?2, ?3)";
    db.prepare_cached(sql)?.execute(params![key(fresh), low, high])?;
    for member in [low, high] {
        let sql = "INSERT OR IGNORE INTO members (conversation, user) VALUES (?1, ?2)";
        db.prepare_cached(sql)?.execute(params![key(fresh), member])?;
    }
    Ok(fresh)
}

/// The columns that [`row`] reads, of a conversation `c` that `?1` is in.
macro_rules! select_row {
    ($rest:literal) => {
        concat!(
            "SELECT c.id, p.id, p.name, p.last_seen, c.first, c.head, c.activity, m.read
             FROM conversations c
             JOIN members m ON m.conversation = c.id AND m.user = ?1
             JOIN users p ON p.id = CASE c.low WHEN ?1 THEN c.high ELSE c.low END ",
            $rest
        )
    };
}

pub fn conversation(db: &Connection, user: UserId, id: ConversationId) -> Result<Option<ConversationRow>> {
    let mut statement = db.prepare_cached(select_row!("WHERE c.id = ?2"))?;
    let found = statement.query_row(params![user, key(id)], row).optional()?;
    found.map(|row| completed(db, user, row)).transpose()
}

// Each half stops after a page's rows of its index; a conversation with oneself is in the first half only.
pub const LIST: &str = select_row!(
    "JOIN (SELECT * FROM (SELECT id, activity FROM conversations INDEXED BY active_of_low
             WHERE low = ?1 AND activity > 0 AND (activity, id) < (?2, ?3)
             ORDER BY activity DESC, id DESC LIMIT ?4)
           UNION ALL
           SELECT * FROM (SELECT id, activity FROM conversations INDEXED BY active_of_high
             WHERE high = ?1 AND low <> ?1 AND activity > 0 AND (activity, id) < (?2, ?3)
             ORDER BY activity DESC, id DESC LIMIT ?4)) page ON page.id = c.id
     ORDER BY c.activity DESC, c.id DESC LIMIT ?4"
);

pub fn list(
    db: &Connection,
    user: UserId,
    after: Option<(UnixMillis, ConversationId)>,
    limit: u32,
) -> Result<Vec<ConversationRow>> {
    let (activity, id) = after.map_or((i64::MAX, i64::MAX), |(activity, id)| (number(activity), key(id)));
    let mut statement = db.prepare_cached(LIST)?;
    let rows: Vec<_> =
        statement.query_map(params![user, activity, id, limit], row)?.collect::<Result<_>>()?;
    rows.into_iter().map(|row| completed(db, user, row)).collect()
}

pub const PEERS: &str = "SELECT high FROM conversations WHERE low = ?1 AND activity > 0 AND high <> ?1
     UNION ALL SELECT low FROM conversations WHERE high = ?1 AND activity > 0 AND low <> ?1";

pub fn peers(db: &Connection, user: UserId) -> Result<Vec<UserId>> {
    db.prepare_cached(PEERS)?.query_map([user], |row| row.get(0))?.collect()
}

pub const LISTENERS: &str =
    "SELECT c.head, o.user FROM members m JOIN conversations c ON c.id = m.conversation
     LEFT JOIN members o ON o.conversation = m.conversation AND o.user <> m.user
     WHERE m.conversation = ?1 AND m.user = ?2";

pub fn listeners(db: &Connection, user: UserId, id: ConversationId) -> Result<Option<Vec<UserId>>> {
    let mut statement = db.prepare_cached(LISTENERS)?;
    let row = |row: &Row<'_>| Ok((row.get::<_, i64>(0)?, row.get::<_, Option<UserId>>(1)?));
    let rows: Vec<_> = statement.query_map(params![key(id), user], row)?.collect::<Result<_>>()?;
    if rows.is_empty() {
        return Ok(None);
    }
    // Alone in it, the user is in one row with nobody.
    Ok(Some(rows.into_iter().filter(|(head, _)| *head > 0).filter_map(|(_, other)| other).collect()))
}

pub const DIRECT_WITH: &str = "SELECT c.id FROM users u
     JOIN conversations c ON c.low = min(u.id, ?1) AND c.high = max(u.id, ?1) WHERE u.name = ?2";

pub fn direct_with(db: &Connection, user: UserId, name: &UserName) -> Result<Option<ConversationId>> {
    let mut statement = db.prepare_cached(DIRECT_WITH)?;
    statement.query_row(params![user, name.as_str()], |row| row.conversation(0)).optional()
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
        PageRange::Newest => last_entries(db, id, i64::MAX, limit)?,
        PageRange::Before(seq) => last_entries(db, id, number(seq.get()), limit)?,
        PageRange::After(seq) => first_entries(db, id, number(seq.get()), limit)?,
    };
    Ok(Some(Page { entries, span }))
}

pub fn mark_read(db: &Connection, user: UserId, id: ConversationId, seq: Seq) -> Result<Option<ReadMark>> {
    let sql = "UPDATE members SET read = max(read, min(?3, (SELECT head FROM conversations WHERE id = ?2)))
               WHERE conversation = ?2 AND user = ?1 RETURNING read";
    let values = params![user, key(id), number(seq.get())];
    let read = db.prepare_cached(sql)?.query_row(values, |row| row.seq(0)).optional()?;
    read.map(|seq| Ok(ReadMark { seq, unread: unread(db, user, id, seq)? })).transpose()
}

pub const UNREAD: &str = "SELECT count(*) FROM (SELECT 1 FROM
       (SELECT sender FROM entries WHERE conversation = ?2 AND seq > ?3 ORDER BY seq LIMIT ?4)
     WHERE sender <> ?1 LIMIT ?5)";

fn unread(db: &Connection, user: UserId, id: ConversationId, read: Seq) -> Result<u32> {
    let values = params![user, key(id), number(read.get()), UNREAD_SCAN_MAX, limits::UNREAD_MAX];
    db.prepare_cached(UNREAD)?.query_row(values, |row| row.get(0))
}

fn row(row: &Row<'_>) -> Result<ConversationRow> {
    Ok(ConversationRow {
        id: row.conversation(0)?,
        peer: row.get(1)?,
        peer_name: row.name(2)?,
        peer_last_seen: row.get(3)?,
        span: Span { first: row.seq(4)?, head: row.seq(5)? },
        activity: row.time(6)?,
        read: ReadMark { seq: row.seq(7)?, unread: 0 },
        last: None,
    })
}

/// The row with what takes queries of its own: the count of unread entries and the last entry.
fn completed(db: &Connection, user: UserId, mut row: ConversationRow) -> Result<ConversationRow> {
    if row.span.head > row.read.seq {
        row.read.unread = unread(db, user, row.id, row.read.seq)?;
    }
    row.last = last_entries(db, row.id, i64::MAX, 1)?.pop();
    Ok(row)
}

macro_rules! select_entries {
    ($rest:literal) => {
        concat!(
            "SELECT e.seq, e.at, u.name, e.client_id, e.text, f.id, f.name, f.size, f.media_type, b.sha256
             FROM entries e JOIN users u ON u.id = e.sender
             LEFT JOIN files f ON f.id = e.file LEFT JOIN blobs b ON b.object = f.object
             WHERE e.conversation = ?1 AND ",
            $rest
        )
    };
}

pub const LAST_ENTRIES: &str = select_entries!("e.seq < ?2 ORDER BY e.seq DESC LIMIT ?3");
pub const FIRST_ENTRIES: &str = select_entries!("e.seq > ?2 ORDER BY e.seq LIMIT ?3");

/// Up to `limit` entries just below `before`, in ascending order.
fn last_entries(db: &Connection, id: ConversationId, before: i64, limit: u32) -> Result<Vec<StoredEntry>> {
    let mut entries = select_entries(db, LAST_ENTRIES, id, before, limit)?;
    entries.reverse();
    Ok(entries)
}

/// Up to `limit` entries just above `after`, in ascending order.
fn first_entries(db: &Connection, id: ConversationId, after: i64, limit: u32) -> Result<Vec<StoredEntry>> {
    select_entries(db, FIRST_ENTRIES, id, after, limit)
}

fn select_entries(
    db: &Connection,
    sql: &str,
    id: ConversationId,
    bound: i64,
    limit: u32,
) -> Result<Vec<StoredEntry>> {
    let entry = |row: &Row<'_>| {
        Ok(StoredEntry {
            seq: row.seq(0)?,
            at: row.time(1)?,
            from: row.name(2)?,
            client_id: row.client_id(3)?,
            body: Body::Message { text: row.get(4)?, file: attachment_at(row, 5)? },
        })
    };
    db.prepare_cached(sql)?.query_map(params![key(id), bound, limit], entry)?.collect()
}
