//! Names of users and groups: what one stands for now, and what becomes of the messages that wait for one.
//!
//! A name may be another's later. So a message has one only as long as no conversation is known by it.

use super::catch_up::Tracked;
use super::{Output, Session};
use crate::event::Outgoing;
use chat_protocol::{ConversationId, Kind, Target, UserName};
use std::time::Instant;

impl Tracked {
    /// Whether this name stands for it.
    fn goes_by(&self, name: &Target) -> bool {
        match (name, &self.summary.kind) {
            (Target::To(user), Kind::Direct { peer, .. }) => peer.user == *user,
            (Target::Group(name), Kind::Group(group)) => group.public && group.name == *name,
            _ => false,
        }
    }
}

impl Session {
    /// The conversation that a target stands for, if one is known. Where two go by the same name, one of them is called otherwise by
    /// now: only the server knows which.
    pub(crate) fn known_as(&self, target: &Target) -> Target {
        let mut known = self.conversations.values().filter(|tracked| tracked.goes_by(target));
        match (known.next(), known.next()) {
            (Some(one), None) => Target::Conversation(one.summary.conversation),
            _ => target.clone(),
        }
    }

    /// A conversation is told of: what waits for its name is for it.
    pub(super) fn resolve_name_of(&mut self, id: ConversationId) {
        if let Some(tracked) = self.conversations.get(&id) {
            let there = Target::Conversation(id);
            let moved = self.outgoing.retarget(|target| tracked.goes_by(target), &there);
            self.keep_anew(moved);
        }
    }

    /// The server has said what a name stands for.
    pub(super) fn resolve(&mut self, name: &Target, id: ConversationId) {
        let moved = self.outgoing.retarget(|target| target == name, &Target::Conversation(id));
        self.keep_anew(moved);
    }

    /// Somebody has gone: what waits for their name is for nobody else who takes it.
    pub(super) fn leave_name(&mut self, user: &UserName, now: &UserName) {
        let named = Target::To(user.clone());
        let moved = self.outgoing.retarget(|target| *target == named, &Target::To(now.clone()));
        self.keep_anew(moved);
    }

    /// The disk has been asked to keep these as they are now. Until it does, they wait.
    pub fn handle_kept(&mut self, messages: &[Outgoing], is_kept: bool, now: Instant) {
        messages.iter().for_each(|message| self.outgoing.handle_kept(&message.client_id, is_kept, now));
        self.pump(now);
    }

    fn keep_anew(&mut self, moved: Vec<Outgoing>) {
        if moved.is_empty() {
            return;
        }
        self.outputs.push_back(Output::Keep(moved.clone()));
        moved.into_iter().for_each(|message| self.tell_outgoing(message));
    }

    /// Asks the disk once more for what it did not take.
    pub(super) fn keep_again(&mut self, now: Instant) {
        let unkept = self.outgoing.take_unkept(now);
        if !unkept.is_empty() {
            self.outputs.push_back(Output::Keep(unkept));
        }
    }
}
