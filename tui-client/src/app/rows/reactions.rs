//! The reactions to a message, as lines: `👍 2  [🎉 1]`, with one's own in brackets.

use crate::app::files::line::start_of;
use chat_client::SafeText;
use chat_protocol::{Reactions, UserName};
use unicode_width::UnicodeWidthStr;

/// Columns of an emoji; most have two. What the server lets through is not for us to trust.
const EMOJI_WIDTH_MAX: usize = 8;
const GAP: usize = 2;

/// How many have reacted with one emoji.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tally {
    pub text: String,
    /// Whether the user is among them.
    pub mine: bool,
}

impl Tally {
    pub fn new(reactions: &Reactions, me: &UserName) -> Self {
        let mine = reactions.users.contains(me);
        let emoji = start_of(SafeText::line(&reactions.emoji).as_str(), EMOJI_WIDTH_MAX);
        let text = format!("{emoji} {}", reactions.users.len());
        Self { text: if mine { format!("[{text}]") } else { text }, mine }
    }
}

/// As many as have room on each line.
pub fn lines(tallies: Vec<Tally>, width: usize) -> Vec<Vec<Tally>> {
    let mut lines: Vec<Vec<Tally>> = Vec::new();
    let mut used = 0;
    for tally in tallies {
        let columns = tally.text.width() + GAP;
        match lines.last_mut().filter(|_| used + columns <= width + GAP) {
            Some(line) => {
                line.push(tally);
                used += columns;
            }
            None => {
                lines.push(vec![tally]);
                used = columns;
            }
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::fixture::name;

    #[test]
    fn ones_own_stand_in_brackets_and_lines_are_not_too_wide() {
        let tally = |emoji: &str, users: &[&str]| {
            let users = users.iter().map(|user| name(user)).collect();
            Tally::new(&Reactions { emoji: emoji.to_owned(), users }, &name("alice"))
        };
        let all = vec![tally("👍", &["bob", "alice"]), tally("🎉", &["bob"]), tally("\u{202e}x", &["bob"])];
        let shown = |width| -> Vec<String> {
            let lines = lines(all.clone(), width).into_iter();
            lines
                .map(|line| line.into_iter().map(|tally| tally.text).collect::<Vec<_>>().join("  "))
                .collect()
        };
        assert_eq!(shown(40), ["[👍 2]  🎉 1  �x 1"]);
        assert_eq!(shown(12), ["[👍 2]  🎉 1", "�x 1"]);
        assert_eq!(shown(1).len(), 3);
    }
}
