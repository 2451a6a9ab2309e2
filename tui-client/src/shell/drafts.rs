//! Keeps what is begun to be written: soon after it has changed, on a thread that may wait for the disk.

use chat_client::drafts::{self, Drafts};
use std::io;
use std::path::PathBuf;
use std::time::Duration;
use tokio::task::{JoinHandle, spawn_blocking};
use tokio::time::{Instant, sleep_until, timeout};

/// How much of what was typed a crash may cost.
const PAUSE: Duration = Duration::from_secs(1);
/// For the disk at the end, which another client of the user may hold up.
const STOP_TIME: Duration = Duration::from_secs(3);

/// The drafts of one user, and how they stand on the disk.
pub struct DraftKeeper {
    folder: PathBuf,
    /// What the disk has, as far as this client knows.
    kept: Drafts,
    wanted: Drafts,
    due: Option<Instant>,
    /// Gives what the disk has after it, and why that is not what was wanted.
    writing: Option<JoinHandle<(Drafts, io::Result<()>)>>,
}

impl DraftKeeper {
    /// With what the disk has.
    pub fn new(folder: PathBuf, kept: Drafts) -> Self {
        Self { folder, wanted: kept.clone(), kept, due: None, writing: None }
    }

    /// This is what is begun now. What has ended, because it was sent, is forgotten at once.
    pub fn note(&mut self, drafts: Drafts) {
        if drafts == self.wanted {
            return;
        }
        let has_ended = self.wanted.keys().any(|id| !drafts.contains_key(id));
        let now = Instant::now();
        self.wanted = drafts;
        self.due = Some(if has_ended { now } else { self.due.unwrap_or(now + PAUSE) });
    }

    /// Waits until something was written, and does so when it is time. Nothing is lost when this is dropped.
    ///
    /// # Errors
    /// The disk does not take it. It is tried again with the next change, and at the end.
    pub async fn next(&mut self) -> io::Result<()> {
        loop {
            if let Some(written) = self.written().await {
                return written;
            }
            match self.due {
                Some(due) => sleep_until(due).await,
                None => std::future::pending().await,
            }
            self.begin();
        }
    }

    /// Writes what is not on the disk yet.
    ///
    /// # Errors
    /// The disk does not take it, or takes too long.
    pub async fn stop(mut self) -> io::Result<()> {
        let write = async {
            // What became of an earlier one does not matter: what is wanted now is written after it.
            let _ = self.written().await;
            if self.wanted == self.kept {
                return Ok(());
            }
            self.begin();
            self.written().await.unwrap_or(Ok(()))
        };
        timeout(STOP_TIME, write).await?
    }

    /// Waits for what is being written; none when nothing is.
    async fn written(&mut self) -> Option<io::Result<()>> {
        let ended = self.writing.as_mut()?.await;
        self.writing = None;
        Some(ended.map_err(io::Error::other).and_then(|(kept, result)| {
            self.kept = kept;
            result
        }))
    }

    fn begin(&mut self) {
        self.due = None;
        let (folder, now) = (self.folder.clone(), self.wanted.clone());
        let before = self.kept.clone();
        self.writing = Some(spawn_blocking(move || match drafts::keep(&folder, &before, &now) {
            Ok(()) => (now, Ok(())),
            Err(error) => (before, Err(error)),
        }));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use chat_protocol::ConversationId;
    use tempfile::TempDir;

    fn drafts(text: &str) -> Drafts {
        Drafts::from([(ConversationId::from_bits(1), text.to_owned())])
    }

    fn keeper(folder: &TempDir) -> DraftKeeper {
        DraftKeeper::new(folder.path().to_owned(), Drafts::new())
    }

    #[tokio::test]
    async fn what_was_begun_is_kept_within_its_time_and_what_was_sent_is_forgotten_at_once() {
        let folder = tempfile::tempdir().unwrap();
        let mut keeper = keeper(&folder);
        keeper.note(drafts("h"));
        let due = keeper.due.unwrap();
        keeper.note(drafts("hi"));
        assert_eq!(keeper.due, Some(due), "who goes on typing does not put it off");
        assert!(due > Instant::now());
        keeper.next().await.unwrap();
        assert_eq!(drafts::load(folder.path()).unwrap(), drafts("hi"));
        keeper.note(Drafts::new());
        assert!(keeper.due.unwrap() <= Instant::now());
        keeper.next().await.unwrap();
        assert_eq!(drafts::load(folder.path()).unwrap(), Drafts::new());
    }

    #[tokio::test]
    async fn what_the_disk_did_not_take_is_written_with_the_next_change_and_at_the_end() {
        let folder = tempfile::tempdir().unwrap();
        let lock = folder.path().join("drafts.lock");
        std::fs::create_dir(&lock).unwrap();
        let mut keeper = keeper(&folder);
        keeper.note(drafts("one"));
        keeper.due = Some(Instant::now());
        assert!(keeper.next().await.is_err());
        std::fs::remove_dir(&lock).unwrap();
        let both: Drafts =
            drafts("one").into_iter().chain([(ConversationId::from_bits(2), "two".to_owned())]).collect();
        keeper.note(both.clone());
        keeper.next().await.unwrap();
        assert_eq!(drafts::load(folder.path()).unwrap(), both);
        keeper.note(Drafts::new());
        std::fs::remove_file(&lock).unwrap();
        std::fs::create_dir(&lock).unwrap();
        assert!(keeper.next().await.is_err());
        std::fs::remove_dir(&lock).unwrap();
        keeper.stop().await.unwrap();
        assert_eq!(drafts::load(folder.path()).unwrap(), Drafts::new());
    }

    #[tokio::test]
    async fn the_end_waits_for_the_disk() {
        let folder = tempfile::tempdir().unwrap();
        let mut keeper = keeper(&folder);
        keeper.note(drafts("one"));
        keeper.begin();
        keeper.note(drafts("two"));
        keeper.stop().await.unwrap();
        assert_eq!(drafts::load(folder.path()).unwrap(), drafts("two"));
    }
}
