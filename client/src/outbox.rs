//! The outbox on disk: what is shown as queued survives a crash of the client and of its machine.
//!
//! Each process writes a journal of its own and holds a lock on it. A process that starts goes on with the journal of one
//! whose owner is gone, and takes over what others left. The same message keeps its id on that way, so the server stores
//! it once, whoever sends it.

use crate::credentials::{make_private, private_file};
use crate::kept_content::KeptContent;
use crate::kept_target::KeptTarget;
use crate::{Content, Outgoing};
use chat_protocol::{ClientId, Target};
use serde::{Deserialize, Serialize};
use std::fs::{self, File};
use std::io::{self, Read, Seek, SeekFrom, Write};
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

/// A message, or a change of one, that waits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept {
    pub client_id: ClientId,
    pub target: Target,
    pub content: Content,
}

impl From<Outgoing> for Kept {
    fn from(Outgoing { client_id, target, content, .. }: Outgoing) -> Self {
        Self { client_id, target, content }
    }
}

/// One line of a journal.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Line {
    Keep(Box<KeptLine>),
    Done(ClientId),
}

#[derive(Serialize, Deserialize)]
struct KeptLine {
    client_id: ClientId,
    target: KeptTarget,
    #[serde(flatten)]
    content: KeptContent,
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

    /// Opens the outbox of this folder, with what was left there. The order within each journal is kept. Where there is
    /// a journal to go on with, nothing is written: a full disk keeps nobody from reading their messages.
    pub fn open(folder: &Path) -> io::Result<(Self, Vec<Kept>)> {
        make_private(folder)?;
        // One process at a time: a journal that has no lock yet would look like one whose owner is gone.
        let turn = private_file().create(true).truncate(false).open(folder.join("lock"))?;
        turn.lock()?;
        let mut left = left_journals(folder)?.into_iter();
        let Some(mut first) = left.next() else { return Ok((Self::begin(folder)?, Vec::new())) };
        let mut kept = read(&mut first.journal)?;
        let mut outbox = Self { journal: Some(first.journal), waiting: kept.len() };
        for other in left {
            // What the disk does not take now waits where it is for another start.
            let Ok(more) = outbox.take_over(other, &kept) else { break };
            kept.extend(more);
        }
        Ok((outbox, kept))
    }

    fn begin(folder: &Path) -> io::Result<Self> {
        let mut number = [0; 8];
        getrandom::fill(&mut number).map_err(io::Error::other)?;
        let path = folder.join(format!("{:016x}.journal", u64::from_ne_bytes(number)));
        let journal = private_file().create_new(true).open(&path)?;
        journal.lock()?;
        // Else a crash of the machine could leave the messages without their file.
        #[cfg(unix)]
        File::open(folder)?.sync_all()?;
        Ok(Self { journal: Some(journal), waiting: 0 })
    }

    /// Copies another journal's messages into this one, and removes it once they are safe here.
    fn take_over(&mut self, mut left: Left, known: &[Kept]) -> io::Result<Vec<Kept>> {
        let mut kept = read(&mut left.journal)?;
        // A crash between the copy and the removal has left both.
        kept.retain(|message| known.iter().all(|known| known.client_id != message.client_id));
        self.write_all(&kept)?;
        self.waiting += kept.len();
        fs::remove_file(&left.path)?;
        Ok(kept)
    }

    /// Keeps a message; on disk when this returns.
    pub fn keep(&mut self, message: &Kept) -> Result<(), OutboxError> {
        if self.waiting >= QUEUED_MAX {
            return Err(OutboxError::Full);
        }
        self.write_all(std::slice::from_ref(message))?;
        self.waiting += 1;
        Ok(())
    }

    /// Keeps messages as they are now that are kept already; on disk when this returns.
    pub fn keep_anew(&mut self, messages: &[Kept]) -> io::Result<()> {
        self.write_all(messages)
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

    /// All of it is on the disk, or nothing of it is in the journal.
    fn write_all(&mut self, messages: &[Kept]) -> io::Result<()> {
        let Some(journal) = &mut self.journal else { return Ok(()) };
        let end = journal.stream_position()?;
        let mut lines = messages.iter().map(|message| Line::keep(message.clone()));
        let written =
            lines.try_for_each(|line| write_line(journal, &line)).and_then(|()| journal.sync_data());
        written.inspect_err(|_| drop(cut(journal, end)))
    }
}

impl Line {
    fn keep(Kept { client_id, target, content }: Kept) -> Self {
        Self::Keep(Box::new(KeptLine { client_id, target: target.into(), content: content.into() }))
    }
}

/// Half a line would swallow the next one: what cannot be written whole is taken back.
fn write_line(journal: &mut File, line: &Line) -> io::Result<()> {
    let mut text = serde_json::to_vec(line).map_err(io::Error::other)?;
    text.push(b'\n');
    let end = journal.stream_position()?;
    journal.write_all(&text).inspect_err(|_| drop(cut(journal, end)))
}

/// Goes back to this place. Should the disk not even shorten the file, the next line is written over the rest.
fn cut(journal: &mut File, end: u64) -> io::Result<()> {
    let shortened = journal.set_len(end);
    journal.seek(SeekFrom::Start(end)).and(shortened)
}

/// A journal whose owner is gone; locked while this lives.
struct Left {
    path: PathBuf,
    journal: File,
}

fn left_journals(folder: &Path) -> io::Result<Vec<Left>> {
    let mut left = Vec::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let path = entry.path();
        if path.extension().is_none_or(|ending| ending != "journal") {
            continue;
        }
        // Gone in the meantime, or its owner lives: not ours.
        let Ok(journal) = private_file().read(true).open(&path) else { continue };
        if journal.try_lock().is_ok() {
            left.push((entry.metadata()?.modified()?, Left { path, journal }));
        }
    }
    left.sort_by_key(|(modified, _)| *modified);
    Ok(left.into_iter().map(|(_, left)| left).collect())
}

/// What a journal still holds; it is left at its end. A torn last line was never promised to anybody and is cut off.
fn read(journal: &mut File) -> io::Result<Vec<Kept>> {
    let mut bytes = Vec::new();
    journal.rewind()?;
    journal.read_to_end(&mut bytes)?;
    let whole = bytes.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
    cut(journal, u64::try_from(whole).expect("a file's size is a number of 64 bits"))?;
    let mut kept: Vec<Kept> = Vec::new();
    for line in bytes[..whole].split(|byte| *byte == b'\n') {
        match serde_json::from_slice(line) {
            Ok(Line::Keep(line)) => {
                let KeptLine { client_id, target, content } = *line;
                let message = Kept { client_id, target: target.into(), content: content.into() };
                match kept.iter_mut().find(|known| known.client_id == message.client_id) {
                    Some(known) => *known = message,
                    None => kept.push(message),
                }
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
        let text = format!("text of {id}\n\u{1b}");
        Kept { client_id: id.parse().unwrap(), target, content: Content::text(text) }
    }

    fn file() -> Box<chat_protocol::Attachment> {
        Box::new(chat_protocol::Attachment {
            id: chat_protocol::FileId::from_bits(1),
            name: "photo.png".to_owned(),
            size: 3,
            media_type: "image/png".to_owned(),
            sha256: chat_protocol::ContentHash::from_bytes([7; 32]),
        })
    }

    fn ids(kept: &[Kept]) -> Vec<&str> {
        kept.iter().map(|message| message.client_id.as_str()).collect()
    }

    fn journals(folder: &Path) -> usize {
        let paths = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
        paths.filter(|path| path.extension().is_some_and(|ending| ending == "journal")).count()
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
        assert_eq!(journals(folder.path()), 1);
    }

    #[test]
    fn a_file_is_kept_with_its_message() {
        let folder = tempfile::tempdir().unwrap();
        let (mut first, _) = Outbox::open(folder.path()).unwrap();
        let content = Content::Message { text: String::new(), file: Some(file()), reply_to: None };
        let with_file = Kept { content, ..message("a") };
        first.keep(&with_file).unwrap();
        drop(first);
        let (_second, adopted) = Outbox::open(folder.path()).unwrap();
        assert_eq!(adopted, [with_file]);
    }

    #[test]
    fn what_is_for_a_group_is_kept_for_it() {
        let folder = tempfile::tempdir().unwrap();
        let (mut first, _) = Outbox::open(folder.path()).unwrap();
        let for_group = Kept { target: Target::Group("ops".parse().unwrap()), ..message("a") };
        first.keep(&for_group).unwrap();
        drop(first);
        let (_second, adopted) = Outbox::open(folder.path()).unwrap();
        assert_eq!(adopted, [for_group]);
    }

    #[test]
    fn what_was_kept_by_a_name_is_kept_by_its_conversation_once_that_is_known() {
        let folder = tempfile::tempdir().unwrap();
        let (mut first, _) = Outbox::open(folder.path()).unwrap();
        for id in ["a", "b", "c"] {
            first.keep(&message(id)).unwrap();
        }
        let target = Target::Conversation(chat_protocol::ConversationId::from_bits(7));
        let known = |id| Kept { target: target.clone(), ..message(id) };
        first.keep_anew(&[known("b"), known("a")]).unwrap();
        first.done(&"a".parse().unwrap()).unwrap();
        drop(first);
        let (mut second, adopted) = Outbox::open(folder.path()).unwrap();
        assert_eq!(adopted, [known("b"), message("c")], "each once and in its order");
        for id in ["b", "c"] {
            second.done(&id.parse().unwrap()).unwrap();
        }
        drop(second);
        assert!(Outbox::open(folder.path()).unwrap().1.is_empty());
    }

    #[test]
    fn what_the_disk_does_not_take_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let (mut outbox, _) = Outbox::open(folder.path()).unwrap();
        let path = fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().path());
        let path = path.into_iter().find(|path| path.extension().is_some()).unwrap();
        outbox.journal = Some(File::open(path).unwrap());
        assert!(outbox.keep(&message("a")).is_err());
        assert!(outbox.keep_anew(&[message("a")]).is_err());
    }

    #[test]
    fn changes_and_replies_are_kept_and_taken_over() {
        let folder = tempfile::tempdir().unwrap();
        let target = Target::Conversation(chat_protocol::ConversationId::from_bits(7));
        let of = |(id, _, content): (&str, &str, Content)| Kept {
            client_id: id.parse().unwrap(),
            target: target.clone(),
            content,
        };
        let all: Vec<_> = spellings().into_iter().skip(2).map(of).collect();
        let (mut first, _) = Outbox::open(folder.path()).unwrap();
        all.iter().for_each(|kept| first.keep(kept).unwrap());
        let (mut second, _) = Outbox::open(folder.path()).unwrap();
        second.keep(&message("z")).unwrap();
        drop((first, second));
        let (_third, adopted) = Outbox::open(folder.path()).unwrap();
        assert_eq!(adopted.len(), all.len() + 1);
        assert!(all.iter().all(|kept| adopted.contains(kept)), "{adopted:?}");
    }

    /// What a journal says of each kind of content, by the time when it was first written so.
    fn spellings() -> Vec<(&'static str, &'static str, Content)> {
        let seq = |number| chat_protocol::Seq::new(number).unwrap();
        let emoji = "👍".to_owned();
        let from = "bob".parse().unwrap();
        let quote =
            chat_protocol::Quote { seq: seq(3), from, text: "yes?".to_owned(), file: None, deleted: false };
        let with_file = Content::Message { text: String::new(), file: Some(file()), reply_to: None };
        let reply = Content::Message { text: "yes".to_owned(), file: None, reply_to: Some(Box::new(quote)) };
        vec![
            ("a", r#""text":"hi""#, Content::text("hi")),
            (
                "b",
                r#""text":"","file":{"id":"0000000000000001","name":"photo.png","size":3,"type":"image/png","sha256":"0707070707070707070707070707070707070707070707070707070707070707"}"#,
                with_file,
            ),
            ("c", r#""text":"yes","reply_to":{"seq":3,"from":"bob","text":"yes?"}"#, reply),
            (
                "d",
                r#""change":{"edit":{"seq":3,"text":"new"}}"#,
                Content::Edit { seq: seq(3), text: "new".to_owned() },
            ),
            ("e", r#""change":{"deletion":{"seq":3}}"#, Content::Deletion { seq: seq(3) }),
            (
                "f",
                r#""change":{"reaction":{"seq":3,"emoji":"👍"}}"#,
                Content::Reaction { seq: seq(3), emoji: emoji.clone(), removed: false },
            ),
            (
                "g",
                r#""change":{"reaction":{"seq":3,"emoji":"👍","removed":true}}"#,
                Content::Reaction { seq: seq(3), emoji, removed: true },
            ),
        ]
    }

    /// Journals are read for ever, so what is written now is read for ever too.
    #[test]
    fn old_journals_are_read_and_new_ones_are_spelled_so() {
        for (id, spelling, content) in spellings() {
            let folder = tempfile::tempdir().unwrap();
            let line = format!(r#"{{"keep":{{"client_id":"{id}","target":{{"to":"bob"}},{spelling}}}}}"#);
            fs::write(folder.path().join("0.journal"), format!("{line}\n")).unwrap();
            let (outbox, adopted) = Outbox::open(folder.path()).unwrap();
            let target = Target::To("bob".parse().unwrap());
            let kept = Kept { client_id: id.parse().unwrap(), target, content };
            assert_eq!(adopted, std::slice::from_ref(&kept), "{spelling}");
            assert_eq!(serde_json::to_string(&Line::keep(kept)).unwrap(), line);
            drop(outbox);
        }
    }

    /// A later client's journal must not be sent as something else.
    #[test]
    fn a_change_that_is_not_known_is_left_out() {
        let folder = tempfile::tempdir().unwrap();
        let line = r#"{"keep":{"client_id":"a","target":{"to":"bob"},"change":{"pin":{"seq":3}}}}"#;
        fs::write(folder.path().join("0.journal"), format!("{line}\n")).unwrap();
        let (_outbox, adopted) = Outbox::open(folder.path()).unwrap();
        assert_eq!(adopted, []);
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

    /// Between the making of a journal and its lock, another start took it for one that was left, and removed it.
    #[test]
    fn many_starts_at_once_lose_nothing() {
        let folder = tempfile::tempdir().unwrap();
        std::thread::scope(|scope| {
            for thread in 0..8 {
                let folder = folder.path();
                scope.spawn(move || {
                    for round in 0..40 {
                        let (mut outbox, _) = Outbox::open(folder).unwrap();
                        outbox.keep(&message(&format!("{thread}-{round}"))).unwrap();
                    }
                });
            }
        });
        let (_last, adopted) = Outbox::open(folder.path()).unwrap();
        assert_eq!(adopted.len(), 8 * 40);
        assert_eq!(journals(folder.path()), 1);
    }

    #[test]
    fn a_torn_line_does_not_swallow_the_next_one() {
        let folder = tempfile::tempdir().unwrap();
        let (mut first, _) = Outbox::open(folder.path()).unwrap();
        first.keep(&message("a")).unwrap();
        first.journal.as_mut().unwrap().write_all(br#"{"keep":{"client_id":"b","tar"#).unwrap();
        drop(first);
        let (mut second, _) = Outbox::open(folder.path()).unwrap();
        second.keep(&message("c")).unwrap();
        drop(second);
        let (_third, adopted) = Outbox::open(folder.path()).unwrap();
        assert_eq!(ids(&adopted), ["a", "c"]);
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
