//! `edit`, `delete` and `react`: one change of one message, which ends as stored, as refused, or as unknown, which is said.

use super::{Step, print, refused};
use crate::app::{Model, Msg};
use crate::exit::{self, Failure};
use chat_client::{Command, Content, Event, Job, Outgoing, OutgoingState, SafeText};
use chat_protocol::{ClientId, Target};
use std::time::Duration;

/// A change of a message in one conversation.
#[derive(Debug)]
pub struct Change {
    pub target: Target,
    client_id: ClientId,
    content: Content,
    json: bool,
    pub timeout: Duration,
    /// The library has it, and sends it on each connection until there is an answer.
    is_handed: bool,
}

impl Change {
    pub fn new(target: Target, client_id: ClientId, content: Content, json: bool, timeout: Duration) -> Self {
        Self { target, client_id, content, json, timeout, is_handed: false }
    }

    pub fn handle_event(&mut self, model: &Model, event: &Event) -> Vec<Step> {
        match event {
            Event::Welcome(_) if !self.is_handed => {
                vec![Step::Do(Msg::Ask(Command::Open(self.target.clone())))]
            }
            Event::Opened(summary) if !self.is_handed => {
                self.target = Target::Conversation(summary.conversation);
                self.begin(model)
            }
            Event::Outbox(outgoing) => self.handle_outgoing(outgoing),
            Event::Refused { job: Job::Open(_), code, message } => refused(*code, message),
            Event::Refused { job: Job::Queue(_), message, .. } => {
                vec![Step::End(Err(Failure::new(exit::OTHER, message)))]
            }
            _ => Vec::new(),
        }
    }

    /// Time ran out.
    pub fn unknown(&self) -> Failure {
        let message = match &self.target {
            Target::Conversation(to) if self.is_handed => format!(
                "no answer in time: the change may or may not be stored; again for {to} with --id {} it is stored once",
                self.client_id
            ),
            _ => "time ran out; nothing was changed".to_owned(),
        };
        Failure::new(exit::TIMEOUT, message)
    }

    fn begin(&mut self, model: &Model) -> Vec<Step> {
        // A text may be taken away from a file, and whether there is one only the server knows.
        if let Content::Edit { text, .. } = &self.content
            && !text.is_empty()
            && let Err(problem) = model.check_text(text)
        {
            return vec![Step::End(Err(Failure::new(exit::REFUSED, problem)))];
        }
        self.is_handed = true;
        let (client_id, content) = (Some(self.client_id.clone()), self.content.clone());
        let target = self.target.clone();
        vec![Step::Do(Msg::Say { client_id, target, content })]
    }

    fn handle_outgoing(&self, outgoing: &Outgoing) -> Vec<Step> {
        match &outgoing.state {
            OutgoingState::Sent { conversation, seq, at } => {
                let client_id = &outgoing.client_id;
                let ack = print::Ack { conversation: *conversation, seq: *seq, at: *at, client_id };
                let printed = self.json.then(|| Step::Print { line: print::json(&ack), read: None });
                printed.into_iter().chain([Step::End(Ok(()))]).collect()
            }
            OutgoingState::Failed { message, .. } => {
                let message = format!("not done: {}", SafeText::line(message));
                vec![Step::End(Err(Failure::new(exit::REFUSED, message)))]
            }
            OutgoingState::Queued | OutgoingState::Discarded => Vec::new(),
        }
    }
}
