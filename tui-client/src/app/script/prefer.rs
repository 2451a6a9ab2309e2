//! `prefer` and `blocked`: changes what was given of what the user wants of a conversation, and prints what holds.

use super::{Step, is_live, print, refused};
use crate::app::Msg;
use chat_client::{Command, Event, Job};
use chat_protocol::{ConversationId, Level, Preferences, Seq, UserName};
use serde::Serialize;
use std::time::Duration;

/// What to change of one conversation's.
#[derive(Debug)]
pub struct Prefer {
    pub change: chat_protocol::Prefer,
    pub json: bool,
    pub timeout: Duration,
    /// What was told last.
    told: Option<Held>,
}

/// Whom the user has blocked.
#[derive(Debug)]
pub struct Blocked {
    pub json: bool,
    pub timeout: Duration,
}

/// What holds, as `--json` prints it: nothing of it is left out, so that a script need not know what is usual.
#[derive(Debug, Clone, Copy, Serialize)]
struct Held {
    conversation: ConversationId,
    level: Level,
    archived: Seq,
    blocked: bool,
}

/// A line of `blocked --json`.
#[derive(Serialize)]
struct BlockedUser<'a> {
    user: &'a UserName,
}

impl Prefer {
    pub fn new(change: chat_protocol::Prefer, json: bool, timeout: Duration) -> Self {
        Self { change, json, timeout, told: None }
    }

    /// Each new connection asks again: to prefer the same twice does no harm.
    pub fn handle_event(&mut self, event: &Event) -> Vec<Step> {
        match event {
            event if is_live(event) => vec![Step::Do(Msg::Ask(Command::Prefer(self.change.clone())))],
            Event::Preferences { conversation, preferences } => {
                let (conversation, Preferences { level, archived, blocked }) = (*conversation, *preferences);
                self.told = Some(Held { conversation, level, archived, blocked });
                Vec::new()
            }
            // What was told just before is the answer.
            Event::Done(Job::Prefer(_)) => self.print(),
            Event::Refused { job: Job::Prefer(_), code, message } => refused(*code, message),
            _ => Vec::new(),
        }
    }

    fn print(&self) -> Vec<Step> {
        let line = |held: &Held| if self.json { print::json(held) } else { for_people(*held) };
        let printed = self.told.iter().map(|held| Step::Print { line: line(held), read: None });
        printed.chain([Step::End(Ok(()))]).collect()
    }
}

impl Blocked {
    pub fn handle_event(&self, event: &Event) -> Vec<Step> {
        match event {
            event if is_live(event) => vec![Step::Do(Msg::Ask(Command::Blocked))],
            Event::Blocked(users) => {
                let line =
                    |user| if self.json { print::json(&BlockedUser { user }) } else { user.to_string() };
                let lines = users.iter().map(|user| Step::Print { line: line(user), read: None });
                lines.chain([Step::End(Ok(()))]).collect()
            }
            Event::Refused { job: Job::Blocked, code, message } => refused(*code, message),
            _ => Vec::new(),
        }
    }
}

fn for_people(held: Held) -> String {
    let level = match held.level {
        Level::All => "all",
        Level::Mentions => "mentions",
        Level::None => "none",
    };
    let archived = if held.archived == Seq::ZERO { "" } else { ", archived" };
    let blocked = if held.blocked { ", blocked" } else { "" };
    format!("level {level}{archived}{blocked}")
}
