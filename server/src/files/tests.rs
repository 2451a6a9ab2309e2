//! What needs a disk that fails.

use super::*;
use crate::blobs::{BlobResult, Disk, Part, Pieces};
use crate::store::{NewUser, SqliteStore, Store};
use async_trait::async_trait;
use bytes::Bytes;
use chat_protocol::ContentHash;
use futures_util::FutureExt;
use tempfile::TempDir;

/// A disk that says once that it does not know what it has.
struct Worn(Disk, &'static str);

struct WornPart(Box<dyn Part>, &'static str);

fn lost() -> BlobError {
    BlobError::Failed("input/output error".to_owned())
}

#[async_trait]
impl Part for WornPart {
    async fn write(&mut self, bytes: Bytes) -> BlobResult<()> {
        if self.1 == "write" { Err(lost()) } else { self.0.write(bytes).await }
    }

    async fn save(&mut self) -> BlobResult<Vec<u8>> {
        if self.1 == "save" { Err(lost()) } else { self.0.save().await }
    }
}

#[async_trait]
impl Blobs for Worn {
    async fn part(&self, id: FileId, offset: u64, tail: &[u8]) -> BlobResult<Box<dyn Part>> {
        let part = self.0.part(id, offset, tail).await?;
        Ok(Box::new(WornPart(part, self.1)))
    }

    async fn keep(&self, id: FileId, size: u64, hash: ContentHash, tail: &[u8]) -> BlobResult<()> {
        if self.1 == "keep" { Err(lost()) } else { self.0.keep(id, size, hash, tail).await }
    }

    async fn read(&self, id: FileId, range: Range<u64>) -> BlobResult<Pieces> {
        self.0.read(id, range).await
    }

    async fn remove(&self, id: FileId) -> BlobResult<()> {
        self.0.remove(id).await
    }

    async fn stored(&self, older_than: Duration) -> BlobResult<Vec<FileId>> {
        self.0.stored(older_than).await
    }
}

async fn files(folder: &TempDir, wear: &'static str) -> (Arc<Files>, UserId) {
    let store = SqliteStore::open(&folder.path().join("chat.db")).unwrap();
    let ann = NewUser { name: "ann".parse().unwrap(), password_hash: "hash".to_owned(), at: 1 };
    let ann = store.create_user(ann).await.unwrap().unwrap();
    let blobs = Worn(Disk::open(&folder.path().join("files")).unwrap(), wear);
    let files = Files::new(Arc::new(store), Arc::new(blobs), &Limits::default(), Timing::default());
    (Arc::new(files), ann)
}

#[tokio::test]
async fn bytes_that_may_not_be_durable_are_never_a_file_and_end_the_server() {
    for wear in ["write", "save", "keep", "nothing"] {
        let folder = tempfile::tempdir().unwrap();
        let (files, ann) = files(&folder, wear).await;
        let id = files.begin(ann, "x", "text/plain", 5).await.unwrap();
        let mut receiving = files.resume(ann, id, 0).await.unwrap();
        receiving.take(Bytes::from_static(b"hello")).await.unwrap();
        let finished = receiving.finish().await;
        let stops = files.failed().now_or_never();
        if wear == "nothing" {
            assert!(finished.is_ok() && stops.is_none());
        } else {
            assert!(matches!(finished, Err(FileError::Blob(BlobError::Failed(_)))), "{wear}: {finished:?}");
            assert!(files.file(ann, id).await.is_err(), "{wear}");
            assert!(matches!(stops, Some(StoreError::Fatal(_))), "{wear}");
        }
    }
}
