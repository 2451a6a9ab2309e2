//! The part of the store that finds messages: an index of their words, which follows the logs, and the search in it.
//!
//! The index is made from the logs after they were committed, so an append costs nothing more, and it can always be made
//! again. It proposes and never decides: each hit is read from its log again, under the membership of this moment.

mod indexed;
mod turns;
mod walk;
mod wanted;

pub use crate::domain::Query;
pub use indexed::Indexed;
pub use turns::Turns;
pub use walk::Walk;
pub use wanted::{Place, Wanted};

use super::{StoreResult, StoredEntry, UserId};
use async_trait::async_trait;
use chat_protocol::ConversationId;

/// As many conversations of a user are looked for in the index itself. Of somebody who has more, all that fits the words is looked
/// at, and others' messages are passed over.
pub const SCOPE_MAX: u32 = 200;

/// A message that was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hit {
    /// Where it stands.
    pub conversation: ConversationId,
    /// The message as it is now.
    pub entry: StoredEntry,
}

impl Hit {
    /// Its place in the order of what is found.
    pub fn place(&self) -> Place {
        Place { at: self.entry.at, conversation: self.conversation, seq: self.entry.seq }
    }
}

/// Some of the conversations whose ends are not in the index.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Unindexed {
    /// Which ones.
    pub conversations: Vec<ConversationId>,
    /// After which conversation to look on; none at the end.
    pub next: Option<ConversationId>,
}

/// The index of messages, and the search in it.
#[async_trait]
pub trait SearchStore: Send + Sync + 'static {
    /// Looks at up to `limit` conversations after `after`, in the order of the store.
    async fn unindexed(&self, after: Option<ConversationId>, limit: u32) -> StoreResult<Unindexed>;

    /// Takes up to about `limit` more entries of these conversations into the index, and tells which of them are not done. A
    /// store that has others to serve takes fewer, and its time. It may be interrupted, and done twice, also at the same time.
    async fn index(&self, conversations: Vec<ConversationId>, limit: u32)
    -> StoreResult<Vec<ConversationId>>;

    /// Up to `limit` messages of conversations that the user is in, the newest first, after the one at `after`. Fewer than that
    /// are all that there are in the index.
    async fn search(
        &self,
        user: UserId,
        wanted: Wanted,
        after: Option<Place>,
        limit: u32,
    ) -> StoreResult<Vec<Hit>>;
}
