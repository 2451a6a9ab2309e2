//! A conversation as one of its members sees it, and what they want of it.

use super::account::UserId;
use super::log::{Span, StoredEntry};
use chat_protocol::{
    ClientId, ConversationId, Group, GroupChange, GroupName, Level, Marks, Past, Preferences, Role, Seq,
    UnixMillis, UserName,
};

/// A group to be made, with its first entries: the one that makes it, and one that brings in its first members.
#[derive(Debug, Clone)]
pub struct NewGroup {
    /// Its id, which comes from the maker and the client id.
    pub id: ConversationId,
    /// Who makes it, and is its first admin.
    pub maker: UserId,
    /// The maker's id of it.
    pub client_id: ClientId,
    /// The id of the entry that brings the others in.
    pub second_id: ClientId,
    /// What it is called.
    pub name: GroupName,
    /// What it is about.
    pub topic: String,
    /// Whether everybody can find and join it.
    pub public: bool,
    /// What newcomers see.
    pub past: Past,
    /// Who else is in it from the start.
    pub members: Vec<UserId>,
    /// When it is made.
    pub at: UnixMillis,
}

impl NewGroup {
    /// What its first entry says.
    pub fn first(&self) -> GroupChange {
        GroupChange {
            name: Some(self.name.clone()),
            topic: Some(self.topic.clone()),
            past: Some(self.past),
            public: Some(self.public),
            retention_days: None,
        }
    }
}

/// A conversation as one of its members sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConversationRow {
    /// Its id.
    pub id: ConversationId,
    /// What it is.
    pub kind: ConversationKind,
    /// Where the log begins and ends for the caller.
    pub span: Span,
    /// The caller's read watermark.
    pub read: ReadMark,
    /// What the caller prefers about it.
    pub preferences: Preferences,
    /// When the last entry was appended; 0 when there is none.
    pub activity: UnixMillis,
    /// The last entry.
    pub last: Option<StoredEntry>,
}

/// What a conversation is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ConversationKind {
    /// Between two people.
    Direct(PeerRow),
    /// Of as many as like.
    Group(Group),
}

/// The other member of a one-to-one conversation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PeerRow {
    /// Their number (the caller's own for their notes).
    pub id: UserId,
    /// Their name.
    pub name: UserName,
    /// When they were last connected, unless they are hidden.
    pub last_seen: Option<UnixMillis>,
    /// How far they are, as far as they tell.
    pub marks: Marks,
    /// Whether they and the caller do not see each other come and go, since one has blocked the other.
    pub is_hidden: bool,
}

/// A member of a group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MemberRow {
    /// Their number.
    pub id: UserId,
    /// Their name.
    pub name: UserName,
    /// What they may do.
    pub role: Role,
    /// How far they are, as far as they tell.
    pub marks: Marks,
    /// Whether they and the caller do not see each other come and go, since one has blocked the other.
    pub is_hidden: bool,
}

/// What is told of how far somebody is to whom they are hidden from.
pub const HIDDEN_MARKS: Marks = Marks { delivered: Seq::ZERO, read: None };

/// What of a member's preferences about a conversation is changed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct NewPreferences {
    /// What they want to be called for.
    pub level: Option<Level>,
    /// Whether it lies in the archive, as far as it goes now.
    pub archived: Option<bool>,
    /// Whether they block the other one.
    pub blocked: Option<bool>,
}

/// What a member prefers about a conversation from now on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Preferred {
    /// All of it.
    pub preferences: Preferences,
    /// The other one of the two, when they and the member begin or cease to be hidden from each other.
    pub turned: Option<UserId>,
}

/// Why a preference is not one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PreferError {
    /// Nobody can be blocked in a group, nor oneself.
    NobodyToBlock,
    /// The user has blocked as many as they can.
    TooManyBlocked,
}

/// A read watermark.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReadMark {
    /// Everything up to here is read.
    pub seq: Seq,
    /// Messages of others above it, counted up to `limits::UNREAD_MAX`.
    pub unread: u32,
    /// Those of them that mention the user.
    pub mentions: u32,
}

/// How far a member is, and who is to hear of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receipts {
    /// What the others may know.
    pub marks: Marks,
    /// The others in the conversation; nobody when nothing of that has moved.
    pub to: Vec<UserId>,
}
