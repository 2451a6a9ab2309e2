//! The message that an entry is about: whether the entry may be appended. Pure, and the same for all stores.

use super::{AppendError, NewBody, UserId};
use crate::domain::Act;
use chat_protocol::limits::{CHANGES_MAX, REACTIONS_MAX};
use chat_protocol::{MemberChange, Message, Quote, Seq, UserName};

/// A message as it is at the very end of its log.
#[derive(Debug, Clone)]
pub struct Target {
    /// Its number.
    pub seq: Seq,
    /// Who sent it.
    pub sender: UserId,
    /// The sender's name.
    pub from: UserName,
    /// What it has become.
    pub message: Message,
    /// How many entries are about it.
    pub changes: usize,
}

impl Target {
    /// The beginning of it, for an answer.
    pub fn quote(&self) -> Box<Quote> {
        Box::new(Quote::of(self.seq, self.from.clone(), &self.message))
    }
}

/// As what the table of who may do what knows it.
pub fn act(body: &NewBody) -> Act {
    match body {
        NewBody::Message { .. } | NewBody::Edit { .. } | NewBody::Reaction { .. } => Act::Talk,
        // Whether it is another's is looked at with the message itself.
        NewBody::Deletion { .. } => Act::TakeBack,
        NewBody::Group(_) => Act::Describe,
        NewBody::Members { change, .. } => match change {
            MemberChange::Added => Act::Add,
            MemberChange::Joined => Act::Join,
            MemberChange::Left => Act::Leave,
            MemberChange::Promoted | MemberChange::Demoted => Act::SetRole,
            MemberChange::Removed | MemberChange::Unknown => Act::Remove,
        },
    }
}

/// The number of the message that must be known before this can be appended.
pub fn wanted(body: &NewBody) -> Option<Seq> {
    match body {
        NewBody::Message { reply_to, .. } => *reply_to,
        other => other.target(),
    }
}

/// Whether `by` may say this about the message that was found under its number. Who is `trusted` may delete what others sent.
pub fn check(body: &NewBody, by: UserId, trusted: bool, found: Option<&Target>) -> Result<(), AppendError> {
    if wanted(body).is_none() {
        return Ok(());
    }
    let target = found.ok_or(AppendError::UnknownMessage)?;
    let is_own_only = match body {
        NewBody::Edit { .. } => true,
        NewBody::Deletion { .. } => !trusted,
        _ => false,
    };
    let is_change = matches!(body, NewBody::Edit { .. } | NewBody::Reaction { .. });
    if target.message.deleted_at.is_some() {
        Err(AppendError::MessageDeleted)
    } else if is_own_only && target.sender != by {
        Err(AppendError::NotYours)
    } else if leaves_nothing(body, target) {
        Err(AppendError::NothingLeft)
    } else if is_change && target.changes >= CHANGES_MAX as usize || is_one_emoji_too_many(body, target) {
        Err(AppendError::LimitReached)
    } else {
        Ok(())
    }
}

fn leaves_nothing(body: &NewBody, target: &Target) -> bool {
    matches!(body, NewBody::Edit { text, .. } if text.is_empty()) && target.message.file.is_none()
}

fn is_one_emoji_too_many(body: &NewBody, target: &Target) -> bool {
    let NewBody::Reaction { emoji, removed: false, .. } = body else { return false };
    let known = &target.message.reactions;
    known.len() >= REACTIONS_MAX && known.iter().all(|one| one.emoji != *emoji)
}

#[cfg(test)]
mod tests {
    use super::*;
    use chat_protocol::Reactions;

    const ANN: UserId = UserId(1);
    const BOB: UserId = UserId(2);

    fn seq() -> Seq {
        Seq::new(7).unwrap()
    }

    fn anns() -> Target {
        Target {
            seq: seq(),
            sender: ANN,
            from: "ann".parse().unwrap(),
            message: Message::of("hi"),
            changes: 0,
        }
    }

    fn bodies() -> [NewBody; 5] {
        let (target, emoji) = (seq(), "👍".to_owned());
        [
            NewBody::Message { text: "x".to_owned(), file: None, reply_to: Some(target) },
            NewBody::Edit { target, text: "x".to_owned() },
            NewBody::Deletion { target },
            NewBody::Reaction { target, emoji: emoji.clone(), removed: false },
            NewBody::Reaction { target, emoji, removed: true },
        ]
    }

    fn outcomes(by: UserId, found: Option<&Target>) -> [Result<(), AppendError>; 5] {
        bodies().map(|body| check(&body, by, false, found))
    }

    #[test]
    fn who_may_say_what_about_which_message() {
        use AppendError::{LimitReached, MessageDeleted, NotYours, UnknownMessage};
        assert_eq!(outcomes(ANN, Some(&anns())), [Ok(()); 5]);
        assert_eq!(outcomes(BOB, Some(&anns())), [Ok(()), Err(NotYours), Err(NotYours), Ok(()), Ok(())]);
        let trusted = bodies().map(|body| check(&body, BOB, true, Some(&anns())));
        assert_eq!(trusted, [Ok(()), Err(NotYours), Ok(()), Ok(()), Ok(())]);
        assert_eq!(outcomes(ANN, None), [Err(UnknownMessage); 5]);
        let mut deleted = anns();
        deleted.message = Message { deleted_at: Some(1), ..Message::default() };
        assert_eq!(outcomes(BOB, Some(&deleted)), [Err(MessageDeleted); 5]);
        let worn = Target { changes: CHANGES_MAX as usize, ..anns() };
        let full = Err(LimitReached);
        assert_eq!(
            outcomes(ANN, Some(&worn)),
            [Ok(()), full, Ok(()), full, full],
            "it can always be deleted"
        );
        let mut colourful = anns();
        let users = vec!["bob".parse().unwrap()];
        let one = |number: usize| Reactions { emoji: number.to_string(), users: users.clone() };
        colourful.message.reactions = (0..REACTIONS_MAX).map(one).collect();
        assert_eq!(outcomes(ANN, Some(&colourful)), [Ok(()), Ok(()), Ok(()), full, Ok(())]);
        colourful.message.reactions[3].emoji = "👍".to_owned();
        assert_eq!(outcomes(ANN, Some(&colourful)), [Ok(()); 5], "an emoji that is there takes one more");
        let nothing = NewBody::Edit { target: seq(), text: String::new() };
        assert_eq!(check(&nothing, ANN, false, Some(&anns())), Err(AppendError::NothingLeft));
        let plain = NewBody::Message { text: "x".to_owned(), file: None, reply_to: None };
        assert_eq!(check(&plain, ANN, false, None), Ok(()));
    }
}
