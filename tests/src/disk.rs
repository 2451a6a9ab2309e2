//! Files on the disk, and what is in a folder.

use crate::in_time;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;
use tempfile::TempDir;
use tokio::time::sleep;

/// Bytes that are not all the same.
pub fn bytes(count: usize) -> Vec<u8> {
    other_bytes(count, 0)
}

/// The same, and other ones for another seed.
pub fn other_bytes(count: usize, seed: usize) -> Vec<u8> {
    let byte =
        |place: usize| u8::try_from((place * 31 + seed + place / 65_521) % 251).expect("it is below 251");
    (0..count).map(byte).collect()
}

/// Writes a file.
pub fn file(folder: &TempDir, name: &str, content: &[u8]) -> PathBuf {
    let path = folder.path().join(name);
    fs::write(&path, content).unwrap();
    path
}

/// Writes a file; its path as one types it.
pub fn typed_file(folder: &TempDir, name: &str, content: &[u8]) -> String {
    file(folder, name, content).into_os_string().into_string().unwrap()
}

/// How many files there are in a folder and in those below it. Where there is no folder there are none.
pub fn files_below(folder: &Path) -> usize {
    let entries = fs::read_dir(folder).into_iter().flatten().map(|entry| entry.unwrap().path());
    entries.map(|path| if path.is_dir() { files_below(&path) } else { 1 }).sum()
}

/// Waits until the server has left so many files in a folder and in those below it, and no more.
pub async fn leaves(folder: &Path, files: usize) {
    in_time("the collector", async {
        while files_below(folder) > files {
            sleep(Duration::from_millis(10)).await;
        }
    })
    .await;
}

/// What is in a folder, in order.
pub fn names(folder: &Path) -> Vec<String> {
    let names = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name());
    let mut names: Vec<_> = names.map(|name| name.into_string().unwrap()).collect();
    names.sort();
    names
}
