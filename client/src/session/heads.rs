//! Where logs end: further on; or further back than was known, when the server comes back from an older backup.

use super::Session;
use super::catch_up::Tracked;
use chat_protocol::{ConversationId, Kind, Seq, Summary};

impl Tracked {
    /// The log reaches at least so far.
    pub(super) fn reaches(&mut self, seq: Seq) {
        self.heard = self.heard.max(seq);
        self.summary.head = self.summary.head.max(seq);
    }

    /// A page tells where the log ended when it was read. That holds if the head has not risen from what was known when the
    /// page was asked for. Gives whether the log ends further back now.
    fn ends_at(&mut self, head: Seq, known: Seq) -> bool {
        let is_back = head < self.summary.head && self.summary.head <= known;
        if is_back {
            self.go_back(head);
        } else {
            self.reaches(head);
        }
        is_back
    }

    /// Takes a summary's word for it, unless more was heard on this connection; whether the log ends further back now.
    pub(super) fn ends_as(&mut self, summary: &mut Summary) -> bool {
        let Summary { head: known, ref last, unread, mentions, .. } = self.summary;
        let is_older = self.heard > summary.head;
        summary.head = summary.head.max(self.heard);
        let is_back = summary.head < known;
        if is_back {
            self.go_back(summary.head);
        } else if is_older {
            (summary.last, summary.unread, summary.mentions) = (last.clone(), unread, mentions);
        }
        self.heard = summary.head;
        is_back
    }

    /// What stood behind this number never was.
    fn go_back(&mut self, head: Seq) {
        (self.heard, self.summary.head) = (head, head);
        self.read_wanted = self.read_wanted.min(head);
        self.changes.clear();
        // They are told anew.
        if let Kind::Direct { peer_marks, .. } = &mut self.summary.kind {
            *peer_marks = None;
        }
    }
}

impl Session {
    /// Where a log ends, as far as is known.
    pub(super) fn head(&self, id: ConversationId) -> Seq {
        self.conversations.get(&id).map_or(Seq::ZERO, |tracked| tracked.summary.head)
    }

    /// The log reaches at least so far.
    pub(super) fn note_head(&mut self, id: ConversationId, head: Seq) {
        if let Some(tracked) = self.conversations.get_mut(&id) {
            tracked.reaches(head);
        }
        self.advance(id);
    }

    /// A page that the user asked for tells nothing of what is new: that is counted when it is pushed.
    pub(super) fn note_lost_end(&mut self, id: ConversationId, head: Seq, known: Seq) {
        if head < self.head(id) {
            self.note_end(id, head, known);
        }
    }

    /// A page has come that was asked for when this head was known.
    pub(super) fn note_end(&mut self, id: ConversationId, head: Seq, known: Seq) {
        let tracked = self.conversations.get_mut(&id);
        if tracked.is_some_and(|tracked| tracked.ends_at(head, known)) {
            // What of it is unread is for the server to say.
            self.ask_summary(id);
        }
        self.advance(id);
    }
}
