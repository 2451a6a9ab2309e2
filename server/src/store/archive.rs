//! A store as a whole: its rows in the order of their keys, read in pages and written in batches, as a migration copies
//! them.
//!
//! Rows go in as they came out: ids, times, numbers, hashes and watermarks. It is for stores that no server runs on, so
//! nothing here asks who may do what. A row of the same key may come again; one that says something else about what
//! never changes is an error.

#[cfg(test)]
pub(super) mod contract;
mod digest;
mod rows;

pub use digest::{Digest, Hash};
pub use rows::{Pair, Pairs, Rows};

use super::{Store, StoreError, StoreResult, TokenHash, UserId};
use async_trait::async_trait;
use chat_protocol::{Body, ClientId, ConversationId, DeviceId, Seq, UnixMillis, UserName};
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

/// An account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserRecord {
    /// Its number; never changes, like the name and the time.
    pub id: UserId,
    /// Its name.
    pub name: UserName,
    /// The password's hash.
    pub password_hash: String,
    /// When it was made.
    pub created_at: UnixMillis,
    /// When a device of it was last connected.
    pub last_seen: Option<UnixMillis>,
}

/// A device. Only the time of the last connection changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeviceRecord {
    /// Its id.
    pub id: DeviceId,
    /// Whose it is.
    pub user: UserId,
    /// Its token's hash.
    pub token: TokenHash,
    /// What it calls itself.
    pub name: String,
    /// When it logged in.
    pub created_at: UnixMillis,
    /// When it last connected.
    pub last_seen: UnixMillis,
}

/// A conversation without its log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConversationRecord {
    /// Its id; never changes, like its members.
    pub id: ConversationId,
    /// The member with the smaller number.
    pub low: UserId,
    /// The member with the larger number; the same one for somebody's notes.
    pub high: UserId,
    /// The number of the first entry that can be read.
    pub first: Seq,
    /// The number of the last entry.
    pub head: Seq,
    /// When the last entry was appended.
    pub activity: UnixMillis,
    /// What `low` has read.
    pub read_low: Seq,
    /// What `high` has read.
    pub read_high: Seq,
}

/// An entry of a log. Nothing of it changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EntryRecord {
    /// Where it stands.
    pub conversation: ConversationId,
    /// Its number there.
    pub seq: Seq,
    /// When it was appended.
    pub at: UnixMillis,
    /// Who sent it.
    pub sender: UserId,
    /// The sender's id of it.
    pub client_id: ClientId,
    /// What it says.
    pub body: Body,
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
pub trait Archive: Store + Shelf<UserRecord> + Shelf<DeviceRecord> + Shelf<ConversationRecord> {
    /// What tells it from every other store.
    async fn id(&self) -> StoreResult<StoreId>;
    /// Where its rows are from; `None` when no migration has begun to fill it.
    async fn origin(&self) -> StoreResult<Option<Origin>>;
    /// Writes down where its rows are from.
    async fn set_origin(&self, origin: Origin) -> StoreResult<()>;
    /// Whether it holds no rows at all, not even some that this program knows nothing of.
    async fn is_empty(&self) -> StoreResult<bool>;

    /// Whether it holds files, or uploads of which files may come. This version does not copy them.
    async fn holds_files(&self) -> StoreResult<bool>;

    /// The numbers of the last entries that are there, in the order of the conversations; 0 where there is none.
    async fn ends(&self, conversations: Vec<ConversationId>) -> StoreResult<Vec<Seq>>;
    /// The first entries of a log above `after`.
    async fn entries(
        &self,
        conversation: ConversationId,
        after: Seq,
        limit: u32,
    ) -> StoreResult<Vec<EntryRecord>>;
    /// Writes entries durably, each log's in ascending order: whatever interrupts it leaves no hole.
    async fn put_entries(&self, entries: Vec<EntryRecord>) -> StoreResult<()>;
}

impl Record for UserRecord {
    const PLURAL: &'static str = "users";

    fn key(&self) -> i64 {
        self.id.0
    }

    fn digest(&self, digest: &mut Digest) {
        digest.key(self.id.0);
        digest.text(self.name.as_str());
        digest.text(&self.password_hash);
        digest.number(self.created_at);
        digest.number(u64::from(self.last_seen.is_some()));
        digest.number(self.last_seen.unwrap_or(0));
    }
}

impl Record for DeviceRecord {
    const PLURAL: &'static str = "devices";

    fn key(&self) -> i64 {
        self.id.bits().cast_signed()
    }

    fn digest(&self, digest: &mut Digest) {
        digest.key(self.key());
        digest.key(self.user.0);
        digest.bytes(&self.token.0);
        digest.text(&self.name);
        digest.number(self.created_at);
        digest.number(self.last_seen);
    }
}

impl Record for ConversationRecord {
    const PLURAL: &'static str = "conversations";

    fn key(&self) -> i64 {
        self.id.bits().cast_signed()
    }

    fn digest(&self, digest: &mut Digest) {
        digest.key(self.key());
        digest.key(self.low.0);
        digest.key(self.high.0);
        for seq in [self.first, self.head, self.read_low, self.read_high] {
            digest.number(seq.get());
        }
        digest.number(self.activity);
    }
}

impl EntryRecord {
    /// Adds all of it but the conversation to a digest.
    pub fn digest(&self, digest: &mut Digest) {
        digest.number(self.seq.get());
        digest.number(self.at);
        digest.key(self.sender.0);
        digest.text(self.client_id.as_str());
        match &self.body {
            Body::Message { text, file } => {
                digest.text("message");
                digest.text(text);
                if let Some(file) = file {
                    digest.bytes(file.sha256.as_bytes());
                }
            }
            Body::Unknown => digest.text("unknown"),
        }
    }

    /// Its text, which is all that a store of this version keeps of a body.
    pub(crate) fn text(&self) -> Result<&str, &'static str> {
        match &self.body {
            Body::Message { text, file: None } => Ok(text),
            Body::Message { .. } => Err("an entry with a file cannot be moved by this version"),
            Body::Unknown => Err("an unknown kind of entry cannot be stored"),
        }
    }

    /// What is said when its place is taken.
    pub(super) fn is_another(&self) -> String {
        let Self { conversation, seq, .. } = self;
        format!("another entry than the source's stands in conversation {conversation} under number {seq}")
    }
}

/// What is said when a row's key is taken.
pub(super) fn is_another<R: Record>(row: &R) -> String {
    format!("another row than the source's stands among its {} under key {}", R::PLURAL, row.key())
}
