//! Conversations and their logs: what is known of each, how far it has been told, and how gaps are closed.
//!
//! A push is only a fast copy of the log: what is told already is dropped, and what does not follow is fetched.

use super::departures::{keep_gone, renamed};
use super::marks::keep_marks;
use super::requests::Asked;
use super::{PAGE, Session};
use crate::event::{Content, Event, OutgoingState};
use chat_protocol::{
    Body, Call, ClientId, ConversationId, Entry, History, Kind, Message, Open, Page, Peer, Preferences, Seq,
    Summary, Target, UnixMillis, UserName, limits,
};
use std::time::Instant;

/// A loaded conversation that missed more than this begins anew with its newest page.
const GAP_MAX: u64 = 2000;

/// A conversation as far as it is known.
#[derive(Debug)]
pub struct Tracked {
    pub(super) summary: Summary,
    /// Its head as far as it was told of on this connection. What an earlier one told may be undone.
    pub(super) heard: Seq,
    told: Told,
    pub(super) read_wanted: Seq,
    /// What has changed while a page was on its way.
    pub(super) changes: Vec<Entry>,
}

/// How far a conversation's entries are told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Told {
    /// Nobody asked for them.
    Nothing,
    /// The newest page is asked for, or will be when there is a connection.
    Loading,
    /// Up to `last`, without a hole since whatever was first. A `followed` one never skips.
    UpTo { last: Seq, followed: bool, fetching: bool },
}

impl Tracked {
    pub fn is_loading(&self) -> bool {
        self.told == Told::Loading
    }

    pub fn handle_disconnected(&mut self) {
        self.heard = Seq::ZERO;
        self.give_up_page();
    }

    /// No answer comes any more to what was asked.
    pub fn give_up_page(&mut self) {
        if let Told::UpTo { fetching, .. } = &mut self.told {
            *fetching = false;
        }
        self.changes.clear();
    }

    /// The other one of a one-to-one conversation.
    pub fn peer(&self) -> Option<&UserName> {
        match &self.summary.kind {
            Kind::Direct { peer, .. } => Some(&peer.user),
            Kind::Group(_) | Kind::Unknown => None,
        }
    }

    /// Raises the watermark that the server is to be told; false when it knows.
    pub fn wants_read(&mut self, seq: Seq) -> bool {
        let is_new = seq > self.read_wanted && seq > self.summary.read;
        if is_new {
            self.read_wanted = seq;
        }
        is_new
    }

    /// Whether the server knows that this has been read, or is on its way to know.
    pub fn is_read(&self, seq: Seq) -> bool {
        seq <= self.summary.read.max(self.read_wanted)
    }
}

/// What stands in the log once this is acknowledged.
fn body_of(content: Content, mentions: Vec<UserName>) -> Body {
    match content {
        Content::Message { text, file, reply_to } => {
            Body::Message(Message { text, file, reply_to, mentions, ..Message::default() })
        }
        Content::Edit { seq: target, text } => Body::Edit { target, text },
        Content::Deletion { seq: target } => Body::Deletion { target },
        Content::Reaction { seq: target, emoji, removed } => Body::Reaction { target, emoji, removed },
    }
}

/// What somebody said who has deleted their account meanwhile is gone by no entry, but that they have left a group: it begins anew.
fn tells_of_departure(entry: &Entry) -> bool {
    matches!(entry.body, Body::Members { .. }) && entry.from.is_tombstone()
}

impl Session {
    pub(super) fn load(&mut self, id: ConversationId) {
        if let Some(tracked) = self.conversations.get_mut(&id) {
            tracked.told = Told::Loading;
            self.ask_newest(id);
        }
    }

    pub(super) fn follow(&mut self, id: ConversationId, after: Seq) {
        if let Some(tracked) = self.conversations.get_mut(&id) {
            tracked.told = Told::UpTo { last: after, followed: true, fetching: false };
            self.lose_quotes(id);
            self.advance(id);
        }
    }

    pub(super) fn ask_newest(&mut self, conversation: ConversationId) {
        if self.online && !self.requests.await_newest(conversation) {
            let page = History { conversation, before: None, after: None, limit: Some(PAGE) };
            self.ask(Asked::Newest(conversation, self.head(conversation)), Call::History(page));
        }
    }

    /// A summary from the server is the truth, but what was pushed after it was read may be newer.
    pub(super) fn handle_summary(&mut self, mut summary: Summary, now: Instant) {
        let id = summary.conversation;
        if self.is_left_since(id) {
            return;
        }
        let (mut begins, mut gone) = (None, None);
        if let Some(known) = self.conversations.get_mut(&id) {
            // All that an older backup says holds.
            if !known.ends_as(&mut summary) {
                keep_marks(&known.summary, &mut summary);
                keep_gone(&known.summary, &mut summary);
                begins = known.begins_as(&mut summary).then_some(summary.first);
            }
            gone = renamed(&known.summary, &summary);
            known.summary = summary;
        } else {
            let heard = summary.head;
            let (told, read_wanted, changes) = (Told::Nothing, Seq::ZERO, Vec::new());
            self.conversations.insert(id, Tracked { summary, heard, told, read_wanted, changes });
        }
        self.resolve_name_of(id);
        if let Some((user, now)) = gone {
            self.handle_peer_gone(id, user, now);
        }
        if let Some(first) = begins {
            self.tell(Event::Begins { conversation: id, first });
        }
        self.tell_summary(id);
        self.repeat_read(id);
        self.note_unread_arrived(id, now);
        self.advance(id);
    }

    /// What the user prefers about a conversation has changed, here or elsewhere.
    pub(super) fn handle_preferences(&mut self, conversation: ConversationId, preferences: Preferences) {
        if let Some(tracked) = self.conversations.get_mut(&conversation) {
            tracked.summary.preferences = preferences;
            self.tell_summary(conversation);
        }
        self.tell(Event::Preferences { conversation, preferences });
    }

    /// What has come while this client was away. How much of that others know is for the server to remember.
    fn note_unread_arrived(&mut self, id: ConversationId, now: Instant) {
        if let Some(Tracked { summary: Summary { unread: 1.., head, .. }, .. }) = self.conversations.get(&id)
        {
            self.note_arrived_up_to(id, *head, now);
        }
    }

    pub(super) fn handle_entry(&mut self, entry: Entry, now: Instant) {
        if self.note_entry(&entry, now) {
            self.tell_entry(entry);
        }
    }

    /// What an entry means for its conversation; false when that is not known.
    fn note_entry(&mut self, entry: &Entry, now: Instant) -> bool {
        let id = entry.conversation;
        let is_called = self.is_called(entry);
        self.end_typing(id, &entry.from);
        let Some(tracked) = self.conversations.get_mut(&id) else {
            // Somebody began a conversation.
            self.ask_summary(id);
            return false;
        };
        tracked.heard = tracked.heard.max(entry.seq);
        let summary = &mut tracked.summary;
        if entry.seq > summary.head {
            let follows = entry.seq == summary.head.next();
            summary.head = entry.seq;
            if matches!(entry.body, Body::Message(_)) && self.me.as_ref() != Some(&entry.from) {
                summary.mentions = (summary.mentions + u32::from(is_called)).min(limits::UNREAD_MAX);
                summary.unread = (summary.unread + 1).min(limits::UNREAD_MAX);
            }
            // It may have been one that mentions the user.
            let takes_back = summary.mentions > 0
                && matches!(entry.body, Body::Deletion { target } if target > summary.read);
            summary.last = Some(entry.clone());
            self.tell_summary(id);
            if !follows || takes_back || matches!(entry.body, Body::Group(_) | Body::Members { .. }) {
                // How many of the missed ones are unread, and what the group is now, is for the server to say.
                self.ask_summary(id);
            }
        }
        self.note_arrived(id, std::slice::from_ref(entry), now);
        self.note_change(entry);
        true
    }

    /// Whether it mentions the user. Those whom the user has blocked call nobody.
    fn is_called(&self, entry: &Entry) -> bool {
        let (Body::Message(message), Some(me)) = (&entry.body, &self.me) else { return false };
        let has_blocked =
            |tracked: &Tracked| tracked.summary.preferences.blocked && tracked.peer() == Some(&entry.from);
        message.mentions.contains(me) && !self.conversations.values().any(has_blocked)
    }

    pub(super) fn handle_ack(
        &mut self,
        client_id: ClientId,
        (conversation, seq, at): (ConversationId, Seq, UnixMillis),
        mentions: Vec<UserName>,
        now: Instant,
    ) {
        let sent = OutgoingState::Sent { conversation, seq, at };
        let has_lost_quote = self.outgoing.has_lost_quote(&client_id);
        let Some(outgoing) = self.outgoing.acknowledged(&client_id, sent) else { return };
        let body = body_of(outgoing.content.clone(), mentions);
        // First the state, then the entry: whoever shows both never shows the message twice.
        self.tell_outgoing(outgoing);
        if let Some(from) = self.me.clone() {
            let entry = Entry { conversation, seq, at, from, client_id, body };
            if has_lost_quote {
                // What it answers may have been edited: the server says how it stands in the log.
                self.note_entry(&entry, now);
                self.advance(conversation);
            } else {
                self.handle_entry(entry, now);
            }
        }
    }

    pub(super) fn update_peer(&mut self, moved: &Peer) {
        for tracked in self.conversations.values_mut() {
            if let Kind::Direct { peer, .. } = &mut tracked.summary.kind
                && peer.user == moved.user
            {
                *peer = moved.clone();
            }
        }
    }

    pub(super) fn handle_page(&mut self, asked: Asked, page: Page, now: Instant) {
        let Page { conversation, mut entries, first, head, .. } = page;
        let first = self.drop_gone(conversation, first, &mut entries);
        let at_start = entries.first().is_none_or(|entry| entry.seq <= first);
        self.note_arrived(conversation, &entries, now);
        match asked {
            Asked::Older(_, known) => {
                self.apply_changes(conversation, &mut entries, head);
                self.tell(Event::Older { conversation, entries, at_start });
                self.note_lost_end(conversation, head, known);
            }
            Asked::Newest(_, known) => {
                let last = entries.last().map_or(head, |entry| entry.seq);
                if let Some(tracked) = self.conversations.get_mut(&conversation)
                    && tracked.is_loading()
                {
                    tracked.told = Told::UpTo { last, followed: false, fetching: false };
                    self.lose_quotes(conversation);
                    self.tell(Event::Newest { conversation, entries, at_start });
                    self.note_end(conversation, head, known);
                }
            }
            Asked::Page(_, known) => {
                self.apply_changes(conversation, &mut entries, head);
                self.tell(Event::Page { conversation, entries, head });
                self.note_lost_end(conversation, head, known);
            }
            Asked::Gap(_, known) => self.close_gap(conversation, entries, head, known),
            _ => {}
        }
    }

    fn close_gap(&mut self, conversation: ConversationId, mut entries: Vec<Entry>, head: Seq, known: Seq) {
        let Some(tracked) = self.conversations.get_mut(&conversation) else { return };
        let Told::UpTo { last, followed, fetching } = &mut tracked.told else { return };
        *fetching = false;
        if !*followed && entries.iter().any(tells_of_departure) {
            self.load(conversation);
            return;
        }
        entries.retain(|entry| entry.seq > *last);
        // An empty page means that there is nothing to be read up to the head; asking again would go on for ever.
        *last = entries.last().map_or(head.max(*last), |entry| entry.seq);
        if !entries.is_empty() {
            self.quotes_follow(conversation, &entries);
            self.tell(Event::Newer { conversation, entries });
        }
        self.note_end(conversation, head, known);
    }

    /// Tells an entry if it is the next one; fetches what is missing if it is a later one.
    fn tell_entry(&mut self, entry: Entry) {
        let conversation = entry.conversation;
        let Some(tracked) = self.conversations.get_mut(&conversation) else { return };
        if let Told::UpTo { last, fetching: false, .. } = &mut tracked.told
            && entry.seq == last.next()
        {
            *last = entry.seq;
            let entries = vec![entry];
            self.quotes_follow(conversation, &entries);
            self.tell(Event::Newer { conversation, entries });
        } else {
            self.advance(conversation);
        }
    }

    /// Fetches the next page up to the head, if one is missing and not on its way. What was told beyond the head never was:
    /// a loaded conversation begins anew, and a followed one goes on behind the head.
    pub(super) fn advance(&mut self, conversation: ConversationId) {
        let Some(tracked) = self.conversations.get_mut(&conversation) else { return };
        let head = tracked.summary.head;
        let Told::UpTo { last, followed, fetching } = &mut tracked.told else { return };
        if !self.online || *fetching || *last == head {
            return;
        }
        let is_back = *last > head;
        if !*followed && (is_back || head.get() - last.get() > GAP_MAX) {
            self.load(conversation);
            return;
        }
        if is_back {
            *last = head;
            return;
        }
        *fetching = true;
        let limit = Some(limits::PAGE_ENTRIES_MAX);
        let page = History { conversation, before: None, after: Some(*last), limit };
        self.ask(Asked::Gap(conversation, head), Call::History(page));
    }

    pub(super) fn ask_summary(&mut self, id: ConversationId) {
        let asked = Asked::Open(Target::Conversation(id), false);
        if self.online && !self.requests.has(&asked) {
            self.ask(asked, Call::Open(Open { target: Target::Conversation(id) }));
        }
    }

    pub(super) fn tell_summary(&mut self, id: ConversationId) {
        if let Some(tracked) = self.conversations.get(&id) {
            let summary = tracked.summary.clone();
            self.tell(Event::Summary(summary));
        }
    }
}
