//! How a journal writes down where a message goes.

use chat_protocol::{ConversationId, GroupName, Target, UserName};
use serde::{Deserialize, Serialize};

/// A target as it stands in a journal. Its spelling never changes: old journals are read for ever.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum KeptTarget {
    To(UserName),
    Conversation(ConversationId),
    Group(GroupName),
}

impl From<Target> for KeptTarget {
    fn from(target: Target) -> Self {
        match target {
            Target::To(user) => Self::To(user),
            Target::Conversation(id) => Self::Conversation(id),
            Target::Group(name) => Self::Group(name),
        }
    }
}

impl From<KeptTarget> for Target {
    fn from(target: KeptTarget) -> Self {
        match target {
            KeptTarget::To(user) => Self::To(user),
            KeptTarget::Conversation(id) => Self::Conversation(id),
            KeptTarget::Group(name) => Self::Group(name),
        }
    }
}
