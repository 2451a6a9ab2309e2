//! The grammar of commands about what the user prefers: `/mute [LEVEL]` and its like.

use super::Typed;
use super::group::user;
use chat_protocol::{Level, UserName};

/// What is to change; where no name stands, of the selected conversation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PreferTyped {
    Level(Level),
    Archive(bool),
    Block(bool, Option<UserName>),
}

/// Reads one of these commands; none when it is another one.
pub fn parse(name: &str, rest: &str) -> Option<Result<Typed, String>> {
    let typed = match (name, rest) {
        ("/mute", "" | "mentions") => Ok(PreferTyped::Level(Level::Mentions)),
        ("/mute", "all") | ("/unmute", "") => Ok(PreferTyped::Level(Level::All)),
        ("/mute", "none") => Ok(PreferTyped::Level(Level::None)),
        ("/mute", _) => Err("/mute all, /mute mentions or /mute none: what shall call you?".to_owned()),
        ("/archive", "") => Ok(PreferTyped::Archive(true)),
        ("/unarchive", "") => Ok(PreferTyped::Archive(false)),
        ("/archive" | "/unarchive" | "/unmute", _) => Err(format!("{name} takes nothing after it")),
        ("/block" | "/unblock", "") => Ok(PreferTyped::Block(name == "/block", None)),
        ("/block" | "/unblock", word) => {
            user(word, "whom?").map(|user| PreferTyped::Block(name == "/block", Some(user)))
        }
        _ => return None,
    };
    Some(typed.map(Typed::Prefer))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::command::parse;
    use crate::app::fixture::name;

    #[test]
    fn what_one_prefers_is_said_by_commands() {
        for (typed, expected) in [
            ("/mute", PreferTyped::Level(Level::Mentions)),
            ("/mute all", PreferTyped::Level(Level::All)),
            ("/mute none", PreferTyped::Level(Level::None)),
            ("/unmute", PreferTyped::Level(Level::All)),
            ("/archive", PreferTyped::Archive(true)),
            ("/unarchive", PreferTyped::Archive(false)),
            ("/block", PreferTyped::Block(true, None)),
            ("/block @bob", PreferTyped::Block(true, Some(name("bob")))),
            ("/unblock bob", PreferTyped::Block(false, Some(name("bob")))),
        ] {
            assert_eq!(parse(typed), Ok(Typed::Prefer(expected)), "{typed:?}");
        }
        for typed in
            ["/mute some", "/unmute all", "/archive it", "/block Bob", "/block bob eve", "/blocked bob"]
        {
            assert!(parse(typed).is_err(), "{typed:?}");
        }
    }
}
