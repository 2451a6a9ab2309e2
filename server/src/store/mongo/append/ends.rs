//! Where the logs that a lane writes to end, as far as it knows. Pure.
//!
//! It is a guess that saves asking: nobody else may have appended since. If somebody has, the number is taken, the unique index
//! refuses it, and the end is read again.
#![deny(clippy::disallowed_methods)]

use super::tail::Tail;
use crate::store::NewEntry;
use chat_protocol::ConversationId;
use std::collections::HashMap;

/// Logs that are remembered, and members of them.
const LOGS_MAX: usize = 4096;
const MEMBERS_MAX: usize = 200_000;

/// The ends of the logs that were written to last.
#[derive(Debug, Default)]
pub struct Ends {
    logs: HashMap<ConversationId, Tail>,
    members: usize,
}

impl Ends {
    /// Those of the batch's logs that are known.
    pub fn of(&self, batch: &[NewEntry]) -> HashMap<ConversationId, Tail> {
        batch
            .iter()
            .filter_map(|entry| Some((entry.conversation, self.logs.get(&entry.conversation)?.clone())))
            .collect()
    }

    /// The logs end here now. Whether readers come to be shown it is not known yet, so each batch for such a log shows it
    /// again.
    pub fn learn(&mut self, ends: &HashMap<ConversationId, Tail>) {
        if self.logs.len() + ends.len() > LOGS_MAX || self.members > MEMBERS_MAX {
            self.forget();
        }
        for (id, tail) in ends {
            self.members += tail.members.len();
            let before = self.logs.insert(*id, tail.clone());
            self.members -= before.map_or(0, |before| before.members.len());
        }
    }

    /// What is known of one log is not so any more.
    pub fn forget_one(&mut self, conversation: ConversationId) {
        let known = self.logs.remove(&conversation);
        self.members -= known.map_or(0, |known| known.members.len());
    }

    /// Something went otherwise than thought.
    pub fn forget(&mut self) {
        self.logs.clear();
        self.members = 0;
    }
}
