//! The file that is sent: read piece by piece, hashed as it is read, and watched for changes.

use super::TransferError;
use crate::plain;
use bytes::Bytes;
use chat_protocol::ContentHash;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::fs::{self, File};
use std::io::{self, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::UNIX_EPOCH;

/// What is read, hashed and sent at once.
const PIECE: usize = 256 * 1024;

/// By what a change of the file is seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Look {
    /// In bytes.
    pub size: u64,
    /// Since 1970, in nanoseconds; 0 where the system does not tell.
    pub modified_ns: u64,
}

impl Look {
    /// How the file is now.
    pub fn at(path: &Path) -> Result<Self, TransferError> {
        let about = fs::metadata(path).map_err(|error| unreadable(path, &error))?;
        if !about.is_file() {
            return Err(TransferError::NotAFile(path.to_owned()));
        }
        let modified = about.modified().ok().and_then(|at| at.duration_since(UNIX_EPOCH).ok());
        let modified_ns = modified.map_or(0, |time| u64::try_from(time.as_nanos()).unwrap_or(u64::MAX));
        Ok(Self { size: about.len(), modified_ns })
    }
}

/// An open file with the hash of its beginning.
pub struct Source {
    path: PathBuf,
    look: Look,
    reading: Mutex<Reading>,
}

struct Reading {
    file: File,
    hasher: Sha256,
    hashed: u64,
}

impl Source {
    /// Opens a file. A folder, a pipe or a device is refused before it is opened, which could take for ever.
    pub fn open(path: &Path) -> Result<Self, TransferError> {
        let look = Look::at(path)?;
        let mut file = File::open(path).map_err(|error| unreadable(path, &error))?;
        // Under /proc there are files that say nothing of their size.
        let goes_on = file.seek(SeekFrom::Start(look.size)).and_then(|_| file.read(&mut [0]));
        if goes_on.map_err(|error| unreadable(path, &error))? > 0 && Look::at(path)? == look {
            return Err(TransferError::NotAFile(path.to_owned()));
        }
        let reading = Mutex::new(Reading { file, hasher: Sha256::new(), hashed: 0 });
        Ok(Self { path: path.to_owned(), look, reading })
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    pub fn look(&self) -> Look {
        self.look
    }

    /// An error when the file is not any more what it was.
    pub fn check(&self) -> Result<(), TransferError> {
        match Look::at(&self.path) {
            Ok(look) if look == self.look => Ok(()),
            Ok(_) | Err(TransferError::NotAFile(_)) => Err(TransferError::Changed(self.path.clone())),
            Err(error) => Err(error),
        }
    }

    /// The piece that begins here; empty at the end.
    pub async fn piece(self: &Arc<Self>, place: u64) -> io::Result<Bytes> {
        let source = Arc::clone(self);
        let read = move || source.read(place);
        tokio::task::spawn_blocking(read).await.map_err(io::Error::other)?
    }

    /// How much of the beginning is hashed.
    pub fn hashed(&self) -> u64 {
        self.reading.lock().unwrap_or_else(PoisonError::into_inner).hashed
    }

    /// The hash, once all of it was read.
    pub fn hash(&self) -> ContentHash {
        let reading = self.reading.lock().unwrap_or_else(PoisonError::into_inner);
        ContentHash::from_bytes(reading.hasher.clone().finalize().into())
    }

    fn read(&self, place: u64) -> io::Result<Bytes> {
        let mut reading = self.reading.lock().unwrap_or_else(PoisonError::into_inner);
        let left = self.look.size.saturating_sub(place);
        let mut piece = vec![0; PIECE.min(usize::try_from(left).unwrap_or(PIECE))];
        reading.file.seek(SeekFrom::Start(place))?;
        reading.file.read_exact(&mut piece)?;
        // What is read again after a break is hashed already.
        let known = reading.hashed.checked_sub(place).and_then(|known| usize::try_from(known).ok());
        if let Some(fresh) = known.and_then(|known| piece.get(known..)) {
            reading.hasher.update(fresh);
            reading.hashed += fresh.len() as u64;
        }
        Ok(piece.into())
    }
}

fn unreadable(path: &Path, error: &io::Error) -> TransferError {
    TransferError::Unreadable { path: path.to_owned(), cause: plain::system(error) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_hash_is_right_however_it_is_read() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x");
        let content: Vec<u8> = (0..700_000_u32).map(|place| (place % 251) as u8).collect();
        fs::write(&path, &content).unwrap();
        let source = Arc::new(Source::open(&path).unwrap());
        for place in [0, 100_000, 300_000, 50_000, 356_000, 600_000, 700_000] {
            let piece = source.piece(place).await.unwrap();
            let place = usize::try_from(place).unwrap();
            assert!(piece == content[place..(place + PIECE).min(content.len())]);
        }
        assert_eq!(source.hashed(), 700_000);
        assert_eq!(source.hash().as_bytes(), &<[u8; 32]>::from(Sha256::digest(&content)));
    }

    #[test]
    fn what_is_no_file_is_refused_and_a_change_is_seen() {
        let folder = tempfile::tempdir().unwrap();
        let error = |path: &Path| Source::open(path).err().unwrap();
        assert!(matches!(error(folder.path()), TransferError::NotAFile(_)));
        let path = folder.path().join("x");
        assert!(matches!(error(&path), TransferError::Unreadable { .. }));
        #[cfg(target_os = "linux")]
        assert!(matches!(error(Path::new("/proc/version")), TransferError::NotAFile(_)));
        fs::write(&path, "one").unwrap();
        let source = Source::open(&path).unwrap();
        assert_eq!(source.check(), Ok(()));
        fs::write(&path, "three").unwrap();
        assert_eq!(source.check(), Err(TransferError::Changed(path.clone())));
        fs::remove_file(&path).unwrap();
        assert!(matches!(source.check(), Err(TransferError::Unreadable { .. })));
    }
}
