//! Entries of a conversation's log, and what a message has become by those that came after it.

use crate::limits::QUOTE_CHARS_MAX;
use crate::{Attachment, ClientId, ConversationId, GroupChange, MemberChange, Seq, UnixMillis, UserName};
use serde::{Deserialize, Serialize};
use std::ops::Not;

/// One entry of a conversation's append-only log. What has been seen under (conversation, seq) never changes, but for what
/// a later entry does to it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// The conversation it stands in.
    pub conversation: ConversationId,
    /// Its number there: 1, 2, 3, ... without holes.
    pub seq: Seq,
    /// When the server stored it.
    pub at: UnixMillis,
    /// Who sent it.
    pub from: UserName,
    /// The sender's id of it, by which the sender's devices know their own.
    pub client_id: ClientId,
    /// What it says.
    #[serde(flatten)]
    pub body: Body,
}

/// What an entry says, by its `kind`. Clients must expect kinds that they do not know.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Body {
    /// A text written by a person or a script, or a file, or both.
    Message(Message),
    /// Another text for a message of the sender's.
    Edit {
        /// The message's number.
        target: Seq,
        /// Its text from here on; empty once the message is deleted.
        text: String,
    },
    /// A message is taken back: its text and its file are gone, in the store too.
    Deletion {
        /// The message's number.
        target: Seq,
    },
    /// A reaction to a message, or the end of one.
    Reaction {
        /// The message's number.
        target: Seq,
        /// One emoji.
        emoji: String,
        /// True when the sender takes theirs back.
        #[serde(default, skip_serializing_if = "Not::not")]
        removed: bool,
    },
    /// A group is made, or changes.
    Group(GroupChange),
    /// Members of a group come, go, or may do something else.
    Members {
        /// What happens.
        change: MemberChange,
        /// To whom.
        users: Vec<UserName>,
    },
    /// A kind that this build does not know. It has its number in the log all the same.
    #[serde(other)]
    Unknown,
}

impl Body {
    /// The number of the message that this changes.
    pub fn target(&self) -> Option<Seq> {
        match self {
            Self::Edit { target, .. } | Self::Deletion { target } | Self::Reaction { target, .. } => {
                Some(*target)
            }
            Self::Message(_) | Self::Group(_) | Self::Members { .. } | Self::Unknown => None,
        }
    }
}

/// A message. In a page it is told as it is at the page's head; later entries are applied to it one by one.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    /// The text, as written: any Unicode but NUL, so it must be made safe before it is drawn. It may be empty when
    /// there is a file, and is when the message is deleted.
    pub text: String,
    /// The file that hangs on it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file: Option<Box<Attachment>>,
    /// The message that this one answers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reply_to: Option<Box<Quote>>,
    /// Which of its readers it names, as `@name`, by who was in the conversation when it was sent.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub mentions: Vec<UserName>,
    /// When its text was last changed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub edited_at: Option<UnixMillis>,
    /// When it was deleted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deleted_at: Option<UnixMillis>,
    /// Who reacted how, in the order of the first reaction with each emoji.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub reactions: Vec<Reactions>,
    /// The number of the last entry that is in this already.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub changed: Option<Seq>,
}

/// All reactions to a message with one emoji.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reactions {
    /// The emoji.
    pub emoji: String,
    /// Whose they are, the first one first; never nobody's.
    pub users: Vec<UserName>,
}

/// The beginning of the message that another one answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Quote {
    /// Its number.
    pub seq: Seq,
    /// Who sent it.
    pub from: UserName,
    /// Its text, cut to [`QUOTE_CHARS_MAX`] characters.
    pub text: String,
    /// The name of its file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
    /// Whether it is deleted.
    #[serde(default, skip_serializing_if = "Not::not")]
    pub deleted: bool,
}

impl Message {
    /// A message that says just this.
    pub fn of(text: impl Into<String>) -> Self {
        Self { text: text.into(), ..Self::default() }
    }

    /// Takes in an entry that is about this message; false when it changes nothing, for example because it is in
    /// this already.
    pub fn apply(&mut self, seq: Seq, at: UnixMillis, from: &UserName, body: &Body) -> bool {
        if self.deleted_at.is_some() || self.changed.is_some_and(|changed| seq <= changed) {
            return false;
        }
        let changes = match body {
            Body::Edit { text, .. } => {
                self.text.clone_from(text);
                self.edited_at = Some(at);
                true
            }
            Body::Deletion { .. } => {
                *self = Self { deleted_at: Some(at), ..Self::default() };
                true
            }
            Body::Reaction { emoji, removed: false, .. } => self.add_reaction(emoji, from),
            Body::Reaction { emoji, removed: true, .. } => self.remove_reaction(emoji, from),
            Body::Message(_) | Body::Group(_) | Body::Members { .. } | Body::Unknown => return false,
        };
        self.changed = Some(seq);
        changes
    }

    fn add_reaction(&mut self, emoji: &str, from: &UserName) -> bool {
        match self.reactions.iter_mut().find(|one| one.emoji == emoji) {
            Some(one) if one.users.contains(from) => false,
            Some(one) => {
                one.users.push(from.clone());
                true
            }
            None => {
                self.reactions.push(Reactions { emoji: emoji.to_owned(), users: vec![from.clone()] });
                true
            }
        }
    }

    fn remove_reaction(&mut self, emoji: &str, from: &UserName) -> bool {
        let Some(at) = self.reactions.iter().position(|one| one.emoji == emoji) else { return false };
        let users = &mut self.reactions[at].users;
        let before = users.len();
        users.retain(|user| user != from);
        let is_less = users.len() < before;
        if users.is_empty() {
            self.reactions.remove(at);
        }
        is_less
    }
}

impl Quote {
    /// The beginning of this message.
    pub fn of(seq: Seq, from: UserName, message: &Message) -> Self {
        let file = message.file.as_ref().map(|file| file.name.clone());
        let deleted = message.deleted_at.is_some();
        Self { seq, from, text: beginning(&message.text), file, deleted }
    }

    /// Takes in an entry that is about the quoted message; false when it changes nothing.
    pub fn apply(&mut self, body: &Body) -> bool {
        if body.target() != Some(self.seq) || self.deleted {
            return false;
        }
        match body {
            Body::Edit { text, .. } => self.text = beginning(text),
            Body::Deletion { .. } => {
                (self.text, self.file, self.deleted) = (String::new(), None, true);
            }
            _ => return false,
        }
        true
    }
}

fn beginning(text: &str) -> String {
    match text.char_indices().nth(QUOTE_CHARS_MAX) {
        Some((cut, _)) => format!("{}…", &text[..cut]),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seq(number: u64) -> Seq {
        Seq::new(number).unwrap()
    }

    fn name(text: &str) -> UserName {
        text.parse().unwrap()
    }

    fn edit(text: &str) -> Body {
        Body::Edit { target: seq(1), text: text.to_owned() }
    }

    fn reaction(emoji: &str, removed: bool) -> Body {
        Body::Reaction { target: seq(1), emoji: emoji.to_owned(), removed }
    }

    fn reactions(message: &Message) -> Vec<(&str, Vec<&str>)> {
        let told = message.reactions.iter();
        told.map(|one| (one.emoji.as_str(), one.users.iter().map(UserName::as_str).collect())).collect()
    }

    #[test]
    fn changes_are_taken_in_once_and_in_their_order() {
        let (ann, bob) = (name("ann"), name("bob"));
        let mut message = Message::of("helo");
        assert!(message.apply(seq(3), 30, &ann, &edit("hello")));
        assert!(!message.apply(seq(2), 20, &ann, &edit("hel")), "it is in this already");
        assert_eq!((message.text.as_str(), message.edited_at), ("hello", Some(30)));
        assert!(message.apply(seq(4), 40, &bob, &reaction("👍", false)));
        assert!(!message.apply(seq(5), 50, &bob, &reaction("👍", false)), "once is enough");
        assert!(message.apply(seq(6), 60, &ann, &reaction("👍", false)));
        assert!(message.apply(seq(7), 70, &ann, &reaction("🎉", false)));
        assert_eq!(reactions(&message), [("👍", vec!["bob", "ann"]), ("🎉", vec!["ann"])]);
        assert!(message.apply(seq(8), 80, &ann, &reaction("🎉", true)));
        assert!(!message.apply(seq(9), 90, &ann, &reaction("🎉", true)));
        assert_eq!(reactions(&message), [("👍", vec!["bob", "ann"])]);
        assert_eq!(message.changed, Some(seq(9)));
    }

    #[test]
    fn nothing_is_left_of_a_deleted_message_and_nothing_changes_it_any_more() {
        let ann = name("ann");
        let mut message = Message::of("secret");
        message.reply_to = Some(Box::new(Quote::of(seq(1), ann.clone(), &Message::of("origin"))));
        message.apply(seq(2), 20, &ann, &reaction("👍", false));
        assert!(message.apply(seq(3), 30, &ann, &Body::Deletion { target: seq(1) }));
        let blank = Message { deleted_at: Some(30), changed: Some(seq(3)), ..Message::default() };
        assert_eq!(message, blank);
        assert!(!message.apply(seq(4), 40, &ann, &edit("back")));
        assert_eq!(message, blank);
    }

    #[test]
    fn a_quote_is_short_and_follows_its_origin() {
        let long = "é".repeat(QUOTE_CHARS_MAX + 1);
        let mut quote = Quote::of(seq(1), name("ann"), &Message::of(long));
        assert_eq!(quote.text.chars().count(), QUOTE_CHARS_MAX + 1);
        assert!(quote.text.ends_with('…'));
        assert!(quote.apply(&edit("short")));
        assert_eq!(quote.text, "short");
        assert!(!quote.apply(&Body::Edit { target: seq(2), text: "another".to_owned() }));
        assert!(!quote.apply(&reaction("👍", false)));
        assert!(quote.apply(&Body::Deletion { target: seq(1) }));
        assert!(quote.deleted && quote.text.is_empty() && !quote.apply(&edit("back")));
    }
}
