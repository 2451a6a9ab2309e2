//! Where a page ended: of the list of conversations, or of what was found.

use chat_protocol::{ConversationId, Seq, UnixMillis};
use std::fmt;
use std::str::FromStr;

/// The last conversation of a page, by what the list is ordered by. To clients it is an opaque text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cursor {
    /// When it was last active.
    pub activity: UnixMillis,
    /// Which one it is.
    pub conversation: ConversationId,
}

/// A text that no `next` ever was.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("`cursor` is the `next` of an earlier answer")]
pub struct BadCursor;

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.activity, self.conversation)
    }
}

impl FromStr for Cursor {
    type Err = BadCursor;

    fn from_str(text: &str) -> Result<Self, BadCursor> {
        let (activity, conversation) = text.split_once('-').ok_or(BadCursor)?;
        Ok(Self { activity: time(activity)?, conversation: conversation.parse().map_err(|_| BadCursor)? })
    }
}

/// The last message of a page, by what searches are ordered by. To clients it is an opaque text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FoundCursor {
    /// When it was sent.
    pub at: UnixMillis,
    /// Where it stands.
    pub conversation: ConversationId,
    /// Its number there.
    pub seq: Seq,
}

impl fmt::Display for FoundCursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}-{}", self.at, self.conversation, self.seq)
    }
}

impl FromStr for FoundCursor {
    type Err = BadCursor;

    fn from_str(text: &str) -> Result<Self, BadCursor> {
        let mut parts = text.splitn(3, '-');
        let mut next = || parts.next().ok_or(BadCursor);
        Ok(Self {
            at: time(next()?)?,
            conversation: next()?.parse().map_err(|_| BadCursor)?,
            seq: next()?.parse().ok().and_then(Seq::new).ok_or(BadCursor)?,
        })
    }
}

/// The store keeps times as signed numbers.
fn time(text: &str) -> Result<UnixMillis, BadCursor> {
    text.parse().ok().filter(|at| i64::try_from(*at).is_ok()).ok_or(BadCursor)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_survives_the_way_to_the_client_and_back() {
        let cursor = Cursor { activity: 17, conversation: ConversationId::from_bits(0xabc) };
        assert_eq!(cursor.to_string().parse(), Ok(cursor));
        for bad in ["", "-", "17", "17-xyz", "x-0000000000000abc", "99999999999999999999-0000000000000abc"] {
            assert_eq!(bad.parse::<Cursor>(), Err(BadCursor), "{bad:?}");
        }
    }
    #[test]
    fn so_does_the_one_of_a_search() {
        let conversation = ConversationId::from_bits(0xabc);
        let cursor = FoundCursor { at: 17, conversation, seq: Seq::new(3).unwrap() };
        assert_eq!(cursor.to_string().parse(), Ok(cursor));
        for bad in ["", "--", "17-0000000000000abc", "17-0000000000000abc-x", "17-0000000000000abc-3-4"] {
            assert_eq!(bad.parse::<FoundCursor>(), Err(BadCursor), "{bad:?}");
        }
    }
}
