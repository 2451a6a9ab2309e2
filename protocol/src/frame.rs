//! What a server says: answers, which repeat a request's id, and pushes, which have none.

use crate::{
    ClientId, ConversationId, DeviceId, Entry, ErrorCode, Group, Member, Preferences, PublicGroup, RequestId,
    Seq, Token, UnixMillis, UserName,
};
use serde::{Deserialize, Serialize};

/// A frame from the server, by its `type`. Clients must skip types that they do not know.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Frame {
    /// Answer to `hello`, `login` and `register`: from here on the connection is the user's.
    Welcome(Welcome),
    /// Done, and there is nothing more to say.
    Ok {
        /// The request's.
        id: RequestId,
    },
    /// Answer to `ping`.
    Pong {
        /// The request's.
        id: RequestId,
    },
    /// Answer to `send` and to everything else that makes an entry: it is durable and has its number. A repeated request gets
    /// the first one's answer.
    Ack {
        /// The request's.
        id: RequestId,
        /// The request's client id.
        client_id: ClientId,
        /// Where the entry stands.
        conversation: ConversationId,
        /// Under which number.
        seq: Seq,
        /// Since when.
        at: UnixMillis,
        /// Whom it mentions, if it is a message.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        mentions: Vec<UserName>,
    },
    /// Answer to `open` and `create_group`.
    Opened {
        /// The request's.
        id: RequestId,
        /// The conversation.
        summary: Summary,
    },
    /// Answer to `list`, the most recently active conversation first.
    Conversations {
        /// The request's.
        id: RequestId,
        /// One page.
        conversations: Vec<Summary>,
        /// The cursor of the next page; none after the last.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        next: Option<String>,
    },
    /// Answer to `history`.
    Page(Page),
    /// Answer to `versions`.
    Versions(Versions),
    /// Answer to `groups`, by name.
    Groups {
        /// The request's.
        id: RequestId,
        /// One page.
        groups: Vec<PublicGroup>,
        /// Whether there are more, to be asked for `after` the last of these.
        more: bool,
    },
    /// Answer to `members`, by name.
    Members {
        /// The request's.
        id: RequestId,
        /// Of which group.
        conversation: ConversationId,
        /// One page.
        members: Vec<Member>,
        /// Whether there are more, to be asked for `after` the last of these.
        more: bool,
    },
    /// Answer to `search`.
    Found(Found),
    /// Answer to `settings`: what holds now.
    Settings {
        /// The request's.
        id: RequestId,
        /// All of the user's settings.
        #[serde(flatten)]
        settings: Settings,
    },
    /// Answer to `blocked`, by name.
    Blocked {
        /// The request's.
        id: RequestId,
        /// Whom the caller has blocked.
        users: Vec<UserName>,
    },
    /// Answer to `devices`.
    Devices {
        /// The request's.
        id: RequestId,
        /// All of the caller's devices.
        devices: Vec<Device>,
    },
    /// A request was refused, and nothing was changed.
    Error(Failure),
    /// Push: a new entry of a conversation that the user is in. A fast copy of the log, no more.
    Entry(Entry),
    /// Push: the user is not in this group any more, and gets nothing of it from here on.
    Left {
        /// Which one.
        conversation: ConversationId,
    },
    /// Push: somebody the user shares a conversation with came or went.
    Presence(Presence),
    /// Push: what the user prefers about a conversation has changed, perhaps on another device.
    Preferences {
        /// Which one.
        conversation: ConversationId,
        /// All that they prefer about it.
        #[serde(flatten)]
        preferences: Preferences,
    },
    /// Push: the log begins here now. What stood before it is gone.
    Begins {
        /// Of which conversation.
        conversation: ConversationId,
        /// The number of its first entry that can be read.
        first: Seq,
    },
    /// Push: somebody has deleted their account. What they wrote is gone, and what is left of them has another name.
    Gone {
        /// What they were called.
        user: UserName,
        /// What stands in their place.
        now: UserName,
    },
    /// Push: the user's own read watermark moved, perhaps on another device.
    Receipt(Receipt),
    /// Push: another member has got or read more of a conversation. A whisper, like the two that follow.
    Marks(MemberMarks),
    /// Push: somebody in a conversation is typing, or has stopped. A whisper: nobody keeps it.
    Typing(Typing),
    /// A type that this build does not know.
    #[serde(other)]
    Unknown,
}

impl Frame {
    /// The frame as text.
    pub fn encode(&self) -> String {
        serde_json::to_string(self).expect("a frame has only string keys and finite numbers")
    }
}

/// The connection is authenticated.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Welcome {
    /// The request's.
    pub id: RequestId,
    /// The protocol's version.
    pub version: u32,
    /// The server's name and version, for a person.
    pub server: String,
    /// Who the connection is now.
    pub user: UserName,
    /// Which of the user's devices it is.
    pub device: DeviceId,
    /// A new device's token, after `login` and `register` only. Keep it like a password.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token: Option<Token>,
    /// The server's clock.
    pub now: UnixMillis,
    /// What this server allows.
    pub limits: Limits,
}

/// What a server allows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Limits {
    /// A message's text, in bytes of UTF-8.
    pub text_bytes_max: usize,
    /// A frame, in bytes.
    pub frame_bytes_max: usize,
    /// Entries in a page of history.
    pub page_entries_max: u32,
    /// Sends per second on one connection, on average.
    pub sends_per_second: u32,
    /// A file, in bytes; 0 from a server that takes none.
    #[serde(default)]
    pub file_bytes_max: u64,
    /// After how many days entries are removed; none where they are kept for ever, or for as long as their group says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retention_days: Option<u32>,
}

/// What a list of conversations shows of one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Summary {
    /// Which one.
    pub conversation: ConversationId,
    /// What it is.
    #[serde(flatten)]
    pub kind: Kind,
    /// The number of its first entry that can be read; 1 unless retention moved it.
    pub first: Seq,
    /// The number of its last entry; 0 when there is none.
    pub head: Seq,
    /// The caller's read watermark.
    pub read: Seq,
    /// Messages of others above the watermark, counted up to 999.
    pub unread: u32,
    /// Those of them that mention the caller.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub mentions: u32,
    /// What the caller prefers about it.
    #[serde(flatten)]
    pub preferences: Preferences,
    /// Its last entry.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last: Option<Entry>,
}

/// What a conversation is. Clients must expect kinds that they do not know.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Kind {
    /// Between two people (or one person's notes, when the peer is the caller).
    Direct {
        /// The other one.
        peer: Peer,
        /// How far the other one is; none in one's own notes.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        peer_marks: Option<Marks>,
    },
    /// Of as many as like.
    Group(Group),
    /// A kind that this build does not know.
    #[serde(other)]
    Unknown,
}

/// The other person of a one-to-one conversation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Peer {
    /// The name.
    pub user: UserName,
    /// Whether one of their devices is connected.
    pub online: bool,
    /// When the last of their devices was seen; none if they were never connected.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_seen: Option<UnixMillis>,
}

/// Somebody came or went.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Presence {
    /// Who, and how.
    #[serde(flatten)]
    pub peer: Peer,
}

/// The user's own read watermark.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Receipt {
    /// In which conversation.
    pub conversation: ConversationId,
    /// Whose watermark.
    pub user: UserName,
    /// Everything up to here is read.
    pub read: Seq,
    /// Messages of others above it, counted up to 999.
    pub unread: u32,
    /// Those of them that mention the user.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub mentions: u32,
}

/// How far a member of a conversation is. Both only grow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Marks {
    /// Everything up to here has reached one of their devices.
    pub delivered: Seq,
    /// Everything up to here is read; none when they do not tell.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub read: Option<Seq>,
}

/// How far another member of a conversation is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MemberMarks {
    /// In which conversation.
    pub conversation: ConversationId,
    /// Who.
    pub user: UserName,
    /// How far.
    #[serde(flatten)]
    pub marks: Marks,
}

/// What a user has set, on all of their devices.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Settings {
    /// Whether others are told what the user has read.
    pub read_receipts: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self { read_receipts: true }
    }
}

/// What a message said, and when.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Version {
    /// The number of the entry that said it: the message's own, or an edit's.
    pub seq: Seq,
    /// Since when it said so.
    pub at: UnixMillis,
    /// The text.
    pub text: String,
}

/// Versions of a message, in ascending order; the last ones if nothing else was asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Versions {
    /// The request's.
    pub id: RequestId,
    /// Of which conversation.
    pub conversation: ConversationId,
    /// Of which message.
    pub seq: Seq,
    /// The versions.
    pub versions: Vec<Version>,
    /// Whether there are earlier ones, to be asked for with `before`.
    pub more: bool,
}

/// Messages that were looked for, the newest first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Found {
    /// The request's.
    pub id: RequestId,
    /// One page: each message as it is at the end of its conversation, with the number under which it stands there.
    pub hits: Vec<Entry>,
    /// The cursor of the next page, which has at least one hit; none after the last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// Somebody is typing, for so long as the lease lasts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Typing {
    /// Where.
    pub conversation: ConversationId,
    /// Who.
    pub user: UserName,
    /// For how many milliseconds that holds, unless the next push or an entry of theirs comes first; 0 when they have stopped.
    pub lease_ms: u64,
}

/// A page of history.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Page {
    /// The request's.
    pub id: RequestId,
    /// Of which conversation.
    pub conversation: ConversationId,
    /// In ascending order, without a hole.
    pub entries: Vec<Entry>,
    /// The number of the conversation's first entry that can be read.
    pub first: Seq,
    /// The number of its last entry, at the moment the page was read.
    pub head: Seq,
}

/// One of the user's devices.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Device {
    /// Its id.
    pub device: DeviceId,
    /// The name it gave itself: text from outside, to be made safe before it is drawn.
    pub name: String,
    /// When it logged in.
    pub created_at: UnixMillis,
    /// When it last connected.
    pub last_seen: UnixMillis,
    /// Whether it is the one that asks.
    pub current: bool,
}

/// A request was refused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    /// The request's; null when the frame had none that could be read.
    pub id: Option<RequestId>,
    /// For programs.
    pub code: ErrorCode,
    /// For people.
    pub message: String,
    /// When to try again, with `rate_limited`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_after_ms: Option<u64>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes references")]
fn is_zero(number: &u32) -> bool {
    *number == 0
}
