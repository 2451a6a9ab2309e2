//! `history`: the last messages of a conversation, as they are now. It reads without saying so.

use super::{Step, is_live, print, refused};
use crate::app::{Model, Msg};
use chat_client::{Command, Event, Job};
use chat_protocol::{Body, ConversationId, Entry, Seq, Target, limits};
use std::time::Duration;

/// Which part of which conversation.
#[derive(Debug)]
pub struct History {
    pub target: Target,
    pub limit: u32,
    pub before: Option<Seq>,
    pub json: bool,
    pub timeout: Duration,
    /// The messages that came, in order.
    pub entries: Vec<Entry>,
}

impl History {
    pub fn handle_event(&mut self, model: &Model, event: &Event) -> Vec<Step> {
        match event {
            event if is_live(event) => {
                self.entries.clear();
                vec![Step::Do(Msg::Ask(Command::Open(self.target.clone())))]
            }
            Event::Opened(summary) => {
                let before = self.before.unwrap_or(summary.head.next());
                vec![self.ask(summary.conversation, before)]
            }
            Event::Older { conversation, entries, at_start } => {
                // What changes a message is in it already, and what becomes of a group is no message.
                let is_told = |entry: &&Entry| matches!(entry.body, Body::Message(_) | Body::Unknown);
                let messages = entries.iter().filter(is_told);
                self.entries.splice(0..0, messages.cloned());
                match entries.first() {
                    Some(first) if !at_start && self.missing() > 0 => {
                        vec![self.ask(*conversation, first.seq)]
                    }
                    _ => self.print(model),
                }
            }
            Event::Refused { job: Job::Open(_) | Job::Page(_), code, message } => refused(*code, message),
            _ => Vec::new(),
        }
    }

    fn missing(&self) -> u32 {
        self.limit.saturating_sub(u32::try_from(self.entries.len()).unwrap_or(u32::MAX))
    }

    fn ask(&self, conversation: ConversationId, before: Seq) -> Step {
        // Of an entry, nobody knows whether it is a message: asking for one after the other would take a long time.
        let limit = self.missing().clamp(limits::PAGE_ENTRIES, limits::PAGE_ENTRIES_MAX);
        Step::Do(Msg::Ask(Command::Older { conversation, before, limit }))
    }

    fn print(&self, model: &Model) -> Vec<Step> {
        let line = |entry| if self.json { print::json(entry) } else { print::plain(model, entry) };
        let limit = usize::try_from(self.limit).unwrap_or(usize::MAX);
        let last = &self.entries[self.entries.len().saturating_sub(limit)..];
        let lines = last.iter().map(|entry| Step::Print { line: line(entry), read: None });
        lines.chain([Step::End(Ok(()))]).collect()
    }
}
