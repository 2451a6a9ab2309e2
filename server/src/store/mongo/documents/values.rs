//! Ids, numbers and bytes as the database keeps them.

use crate::store::TokenHash;
use chat_protocol::{ContentHash, ConversationId, DeviceId, FileId, Seq};
use mongodb::bson::spec::BinarySubtype;
use mongodb::bson::{self, Binary};
use mongodb::error::{Error, Result};
use serde::Serialize;

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
pub fn content_hash(hash: &Binary) -> Result<ContentHash> {
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
