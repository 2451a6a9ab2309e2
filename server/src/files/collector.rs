//! The collector: gives up what has had its time, and removes the bytes that nobody needs.

use super::{FileError, Files, millis};
use crate::fresh;
use std::sync::Arc;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

/// Bytes forgotten in one go.
const GARBAGE_AT_ONCE: u32 = 100;

/// Collects at the start, then now and then and whenever there is something, until `stop`.
pub async fn collect(files: Arc<Files>, stop: CancellationToken) {
    let mut stranded_too = true;
    loop {
        let round = async {
            // What is not removed now is removed the next time; it is all written down.
            if let Err(error) = files.tidy(stranded_too).await {
                tracing::warn!(%error, "files were not collected");
            }
            tokio::select! {
                () = files.untidy.notified() => false,
                () = sleep(files.timing.collect) => true,
            }
        };
        stranded_too = tokio::select! {
            timed = round => timed,
            () = stop.cancelled() => return,
        };
    }
}

impl Files {
    async fn tidy(&self, stranded_too: bool) -> Result<(), FileError> {
        let now = fresh::now();
        let loose_before = now.saturating_sub(millis(self.timing.unsent_kept));
        self.store.sweep_files(now, loose_before).await?;
        loop {
            let garbage = self.store.garbage(GARBAGE_AT_ONCE).await?;
            if garbage.is_empty() {
                break;
            }
            for id in &garbage {
                self.blobs.remove(*id).await?;
            }
            self.store.forget_garbage(garbage).await?;
        }
        if stranded_too { self.remove_stranded().await } else { Ok(()) }
    }

    /// Bytes that the store does not know come from a crash, from a store that was put back from a copy, or from a write that came
    /// late. They are given time: a store that forgets for a moment must not cost a file.
    async fn remove_stranded(&self) -> Result<(), FileError> {
        let stored = self.blobs.stored(self.timing.stranded_kept).await?;
        for ids in stored.chunks(GARBAGE_AT_ONCE as usize) {
            for id in self.store.unknown_bytes(ids.to_vec()).await? {
                tracing::info!(%id, "bytes that nobody knows are removed");
                self.blobs.remove(id).await?;
            }
        }
        Ok(())
    }
}
