//! The database's collections and what a document of each holds. Times are Unix milliseconds; ids of conversations and
//! devices are 64 random bits, kept as signed numbers, as SQLite keeps them.

use crate::store::{
    Account, Content, DeviceRow, NewDevice, NewUpload, Progress, StoredEntry, TokenHash, UploadRow, UserId,
};
use chat_protocol::{Attachment, Body, ContentHash, ConversationId, DeviceId, FileId, Seq, UserName};
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

/// An upload or a file for which room is set aside, while it is being made or removed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UnsettledDocument {
    pub id: i64,
    pub charge: i64,
    /// When that began.
    pub at: i64,
}

/// Which of the files that an account has room for may not be there: not yet, or not any more.
#[derive(Debug, Clone, Deserialize)]
pub struct RoomDocument {
    #[serde(rename = "_id")]
    pub owner: i64,
    #[serde(default)]
    pub unsettled: Vec<UnsettledDocument>,
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

/// What an entry keeps of its file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AttachedDocument {
    pub id: i64,
    pub name: String,
    pub size: i64,
    pub media_type: String,
    pub sha256: Binary,
}

/// An upload that is not whole yet.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct UploadDocument {
    #[serde(rename = "_id")]
    pub id: i64,
    pub owner: i64,
    pub name: String,
    pub media_type: String,
    pub size: i64,
    pub expires_at: i64,
    pub writer: i64,
    pub offset: i64,
    pub hasher: Binary,
    pub tail: Binary,
}

/// A file. `sends` counts the tries to send it: whoever would remove it must have seen all of them. `loose_since` is when it was
/// made, or the last such try; it is gone once an entry is known to have the file.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct FileDocument {
    #[serde(rename = "_id")]
    pub id: i64,
    pub owner: i64,
    pub name: String,
    pub media_type: String,
    pub size: i64,
    pub sha256: Binary,
    pub object: i64,
    pub sends: i64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub loose_since: Option<i64>,
}

/// A content, under the id that its bytes have. `files` counts the files that have it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct BlobDocument {
    #[serde(rename = "_id")]
    pub id: i64,
    pub sha256: Binary,
    pub files: i64,
}

/// The id of bytes that nobody needs.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub struct GarbageDocument {
    #[serde(rename = "_id")]
    pub id: i64,
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

/// A file's id as the database keeps it.
pub fn file_key(id: FileId) -> i64 {
    id.bits().cast_signed()
}

/// A file's id that the database kept.
pub fn file_id(key: i64) -> FileId {
    FileId::from_bits(key.cast_unsigned())
}

/// Bytes as the database keeps them.
pub fn binary(bytes: &[u8]) -> Binary {
    Binary { subtype: BinarySubtype::Generic, bytes: bytes.to_vec() }
}

/// A hash that the database kept.
fn content_hash(hash: &Binary) -> Result<ContentHash> {
    let bytes = <[u8; 32]>::try_from(hash.bytes.as_slice());
    bytes.map(ContentHash::from_bytes).map_err(|_| damaged("a hash has 32 bytes".to_owned()))
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
    binary(&hash.0)
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
            body: Body::Message {
                text: self.text,
                file: self.file.map(AttachedDocument::attachment).transpose()?,
            },
        })
    }
}

impl AttachedDocument {
    pub fn attachment(self) -> Result<Box<Attachment>> {
        let (id, sha256) = (file_id(self.id), content_hash(&self.sha256)?);
        let (name, media_type) = (self.name, self.media_type);
        Ok(Box::new(Attachment { id, name, size: unsigned(self.size)?, media_type, sha256 }))
    }
}

impl UploadDocument {
    pub fn new(upload: NewUpload) -> Self {
        let NewUpload { id, owner, name, media_type, size, expires_at } = upload;
        Self {
            id: file_key(id),
            owner: owner.0,
            name,
            media_type,
            size: number(size),
            expires_at: number(expires_at),
            writer: 0,
            offset: 0,
            hasher: binary(&[]),
            tail: binary(&[]),
        }
    }

    pub fn row(self) -> Result<UploadRow> {
        let progress = Progress {
            offset: unsigned(self.offset)?,
            hasher: self.hasher.bytes,
            tail: self.tail.bytes,
            expires_at: unsigned(self.expires_at)?,
        };
        let (id, size) = (file_id(self.id), unsigned(self.size)?);
        Ok(UploadRow { id, name: self.name, media_type: self.media_type, size, progress })
    }
}

impl FileDocument {
    pub fn new(upload: UploadDocument, content: Content, object: i64) -> Self {
        let UploadDocument { id, owner, name, media_type, size, .. } = upload;
        let (sha256, loose_since) = (binary(content.hash.as_bytes()), Some(number(content.at)));
        Self { id, owner, name, media_type, size, sha256, object, sends: 0, loose_since }
    }

    pub fn attachment(&self) -> Result<Attachment> {
        let (id, sha256) = (file_id(self.id), content_hash(&self.sha256)?);
        let (name, media_type) = (self.name.clone(), self.media_type.clone());
        Ok(Attachment { id, name, size: unsigned(self.size)?, media_type, sha256 })
    }
}
