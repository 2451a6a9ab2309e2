//! A conversation read from its end, page by page, until what is looked for is found.

use super::{Step, is_live, refused};
use crate::app::Msg;
use chat_client::{Command, Event, Job};
use chat_protocol::{ConversationId, Entry, Seq, Target, limits};

/// How far it is read.
#[derive(Debug)]
pub struct Backwards {
    pub target: Target,
    before: Option<Seq>,
}

/// What an event means for it.
pub enum Turn<'a> {
    /// Do this; nothing has been read.
    Steps(Vec<Step>),
    /// The entries before those that were read so far, in ascending order.
    Page { conversation: ConversationId, entries: &'a [Entry], at_start: bool },
}

impl Backwards {
    /// From the end, or from below a number.
    pub fn new(target: Target, before: Option<Seq>) -> Self {
        Self { target, before }
    }

    /// Asks for the conversation; its answer goes on with the first page.
    pub fn begin(&self) -> Step {
        Step::Do(Msg::Ask(Command::Open(self.target.clone())))
    }

    /// Each new connection goes on where the last one was lost.
    pub fn handle_event<'a>(&mut self, event: &'a Event) -> Turn<'a> {
        Turn::Steps(match event {
            event if is_live(event) => vec![self.begin()],
            Event::Opened(summary) => {
                let before = self.before.unwrap_or(summary.head.next());
                vec![page(summary.conversation, before)]
            }
            Event::Older { conversation, entries, at_start } => {
                return Turn::Page { conversation: *conversation, entries, at_start: *at_start };
            }
            Event::Refused { job: Job::Open(_) | Job::Page(_), code, message } => refused(*code, message),
            _ => Vec::new(),
        })
    }

    /// Asks for the page before this one.
    pub fn next(&mut self, conversation: ConversationId, entries: &[Entry]) -> Vec<Step> {
        let Some(first) = entries.first() else { return Vec::new() };
        self.before = Some(first.seq);
        vec![page(conversation, first.seq)]
    }
}

fn page(conversation: ConversationId, before: Seq) -> Step {
    let limit = limits::PAGE_ENTRIES_MAX;
    Step::Do(Msg::Ask(Command::Older { conversation, before, limit }))
}
