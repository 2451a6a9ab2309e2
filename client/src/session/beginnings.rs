//! Where logs begin: further on, when what is old is taken away on the server.

use super::Session;
use super::catch_up::Tracked;
use crate::event::Event;
use chat_protocol::{ConversationId, Entry, Seq, Summary};

/// The last entry goes with all others.
fn forget(summary: &mut Summary) {
    let first = summary.first;
    summary.last.take_if(|last| last.seq < first);
}

impl Tracked {
    /// Takes in where the log begins, which only moves on; whether it has.
    fn begins(&mut self, first: Seq) -> bool {
        let has_moved = first > self.summary.first;
        if has_moved {
            self.summary.first = first;
            forget(&mut self.summary);
            self.changes.retain(|change| change.body.target().is_none_or(|target| target >= first));
        }
        has_moved
    }

    /// Takes a summary's word for it, unless it was made before what is known; whether the log begins further on now.
    pub(super) fn begins_as(&self, summary: &mut Summary) -> bool {
        let has_moved = summary.first > self.summary.first;
        summary.first = summary.first.max(self.summary.first);
        forget(summary);
        has_moved
    }
}

impl Session {
    /// The server says where a log begins now.
    pub(super) fn handle_begins(&mut self, conversation: ConversationId, first: Seq) {
        let Some(tracked) = self.conversations.get_mut(&conversation) else { return };
        if !tracked.begins(first) {
            return;
        }
        let may_be_unread = tracked.summary.unread > 0;
        self.tell(Event::Begins { conversation, first });
        self.tell_summary(conversation);
        if may_be_unread {
            // How many of them are gone is for the server to say.
            self.ask_summary(conversation);
        }
    }

    /// Takes out of a page what has gone while it was on its way. Gives where the log begins.
    pub(super) fn drop_gone(
        &self,
        conversation: ConversationId,
        first: Seq,
        entries: &mut Vec<Entry>,
    ) -> Seq {
        let known = self.conversations.get(&conversation).map_or(first, |tracked| tracked.summary.first);
        entries.retain(|entry| entry.seq >= known);
        first.max(known)
    }
}
