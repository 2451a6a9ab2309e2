//! The log of one conversation on this disk: a line for each entry, in order.

use super::folder::cannot_write;
use crate::app::script::print;
use crate::exit::Failure;
use chat_client::credentials::private_file;
use chat_protocol::{Attachment, Body, ConversationId, Entry, Seq};
use std::fs::File;
use std::io::{self, BufRead, BufReader, Seek, SeekFrom, Write};
use std::path::PathBuf;

/// A file that is written at its end only.
pub struct Log {
    path: PathBuf,
    conversation: ConversationId,
    file: File,
    last: Seq,
    entries: u64,
    /// Those of a kind that this build does not know.
    unknown: u64,
}

/// A file on a message.
pub struct Hung {
    pub seq: Seq,
    pub file: Attachment,
}

impl Log {
    /// Goes on after the last whole line that is there.
    pub fn open(path: PathBuf, conversation: ConversationId) -> Result<Self, Failure> {
        let file = private_file().read(true).create(true).truncate(false).open(&path);
        let file = file.map_err(|error| cannot_write(&path, &error))?;
        let mut log = Self { path, conversation, file, last: Seq::ZERO, entries: 0, unknown: 0 };
        log.find_end().map_err(|error| cannot_write(&log.path, &error))?;
        Ok(log)
    }

    /// The number of the last entry that is there; 0 when there is none.
    pub fn last(&self) -> Seq {
        self.last
    }

    /// How many entries are there.
    pub fn entries(&self) -> u64 {
        self.entries
    }

    /// How many of them are of a kind that this build does not know.
    pub fn unknown(&self) -> u64 {
        self.unknown
    }

    /// Writes what follows.
    pub fn append<'a>(&mut self, entries: impl Iterator<Item = &'a Entry>) -> Result<(), Failure> {
        let mut lines = String::new();
        for entry in entries {
            lines.push_str(&print::json(entry));
            lines.push('\n');
            self.count(entry);
        }
        self.file.write_all(lines.as_bytes()).map_err(|error| cannot_write(&self.path, &error))
    }

    /// Makes durable what is there.
    pub fn sync(&self) -> Result<(), Failure> {
        self.file.sync_all().map_err(|error| cannot_write(&self.path, &error))
    }

    /// The files that hang on its messages, read from the disk one by one.
    pub fn files(&self) -> Result<impl Iterator<Item = Result<Hung, Failure>> + use<>, Failure> {
        let path = self.path.clone();
        let lines = BufReader::new(File::open(&path).map_err(|error| cannot_write(&path, &error))?).lines();
        Ok(lines.filter_map(move |line| {
            let entry = line.and_then(|line| serde_json::from_str::<Entry>(&line).map_err(io::Error::from));
            entry.map(hung).map_err(|error| cannot_write(&path, &error)).transpose()
        }))
    }

    fn count(&mut self, entry: &Entry) {
        self.last = entry.seq;
        self.entries += 1;
        self.unknown += u64::from(entry.body == Body::Unknown);
    }

    /// Counts what is there, and cuts it where it is not a log of this conversation any more.
    fn find_end(&mut self) -> io::Result<()> {
        let mut reader = BufReader::new(self.file.try_clone()?);
        let (mut end, mut line) = (0, Vec::new());
        loop {
            line.clear();
            let length = reader.read_until(b'\n', &mut line)?;
            match line.strip_suffix(b"\n").map(serde_json::from_slice::<Entry>) {
                Some(Ok(entry)) if entry.conversation == self.conversation && entry.seq > self.last => {
                    self.count(&entry);
                }
                _ => break,
            }
            end += length as u64;
        }
        self.file.set_len(end)?;
        self.file.seek(SeekFrom::Start(end))?;
        Ok(())
    }
}

fn hung(entry: Entry) -> Option<Hung> {
    match entry.body {
        Body::Message(message) => message.file.map(|file| Hung { seq: entry.seq, file: *file }),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use chat_protocol::Message;
    use std::fs;

    const TALK: ConversationId = ConversationId::from_bits(1);

    fn entry(conversation: ConversationId, number: u64) -> Entry {
        let (from, client_id) = ("ann".parse().unwrap(), format!("c{number}").parse().unwrap());
        let body = Body::Message(Message::of(format!("text {number}\n\u{9b}")));
        Entry { conversation, seq: Seq::new(number).unwrap(), at: number, from, client_id, body }
    }

    fn line(conversation: ConversationId, number: u64) -> String {
        format!("{}\n", print::json(&entry(conversation, number)))
    }

    #[test]
    fn it_goes_on_after_the_last_whole_line() {
        let whole = line(TALK, 1) + &line(TALK, 2);
        let third = line(TALK, 3);
        let other = line(ConversationId::from_bits(2), 3);
        for tail in ["", "{", &third[..third.len() - 1], "\0\0\0\n", &other, &line(TALK, 2)] {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("log.jsonl");
            fs::write(&path, whole.clone() + tail).unwrap();
            let mut log = Log::open(path.clone(), TALK).unwrap();
            assert_eq!((log.last().get(), log.entries()), (2, 2), "{tail:?}");
            log.append([entry(TALK, 3)].iter()).unwrap();
            log.sync().unwrap();
            assert_eq!(fs::read_to_string(&path).unwrap(), whole.clone() + &third, "{tail:?}");
        }
    }
}
