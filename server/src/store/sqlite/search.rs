//! The index of messages, in a table of FTS5, and the search in it.

mod expression;
mod find;
mod step;

use super::SqliteStore;
use super::value::{Columns, conversation as key};
use crate::store::search::{Hit, Place, SearchStore, Unindexed, Wanted};
use crate::store::{StoreError, StoreResult, UserId};
use async_trait::async_trait;
use chat_protocol::{ConversationId, UnixMillis};
use rusqlite::{Connection, params};
use tokio::time::Instant;

#[cfg(test)]
pub use find::{CANDIDATES, CANDIDATES_OF_ALL, SCOPE};
#[cfg(test)]
pub use step::MESSAGE;
pub use step::take_out;

/// Bits of an id that tell messages of the same millisecond apart. A server that took a million of them in one would use up
/// the ids of the next.
const TIE_BITS: u32 = 20;

/// The first id of a millisecond. Times that are too large for it count as the last one.
fn first_id(at: UnixMillis) -> i64 {
    i64::try_from(at).unwrap_or(i64::MAX).min(i64::MAX >> TIE_BITS) << TIE_BITS
}

/// The last id of a millisecond.
fn last_id(at: UnixMillis) -> i64 {
    first_id(at) | ((1 << TIE_BITS) - 1)
}

/// The millisecond of an id.
fn time_of(id: i64) -> UnixMillis {
    (id >> TIE_BITS).cast_unsigned()
}

#[async_trait]
impl SearchStore for SqliteStore {
    async fn unindexed(&self, after: Option<ConversationId>, limit: u32) -> StoreResult<Unindexed> {
        self.readers.run(move |db| unindexed(db, after, limit)).await
    }

    async fn index(
        &self,
        conversations: Vec<ConversationId>,
        limit: u32,
    ) -> StoreResult<Vec<ConversationId>> {
        // What takes time is done beside the thread that writes.
        let limit = self.turns.entries(limit);
        let (steps, mut rest) = self.readers.run(move |db| step::read(db, conversations, limit)).await?;
        if !steps.is_empty() {
            let (began, jobs) = (Instant::now(), self.writer.jobs());
            rest.extend(self.writer.run(move |db| step::write(db, steps)).await?);
            let others = self.writer.jobs() - jobs - 1;
            tokio::time::sleep(self.turns.pause_after(began.elapsed(), others)).await;
        }
        Ok(rest)
    }

    async fn search(
        &self,
        user: UserId,
        wanted: Wanted,
        after: Option<Place>,
        limit: u32,
    ) -> StoreResult<Vec<Hit>> {
        let closing = |_| StoreError::Unavailable("the store is closing".to_owned());
        let _turn = self.searches.acquire().await.map_err(closing)?;
        self.readers.run(move |db| find::search(db, user, &wanted, after, limit)).await
    }
}

/// All conversations are looked at, in the order of their keys.
fn unindexed(db: &Connection, after: Option<ConversationId>, limit: u32) -> rusqlite::Result<Unindexed> {
    let sql = "SELECT c.id, c.head > coalesce(p.upto, 0) FROM conversations c
               LEFT JOIN search_progress p ON p.conversation = c.id
               WHERE c.id > ?1 OR ?2 ORDER BY c.id LIMIT ?3";
    let (bound, is_first) = (after.map_or(i64::MIN, key), after.is_none());
    let mut statement = db.prepare_cached(sql)?;
    let rows = statement.query_map(params![bound, is_first, limit], |row| {
        Ok((row.conversation(0)?, row.get::<_, bool>(1)?))
    })?;
    let page: Vec<_> = rows.collect::<rusqlite::Result<_>>()?;
    let next = page.last().filter(|_| page.len() >= limit as usize).map(|(id, _)| *id);
    Ok(Unindexed {
        conversations: page.into_iter().filter(|(_, is_behind)| *is_behind).map(|(id, _)| id).collect(),
        next,
    })
}
