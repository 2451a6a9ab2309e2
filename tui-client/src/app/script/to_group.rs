//! A script for a group that is given by its name: it begins when all conversations are known, and with them which group
//! is meant.

use super::peer::find_group;
use super::{Script, Step};
use crate::app::Model;
use crate::exit::{self, Failure};
use chat_client::Event;
use chat_protocol::GroupName;

/// A script, and the group that it is for.
#[derive(Debug)]
pub struct ToGroup {
    name: GroupName,
    pub script: Box<Script>,
    /// The welcome of this connection, which the script has not heard.
    welcome: Option<Event>,
    is_found: bool,
}

impl ToGroup {
    pub fn new(name: GroupName, script: Script) -> Self {
        Self { name, script: Box::new(script), welcome: None, is_found: false }
    }

    pub fn handle_event(&mut self, model: &Model, event: &Event) -> Vec<Step> {
        match event {
            _ if self.is_found => return self.script.handle_event(model, event),
            Event::Welcome(_) => self.welcome = Some(event.clone()),
            Event::Synced => return self.find(model),
            _ => {}
        }
        Vec::new()
    }

    fn find(&mut self, model: &Model) -> Vec<Step> {
        match find_group(model, &self.name) {
            Ok(Some(id)) => {
                self.is_found = true;
                self.script.aim(id);
                let welcome = self.welcome.take();
                welcome.map(|welcome| self.script.handle_event(model, &welcome)).unwrap_or_default()
            }
            Ok(None) => match &*self.script {
                Script::Group(group) if group.is_leaving() => group.is_so_already(None),
                _ => vec![Step::End(Err(self.unknown()))],
            },
            Err(failure) => vec![Step::End(Err(failure))],
        }
    }

    fn unknown(&self) -> Failure {
        Failure::new(exit::REFUSED, format!("you are in no group that is called #{}", self.name))
    }
}
