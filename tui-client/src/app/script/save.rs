//! `save`: finds a file in a conversation, and says where it was saved.

use super::backwards::{Backwards, Turn};
use super::{Peer, Step, print};
use crate::app::files::attachment;
use crate::exit::{self, Failure};
use chat_client::Event;
use chat_client::files::{Destination, DownloadRequest};
use chat_protocol::{Attachment, ConversationId, Entry, Seq, UserName};
use serde::Serialize;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Which file, and where to.
#[derive(Debug)]
pub struct Save {
    from: Peer,
    entry: Option<Seq>,
    to: PathBuf,
    json: bool,
    pub timeout: Duration,
    pub search: Backwards,
    found: Option<Entry>,
}

/// What `--json` prints.
#[derive(Serialize)]
struct Saved<'a> {
    path: &'a str,
    conversation: ConversationId,
    seq: Seq,
    from: &'a UserName,
    file: Option<&'a Attachment>,
}

impl Save {
    pub fn new(from: Peer, entry: Option<Seq>, to: PathBuf, json: bool, timeout: Duration) -> Self {
        let search = Backwards::new(from.target(), entry.map(Seq::next));
        Self { from, entry, to, json, timeout, search, found: None }
    }

    pub fn handle_event(&mut self, event: &Event) -> Vec<Step> {
        if self.found.is_some() {
            return Vec::new();
        }
        match self.search.handle_event(event) {
            Turn::Steps(steps) => steps,
            Turn::Page { conversation, entries, at_start } => match self.wanted(entries) {
                Ok(Some(entry)) => self.begin(entry.clone()),
                Ok(None) if !at_start && self.entry.is_none() => self.search.next(conversation, entries),
                Ok(None) => self.nothing(match self.from.sender() {
                    Some(user) => format!("{user} has sent no file here"),
                    None => format!("there is no file in {}", self.from),
                }),
                Err(problem) => self.nothing(problem),
            },
        }
    }

    pub fn handle_saved(&self, path: &Path) -> Vec<Step> {
        let path = path.to_string_lossy();
        let line = match &self.found {
            Some(entry) if self.json => print::json(&Saved {
                path: &path,
                conversation: entry.conversation,
                seq: entry.seq,
                from: &entry.from,
                file: attachment(entry),
            }),
            _ => path.into_owned(),
        };
        vec![Step::Print { line, read: None }, Step::End(Ok(()))]
    }

    /// The entry whose file is meant, if this page has it.
    fn wanted<'a>(&self, entries: &'a [Entry]) -> Result<Option<&'a Entry>, String> {
        let Some(seq) = self.entry else {
            let is_theirs = |entry: &&Entry| {
                self.from.sender().is_none_or(|user| entry.from == *user) && attachment(entry).is_some()
            };
            return Ok(entries.iter().rev().find(is_theirs));
        };
        let entry = entries.iter().find(|entry| entry.seq == seq);
        let entry = entry.ok_or_else(|| format!("there is no message {seq} in this conversation"))?;
        match attachment(entry) {
            Some(_) => Ok(Some(entry)),
            None => Err(format!("message {seq} carries no file")),
        }
    }

    fn begin(&mut self, entry: Entry) -> Vec<Step> {
        let attachment = attachment(&entry).cloned();
        self.found = Some(entry);
        let to = Destination::Folder(self.to.clone());
        attachment.map(|attachment| Step::Download(DownloadRequest { attachment, to })).into_iter().collect()
    }

    fn nothing(&self, problem: String) -> Vec<Step> {
        vec![Step::End(Err(Failure::new(exit::REFUSED, problem)))]
    }
}
