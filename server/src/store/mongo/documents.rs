//! The database's collections and what a document of each holds. Times are Unix milliseconds; ids of conversations and
//! devices are 64 random bits, kept as signed numbers, as SQLite keeps them.

mod entries;
mod files;
mod groups;
mod search;
mod values;

use crate::store::{Account, DeviceRow, NewDevice, UserId};
use chat_protocol::{ConversationId, DeviceId, Level, Marks, Preferences, Role, Settings, UserName};
use mongodb::bson::Binary;
use mongodb::error::Result;
use mongodb::{Client, ClientSession, Collection};
use serde::{Deserialize, Serialize};

pub use entries::*;
pub use files::*;
pub use groups::*;
pub use search::*;
pub use values::*;

/// The database, and its collections.
pub struct Database {
    pub db: mongodb::Database,
    pub users: Collection<UserDocument>,
    pub devices: Collection<DeviceDocument>,
    pub conversations: Collection<ConversationDocument>,
    pub watermarks: Collection<WatermarkDocument>,
    pub group_names: Collection<GroupNameDocument>,
    pub entries: Collection<EntryDocument>,
    pub uploads: Collection<UploadDocument>,
    pub files: Collection<FileDocument>,
    pub blobs: Collection<BlobDocument>,
    pub garbage: Collection<GarbageDocument>,
    pub search: Collection<SearchDocument>,
    pub search_progress: Collection<ProgressDocument>,
    pub about: Collection<AboutDocument>,
}

impl Database {
    pub fn new(client: &Client, name: &str) -> Self {
        let db = client.database(name);
        Self {
            users: db.collection("users"),
            devices: db.collection("devices"),
            conversations: db.collection("conversations"),
            watermarks: db.collection("watermarks"),
            group_names: db.collection("group_names"),
            entries: db.collection("entries"),
            uploads: db.collection("uploads"),
            files: db.collection("files"),
            blobs: db.collection("blobs"),
            garbage: db.collection("garbage"),
            search: db.collection("search"),
            search_progress: db.collection("search_progress"),
            about: db.collection("about"),
            db,
        }
    }

    /// A session in which whatever is read is no older than what was read before, also when another server has become the
    /// primary in between.
    pub async fn session(&self) -> Result<ClientSession> {
        self.db.client().start_session().causal_consistency(true).await
    }
}

/// An account.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct UserDocument {
    #[serde(rename = "_id")]
    pub id: i64,
    pub name: String,
    pub password_hash: String,
    /// How often the password was changed. Devices of an earlier one are logged out.
    pub password_version: i64,
    pub created_at: i64,
    pub last_seen: Option<i64>,
    /// Whether others are told what the user has read; who never said is told of.
    #[serde(default = "tells")]
    pub read_receipts: bool,
    /// When the account was deleted. It stays, under another name, for what stands in the logs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub erased_at: Option<i64>,
}

fn tells() -> bool {
    Settings::default().read_receipts
}

/// A device of an account.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct DeviceDocument {
    #[serde(rename = "_id")]
    pub id: i64,
    pub user: i64,
    /// The version of the password that it belongs to.
    pub password_version: i64,
    pub token_hash: Binary,
    pub name: String,
    pub created_at: i64,
    pub last_seen: i64,
}

/// A conversation, and where its log ends. One between two people has them here, the smaller id first; a group's members are
/// those of its watermarks that have a role.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ConversationDocument {
    #[serde(rename = "_id")]
    pub id: i64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub low: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub high: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<GroupDocument>,
    /// Who of the two has blocked the other. It stands where the end of the log does, so that an append need not look anywhere
    /// else.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub blockers: Vec<i64>,
    /// The first entry that can be read.
    pub first: i64,
    pub head: i64,
    pub activity: i64,
    /// From which entry on there may be something left of what stands before the first one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sweeping: Option<i64>,
}

impl ConversationDocument {
    /// One between two people that has no entries yet.
    pub fn direct(id: ConversationId, low: UserId, high: UserId) -> Self {
        let (low, high) = (Some(low.0), Some(high.0));
        let blockers = Vec::new();
        Self { id: key(id), low, high, group: None, blockers, first: 1, head: 0, activity: 0, sweeping: None }
    }

    pub fn conversation(&self) -> ConversationId {
        ConversationId::from_bits(self.id.cast_unsigned())
    }

    /// The two people between whom it is, or the one whose notes it has; nobody in a group.
    pub fn pair(&self) -> Vec<UserId> {
        let mut pair: Vec<_> = [self.low, self.high].into_iter().flatten().map(UserId).collect();
        pair.dedup();
        pair
    }

    /// Whether one of the two people has blocked the other.
    pub fn is_blocked(&self) -> bool {
        !self.blockers.is_empty()
    }

    /// The other one of the two people, or the only one.
    pub fn peer_of(&self, user: UserId) -> Option<i64> {
        if self.low == Some(user.0) { self.high } else { self.low }
    }
}

/// A member's place in a log. Between two people it is written when something has reached them; until then it is 0. In a
/// group it says who is in it: whoever comes gets a role, and whoever goes keeps nothing but the number of that entry.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct WatermarkDocument {
    #[serde(rename = "_id")]
    pub id: WatermarkKey,
    #[serde(default)]
    read: i64,
    /// As far as it was told: what is read is delivered in any case.
    #[serde(default)]
    delivered: i64,
    #[serde(default, skip_serializing_if = "is_usual")]
    level: Level,
    /// The head when it was put into the archive.
    #[serde(default, skip_serializing_if = "is_nowhere")]
    archived: i64,
    /// What a member of a group may do. Who has none is not in it any more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<Role>,
    /// The first entry that a member of a group sees.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first: Option<i64>,
    /// The entry by which all this holds in a group: what an earlier one says comes too late.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<i64>,
}

impl WatermarkDocument {
    pub fn place(&self) -> Place {
        Place { read: self.read, delivered: self.delivered.max(self.read) }
    }

    /// What they prefer. Whom they block stands with the conversation.
    pub fn preferences(&self, blocked: bool) -> Result<Preferences> {
        Ok(Preferences { level: self.level, archived: seq(self.archived)?, blocked })
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes references")]
fn is_usual(level: &Level) -> bool {
    *level == Level::default()
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes references")]
fn is_nowhere(number: &i64) -> bool {
    *number == 0
}

/// How far a member is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Place {
    pub read: i64,
    pub delivered: i64,
}

impl Place {
    /// The further one of both, in each respect.
    pub fn max(self, other: Self) -> Self {
        Self { read: self.read.max(other.read), delivered: self.delivered.max(other.delivered) }
    }

    /// What others may know.
    pub fn marks(self, of: &UserDocument) -> Result<Marks> {
        let read = of.read_receipts.then(|| seq(self.read)).transpose()?;
        Ok(Marks { delivered: seq(self.delivered)?, read })
    }
}

/// Whose place in which conversation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct WatermarkKey {
    #[serde(rename = "c")]
    pub conversation: i64,
    #[serde(rename = "u")]
    pub user: i64,
}

/// What the database says about itself.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct AboutDocument {
    #[serde(rename = "_id")]
    pub id: String,
    pub version: i64,
}

impl DeviceDocument {
    pub fn new(device: NewDevice, password_version: i64) -> Self {
        Self {
            password_version,
            id: device_key(device.id),
            user: device.user.0,
            token_hash: token_hash(device.token),
            name: device.name,
            created_at: number(device.at),
            last_seen: number(device.at),
        }
    }

    pub fn id(&self) -> DeviceId {
        DeviceId::from_bits(self.id.cast_unsigned())
    }

    pub fn row(self) -> Result<DeviceRow> {
        Ok(DeviceRow {
            id: self.id(),
            name: self.name,
            created_at: unsigned(self.created_at)?,
            last_seen: unsigned(self.last_seen)?,
        })
    }
}

impl UserDocument {
    pub fn name(&self) -> Result<UserName> {
        self.name.parse().map_err(|error| damaged(format!("{:?}: {error}", self.name)))
    }

    pub fn account(self) -> Result<Account> {
        Ok(Account {
            id: UserId(self.id),
            name: self.name()?,
            last_seen: self.last_seen.map(unsigned).transpose()?,
            password_hash: self.password_hash,
        })
    }
}
