//! Requests about a message that is in the log.

use crate::{ClientId, ConversationId, Seq};
use serde::{Deserialize, Serialize};
use std::ops::Not;

/// Give one of the caller's messages another text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Edit {
    /// Where it stands.
    pub conversation: ConversationId,
    /// Its number there.
    pub seq: Seq,
    /// The client's id of this change: the same id again is the same change.
    pub client_id: ClientId,
    /// The new text, with the limits of a message's. With a file it may be empty.
    pub text: String,
}

/// Take one of the caller's messages back. Its text is blanked in the store, with those of its edits, and its file is let go.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Delete {
    /// Where it stands.
    pub conversation: ConversationId,
    /// Its number there.
    pub seq: Seq,
    /// The client's id of this change: the same id again is the same change.
    pub client_id: ClientId,
}

/// React to a message, or take that back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct React {
    /// Where it stands.
    pub conversation: ConversationId,
    /// Its number there.
    pub seq: Seq,
    /// The client's id of this change: the same id again is the same change.
    pub client_id: ClientId,
    /// One emoji, itself and not its shortcode.
    pub emoji: String,
    /// True to take it back.
    #[serde(default, skip_serializing_if = "Not::not")]
    pub removed: bool,
}

/// What a message said before it was edited: the last versions, or those before a number.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListVersions {
    /// Where it stands.
    pub conversation: ConversationId,
    /// Its number there.
    pub seq: Seq,
    /// Only versions that were said below this number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<Seq>,
}
