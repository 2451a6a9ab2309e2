//! The database's collections and what a document of each holds. Times are Unix milliseconds; ids of conversations and
//! devices are 64 random bits, kept as signed numbers, as SQLite keeps them.

use crate::store::{Account, DeviceRow, NewDevice, StoredEntry, TokenHash, UserId};
use chat_protocol::{Body, ConversationId, DeviceId, Seq, UserName};
use mongodb::bson::spec::BinarySubtype;
use mongodb::bson::{self, Binary};
use mongodb::error::{Error, Result};
use mongodb::{Client, Collection};
use serde::{Deserialize, Serialize};

/// The database, and its collections.
pub struct Database {
    pub db: mongodb::Database,
    pub users: Collection<UserDocument>,
    pub devices: Collection<DeviceDocument>,
    pub conversations: Collection<ConversationDocument>,
    pub watermarks: Collection<WatermarkDocument>,
    pub entries: Collection<EntryDocument>,
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

/// A conversation's id as the database keeps it.
pub fn key(id: ConversationId) -> i64 {
    id.bits().cast_signed()
}

/// A device's id as the database keeps it.
pub fn device_key(id: DeviceId) -> i64 {
    id.bits().cast_signed()
}

/// A number or a time as the database keeps it. What is larger than that is as good as infinite.
pub fn number(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

/// A number or a time that the database kept.
pub fn unsigned(value: i64) -> Result<u64> {
    u64::try_from(value).map_err(|_| damaged(format!("{value} is no number of a log and no time")))
}

/// A sequence number that the database kept.
pub fn seq(value: i64) -> Result<Seq> {
    Seq::new(unsigned(value)?).ok_or_else(|| damaged(format!("{value} is no sequence number")))
}

/// A token's hash as the database keeps it.
pub fn token_hash(hash: TokenHash) -> Binary {
    Binary { subtype: BinarySubtype::Generic, bytes: hash.0.to_vec() }
}

/// A filter or an update made of a typed value.
pub fn value<T: Serialize>(value: &T) -> bson::Bson {
    bson::serialize_to_bson(value).expect("numbers and strings can be stored")
}

/// Something that only a fault or a foreign hand can have written.
pub fn damaged(what: String) -> Error {
    std::io::Error::new(std::io::ErrorKind::InvalidData, what).into()
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
        Ok(StoredEntry {
            seq: seq(self.id.seq)?,
            at: unsigned(self.at)?,
            from,
            client_id: self.client_id.parse().map_err(|error| damaged(format!("a client id: {error}")))?,
            body: Body::Message { text: self.text },
        })
    }
}
