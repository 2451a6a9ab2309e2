//! A group as it is at the very end of its log: who may do what in it, and what a further entry makes of it. Pure.
#![deny(clippy::disallowed_methods)]

use super::super::documents::{ConversationDocument, EntryKey, WatermarkDocument, number};
use super::super::effects::{Effect, Seating};
use crate::domain::{Place, Standing};
use crate::store::{AppendError, NewBody, UserId};
use chat_protocol::limits::{GROUP_MEMBERS_MAX, GROUPS_MAX};
use chat_protocol::{GroupChange, MemberChange, Past, Role};
use std::collections::{BTreeSet, HashMap};

/// How many groups users are in.
pub type Counts = HashMap<UserId, usize>;

/// What the entries of a log have made of a group.
#[derive(Debug, Clone)]
pub struct Group {
    maker: Option<UserId>,
    name: String,
    topic: String,
    public: bool,
    past: Past,
    /// After how many days its entries go; 0 when it has no rule of its own.
    retention_days: u32,
    /// The last entry that is in all this.
    since: i64,
    seats: HashMap<UserId, Seat>,
    /// Since when they are not in it any more.
    gone: HashMap<UserId, i64>,
}

/// A member's place.
#[derive(Debug, Clone, Copy)]
pub struct Seat {
    pub role: Role,
    /// The first entry that they see.
    pub first: i64,
    /// The entry that made it so.
    since: i64,
}

impl Group {
    /// As its documents tell, which may be ahead of what readers have been shown.
    pub fn of(document: &ConversationDocument, places: Vec<WatermarkDocument>) -> Option<Self> {
        let group = document.group.clone()?;
        let (mut seats, mut gone) = (HashMap::new(), HashMap::new());
        for place in places {
            let (user, since) = (UserId(place.id.user), place.since.unwrap_or_default());
            if let Some(role) = place.role {
                let first = place.first.unwrap_or_default();
                seats.insert(user, Seat { role, first, since });
            } else {
                gone.insert(user, since);
            }
        }
        let (maker, since) = (group.maker.map(UserId), group.since);
        let (name, topic, public, past) = (group.name, group.topic, group.public, group.past);
        let retention_days = group.retention_days;
        Some(Self { maker, name, topic, public, past, retention_days, since, seats, gone })
    }

    pub fn place(&self) -> Place {
        if self.public { Place::Public } else { Place::Private }
    }

    pub fn standing(&self, user: UserId) -> Standing {
        match self.seats.get(&user).map(|seat| seat.role) {
            Some(Role::Admin) => Standing::Admin,
            Some(Role::Member) => Standing::Member,
            None => Standing::Stranger,
        }
    }

    pub fn seat(&self, user: UserId) -> Option<&Seat> {
        self.seats.get(&user)
    }

    /// Everyone who is in it.
    pub fn members(&self) -> impl Iterator<Item = UserId> {
        self.seats.keys().copied()
    }

    /// Whether everybody finds it under this name.
    pub fn is_found_as(&self, name: &str) -> bool {
        self.public && self.name == name
    }

    /// Whether this may be its first entry.
    pub fn may_begin(&self, sender: UserId, change: &GroupChange) -> bool {
        self.maker == Some(sender) && change.name.is_some() && change.public.is_some()
    }

    /// The name that the change gives to what is found under its name.
    pub fn public_name<'a>(&self, change: &'a GroupChange) -> Option<&'a str> {
        let is_public = change.public.unwrap_or(self.public);
        change.name.as_ref().map(|name| name.as_str()).filter(|_| is_public)
    }

    /// Whether anything is otherwise after the change.
    pub fn is_changed_by(&self, change: &GroupChange) -> bool {
        let GroupChange { name, topic, past, retention_days, public: _ } = change;
        name.as_ref().is_some_and(|name| name.as_str() != self.name)
            || topic.as_ref().is_some_and(|topic| *topic != self.topic)
            || past.is_some_and(|past| past != self.past)
            || retention_days.is_some_and(|days| days != self.retention_days)
    }

    /// Of the users whom a change of the sender's names, those whom it concerns.
    pub fn concerned(
        &self,
        sender: UserId,
        change: MemberChange,
        users: &[UserId],
        counts: &Counts,
    ) -> Result<Vec<UserId>, AppendError> {
        use MemberChange::{Added, Demoted, Joined, Left, Promoted, Removed, Unknown};
        let is_concerned = |user: &&UserId| match (change, self.seats.get(user).map(|seat| seat.role)) {
            (Added | Joined, role) => role.is_none(),
            (Removed | Left, role) => role.is_some(),
            (Promoted, role) => role == Some(Role::Member),
            (Demoted, role) => role == Some(Role::Admin),
            (Unknown, _) => false,
        };
        let concerned: BTreeSet<_> = users.iter().filter(is_concerned).copied().collect();
        if change == Unknown || change == Removed && concerned.contains(&sender) {
            return Err(AppendError::NotAllowed);
        }
        if concerned.is_empty() {
            return Err(AppendError::NoChange);
        }
        if matches!(change, Added | Joined) && !self.has_room(&concerned, counts) {
            return Err(AppendError::GroupFull);
        }
        if matches!(change, Removed | Left | Demoted) && self.loses_all_admins(change, &concerned) {
            return Err(AppendError::LastAdmin);
        }
        Ok(concerned.into_iter().collect())
    }

    fn has_room(&self, coming: &BTreeSet<UserId>, counts: &Counts) -> bool {
        let is_in_too_many = |user: &UserId| counts.get(user).is_some_and(|groups| *groups >= GROUPS_MAX);
        self.seats.len() + coming.len() <= GROUP_MEMBERS_MAX && !coming.iter().any(is_in_too_many)
    }

    /// Whether others would be left in it without an admin. Whoever is alone may go.
    fn loses_all_admins(&self, change: MemberChange, going: &BTreeSet<UserId>) -> bool {
        let mut staying = self.seats.iter().filter(|(user, _)| !going.contains(user));
        let is_empty = change != MemberChange::Demoted && going.len() == self.seats.len();
        !is_empty && staying.all(|(_, seat)| seat.role != Role::Admin)
    }

    /// Takes in a further entry; what it does to the documents, if it is about the group.
    pub fn take(&mut self, key: EntryKey, by: UserId, body: &NewBody) -> Option<Effect> {
        let before = self.public.then(|| self.name.clone());
        let seatings = match body {
            NewBody::Group(change) => {
                self.describe(key.seq, change);
                if key.seq == 1 { self.seat_all(key.seq, &[by], Role::Admin) } else { Vec::new() }
            }
            NewBody::Members { change, users } => self.reseat(key.seq, *change, users),
            _ => return None,
        };
        if self.seats.is_empty() {
            self.public = false;
        }
        self.since = self.since.max(key.seq);
        let freed = before.filter(|name| !self.is_found_as(name));
        let (name, topic, public, past) = (self.name.clone(), self.topic.clone(), self.public, self.past);
        let (members, retention_days) = (self.seats.len(), self.retention_days);
        Some(Effect { key, seatings, name, topic, public, past, retention_days, members, freed })
    }

    fn describe(&mut self, seq: i64, change: &GroupChange) {
        if seq <= self.since {
            return;
        }
        let GroupChange { name, topic, past, public, retention_days } = change;
        if let Some(name) = name {
            name.as_str().clone_into(&mut self.name);
        }
        if let Some(topic) = topic {
            topic.clone_into(&mut self.topic);
        }
        self.past = past.unwrap_or(self.past);
        self.public = public.unwrap_or(self.public);
        self.retention_days = retention_days.unwrap_or(self.retention_days);
    }

    fn reseat(&mut self, seq: i64, change: MemberChange, users: &[UserId]) -> Vec<(UserId, Seating)> {
        match change {
            MemberChange::Added | MemberChange::Joined => self.seat_all(seq, users, Role::Member),
            MemberChange::Removed | MemberChange::Left => {
                for user in
                    users.iter().filter(|user| self.since_of(**user) < seq).copied().collect::<Vec<_>>()
                {
                    self.seats.remove(&user);
                    self.gone.insert(user, seq);
                }
                users.iter().map(|user| (*user, Seating::Gone)).collect()
            }
            MemberChange::Promoted | MemberChange::Demoted => {
                let role = if change == MemberChange::Promoted { Role::Admin } else { Role::Member };
                for user in users {
                    if let Some(seat) = self.seats.get_mut(user).filter(|seat| seat.since < seq) {
                        (seat.role, seat.since) = (role, seq);
                    }
                }
                users.iter().map(|user| (*user, Seating::Holds(role))).collect()
            }
            MemberChange::Unknown => Vec::new(),
        }
    }

    /// They come with this entry. The first one is seen by all who are there with it.
    fn seat_all(&mut self, seq: i64, users: &[UserId], role: Role) -> Vec<(UserId, Seating)> {
        let first = if self.past == Past::None { seq } else { 1 };
        for user in users {
            if self.since_of(*user) < seq {
                self.gone.remove(user);
                self.seats.insert(*user, Seat { role, first, since: seq });
            }
        }
        users.iter().map(|user| (*user, Seating::Sits { role, first, read: seq - 1 })).collect()
    }

    fn since_of(&self, user: UserId) -> i64 {
        let seat = self.seats.get(&user).map(|seat| seat.since);
        seat.or_else(|| self.gone.get(&user).copied()).unwrap_or_default()
    }
}

impl Effect {
    /// The number of members, for the document.
    pub fn count(&self) -> i64 {
        number(self.members as u64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use AppendError::{GroupFull, LastAdmin, NoChange, NotAllowed};
    use MemberChange::{Added, Demoted, Left, Promoted, Removed};

    const ANN: UserId = UserId(1);
    const BOB: UserId = UserId(2);
    const EVE: UserId = UserId(3);

    fn key(seq: i64) -> EntryKey {
        EntryKey { conversation: 9, seq }
    }

    fn members(change: MemberChange, users: &[UserId]) -> NewBody {
        NewBody::Members { change, users: users.to_vec() }
    }

    /// Ann's group, in which bob is.
    fn group(past: Past) -> Group {
        let mut group = Group {
            retention_days: 0,
            maker: Some(ANN),
            name: String::new(),
            topic: String::new(),
            public: false,
            past: Past::All,
            since: 0,
            seats: HashMap::new(),
            gone: HashMap::new(),
        };
        let (name, public) = (Some("ops".parse().unwrap()), Some(true));
        group.take(
            key(1),
            ANN,
            &NewBody::Group(GroupChange { name, public, past: Some(past), ..GroupChange::default() }),
        );
        group.take(key(2), ANN, &members(Added, &[BOB]));
        group
    }

    #[test]
    fn whom_a_change_concerns() {
        let group = group(Past::All);
        let in_many = Counts::from([(EVE, GROUPS_MAX)]);
        for (change, users, counts, expected) in [
            (Added, &[EVE, BOB][..], &Counts::new(), Ok(vec![EVE])),
            (Added, &[BOB], &Counts::new(), Err(NoChange)),
            (Added, &[EVE], &in_many, Err(GroupFull)),
            (Removed, &[EVE], &in_many, Err(NoChange)),
            (Removed, &[BOB, EVE, BOB], &in_many, Ok(vec![BOB])),
            (Removed, &[ANN, BOB], &in_many, Err(NotAllowed)),
            (Promoted, &[ANN, BOB], &in_many, Ok(vec![BOB])),
            (Demoted, &[BOB], &in_many, Err(NoChange)),
            (Demoted, &[ANN], &in_many, Err(LastAdmin)),
            (Left, &[ANN], &in_many, Err(LastAdmin)),
            (MemberChange::Unknown, &[BOB], &in_many, Err(NotAllowed)),
        ] {
            assert_eq!(group.concerned(ANN, change, users, counts), expected, "{change:?} {users:?}");
        }
    }

    #[test]
    fn a_group_has_room_for_so_many() {
        let mut group = group(Past::All);
        let others = |numbers: std::ops::Range<usize>| {
            numbers.map(|number| UserId(100 + i64::try_from(number).unwrap())).collect::<Vec<_>>()
        };
        group.take(key(3), ANN, &members(Added, &others(0..GROUP_MEMBERS_MAX - 3)));
        let coming = others(GROUP_MEMBERS_MAX - 3..GROUP_MEMBERS_MAX - 1);
        let adds = |users: &[UserId]| group.concerned(ANN, Added, users, &Counts::new());
        assert_eq!((adds(&coming), adds(&coming[..1])), (Err(GroupFull), Ok(coming[..1].to_vec())));
    }

    #[test]
    fn whoever_is_alone_may_go_and_closes_it() {
        let mut group = group(Past::All);
        group.take(key(3), ANN, &members(Removed, &[BOB]));
        assert!(group.concerned(ANN, Left, &[ANN], &Counts::new()).is_ok() && group.is_found_as("ops"));
        let effect = group.take(key(4), ANN, &members(Left, &[ANN])).unwrap();
        assert_eq!((effect.public, effect.members, effect.freed.as_deref()), (false, 0, Some("ops")));
    }

    /// Places are read after the heads, so they may be of later entries than those that are taken in again.
    #[test]
    fn what_is_known_already_changes_nothing_again() {
        let mut group = group(Past::None);
        let log = [
            members(Added, &[EVE]),
            NewBody::Group(GroupChange { past: Some(Past::All), ..GroupChange::default() }),
            members(Promoted, &[EVE]),
            members(Removed, &[BOB]),
        ];
        for _ in 0..2 {
            for (seq, body) in (3..).zip(&log) {
                group.take(key(seq), ANN, body);
            }
            let eve = group.seat(EVE).unwrap();
            assert_eq!((eve.role, eve.first, group.past), (Role::Admin, 3, Past::All));
            assert!(group.seat(BOB).is_none() && group.seats.len() == 2);
        }
    }
}
