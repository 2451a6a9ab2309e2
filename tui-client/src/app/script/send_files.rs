//! `send --file`: each file is uploaded and becomes a message, one after the other, in the order in which they were given.

use super::backwards::{Backwards, Turn};
use super::{Step, print};
use crate::app::files::attachment;
use crate::app::{Model, Msg};
use crate::exit::{self, Failure};
use chat_client::files::{TransferChange, TransferEvent, TransferId, UploadRequest};
use chat_client::{Command, Content, Event, Job, Outgoing, OutgoingState, SafeText};
use chat_protocol::{
    Attachment, Body, ClientId, ConversationId, Entry, ErrorCode, Message, Quote, Seq, Target, UnixMillis,
    UserName, Welcome,
};
use serde::Serialize;
use std::collections::VecDeque;
use std::path::PathBuf;
use std::time::Duration;

/// Entries that are looked through for a message that an earlier run has sent.
const LOOKED_THROUGH_MAX: usize = 10_000;

/// One message.
#[derive(Debug, Clone)]
pub struct FileToSend {
    pub path: PathBuf,
    /// In bytes, before anything is sent.
    pub size: u64,
    pub text: String,
    pub client_id: ClientId,
    /// The message that it answers.
    pub reply_to: Option<Box<Quote>>,
}

/// Files to one target.
#[derive(Debug)]
pub struct SendFiles {
    pub target: Target,
    /// The first one is on its way once it has begun.
    files: VecDeque<FileToSend>,
    json: bool,
    pub timeout: Duration,
    stage: Stage,
    stored: usize,
}

/// How far the first file is.
#[derive(Debug)]
enum Stage {
    /// Nothing has begun.
    New,
    /// The file is on its way to the server.
    Uploading,
    /// The message is.
    Sending { upload: TransferId, file: Attachment },
    /// The message's id is known to the server: is it this message?
    LookingBack { upload: TransferId, file: Attachment, search: Backwards, seen: usize, refusal: String },
}

/// What `--json` prints for each stored message.
#[derive(Serialize)]
struct Ack<'a> {
    conversation: ConversationId,
    seq: Seq,
    at: UnixMillis,
    client_id: &'a ClientId,
    file: &'a Attachment,
}

impl SendFiles {
    pub fn new(target: Target, files: Vec<FileToSend>, json: bool, timeout: Duration) -> Self {
        Self { target, files: files.into(), json, timeout, stage: Stage::New, stored: 0 }
    }

    pub fn handle_event(&mut self, model: &Model, event: &Event) -> Vec<Step> {
        match (event, &mut self.stage) {
            (Event::Welcome(welcome), Stage::New) => self.begin(model, welcome),
            (Event::Opened(summary), Stage::New) => {
                self.target = Target::Conversation(summary.conversation);
                self.next_file()
            }
            (Event::Refused { job: Job::Open(_), code, message }, Stage::New) if !code.is_retryable() => {
                vec![Step::End(Err(self.not_sent(message)))]
            }
            (Event::Outbox(outgoing), Stage::Sending { .. }) => self.handle_outgoing(outgoing),
            (Event::Refused { job: Job::Queue(_), message, .. }, _) => {
                vec![Step::End(Err(Failure::new(exit::OTHER, message)))]
            }
            (_, Stage::LookingBack { search, .. }) => match search.handle_event(event) {
                Turn::Steps(steps) => steps,
                Turn::Page { conversation, entries, at_start } => {
                    self.look_through(&model.me, conversation, entries, at_start)
                }
            },
            _ => Vec::new(),
        }
    }

    pub fn handle_transfer(&mut self, event: &TransferEvent) -> Vec<Step> {
        let (file, to, text, client_id) = match &event.change {
            TransferChange::Uploaded { file, to, text, client_id } => (file, to, text, client_id),
            TransferChange::Failed { error } => {
                let message = format!("not sent: {error}{}", self.so_far());
                return vec![Step::End(Err(Failure::new(exit::of_transfer(error), message)))];
            }
            _ => return Vec::new(),
        };
        self.stage = Stage::Sending { upload: event.id, file: file.clone() };
        let (text, file) = (text.clone(), Some(Box::new(file.clone())));
        let reply_to = self.files.front().and_then(|file| file.reply_to.clone());
        let content = Content::Message { text, file, reply_to };
        vec![Step::Do(Msg::Say { client_id: Some(client_id.clone()), target: to.clone(), content })]
    }

    /// Time ran out while a file or its message was on its way.
    pub fn unknown(&self) -> Failure {
        let again = match (&self.target, self.files.front()) {
            (Target::Conversation(to), Some(file)) => format!("again to {to} with --id {}", file.client_id),
            _ => return Failure::new(exit::TIMEOUT, "no answer in time: nothing was sent"),
        };
        let what = match self.stage {
            Stage::New | Stage::Uploading => format!("the file is not sent; {again} it goes on where it was"),
            Stage::Sending { .. } | Stage::LookingBack { .. } => {
                format!("the message may or may not be stored; sent {again} it is stored once")
            }
        };
        Failure::new(exit::TIMEOUT, format!("no answer in time: {what}{}", self.so_far()))
    }

    /// All are looked at before the first is sent. A file may take long, so it is for whoever has the name now.
    fn begin(&mut self, model: &Model, welcome: &Welcome) -> Vec<Step> {
        let bytes_max = welcome.limits.file_bytes_max;
        for file in &self.files {
            let text = Some(&file.text).filter(|text| !text.is_empty());
            let problem = if file.size > bytes_max {
                let name = file.path.to_string_lossy();
                Some(format!(
                    "{name}: {} bytes are more than the {bytes_max} that the server takes",
                    file.size
                ))
            } else {
                text.and_then(|text| model.check_text(text).err())
            };
            if let Some(problem) = problem {
                return vec![Step::End(Err(Failure::new(exit::REFUSED, problem)))];
            }
        }
        match self.target {
            Target::Conversation(_) => self.next_file(),
            Target::To(_) | Target::Group(_) => vec![Step::Do(Msg::Ask(Command::Open(self.target.clone())))],
        }
    }

    fn next_file(&mut self) -> Vec<Step> {
        let Some(FileToSend { path, text, client_id, .. }) = self.files.front().cloned() else {
            return vec![Step::End(Ok(()))];
        };
        self.stage = Stage::Uploading;
        vec![Step::Upload(UploadRequest { path, to: self.target.clone(), text, client_id: Some(client_id) })]
    }

    fn handle_outgoing(&mut self, outgoing: &Outgoing) -> Vec<Step> {
        let Stage::Sending { upload, file } = &self.stage else { return Vec::new() };
        let (upload, file) = (*upload, file.clone());
        match &outgoing.state {
            OutgoingState::Sent { conversation, seq, at } => {
                let ack = Ack {
                    conversation: *conversation,
                    seq: *seq,
                    at: *at,
                    client_id: &outgoing.client_id,
                    file: &file,
                };
                self.is_stored(&ack, Step::Sent(upload))
            }
            OutgoingState::Failed { code: ErrorCode::IdConflict, message } => {
                let search = Backwards::new(self.target.clone(), None);
                let first = search.begin();
                let refusal = message.clone();
                self.stage = Stage::LookingBack { upload, file, search, seen: 0, refusal };
                vec![first]
            }
            OutgoingState::Failed { message, .. } => self.refused(upload, message),
            OutgoingState::Queued | OutgoingState::Discarded => Vec::new(),
        }
    }

    /// The same file with the same text under the same id is the same message, sent by an earlier run.
    fn look_through(
        &mut self,
        me: &UserName,
        conversation: ConversationId,
        entries: &[Entry],
        at_start: bool,
    ) -> Vec<Step> {
        let Stage::LookingBack { upload, file, search, seen, refusal } = &mut self.stage else {
            return Vec::new();
        };
        let Some(wanted) = self.files.front() else { return Vec::new() };
        let is_ours = |entry: &&Entry| {
            let says_the_same =
                matches!(&entry.body, Body::Message(message) if said_the_same(message, wanted, file));
            entry.from == *me && entry.client_id == wanted.client_id && says_the_same
        };
        if let Some(entry) = entries.iter().find(is_ours) {
            let upload = *upload;
            let (client_id, known) = (entry.client_id.clone(), attachment(entry).unwrap_or(file).clone());
            let ack = Ack { conversation, seq: entry.seq, at: entry.at, client_id: &client_id, file: &known };
            return self.is_stored(&ack, Step::Unsent(upload));
        }
        *seen += entries.len();
        if at_start || *seen >= LOOKED_THROUGH_MAX {
            let (upload, refusal) = (*upload, refusal.clone());
            return self.refused(upload, &refusal);
        }
        search.next(conversation, entries)
    }

    fn is_stored(&mut self, ack: &Ack, settled: Step) -> Vec<Step> {
        let printed = self.json.then(|| Step::Print { line: print::json(ack), read: None });
        self.files.pop_front();
        self.stored += 1;
        printed.into_iter().chain([settled]).chain(self.next_file()).collect()
    }

    fn refused(&self, upload: TransferId, message: &str) -> Vec<Step> {
        vec![Step::Unsent(upload), Step::End(Err(self.not_sent(message)))]
    }

    fn not_sent(&self, message: &str) -> Failure {
        Failure::new(exit::REFUSED, format!("not sent: {}{}", SafeText::line(message), self.so_far()))
    }

    fn so_far(&self) -> String {
        if self.stored > 0 { format!(" (after {} that are stored)", self.stored) } else { String::new() }
    }
}

/// Whether a message of this id is what was to be sent, as far as its sender has left that to be seen.
fn said_the_same(message: &Message, wanted: &FileToSend, file: &Attachment) -> bool {
    let is_same = |known: &Attachment| known.sha256 == file.sha256 && known.name == file.name;
    let has_text = message.edited_at.is_some() || message.text == wanted.text;
    message.deleted_at.is_some() || (has_text && message.file.as_deref().is_some_and(is_same))
}
