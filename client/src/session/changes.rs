//! Changes of messages that meet what is on its way: a page that may have been read before them, and replies that quote
//! what has changed. Whoever applies each change that they are told of ends with what the server has.

use super::Session;
use chat_protocol::{Body, ConversationId, Entry, Seq};

/// What a change does to an entry: to the message itself, and to the beginning of another that it quotes.
fn apply(entry: &mut Entry, change: &Entry) {
    let Body::Message(message) = &mut entry.body else { return };
    if change.body.target() == Some(entry.seq) {
        message.apply(change.seq, change.at, &change.from, &change.body);
    }
    if let Some(quote) = &mut message.reply_to {
        quote.apply(&change.body);
    }
}

impl Session {
    /// Remembers a change for the page that is on its way.
    pub(super) fn note_change(&mut self, entry: &Entry) {
        if entry.body.target().is_some()
            && self.requests.await_page(entry.conversation)
            && let Some(tracked) = self.conversations.get_mut(&entry.conversation)
        {
            tracked.changes.push(entry.clone());
        }
    }

    /// Brings a page to where its listener is, who has been told of changes that it may not have.
    pub(super) fn apply_changes(&mut self, conversation: ConversationId, entries: &mut [Entry], head: Seq) {
        let Some(tracked) = self.conversations.get(&conversation) else { return };
        for change in tracked.changes.iter().filter(|change| change.seq > head) {
            entries.iter_mut().for_each(|entry| apply(entry, change));
        }
        if !self.requests.await_page(conversation)
            && let Some(tracked) = self.conversations.get_mut(&conversation)
        {
            tracked.changes.clear();
        }
    }

    /// What has changed so far in what replies quote that wait here is not known.
    pub(super) fn lose_quotes(&mut self, conversation: ConversationId) {
        self.outgoing.lose_quotes(conversation);
    }

    /// Replies that wait quote what stands in the log by the time they do.
    pub(super) fn quotes_follow(&mut self, conversation: ConversationId, told: &[Entry]) {
        for change in told.iter().filter(|entry| entry.body.target().is_some()) {
            self.outgoing.quotes_follow(conversation, &change.body);
        }
    }
}
