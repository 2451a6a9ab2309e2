//! A copy of the database of a server that is not running.

use std::path::Path;
use tempfile::TempDir;

/// The database, and what of it stands in the log beside it.
const FILES: [&str; 2] = ["chat.db", "chat.db-wal"];

/// A folder with the copy.
#[derive(Debug)]
pub struct Backup(TempDir);

impl Backup {
    /// Copies what is in a server's folder.
    pub fn of(data: &Path) -> Self {
        let copy = tempfile::tempdir().unwrap();
        for file in FILES.iter().filter(|file| data.join(file).exists()) {
            std::fs::copy(data.join(file), copy.path().join(file)).unwrap();
        }
        Self(copy)
    }

    /// Puts it in the place of what is there.
    pub fn comes_back(&self, data: &Path) {
        for file in FILES.iter().chain(&["chat.db-shm"]).filter(|file| data.join(file).exists()) {
            std::fs::remove_file(data.join(file)).unwrap();
        }
        for file in FILES.iter().filter(|file| self.0.path().join(file).exists()) {
            std::fs::copy(self.0.path().join(file), data.join(file)).unwrap();
        }
    }
}
