//! Contents in GridFS, as its specification lays them out, so that MongoDB's own tools read them: `fs.chunks` while they come,
//! and a document in `fs.files` when they are whole.
//!
//! The driver's own upload stream cannot be gone on with, so the chunks are written here. A chunk is written once; what does not
//! fill one yet is the tail, which the store keeps. A unique index lets only one of two writers have a place.

use super::{BlobError, BlobResult, Blobs, Part, Pieces};
use async_trait::async_trait;
use bytes::Bytes;
use chat_protocol::{ContentHash, FileId};
use futures_util::{StreamExt, TryStreamExt, stream};
use mongodb::bson::oid::ObjectId;
use mongodb::bson::spec::BinarySubtype;
use mongodb::bson::{Binary, Bson, DateTime, Document, doc};
use mongodb::error::{Error, ErrorKind, WriteFailure};
use mongodb::{Collection, Database};
use serde::{Deserialize, Serialize};
use std::collections::HashSet;
use std::ops::Range;
use std::time::Duration;
use tokio::time::timeout;
use tokio_util::task::TaskTracker;

/// The specification's own.
const CHUNK_BYTES: usize = 255 * 1024;
/// Chunks that are written or read at once.
const CHUNKS_AT_ONCE: usize = 2;
/// For one operation.
const OPERATION: Duration = Duration::from_secs(15);
const DUPLICATE_KEY: i32 = 11_000;

/// Contents in one database.
#[derive(Clone)]
pub struct GridFs {
    files: Collection<FileDocument>,
    chunks: Collection<ChunkDocument>,
    operations: TaskTracker,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct FileDocument {
    #[serde(rename = "_id")]
    id: i64,
    length: i64,
    #[serde(rename = "chunkSize")]
    chunk_size: i32,
    #[serde(rename = "uploadDate")]
    upload_date: DateTime,
    filename: String,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct ChunkDocument {
    #[serde(rename = "_id")]
    id: ObjectId,
    files_id: i64,
    n: i32,
    data: Binary,
}

impl GridFs {
    /// In this database, whose options say how durable a write is. Operations are tracked, for they are not to be interrupted.
    pub fn new(db: &Database, operations: TaskTracker) -> Self {
        Self { files: db.collection("fs.files"), chunks: db.collection("fs.chunks"), operations }
    }

    /// Runs an operation to its end, whether or not somebody still waits for it.
    async fn run<T: Send + 'static>(
        &self,
        work: impl Future<Output = BlobResult<T>> + Send + 'static,
    ) -> BlobResult<T> {
        match timeout(OPERATION, self.operations.spawn(work)).await {
            Ok(Ok(done)) => done,
            Ok(Err(panicked)) => Err(BlobError::Failed(panicked.to_string())),
            Err(_) => Err(BlobError::Unavailable(format!("no answer within {} s", OPERATION.as_secs()))),
        }
    }
}

#[async_trait]
impl Blobs for GridFs {
    async fn part(&self, id: FileId, offset: u64, tail: &[u8]) -> BlobResult<Box<dyn Part>> {
        let (whole, rest) = (offset / CHUNK_BYTES as u64, offset % CHUNK_BYTES as u64);
        if rest != tail.len() as u64 {
            return Err(BlobError::Missing(id));
        }
        let next = i32::try_from(whole).map_err(|_| BlobError::Missing(id))?;
        let chunks = self.chunks.clone();
        let beyond = doc! {"files_id": key(id), "n": {"$gte": next}};
        self.run(async move { chunks.delete_many(beyond).await.map(drop).map_err(meaning) }).await?;
        let mut held = Vec::with_capacity(CHUNK_BYTES);
        held.extend_from_slice(tail);
        Ok(Box::new(GridPart { id, blobs: self.clone(), next, filled: Vec::new(), tail: held }))
    }

    async fn keep(&self, id: FileId, size: u64, hash: ContentHash, tail: &[u8]) -> BlobResult<()> {
        let (whole, rest) = (size / CHUNK_BYTES as u64, size % CHUNK_BYTES as u64);
        let (Ok(whole), Ok(length)) = (i32::try_from(whole), i64::try_from(size)) else {
            return Err(BlobError::Missing(id));
        };
        let (this, tail) = (self.clone(), tail.to_vec());
        let keeping = async move {
            let filled = doc! {"files_id": key(id), "n": {"$lt": whole}};
            let count = this.chunks.count_documents(filled).await.map_err(meaning)?;
            if count != u64::from(whole.unsigned_abs()) || rest != tail.len() as u64 {
                return Err(BlobError::Missing(id));
            }
            if !tail.is_empty() {
                let last = doc! {"files_id": key(id), "n": whole};
                let data = doc! {"$set": {"data": binary(tail)}, "$setOnInsert": {"_id": ObjectId::new()}};
                this.chunks.update_one(last, data).upsert(true).await.map_err(meaning)?;
            }
            let chunk_size = i32::try_from(CHUNK_BYTES).expect("a chunk is small");
            let (id, upload_date, filename) = (key(id), DateTime::now(), hash.to_string());
            let file = FileDocument { id, length, chunk_size, upload_date, filename };
            match this.files.insert_one(file).await {
                Err(error) if !is_duplicate(&error) => Err(meaning(error)),
                _ => Ok(()),
            }
        };
        self.run(keeping).await
    }

    async fn read(&self, id: FileId, range: Range<u64>) -> BlobResult<Pieces> {
        let files = self.files.clone();
        let is_there = async move { files.find_one(doc! {"_id": key(id)}).await.map_err(meaning) };
        self.run(is_there).await?.ok_or(BlobError::Missing(id))?;
        let this = self.clone();
        let pieces = stream::try_unfold(range, move |left| {
            let this = this.clone();
            async move {
                if left.is_empty() {
                    return Ok(None);
                }
                let pieces = this.pieces(id, left.clone()).await?;
                let start = left.start + pieces.iter().map(Bytes::len).sum::<usize>() as u64;
                Ok(Some((stream::iter(pieces.into_iter().map(Ok)), start..left.end)))
            }
        });
        Ok(pieces.try_flatten().boxed())
    }

    async fn remove(&self, id: FileId) -> BlobResult<()> {
        let this = self.clone();
        let removing = async move {
            this.files.delete_one(doc! {"_id": key(id)}).await.map_err(meaning)?;
            this.chunks.delete_many(doc! {"files_id": key(id)}).await.map(drop).map_err(meaning)
        };
        self.run(removing).await
    }

    async fn stored(&self, older_than: Duration) -> BlobResult<Vec<FileId>> {
        let now = DateTime::now();
        let age = i64::try_from(older_than.as_millis()).unwrap_or(i64::MAX);
        let before = DateTime::from_millis(now.timestamp_millis().saturating_sub(age));
        let this = self.clone();
        self.run(async move { this.older(before).await.map_err(meaning) }).await
    }
}

impl GridFs {
    /// The next few chunks of a range, cut to it: never none.
    async fn pieces(&self, id: FileId, range: Range<u64>) -> BlobResult<Vec<Bytes>> {
        let chunk = CHUNK_BYTES as u64;
        let first = range.start / chunk;
        let end = range.end.min((first + CHUNKS_AT_ONCE as u64) * chunk);
        let numbers = doc! {"$gte": number(first), "$lte": number((end - 1) / chunk)};
        let collection = self.chunks.clone();
        let finding = async move {
            let found = collection.find(doc! {"files_id": key(id), "n": numbers}).sort(doc! {"n": 1});
            found.await.map_err(meaning)?.try_collect().await.map_err(meaning)
        };
        let chunks: Vec<ChunkDocument> = self.run(finding).await?;
        let mut pieces = Vec::with_capacity(chunks.len());
        let mut at = range.start;
        for found in chunks {
            let begins = unsigned(found.n) * chunk;
            let bytes = Bytes::from(found.data.bytes);
            let (from, to) = (at.saturating_sub(begins), (end - begins).min(bytes.len() as u64));
            // A chunk that is missing or too short leaves a hole.
            let (Ok(from), Ok(to)) = (usize::try_from(from), usize::try_from(to)) else { break };
            if begins > at || from >= to {
                break;
            }
            pieces.push(bytes.slice(from..to));
            at = begins + to as u64;
        }
        if at == end { Ok(pieces) } else { Err(BlobError::Missing(id)) }
    }

    async fn older(&self, before: DateTime) -> mongodb::error::Result<Vec<FileId>> {
        let files = self.files.clone_with_type::<Document>();
        let kept = files.find(doc! {}).projection(doc! {"uploadDate": 1}).await?;
        let kept: Vec<Document> = kept.try_collect().await?;
        let mut whole = HashSet::new();
        let mut older = Vec::new();
        for file in kept {
            let Ok(id) = file.get_i64("_id") else { continue };
            whole.insert(id);
            if file.get_datetime("uploadDate").is_ok_and(|at| *at <= before) {
                older.push(file_id(id));
            }
        }
        for id in self.chunks.distinct("files_id", doc! {}).await? {
            let Bson::Int64(id) = id else { continue };
            if whole.contains(&id) {
                continue;
            }
            let newest = self.chunks.find_one(doc! {"files_id": id}).sort(doc! {"n": -1}).await?;
            // The times of chunks are whole seconds, so a fresh one seems older than it is by less than that.
            if newest.is_some_and(|newest| newest.id.timestamp() <= before) {
                older.push(file_id(id));
            }
        }
        Ok(older)
    }
}

struct GridPart {
    id: FileId,
    blobs: GridFs,
    /// The number of the next chunk.
    next: i32,
    /// Chunks that are to be written.
    filled: Vec<Vec<u8>>,
    /// What does not fill one yet.
    tail: Vec<u8>,
}

impl GridPart {
    async fn write_filled(&mut self) -> BlobResult<()> {
        let mut chunks = Vec::with_capacity(self.filled.len());
        for data in self.filled.drain(..) {
            let (id, files_id) = (ObjectId::new(), key(self.id));
            chunks.push(ChunkDocument { id, files_id, n: self.next, data: binary(data) });
            self.next += 1;
        }
        if chunks.is_empty() {
            return Ok(());
        }
        let collection = self.blobs.chunks.clone();
        let writing = async move { collection.insert_many(chunks).await.map(drop).map_err(meaning) };
        self.blobs.run(writing).await
    }
}

#[async_trait]
impl Part for GridPart {
    async fn write(&mut self, bytes: Bytes) -> BlobResult<()> {
        let mut rest = &*bytes;
        while !rest.is_empty() {
            let (now, later) = rest.split_at(rest.len().min(CHUNK_BYTES - self.tail.len()));
            self.tail.extend_from_slice(now);
            rest = later;
            if self.tail.len() == CHUNK_BYTES {
                self.filled.push(std::mem::replace(&mut self.tail, Vec::with_capacity(CHUNK_BYTES)));
            }
            if self.filled.len() == CHUNKS_AT_ONCE {
                self.write_filled().await?;
            }
        }
        Ok(())
    }

    async fn save(&mut self) -> BlobResult<Vec<u8>> {
        self.write_filled().await?;
        Ok(self.tail.clone())
    }
}

fn key(id: FileId) -> i64 {
    id.bits().cast_signed()
}

fn file_id(key: i64) -> FileId {
    FileId::from_bits(key.cast_unsigned())
}

fn number(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

fn unsigned(value: i32) -> u64 {
    u64::try_from(value).unwrap_or(0)
}

fn binary(bytes: Vec<u8>) -> Binary {
    Binary { subtype: BinarySubtype::Generic, bytes }
}

fn is_duplicate(error: &Error) -> bool {
    match &*error.kind {
        ErrorKind::Write(WriteFailure::WriteError(write)) => write.code == DUPLICATE_KEY,
        ErrorKind::InsertMany(many) => {
            many.write_errors.iter().flatten().any(|write| write.code == DUPLICATE_KEY)
        }
        _ => false,
    }
}

fn meaning(error: Error) -> BlobError {
    if is_duplicate(&error) {
        BlobError::Taken
    } else {
        BlobError::Unavailable(error.to_string().replace('\n', " "))
    }
}
