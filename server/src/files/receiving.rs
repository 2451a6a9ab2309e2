//! An upload that receives bytes.

use super::hasher::Hasher;
use super::{FileError, Files, Held, Result};
use crate::blobs::{BlobError, Part};
use crate::fresh;
use crate::store::{Content, Progress, UploadRow, Writer};
use bytes::{Bytes, BytesMut};
use chat_protocol::Attachment;
use std::sync::Arc;
use tokio_util::sync::CancellationToken;

/// Bytes that are gathered before they are hashed and written.
const GATHERED: usize = 256 * 1024;
/// Bytes between two moments at which all is durable. A crash costs at most that much of an upload.
const UNSAVED_MAX: u64 = 8 * 1024 * 1024;

/// One run of an upload: from an offset up to the end, or to wherever the line breaks.
pub struct Receiving {
    files: Arc<Files>,
    row: UploadRow,
    writer: Writer,
    part: Box<dyn Part>,
    hasher: Hasher,
    gathered: BytesMut,
    /// Bytes that have been written.
    written: u64,
    saved: u64,
    /// A write failed, so nothing is certain but what was saved before.
    broken: bool,
    held: Held,
}

impl Receiving {
    pub(super) fn new(
        files: Arc<Files>,
        row: UploadRow,
        writer: Writer,
        part: Box<dyn Part>,
        held: Held,
    ) -> Result<Self> {
        // A state of another version cannot be gone on with; such an upload begins again as a new one.
        let hasher = Hasher::resume(&row.progress.hasher).ok_or(FileError::Unknown)?;
        let offset = row.progress.offset;
        let gathered = BytesMut::new();
        Ok(Self {
            files,
            row,
            writer,
            part,
            hasher,
            gathered,
            written: offset,
            saved: offset,
            broken: false,
            held,
        })
    }

    /// Bytes that have come, in all.
    pub fn offset(&self) -> u64 {
        self.written + self.gathered.len() as u64
    }

    /// Bytes that are still to come.
    pub fn missing(&self) -> u64 {
        self.row.size - self.offset()
    }

    /// Told when somebody else wants to go on with the upload.
    pub fn wanted(&self) -> CancellationToken {
        self.held.1.wanted()
    }

    /// Takes bytes. True when it is time to save.
    ///
    /// # Errors
    /// There are more than there were to be, and these are not taken; or they cannot be written.
    pub async fn take(&mut self, bytes: Bytes) -> Result<bool> {
        if bytes.len() as u64 > self.missing() {
            return Err(FileError::TooMany);
        }
        self.gathered.extend_from_slice(&bytes);
        if self.gathered.len() >= GATHERED {
            self.write().await?;
        }
        Ok(self.written - self.saved >= UNSAVED_MAX)
    }

    async fn write(&mut self) -> Result<()> {
        if !self.gathered.is_empty() {
            let bytes = self.gathered.split().freeze();
            let count = bytes.len() as u64;
            self.broken = true;
            self.hasher.add(&bytes).await;
            self.part.write(bytes).await.map_err(|error| self.files.not_durable(error))?;
            self.written += count;
            self.broken = false;
        }
        Ok(())
    }

    /// Makes all that has come durable without remembering it: for an upload that cannot be gone on with.
    ///
    /// # Errors
    /// It cannot be written.
    pub async fn sync(&mut self) -> Result<Vec<u8>> {
        if self.broken {
            return Err(FileError::Blob(BlobError::Unavailable("an earlier write failed".to_owned())));
        }
        self.write().await?;
        self.broken = true;
        let tail = self.part.save().await.map_err(|error| self.files.not_durable(error))?;
        self.broken = false;
        self.saved = self.written;
        Ok(tail)
    }

    /// Makes all that has come durable, and remembers it.
    ///
    /// # Errors
    /// It cannot be written, or somebody else has taken the upload over.
    pub async fn save(&mut self) -> Result<()> {
        let tail = self.sync().await?;
        self.remember(tail).await
    }

    async fn remember(&mut self, tail: Vec<u8>) -> Result<()> {
        let expires_at = self.files.expiry();
        let progress = Progress { offset: self.written, hasher: self.hasher.state(), tail, expires_at };
        let kept = self.files.store.keep_progress(self.row.id, self.writer, progress).await?;
        kept.then_some(()).ok_or(FileError::Taken)
    }

    /// Makes the whole upload a file.
    ///
    /// # Errors
    /// It is not whole, it cannot be written, or somebody else has taken the upload over.
    pub async fn finish(mut self) -> Result<Attachment> {
        if self.missing() > 0 {
            return Err(FileError::WrongOffset(self.offset()));
        }
        let tail = self.sync().await?;
        // Should the rest fail, whoever goes on finds all of it there and only has to finish.
        self.remember(tail.clone()).await?;
        let (id, hash) = (self.row.id, self.hasher.finish());
        let kept = self.files.blobs.keep(id, self.row.size, hash, &tail).await;
        kept.map_err(|error| self.files.not_durable(error))?;
        let content = Content { hash, at: fresh::now() };
        let finished = self.files.store.finish_upload(id, self.writer, content).await?;
        let finished = finished.ok_or(FileError::Taken)?;
        if !finished.fresh {
            self.files.notice();
        }
        Ok(finished.attachment)
    }
}
