//! `search`: messages of all conversations, the newest first. It reads without saying so.

use super::{Step, is_live, print, refused};
use crate::app::{Model, Msg};
use chat_client::{Command, Event, Job};
use chat_protocol::{Entry, limits};
use std::time::Duration;

/// What is looked for, and how much of it.
#[derive(Debug)]
pub struct Search {
    query: String,
    limit: u32,
    json: bool,
    pub timeout: Duration,
    /// What came, in order.
    hits: Vec<Entry>,
    /// Where it goes on.
    cursor: Option<String>,
}

impl Search {
    pub fn new(query: String, limit: u32, json: bool, timeout: Duration) -> Self {
        Self { query, limit, json, timeout, hits: Vec::new(), cursor: None }
    }

    /// Each new connection goes on where the last one was lost.
    pub fn handle_event(&mut self, model: &Model, event: &Event) -> Vec<Step> {
        match event {
            event if is_live(event) => vec![self.ask()],
            Event::Found { hits, next, .. } => {
                self.hits.extend(hits.iter().cloned());
                self.cursor.clone_from(next);
                if next.is_some() && self.missing() > 0 { vec![self.ask()] } else { self.print(model) }
            }
            Event::Refused { job: Job::Search(_), code, message } => refused(*code, message),
            _ => Vec::new(),
        }
    }

    fn missing(&self) -> u32 {
        self.limit.saturating_sub(u32::try_from(self.hits.len()).unwrap_or(u32::MAX))
    }

    fn ask(&self) -> Step {
        let limit = Some(self.missing().min(limits::SEARCH_HITS_MAX));
        Step::Do(Msg::Ask(Command::Search { query: self.query.clone(), cursor: self.cursor.clone(), limit }))
    }

    fn print(&self, model: &Model) -> Vec<Step> {
        let line = |entry| if self.json { print::json(entry) } else { print::placed(model, entry) };
        let lines = self.hits.iter().map(|entry| Step::Print { line: line(entry), read: None });
        lines.chain([Step::End(Ok(()))]).collect()
    }
}
