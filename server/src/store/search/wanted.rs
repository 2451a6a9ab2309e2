//! What is looked for, and in which order it is found.

use super::Indexed;
use crate::domain::{Query, Term};
use crate::store::UserId;
use chat_protocol::{ConversationId, Message, Seq, UnixMillis};

/// A search with its names looked up.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Wanted {
    /// All of these are in the text or in the file's name.
    pub terms: Vec<Term>,
    /// Who has sent it.
    pub sender: Option<UserId>,
    /// Where it stands.
    pub conversation: Option<ConversationId>,
    /// Not earlier than this.
    pub since: Option<UnixMillis>,
    /// Earlier than this.
    pub until: Option<UnixMillis>,
    /// Whether there is a file.
    pub has_file: bool,
}

impl Wanted {
    /// What a query wants, with what its names stand for.
    pub fn of(query: Query, sender: Option<UserId>, conversation: Option<ConversationId>) -> Self {
        let Query { terms, since, until, has_file, from: _, within: _ } = query;
        Self { terms, sender, conversation, since, until, has_file }
    }

    /// Whether a message fits by what may have changed since it was sent. A deleted one fits nothing.
    pub fn fits(&self, message: &Message) -> bool {
        let Some(indexed) = Indexed::of(message) else { return false };
        let is_there = |term: &Term| term.is_in(&indexed.text) || term.is_in(&indexed.file);
        (message.file.is_some() || !self.has_file) && self.terms.iter().all(is_there)
    }
}

/// The place of a message among all: what is found comes in the opposite order, the newest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place {
    /// When it was sent.
    pub at: UnixMillis,
    /// Where it stands.
    pub conversation: ConversationId,
    /// Its number there.
    pub seq: Seq,
}
