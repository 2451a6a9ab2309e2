//! `versions`: what a message said before it was edited, and what it says now.

use super::{Step, print, refused};
use crate::app::{Model, Msg};
use chat_client::{Command, Event, Job};
use chat_protocol::{ConversationId, Seq, Target, Version};
use std::time::Duration;

/// Which message of which conversation.
#[derive(Debug)]
pub struct Versions {
    pub target: Target,
    seq: Seq,
    json: bool,
    pub timeout: Duration,
    /// What came, in order.
    versions: Vec<Version>,
}

impl Versions {
    pub fn new(target: Target, seq: Seq, json: bool, timeout: Duration) -> Self {
        Self { target, seq, json, timeout, versions: Vec::new() }
    }

    /// Each new connection begins anew.
    pub fn handle_event(&mut self, model: &Model, event: &Event) -> Vec<Step> {
        match event {
            Event::Welcome(_) => {
                self.versions.clear();
                vec![Step::Do(Msg::Ask(Command::Open(self.target.clone())))]
            }
            Event::Opened(summary) => vec![self.ask(summary.conversation, None)],
            Event::Versions { conversation, versions, more, .. } => {
                self.versions.splice(0..0, versions.iter().cloned());
                match self.versions.first() {
                    Some(first) if *more => vec![self.ask(*conversation, Some(first.seq))],
                    _ => self.print(model),
                }
            }
            Event::Refused { job: Job::Open(_) | Job::Versions(..), code, message } => {
                refused(*code, message)
            }
            _ => Vec::new(),
        }
    }

    fn ask(&self, conversation: ConversationId, before: Option<Seq>) -> Step {
        Step::Do(Msg::Ask(Command::Versions { conversation, seq: self.seq, before }))
    }

    fn print(&self, model: &Model) -> Vec<Step> {
        let line = |version: &Version| {
            if self.json { print::json(version) } else { print::version_for_people(model, version) }
        };
        let lines = self.versions.iter().map(|version| Step::Print { line: line(version), read: None });
        lines.chain([Step::End(Ok(()))]).collect()
    }
}
