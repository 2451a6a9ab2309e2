//! What is appended to a log, and what is read of it.

use super::account::UserId;
use chat_protocol::{
    Body, ClientId, ConversationId, FileId, GroupChange, MemberChange, Seq, UnixMillis, UserName,
};
use std::sync::Arc;

/// An entry to be appended.
#[derive(Debug, Clone)]
pub struct NewEntry {
    /// Where to.
    pub conversation: ConversationId,
    /// Who sends it. Whether they may is checked in the commit.
    pub sender: UserId,
    /// The sender's id of it.
    pub client_id: ClientId,
    /// When the server took it. A conversation's times never run backwards: the store raises it if need be.
    pub at: UnixMillis,
    /// What it says.
    pub body: NewBody,
}

/// What an entry says before it is appended. Whether the sender may say it is checked in the commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NewBody {
    /// A message.
    Message {
        /// Its text.
        text: String,
        /// A file that the sender may see.
        file: Option<FileId>,
        /// The message that it answers.
        reply_to: Option<Seq>,
    },
    /// Another text for a message of the sender's.
    Edit {
        /// The message.
        target: Seq,
        /// The text.
        text: String,
    },
    /// The end of a message of the sender's. The texts of it and of its edits are blanked, and its file is let go.
    Deletion {
        /// The message.
        target: Seq,
    },
    /// A reaction to a message, or the end of one.
    Reaction {
        /// The message.
        target: Seq,
        /// One emoji.
        emoji: String,
        /// Whether it is taken back.
        removed: bool,
    },
    /// A group is called otherwise, or about something else.
    Group(GroupChange),
    /// Members come, go, or may do something else.
    Members {
        /// What happens.
        change: MemberChange,
        /// To whom.
        users: Vec<UserId>,
    },
}

impl NewBody {
    /// The message that it changes.
    pub fn target(&self) -> Option<Seq> {
        match self {
            Self::Message { .. } | Self::Group(_) | Self::Members { .. } => None,
            Self::Edit { target, .. } | Self::Deletion { target } | Self::Reaction { target, .. } => {
                Some(*target)
            }
        }
    }
}

/// An entry that has been appended, now or earlier.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Appended {
    /// Its number.
    pub seq: Seq,
    /// Its time.
    pub at: UnixMillis,
    /// Everyone who is in the conversation from here on, the sender too.
    pub members: Arc<[UserId]>,
    /// Who was in it until here.
    pub gone: Vec<UserId>,
    /// Whom it mentions, if it is a message.
    pub mentions: Vec<UserName>,
    /// What the members are to be told; none when this client id had been appended before.
    pub fresh: Option<Body>,
}

impl Appended {
    /// Whether it was appended now.
    pub fn is_fresh(&self) -> bool {
        self.fresh.is_some()
    }
}

/// Why one entry of a batch was not appended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AppendError {
    /// There is no such conversation, or the sender is not in it.
    NotMember,
    /// The client id was used before for something else.
    IdConflict,
    /// There is no such message in this conversation.
    UnknownMessage,
    /// The message is deleted.
    MessageDeleted,
    /// The message is another's.
    NotYours,
    /// The message has been changed too often.
    LimitReached,
    /// An edit would leave nothing of a message that has no file.
    NothingLeft,
    /// The sender is in the conversation, but may not do this.
    NotAllowed,
    /// One of the two in a one-to-one conversation has blocked the other, or somebody who is to come into a group has blocked
    /// the sender.
    Blocked,
    /// The account of one of the two in a one-to-one conversation has ended. Words are for the one who is left: the connections of the
    /// other one are closed.
    PeerGone,
    /// It is so already.
    NoChange,
    /// The last admin cannot go while others are there.
    LastAdmin,
    /// Another public group has the name.
    NameTaken,
    /// The group has no room for so many, or one of them is in too many groups.
    GroupFull,
    /// There is no such file, or the sender may not see it.
    UnknownFile,
    /// It is not stored, and it may work later: the store cannot be reached.
    Unavailable,
    /// The store's answer was lost, so whether it is stored is not known. Sent again under its client id it is stored once.
    Unknown,
}

/// An entry of the log, a message as it has become.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredEntry {
    /// Its number.
    pub seq: Seq,
    /// When it was appended.
    pub at: UnixMillis,
    /// Its sender's name.
    pub from: UserName,
    /// The sender's id of it.
    pub client_id: ClientId,
    /// What it says.
    pub body: Body,
}

/// Where a log begins and ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    /// The number of the first entry that can be read; 1 unless retention moved it.
    pub first: Seq,
    /// The number of the last entry; 0 when there is none.
    pub head: Seq,
}

/// Which entries of a log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PageRange {
    /// The last ones.
    Newest,
    /// Those below a number, the highest ones first taken.
    Before(Seq),
    /// Those above a number, the lowest ones first taken.
    After(Seq),
}

/// A page of a log, in ascending order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    /// The entries, without a hole.
    pub entries: Vec<StoredEntry>,
    /// Where the log begins and ends, read together with the entries.
    pub span: Span,
}
