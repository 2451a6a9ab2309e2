//! What a store is made of, row by row.

use super::{Digest, Record};
use crate::store::{NewBody, TokenHash, UserId};
use chat_protocol::{
    Attachment, ClientId, ContentHash, ConversationId, DeviceId, FileId, GroupName, Level, Past, Preferences,
    Role, Seq, UnixMillis, UserName, limits,
};

/// An account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserRecord {
    /// Its number; never changes, like the time, and the name until the account ends.
    pub id: UserId,
    /// Its name.
    pub name: UserName,
    /// The password's hash.
    pub password_hash: String,
    /// When it was made.
    pub created_at: UnixMillis,
    /// When a device of it was last connected.
    pub last_seen: Option<UnixMillis>,
    /// Whether others are told what the user has read.
    pub read_receipts: bool,
    /// When it ended.
    pub erased_at: Option<UnixMillis>,
}

/// A device. Only the time of the last connection changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeviceRecord {
    /// Its id.
    pub id: DeviceId,
    /// Whose it is.
    pub user: UserId,
    /// Its token's hash.
    pub token: TokenHash,
    /// What it calls itself.
    pub name: String,
    /// When it logged in.
    pub created_at: UnixMillis,
    /// When it last connected.
    pub last_seen: UnixMillis,
}

/// A file. Nothing of it changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileRecord {
    /// Its id.
    pub id: FileId,
    /// Who uploaded it.
    pub owner: UserId,
    /// What it is called.
    pub name: String,
    /// Its media type.
    pub media_type: String,
    /// How many bytes it has.
    pub size: u64,
    /// The id under which its bytes are kept.
    pub object: FileId,
    /// The SHA-256 of its bytes.
    pub sha256: ContentHash,
}

/// A conversation without its log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConversationRecord {
    /// Its id; never changes.
    pub id: ConversationId,
    /// What it is.
    pub kind: KindRecord,
    /// Who is in it, in the order of their numbers.
    pub members: Vec<MemberRecord>,
    /// The number of the first entry that can be read.
    pub first: Seq,
    /// The number of the last entry.
    pub head: Seq,
    /// When the last entry was appended.
    pub activity: UnixMillis,
}

/// What a conversation is; never changes but for what a group is called and about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KindRecord {
    /// Between two people, the smaller number first; the same one twice for somebody's notes.
    Direct(UserId, UserId),
    /// A group.
    Group {
        /// What it is called.
        name: GroupName,
        /// What it is about.
        topic: String,
        /// Whether everybody can find and join it.
        public: bool,
        /// What newcomers see.
        past: Past,
        /// After how many days its entries go; 0 when it has no rule of its own.
        retention_days: u32,
    },
}

/// A member of a conversation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MemberRecord {
    /// Who.
    pub user: UserId,
    /// What they may do in a group.
    pub role: Role,
    /// The first entry that they see.
    pub first: Seq,
    /// How far they are.
    pub marks: MarksRecord,
    /// What they prefer.
    pub preferences: Preferences,
}

impl MemberRecord {
    /// Somebody who has just come.
    pub fn new(user: UserId) -> Self {
        let first = Seq::ZERO.next();
        let (marks, preferences) = (MarksRecord::default(), Preferences::default());
        Self { user, role: Role::Member, first, marks, preferences }
    }
}

/// How far a member of a conversation is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct MarksRecord {
    /// What they have read.
    pub read: Seq,
    /// What has reached them.
    pub delivered: Seq,
}

/// An entry of a log. Nothing of it changes but that its text, file and mentions are taken away: by a deletion, or because the log
/// begins after it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EntryRecord {
    /// Where it stands.
    pub conversation: ConversationId,
    /// Its number there.
    pub seq: Seq,
    /// When it was appended.
    pub at: UnixMillis,
    /// Who sent it.
    pub sender: UserId,
    /// The sender's id of it.
    pub client_id: ClientId,
    /// What it says.
    pub body: NewBody,
    /// What is told of a message's file.
    pub attachment: Option<Box<Attachment>>,
    /// Whom a message mentions.
    pub mentions: Vec<UserId>,
}

impl Record for UserRecord {
    const PLURAL: &'static str = "users";

    fn key(&self) -> i64 {
        self.id.0
    }

    fn digest(&self, digest: &mut Digest) {
        digest.key(self.id.0);
        digest.text(self.name.as_str());
        digest.text(&self.password_hash);
        digest.number(self.created_at);
        digest.number(u64::from(self.last_seen.is_some()));
        digest.number(self.last_seen.unwrap_or(0));
        digest.number(u64::from(self.read_receipts));
        digest.number(u64::from(self.erased_at.is_some()));
        digest.number(self.erased_at.unwrap_or(0));
    }
}

impl Record for DeviceRecord {
    const PLURAL: &'static str = "devices";

    fn key(&self) -> i64 {
        self.id.bits().cast_signed()
    }

    fn digest(&self, digest: &mut Digest) {
        digest.key(self.key());
        digest.key(self.user.0);
        digest.bytes(&self.token.0);
        digest.text(&self.name);
        digest.number(self.created_at);
        digest.number(self.last_seen);
    }
}

impl Record for FileRecord {
    const PLURAL: &'static str = "files";

    fn key(&self) -> i64 {
        self.id.bits().cast_signed()
    }

    fn digest(&self, digest: &mut Digest) {
        digest.key(self.key());
        digest.key(self.owner.0);
        digest.text(&self.name);
        digest.text(&self.media_type);
        digest.number(self.size);
        digest.number(self.object.bits());
        digest.bytes(self.sha256.as_bytes());
    }
}

impl Record for ConversationRecord {
    const PLURAL: &'static str = "conversations";

    fn key(&self) -> i64 {
        self.id.bits().cast_signed()
    }

    fn digest(&self, digest: &mut Digest) {
        digest.key(self.key());
        match &self.kind {
            KindRecord::Direct(low, high) => {
                digest.key(low.0);
                digest.key(high.0);
            }
            KindRecord::Group { name, topic, public, past, retention_days } => {
                digest.text(name.as_str());
                digest.text(topic);
                digest.number(u64::from(*public));
                digest.number(u64::from(*past == Past::None));
                digest.number(u64::from(*retention_days));
            }
        }
        digest.number(self.members.len() as u64);
        for MemberRecord { user, role, first, marks, preferences } in &self.members {
            digest.key(user.0);
            digest.number(u64::from(*role == Role::Admin));
            for seq in [*first, marks.read, marks.delivered, preferences.archived] {
                digest.number(seq.get());
            }
            digest.number(match preferences.level {
                Level::All => 0,
                Level::Mentions => 1,
                Level::None => 2,
            });
            digest.number(u64::from(preferences.blocked));
        }
        digest.number(self.first.get());
        digest.number(self.head.get());
        digest.number(self.activity);
    }
}

impl EntryRecord {
    /// Takes away what is told of nobody whose account has ended.
    pub(in crate::store) fn depart(&mut self) {
        match &mut self.body {
            NewBody::Message { text, file, reply_to } => {
                text.clear();
                (*file, *reply_to, self.attachment) = (None, None, None);
                self.mentions.clear();
            }
            NewBody::Edit { text, .. } => text.clear(),
            _ => {}
        }
    }

    /// Adds all of it but the conversation to a digest.
    pub fn digest(&self, digest: &mut Digest) {
        digest.number(self.seq.get());
        digest.number(self.at);
        digest.key(self.sender.0);
        digest.text(self.client_id.as_str());
        digest.number(self.mentions.len() as u64);
        self.mentions.iter().for_each(|user| digest.key(user.0));
        let optional = |digest: &mut Digest, value: Option<u64>| {
            digest.number(u64::from(value.is_some()));
            digest.number(value.unwrap_or(0));
        };
        match &self.body {
            NewBody::Message { text, file, reply_to } => {
                digest.text("message");
                digest.text(text);
                optional(digest, file.map(FileId::bits));
                optional(digest, reply_to.map(Seq::get));
            }
            NewBody::Edit { target, text } => {
                digest.text("edit");
                digest.number(target.get());
                digest.text(text);
            }
            NewBody::Deletion { target } => {
                digest.text("deletion");
                digest.number(target.get());
            }
            NewBody::Reaction { target, emoji, removed } => {
                digest.text("reaction");
                digest.number(target.get());
                digest.text(emoji);
                digest.number(u64::from(*removed));
            }
            NewBody::Group(change) => {
                digest.text("group");
                digest.text(&serde_json::to_string(change).expect("a change has only string keys"));
            }
            NewBody::Members { change, users } => {
                digest.text("members");
                digest.text(&serde_json::to_string(change).expect("a change is a word"));
                digest.number(users.len() as u64);
                users.iter().for_each(|user| digest.key(user.0));
            }
        }
    }

    /// How long its text is.
    pub(crate) fn text_bytes(&self) -> usize {
        match &self.body {
            NewBody::Message { text, .. } | NewBody::Edit { text, .. } => text.len(),
            NewBody::Group(_) => limits::TOPIC_BYTES_MAX,
            NewBody::Members { users, .. } => users.len() * size_of::<UserId>(),
            NewBody::Deletion { .. } | NewBody::Reaction { .. } => 0,
        }
    }

    /// What is said when its place is taken.
    pub(in crate::store) fn is_another(&self) -> String {
        let Self { conversation, seq, .. } = self;
        format!("another entry than the source's stands in conversation {conversation} under number {seq}")
    }
}
