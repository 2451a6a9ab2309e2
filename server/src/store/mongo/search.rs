//! The index of messages, in a collection of its own, and the search in it.
//!
//! A document holds the different words of a message. Whether they follow one another is looked up in the message itself.

pub mod find;
mod step;
mod words;

use super::MongoStore;
use super::documents::{Database, key};
use super::queries::{Search, search as find_all, with_ids};
use crate::store::search::{Hit, Place, SearchStore, Unindexed, Wanted};
use crate::store::{StoreResult, UserId};
use async_trait::async_trait;
use chat_protocol::ConversationId;
use mongodb::bson::doc;
use mongodb::error::Result;
use std::collections::HashMap;
use tokio::time::Instant;

#[async_trait]
impl SearchStore for MongoStore {
    async fn unindexed(&self, after: Option<ConversationId>, limit: u32) -> StoreResult<Unindexed> {
        self.run(move |db| async move { unindexed(&db, after, limit).await }).await
    }

    async fn index(
        &self,
        conversations: Vec<ConversationId>,
        limit: u32,
    ) -> StoreResult<Vec<ConversationId>> {
        let (began, batches) = (Instant::now(), self.lanes.batches());
        let rest = self.run(move |db| async move { step::index(&db, conversations, limit).await }).await?;
        let others = self.lanes.batches() - batches;
        tokio::time::sleep(self.turns.pause_after(began.elapsed(), others)).await;
        Ok(rest)
    }

    async fn search(
        &self,
        user: UserId,
        wanted: Wanted,
        after: Option<Place>,
        limit: u32,
    ) -> StoreResult<Vec<Hit>> {
        self.run(move |db| async move { find::search(&db, user, &wanted, after, limit).await }).await
    }
}

async fn unindexed(db: &Database, after: Option<ConversationId>, limit: u32) -> Result<Unindexed> {
    let filter = after.map(|after| doc! {"_id": {"$gt": key(after)}}).unwrap_or_default();
    let page = Search { filter, sort: doc! {"_id": 1}, limit: i64::from(limit), ..Search::default() };
    let page = find_all(&db.conversations, page).await?;
    let known = find_all(&db.search_progress, with_ids(page.iter().map(|one| one.id))).await?;
    let known: HashMap<_, _> = known.into_iter().map(|one| (one.id, one.upto)).collect();
    let next = page.last().filter(|_| page.len() >= limit as usize).map(|last| last.conversation());
    let behind = page.iter().filter(|one| one.head > known.get(&one.id).copied().unwrap_or_default());
    Ok(Unindexed { conversations: behind.map(|one| one.conversation()).collect(), next })
}
