//! Watermarks: how far the user has read, and how far others are.

use super::Session;
use super::requests::Asked;
use crate::event::Event;
use chat_protocol::{Call, ConversationId, Kind, Marks, MemberMarks, Read, Receipt, Seq, Summary};

/// A summary may have been read before a push of others' marks that came sooner.
pub fn keep_marks(known: &Summary, told: &mut Summary) {
    if let Kind::Direct { peer_marks: Some(known), .. } = &known.kind
        && let Kind::Direct { peer_marks: Some(told), .. } = &mut told.kind
    {
        *told = further(*known, *told);
    }
}

/// Marks only grow. But whoever has stopped telling what they read tells nothing.
fn further(known: Marks, told: Marks) -> Marks {
    Marks {
        delivered: known.delivered.max(told.delivered),
        read: told.read.map(|read| read.max(known.read.unwrap_or_default())),
    }
}

impl Session {
    pub(super) fn read(&mut self, conversation: ConversationId, seq: Seq) {
        let Some(tracked) = self.conversations.get_mut(&conversation) else { return };
        if tracked.wants_read(seq) && self.online {
            self.ask(Asked::Read(conversation, seq), Call::Read(Read { conversation, seq }));
        }
    }

    pub(super) fn handle_receipt(&mut self, receipt: &Receipt) {
        if let Some(tracked) = self.conversations.get_mut(&receipt.conversation)
            && receipt.read >= tracked.summary.read
        {
            let summary = &mut tracked.summary;
            summary.read = receipt.read;
            (summary.unread, summary.mentions) = (receipt.unread, receipt.mentions);
            self.tell_summary(receipt.conversation);
        }
    }

    /// Another member is further than was known.
    pub(super) fn handle_marks(&mut self, moved: &MemberMarks) {
        if let Some(tracked) = self.conversations.get_mut(&moved.conversation) {
            match &mut tracked.summary.kind {
                Kind::Direct { peer, peer_marks } if peer.user == moved.user => {
                    *peer_marks = Some(peer_marks.map_or(moved.marks, |known| further(known, moved.marks)));
                    self.tell_summary(moved.conversation);
                }
                Kind::Group(_) => self.tell(Event::Marks(moved.clone())),
                _ => {}
            }
        }
    }

    /// The watermark may have been raised while there was no connection.
    pub(super) fn repeat_read(&mut self, conversation: ConversationId) {
        if let Some(tracked) = self.conversations.get(&conversation)
            && tracked.read_wanted > tracked.summary.read
            && self.online
        {
            let seq = tracked.read_wanted;
            if !self.requests.has(&Asked::Read(conversation, seq)) {
                self.ask(Asked::Read(conversation, seq), Call::Read(Read { conversation, seq }));
            }
        }
    }
}
