//! What a member prefers about one conversation, on all of their devices.

use crate::Seq;
use serde::{Deserialize, Serialize};
use std::ops::Not;

/// What of a conversation its member wants to be called for. Everything is delivered and counted all the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// Each message.
    #[default]
    All,
    /// Only messages that mention them: the conversation is muted.
    Mentions,
    /// Nothing.
    None,
}

/// What a member prefers about a conversation. Nobody else is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Preferences {
    /// What they want to be called for.
    #[serde(default, skip_serializing_if = "is_default")]
    pub level: Level,
    /// The number of the last entry when they put it away into the archive; 0 when they did not. A later entry brings it back,
    /// unless it is muted.
    #[serde(default, skip_serializing_if = "is_default")]
    pub archived: Seq,
    /// Whether they have blocked the other one of a one-to-one conversation.
    #[serde(default, skip_serializing_if = "Not::not")]
    pub blocked: bool,
}

impl Preferences {
    /// Whether a conversation with this last entry and this many unread mentions lies in the archive.
    pub fn is_archived(&self, head: Seq, mentions: u32) -> bool {
        let is_put_away = self.archived != Seq::default();
        match self.level {
            Level::All => is_put_away && self.archived >= head,
            Level::Mentions => is_put_away && mentions == 0,
            Level::None => is_put_away,
        }
    }
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_new_brings_a_conversation_out_of_the_archive_unless_it_is_muted() {
        let at = |number| Seq::new(number).unwrap();
        let archived = |level, archived, head, mentions| {
            Preferences { level, archived: at(archived), blocked: false }.is_archived(at(head), mentions)
        };
        assert!(!archived(Level::All, 0, 0, 0), "an empty one that nobody has put away");
        assert!(archived(Level::All, 7, 7, 0));
        assert!(!archived(Level::All, 7, 8, 0));
        assert!(archived(Level::Mentions, 7, 8, 0));
        assert!(!archived(Level::Mentions, 7, 8, 1));
        assert!(archived(Level::None, 7, 8, 1));
        assert!(!archived(Level::None, 0, 8, 0));
    }
}
