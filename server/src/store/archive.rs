//! A store as a whole: its rows in the order of their keys, read in pages and written in batches, as a migration copies
//! them.
//!
//! Rows go in as they came out: ids, times, numbers, hashes and watermarks. It is for stores that no server runs on, so
//! nothing here asks who may do what. A row of the same key may come again; one that says something else about what
//! never changes is an error.

#[cfg(test)]
pub(super) mod contract;
mod digest;
mod records;
mod rows;

pub use digest::{Digest, Hash};
pub use records::{ConversationRecord, DeviceRecord, EntryRecord, FileRecord, MarksRecord, UserRecord};
pub use rows::{Pair, Pairs, Rows};

use super::{Store, StoreError, StoreResult};
use async_trait::async_trait;
use chat_protocol::{ConversationId, Seq, UnixMillis};
use std::fmt;

/// Rows that are read or written at once.
pub const BATCH_ROWS: u32 = 1000;

/// What tells a store from every other: random, and given when it is made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoreId(pub(super) String);

impl fmt::Display for StoreId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Where a store that was filled by a migration has its rows from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    /// The store that they were copied from.
    pub store: StoreId,
    /// Whether everything was copied and verified. Until then no server may run on it.
    pub is_complete: bool,
}

/// What is said of a store that is half filled to whoever would serve from it.
pub(super) const HALF_FILLED: &str = "it is being filled by a migration that has not ended; run `chat-server migrate` again with the same --from and --to";

/// A row with a key of its own.
pub trait Record: Clone + PartialEq + Send + Sync + 'static {
    /// What many of them are called.
    const PLURAL: &'static str;
    /// The key as both stores keep it, and in the order in which both sort it.
    fn key(&self) -> i64;
    /// Adds all of it to a digest.
    fn digest(&self, digest: &mut Digest);
}

/// All rows of one kind. Another collection is another record, and a shelf of it in each store.
#[async_trait]
pub trait Shelf<R: Record>: Send + Sync {
    /// The first rows whose keys are `from` or above, in the order of their keys.
    async fn page(&self, from: i64, limit: u32) -> StoreResult<Vec<R>>;
    /// Writes rows durably: new ones, and what has changed about known ones.
    async fn put(&self, rows: Vec<R>) -> StoreResult<()>;
    /// Removes rows that the source has no more.
    async fn remove(&self, keys: Vec<i64>) -> StoreResult<()> {
        // Most kinds of rows stay for ever, so somebody else has written them.
        Err(StoreError::Refused(format!(
            "it holds {} {} that the source does not; another server writes to it",
            keys.len(),
            R::PLURAL
        )))
    }
}

/// A store whose rows can be copied.
#[async_trait]
pub trait Archive:
    Store + Shelf<UserRecord> + Shelf<DeviceRecord> + Shelf<FileRecord> + Shelf<ConversationRecord>
{
    /// What tells it from every other store.
    async fn id(&self) -> StoreResult<StoreId>;
    /// Where its rows are from; `None` when no migration has begun to fill it.
    async fn origin(&self) -> StoreResult<Option<Origin>>;
    /// Writes down where its rows are from.
    async fn set_origin(&self, origin: Origin) -> StoreResult<()>;
    /// Whether it holds no rows at all, not even some that this program knows nothing of.
    async fn is_empty(&self) -> StoreResult<bool>;

    /// The numbers of the last entries that are there, in the order of the conversations; 0 where there is none.
    async fn ends(&self, conversations: Vec<ConversationId>) -> StoreResult<Vec<Seq>>;
    /// The first entries of a log above `after`.
    async fn entries(
        &self,
        conversation: ConversationId,
        after: Seq,
        limit: u32,
    ) -> StoreResult<Vec<EntryRecord>>;
    /// Writes entries durably, each log's in ascending order: whatever interrupts it leaves no hole. A deletion takes away
    /// what it names, which may have come before with its text.
    async fn put_entries(&self, entries: Vec<EntryRecord>) -> StoreResult<()>;
    /// Counts what its rows come to: the entries of each file, the files of each content, the room that each user's take.
    /// Files on no entry are kept for as long as if they had been uploaded `now`.
    async fn count_files(&self, now: UnixMillis) -> StoreResult<()>;
}

/// What is said when a row's key is taken.
pub(super) fn is_another<R: Record>(row: &R) -> String {
    format!("another row than the source's stands among its {} under key {}", R::PLURAL, row.key())
}
