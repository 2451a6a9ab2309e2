//! The outbox on disk: what is shown as queued survives a crash of the client and of its machine.
//!
//! Each process writes a journal of its own and holds a lock on it. A process that starts takes over the journals whose
//! owner is gone. The same message keeps its id on that way, so the server stores it once, whoever sends it.

use crate::credentials::{make_private, private_file};
use chat_protocol::{ClientId, Target};
use serde::{Deserialize, Serialize};
use std::fs::{self, File};
use std::io::{self, Seek, Write};
use std::path::{Path, PathBuf};

/// Messages that wait at once. Beyond it a message is refused, clearly, instead of kept.
pub const QUEUED_MAX: usize = 1000;

/// Why a message was not kept.
#[derive(Debug, thiserror::Error)]
pub enum OutboxError {
    /// Too many wait already.
    #[error("{QUEUED_MAX} messages are waiting to be sent already")]
    Full,
    /// The disk does not take it.
    #[error("the message cannot be kept on disk: {0}")]
    Io(#[from] io::Error),
}

/// A message that waits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept {
    pub client_id: ClientId,
    pub target: Target,
    pub text: String,
}

/// One line of a journal.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Line {
    Keep { client_id: ClientId, target: Destination, text: String },
    Done(ClientId),
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Destination {
    To(chat_protocol::UserName),
    Conversation(chat_protocol::ConversationId),
}

/// This process's journal.
pub struct Outbox {
    journal: Option<File>,
    waiting: usize,
}

impl Outbox {
    /// An outbox that keeps nothing: for scripts, which are told at once when a message does not get through.
    pub fn nowhere() -> Self {
        Self { journal: None, waiting: 0 }
    }

    /// Begins a journal in the folder, and takes over what others left there. The order within each is kept.
    pub fn open(folder: &Path) -> io::Result<(Self, Vec<Kept>)> {
        make_private(folder)?;
        let mut number = [0; 8];
        getrandom::fill(&mut number).map_err(io::Error::other)?;
        let path = folder.join(format!("{:016x}.journal", u64::from_ne_bytes(number)));
        let journal = private_file().create_new(true).open(&path)?;
        journal.lock()?;
        let mut outbox = Self { journal: Some(journal), waiting: 0 };
        let mut adopted = Vec::new();
        for left in left_journals(folder, &path)? {
            let kept = read(&left.path)?;
            for message in &kept {
                outbox.write(message)?;
            }
            outbox.sync()?;
            // Only after its messages are safe here.
            fs::remove_file(&left.path)?;
            adopted.extend(kept);
        }
        outbox.waiting = adopted.len();
        Ok((outbox, adopted))
    }

    /// Keeps a message; on disk when this returns.
    pub fn keep(&mut self, message: &Kept) -> Result<(), OutboxError> {
        if self.waiting >= QUEUED_MAX {
            return Err(OutboxError::Full);
        }
        self.write(message)?;
        self.sync()?;
        self.waiting += 1;
        Ok(())
    }

    /// Forgets a message. Should the disk forget that instead, it is sent again under its id, which changes nothing.
    pub fn done(&mut self, client_id: &ClientId) -> io::Result<()> {
        self.waiting = self.waiting.saturating_sub(1);
        let Some(journal) = &mut self.journal else { return Ok(()) };
        if self.waiting == 0 {
            journal.set_len(0)?;
            return journal.rewind();
        }
        write_line(journal, &Line::Done(client_id.clone()))
    }

    fn write(&mut self, message: &Kept) -> io::Result<()> {
        let Kept { client_id, target, text } = message.clone();
        let target = match target {
            Target::To(user) => Destination::To(user),
            Target::Conversation(id) => Destination::Conversation(id),
        };
        match &mut self.journal {
            Some(journal) => write_line(journal, &Line::Keep { client_id, target, text }),
            None => Ok(()),
        }
    }

    fn sync(&self) -> io::Result<()> {
        self.journal.as_ref().map_or(Ok(()), File::sync_data)
    }
}

fn write_line(journal: &mut File, line: &Line) -> io::Result<()> {
    let mut text = serde_json::to_vec(line).map_err(io::Error::other)?;
    text.push(b'\n');
    journal.write_all(&text)
}

/// A journal whose owner is gone; locked while this lives.
struct Left {
    path: PathBuf,
    _lock: File,
}

fn left_journals(folder: &Path, own: &Path) -> io::Result<Vec<Left>> {
    let mut left = Vec::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let path = entry.path();
        if path == own || path.extension().is_none_or(|ending| ending != "journal") {
            continue;
        }
        // Gone in the meantime, or its owner lives: not ours.
        let Ok(lock) = fs::OpenOptions::new().read(true).write(true).open(&path) else { continue };
        if lock.try_lock().is_ok() {
            left.push((entry.metadata()?.modified()?, Left { path, _lock: lock }));
        }
    }
    left.sort_by_key(|(modified, _)| *modified);
    Ok(left.into_iter().map(|(_, left)| left).collect())
}

/// What a journal still holds. A torn last line was never promised to anybody.
fn read(path: &Path) -> io::Result<Vec<Kept>> {
    let mut kept: Vec<Kept> = Vec::new();
    for line in fs::read(path)?.split(|byte| *byte == b'\n') {
        match serde_json::from_slice(line) {
            Ok(Line::Keep { client_id, target, text }) => {
                let target = match target {
                    Destination::To(user) => Target::To(user),
                    Destination::Conversation(id) => Target::Conversation(id),
                };
                kept.push(Kept { client_id, target, text });
            }
            Ok(Line::Done(client_id)) => kept.retain(|message| message.client_id != client_id),
            Err(_) => {}
        }
    }
    Ok(kept)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(id: &str) -> Kept {
        let target = Target::To("bob".parse().unwrap());
        Kept { client_id: id.parse().unwrap(), target, text: format!("text of {id}\n\u{1b}") }
    }

    fn ids(kept: &[Kept]) -> Vec<&str> {
        kept.iter().map(|message| message.client_id.as_str()).collect()
    }

    #[test]
    fn what_was_kept_is_taken_over_once_its_owner_is_gone() {
        let folder = tempfile::tempdir().unwrap();
        let (mut first, adopted) = Outbox::open(folder.path()).unwrap();
        assert!(adopted.is_empty());
        for id in ["a", "b", "c"] {
            first.keep(&message(id)).unwrap();
        }
        first.done(&"b".parse().unwrap()).unwrap();
        let (second, adopted) = Outbox::open(folder.path()).unwrap();
        assert!(adopted.is_empty(), "its owner lives");
        drop(first);
        drop(second);
        let (third, adopted) = Outbox::open(folder.path()).unwrap();
        assert_eq!(ids(&adopted), ["a", "c"]);
        assert_eq!(adopted[0], message("a"));
        drop(third);
        let (_fourth, adopted) = Outbox::open(folder.path()).unwrap();
        assert_eq!(ids(&adopted), ["a", "c"], "a crash after the take-over loses nothing either");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_torn_line_is_skipped_and_a_done_journal_is_empty() {
        let folder = tempfile::tempdir().unwrap();
        let (mut first, _) = Outbox::open(folder.path()).unwrap();
        first.keep(&message("a")).unwrap();
        first.journal.as_mut().unwrap().write_all(br#"{"keep":{"client_id":"b","tar"#).unwrap();
        drop(first);
        let (mut second, adopted) = Outbox::open(folder.path()).unwrap();
        assert_eq!(ids(&adopted), ["a"]);
        second.done(&"a".parse().unwrap()).unwrap();
        assert_eq!(second.journal.as_ref().unwrap().metadata().unwrap().len(), 0);
    }

    #[test]
    fn it_is_bounded() {
        let mut outbox = Outbox::nowhere();
        for number in 0..QUEUED_MAX {
            outbox.keep(&message(&number.to_string())).unwrap();
        }
        assert!(matches!(outbox.keep(&message("one-more")), Err(OutboxError::Full)));
    }
}
