//! Copying SQLite's log into its file. A thread of its own does most of it: for all of it, those who send would have to wait.

use super::{file, wal};
use rusqlite::ffi::SQLITE_IOERR_FSYNC;
use rusqlite::hooks::Wal;
use rusqlite::wal::CheckpointMode;
use rusqlite::{Connection, Error, Result};
use std::ffi::c_int;
use std::path::{Path, PathBuf};
use std::thread::{Builder, JoinHandle};

/// About 64 MiB of log: copied seldom, each page is copied once for many writes.
pub const PAGES: c_int = 16_000;
/// How many more pages than before, where something hindered it, before it is tried again.
const MORE: c_int = 1_000;
/// So few pages that copying them keeps nobody waiting.
const FEW: c_int = 1_000;
/// How often what was written meanwhile is copied as well, if it does not become less.
const ROUNDS_MAX: usize = 8;

/// Has the log copied whenever it has so many pages. The connection is the one that writes: a log begins anew only where all of
/// it has been copied, so the last of it is copied by the one who could write more meanwhile.
///
/// Where the file cannot be synced, the next commit says so.
pub fn beside(db: &mut Connection, path: &Path, pages: c_int) -> Result<()> {
    let mut copier = Copier { path: path.to_owned(), pages, due: pages, thread: None };
    db.wal_hook(Some(move |log: &mut Wal, now: c_int| copier.log_has(log, now)))
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
    thread: Option<JoinHandle<Result<()>>>,
}

impl Copier {
    fn log_has(&mut self, log: &mut Wal, now: c_int) -> Result<()> {
        if now < self.pages {
            // It has begun anew.
            self.due = self.pages;
        }
        match self.thread.take_if(|thread| thread.is_finished()) {
            Some(thread) => self.finish(thread.join().unwrap_or(Ok(())), log, now),
            None if self.thread.is_some() || now < self.due => Ok(()),
            None => match self.start() {
                Ok(thread) => {
                    self.thread = Some(thread);
                    Ok(())
                }
                Err(_) => self.finish(Ok(()), log, now),
            },
        }
    }

    fn start(&self) -> std::io::Result<JoinHandle<Result<()>>> {
        let path = self.path.clone();
        Builder::new().name("store-copier".to_owned()).spawn(move || copy(&path))
    }

    /// Copies what is left. Whoever still reads an older state, or copies in another process, can leave something for later.
    fn finish(&mut self, copied: Result<()>, log: &mut Wal, now: c_int) -> Result<()> {
        let rest = match copied {
            Err(error) if is_not_synced(&error) => Err(error),
            // What the other connection could not do may be possible here.
            _ => log.checkpoint_v2(CheckpointMode::PASSIVE),
        };
        let is_all = matches!(rest, Ok((all, copied)) if all == copied);
        self.due = if is_all { self.pages } else { now.saturating_add(MORE) };
        match rest {
            // What was copied before may not be on the disk, and nobody would copy it again.
            Err(error) if is_not_synced(&error) => Err(error),
            Err(error) => {
                tracing::debug!(%error, "the log is copied later");
                Ok(())
            }
            Ok(_) => Ok(()),
        }
    }
}

fn is_not_synced(error: &Error) -> bool {
    error.sqlite_error().is_some_and(|code| code.extended_code == SQLITE_IOERR_FSYNC)
}

impl Drop for Copier {
    fn drop(&mut self) {
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// Copies the log until few pages come while it does so, and has them on the disk: of a log that grows meanwhile SQLite copies the
/// pages and leaves the sync, which takes longest, to the thread that writes.
fn copy(path: &Path) -> Result<()> {
    let db = file::open_copier(path)?;
    let mut before = 0;
    for _ in 0..ROUNDS_MAX {
        let copied: c_int = db.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |row| row.get(2))?;
        wal::sync_database(&db)?;
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
    fn the_log_is_copied_by_another_connection_than_the_one_that_writes() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("chat.db");
        let db = file::open(&path).unwrap();
        let length = || std::fs::metadata(&path).unwrap().len();
        let before = length();
        db.execute("INSERT INTO about VALUES ('much', hex(randomblob(50000)))", []).unwrap();
        assert_eq!(length(), before, "it stands in the log");
        copy(&path).unwrap();
        assert!(length() > before + 100_000);
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
