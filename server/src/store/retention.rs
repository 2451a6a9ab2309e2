//! The part of the store that lets logs begin later: what is older than it is kept for is taken away, from the front.
//!
//! An entry that is gone has its number and its client id still, so that neither is ever given twice, and nothing else. Nobody
//! sees it, answers it, finds it or gets its file any more.

use super::{StoreResult, UserId};
use async_trait::async_trait;
use chat_protocol::{ConversationId, Seq, UnixMillis};

/// The beginning of a log, as far as it can be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Beginning {
    /// Of which conversation.
    pub conversation: ConversationId,
    /// When its first entry was appended; none when it has no entries that can be read.
    pub at: Option<UnixMillis>,
    /// After how many days the entries of this group go; 0 when it has no rule of its own.
    pub retention_days: u32,
    /// Whether somebody was interrupted while they took entries away: that is to be taken to its end, whatever holds now.
    pub is_interrupted: bool,
}

/// Some beginnings.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Beginnings {
    /// Of these logs.
    pub logs: Vec<Beginning>,
    /// After which conversation to look on; none at the end.
    pub next: Option<ConversationId>,
}

/// What has been taken away.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Expired {
    /// Where the log begins now; none when nothing was taken away.
    pub first: Option<Seq>,
    /// Who is in the conversation.
    pub members: Vec<UserId>,
    /// Whether there may be more to be taken away.
    pub more: bool,
}

/// Logs whose beginnings move.
#[async_trait]
pub trait RetentionStore: Send + Sync + 'static {
    /// The beginnings of up to `limit` logs after a conversation, in the order of the store: of all, or of those alone that have a
    /// rule of their own or where somebody was interrupted.
    async fn beginnings(
        &self,
        all: bool,
        after: Option<ConversationId>,
        limit: u32,
    ) -> StoreResult<Beginnings>;

    /// Takes away the first entries of a log that were appended before a time, at most `limit` of them: the log begins after them
    /// from then on. It may be interrupted and done twice, also at the same time, and leaves no hole. Files that they had are kept
    /// for a while from `now` on, unless another entry has them.
    async fn expire(
        &self,
        conversation: ConversationId,
        before: UnixMillis,
        now: UnixMillis,
        limit: u32,
    ) -> StoreResult<Expired>;
}
