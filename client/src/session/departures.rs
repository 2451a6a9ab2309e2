//! Those whose accounts end while somebody listens: all that is kept of them gets another name, and nothing of what they wrote stays.

use super::Session;
use super::catch_up::Tracked;
use crate::event::Event;
use chat_protocol::{ConversationId, Kind, Peer, Summary, UserName};

impl Tracked {
    /// Takes it in; whether that is news for whoever sees its summary.
    fn forget_user(&mut self, user: &UserName, now: &UserName) -> bool {
        for change in &mut self.changes {
            change.forget_user(user, now);
        }
        let is_theirs = match &mut self.summary.kind {
            Kind::Direct { peer, .. } if peer.user == *user => {
                *peer = Peer { user: now.clone(), online: false, last_seen: None };
                true
            }
            _ => false,
        };
        if is_theirs {
            // Blocks end with an account.
            self.summary.preferences.blocked = false;
        }
        let is_last = self.summary.last.as_mut().is_some_and(|last| last.forget_user(user, now));
        is_theirs || is_last
    }
}

impl Session {
    /// Somebody has gone.
    pub(super) fn handle_gone(&mut self, user: UserName, now: UserName) {
        self.outgoing.quotes_forget(&user, &now);
        self.leave_name(&user, &now);
        let touched = self.conversations.iter_mut();
        let touched = touched.filter_map(|(id, tracked)| tracked.forget_user(&user, &now).then_some(*id));
        let touched: Vec<ConversationId> = touched.collect();
        self.tell(Event::Gone { user, now });
        touched.into_iter().for_each(|id| self.tell_summary(id));
    }

    /// Whether the other one of a conversation has gone while this client was away: what they were called, and are.
    pub(super) fn has_gone(known: &Summary, told: &Summary) -> Option<(UserName, UserName)> {
        match (&known.kind, &told.kind) {
            (Kind::Direct { peer: known, .. }, Kind::Direct { peer: told, .. })
                if known.user != told.user =>
            {
                Some((known.user.clone(), told.user.clone()))
            }
            _ => None,
        }
    }
}
