//! `settings`: changes what was given, and prints what holds.

use super::{Step, print, refused};
use crate::app::Msg;
use chat_client::{Command, Event, Job};
use chat_protocol::{ChangeSettings, Settings as Held};

/// What to change.
#[derive(Debug)]
pub struct Settings {
    pub change: ChangeSettings,
    pub json: bool,
}

impl Settings {
    pub fn handle_event(&self, event: &Event) -> Vec<Step> {
        match event {
            Event::Welcome(_) => vec![Step::Do(Msg::Ask(Command::Settings(self.change)))],
            Event::Settings(held) => {
                let line = if self.json { print::json(held) } else { for_people(held) };
                vec![Step::Print { line, read: None }, Step::End(Ok(()))]
            }
            Event::Refused { job: Job::Settings, code, message } => refused(*code, message),
            _ => Vec::new(),
        }
    }
}

fn for_people(held: &Held) -> String {
    format!("read-receipts {}", if held.read_receipts { "on" } else { "off" })
}
