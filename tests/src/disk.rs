//! Files on the disk, and what is in a folder.

use std::fs;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

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

/// What is in a folder, in order.
pub fn names(folder: &Path) -> Vec<String> {
    let names = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name());
    let mut names: Vec<_> = names.map(|name| name.into_string().unwrap()).collect();
    names.sort();
    names
}
