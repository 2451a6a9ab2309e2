//! What a batch comes to: which entries to write under which numbers, and what each sender is told. Pure.
#![deny(clippy::disallowed_methods)]

use super::super::documents::{EntryDocument, EntryKey, number};
use super::super::files::attached;
use crate::store::{AppendError, Appended, NewEntry, UserId};
use chat_protocol::{Attachment, Body, ClientId, ConversationId, FileId, Seq, UnixMillis};
use std::collections::HashMap;
use std::sync::Arc;

/// What the store holds unique for ever.
pub type SendKey = (ConversationId, UserId, ClientId);

/// The end of a log.
#[derive(Debug, Clone)]
pub struct Tail {
    /// The last number that is taken.
    pub head: Seq,
    /// The last number that readers have been shown.
    pub shown: Seq,
    /// The last entry's time.
    pub activity: UnixMillis,
    pub members: Arc<[UserId]>,
}

impl Tail {
    /// There is an entry with this number and time.
    pub fn reaches(&mut self, seq: Seq, at: UnixMillis) {
        self.head = self.head.max(seq);
        self.activity = self.activity.max(at);
    }
}

/// A message that is in a log already.
#[derive(Debug, Clone)]
pub struct Known {
    pub seq: Seq,
    pub at: UnixMillis,
    pub text: String,
    pub file: Option<Box<Attachment>>,
    /// Its members may never have been told of it.
    pub untold: bool,
}

/// What to write, and what it will mean.
#[derive(Debug, Default)]
pub struct Plan {
    pub entries: Vec<EntryDocument>,
    /// The logs of which readers are shown more, with their new ends.
    pub shown: HashMap<ConversationId, Tail>,
    pub outcomes: Vec<Result<Appended, AppendError>>,
}

/// The files that may be sent, and by whom. None of them goes away while the batch is written.
pub type Files = HashMap<(UserId, FileId), Attachment>;

/// Numbers the entries of a batch in its order.
pub fn plan(
    batch: &[NewEntry],
    mut tails: HashMap<ConversationId, Tail>,
    mut known: HashMap<SendKey, Known>,
    files: &Files,
) -> Plan {
    for ((conversation, ..), known) in &known {
        if let Some(tail) = tails.get_mut(conversation) {
            tail.reaches(known.seq, known.at);
        }
    }
    let (mut entries, mut outcomes) = (Vec::new(), Vec::with_capacity(batch.len()));
    for entry in batch {
        outcomes.push(match tails.get_mut(&entry.conversation) {
            Some(tail) if tail.members.contains(&entry.sender) => {
                place(&mut entries, &mut known, files, entry, tail)
            }
            _ => Err(AppendError::NotMember),
        });
    }
    tails.retain(|_, tail| tail.head > tail.shown);
    Plan { entries, shown: tails, outcomes }
}

fn place(
    entries: &mut Vec<EntryDocument>,
    known: &mut HashMap<SendKey, Known>,
    files: &Files,
    entry: &NewEntry,
    tail: &mut Tail,
) -> Result<Appended, AppendError> {
    todo!()
}
