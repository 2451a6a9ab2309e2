//! Comparing what both stores hold, by count and hash, after copying.

use super::{Place, Progress, Sum, Verified, files};
use crate::store::StoreResult;
use crate::store::archive::{
    Archive, BATCH_ROWS, ConversationRecord, DeviceRecord, Digest, FileRecord, Hash, Pair, Pairs, Record,
    Rows, Shelf, UserRecord,
};
use chat_protocol::Seq;

/// What a comparison came to.
pub enum Outcome {
    /// Both hold the same.
    Equal(Verified),
    /// The source holds something newer of these; copying again helps.
    Changed(&'static str),
    /// Rows that never change differ, each told in a few words; copying again does not help.
    Faults(Vec<String>),
}

/// Everything, from the stores themselves and not from what was copied.
pub async fn everything(
    source: &Place<'_>,
    target: &Place<'_>,
    progress: &mut Progress,
) -> StoreResult<Outcome> {
    let content_bytes = match files::compare(target, progress).await? {
        Ok(bytes) => bytes,
        Err(faults) => return Ok(Outcome::Faults(faults)),
    };
    let (source, target) = (source.archive, target.archive);
    // Accounts come last: somebody who registers meanwhile is found there, and is copied in the next round.
    let logs = match conversations(source, target, progress).await? {
        Ok(logs) => logs,
        Err(outcome) => return Ok(outcome),
    };
    let Some(files) = shelf::<FileRecord, _>(source, target).await? else {
        return Ok(Outcome::Changed(FileRecord::PLURAL));
    };
    let Some(devices) = shelf::<DeviceRecord, _>(source, target).await? else {
        return Ok(Outcome::Changed(DeviceRecord::PLURAL));
    };
    let Some(users) = shelf::<UserRecord, _>(source, target).await? else {
        return Ok(Outcome::Changed(UserRecord::PLURAL));
    };
    let (conversations, entries) = (logs.sum, logs.entries);
    Ok(Outcome::Equal(Verified { users, devices, conversations, files, content_bytes, entries }))
}

/// The sum of all rows, if it is the same in both.
async fn shelf<R: Record, S: Shelf<R> + ?Sized>(source: &S, target: &S) -> StoreResult<Option<Sum>> {
    let (source, target) = (sum::<R, S>(source).await?, sum::<R, S>(target).await?);
    Ok((source == target).then_some(source))
}

async fn sum<R: Record, S: Shelf<R> + ?Sized>(shelf: &S) -> StoreResult<Sum> {
    let (mut digest, mut count) = (Digest::default(), 0);
    let mut rows = Rows::of(shelf);
    while let Some(row) = rows.next().await? {
        row.digest(&mut digest);
        count += 1;
    }
    Ok(Sum { count, hash: digest.finish() })
}

struct Logs {
    sum: Sum,
    entries: u64,
}

async fn conversations(
    source: &dyn Archive,
    target: &dyn Archive,
    progress: &mut Progress,
) -> StoreResult<Result<Logs, Outcome>> {
    let (mut digest, mut count, mut entries) = (Digest::default(), 0, 0);
    let (mut faults, mut has_changed) = (Vec::new(), false);
    let mut pairs = Pairs::<ConversationRecord, _>::of(source, target);
    while let Some(pair) = pairs.next().await? {
        let Pair::Both(source_row, target_row) = pair else {
            has_changed = true;
            continue;
        };
        // The same log may only be longer in the source; the rest of the row is copied again.
        has_changed |= source_row != target_row;
        let (ours, theirs) = futures_util::future::try_join(
            log(source, &target_row, Some(target_row.head), |_| {}),
            // To its very end: nobody else may have written there.
            log(target, &target_row, None, |count| progress.count("verified entries", entries + count, None)),
        )
        .await?;
        if let Some(fault) = fault(&target_row, &ours, &theirs) {
            // A deletion that has just come has taken away what was copied before it, or the log begins later now.
            let now: Vec<ConversationRecord> = source.page(target_row.key(), 1).await?;
            let has_moved = now.first().is_some_and(|now| {
                now.id == target_row.id && (now.head > target_row.head || now.first > target_row.first)
            });
            has_changed |= has_moved;
            faults.extend((!has_moved).then_some(fault));
        }
        count += 1;
        entries += theirs.count;
        target_row.digest(&mut digest);
        digest.hash(&theirs.hash);
    }
    Ok(if !faults.is_empty() {
        Err(Outcome::Faults(faults))
    } else if has_changed {
        Err(Outcome::Changed(ConversationRecord::PLURAL))
    } else {
        Ok(Logs { sum: Sum { count, hash: digest.finish() }, entries })
    })
}

/// What a log comes to.
struct Log {
    count: u64,
    /// Of the entries that can be read.
    readable: u64,
    hash: Hash,
}

/// The row's log in a store, up to a number or to its end.
async fn log(
    archive: &dyn Archive,
    row: &ConversationRecord,
    head: Option<Seq>,
    mut tell: impl FnMut(u64),
) -> StoreResult<Log> {
    let (mut digest, mut count, mut readable, mut after) = (Digest::default(), 0, 0, Seq::ZERO);
    loop {
        let page = archive.entries(row.id, after, BATCH_ROWS).await?;
        // Most logs are short, and asking each once more for nothing would double the time.
        let is_last = page.len() < BATCH_ROWS as usize;
        after = page.last().map_or(after, |last| last.seq);
        for entry in page.iter().filter(|entry| head.is_none_or(|head| entry.seq <= head)) {
            count += 1;
            readable += u64::from(entry.seq >= row.first);
            entry.digest(&mut digest);
        }
        tell(count);
        if is_last || head.is_some_and(|head| after >= head) {
            return Ok(Log { count, readable, hash: digest.finish() });
        }
    }
}

/// What is wrong with a log that was copied up to the row's head.
fn fault(row: &ConversationRecord, source: &Log, target: &Log) -> Option<String> {
    let expected = (row.head.get() + 1).saturating_sub(row.first.get());
    let id = row.id;
    if source.readable != expected {
        return Some(format!(
            "conversation {id} has a hole in the source: {} of {expected} entries are there",
            source.readable
        ));
    }
    if source.count != target.count {
        let (ours, theirs) = (source.count, target.count);
        return Some(format!(
            "conversation {id} has {ours} entries in the source and {theirs} in the target"
        ));
    }
    (source.hash != target.hash)
        .then(|| format!("conversation {id} has the same number of entries and another hash"))
}
