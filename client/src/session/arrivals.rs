//! What others have written and has reached this client: they are told so, seldom enough.

use super::{Output, Session};
use chat_protocol::{Body, Call, ConversationId, Delivered, Entry, Kind, Request, Seq, limits};
use std::collections::HashMap;
use std::time::{Duration, Instant};

/// Whoever looks at the conversation reads what comes at once, and that says it all.
const GRACE: Duration = Duration::from_millis(200);
/// Each conversation is told of once in this time.
const REPEAT: Duration = Duration::from_secs(1);
/// Conversations that are told of at once: whoever comes back to thousands needs the connection for other things too.
const AT_ONCE: usize = 100;

/// What has come on this connection.
#[derive(Debug, Default)]
pub struct Arrivals {
    conversations: HashMap<ConversationId, Arrival>,
}

#[derive(Debug, Default)]
struct Arrival {
    /// Up to here.
    got: Seq,
    /// When others were last told.
    told_at: Option<Instant>,
    /// When they are to be told next.
    due: Option<Instant>,
}

impl Arrivals {
    /// When others are to be told next.
    pub fn deadline(&self) -> Option<Instant> {
        self.conversations.values().filter_map(|arrival| arrival.due).min()
    }

    fn note(&mut self, conversation: ConversationId, seq: Seq, now: Instant) {
        let arrival = self.conversations.entry(conversation).or_default();
        if seq > arrival.got {
            arrival.got = seq;
            let rested = arrival.told_at.map_or(now, |at| at + REPEAT);
            arrival.due.get_or_insert(rested.max(now + GRACE));
        }
    }

    /// What others are to be told now; what is too much waits a little longer.
    fn take_due(&mut self, now: Instant) -> Vec<(ConversationId, Seq)> {
        let is_due = |arrival: &Arrival| arrival.due.is_some_and(|at| at <= now);
        let mut taken = Vec::new();
        for (id, arrival) in self.conversations.iter_mut().filter(|(_, arrival)| is_due(arrival)) {
            if taken.len() < AT_ONCE {
                (arrival.due, arrival.told_at) = (None, Some(now));
                taken.push((*id, arrival.got));
            } else {
                arrival.due = Some(now + GRACE);
            }
        }
        taken
    }
}

impl Session {
    /// Takes note of the last message of somebody else among these entries, which are in order.
    pub(super) fn note_arrived(&mut self, conversation: ConversationId, entries: &[Entry], now: Instant) {
        let is_theirs =
            |entry: &&Entry| matches!(entry.body, Body::Message(_)) && self.me.as_ref() != Some(&entry.from);
        if let Some(seq) = entries.iter().rev().find(is_theirs).map(|entry| entry.seq) {
            self.note_arrived_up_to(conversation, seq, now);
        }
    }

    /// Takes note that everything up to a number is here. One's own notes concern nobody.
    pub(super) fn note_arrived_up_to(&mut self, conversation: ConversationId, seq: Seq, now: Instant) {
        if self.is_silent {
            return;
        }
        let Some(tracked) = self.conversations.get(&conversation) else { return };
        let is_of_interest = match &tracked.summary.kind {
            Kind::Direct { peer, .. } => self.me.as_ref() != Some(&peer.user),
            // In a larger one nobody is told.
            Kind::Group(group) => group.members as usize <= limits::WHISPERING_MEMBERS_MAX,
            Kind::Unknown => false,
        };
        if self.online && is_of_interest && !tracked.is_read(seq) {
            self.arrivals.note(conversation, seq, now);
        }
    }

    /// Tells others what is due, but for what they know from its having been read.
    pub(super) fn tell_arrivals(&mut self, now: Instant) {
        for (conversation, seq) in self.arrivals.take_due(now) {
            if self.conversations.get(&conversation).is_some_and(|tracked| !tracked.is_read(seq)) {
                let call = Call::Delivered(Delivered { conversation, seq });
                let request = Request { id: self.requests.unanswered(), call };
                self.outputs.push_back(Output::Request(request));
            }
        }
    }

    /// Whether the last word arrived is unknown; the next list says what is unread, and that is told again.
    pub(super) fn forget_arrivals(&mut self) {
        self.arrivals = Arrivals::default();
    }
}
