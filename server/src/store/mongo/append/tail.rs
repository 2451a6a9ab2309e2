//! The end of a log as a batch finds it, and as each of its entries leaves it. Pure.
#![deny(clippy::disallowed_methods)]

use super::super::documents::{EntryKey, number};
use super::super::effects::Effect;
use super::group::Group;
use crate::domain::{Act, Place, Standing, Verdict, may};
use crate::store::{NewBody, UserId};
use chat_protocol::{Seq, UnixMillis};
use std::sync::Arc;

/// The end of a log.
#[derive(Debug, Clone)]
pub struct Tail {
    /// The first number that can be read, or could when it was looked at.
    pub first: Seq,
    /// The last number that is taken.
    pub head: Seq,
    /// The last number that readers have been shown.
    pub shown: Seq,
    /// The last entry's time.
    pub activity: UnixMillis,
    pub members: Arc<[UserId]>,
    /// What each of two people is there.
    pub of_two: Standing,
    /// What a group is there. It is shared, for most batches change nothing of it.
    pub group: Option<Arc<Group>>,
}

impl Tail {
    /// What the table says.
    pub fn may(&self, user: UserId, act: Act) -> Verdict {
        match &self.group {
            Some(group) => may(group.place(), group.standing(user), act),
            None if !self.members.contains(&user) => may(Place::Direct, Standing::Stranger, act),
            None => may(Place::Direct, self.of_two, act),
        }
    }

    /// Whether the user is in it.
    pub fn has(&self, user: UserId) -> bool {
        match &self.group {
            Some(group) => group.seat(user).is_some(),
            None => self.members.contains(&user),
        }
    }

    /// Takes in a further entry; what it does to the group's documents, if it is about the group.
    pub fn take(&mut self, key: EntryKey, by: UserId, body: &NewBody) -> Option<Effect> {
        if !matches!(body, NewBody::Group(_) | NewBody::Members { .. }) {
            return None;
        }
        let group = Arc::make_mut(self.group.as_mut()?);
        let effect = group.take(key, by, body);
        self.members = group.members().collect();
        effect
    }

    /// Whether it is a group that everybody finds under this name.
    pub fn is_found_as(&self, name: &str) -> bool {
        self.group.as_ref().is_some_and(|group| group.is_found_as(name))
    }

    /// Whether the user can see an entry.
    pub fn shows(&self, user: UserId, seq: Seq) -> bool {
        let seat = self.group.as_ref().and_then(|group| group.seat(user));
        seq >= self.first && seat.is_none_or(|seat| number(seq.get()) >= seat.first)
    }

    /// There is an entry with this number and time.
    pub fn reaches(&mut self, seq: Seq, at: UnixMillis) {
        self.head = self.head.max(seq);
        self.activity = self.activity.max(at);
    }
}
