//! Who is in a group, as far as the server has told.

use chat_protocol::{Marks, Member, MemberChange, Peer, Role, UserName};
use std::collections::BTreeMap;

/// The members of one group, by name.
#[derive(Debug, Default, Clone)]
pub struct Roster {
    members: BTreeMap<UserName, Member>,
    /// Whether all of them have been told of.
    pub is_whole: bool,
    /// The page that is on its way: it begins behind this name, or is the first one.
    asked: Option<Option<UserName>>,
    /// Somebody has come since that page was asked for, and it may not tell of them.
    is_outdated: bool,
}

impl Roster {
    pub fn members(&self) -> impl ExactSizeIterator<Item = &Member> + Clone {
        self.members.values()
    }

    pub fn get(&self, user: &UserName) -> Option<&Member> {
        self.members.get(user)
    }

    /// Whether the first page is to be asked for now; else it is on its way, and is asked for once more if need be.
    pub fn begin(&mut self) -> bool {
        if self.asked.is_some() {
            self.is_outdated = true;
            return false;
        }
        self.asked = Some(None);
        true
    }

    /// The name behind which the next page begins; none when all are known, or a page is on its way.
    pub fn begin_next(&mut self) -> Option<UserName> {
        let (last, _) = self.members.last_key_value().filter(|_| !self.is_whole && self.asked.is_none())?;
        self.asked = Some(Some(last.clone()));
        Some(last.clone())
    }

    /// Takes in the page that was asked for; whether the first one has to be asked for again.
    pub fn take_page(&mut self, page: Vec<Member>, more: bool) -> bool {
        let is_first = self.asked.take().flatten().is_none();
        let known = if is_first { std::mem::take(&mut self.members) } else { BTreeMap::new() };
        for mut member in page {
            // A push may have come before the page, and tell more than it.
            if let Some(known) = known.get(&member.user) {
                member.marks = further(known.marks, member.marks);
            }
            self.members.insert(member.user.clone(), member);
        }
        self.is_whole = !more;
        std::mem::take(&mut self.is_outdated)
    }

    /// The page that was asked for does not come.
    pub fn give_up(&mut self) {
        (self.asked, self.is_outdated) = (None, false);
    }

    /// Somebody is further than was known. Whoever is not known yet comes with a page.
    pub fn take_marks(&mut self, user: &UserName, marks: Marks) {
        if let Some(member) = self.members.get_mut(user) {
            member.marks = further(member.marks, marks);
        }
    }

    /// Somebody is not there any more.
    pub fn remove(&mut self, user: &UserName) {
        self.members.remove(user);
    }

    /// Somebody came or went.
    pub fn take_presence(&mut self, peer: &Peer) {
        if let Some(member) = self.members.get_mut(&peer.user) {
            member.online = peer.online;
        }
    }

    /// What the log says about members; whether they have to be asked for again.
    pub fn take_change(&mut self, change: MemberChange, users: &[UserName]) -> bool {
        let role = match change {
            MemberChange::Added | MemberChange::Joined | MemberChange::Unknown => return true,
            MemberChange::Removed | MemberChange::Left => {
                users.iter().for_each(|user| drop(self.members.remove(user)));
                return false;
            }
            MemberChange::Promoted => Role::Admin,
            MemberChange::Demoted => Role::Member,
        };
        for user in users {
            if let Some(member) = self.members.get_mut(user) {
                member.role = role;
            }
        }
        false
    }
}

/// Marks only grow. But whoever has stopped telling what they read tells nothing.
fn further(known: Marks, told: Marks) -> Marks {
    Marks {
        delivered: known.delivered.max(told.delivered),
        read: told.read.map(|read| read.max(known.read.unwrap_or_default())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::fixture::{member, name, seq};

    fn shown(roster: &Roster) -> Vec<(&str, u64)> {
        roster.members().map(|member| (member.user.as_str(), member.marks.delivered.get())).collect()
    }

    #[test]
    fn pages_follow_each_other_and_pushes_are_not_lost() {
        let mut roster = Roster::default();
        assert!(roster.begin());
        assert_eq!(roster.begin_next(), None);
        assert!(!roster.begin(), "it is on its way");
        assert!(roster.take_page(vec![member("ann", 1, None), member("bob", 2, None)], true), "once more");
        roster.take_marks(&name("bob"), Marks { delivered: seq(9), read: Some(seq(8)) });
        roster.take_marks(&name("eve"), Marks { delivered: seq(9), read: None });
        assert_eq!(roster.begin_next(), Some(name("bob")));
        assert!(!roster.take_page(vec![member("eve", 3, None)], false));
        assert_eq!((shown(&roster), roster.is_whole), (vec![("ann", 1), ("bob", 9), ("eve", 3)], true));
        assert_eq!(roster.begin_next(), None);
        assert!(roster.begin());
        roster.take_page(vec![member("bob", 4, Some(4)), member("zoe", 0, None)], false);
        assert_eq!(shown(&roster), [("bob", 9), ("zoe", 0)]);
        assert_eq!(roster.get(&name("bob")).unwrap().marks.read, Some(seq(8)));
        roster.begin();
        roster.take_page(vec![member("bob", 4, None)], false);
        assert_eq!(roster.get(&name("bob")).unwrap().marks.read, None, "he tells no more what he reads");
    }

    #[test]
    fn the_log_tells_who_is_in() {
        let mut roster = Roster::default();
        roster.begin();
        roster.take_page(vec![member("ann", 1, None), member("bob", 2, None)], false);
        assert!(roster.take_change(MemberChange::Added, &[name("eve")]));
        assert!(!roster.take_change(MemberChange::Promoted, &[name("bob")]));
        assert_eq!(roster.get(&name("bob")).unwrap().role, Role::Admin);
        assert!(!roster.take_change(MemberChange::Left, &[name("ann")]));
        assert_eq!(shown(&roster), [("bob", 2)]);
    }
}
