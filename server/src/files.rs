//! Files: uploads that can be interrupted, the files that they become, and the room that they take.
//!
//! The store says what there is, [`crate::blobs`] holds the bytes; this puts the two in an order that no crash can break:
//! bytes are durable before the store says so, and the store has given them up before they are removed.

mod collector;
mod desk;
mod hasher;
mod media;
mod receiving;

pub use collector::collect;
pub use hasher::Hasher;
pub use media::media_type;
pub use receiving::Receiving;

use crate::blobs::{BlobError, Blobs, Pieces};
use crate::config::{Limits, Timing};
use crate::fresh;
use crate::store::{FileRow, NewUpload, Quota, Store, StoreError, UploadRow, UserId};
use chat_protocol::{FileId, UnixMillis, file_name};
use desk::Desk;
use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{Notify, watch};

/// Why something about a file was not done.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    /// There is none, or the user may not see it.
    #[error("there is no such file, or you may not see it")]
    Unknown,
    /// It is, or would be, larger than this.
    #[error("a file is at most {0} bytes here")]
    TooLarge(u64),
    /// More came than the upload said.
    #[error("more bytes came than the upload said that there are")]
    TooMany,
    /// The user's files have no room for it.
    #[error("there is no room for this file: yours may take {0} bytes in all")]
    NoRoom(u64),
    /// The upload goes on elsewhere.
    #[error("the upload goes on at offset {0}")]
    WrongOffset(u64),
    /// Somebody else writes it, and did not let go.
    #[error("somebody else writes this upload at the same time")]
    Taken,
    /// The user has too many transfers under way.
    #[error("too many transfers at once; try again when one is done")]
    Busy,
    /// The store did not do it.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The bytes could not be written or read.
    #[error(transparent)]
    Blob(BlobError),
}

impl From<BlobError> for FileError {
    fn from(error: BlobError) -> Self {
        match error {
            BlobError::Taken => Self::Taken,
            error => Self::Blob(error),
        }
    }
}

type Result<T> = std::result::Result<T, FileError>;

/// All that has to do with files.
pub struct Files {
    store: Arc<dyn Store>,
    blobs: Arc<dyn Blobs>,
    desk: Desk,
    size_max: u64,
    quota: Quota,
    timing: Timing,
    /// There is something to collect.
    untidy: Notify,
    /// Why it is not certain any more what is durable.
    failed: watch::Sender<Option<String>>,
}

impl Files {
    /// Files known to `store` with their bytes in `blobs`.
    pub fn new(store: Arc<dyn Store>, blobs: Arc<dyn Blobs>, limits: &Limits, timing: Timing) -> Self {
        Self {
            store,
            blobs,
            desk: Desk::new(limits.transfers_per_user, limits.transfers_max),
            size_max: limits.file_bytes_max,
            quota: Quota(limits.user_bytes_max),
            timing,
            untidy: Notify::new(),
            failed: watch::Sender::new(None),
        }
    }

    /// The size of the largest file, in bytes.
    pub fn size_max(&self) -> u64 {
        self.size_max
    }

    /// Begins an upload, and sets its room aside.
    ///
    /// # Errors
    /// It is too large, or there is no room.
    pub async fn begin(&self, owner: UserId, name: &str, media_type: &str, size: u64) -> Result<FileId> {
        if size > self.size_max {
            return Err(FileError::TooLarge(self.size_max));
        }
        let (id, expires_at) = (fresh::file_id(), self.expiry());
        let (name, media_type) = (file_name(name), media_type.to_owned());
        let upload = NewUpload { id, owner, name, media_type, size, expires_at };
        let has_room = self.store.begin_upload(upload, self.quota).await?;
        has_room.then_some(id).ok_or(FileError::NoRoom(self.quota.0))
    }

    /// How far an upload is. Whoever writes it is interrupted, so that all that has arrived counts.
    ///
    /// # Errors
    /// The user has no such upload.
    pub async fn upload(&self, owner: UserId, id: FileId) -> Result<UploadRow> {
        // Only somebody who may do it interrupts a writer.
        self.store.upload(owner, id, fresh::now(), None).await?.ok_or(FileError::Unknown)?;
        let _seat = self.desk.seat(id).await?;
        self.store.upload(owner, id, fresh::now(), None).await?.ok_or(FileError::Unknown)
    }

    /// Goes on with an upload at an offset. Whoever else writes it is interrupted.
    ///
    /// # Errors
    /// The user has no such upload, or it is not there.
    pub async fn resume(self: &Arc<Self>, owner: UserId, id: FileId, offset: u64) -> Result<Receiving> {
        let turn = self.desk.turn(owner)?;
        self.store.upload(owner, id, fresh::now(), None).await?.ok_or(FileError::Unknown)?;
        let seat = self.desk.seat(id).await?;
        let writer = fresh::writer();
        let found = self.store.upload(owner, id, fresh::now(), Some(writer)).await?;
        let row = found.ok_or(FileError::Unknown)?;
        if row.progress.offset != offset {
            return Err(FileError::WrongOffset(row.progress.offset));
        }
        let (id, progress) = (row.id, &row.progress);
        let part = self.blobs.part(id, offset, &progress.tail).await?;
        Receiving::new(Arc::clone(self), row, writer, part, (turn, seat))
    }

    /// Gives up an upload, or a file that was never sent.
    ///
    /// # Errors
    /// The user has no such upload.
    pub async fn abandon(&self, owner: UserId, id: FileId) -> Result<()> {
        let is_upload = self.store.upload(owner, id, fresh::now(), None).await?.is_some();
        let _seat = if is_upload { Some(self.desk.seat(id).await?) } else { None };
        let dropped = self.store.drop_upload(owner, id).await?;
        self.notice();
        dropped.then_some(()).ok_or(FileError::Unknown)
    }

    /// Files hang on nothing any more. Nobody waits here.
    pub fn notice(&self) {
        self.untidy.notify_one();
    }

    /// The file, if the user may see it now.
    ///
    /// # Errors
    /// The user may see no such file.
    pub async fn file(&self, user: UserId, id: FileId) -> Result<FileRow> {
        self.store.file(user, id).await?.ok_or(FileError::Unknown)
    }

    /// Some of a file's bytes, for somebody who may see it.
    ///
    /// # Errors
    /// They have too many transfers under way, or the bytes cannot be read.
    pub async fn read(
        &self,
        user: UserId,
        object: FileId,
        range: Range<u64>,
    ) -> Result<(Pieces, desk::Turn)> {
        let turn = self.desk.turn(user)?;
        Ok((self.blobs.read(object, range).await?, turn))
    }

    /// Ends when bytes could not be made durable; the server must stop then, for the system may tell the next one who asks that
    /// they are.
    pub async fn failed(&self) -> StoreError {
        let mut failed = self.failed.subscribe();
        let told = failed.wait_for(Option::is_some).await;
        let cause = told.ok().and_then(|cause| cause.clone()).unwrap_or_default();
        StoreError::Fatal(format!("a file could not be made durable: {cause}"))
    }

    fn not_durable(&self, error: BlobError) -> FileError {
        if let BlobError::Failed(cause) = &error {
            self.failed.send_replace(Some(cause.clone()));
        }
        error.into()
    }

    /// Until when an upload is kept that goes on now.
    pub fn expiry(&self) -> UnixMillis {
        fresh::now() + millis(self.timing.upload_kept)
    }
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

/// Who goes on writing, and the row that it is about: what [`Receiving`] is made of.
type Held = (desk::Turn, desk::Seat);

#[cfg(test)]
mod tests;
