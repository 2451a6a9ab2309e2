//! A file that is on its way onto this disk: hidden, locked and private until it is complete and checked, then put under its
//! name without overwriting anything and without following a link.

use super::name::{numbered, safe_name};
use super::{Destination, TransferError};
use crate::credentials::private_file;
use crate::plain;
use chat_protocol::ContentHash;
use sha2::{Digest, Sha256};
use std::fs::{self, File};
use std::io::{self, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

const BEGINNING: &str = ".chat-";
const ENDING: &str = ".part";
/// Files of one name in a folder, before it is refused.
const NUMBER_MAX: u32 = 10_000;

/// A hidden file in the folder where the whole one will stand. Dropped before that, it is removed.
#[derive(Debug)]
pub struct Partial {
    path: PathBuf,
    folder: PathBuf,
    file: File,
    hasher: Sha256,
    written: u64,
}

impl Partial {
    /// Begins one, where it can be put in its place in one step. What killed processes left there is removed.
    pub fn begin(to: &Destination) -> Result<Self, TransferError> {
        let folder = match to {
            Destination::Folder(folder) => folder.as_path(),
            Destination::File(path) => match path.parent() {
                Some(folder) if folder.as_os_str().is_empty() => Path::new("."),
                Some(folder) => folder,
                None => return Err(TransferError::Exists(path.clone())),
            },
        };
        if let Destination::File(path) = to
            && path.symlink_metadata().is_ok()
        {
            return Err(TransferError::Exists(path.clone()));
        }
        let begun = make(folder);
        let (path, file) = begun.map_err(|error| unwritable(folder, &error))?;
        remove_abandoned(folder);
        Ok(Self { path, folder: folder.to_owned(), file, hasher: Sha256::new(), written: 0 })
    }

    /// How much of it is there.
    pub fn written(&self) -> u64 {
        self.written
    }

    /// Adds what came.
    pub fn write(&mut self, bytes: &[u8]) -> Result<(), TransferError> {
        self.file.write_all(bytes).map_err(|error| unwritable(&self.folder, &error))?;
        self.hasher.update(bytes);
        self.written += bytes.len() as u64;
        Ok(())
    }

    /// Throws away what came: the server begins at the beginning.
    pub fn begin_anew(&mut self) -> Result<(), TransferError> {
        let cut = self.file.set_len(0).and_then(|()| self.file.seek(SeekFrom::Start(0)));
        cut.map_err(|error| unwritable(&self.folder, &error))?;
        (self.hasher, self.written) = (Sha256::new(), 0);
        Ok(())
    }

    /// The hash of what came.
    pub fn hash(&self) -> ContentHash {
        ContentHash::from_bytes(self.hasher.clone().finalize().into())
    }

    /// Makes it durable and puts it under its name: `name` in a folder, with a number when that is taken, or exactly what
    /// the user said.
    pub fn finish(self, name: &str, to: &Destination) -> Result<PathBuf, TransferError> {
        let unwritable = |error: io::Error| unwritable(&self.folder, &error);
        self.file.sync_all().map_err(unwritable)?;
        let path = match to {
            Destination::File(path) => match self.put(path) {
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                    return Err(TransferError::Exists(path.clone()));
                }
                put => put.map(|()| path.clone()),
            },
            Destination::Folder(folder) => self.put_in(folder, &safe_name(name)),
        };
        let path = path.map_err(unwritable)?;
        // Else a crash of the machine could leave the file without its name.
        #[cfg(unix)]
        File::open(&self.folder).and_then(|folder| folder.sync_all()).map_err(unwritable)?;
        Ok(path)
    }

    fn put_in(&self, folder: &Path, name: &str) -> io::Result<PathBuf> {
        for number in 1..NUMBER_MAX {
            let path = folder.join(if number == 1 { name.to_owned() } else { numbered(name, number) });
            match self.put(&path) {
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                put => return put.map(|()| path),
            }
        }
        Err(io::Error::from(io::ErrorKind::AlreadyExists))
    }

    /// A second link fails where anything has the name, even a link that leads nowhere; a rename would replace it.
    fn put(&self, path: &Path) -> io::Result<()> {
        let put = match fs::hard_link(&self.path, path) {
            Err(error)
                if error.kind() != io::ErrorKind::AlreadyExists && path.symlink_metadata().is_err() =>
            {
                // A file system without links: the name is taken by an empty file first, which only we replace.
                private_file().create_new(true).open(path)?;
                fs::rename(&self.path, path).inspect_err(|_| drop(fs::remove_file(path)))
            }
            // The hidden name goes when this is dropped.
            linked => linked,
        };
        put?;
        // In a folder where others write, the hidden name may have become another file's.
        if is_same(&self.file, path)? {
            return Ok(());
        }
        fs::remove_file(path)?;
        Err(io::Error::other("somebody else put another file in its place"))
    }
}

impl Drop for Partial {
    fn drop(&mut self) {
        // After a rename it is gone already. What else cannot be removed is hidden, and the next one tries again.
        let _ = fs::remove_file(&self.path);
    }
}

#[cfg(unix)]
fn is_same(file: &File, path: &Path) -> io::Result<bool> {
    use std::os::unix::fs::MetadataExt;
    let (ours, there) = (file.metadata()?, path.symlink_metadata()?);
    Ok((ours.dev(), ours.ino()) == (there.dev(), there.ino()))
}

#[cfg(not(unix))]
fn is_same(_: &File, _: &Path) -> io::Result<bool> {
    Ok(true)
}

fn make(folder: &Path) -> io::Result<(PathBuf, File)> {
    loop {
        let mut random = [0; 8];
        getrandom::fill(&mut random).map_err(io::Error::other)?;
        let path = folder.join(format!("{BEGINNING}{:016x}{ENDING}", u64::from_ne_bytes(random)));
        let file = private_file().create_new(true).open(&path)?;
        file.lock()?;
        // Before it had its lock it looked abandoned.
        if path.symlink_metadata().is_ok() {
            return Ok((path, file));
        }
    }
}

/// Removes what processes left that were killed. Failures change nothing: it is only tidying.
fn remove_abandoned(folder: &Path) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    for entry in entries.filter_map(Result::ok) {
        let name = entry.file_name();
        let middle = name.to_str().and_then(|name| name.strip_prefix(BEGINNING)?.strip_suffix(ENDING));
        let is_ours =
            middle.is_some_and(|middle| middle.len() == 16 && middle.bytes().all(|b| b.is_ascii_hexdigit()));
        if !is_ours || !entry.file_type().is_ok_and(|kind| kind.is_file()) {
            continue;
        }
        // The lock is kept until the file is gone: whoever has just made it waits for it, and then looks whether it is there.
        if let Ok(file) = File::open(entry.path())
            && file.try_lock().is_ok()
        {
            let _ = fs::remove_file(entry.path());
        }
    }
}

fn unwritable(path: &Path, error: &io::Error) -> TransferError {
    TransferError::Unwritable { path: path.to_owned(), cause: plain::system(error) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(folder: &Path) -> Vec<String> {
        let names = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name());
        let mut names: Vec<_> = names.map(|name| name.into_string().unwrap()).collect();
        names.sort();
        names
    }

    fn save(to: &Destination, name: &str, content: &str) -> Result<PathBuf, TransferError> {
        let mut partial = Partial::begin(to)?;
        partial.write(content.as_bytes())?;
        partial.finish(name, to)
    }

    #[test]
    fn nothing_is_overwritten() {
        let folder = tempfile::tempdir().unwrap();
        let to = Destination::Folder(folder.path().to_owned());
        for content in ["one", "two", "three"] {
            save(&to, "../x.txt", content).unwrap();
        }
        assert_eq!(names(folder.path()), ["x (2).txt", "x (3).txt", "x.txt"]);
        assert_eq!(fs::read_to_string(folder.path().join("x.txt")).unwrap(), "one");
        assert_eq!(fs::read_to_string(folder.path().join("x (3).txt")).unwrap(), "three");
        let exact = folder.path().join("x.txt");
        let refused = save(&Destination::File(exact.clone()), "y", "four");
        assert_eq!(refused, Err(TransferError::Exists(exact.clone())));
        let other = folder.path().join(".named by the user");
        assert_eq!(save(&Destination::File(other.clone()), "y", "four"), Ok(other));
        // It appears while the bytes come.
        let late = Destination::File(folder.path().join("late"));
        let partial = Partial::begin(&late).unwrap();
        fs::write(folder.path().join("late"), "first").unwrap();
        assert!(matches!(partial.finish("y", &late), Err(TransferError::Exists(_))));
        assert_eq!(names(folder.path()).len(), 5, "and nothing is left behind");
    }

    #[cfg(unix)]
    #[test]
    fn no_link_is_followed_and_the_file_is_private() {
        use std::os::unix::fs::{PermissionsExt, symlink};
        let (folder, elsewhere) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let aim = elsewhere.path().join("aim");
        symlink(&aim, folder.path().join("x")).unwrap();
        let saved = save(&Destination::Folder(folder.path().to_owned()), "x", "content").unwrap();
        assert_eq!(saved, folder.path().join("x (2)"));
        assert_eq!(fs::metadata(&saved).unwrap().permissions().mode() & 0o777, 0o600);
        let refused = save(&Destination::File(folder.path().join("x")), "x", "content");
        assert!(matches!(refused, Err(TransferError::Exists(_))));
        assert_eq!(names(elsewhere.path()), Vec::<String>::new());
    }

    #[cfg(unix)]
    #[test]
    fn what_somebody_else_put_in_its_place_gets_no_name() {
        let folder = tempfile::tempdir().unwrap();
        let to = Destination::Folder(folder.path().to_owned());
        let mut partial = Partial::begin(&to).unwrap();
        partial.write(b"good").unwrap();
        fs::remove_file(&partial.path).unwrap();
        fs::write(&partial.path, "evil").unwrap();
        assert!(matches!(partial.finish("x", &to), Err(TransferError::Unwritable { .. })));
        assert_eq!(names(folder.path()), Vec::<String>::new());
    }

    #[test]
    fn what_is_given_up_or_was_left_is_removed_but_not_what_lives() {
        let folder = tempfile::tempdir().unwrap();
        let to = Destination::Folder(folder.path().to_owned());
        fs::write(folder.path().join(".chat-0123456789abcdef.part"), "left").unwrap();
        fs::write(folder.path().join(".chat-mine.part"), "not ours").unwrap();
        let one = Partial::begin(&to).unwrap();
        let two = Partial::begin(&to).unwrap();
        assert_eq!(names(folder.path()).len(), 3);
        drop((one, two));
        assert_eq!(names(folder.path()), [".chat-mine.part"]);
    }

    #[test]
    fn a_folder_that_is_not_there_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        let to = Destination::Folder(folder.path().join("nowhere"));
        assert!(matches!(save(&to, "x", ""), Err(TransferError::Unwritable { .. })));
    }

    /// A file without a lock yet looks abandoned to those who tidy up at the same moment.
    #[test]
    fn nobody_removes_what_has_just_been_begun() {
        let folder = tempfile::tempdir().unwrap();
        let to = Destination::Folder(folder.path().to_owned());
        std::thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    for _ in 0..100 {
                        let partial = Partial::begin(&to).unwrap();
                        assert!(partial.path.exists());
                        std::thread::yield_now();
                        assert!(partial.path.exists());
                    }
                });
            }
        });
    }
}
