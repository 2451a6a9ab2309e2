//! What a log has already, beside what its sender sends again.

use super::targets::Targets;
use crate::store::{NewBody, NewEntry, Target, UserId};
use chat_protocol::{Attachment, Seq, UnixMillis};

/// An entry that is in a log already.
#[derive(Debug, Clone)]
pub struct Known {
    pub seq: Seq,
    pub at: UnixMillis,
    pub body: NewBody,
    pub file: Option<Box<Attachment>>,
    /// Whom it mentions.
    pub mentions: Vec<UserId>,
    /// The number and the time of the deletion that took its text away; number 0 when the log begins after it.
    pub gone: Option<(Seq, UnixMillis)>,
    /// Its members may never have been told of it.
    pub untold: bool,
}

impl Known {
    /// Whether the log begins after it.
    fn is_expired(&self) -> bool {
        matches!(self.gone, Some((Seq::ZERO, _)))
    }

    /// Whether this is what the sender sends again. A text that is gone cannot be compared any more.
    pub fn is(&self, entry: &NewEntry, targets: &Targets) -> bool {
        let message = self.body.target().unwrap_or(self.seq);
        let is_deleted = |target: &Target| target.message.deleted_at.is_some();
        let is_gone =
            || self.gone.is_some() || targets.get(entry.conversation, message).is_some_and(is_deleted);
        self.body == entry.body
            || is_among(&self.body, &entry.body)
            || is_alike(&self.body, &entry.body) && is_gone()
            || self.is_expired() && is_of_one_kind(&self.body, &entry.body)
    }
}

/// Whether two bodies differ at most by what is taken away where a log begins later.
fn is_of_one_kind(one: &NewBody, other: &NewBody) -> bool {
    match (one, other) {
        (NewBody::Reaction { removed, .. }, NewBody::Reaction { removed: same, .. }) => {
            removed == same && one.target() == other.target()
        }
        (NewBody::Group(_), NewBody::Group(_)) => true,
        _ => is_alike(one, other),
    }
}

/// Whether one body changes members, and the other one the same way them and others, whom it did not concern.
fn is_among(one: &NewBody, other: &NewBody) -> bool {
    let (NewBody::Members { change, users }, NewBody::Members { change: same, users: wanted }) = (one, other)
    else {
        return false;
    };
    change == same && users.iter().all(|user| wanted.contains(user))
}

/// Whether two bodies differ at most by what a deletion takes away.
fn is_alike(one: &NewBody, other: &NewBody) -> bool {
    match (one, other) {
        (NewBody::Message { .. }, NewBody::Message { .. }) => true,
        (NewBody::Edit { target, .. }, NewBody::Edit { target: same, .. }) => target == same,
        _ => false,
    }
}
