//! `files`: the files that somebody has sent. It reads without saying so.

use super::backwards::{Backwards, Turn};
use super::{Step, print};
use crate::app::Model;
use crate::app::files::attachment;
use chat_client::Event;
use chat_protocol::{Entry, Target, UserName};
use std::time::Duration;

/// Whose, and how many.
#[derive(Debug)]
pub struct Files {
    from: UserName,
    limit: usize,
    json: bool,
    pub timeout: Duration,
    search: Backwards,
    /// What was found, the newest first.
    found: Vec<Entry>,
}

impl Files {
    pub fn new(from: UserName, limit: u32, json: bool, timeout: Duration) -> Self {
        let search = Backwards::new(Target::To(from.clone()), None);
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        Self { from, limit, json, timeout, search, found: Vec::new() }
    }

    pub fn handle_event(&mut self, model: &Model, event: &Event) -> Vec<Step> {
        match self.search.handle_event(event) {
            Turn::Steps(steps) => steps,
            Turn::Page { conversation, entries, at_start } => {
                let is_theirs = |entry: &&Entry| entry.from == self.from && attachment(entry).is_some();
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
