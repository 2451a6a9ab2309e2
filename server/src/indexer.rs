//! The indexer: lets the index of messages follow the logs, a moment after they were committed.
//!
//! What was committed here is told to it; at the start and now and then it looks at all conversations, for what a server left
//! that is gone. What fails is done later: the index says itself how far it is.

use crate::store::{Store, StoreResult};
use chat_protocol::ConversationId;
use parking_lot::Mutex;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Notify;
use tokio::time::{Instant, sleep, sleep_until};
use tokio_util::sync::CancellationToken;

/// What comes within this time is indexed together.
const GATHER: Duration = Duration::from_millis(100);
/// After the store could not do it.
const LATER: Duration = Duration::from_secs(2);
/// Between two looks at all conversations.
const LOOK: Duration = Duration::from_secs(300);
/// Conversations that are looked at, at once.
const LOOKED_AT: u32 = 1000;
/// Entries in one step, if the store does not take fewer: the more there are, the less each costs.
const ENTRIES_AT_ONCE: u32 = 1000;
/// Conversations in one step.
const CONVERSATIONS_AT_ONCE: usize = 200;

/// What is to be indexed, and who does it.
pub struct Indexer {
    store: Arc<dyn Store>,
    /// Each conversation stands there once, so it never holds more than there are.
    waiting: Mutex<BTreeSet<ConversationId>>,
    wake: Notify,
}

impl Indexer {
    /// An indexer that has not looked at anything yet.
    pub fn new(store: Arc<dyn Store>) -> Self {
        Self { store, waiting: Mutex::default(), wake: Notify::new() }
    }

    /// These conversations' logs have grown. Nobody waits here.
    pub fn notice(&self, conversations: impl Iterator<Item = ConversationId>) {
        let mut waiting = self.waiting.lock();
        let before = waiting.len();
        waiting.extend(conversations);
        if waiting.len() > before {
            self.wake.notify_one();
        }
    }

    /// Indexes until `stop`.
    pub async fn run(self: Arc<Self>, stop: CancellationToken) {
        tokio::select! {
            () = self.follow() => {}
            () = stop.cancelled() => {}
        }
    }

    async fn follow(&self) {
        let mut next_look = Instant::now();
        loop {
            let worked = if Instant::now() >= next_look {
                next_look = Instant::now() + LOOK;
                self.look_at_all().await
            } else {
                self.catch_up().await
            };
            match worked {
                Ok(()) => {
                    tokio::select! {
                        () = self.wake.notified() => sleep(GATHER).await,
                        () = sleep_until(next_look) => {}
                    }
                }
                Err(error) => {
                    tracing::warn!(%error, "messages were not indexed");
                    sleep(LATER).await;
                }
            }
        }
    }

    /// Finds what is not in the index, and indexes it.
    async fn look_at_all(&self) -> StoreResult<()> {
        let mut after = None;
        loop {
            let found = self.store.unindexed(after, LOOKED_AT).await?;
            self.waiting.lock().extend(found.conversations);
            self.catch_up().await?;
            after = found.next;
            if after.is_none() {
                return Ok(());
            }
        }
    }

    /// Indexes what waits now, to its end. What comes meanwhile gathers for the next time, unless much is left.
    async fn catch_up(&self) -> StoreResult<()> {
        while self.index_each_once().await? {}
        Ok(())
    }

    /// Takes a step with each conversation that waits, so that one far behind keeps none but those of its own step waiting; tells
    /// whether more is left.
    async fn index_each_once(&self) -> StoreResult<bool> {
        let mut left: Vec<_> = std::mem::take(&mut *self.waiting.lock()).into_iter().collect();
        let mut is_more = false;
        while !left.is_empty() {
            let some = left.split_off(left.len().saturating_sub(CONVERSATIONS_AT_ONCE));
            match self.store.index(some.clone(), ENTRIES_AT_ONCE).await {
                Ok(rest) => {
                    is_more |= !rest.is_empty();
                    self.waiting.lock().extend(rest);
                }
                Err(error) => {
                    self.waiting.lock().extend(left.into_iter().chain(some));
                    return Err(error);
                }
            }
        }
        Ok(is_more)
    }
}
