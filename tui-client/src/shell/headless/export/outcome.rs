//! What an export has come to: what it counts, and what it could not get.

use super::folder::FORMAT;
use super::log::{Hung, Log};
use crate::app::files::size;
use crate::app::script::print;
use crate::exit::{self, Failure};
use chat_client::SafeText;
use chat_client::files::TransferError;
use chat_protocol::{Attachment, ConversationId, FileId, Seq};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// How much there is. Of what was there when it went on, too.
#[derive(Default)]
pub struct Outcome {
    has_files: bool,
    /// How far each conversation is, and how many entries that are.
    logs: BTreeMap<ConversationId, Counted>,
    /// Files whose turn has come.
    seen: BTreeSet<FileId>,
    files: u64,
    bytes: u64,
    missing: Vec<Missing>,
    has_damaged: bool,
}

#[derive(Clone, Copy)]
struct Counted {
    head: Seq,
    entries: u64,
    unknown: u64,
}

/// What could not be had: a file, or all or the end of a conversation.
#[derive(Serialize)]
struct Missing {
    conversation: ConversationId,
    #[serde(skip_serializing_if = "Option::is_none")]
    seq: Option<Seq>,
    #[serde(skip_serializing_if = "Option::is_none")]
    file: Option<Attachment>,
    why: String,
}

/// What stands in the folder at the end.
#[derive(Serialize)]
struct Complete<'a> {
    format: u32,
    conversations: usize,
    entries: u64,
    /// Entries of kinds that this build does not know: nothing but their numbers is written down.
    unknown: u64,
    files: u64,
    bytes: u64,
    without_files: bool,
    heads: BTreeMap<ConversationId, Seq>,
    missing: &'a [Missing],
}

/// What `--json` prints.
#[derive(Serialize)]
struct Told<'a> {
    path: &'a str,
    conversations: usize,
    entries: u64,
    files: u64,
    bytes: u64,
    missing: usize,
}

impl Outcome {
    pub fn new(has_files: bool) -> Self {
        Self { has_files, ..Self::default() }
    }

    /// The turn of a conversation has come; some of it may be there.
    pub fn begin(&mut self, id: ConversationId, log: &Log) {
        self.follow(id, log);
    }

    /// It is further now.
    pub fn follow(&mut self, id: ConversationId, log: &Log) {
        let counted = Counted { head: log.last(), entries: log.entries(), unknown: log.unknown() };
        self.logs.insert(id, counted);
    }

    /// Whether this file's turn comes for the first time.
    pub fn is_first(&mut self, file: FileId) -> bool {
        self.seen.insert(file)
    }

    /// A file is there.
    pub fn keep(&mut self, file: &Attachment) {
        self.files += 1;
        self.bytes += file.size;
    }

    /// A file does not come.
    pub fn lose_file(&mut self, conversation: ConversationId, hung: &Hung, error: &TransferError) {
        self.has_damaged |= *error == TransferError::Damaged;
        let (seq, file, why) = (Some(hung.seq), Some(hung.file.clone()), error.to_string());
        self.missing.push(Missing { conversation, seq, file, why });
    }

    /// A conversation may not be read any more.
    pub fn lose_conversation(&mut self, conversation: ConversationId, why: &str) {
        self.missing.push(Missing { conversation, seq: None, file: None, why: why.to_owned() });
    }

    /// What the folder says of itself.
    pub fn complete(&self) -> String {
        print::json(&Complete {
            format: FORMAT,
            conversations: self.logs.len(),
            entries: self.entries(),
            unknown: self.unknown(),
            files: self.files,
            bytes: self.bytes,
            without_files: !self.has_files,
            heads: self.logs.iter().map(|(id, counted)| (*id, counted.head)).collect(),
            missing: &self.missing,
        })
    }

    /// One line for programs.
    pub fn json(&self, path: &Path) -> String {
        print::json(&Told {
            path: &path.to_string_lossy(),
            conversations: self.logs.len(),
            entries: self.entries(),
            files: self.files,
            bytes: self.bytes,
            missing: self.missing.len(),
        })
    }

    /// One line for people.
    pub fn line(&self, path: &Path) -> String {
        format!("{}: {}", SafeText::line(&path.to_string_lossy()), self.for_people())
    }

    /// Files, entries and conversations.
    pub fn for_people(&self) -> String {
        let (files, bytes) = (counted(self.files, "file", "files"), size::bytes(self.bytes));
        let entries = counted(self.entries(), "entry", "entries");
        let conversations = counted(self.logs.len() as u64, "conversation", "conversations");
        format!("{files} ({bytes}), {entries}, {conversations}")
    }

    /// Whether all of it is there.
    pub fn ended(&self) -> Result<(), Failure> {
        let unknown = self.unknown();
        if unknown > 0 {
            let what = counted(unknown, "entry is", "entries are");
            let message =
                format!("{what} of a kind that this version does not know: export with a newer one");
            return Err(Failure::new(exit::OTHER, message));
        }
        if self.missing.is_empty() {
            return Ok(());
        }
        let code = if self.has_damaged { exit::DAMAGED } else { exit::REFUSED };
        let message = format!("{} could not be had: complete.json tells which, and why", self.missing.len());
        Err(Failure::new(code, message))
    }

    fn entries(&self) -> u64 {
        self.logs.values().map(|counted| counted.entries).sum()
    }

    fn unknown(&self) -> u64 {
        self.logs.values().map(|counted| counted.unknown).sum()
    }
}

fn counted(count: u64, one: &str, many: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { many })
}
