//! Conversations: the list, and who is in them.

use super::preferences::{self, hidden};
use super::value::{Columns, conversation as key, number};
use super::{groups, log, marks};
use crate::store::{ConversationKind, ConversationRow, PeerRow, ReadMark, Span, UserId};
use chat_protocol::{ConversationId, Marks, Preferences, UnixMillis, UserName, limits};
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
            "SELECT c.id, max(c.first, m.first), c.head, c.activity, m.read, m.role,
                    p.id, p.name, iif(c.blocked, NULL, p.last_seen), iif(c.blocked, 0, o.delivered),
                    iif(p.read_receipts AND NOT c.blocked, o.read, NULL), c.blocked <> 0,
                    m.level, m.archived, c.blocked & iif(c.low = ?1, 1, 2) <> 0
             FROM conversations c
             JOIN members m ON m.conversation = c.id AND m.user = ?1
             LEFT JOIN users p ON p.id = CASE c.low WHEN ?1 THEN c.high ELSE c.low END
             LEFT JOIN members o ON o.conversation = c.id AND o.user = p.id ",
            $rest
        )
    };
}

pub fn conversation(db: &Connection, user: UserId, id: ConversationId) -> Result<Option<ConversationRow>> {
    let mut statement = db.prepare_cached(select_row!("WHERE c.id = ?2"))?;
    let found = statement.query_row(params![user, key(id)], |row| self::row(db, row)).optional()?;
    found.map(|row| completed(db, user, row)).transpose()
}

// Each part of those with one person stops after a page's rows of its index; a conversation with oneself is in the first
// one only. Of groups a user has few enough to look at all.
pub const LIST: &str = select_row!(
    "JOIN (SELECT * FROM (SELECT id, activity FROM conversations INDEXED BY active_of_low
             WHERE low = ?1 AND activity > 0 AND (activity, id) < (?2, ?3)
             ORDER BY activity DESC, id DESC LIMIT ?4)
           UNION ALL
           SELECT * FROM (SELECT id, activity FROM conversations INDEXED BY active_of_high
             WHERE high = ?1 AND low <> ?1 AND activity > 0 AND (activity, id) < (?2, ?3)
             ORDER BY activity DESC, id DESC LIMIT ?4)
           UNION ALL
           SELECT * FROM (SELECT g.id, g.activity FROM members s INDEXED BY groups_of_user
             CROSS JOIN conversations g ON g.id = s.conversation
             WHERE s.user = ?1 AND s.role IS NOT NULL AND (g.activity, g.id) < (?2, ?3)
             ORDER BY g.activity DESC, g.id DESC LIMIT ?4)) page ON page.id = c.id
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
    let rows: Vec<_> = statement
        .query_map(params![user, activity, id, limit], |row| self::row(db, row))?
        .collect::<Result<_>>()?;
    rows.into_iter().map(|row| completed(db, user, row)).collect()
}

pub const PEERS: &str = concat!(
    "SELECT high FROM conversations WHERE low = ?1 AND activity > 0 AND high <> ?1
     UNION SELECT low FROM conversations WHERE high = ?1 AND activity > 0 AND low <> ?1
     UNION SELECT o.user FROM members s INDEXED BY groups_of_user
       CROSS JOIN groups g ON g.conversation = s.conversation AND g.members <= ?2
       CROSS JOIN members o ON o.conversation = s.conversation AND o.user <> ?1
     WHERE s.user = ?1 AND s.role IS NOT NULL
     EXCEPT SELECT * FROM (",
    hidden!(),
    ")"
);

pub fn peers(db: &Connection, user: UserId) -> Result<Vec<UserId>> {
    let values = params![user, limits::WHISPERING_MEMBERS_MAX];
    db.prepare_cached(PEERS)?.query_map(values, |row| row.get(0))?.collect()
}

pub const LISTENERS: &str = concat!(
    "SELECT c.head > 0 AND coalesce(g.members, 0) <= ?3 AND coalesce(o.user, ?1) NOT IN (",
    hidden!(),
    "), o.user
     FROM members m JOIN conversations c ON c.id = m.conversation
     LEFT JOIN groups g ON g.conversation = m.conversation
     LEFT JOIN members o ON o.conversation = m.conversation AND o.user <> m.user
     WHERE m.conversation = ?2 AND m.user = ?1"
);

pub fn listeners(db: &Connection, user: UserId, id: ConversationId) -> Result<Option<Vec<UserId>>> {
    let mut statement = db.prepare_cached(LISTENERS)?;
    let row = |row: &Row<'_>| Ok((row.get::<_, bool>(0)?, row.get::<_, Option<UserId>>(1)?));
    let values = params![user, key(id), limits::WHISPERING_MEMBERS_MAX];
    let rows: Vec<_> = statement.query_map(values, row)?.collect::<Result<_>>()?;
    if rows.is_empty() {
        return Ok(None);
    }
    // Alone in it, the user is in one row with nobody.
    Ok(Some(rows.into_iter().filter(|(listens, _)| *listens).filter_map(|(_, other)| other).collect()))
}

pub const DIRECT_WITH: &str = "SELECT c.id FROM users u
     JOIN conversations c ON c.low = min(u.id, ?1) AND c.high = max(u.id, ?1) WHERE u.name = ?2 AND u.erased_at IS NULL";

pub fn direct_with(db: &Connection, user: UserId, name: &UserName) -> Result<Option<ConversationId>> {
    let mut statement = db.prepare_cached(DIRECT_WITH)?;
    statement.query_row(params![user, name.as_str()], |row| row.conversation(0)).optional()
}

fn row(db: &Connection, row: &Row<'_>) -> Result<ConversationRow> {
    let id = row.conversation(0)?;
    let kind = match row.get::<_, Option<i64>>(5)? {
        Some(role) => ConversationKind::Group(groups::group(db, id, groups::role(role))?),
        None => ConversationKind::Direct(PeerRow {
            id: row.get(6)?,
            name: row.name(7)?,
            last_seen: row.get(8)?,
            marks: Marks { delivered: row.seq(9)?, read: log::optional_seq(row, 10)? },
            is_hidden: row.get(11)?,
        }),
    };
    let (level, archived, blocked) = (preferences::level(row.get(12)?), row.seq(13)?, row.get(14)?);
    Ok(ConversationRow {
        id,
        kind,
        span: Span { first: row.seq(1)?, head: row.seq(2)? },
        activity: row.time(3)?,
        read: ReadMark { seq: row.seq(4)?, unread: 0, mentions: 0 },
        preferences: Preferences { level, archived, blocked },
        last: None,
    })
}

/// The row with what takes queries of its own: the count of unread entries and the last entry.
fn completed(db: &Connection, user: UserId, mut row: ConversationRow) -> Result<ConversationRow> {
    let Span { first, head } = row.span;
    if head > row.read.seq {
        row.read = marks::read_mark(db, user, row.id, (row.read.seq, first))?;
    }
    if head >= first {
        row.last = log::last(db, row.id)?;
    }
    Ok(row)
}
