//! What the user prefers about conversations, in words: what is said when it has changed, and in their header.

use super::Chat;
use super::chats::{BLOCKED, MUTED};
use chat_protocol::{Level, Prefer, Target};

/// Something that the user has asked for, and what is to be said when it is done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    pub target: Target,
    /// Whether it is to be put away.
    pub archives: bool,
    pub done: String,
}

/// What is to be said when this is done.
pub fn done(prefer: &Prefer, title: &str) -> String {
    let level = prefer.level.map(|level| match level {
        Level::All => format!("{title} calls you for each message"),
        Level::Mentions => format!("{title} is muted: it calls you only when you are mentioned"),
        Level::None => format!("{title} is muted: it never calls you"),
    });
    let archived = prefer.archived.map(|archived| match archived {
        true => format!("{title} is put away; /archived or Alt+A shows it"),
        false => format!("{title} is back in the list"),
    });
    let blocked = prefer.blocked.map(|blocked| match blocked {
        true => format!("{title} is blocked: nothing goes between the two of you any more"),
        false => format!("{title} is not blocked any more"),
    });
    level.or(archived).or(blocked).unwrap_or_default()
}

/// What stands in the header of a conversation.
pub fn header(chat: &Chat) -> String {
    let preferences = &chat.summary.preferences;
    let level = match preferences.level {
        Level::All => None,
        Level::Mentions => Some(format!("{MUTED} muted")),
        Level::None => Some(format!("{MUTED} muted, mentions too")),
    };
    let archived = chat.is_archived().then(|| "archived".to_owned());
    let blocked = preferences.blocked.then(|| format!("{BLOCKED} blocked"));
    [blocked, level, archived].into_iter().flatten().map(|word| format!("  {word}")).collect()
}
