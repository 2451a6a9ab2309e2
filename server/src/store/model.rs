//! What goes into the store and comes out of it.

use chat_protocol::{
    Attachment, Body, ClientId, ContentHash, ConversationId, DeviceId, FileId, Group, GroupChange, GroupName,
    Level, Marks, MemberChange, Past, Preferences, Role, Seq, UnixMillis, UserName,
};
use std::sync::Arc;

/// A user's internal number. Names stand on the wire, this in the store, so that a name can be erased.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UserId(pub i64);

/// The SHA-256 of a device's token: what is stored of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct TokenHash(pub [u8; 32]);

/// An account to be made.
#[derive(Debug, Clone)]
pub struct NewUser {
    /// Its name.
    pub name: UserName,
    /// The password's argon2id hash in PHC form.
    pub password_hash: String,
    /// When it is made.
    pub at: UnixMillis,
}

/// An account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// Its number.
    pub id: UserId,
    /// Its name.
    pub name: UserName,
    /// The password's argon2id hash in PHC form.
    pub password_hash: String,
    /// When a device of it was last connected.
    pub last_seen: Option<UnixMillis>,
}

/// A device to be added.
#[derive(Debug, Clone)]
pub struct NewDevice {
    /// Its id.
    pub id: DeviceId,
    /// Whose it is.
    pub user: UserId,
    /// Its token's hash.
    pub token: TokenHash,
    /// What it calls itself.
    pub name: String,
    /// When it logged in.
    pub at: UnixMillis,
}

/// A device.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeviceRow {
    /// Its id.
    pub id: DeviceId,
    /// What it calls itself.
    pub name: String,
    /// When it logged in.
    pub created_at: UnixMillis,
    /// When it last connected.
    pub last_seen: UnixMillis,
}

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

/// An upload to be begun.
#[derive(Debug, Clone)]
pub struct NewUpload {
    /// Its id, and the file's when it is whole.
    pub id: FileId,
    /// Who uploads it.
    pub owner: UserId,
    /// What the file is called.
    pub name: String,
    /// What it is said to be.
    pub media_type: String,
    /// In bytes.
    pub size: u64,
    /// After this it may be collected.
    pub expires_at: UnixMillis,
}

/// An upload that is not whole yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UploadRow {
    /// Its id.
    pub id: FileId,
    /// What the file is called.
    pub name: String,
    /// What it is said to be.
    pub media_type: String,
    /// What it will have, in bytes.
    pub size: u64,
    /// How far it is.
    pub progress: Progress,
}

/// How far an upload is. Everything below the offset is durable.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Progress {
    /// Bytes that are there.
    pub offset: u64,
    /// The hash of these bytes so far, as it can be gone on with.
    pub hasher: Vec<u8>,
    /// What of these bytes the blob store wants to be given again.
    pub tail: Vec<u8>,
    /// After this it may be collected.
    pub expires_at: UnixMillis,
}

/// Whoever writes an upload. A later one takes it over, and then the earlier one's writes are refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Writer(pub i64);

/// A file, as somebody who may see it finds it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileRow {
    /// What is told of it.
    pub attachment: Attachment,
    /// Under which id its bytes are kept: that of the first file which had them.
    pub object: FileId,
}

/// How much room the files of one user may take, in bytes. Each counts for at least [`Quota::FILE_BYTES_MIN`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Quota(pub u64);

impl Quota {
    /// What the smallest file counts for, so that a quota bounds their number as well.
    pub const FILE_BYTES_MIN: u64 = 4096;

    /// What a file of this size counts for.
    pub fn charge(size: u64) -> u64 {
        size.max(Self::FILE_BYTES_MIN)
    }
}

/// An upload that became a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finished {
    /// What is told of it.
    pub attachment: Attachment,
    /// False when its bytes were there before, so that the uploaded ones are garbage now.
    pub fresh: bool,
}

/// What a finished upload turned out to be.
#[derive(Debug, Clone, Copy)]
pub struct Content {
    /// The hash of its bytes.
    pub hash: ContentHash,
    /// When that was.
    pub at: UnixMillis,
}
