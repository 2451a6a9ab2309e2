//! Who may do what in which conversation: one table.
//!
//! It is asked at the commit, with what holds at that moment. Whoever is not in a conversation gets one answer, whatever they
//! ask for, so that nothing can be learned from it.

/// What kind of conversation it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// Between two people, or one's own notes.
    Direct,
    /// A group into which one is brought.
    Private,
    /// A group that everybody can find and join.
    Public,
}

/// What somebody is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// Not in it, whether or not they ever were.
    Stranger,
    /// In it.
    Member,
    /// In it, and trusted with it.
    Admin,
    /// One of the two between whom it is, while one of them has blocked the other.
    Blocked,
    /// One of the two between whom it is, when the account of one of them has ended.
    OneGone,
}

impl Standing {
    /// What each of two people is in the conversation between them.
    pub fn of_two(has_one_gone: bool, has_one_blocked: bool) -> Self {
        match (has_one_gone, has_one_blocked) {
            (true, _) => Self::OneGone,
            (false, true) => Self::Blocked,
            (false, false) => Self::Member,
        }
    }
}

/// What somebody wants to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Act {
    /// Send a message, react to one, edit one's own.
    Talk,
    /// Delete what one has sent oneself.
    TakeBack,
    /// Delete what another has sent.
    DeleteOthers,
    /// Say what the group is called, what it is about, what newcomers see.
    Describe,
    /// Bring somebody in.
    Add,
    /// Put somebody out.
    Remove,
    /// Say who is an admin.
    SetRole,
    /// Come in.
    Join,
    /// Go out.
    Leave,
}

/// What they get.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It is done.
    Yes,
    /// They are told that they may not.
    No,
    /// They are told that one of the two has blocked the other.
    Blocked,
    /// They are told that the other one has gone.
    Gone,
    /// They are told that there is no such conversation.
    Unseen,
}

/// The table.
pub fn may(place: Place, standing: Standing, act: Act) -> Verdict {
    use {Act as A, Place as P, Standing as S};
    match (place, standing, act) {
        (P::Public, S::Stranger, A::Join) => Verdict::Yes,
        (_, S::Stranger, _) => Verdict::Unseen,
        // Whoever is blocked, or left by the other, can still take back what they said, as anybody can.
        (_, _, A::TakeBack) => Verdict::Yes,
        (P::Direct, S::Blocked, A::Talk) => Verdict::Blocked,
        (P::Direct, S::OneGone, A::Talk) => Verdict::Gone,
        (_, _, A::Talk) => Verdict::Yes,
        (P::Direct, ..) => Verdict::No,
        // That is between two people. In a group both are members like others.
        (_, S::Blocked | S::OneGone, _) => may(place, S::Member, act),
        (_, _, A::Leave) => Verdict::Yes,
        // Those who are in it cannot come in; that it is so already is told by the change itself.
        (_, _, A::Join) => Verdict::Yes,
        (P::Public, S::Member, A::Add) => Verdict::Yes,
        (_, S::Admin, A::DeleteOthers | A::Describe | A::Add | A::Remove | A::SetRole) => Verdict::Yes,
        (_, S::Member, A::DeleteOthers | A::Describe | A::Add | A::Remove | A::SetRole) => Verdict::No,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Verdict::{Blocked, Gone, No, Unseen, Yes};

    /// The whole table: each act by a stranger, a member, an admin and one of two who are blocked or of whom one has gone, in each kind of
    /// conversation.
    #[test]
    fn who_may_do_what() {
        const ACTS: [Act; 9] = [
            Act::Talk,
            Act::TakeBack,
            Act::DeleteOthers,
            Act::Describe,
            Act::Add,
            Act::Remove,
            Act::SetRole,
            Act::Join,
            Act::Leave,
        ];
        let public_stranger = [Unseen, Unseen, Unseen, Unseen, Unseen, Unseen, Unseen, Yes, Unseen];
        let private_member = [Yes, Yes, No, No, No, No, No, Yes, Yes];
        let public_member = [Yes, Yes, No, No, Yes, No, No, Yes, Yes];
        let table = [
            (Place::Direct, Standing::Stranger, [Unseen; 9]),
            (Place::Direct, Standing::Member, [Yes, Yes, No, No, No, No, No, No, No]),
            (Place::Direct, Standing::Blocked, [Blocked, Yes, No, No, No, No, No, No, No]),
            (Place::Direct, Standing::OneGone, [Gone, Yes, No, No, No, No, No, No, No]),
            (Place::Private, Standing::Stranger, [Unseen; 9]),
            (Place::Private, Standing::Member, private_member),
            (Place::Private, Standing::Blocked, private_member),
            (Place::Private, Standing::OneGone, private_member),
            (Place::Private, Standing::Admin, [Yes; 9]),
            (Place::Public, Standing::Stranger, public_stranger),
            (Place::Public, Standing::Member, public_member),
            (Place::Public, Standing::Blocked, public_member),
            (Place::Public, Standing::OneGone, public_member),
            (Place::Public, Standing::Admin, [Yes; 9]),
        ];
        for (place, standing, verdicts) in table {
            let told = ACTS.map(|act| may(place, standing, act));
            assert_eq!(told, verdicts, "{place:?} {standing:?}");
        }
    }
}
