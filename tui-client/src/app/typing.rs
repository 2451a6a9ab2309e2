//! Who is typing where, and whether others are told that the user is.

use chat_protocol::{ConversationId, Target, UserName};

/// Those who are typing, as far as it concerns the screen.
#[derive(Debug)]
pub struct Typing {
    /// Where, and who. The library says when it is over.
    theirs: Vec<(ConversationId, UserName)>,
    /// Where others were told that the user is typing, and not yet that it is over.
    pub told: Option<Target>,
    /// Whether others are told at all.
    pub is_told: bool,
}

impl Default for Typing {
    fn default() -> Self {
        Self { theirs: Vec::new(), told: None, is_told: true }
    }
}

impl Typing {
    /// Somebody began or ended.
    pub fn hear(&mut self, conversation: ConversationId, user: UserName, typing: bool) {
        self.theirs.retain(|(at, who)| *at != conversation || *who != user);
        if typing {
            self.theirs.push((conversation, user));
        }
    }

    /// Somebody is not there any more.
    pub fn forget(&mut self, user: &UserName) {
        self.theirs.retain(|(_, who)| who != user);
    }

    /// Whether somebody types there.
    pub fn is_in(&self, conversation: ConversationId) -> bool {
        self.theirs.iter().any(|(at, _)| *at == conversation)
    }

    /// Who types there, in words; none when nobody does.
    pub fn words(&self, conversation: ConversationId) -> Option<String> {
        let names: Vec<_> =
            self.theirs.iter().filter(|(at, _)| *at == conversation).map(|(_, who)| who).collect();
        match names[..] {
            [] => None,
            [one] => Some(format!("{one} is typing…")),
            [one, two] => Some(format!("{one} and {two} are typing…")),
            [one, two, _] => Some(format!("{one}, {two} and 1 other are typing…")),
            [one, two, ref more @ ..] => Some(format!("{one}, {two} and {} others are typing…", more.len())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_words_fit_how_many_there_are() {
        let (here, elsewhere) = (ConversationId::from_bits(1), ConversationId::from_bits(2));
        let mut typing = Typing::default();
        typing.hear(elsewhere, "zoe".parse().unwrap(), true);
        assert_eq!(typing.words(here), None);
        for (name, words) in [
            ("bob", "bob is typing…"),
            ("bob", "bob is typing…"),
            ("eve", "bob and eve are typing…"),
            ("dan", "bob, eve and 1 other are typing…"),
            ("fay", "bob, eve and 2 others are typing…"),
        ] {
            typing.hear(here, name.parse().unwrap(), true);
            assert_eq!(typing.words(here).as_deref(), Some(words));
        }
        for name in ["bob", "dan", "fay"] {
            typing.hear(here, name.parse().unwrap(), false);
        }
        assert_eq!(typing.words(here).as_deref(), Some("eve is typing…"));
        assert!(typing.is_in(elsewhere));
    }
}
