//! Who is typing: what others are doing until their leases run out, and what they are told of the user.

use super::{Output, Session};
use crate::event::Event;
use chat_protocol::{Call, ConversationId, NotifyTyping, Peer, Request, Target, Typing, UserName, limits};
use std::time::{Duration, Instant};

/// While the user goes on typing, others are told once in this time.
const REPEAT: Duration = Duration::from_millis(limits::TYPING_REPEAT_MS);
/// How long others believe it.
const LEASE: Duration = Duration::from_millis(limits::TYPING_LEASE_MS);
/// However long a lease a server gives.
const LEASE_MAX: Duration = Duration::from_secs(60);
/// Those who type at the same time. More are passed over.
const TYPISTS_MAX: usize = 1000;

/// Those who are typing, the user too.
#[derive(Debug, Default)]
pub struct Typists {
    /// Where, who, until when.
    theirs: Vec<(ConversationId, UserName, Instant)>,
    /// Where others were last told that the user is typing, and when.
    own: Option<(Target, Instant)>,
}

impl Typists {
    /// When the next one is not believed any more.
    pub fn deadline(&self) -> Option<Instant> {
        self.theirs.iter().map(|(_, _, until)| *until).min()
    }

    /// What others are to be told when the user types at `place`, or has stopped there.
    fn notices(&mut self, place: Target, stopped: bool, now: Instant) -> Vec<NotifyTyping> {
        let told = self.own.take().filter(|(_, at)| now.saturating_duration_since(*at) < LEASE);
        match told {
            Some((told, at)) if told == place => {
                if stopped {
                    return vec![NotifyTyping { target: place, stopped }];
                }
                if now.saturating_duration_since(at) < REPEAT {
                    self.own = Some((told, at));
                    return Vec::new();
                }
                self.own = Some((told, now));
                vec![NotifyTyping { target: place, stopped }]
            }
            told if stopped => {
                self.own = told;
                Vec::new()
            }
            told => {
                self.own = Some((place.clone(), now));
                let left = told.map(|(target, _)| NotifyTyping { target, stopped: true });
                left.into_iter().chain([NotifyTyping { target: place, stopped }]).collect()
            }
        }
    }

    /// Keeps or ends a lease; true when that is news.
    fn hear(&mut self, conversation: ConversationId, user: &UserName, until: Option<Instant>) -> bool {
        let known = self.theirs.iter().position(|(at, who, _)| *at == conversation && who == user);
        match (known, until) {
            (Some(known), Some(until)) => {
                self.theirs[known].2 = until;
                false
            }
            (Some(known), None) => {
                self.theirs.remove(known);
                true
            }
            (None, Some(until)) if self.theirs.len() < TYPISTS_MAX => {
                self.theirs.push((conversation, user.clone(), until));
                true
            }
            (None, _) => false,
        }
    }
}

impl Session {
    /// Tells the others, if there is somebody to be told and it is time for it.
    pub(super) fn notify_typing(&mut self, target: &Target, stopped: bool, now: Instant) {
        if !self.online {
            return;
        }
        let place = self.known_as(target);
        for notice in self.typists.notices(place, stopped, now) {
            let request = Request { id: self.requests.unanswered(), call: Call::Typing(notice) };
            self.outputs.push_back(Output::Request(request));
        }
    }

    /// A whisper about somebody.
    pub(super) fn handle_typing(&mut self, typing: Typing, now: Instant) {
        let Typing { conversation, user, lease_ms } = typing;
        if self.me.as_ref() == Some(&user) || !self.conversations.contains_key(&conversation) {
            return;
        }
        let lease = Duration::from_millis(lease_ms).min(LEASE_MAX);
        let until = (!lease.is_zero()).then(|| now + lease);
        if self.typists.hear(conversation, &user, until) {
            self.tell(Event::Typing { conversation, user, typing: until.is_some() });
        }
    }

    /// Whoever says something has stopped typing it.
    pub(super) fn end_typing(&mut self, conversation: ConversationId, user: &UserName) {
        if self.typists.hear(conversation, user, None) {
            self.tell(Event::Typing { conversation, user: user.clone(), typing: false });
        }
    }

    /// Whoever has gone types nowhere.
    pub(super) fn handle_typist_moved(&mut self, peer: &Peer) {
        if !peer.online {
            self.end_typing_if(|user, _| *user == peer.user);
        }
    }

    /// Whoever was not heard of again in time has stopped.
    pub(super) fn expire_typing(&mut self, now: Instant) {
        self.end_typing_if(|_, until| until <= now);
    }

    /// Without a connection nobody knows.
    pub(super) fn forget_typing(&mut self) {
        self.typists.own = None;
        self.end_typing_if(|_, _| true);
    }

    fn end_typing_if(&mut self, is_over: impl Fn(&UserName, Instant) -> bool) {
        for (conversation, user, _) in
            self.typists.theirs.extract_if(.., |(_, who, until)| is_over(who, *until))
        {
            let event = Event::Typing { conversation, user, typing: false };
            self.outputs.push_back(Output::Event(event));
        }
    }
}
