//! How a journal writes down what is sent.

use crate::Content;
use chat_protocol::{Attachment, Quote, Seq};
use serde::{Deserialize, Serialize};
use std::ops::Not;

/// What is sent, as it stands in a journal. Its spelling never changes: old journals are read for ever. A line has either
/// `change` or the fields of a message.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(untagged)]
pub enum KeptContent {
    Change {
        change: KeptChange,
    },
    Message {
        text: String,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        file: Option<Box<Attachment>>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reply_to: Option<Box<Quote>>,
    },
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum KeptChange {
    Edit {
        seq: Seq,
        text: String,
    },
    Deletion {
        seq: Seq,
    },
    Reaction {
        seq: Seq,
        emoji: String,
        #[serde(default, skip_serializing_if = "Not::not")]
        removed: bool,
    },
}

impl From<Content> for KeptContent {
    fn from(content: Content) -> Self {
        let change = match content {
            Content::Message { text, file, reply_to } => return Self::Message { text, file, reply_to },
            Content::Edit { seq, text } => KeptChange::Edit { seq, text },
            Content::Deletion { seq } => KeptChange::Deletion { seq },
            Content::Reaction { seq, emoji, removed } => KeptChange::Reaction { seq, emoji, removed },
        };
        Self::Change { change }
    }
}

impl From<KeptContent> for Content {
    fn from(kept: KeptContent) -> Self {
        match kept {
            KeptContent::Message { text, file, reply_to } => Self::Message { text, file, reply_to },
            KeptContent::Change { change } => match change {
                KeptChange::Edit { seq, text } => Self::Edit { seq, text },
                KeptChange::Deletion { seq } => Self::Deletion { seq },
                KeptChange::Reaction { seq, emoji, removed } => Self::Reaction { seq, emoji, removed },
            },
        }
    }
}
