//! Files with their contents: bytes are durable in the target before any row says so.

use super::{Place, Progress};
use crate::blobs::{BlobError, BlobResult};
use crate::files::Hasher;
use crate::store::archive::{BATCH_ROWS, FileRecord, Pair, Pairs, Record, Rows, Shelf};
use crate::store::{StoreError, StoreResult};
use chat_protocol::{ContentHash, FileId};
use futures_util::{StreamExt, TryStreamExt, stream};
use std::collections::{HashMap, HashSet};
use std::time::Duration;
use tokio::time::{Instant, sleep};

/// Contents copied at the same time: many are small, and each has to become durable.
const CONTENTS_AT_ONCE: usize = 4;
/// Files whose contents are copied before their rows are written. An interrupted run goes on behind them.
const FILES_AT_ONCE: usize = 64;
/// For bytes that cannot be read or written for a moment, as in an election.
const PATIENCE: Duration = Duration::from_secs(45);
const PAUSE: Duration = Duration::from_millis(500);
/// Contents that are remembered as compared; several files may have the same.
const COMPARED_MAX: usize = 100_000;

/// What the target does not have yet. What the source has no more goes first, for its content may have another home there.
pub async fn copy(source: &Place<'_>, target: &Place<'_>, progress: &mut Progress) -> StoreResult<()> {
    let shelf = target.archive as &dyn Shelf<FileRecord>;
    let mut pairs = Pairs::<FileRecord, _>::of(source.archive as &dyn Shelf<FileRecord>, shelf);
    let mut gone = Vec::new();
    while let Some(pair) = pairs.next().await? {
        if let Pair::Target(target) = pair {
            gone.push(target.key());
        }
        if gone.len() >= BATCH_ROWS as usize {
            shelf.remove(std::mem::take(&mut gone)).await?;
        }
    }
    if !gone.is_empty() {
        shelf.remove(gone).await?;
    }
    let mut pairs = Pairs::<FileRecord, _>::of(source.archive as &dyn Shelf<FileRecord>, shelf);
    let (mut fresh, mut done) = (Vec::new(), 0);
    while let Some(pair) = pairs.next().await? {
        match pair {
            Pair::Both(source, target) if source == target => {}
            Pair::Both(source, _) | Pair::Source(source) => fresh.push(source),
            Pair::Target(_) => {}
        }
        if fresh.len() >= FILES_AT_ONCE {
            put(source, target, std::mem::take(&mut fresh)).await?;
        }
        done += 1;
        progress.count(FileRecord::PLURAL, done, None);
    }
    put(source, target, fresh).await
}

async fn put(source: &Place<'_>, target: &Place<'_>, rows: Vec<FileRecord>) -> StoreResult<()> {
    let by_object: HashMap<FileId, &FileRecord> = rows.iter().map(|row| (row.object, row)).collect();
    let missing = target.archive.unknown_bytes(by_object.keys().copied().collect()).await?;
    let copies =
        missing.iter().filter_map(|object| by_object.get(object)).map(|row| content(source, target, row));
    stream::iter(copies).buffer_unordered(CONTENTS_AT_ONCE).try_collect::<()>().await?;
    if rows.is_empty() { Ok(()) } else { target.archive.put(rows).await }
}

/// Copies a content whole, and again for a while when one of the two cannot be reached.
async fn content(source: &Place<'_>, target: &Place<'_>, row: &FileRecord) -> StoreResult<()> {
    let give_up = Instant::now() + PATIENCE;
    loop {
        match content_once(source, target, row).await {
            Ok(hash) if hash == row.sha256 => return Ok(()),
            Ok(_) => {
                return Err(StoreError::Refused(format!(
                    "the bytes of file {} are damaged in the source",
                    row.id
                )));
            }
            Err(BlobError::Unavailable(_)) if Instant::now() < give_up => sleep(PAUSE).await,
            Err(error) => return Err(of_file(error, row)),
        }
    }
}

async fn content_once(source: &Place<'_>, target: &Place<'_>, row: &FileRecord) -> BlobResult<ContentHash> {
    let id = row.object;
    // Whatever an interrupted run has left there.
    target.blobs.remove(id).await?;
    let mut pieces = source.blobs.read(id, 0..row.size).await?;
    let mut part = target.blobs.part(id, 0, &[]).await?;
    let mut hasher = Hasher::default();
    while let Some(piece) = pieces.try_next().await? {
        hasher.add(&piece).await;
        part.write(piece).await?;
    }
    let (hash, tail) = (hasher.finish(), part.save().await?);
    if hash == row.sha256 {
        target.blobs.keep(id, row.size, hash, &tail).await?;
    }
    Ok(hash)
}

/// Reads all contents that the target's files have, and names the files whose bytes are others than they should be. Gives how
/// many bytes were right.
pub async fn compare(target: &Place<'_>, progress: &mut Progress) -> StoreResult<Result<u64, Vec<String>>> {
    let (mut faults, mut bytes, mut done) = (Vec::new(), 0, 0);
    let mut compared = HashSet::new();
    let mut rows = Rows::<FileRecord, _>::of(target.archive as &dyn Shelf<FileRecord>);
    while let Some(row) = rows.next().await? {
        done += 1;
        progress.count("verified files", done, None);
        if !compared.insert(row.object) {
            continue;
        }
        if compared.len() > COMPARED_MAX {
            compared.clear();
        }
        match hash(target, &row).await {
            Ok(hash) if hash == row.sha256 => bytes += row.size,
            Ok(_) => faults.push(format!("file {} has other bytes than its hash says", row.id)),
            Err(BlobError::Missing(_)) => faults.push(format!("the bytes of file {} are not there", row.id)),
            Err(error) => return Err(of_file(error, &row)),
        }
    }
    Ok(if faults.is_empty() { Ok(bytes) } else { Err(faults) })
}

async fn hash(place: &Place<'_>, row: &FileRecord) -> BlobResult<ContentHash> {
    let mut pieces = place.blobs.read(row.object, 0..row.size).await?;
    let mut hasher = Hasher::default();
    while let Some(piece) = pieces.try_next().await? {
        hasher.add(&piece).await;
    }
    Ok(hasher.finish())
}

fn of_file(error: BlobError, row: &FileRecord) -> StoreError {
    let cause = format!("file {}: {error}", row.id);
    match error {
        BlobError::Unavailable(_) => StoreError::Unavailable(cause),
        BlobError::Taken | BlobError::Missing(_) => StoreError::Refused(cause),
        BlobError::Failed(_) => StoreError::Fatal(cause),
    }
}
