//! Unfinished uploads on disk, one small file for each: they survive a crash of the client and of its machine.
//!
//! Whoever works on an upload holds a lock on its file. What has no lock was left behind and can be taken up by the next
//! process. A file is a list of JSON lines, each synced before what it speaks of goes on; half a line at the end counts for
//! nothing.

use super::source::Look;
use crate::credentials::{make_private, private_file};
use crate::kept_target::KeptTarget;
use chat_protocol::{Attachment, ClientId, FileId, Target};
use serde::{Deserialize, Serialize};
use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

const ENDING: &str = "upload";
/// What nobody has come back for in so long is forgotten: the server keeps an unsent file no longer.
const KEPT_FOR: Duration = Duration::from_secs(7 * 24 * 3600);

/// What is to be uploaded, and how far it was.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    pub path: PathBuf,
    pub look: Look,
    pub to: Target,
    pub text: String,
    pub client_id: ClientId,
    pub progress: Progress,
}

/// How far an upload is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Progress {
    /// The server does not know of it.
    Nothing,
    /// The server knows it under this id.
    Begun(FileId),
    /// All of it is there, but the outbox may not have its message.
    Uploaded(Box<Attachment>),
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Line {
    Upload {
        path: OsString,
        #[serde(flatten)]
        look: Look,
        to: KeptTarget,
        text: String,
        client_id: ClientId,
    },
    /// Begun, perhaps anew.
    Begun(FileId),
    Uploaded(Box<Attachment>),
}

/// One upload's file, locked. Without a folder it remembers nothing.
#[derive(Debug)]
pub struct Note {
    kept: Option<(PathBuf, File)>,
}

impl Note {
    /// A note that nobody reads.
    pub fn nowhere() -> Self {
        Self { kept: None }
    }

    /// Writes down what is to be uploaded; it is on the disk when this returns.
    pub fn begin(folder: &Path, entry: &Entry) -> io::Result<Self> {
        make_private(folder)?;
        let _turn = turn(folder)?;
        let mut random = [0; 8];
        getrandom::fill(&mut random).map_err(io::Error::other)?;
        let path = folder.join(format!("{:016x}.{ENDING}", u64::from_ne_bytes(random)));
        let file = private_file().create_new(true).open(&path)?;
        file.lock()?;
        let mut note = Self { kept: Some((path, file)) };
        let line = Line::Upload {
            path: entry.path.clone().into_os_string(),
            look: entry.look,
            to: entry.to.clone().into(),
            text: entry.text.clone(),
            client_id: entry.client_id.clone(),
        };
        // Half a note is no use to anybody, and the caller is told.
        note.write(&line).inspect_err(|_| note.remove())?;
        // Else a crash of the machine could leave the upload without its note.
        #[cfg(unix)]
        File::open(folder)?.sync_all()?;
        Ok(note)
    }

    /// The server knows the upload under this id. If the disk does not take that, the next process begins anew.
    pub fn begun(&mut self, id: FileId) {
        let _ = self.write(&Line::Begun(id));
    }

    /// All of it is on the server. If the disk does not take that, the next process asks the server.
    pub fn uploaded(&mut self, file: &Attachment) {
        let _ = self.write(&Line::Uploaded(Box::new(file.clone())));
    }

    /// Forgets it. A note that cannot be removed leads to the same message under the same id, which changes nothing.
    pub fn remove(&mut self) {
        if let Some((path, _file)) = self.kept.take() {
            let _ = fs::remove_file(path);
        }
    }

    fn write(&mut self, line: &Line) -> io::Result<()> {
        let Some((_, file)) = &mut self.kept else { return Ok(()) };
        let mut text = serde_json::to_vec(line).map_err(io::Error::other)?;
        text.push(b'\n');
        let end = file.stream_position()?;
        // Half a line would swallow the next one: what cannot be written whole is taken back.
        let written = file.write_all(&text).and_then(|()| file.sync_data());
        written.inspect_err(|_| drop(file.set_len(end).and_then(|()| file.seek(SeekFrom::Start(end)))))
    }
}

/// What earlier processes left behind, the oldest first; each is locked while its note lives. What cannot be read waits
/// where it is.
pub fn left(folder: &Path) -> Vec<(Entry, Note)> {
    left_or_none(folder).unwrap_or_default()
}

/// What an earlier process left behind under this message's id.
pub fn left_of(folder: &Path, client_id: &ClientId) -> Option<(Entry, Note)> {
    left(folder).into_iter().find(|(entry, _)| entry.client_id == *client_id)
}

/// Forgets what nobody has come back for.
pub fn forget_old(folder: &Path, now: SystemTime) {
    for (_, mut note) in left(folder) {
        let touched = note.kept.as_ref().and_then(|(_, file)| file.metadata().ok()?.modified().ok());
        let age = touched.and_then(|touched| now.duration_since(touched).ok());
        if age.is_some_and(|age| age > KEPT_FOR) {
            note.remove();
        }
    }
}

/// One process at a time looks for what is left: a note that has no lock yet would look like one.
fn turn(folder: &Path) -> io::Result<File> {
    let turn = private_file().create(true).truncate(false).open(folder.join("lock"))?;
    turn.lock()?;
    Ok(turn)
}

fn left_or_none(folder: &Path) -> io::Result<Vec<(Entry, Note)>> {
    if !folder.is_dir() {
        return Ok(Vec::new());
    }
    let _turn = turn(folder)?;
    let mut left = Vec::new();
    for found in fs::read_dir(folder)? {
        let path = found?.path();
        if path.extension().is_none_or(|ending| ending != ENDING) {
            continue;
        }
        // Gone in the meantime, or somebody works on it: not ours.
        let Ok(mut file) = private_file().read(true).open(&path) else { continue };
        if file.try_lock().is_err() {
            continue;
        }
        let modified = file.metadata()?.modified()?;
        if let Some(entry) = read(&mut file)? {
            left.push((modified, entry, Note { kept: Some((path, file)) }));
        } else {
            // Its first line was never whole, so nothing was promised.
            let _ = fs::remove_file(&path);
        }
    }
    left.sort_by_key(|(modified, ..)| *modified);
    Ok(left.into_iter().map(|(_, entry, note)| (entry, note)).collect())
}

/// What a file says; it is left at the end of its last whole line.
fn read(file: &mut File) -> io::Result<Option<Entry>> {
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes)?;
    let whole = bytes.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
    let mut entry: Option<Entry> = None;
    for line in bytes[..whole].split(|byte| *byte == b'\n') {
        match (serde_json::from_slice(line), &mut entry) {
            (Ok(Line::Upload { path, look, to, text, client_id }), _) => {
                let (path, to, progress) = (path.into(), to.into(), Progress::Nothing);
                entry = Some(Entry { path, look, to, text, client_id, progress });
            }
            (Ok(Line::Begun(id)), Some(entry)) => entry.progress = Progress::Begun(id),
            (Ok(Line::Uploaded(file)), Some(entry)) => entry.progress = Progress::Uploaded(file),
            _ => {}
        }
    }
    if whole < bytes.len() {
        // Only then: it would make the note look as if somebody had just come back for it.
        let whole = u64::try_from(whole).map_err(io::Error::other)?;
        file.set_len(whole)?;
        file.seek(SeekFrom::Start(whole))?;
    }
    Ok(entry)
}

#[cfg(test)]
mod tests {
    use super::*;
    use chat_protocol::ContentHash;

    fn entry(id: &str) -> Entry {
        Entry {
            path: PathBuf::from("/tmp/some file"),
            look: Look { size: 7, modified_ns: u64::MAX },
            to: Target::To("bob".parse().unwrap()),
            text: "look\n".to_owned(),
            client_id: id.parse().unwrap(),
            progress: Progress::Nothing,
        }
    }

    fn files(folder: &Path) -> usize {
        let paths = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
        paths.filter(|path| path.extension().is_some_and(|ending| ending == ENDING)).count()
    }

    #[test]
    fn what_was_begun_is_left_for_the_next_once_its_owner_is_gone() {
        let folder = tempfile::tempdir().unwrap();
        let mut note = Note::begin(folder.path(), &entry("a")).unwrap();
        assert!(left(folder.path()).is_empty(), "its owner lives");
        note.begun(FileId::from_bits(1));
        note.begun(FileId::from_bits(2));
        drop(note);
        let found = left_of(folder.path(), &"a".parse().unwrap());
        let (found, mut note) = found.unwrap();
        assert_eq!(found, Entry { progress: Progress::Begun(FileId::from_bits(2)), ..entry("a") });
        let sha256 = ContentHash::from_bytes([1; 32]);
        let (name, media_type) = ("x".to_owned(), "text/plain".to_owned());
        let file = Attachment { id: FileId::from_bits(2), name, size: 7, media_type, sha256 };
        note.uploaded(&file);
        drop(note);
        let (found, mut note) = left(folder.path()).remove(0);
        assert_eq!(found.progress, Progress::Uploaded(Box::new(file)));
        note.remove();
        drop(note);
        assert_eq!(files(folder.path()), 0);
    }

    #[test]
    fn half_a_line_counts_for_nothing_and_swallows_no_other() {
        let folder = tempfile::tempdir().unwrap();
        let mut note = Note::begin(folder.path(), &entry("a")).unwrap();
        note.kept.as_mut().unwrap().1.write_all(br#"{"begun":"00000000"#).unwrap();
        drop(note);
        let (found, mut note) = left(folder.path()).remove(0);
        assert_eq!(found, entry("a"));
        note.begun(FileId::from_bits(3));
        drop(note);
        let (found, _note) = left(folder.path()).remove(0);
        assert_eq!(found.progress, Progress::Begun(FileId::from_bits(3)));
        fs::write(folder.path().join("torn.upload"), r#"{"upload":{"pa"#).unwrap();
        assert!(left(folder.path()).is_empty());
        assert_eq!(files(folder.path()), 1, "what was never whole is removed");
    }

    #[test]
    fn what_nobody_comes_back_for_is_forgotten_after_a_week() {
        let folder = tempfile::tempdir().unwrap();
        drop(Note::begin(folder.path(), &entry("a")).unwrap());
        forget_old(folder.path(), SystemTime::now());
        assert_eq!(files(folder.path()), 1);
        let working = Note::begin(folder.path(), &entry("b")).unwrap();
        forget_old(folder.path(), SystemTime::now() + KEPT_FOR + Duration::from_secs(60));
        assert_eq!(files(folder.path()), 1, "only what somebody works on");
        drop(working);
    }

    #[test]
    fn no_folder_no_note() {
        let folder = tempfile::tempdir().unwrap();
        assert!(left(&folder.path().join("nowhere")).is_empty());
        assert!(!folder.path().join("nowhere").exists(), "nothing is made for nothing");
        let mut nowhere = Note::nowhere();
        nowhere.begun(FileId::from_bits(1));
        nowhere.remove();
    }
}
