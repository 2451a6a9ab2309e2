//! Who has got a message of a group, and who has read it.

use super::Roster;
use crate::app::Model;
use crate::app::rows::Mark;
use chat_protocol::{Marks, Seq, UserName};

/// How far everybody but its sender is with a message.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Reading {
    pub read: Vec<UserName>,
    /// It has reached them, and they have not read it or do not tell.
    pub delivered: Vec<UserName>,
    pub missing: Vec<UserName>,
}

impl Reading {
    pub fn of(roster: &Roster, from: &UserName, seq: Seq) -> Self {
        let mut reading = Self::default();
        for member in roster.members().filter(|member| member.user != *from) {
            let place = match member.marks {
                Marks { read, .. } if read >= Some(seq) => &mut reading.read,
                Marks { delivered, .. } if delivered >= seq => &mut reading.delivered,
                _ => &mut reading.missing,
            };
            place.push(member.user.clone());
        }
        reading
    }

    /// How many they are.
    pub fn others(&self) -> usize {
        self.read.len() + self.delivered.len() + self.missing.len()
    }

    /// How far the message is with all of them.
    pub fn mark(&self) -> Mark {
        match (self.others(), self.missing.len(), self.delivered.len()) {
            (0, ..) => Mark::Sent,
            (_, 0, 0) => Mark::Read,
            (_, 0, _) => Mark::Delivered,
            _ => Mark::Sent,
        }
    }
}

/// How far all others are with a message of the selected group; none while not all members are known.
pub fn readers(model: &Model, from: &UserName, seq: Seq) -> Option<Reading> {
    model.group_here().ok()?;
    let roster = model.roster_here().filter(|roster| roster.is_whole)?;
    let mut reading = Reading::of(roster, from, seq);
    // Nobody tells the user what they have read themselves.
    if model.chats.selected().is_some_and(|chat| chat.summary.read >= seq) {
        let is_me = |user: &UserName| *user == model.me;
        let mine = reading.delivered.extract_if(.., |user| is_me(user)).next();
        let mine = mine.or_else(|| reading.missing.extract_if(.., |user| is_me(user)).next());
        reading.read.extend(mine);
    }
    Some(reading)
}

/// `read by 2 of 5`, of a message of the selected group.
pub fn readers_words(model: &Model, from: &UserName, seq: Seq) -> Option<String> {
    let reading = readers(model, from, seq).filter(|reading| reading.others() > 0)?;
    Some(format!("read by {} of {}", reading.read.len(), reading.others()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::fixture::{member, name, seq};

    #[test]
    fn a_message_is_as_far_as_the_last_of_the_others() {
        for (members, mark, read) in [
            (vec![member("ann", 9, Some(9))], Mark::Sent, 0),
            (vec![member("ann", 9, Some(9)), member("bob", 2, None)], Mark::Sent, 0),
            (vec![member("bob", 3, Some(1)), member("eve", 4, Some(3))], Mark::Delivered, 1),
            (vec![member("bob", 3, None), member("eve", 4, Some(3))], Mark::Delivered, 1),
            (vec![member("bob", 3, Some(3)), member("eve", 4, Some(4))], Mark::Read, 2),
        ] {
            let mut roster = Roster::default();
            roster.begin();
            roster.take_page(members.clone(), false);
            let reading = Reading::of(&roster, &name("ann"), seq(3));
            assert_eq!((reading.mark(), reading.read.len()), (mark, read), "{members:?}");
        }
    }
}
