//! Entries of a conversation's log.

use crate::{Attachment, ClientId, ConversationId, Seq, UnixMillis, UserName};
use serde::{Deserialize, Serialize};

/// One entry of a conversation's append-only log. What has been seen under (conversation, seq) never changes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// The conversation it stands in.
    pub conversation: ConversationId,
    /// Its number there: 1, 2, 3, ... without holes.
    pub seq: Seq,
    /// When the server stored it.
    pub at: UnixMillis,
    /// Who sent it.
    pub from: UserName,
    /// The sender's id of it, by which the sender's devices know their own.
    pub client_id: ClientId,
    /// What it says.
    #[serde(flatten)]
    pub body: Body,
}

/// What an entry says, by its `kind`. Clients must expect kinds that they do not know.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Body {
    /// A text written by a person or a script, or a file, or both.
    Message {
        /// The text, as written: any Unicode but NUL, so it must be made safe before it is drawn. It may be empty when
        /// there is a file.
        text: String,
        /// The file that hangs on it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        file: Option<Box<Attachment>>,
    },
    /// A kind that this build does not know. It has its number in the log all the same.
    #[serde(other)]
    Unknown,
}
