//! `files`: the files that somebody has sent, or all of a group. It reads without saying so.

use super::backwards::{Backwards, Turn};
use super::{Peer, Step, print};
use crate::app::Model;
use crate::app::files::attachment;
use chat_client::Event;
use chat_protocol::Entry;
use std::time::Duration;

/// Whose, and how many.
#[derive(Debug)]
pub struct Files {
    from: Peer,
    limit: usize,
    json: bool,
    pub timeout: Duration,
    pub search: Backwards,
    /// What was found, the newest first.
    found: Vec<Entry>,
}

impl Files {
    pub fn new(from: Peer, limit: u32, json: bool, timeout: Duration) -> Self {
        let search = Backwards::new(from.target(), None);
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        Self { from, limit, json, timeout, search, found: Vec::new() }
    }

    pub fn handle_event(&mut self, model: &Model, event: &Event) -> Vec<Step> {
        match self.search.handle_event(event) {
            Turn::Steps(steps) => steps,
            Turn::Page { conversation, entries, at_start } => {
                let is_theirs = |entry: &&Entry| {
                    self.from.sender().is_none_or(|user| entry.from == *user) && attachment(entry).is_some()
                };
                self.found.extend(entries.iter().rev().filter(is_theirs).cloned());
                if at_start || self.found.len() >= self.limit {
                    return self.print(model);
                }
                self.search.next(conversation, entries)
            }
        }
    }

    fn print(&self, model: &Model) -> Vec<Step> {
        let wanted = self.found.iter().take(self.limit).rev();
        let lines = wanted.map(|entry| Step::Print { line: self.line(model, entry), read: None });
        lines.chain([Step::End(Ok(()))]).collect()
    }

    fn line(&self, model: &Model, entry: &Entry) -> String {
        match attachment(entry) {
            Some(file) if !self.json => {
                let time = (model.local_time)(entry.at).format("%Y-%m-%d %H:%M");
                format!("{} {time} {}", entry.seq, print::file_for_people(file))
            }
            _ => print::json(entry),
        }
    }
}
