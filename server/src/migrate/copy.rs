//! One round of copying: what the target does not have yet, and what has changed in the source.

use super::{Place, Progress, files};
use crate::fresh;
use crate::store::StoreResult;
use crate::store::archive::{
    Archive, BATCH_ROWS, ConversationRecord, DeviceRecord, EntryRecord, Pair, Pairs, Record, Rows, Shelf,
    UserRecord,
};

/// Text in one batch of entries.
const BATCH_BYTES: usize = 4 * 1024 * 1024;

/// In this order, so that what a row refers to is there before it.
pub async fn everything(source: &Place<'_>, target: &Place<'_>, progress: &mut Progress) -> StoreResult<()> {
    shelf::<UserRecord, _>(source.archive, target.archive, progress).await?;
    shelf::<DeviceRecord, _>(source.archive, target.archive, progress).await?;
    files::copy(source, target, progress).await?;
    let (source, target) = (source.archive, target.archive);
    shelf::<ConversationRecord, _>(source, target, progress).await?;
    logs(source, target, progress).await?;
    target.count_files(fresh::now()).await
}

async fn shelf<R: Record, S: Shelf<R> + ?Sized>(
    source: &S,
    target: &S,
    progress: &mut Progress,
) -> StoreResult<()> {
    let mut pairs = Pairs::of(source, target);
    let (mut changed, mut gone, mut done) = (Vec::new(), Vec::new(), 0);
    while let Some(pair) = pairs.next().await? {
        match pair {
            Pair::Both(source, target) if source == target => {}
            Pair::Both(source, _) | Pair::Source(source) => changed.push(source),
            Pair::Target(target) => gone.push(target.key()),
        }
        if changed.len() >= BATCH_ROWS as usize {
            target.put(std::mem::take(&mut changed)).await?;
        }
        if gone.len() >= BATCH_ROWS as usize {
            target.remove(std::mem::take(&mut gone)).await?;
        }
        done += 1;
        progress.count(R::PLURAL, done, None);
    }
    if !changed.is_empty() {
        target.put(changed).await?;
    }
    if !gone.is_empty() {
        target.remove(gone).await?;
    }
    Ok(())
}

/// Each log from where the target's ends. A batch takes what it holds from as many logs as it takes.
async fn logs(source: &dyn Archive, target: &dyn Archive, progress: &mut Progress) -> StoreResult<()> {
    let mut batch = Batch { target, entries: Vec::new(), bytes: 0 };
    let (mut done, mut all) = (0, 0);
    // What the target was just told of the conversations is what its logs must hold.
    let mut rows = Rows::<ConversationRecord, _>::of(target);
    loop {
        let conversations = rows.next_page().await?;
        if conversations.is_empty() {
            break;
        }
        all += conversations.iter().map(|row| row.head.get()).sum::<u64>();
        let ends = target.ends(conversations.iter().map(|row| row.id).collect()).await?;
        for (conversation, end) in conversations.into_iter().zip(ends) {
            done += end.get();
            let mut after = end;
            while after < conversation.head {
                let mut page = source.entries(conversation.id, after, BATCH_ROWS).await?;
                page.retain(|entry| entry.seq <= conversation.head);
                // A source with a hole at its end; the comparison names the conversation.
                let Some(last) = page.last() else { break };
                done += last.seq.get() - after.get();
                after = last.seq;
                batch.take(page).await?;
                progress.count("entries", done, Some(all));
            }
        }
    }
    batch.write().await
}

/// Entries that are to be written together.
struct Batch<'a> {
    target: &'a dyn Archive,
    entries: Vec<EntryRecord>,
    bytes: usize,
}

impl Batch<'_> {
    async fn take(&mut self, page: Vec<EntryRecord>) -> StoreResult<()> {
        for entry in page {
            self.bytes += entry.text_bytes();
            self.entries.push(entry);
            if self.entries.len() >= BATCH_ROWS as usize || self.bytes >= BATCH_BYTES {
                self.write().await?;
            }
        }
        Ok(())
    }

    async fn write(&mut self) -> StoreResult<()> {
        self.bytes = 0;
        if self.entries.is_empty() {
            return Ok(());
        }
        self.target.put_entries(std::mem::take(&mut self.entries)).await
    }
}
