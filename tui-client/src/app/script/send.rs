//! `send`: each text becomes a message, and ends as stored, as refused, or as unknown, which is said.

use super::{Step, print};
use crate::app::{Model, Msg};
use crate::exit::{self, Failure};
use chat_client::{Content, Event, Job, Outgoing, OutgoingState, SafeText};
use chat_protocol::{ClientId, Quote, Target};
use std::collections::VecDeque;
use std::time::Duration;

/// Messages that are handed to the library at once.
const WINDOW: usize = 64;

/// Messages to one target.
#[derive(Debug)]
pub struct Send {
    pub target: Target,
    /// What is not handed over yet.
    pub texts: VecDeque<String>,
    /// The id of the message, when there is one only.
    pub client_id: Option<ClientId>,
    /// The message that each of them answers.
    pub reply_to: Option<Box<Quote>>,
    pub json: bool,
    pub timeout: Duration,
    pub handed: usize,
    pub stored: usize,
}

impl Send {
    pub fn new(
        target: Target,
        texts: Vec<String>,
        client_id: Option<ClientId>,
        reply_to: Option<Box<Quote>>,
        json: bool,
        timeout: Duration,
    ) -> Self {
        Self { target, texts: texts.into(), client_id, reply_to, json, timeout, handed: 0, stored: 0 }
    }

    pub fn handle_event(&mut self, model: &Model, event: &Event) -> Vec<Step> {
        match event {
            Event::Welcome(_) if self.handed == 0 => self.begin(model),
            Event::Outbox(outgoing) => self.handle_outgoing(outgoing),
            Event::Refused { job: Job::Queue(_), message, .. } => {
                vec![Step::End(Err(Failure::new(exit::OTHER, message)))]
            }
            _ => Vec::new(),
        }
    }

    /// Time ran out while messages were on their way.
    pub fn unknown(&self, model: &Model) -> Failure {
        let total = self.stored + self.texts.len() + (self.handed - self.stored);
        let message = match &model.outgoing[..] {
            [Outgoing { client_id, target: Target::Conversation(id), .. }] if total == 1 => format!(
                "no answer in time: the message may or may not be stored; sent again to {id} with --id {client_id} it is stored once"
            ),
            // Nothing goes to a name before it is known whose it is.
            [_] if total == 1 => "no answer in time: nothing was sent".to_owned(),
            underway => format!(
                "no answer in time: {} of {total} messages are stored, {} more may be",
                self.stored,
                underway.len()
            ),
        };
        Failure::new(exit::TIMEOUT, message)
    }

    /// All are looked at before the first is sent.
    fn begin(&mut self, model: &Model) -> Vec<Step> {
        let wrong = self
            .texts
            .iter()
            .enumerate()
            .find_map(|(index, text)| Some((index, model.check_text(text).err()?)));
        if let Some((index, problem)) = wrong {
            let place = if self.texts.len() > 1 { format!("line {}: ", index + 1) } else { String::new() };
            return vec![Step::End(Err(Failure::new(exit::REFUSED, format!("{place}{problem}"))))];
        }
        if self.texts.is_empty() {
            return vec![Step::End(Ok(()))];
        }
        (0..WINDOW).filter_map(|_| self.next_message()).collect()
    }

    fn next_message(&mut self) -> Option<Step> {
        let text = self.texts.pop_front()?;
        self.handed += 1;
        let (client_id, target) = (self.client_id.clone(), self.target.clone());
        let content = Content::Message { text, file: None, reply_to: self.reply_to.clone() };
        Some(Step::Do(Msg::Say { client_id, target, content }))
    }

    fn handle_outgoing(&mut self, outgoing: &Outgoing) -> Vec<Step> {
        match &outgoing.state {
            OutgoingState::Sent { conversation, seq, at } => {
                self.stored += 1;
                // The name was for whoever had it at that moment.
                self.target = Target::Conversation(*conversation);
                let client_id = &outgoing.client_id;
                let ack = print::Ack { conversation: *conversation, seq: *seq, at: *at, client_id };
                let printed = self.json.then(|| Step::Print { line: print::json(&ack), read: None });
                let is_done = self.texts.is_empty() && self.stored == self.handed;
                let end = is_done.then_some(Step::End(Ok(())));
                printed.into_iter().chain(self.next_message()).chain(end).collect()
            }
            OutgoingState::Failed { message, .. } => {
                let before = if self.stored > 0 {
                    format!(" (after {} that are stored)", self.stored)
                } else {
                    String::new()
                };
                let message = format!("not sent: {}{before}", SafeText::line(message));
                vec![Step::End(Err(Failure::new(exit::REFUSED, message)))]
            }
            OutgoingState::Queued | OutgoingState::Discarded => Vec::new(),
        }
    }
}
