//! What a document about files holds.

use super::{binary, content_hash, file_id, file_key, number, unsigned};
use crate::store::{Content, NewUpload, Progress, UploadRow};
use chat_protocol::Attachment;
use mongodb::bson::Binary;
use mongodb::error::Result;
use serde::{Deserialize, Serialize};

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
