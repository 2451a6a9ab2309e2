//! The part of the store that knows files: uploads under way, files, and which bytes nobody needs any more.
//!
//! Bytes are kept elsewhere ([`crate::blobs`]) under the id of the upload that brought them, which is used for nothing
//! else, ever. Each such id is known here as an upload, as the home of some content, or as garbage, and none of the first two
//! while it is the last. So no crash leaves a file without its bytes; bytes that nobody knows any more are nobody's.

use super::{Content, FileRow, Finished, NewUpload, Progress, Quota, StoreResult, UploadRow, UserId, Writer};
use async_trait::async_trait;
use chat_protocol::{FileId, UnixMillis};

/// Everything about files that outlives the server's process, but for their bytes.
#[async_trait]
pub trait FileStore: Send + Sync + 'static {
    /// Begins an upload and sets its room aside, all at once; false when the owner has not that much room.
    async fn begin_upload(&self, upload: NewUpload, quota: Quota) -> StoreResult<bool>;

    /// The owner's upload, unless it has expired. With a writer it is theirs from then on.
    async fn upload(
        &self,
        owner: UserId,
        id: FileId,
        now: UnixMillis,
        writer: Option<Writer>,
    ) -> StoreResult<Option<UploadRow>>;

    /// Remembers how far an upload is; false when it is not the writer's any more.
    async fn keep_progress(&self, id: FileId, writer: Writer, progress: Progress) -> StoreResult<bool>;

    /// Makes a whole upload a file; `None` when it is not the writer's any more. If its content is there already, the
    /// file shares it and the bytes of this upload are garbage.
    async fn finish_upload(
        &self,
        id: FileId,
        writer: Writer,
        content: Content,
    ) -> StoreResult<Option<Finished>>;

    /// Gives up an upload, or a file that hangs on no entry; false when the user has none with this id.
    async fn drop_upload(&self, owner: UserId, id: FileId) -> StoreResult<bool>;

    /// The file, if the user has uploaded it or is in a conversation where it hangs on an entry.
    async fn file(&self, user: UserId, id: FileId) -> StoreResult<Option<FileRow>>;

    /// Gives up all uploads that have expired, and all files that have hung on no entry since `loose_before`.
    async fn sweep_files(&self, now: UnixMillis, loose_before: UnixMillis) -> StoreResult<()>;

    /// Up to `limit` ids of bytes that nobody needs any more.
    async fn garbage(&self, limit: u32) -> StoreResult<Vec<FileId>>;

    /// The bytes are gone.
    async fn forget_garbage(&self, ids: Vec<FileId>) -> StoreResult<()>;

    /// Which of these ids are those of no upload, of no content and of no garbage.
    async fn unknown_bytes(&self, ids: Vec<FileId>) -> StoreResult<Vec<FileId>>;
}
