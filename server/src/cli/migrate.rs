//! `chat-server migrate`: everything into another store.

use crate::config::StoreLocation;
use crate::lifecycle;
use crate::migrate::{MigrateError, Place, Progress, migrate as move_all};
use std::io::Write;

/// Moves everything. Whatever ends it early, the same command goes on.
pub fn migrate(from: &StoreLocation, to: &StoreLocation) -> anyhow::Result<()> {
    // Otherwise the lock on the one file would be taken for a server's.
    if from == to {
        return Err(MigrateError::SameStore.into());
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let verified = runtime.block_on(async {
        let source = lifecycle::take_source(from).await?;
        let target = lifecycle::take_target(to).await?;
        let mut progress = Progress::default();
        let verified = move_all(
            &Place { archive: &*source.archive, blobs: &*source.blobs, name: from.to_string() },
            &Place { archive: &*target.archive, blobs: &*target.blobs, name: to.to_string() },
            &mut progress,
        )
        .await;
        source.archive.close().await;
        target.archive.close().await;
        anyhow::Ok(verified?)
    })?;
    // Standard output may be closed; everything is moved all the same.
    let _ = writeln!(std::io::stdout(), "{verified}\n{to} is ready for its server; {from} is as it was");
    Ok(())
}
