//! Files, and uploads that become files.

use super::account::UserId;
use chat_protocol::{Attachment, ContentHash, FileId, UnixMillis};

/// An upload to be begun.
#[derive(Debug, Clone)]
pub struct NewUpload {
    /// Its id, and the file's when it is whole.
    pub id: FileId,
    /// Who uploads it.
    pub owner: UserId,
    /// What the file is called.
    pub name: String,
    /// What it is said to be.
    pub media_type: String,
    /// In bytes.
    pub size: u64,
    /// After this it may be collected.
    pub expires_at: UnixMillis,
}

/// An upload that is not whole yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UploadRow {
    /// Its id.
    pub id: FileId,
    /// What the file is called.
    pub name: String,
    /// What it is said to be.
    pub media_type: String,
    /// What it will have, in bytes.
    pub size: u64,
    /// How far it is.
    pub progress: Progress,
}

/// How far an upload is. Everything below the offset is durable.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Progress {
    /// Bytes that are there.
    pub offset: u64,
    /// The hash of these bytes so far, as it can be gone on with.
    pub hasher: Vec<u8>,
    /// What of these bytes the blob store wants to be given again.
    pub tail: Vec<u8>,
    /// After this it may be collected.
    pub expires_at: UnixMillis,
}

/// Whoever writes an upload. A later one takes it over, and then the earlier one's writes are refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Writer(pub i64);

/// A file, as somebody who may see it finds it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileRow {
    /// What is told of it.
    pub attachment: Attachment,
    /// Under which id its bytes are kept: that of the first file which had them.
    pub object: FileId,
}

/// How much room the files of one user may take, in bytes. Each counts for at least [`Quota::FILE_BYTES_MIN`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Quota(pub u64);

impl Quota {
    /// What the smallest file counts for, so that a quota bounds their number as well.
    pub const FILE_BYTES_MIN: u64 = 4096;

    /// What a file of this size counts for.
    pub fn charge(size: u64) -> u64 {
        size.max(Self::FILE_BYTES_MIN)
    }
}

/// An upload that became a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finished {
    /// What is told of it.
    pub attachment: Attachment,
    /// False when its bytes were there before, so that the uploaded ones are garbage now.
    pub fresh: bool,
}

/// What a finished upload turned out to be.
#[derive(Debug, Clone, Copy)]
pub struct Content {
    /// The hash of its bytes.
    pub hash: ContentHash,
    /// When that was.
    pub at: UnixMillis,
}
