//! Appending to the logs: a few lanes, each with one batch in flight.
//!
//! A conversation belongs to one lane, so the order of the calls is the order of its log, and lanes never wait for each
//! other. Another server may append to the same conversations: the unique indexes decide, and who comes second reads again.

mod attempt;
mod ends;
mod files;
mod group;
mod known;
mod lane;
mod names;
mod plan;
mod tail;
mod targets;

pub use attempt::groups_of_each;
#[cfg(test)]
pub use group::Group;
pub use names::claim;

use super::documents::{Database, key};
use crate::store::{AppendError, BatchOutcome, NewEntry};
use chat_protocol::ConversationId;
use futures_util::future::BoxFuture;
use lane::Work;
use parking_lot::Mutex;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use tokio::sync::{mpsc, oneshot};
use tokio_util::task::TaskTracker;

/// Batches in flight. More of them make each smaller, and a batch has a price of its own.
const LANES: usize = 2;

/// The way to the lanes.
pub struct Lanes {
    // Each queue is bounded by the batches that the sequencer has under way, so that a place in it is taken without waiting.
    queues: Mutex<Vec<mpsc::UnboundedSender<Work>>>,
    /// Batches that were ever taken.
    batches: AtomicU64,
}

impl Lanes {
    /// Starts the lanes' tasks.
    pub fn start(db: Arc<Database>, operations: &TaskTracker) -> Self {
        let start = |_| {
            let (queue, work) = mpsc::unbounded_channel();
            operations.spawn(lane::run(Arc::clone(&db), work, operations.clone()));
            queue
        };
        Self { queues: Mutex::new((0..LANES).map(start).collect()), batches: AtomicU64::new(0) }
    }

    /// Takes a place for each entry in its conversation's order; the future ends when all have their outcome.
    pub fn append(&self, batch: Vec<NewEntry>) -> BoxFuture<'static, BatchOutcome> {
        self.batches.fetch_add(1, Ordering::Relaxed);
        let count = batch.len();
        let mut shares: [(Vec<usize>, Vec<NewEntry>); LANES] = Default::default();
        for (place, entry) in batch.into_iter().enumerate() {
            let (places, entries) = &mut shares[lane_of(entry.conversation)];
            places.push(place);
            entries.push(entry);
        }
        let queues = self.queues.lock();
        let mut answers = Vec::with_capacity(LANES);
        for ((places, entries), queue) in shares.into_iter().zip(queues.iter()) {
            if !entries.is_empty() {
                let (reply, answer) = oneshot::channel();
                // When the lane has ended, the work is dropped and with it its reply.
                let _ = queue.send(Work::Append { entries, reply });
                answers.push((places, answer));
            }
        }
        drop(queues);
        Box::pin(async move {
            // A lane that ended wrote nothing more.
            let mut outcomes = vec![Err(AppendError::Unavailable); count];
            for (places, answer) in answers {
                for (place, outcome) in places.into_iter().zip(answer.await.unwrap_or_default()) {
                    outcomes[place] = outcome;
                }
            }
            Ok(outcomes)
        })
    }

    /// How many batches were ever taken.
    pub fn batches(&self) -> u64 {
        self.batches.load(Ordering::Relaxed)
    }

    /// What is appended to this conversation from here on is not held against what its lane remembers of it.
    pub fn forget(&self, conversation: ConversationId) {
        if let Some(queue) = self.queues.lock().get(lane_of(conversation)) {
            // A lane that has ended remembers nothing.
            let _ = queue.send(Work::Forget(conversation));
        }
    }

    /// The same, wherever it is appended.
    pub fn forget_all(&self) {
        for queue in self.queues.lock().iter() {
            let _ = queue.send(Work::ForgetAll);
        }
    }

    /// Takes nothing more. The lanes end after what they have.
    pub fn close(&self) {
        self.queues.lock().clear();
    }
}

fn lane_of(conversation: ConversationId) -> usize {
    // The ids are random bits.
    key(conversation).unsigned_abs() as usize % LANES
}
