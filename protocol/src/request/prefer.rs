//! What the caller prefers about one conversation.

use super::Target;
use crate::{ConversationId, GroupName, Level, UserName};
use serde::{Deserialize, Serialize};

/// Change what is given of what the caller prefers about a conversation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "PreferFields")]
pub struct Prefer {
    /// Which one.
    #[serde(flatten)]
    pub target: Target,
    /// What to be called for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub level: Option<Level>,
    /// Whether it is put away into the archive.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub archived: Option<bool>,
    /// Whether the other one of a one-to-one conversation is blocked: nothing goes between the two of them any more.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub blocked: Option<bool>,
}

#[derive(Deserialize)]
struct PreferFields {
    to: Option<UserName>,
    conversation: Option<ConversationId>,
    group: Option<GroupName>,
    level: Option<Level>,
    archived: Option<bool>,
    blocked: Option<bool>,
}

impl TryFrom<PreferFields> for Prefer {
    type Error = &'static str;

    fn try_from(fields: PreferFields) -> Result<Self, Self::Error> {
        let PreferFields { to, conversation, group, level, archived, blocked } = fields;
        Ok(Self { target: Target::from_fields(to, conversation, group)?, level, archived, blocked })
    }
}
