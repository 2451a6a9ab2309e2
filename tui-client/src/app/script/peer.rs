//! How a conversation is named on a command line, and which one is meant.

use crate::app::Model;
use crate::app::chats::Chat;
use crate::exit::{self, Failure};
use chat_protocol::{ConversationId, GroupName, Target, UserName};
use std::fmt;
use std::str::FromStr;

/// A conversation as it is named on a command line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Peer {
    /// `bob`: the one with this user. With `@` before it even where it looks like an id.
    User(UserName),
    /// `#ops`: the group with this name that the user is in.
    Group(GroupName),
    /// 16 hexadecimal digits.
    Id(ConversationId),
}

impl Peer {
    /// Whether this conversation is meant.
    pub fn is(&self, chat: &Chat) -> bool {
        match self {
            Self::User(user) => chat.is_target(&Target::To(user.clone())),
            Self::Group(name) => chat.group().is_some_and(|group| group.name == *name),
            Self::Id(id) => chat.id() == *id,
        }
    }

    /// What the library is given. Which group is meant shows once all conversations are known.
    pub fn target(&self) -> Target {
        match self {
            Self::User(user) => Target::To(user.clone()),
            Self::Group(name) => Target::Group(name.clone()),
            Self::Id(id) => Target::Conversation(*id),
        }
    }

    /// Whose files are meant: in a group everybody's.
    pub fn sender(&self) -> Option<&UserName> {
        match self {
            Self::User(user) => Some(user),
            Self::Group(_) | Self::Id(_) => None,
        }
    }
}

impl FromStr for Peer {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let known = match text.split_at_checked(1) {
            Some(("#", name)) => name.parse().ok().map(Self::Group),
            Some(("@", name)) => name.parse().ok().map(Self::User),
            _ => text.parse().map(Self::Id).ok().or_else(|| text.parse().ok().map(Self::User)),
        };
        known.ok_or("write a user's name, '#' and a group's name, or a conversation's id")
    }
}

impl fmt::Display for Peer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::User(user) => write!(f, "{user}"),
            Self::Group(name) => write!(f, "#{name}"),
            Self::Id(id) => write!(f, "{id}"),
        }
    }
}

/// The one group with this name that the user is in; none when there is none. A message for one of two groups must not reach
/// the other, so neither is meant when there are two.
///
/// # Errors
/// There are several.
pub fn find_group(model: &Model, name: &GroupName) -> Result<Option<ConversationId>, Failure> {
    let peer = Peer::Group(name.clone());
    let mut ids: Vec<_> = model.chats.iter().filter(|chat| peer.is(chat)).map(Chat::id).collect();
    if ids.len() > 1 {
        ids.sort_unstable();
        let ids: Vec<_> = ids.iter().map(ToString::to_string).collect();
        let message = format!(
            "you are in {} groups that are called {peer}; name one by its id: {}",
            ids.len(),
            ids.join(", ")
        );
        return Err(Failure::new(exit::REFUSED, message));
    }
    Ok(ids.pop())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::fixture::name;

    #[test]
    fn a_peer_is_a_user_a_group_or_an_id() {
        let (ops, id) = (Peer::Group("ops".parse().unwrap()), "00ff00ff00ff00ff");
        for (text, peer) in [
            ("bob", Peer::User(name("bob"))),
            ("@bob", Peer::User(name("bob"))),
            ("#ops", ops),
            (id, Peer::Id(id.parse().unwrap())),
            ("@00ff00ff00ff00ff", Peer::User(name(id))),
            ("00ff00ff00ff00f", Peer::User(name("00ff00ff00ff00f"))),
        ] {
            assert_eq!(text.parse(), Ok(peer), "{text}");
        }
        for bad in ["", "#", "@", "##ops", "#Ops", "Bob", "é", "#a b"] {
            assert!(bad.parse::<Peer>().is_err(), "{bad}");
        }
    }
}
