//! What becomes of entries when somebody's account ends: another name stands in the place of theirs, and nothing is left of what
//! they wrote.

use crate::{Body, Entry, Message, Quote, UserName};

/// How the name begins that stands in the place of one whose account has ended. Nobody can register one, so nobody is mistaken for
/// somebody who has gone.
pub const TOMBSTONE: &str = "deleted-";

impl UserName {
    /// Whether this stands in the place of somebody who has gone, or could be mistaken for it.
    pub fn is_tombstone(&self) -> bool {
        self.as_str().starts_with(TOMBSTONE)
    }
}

impl Entry {
    /// Takes in that `user` has gone and is called `now` in what is left of them; false when it has nothing of them. When that was is
    /// not told with it: until it is read again, a message of theirs counts as deleted since it was sent.
    pub fn forget_user(&mut self, user: &UserName, now: &UserName) -> bool {
        let is_theirs = rename(&mut self.from, user, now);
        let (seq, at) = (self.seq, self.at);
        let has_more = match &mut self.body {
            Body::Message(message) if is_theirs => {
                if message.deleted_at.is_none() {
                    *message = Message { deleted_at: Some(at), changed: Some(seq), ..Message::default() };
                }
                false
            }
            Body::Message(message) => message.forget_user(user, now),
            Body::Edit { text, .. } if is_theirs => {
                text.clear();
                false
            }
            Body::Members { users, .. } => rename_all(users, user, now),
            Body::Edit { .. }
            | Body::Deletion { .. }
            | Body::Reaction { .. }
            | Body::Group(_)
            | Body::Unknown => false,
        };
        is_theirs || has_more
    }
}

impl Message {
    /// The same of a message of somebody else: whom it mentions and quotes, and who has reacted to it.
    pub fn forget_user(&mut self, user: &UserName, now: &UserName) -> bool {
        let mut has_any = rename_all(&mut self.mentions, user, now);
        if let Some(quote) = &mut self.reply_to {
            has_any |= quote.forget_user(user, now);
        }
        for one in &mut self.reactions {
            has_any |= rename_all(&mut one.users, user, now);
        }
        has_any
    }
}

impl Quote {
    /// The same of the beginning of a message.
    pub fn forget_user(&mut self, user: &UserName, now: &UserName) -> bool {
        let is_theirs = rename(&mut self.from, user, now);
        if is_theirs {
            (self.text, self.file, self.deleted) = (String::new(), None, true);
        }
        is_theirs
    }
}

fn rename(name: &mut UserName, user: &UserName, now: &UserName) -> bool {
    let is_meant = name == user;
    if is_meant {
        name.clone_from(now);
    }
    is_meant
}

fn rename_all(names: &mut [UserName], user: &UserName, now: &UserName) -> bool {
    let mut has_any = false;
    for name in names {
        has_any |= rename(name, user, now);
    }
    has_any
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{ConversationId, MemberChange, Reactions, Seq};

    fn name(text: &str) -> UserName {
        text.parse().unwrap()
    }

    fn seq(number: u64) -> Seq {
        Seq::new(number).unwrap()
    }

    fn entry(from: &str, body: Body) -> Entry {
        let (conversation, from) = (ConversationId::from_bits(1), name(from));
        Entry { conversation, seq: seq(7), at: 70, from, client_id: "c".parse().unwrap(), body }
    }

    fn forgotten(from: &str, body: Body) -> Option<Entry> {
        let mut entry = entry(from, body);
        entry.forget_user(&name("bob"), &name("deleted-1")).then_some(entry)
    }

    #[test]
    fn a_tombstone_is_known_by_its_beginning() {
        for (text, expected) in
            [("deleted-1a2b", true), ("deleted-", true), ("deleted", false), ("undeleted-1", false)]
        {
            assert_eq!(name(text).is_tombstone(), expected, "{text}");
        }
    }

    #[test]
    fn nothing_is_left_of_what_they_wrote() {
        let message = || Body::Message(Message { mentions: vec![name("ann")], ..Message::of("secret") });
        let gone = Message { deleted_at: Some(70), changed: Some(seq(7)), ..Message::default() };
        assert_eq!(forgotten("bob", message()), Some(entry("deleted-1", Body::Message(gone))));
        let edit = |text: &str| Body::Edit { target: seq(1), text: text.to_owned() };
        assert_eq!(forgotten("bob", edit("secret")), Some(entry("deleted-1", edit(""))));
        let deleted = Body::Message(Message { deleted_at: Some(75), ..Message::default() });
        assert_eq!(
            forgotten("bob", deleted.clone()),
            Some(entry("deleted-1", deleted)),
            "when it was deleted stays"
        );
    }

    #[test]
    fn others_keep_what_they_wrote_and_know_them_by_another_name() {
        for body in [Body::Message(Message::of("@bob")), Body::Deletion { target: seq(1) }, Body::Unknown] {
            assert_eq!(forgotten("ann", body), None);
        }
        let quote = |from: &str, text: &str, deleted| Quote {
            seq: seq(1),
            from: name(from),
            text: text.to_owned(),
            file: None,
            deleted,
        };
        let message = |who: &str, quote| {
            let users = vec![name("ann"), name(who)];
            Body::Message(Message {
                reply_to: Some(Box::new(quote)),
                mentions: vec![name(who)],
                reactions: vec![Reactions { emoji: "👍".to_owned(), users }],
                ..Message::of("hi @bob")
            })
        };
        let after = message("deleted-1", quote("deleted-1", "", true));
        assert_eq!(
            forgotten("ann", message("bob", quote("bob", "secret", false))),
            Some(entry("ann", after))
        );
        let members = |who: &str| Body::Members { change: MemberChange::Added, users: vec![name(who)] };
        assert_eq!(forgotten("ann", members("bob")), Some(entry("ann", members("deleted-1"))));
    }
}
