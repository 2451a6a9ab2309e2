//! The database's collections and what a document of each holds. Times are Unix milliseconds; ids of conversations and
//! devices are 64 random bits, kept as signed numbers, as SQLite keeps them.

mod files;
mod values;

use crate::store::{Account, DeviceRow, NewDevice, StoredEntry, UserId};
use chat_protocol::{Body, ConversationId, DeviceId, Seq, UserName};
use mongodb::bson::Binary;
use mongodb::error::Result;
use mongodb::{Client, Collection};
use serde::{Deserialize, Serialize};

pub use files::*;
pub use values::*;

/// The database, and its collections.
pub struct Database {
    pub db: mongodb::Database,
    pub users: Collection<UserDocument>,
    pub devices: Collection<DeviceDocument>,
    pub conversations: Collection<ConversationDocument>,
    pub watermarks: Collection<WatermarkDocument>,
    pub entries: Collection<EntryDocument>,
    pub uploads: Collection<UploadDocument>,
    pub files: Collection<FileDocument>,
    pub blobs: Collection<BlobDocument>,
    pub garbage: Collection<GarbageDocument>,
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
            entries: db.collection("entries"),
            uploads: db.collection("uploads"),
            files: db.collection("files"),
            blobs: db.collection("blobs"),
            garbage: db.collection("garbage"),
            about: db.collection("about"),
            db,
        }
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

/// A one-to-one conversation: its two members, the smaller id first, and where its log ends.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ConversationDocument {
    #[serde(rename = "_id")]
    pub id: i64,
    pub low: i64,
    pub high: i64,
    pub first: i64,
    pub head: i64,
    pub activity: i64,
}

impl ConversationDocument {
    pub fn has(&self, user: UserId) -> bool {
        user.0 == self.low || user.0 == self.high
    }

    pub fn conversation(&self) -> ConversationId {
        ConversationId::from_bits(self.id.cast_unsigned())
    }
}

/// A member's place in a log. It is written with their first reading; until then it is 0.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct WatermarkDocument {
    #[serde(rename = "_id")]
    pub id: WatermarkKey,
    pub read: i64,
}

/// Whose place in which conversation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct WatermarkKey {
    #[serde(rename = "c")]
    pub conversation: i64,
    #[serde(rename = "u")]
    pub user: i64,
}

/// An entry of a log. Field names are short because each entry repeats them.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct EntryDocument {
    #[serde(rename = "_id")]
    pub id: EntryKey,
    pub at: i64,
    pub by: i64,
    #[serde(rename = "cid")]
    pub client_id: String,
    pub text: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file: Option<AttachedDocument>,
}

/// An entry's place: the number in its conversation. As the `_id` it is unique, which makes it the arbiter of numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct EntryKey {
    #[serde(rename = "c")]
    pub conversation: i64,
    #[serde(rename = "s")]
    pub seq: i64,
}

impl EntryKey {
    pub fn new(conversation: ConversationId, seq: Seq) -> Self {
        Self { conversation: key(conversation), seq: number(seq.get()) }
    }
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

impl EntryDocument {
    pub fn stored(self, from: UserName) -> Result<StoredEntry> {
        todo!()
    }
}
