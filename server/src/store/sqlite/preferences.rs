//! What members prefer about conversations, and who has blocked whom.
//!
//! A block stands in the row of the conversation between the two, whoever of them has made it.

use super::value::{Columns, conversation as key, number};
use crate::store::{NewPreferences, PreferError, Preferred, UserId};
use chat_protocol::{ConversationId, Level, Preferences, Seq, UserName, limits};
use rusqlite::{Connection, OptionalExtension, Row, params};

type Result<T> = rusqlite::Result<T>;
type Outcome<T> = std::result::Result<T, PreferError>;

/// The users who are hidden from the user `?1`, since one of the two has blocked the other.
macro_rules! hidden {
    () => {
        "SELECT high FROM conversations INDEXED BY blocked_of_low WHERE low = ?1 AND blocked <> 0
         UNION ALL SELECT low FROM conversations INDEXED BY blocked_of_high WHERE high = ?1 AND blocked <> 0"
    };
}
pub(super) use hidden;

/// A member of a conversation, and who blocks whom in it.
struct Member {
    level: Level,
    archived: Seq,
    head: Seq,
    pair: Option<Pair>,
}

/// Two people, one of whom is the member.
struct Pair {
    other: UserId,
    /// The bit that says that the member has blocked the other, and the one that says that the other has.
    mine: i64,
    theirs: i64,
    blocked: i64,
}

pub fn prefer(
    db: &Connection,
    user: UserId,
    id: ConversationId,
    change: NewPreferences,
) -> Result<Option<Outcome<Preferred>>> {
    let Some(Member { level, archived, head, pair }) = member(db, user, id)? else { return Ok(None) };
    if change.blocked.is_some() && pair.is_none() {
        return Ok(Some(Err(PreferError::NobodyToBlock)));
    }
    let was_blocked = pair.as_ref().is_some_and(Pair::is_by_member);
    let blocked = change.blocked.unwrap_or(was_blocked);
    if blocked && !was_blocked && blocks_of(db, user)? >= limits::BLOCKED_MAX {
        return Ok(Some(Err(PreferError::TooManyBlocked)));
    }
    let archived = match change.archived {
        None => archived,
        Some(true) => head,
        Some(false) => Seq::ZERO,
    };
    let preferences = Preferences { level: change.level.unwrap_or(level), archived, blocked };
    let sql = "UPDATE members SET level = ?3, archived = ?4 WHERE conversation = ?1 AND user = ?2";
    let values = params![key(id), user, level_value(preferences.level), number(archived.get())];
    db.prepare_cached(sql)?.execute(values)?;
    let turned = match pair {
        Some(pair) if blocked != was_blocked => pair.turn(db, id)?,
        _ => None,
    };
    Ok(Some(Ok(Preferred { preferences, turned })))
}

impl Pair {
    fn is_by_member(&self) -> bool {
        self.blocked & self.mine != 0
    }

    /// The member blocks the other, or does not any more. Gives the other one, unless they have blocked the member: then
    /// nothing is otherwise between the two.
    fn turn(self, db: &Connection, id: ConversationId) -> Result<Option<UserId>> {
        let sql = "UPDATE conversations SET blocked = ?2 WHERE id = ?1";
        db.prepare_cached(sql)?.execute(params![key(id), self.blocked ^ self.mine])?;
        Ok((self.blocked & self.theirs == 0).then_some(self.other))
    }
}

fn member(db: &Connection, user: UserId, id: ConversationId) -> Result<Option<Member>> {
    let sql = "SELECT m.level, m.archived, c.head, c.low, c.high, c.blocked FROM members m
               JOIN conversations c ON c.id = m.conversation WHERE m.conversation = ?1 AND m.user = ?2";
    let member = |row: &Row<'_>| {
        let (low, high): (Option<UserId>, Option<UserId>) = (row.get(3)?, row.get(4)?);
        let pair = match (low, high, row.get(5)?) {
            (Some(low), Some(high), _) if low == high => None,
            (Some(low), Some(high), blocked) if low == user => {
                Some(Pair { other: high, mine: BY_LOW, theirs: BY_HIGH, blocked })
            }
            (Some(low), Some(_), blocked) => {
                Some(Pair { other: low, mine: BY_HIGH, theirs: BY_LOW, blocked })
            }
            _ => None,
        };
        Ok(Member { level: level(row.get(0)?), archived: row.seq(1)?, head: row.seq(2)?, pair })
    };
    db.prepare_cached(sql)?.query_row(params![key(id), user], member).optional()
}

/// The bits in which a conversation's row says who has blocked whom.
pub const BY_LOW: i64 = 1;
pub const BY_HIGH: i64 = 2;

/// Whom the user `?1` has blocked.
macro_rules! blocks {
    () => {
        "SELECT high AS other FROM conversations INDEXED BY blocked_of_low
           WHERE low = ?1 AND blocked <> 0 AND blocked & 1 <> 0
         UNION ALL SELECT low FROM conversations INDEXED BY blocked_of_high
           WHERE high = ?1 AND blocked <> 0 AND blocked & 2 <> 0"
    };
}
pub(super) use blocks;

pub const BLOCKS: &str = blocks!();

fn blocks_of(db: &Connection, user: UserId) -> Result<usize> {
    let sql = format!("SELECT count(*) FROM ({BLOCKS})");
    db.prepare_cached(&sql)?.query_row([user], |row| row.get(0))
}

/// Whom the user has blocked.
pub fn blocked(db: &Connection, user: UserId) -> Result<Vec<UserName>> {
    let sql = format!("SELECT u.name FROM ({BLOCKS}) b CROSS JOIN users u ON u.id = b.other ORDER BY u.name");
    db.prepare_cached(&sql)?.query_map([user], |row| row.name(0))?.collect()
}

pub const HAS_BLOCKED: &str = "SELECT 1 FROM conversations
     WHERE low = min(?1, ?2) AND high = max(?1, ?2) AND blocked & iif(?1 < ?2, 1, 2) <> 0";

/// Whether one of these users has blocked somebody.
pub fn has_blocked(db: &Connection, users: &[UserId], whom: UserId) -> Result<bool> {
    for user in users.iter().filter(|user| **user != whom) {
        if db.prepare_cached(HAS_BLOCKED)?.exists([*user, whom])? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// A level as SQLite keeps it.
pub fn level(value: i64) -> Level {
    match value {
        0 => Level::All,
        1 => Level::Mentions,
        _ => Level::None,
    }
}

/// A level for SQLite.
pub fn level_value(level: Level) -> i64 {
    match level {
        Level::All => 0,
        Level::Mentions => 1,
        Level::None => 2,
    }
}
