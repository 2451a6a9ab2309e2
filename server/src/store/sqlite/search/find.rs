//! Searching.

use super::expression::expression;
use super::{first_id, last_id, time_of};
use crate::store::UserId;
use crate::store::search::{Hit, Place, SCOPE_MAX, Walk, Wanted};
use crate::store::sqlite::log;
use crate::store::sqlite::value::Columns;
use chat_protocol::{Body, ConversationId, UnixMillis};
use rusqlite::{Connection, Row, params};

type Result<T> = rusqlite::Result<T>;

/// What the index proposes, the newest first. It walks the index of words from its end, and looks up the rest of each.
pub const CANDIDATES: &str = "SELECT m.id, m.conversation, m.seq
     FROM search_words w CROSS JOIN search_messages m ON m.id = w.rowid
     WHERE search_words MATCH ?5 AND w.rowid BETWEEN ?2 AND ?3
       AND EXISTS (SELECT 1 FROM members
         WHERE conversation = m.conversation AND user = ?1 AND first <= m.seq)
     ORDER BY w.rowid DESC LIMIT ?4";
/// As [`CANDIDATES`], for a search without any words.
pub const CANDIDATES_OF_ALL: &str = "SELECT m.id, m.conversation, m.seq FROM search_messages m
     WHERE m.id BETWEEN ?2 AND ?3
       AND EXISTS (SELECT 1 FROM members
         WHERE conversation = m.conversation AND user = ?1 AND first <= m.seq)
     ORDER BY m.id DESC LIMIT ?4";

pub fn search(
    db: &Connection,
    user: UserId,
    wanted: &Wanted,
    after: Option<Place>,
    limit: u32,
) -> Result<Vec<Hit>> {
    let scope = match wanted.conversation {
        Some(one) => vec![one],
        None => conversations_of(db, user)?,
    };
    if scope.is_empty() {
        return Ok(Vec::new());
    }
    let in_index = if scope.len() > SCOPE_MAX as usize { &[] } else { scope.as_slice() };
    let expression = expression(wanted, in_index);
    let earliest = wanted.since.unwrap_or(0);
    let (mut walk, mut hits) = (Walk::new(wanted, after, limit), Vec::new());
    while let Some((latest, count)) = walk.next() {
        let found = candidates(db, user, expression.as_deref(), (earliest, latest), count)?;
        for place in walk.take(found) {
            hits.extend(hit(db, wanted, place)?);
            if hits.len() >= limit as usize {
                return Ok(hits);
            }
        }
    }
    Ok(hits)
}

/// Up to one more than [`SCOPE_MAX`].
pub const SCOPE: &str = "SELECT id FROM conversations WHERE low = ?1 AND activity > 0
     UNION ALL SELECT id FROM conversations WHERE high = ?1 AND low <> ?1 AND activity > 0
     UNION ALL SELECT conversation FROM members INDEXED BY groups_of_user
       WHERE user = ?1 AND role IS NOT NULL LIMIT ?2";

fn conversations_of(db: &Connection, user: UserId) -> Result<Vec<ConversationId>> {
    let mut statement = db.prepare_cached(SCOPE)?;
    statement.query_map(params![user, SCOPE_MAX + 1], |row| row.conversation(0))?.collect()
}

fn candidates(
    db: &Connection,
    user: UserId,
    expression: Option<&str>,
    (earliest, latest): (UnixMillis, UnixMillis),
    count: u32,
) -> Result<Vec<Place>> {
    let (first, last) = (first_id(earliest), last_id(latest));
    let place = |row: &Row<'_>| {
        Ok(Place { at: time_of(row.get(0)?), conversation: row.conversation(1)?, seq: row.seq(2)? })
    };
    match expression {
        Some(expression) => {
            let mut statement = db.prepare_cached(CANDIDATES)?;
            statement.query_map(params![user, first, last, count, expression], place)?.collect()
        }
        None => {
            let mut statement = db.prepare_cached(CANDIDATES_OF_ALL)?;
            statement.query_map(params![user, first, last, count], place)?.collect()
        }
    }
}

/// The message at this place, if it still is what is wanted: it may have been changed since it was indexed.
fn hit(db: &Connection, wanted: &Wanted, place: Place) -> Result<Option<Hit>> {
    let Place { conversation, seq, .. } = place;
    let entry = log::message_now(db, conversation, seq)?;
    let fits = |body: &Body| matches!(body, Body::Message(message) if wanted.fits(message));
    Ok(entry.filter(|entry| fits(&entry.body)).map(|entry| Hit { conversation, entry }))
}
