//! Which conversation is meant.

use crate::{ConversationId, GroupName, UserName};
use serde::Serialize;

/// Which conversation: exactly one of the three is given.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Target {
    /// The one-to-one conversation with this user.
    To(UserName),
    /// The conversation with this id.
    Conversation(ConversationId),
    /// The public group with this name.
    Group(GroupName),
}

impl Target {
    pub(super) fn from_fields(
        to: Option<UserName>,
        conversation: Option<ConversationId>,
        group: Option<GroupName>,
    ) -> Result<Self, &'static str> {
        match (to, conversation, group) {
            (Some(user), None, None) => Ok(Self::To(user)),
            (None, Some(id), None) => Ok(Self::Conversation(id)),
            (None, None, Some(group)) => Ok(Self::Group(group)),
            _ => Err("give either `to`, `conversation` or `group`"),
        }
    }
}
