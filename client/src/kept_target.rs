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

#[cfg(test)]
mod tests {
    use super::*;

    /// Journals are read for ever, so what is written now is read for ever too.
    #[test]
    fn each_target_has_one_spelling() {
        for (spelling, target) in [
            (r#"{"to":"bob"}"#, Target::To("bob".parse().unwrap())),
            (r#"{"conversation":"0000000000000007"}"#, Target::Conversation(ConversationId::from_bits(7))),
            (r#"{"group":"ops"}"#, Target::Group("ops".parse().unwrap())),
        ] {
            assert_eq!(serde_json::to_string(&KeptTarget::from(target.clone())).unwrap(), spelling);
            let kept: KeptTarget = serde_json::from_str(spelling).unwrap();
            assert_eq!(Target::from(kept), target);
        }
    }
}
