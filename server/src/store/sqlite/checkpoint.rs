//! Copying SQLite's log into its file. A thread of its own does most of it: for all of it, those who send would have to wait.

use super::file;
use rusqlite::hooks::Wal;
use rusqlite::wal::CheckpointMode;
use rusqlite::{Connection, Result};
use std::ffi::c_int;
use std::path::{Path, PathBuf};
use std::thread::{Builder, JoinHandle};

/// About 64 MiB of log: copied seldom, each page is copied once for many writes.
pub const PAGES: c_int = 16_000;
/// So few pages that copying them keeps nobody waiting.
const FEW: c_int = 1_000;
/// How often what was written meanwhile is copied as well, if it does not become less.
const ROUNDS_MAX: usize = 8;

/// Has the log copied whenever it has so many pages. The connection is the one that writes: a log begins anew only where all of
/// it has been copied, so the last of it is copied by the one who could write more meanwhile.
pub fn beside(db: &mut Connection, path: &Path, pages: c_int) -> Result<()> {
    let mut copier = Copier { path: path.to_owned(), pages, due: pages, thread: None };
    db.wal_hook(Some(move |log: &mut Wal, now: c_int| {
        copier.log_has(log, now);
        Ok(())
    }))
}

/// Copies nothing more, and waits for what is being copied: then the connection can be the last one, which leaves no log.
pub fn end(db: &mut Connection) -> Result<()> {
    db.wal_hook(None::<fn(&mut Wal, c_int) -> Result<()>>)
}

struct Copier {
    path: PathBuf,
    pages: c_int,
    /// How many pages the log has when it is to be copied.
    due: c_int,
    thread: Option<JoinHandle<()>>,
}

impl Copier {
    fn log_has(&mut self, log: &mut Wal, now: c_int) {
        match &self.thread {
            Some(thread) if !thread.is_finished() => {}
            None if now < self.due => {}
            None => match self.start() {
                Ok(thread) => self.thread = Some(thread),
                Err(_) => self.finish(log, now),
            },
            Some(_) => self.finish(log, now),
        }
    }

    fn start(&self) -> std::io::Result<JoinHandle<()>> {
        let path = self.path.clone();
        let copy = move || {
            if let Err(error) = copy(&path) {
                tracing::debug!(%error, "the thread that writes copies its log itself");
            }
        };
        Builder::new().name("store-copier".to_owned()).spawn(copy)
    }

    /// Copies what is left. Whoever still reads an older state, or copies in another process, can leave something for later.
    fn finish(&mut self, log: &mut Wal, now: c_int) {
        let copied = log.checkpoint_v2(CheckpointMode::PASSIVE);
        let is_all = copied.is_ok_and(|(all, copied)| all == copied);
        self.due = if is_all { self.pages } else { now.saturating_add(FEW) };
        self.thread = None;
    }
}

impl Drop for Copier {
    fn drop(&mut self) {
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// Copies the log until few pages come while it does so.
fn copy(path: &Path) -> Result<()> {
    let db = file::open_copier(path)?;
    let mut before = 0;
    for _ in 0..ROUNDS_MAX {
        let copied: c_int = db.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |row| row.get(2))?;
        if copied - before < FEW {
            break;
        }
        before = copied;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// How often the log has begun anew, as its header says.
    fn beginnings(log: &Path) -> u32 {
        let header = std::fs::read(log).unwrap();
        u32::from_be_bytes(header[12..16].try_into().unwrap())
    }

    #[test]
    fn the_log_begins_anew_and_nothing_is_left_of_it_at_the_end() {
        let folder = tempfile::tempdir().unwrap();
        let (path, log) = (folder.path().join("chat.db"), folder.path().join("chat.db-wal"));
        let mut db = file::open(&path).unwrap();
        beside(&mut db, &path, 20).unwrap();
        let (first, mut count) = (beginnings(&log), 0);
        // Three times, so that one was begun after another. How many commits that takes depends on the threads.
        while beginnings(&log) < first + 3 {
            db.execute("INSERT INTO garbage DEFAULT VALUES", []).unwrap();
            count += 1;
            assert!(count < 100_000, "the log only grows");
        }
        end(&mut db).unwrap();
        db.close().unwrap();
        assert!(!log.exists());
        let db = file::open_reader(&path).unwrap();
        let kept: u32 = db.query_row("SELECT count(*) FROM garbage", [], |row| row.get(0)).unwrap();
        assert_eq!(kept, count);
    }
}
