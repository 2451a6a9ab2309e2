//! Conversations: the list, and who is in them.

use super::value::{Columns, conversation as key, number};
use super::{log, marks};
use crate::store::{ConversationRow, ReadMark, Span, UserId};
use chat_protocol::{ConversationId, Marks, UnixMillis, UserName};
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
            "SELECT c.id, p.id, p.name, p.last_seen, c.first, c.head, c.activity, m.read,
                    o.delivered, iif(p.read_receipts, o.read, NULL)
             FROM conversations c
             JOIN members m ON m.conversation = c.id AND m.user = ?1
             JOIN users p ON p.id = CASE c.low WHEN ?1 THEN c.high ELSE c.low END
             JOIN members o ON o.conversation = c.id AND o.user = p.id ",
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

fn row(row: &Row<'_>) -> Result<ConversationRow> {
    Ok(ConversationRow {
        id: row.conversation(0)?,
        peer: row.get(1)?,
        peer_name: row.name(2)?,
        peer_last_seen: row.get(3)?,
        span: Span { first: row.seq(4)?, head: row.seq(5)? },
        activity: row.time(6)?,
        read: ReadMark { seq: row.seq(7)?, unread: 0 },
        peer_marks: Marks { delivered: row.seq(8)?, read: log::optional_seq(row, 9)? },
        last: None,
    })
}

/// The row with what takes queries of its own: the count of unread entries and the last entry.
fn completed(db: &Connection, user: UserId, mut row: ConversationRow) -> Result<ConversationRow> {
    if row.span.head > row.read.seq {
        row.read.unread = marks::unread(db, user, row.id, row.read.seq)?;
    }
    row.last = log::last(db, row.id)?;
    Ok(row)
}
