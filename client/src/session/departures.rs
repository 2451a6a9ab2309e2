//! Those whose accounts end while somebody listens: all that is kept of them gets another name, and nothing of what they wrote stays.

use super::Session;
use super::catch_up::Tracked;
use crate::event::Event;
use chat_protocol::{ConversationId, Kind, Peer, Summary, Target, UserName};

/// Takes it in; whether that is news for whoever sees the summary.
fn forget_user(summary: &mut Summary, user: &UserName, now: &UserName) -> bool {
    let is_theirs = match &mut summary.kind {
        Kind::Direct { peer, .. } if peer.user == *user => {
            *peer = Peer { user: now.clone(), online: false, last_seen: None };
            true
        }
        _ => false,
    };
    if is_theirs {
        // Blocks end with an account.
        summary.preferences.blocked = false;
    }
    let is_last = summary.last.as_mut().is_some_and(|last| last.forget_user(user, now));
    is_theirs || is_last
}

impl Tracked {
    fn forget_user(&mut self, user: &UserName, now: &UserName) -> bool {
        for change in &mut self.changes {
            change.forget_user(user, now);
        }
        forget_user(&mut self.summary, user, now)
    }
}

impl Session {
    /// Somebody has gone, and nobody else has their name yet.
    pub(super) fn handle_gone(&mut self, user: UserName, now: UserName) {
        let is_peer = |name| self.conversations.values().any(|tracked| tracked.peer() == Some(name));
        // The list was quicker, and somebody else has the name by now.
        if is_peer(&now) && is_peer(&user) {
            return;
        }
        self.outgoing.quotes_forget(|_| true, &user, &now);
        self.leave_name(&user, &now);
        let touched = self.conversations.iter_mut();
        let touched = touched.filter_map(|(id, tracked)| tracked.forget_user(&user, &now).then_some(*id));
        let touched: Vec<ConversationId> = touched.collect();
        self.tell(Event::Gone { user, now });
        touched.into_iter().for_each(|id| self.tell_summary(id));
    }

    /// The other one of a conversation has gone while this client was away. Elsewhere somebody else may be called so by now.
    pub(super) fn handle_peer_gone(&mut self, conversation: ConversationId, user: UserName, now: UserName) {
        let here = Target::Conversation(conversation);
        self.outgoing.quotes_forget(|target| *target == here, &user, &now);
        if let Some(tracked) = self.conversations.get_mut(&conversation) {
            tracked.forget_user(&user, &now);
        }
        self.tell(Event::PeerGone { conversation, user, now });
    }
}

/// What the other one of a conversation was called and is, if they went between these two summaries.
pub fn renamed(before: &Summary, after: &Summary) -> Option<(UserName, UserName)> {
    match (&before.kind, &after.kind) {
        (Kind::Direct { peer: before, .. }, Kind::Direct { peer: after, .. })
            if !before.user.is_tombstone() && after.user.is_tombstone() =>
        {
            Some((before.user.clone(), after.user.clone()))
        }
        _ => None,
    }
}

/// A summary may have been read before a push that said that the other one has gone.
pub fn keep_gone(known: &Summary, told: &mut Summary) {
    if let Some((user, now)) = renamed(told, known) {
        forget_user(told, &user, &now);
    }
}
