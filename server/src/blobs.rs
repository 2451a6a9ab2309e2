//! The contents of files: streams of bytes under the ids of the uploads that brought them.
//!
//! What an id means, who may read it and when it is to go is the store's to know. An id is written once: as a part, which grows
//! at its end only, and then as an object, which never changes. Every implementation passes the same contract suite.

#[cfg(test)]
mod contract;
mod disk;
mod gridfs;

pub use disk::Disk;
pub use gridfs::GridFs;

use async_trait::async_trait;
use bytes::Bytes;
use chat_protocol::{ContentHash, FileId};
use futures_util::stream::BoxStream;
use std::ops::Range;
use std::time::Duration;

/// Why bytes could not be written or read.
#[derive(Debug, Clone, thiserror::Error)]
pub enum BlobError {
    /// It may work later: the disk is full, or the database is away.
    #[error("files cannot be kept right now: {0}")]
    Unavailable(String),
    /// Somebody else writes this part at the same time.
    #[error("somebody else writes this upload at the same time")]
    Taken,
    /// The bytes are not there, or not all of them.
    #[error("the bytes of {0} are not there")]
    Missing(FileId),
    /// What was written may not be durable. Nothing that rests on it may be told to anybody.
    #[error("writing a file failed: {0}")]
    Failed(String),
}

/// The result of anything that a blob store does.
pub type BlobResult<T> = Result<T, BlobError>;

/// The bytes of an object, piece by piece.
pub type Pieces = BoxStream<'static, BlobResult<Bytes>>;

/// A part that is being written.
#[async_trait]
pub trait Part: Send {
    /// Appends bytes, and may make some of them durable.
    async fn write(&mut self, bytes: Bytes) -> BlobResult<()>;
    /// Makes all that was written durable. Gives what [`Blobs::part`] and [`Blobs::keep`] want to be given again.
    async fn save(&mut self) -> BlobResult<Vec<u8>>;
}

/// Where contents are kept.
#[async_trait]
pub trait Blobs: Send + Sync + 'static {
    /// Opens a part, made if it is new, to go on at `offset` with the tail that was saved there. What lies beyond is
    /// forgotten.
    async fn part(&self, id: FileId, offset: u64, tail: &[u8]) -> BlobResult<Box<dyn Part>>;
    /// Makes a saved part an object, durably. Doing it again is harmless.
    async fn keep(&self, id: FileId, size: u64, hash: ContentHash, tail: &[u8]) -> BlobResult<()>;
    /// Reads some of an object's bytes.
    async fn read(&self, id: FileId, range: Range<u64>) -> BlobResult<Pieces>;
    /// Removes whatever there is of it, part or object.
    async fn remove(&self, id: FileId) -> BlobResult<()>;
    /// Everything that is older than this, part or object.
    async fn stored(&self, older_than: Duration) -> BlobResult<Vec<FileId>>;
}
