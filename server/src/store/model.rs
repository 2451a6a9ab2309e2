//! What goes into the store and comes out of it.

use chat_protocol::{Body, ClientId, ConversationId, DeviceId, Seq, UnixMillis, UserName};
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
    pub body: Body,
}

/// An entry that has been appended, now or earlier.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Appended {
    /// Its number.
    pub seq: Seq,
    /// Its time.
    pub at: UnixMillis,
    /// False when this client id had been appended before.
    pub fresh: bool,
    /// Everyone who is in the conversation, the sender too.
    pub members: Arc<[UserId]>,
}

/// Why one entry of a batch was not appended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AppendError {
    /// There is no such conversation, or the sender is not in it.
    NotMember,
    /// The client id was used before with another body.
    IdConflict,
    /// It is not stored, and it may work later: the store cannot be reached.
    Unavailable,
    /// The store's answer was lost, so whether it is stored is not known. Sent again under its client id it is stored once.
    Unknown,
}

/// An entry of the log.
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

/// A one-to-one conversation as one of its members sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConversationRow {
    /// Its id.
    pub id: ConversationId,
    /// The other member's number (the caller's own for their notes).
    pub peer: UserId,
    /// The other member's name.
    pub peer_name: UserName,
    /// When the other member was last connected.
    pub peer_last_seen: Option<UnixMillis>,
    /// Where the log begins and ends.
    pub span: Span,
    /// The caller's read watermark.
    pub read: ReadMark,
    /// When the last entry was appended; 0 when there is none.
    pub activity: UnixMillis,
    /// The last entry.
    pub last: Option<StoredEntry>,
}

/// A read watermark.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReadMark {
    /// Everything up to here is read.
    pub seq: Seq,
    /// Entries of others above it, counted up to `limits::UNREAD_MAX`.
    pub unread: u32,
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
