//! Where the logs that a lane writes to end, as far as it knows. Pure.
//!
//! It is a guess that saves asking: nobody else may have appended since. If somebody has, the number is taken, the unique index
//! refuses it, and the end is read again.
#![deny(clippy::disallowed_methods)]

use super::plan::Tail;
use crate::store::NewEntry;
use chat_protocol::ConversationId;
use std::collections::HashMap;

/// Logs that are remembered.
const LOGS_MAX: usize = 4096;

/// The ends of the logs that were written to last.
#[derive(Debug, Default)]
pub struct Ends(HashMap<ConversationId, Tail>);

impl Ends {
    /// Those of the batch's logs that are known.
    pub fn of(&self, batch: &[NewEntry]) -> HashMap<ConversationId, Tail> {
        batch
            .iter()
            .filter_map(|entry| Some((entry.conversation, self.0.get(&entry.conversation)?.clone())))
            .collect()
    }

    /// The logs end here now. Whether readers come to be shown it is not known yet, so each batch for such a log shows it
    /// again.
    pub fn learn(&mut self, ends: &HashMap<ConversationId, Tail>) {
        if self.0.len() + ends.len() > LOGS_MAX {
            self.0.clear();
        }
        self.0.extend(ends.iter().map(|(id, tail)| (*id, tail.clone())));
    }

    /// Something went otherwise than thought.
    pub fn forget(&mut self) {
        self.0.clear();
    }
}
