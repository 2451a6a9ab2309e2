//! `group create`, `join`, `leave` and what else is done with a group: one request under one id, however often it is asked.
//! What is so already is done.

use super::{Step, is_live, print, refused};
use crate::app::{Model, Msg};
use crate::exit::{self, Failure};
use chat_client::{Command, Event, GroupCommand, Job};
use chat_protocol::{
    AddMembers, ChangeGroup, ClientId, ConversationId, CreateGroup, ErrorCode, GroupName, Join, Kind, Leave,
    Past, RemoveMember, Role, SetRole, Summary, UserName,
};
use serde::Serialize;
use std::time::Duration;

/// What is done.
#[derive(Debug, Clone)]
pub enum Act {
    Create {
        name: GroupName,
        topic: String,
        public: bool,
        past: Past,
        members: Vec<UserName>,
    },
    Join(GroupName),
    Leave,
    Add(Vec<UserName>),
    Remove(UserName),
    SetRole(UserName, Role),
    Rename(GroupName),
    Topic(String),
    Past(Past),
    /// In days; 0 for as long as the server keeps everything.
    Retention(u32),
}

/// Something that is done with a group.
#[derive(Debug)]
pub struct Group {
    pub act: Act,
    pub client_id: ClientId,
    /// With which group; none while it does not exist or is not known.
    pub conversation: Option<ConversationId>,
    pub json: bool,
    pub timeout: Duration,
    is_asked: bool,
}

/// What `--json` prints when there was nothing to be done.
#[derive(Serialize)]
struct SoAlready {
    #[serde(skip_serializing_if = "Option::is_none")]
    conversation: Option<ConversationId>,
    no_change: bool,
}

/// What `--json` prints of a new group.
#[derive(Serialize)]
struct Made<'a> {
    client_id: &'a ClientId,
    #[serde(flatten)]
    summary: &'a Summary,
}

impl Group {
    pub fn new(
        act: Act,
        client_id: ClientId,
        conversation: Option<ConversationId>,
        json: bool,
        timeout: Duration,
    ) -> Self {
        Self { act, client_id, conversation, json, timeout, is_asked: false }
    }

    pub fn handle_event(&mut self, model: &Model, event: &Event) -> Vec<Step> {
        match event {
            event if is_live(event) => self.ask(),
            Event::Opened(summary) if matches!(self.act, Act::Create { .. }) => self.made(summary),
            Event::GroupChanged { client_id, conversation, seq, at } if *client_id == self.client_id => {
                let ack = print::Ack { conversation: *conversation, seq: *seq, at: *at, client_id };
                let printed = self.json.then(|| Step::Print { line: print::json(&ack), read: None });
                printed.into_iter().chain([Step::End(Ok(()))]).collect()
            }
            Event::Refused { job: Job::Group(_), code, message } => match code {
                ErrorCode::NoChange => self.is_so_already(self.known(model)),
                ErrorCode::UnknownConversation if self.is_leaving() => self.is_so_already(self.conversation),
                code => refused(*code, message),
            },
            _ => Vec::new(),
        }
    }

    /// Whoever wants to go and is not there has what they want.
    pub fn is_leaving(&self) -> bool {
        matches!(self.act, Act::Leave)
    }

    /// There is nothing to be done.
    pub fn is_so_already(&self, conversation: Option<ConversationId>) -> Vec<Step> {
        let line = if self.json {
            print::json(&SoAlready { conversation, no_change: true })
        } else {
            "it is so already".to_owned()
        };
        vec![Step::Print { line, read: None }, Step::End(Ok(()))]
    }

    /// Time ran out.
    pub fn unknown(&self) -> Failure {
        let message = if self.is_asked {
            let id = &self.client_id;
            format!("no answer in time: it may or may not be done; again with --id {id} it is done once")
        } else {
            "time ran out; nothing was done".to_owned()
        };
        Failure::new(exit::TIMEOUT, message)
    }

    fn ask(&mut self) -> Vec<Step> {
        let Some(command) = self.command() else { return Vec::new() };
        self.is_asked = true;
        vec![Step::Do(Msg::Ask(Command::Group(command)))]
    }

    fn made(&self, summary: &Summary) -> Vec<Step> {
        let line = if self.json {
            print::json(&Made { client_id: &self.client_id, summary })
        } else {
            summary.conversation.to_string()
        };
        vec![Step::Print { line, read: None }, Step::End(Ok(()))]
    }

    /// The group in question, as far as the user is in it.
    fn known(&self, model: &Model) -> Option<ConversationId> {
        let Act::Join(name) = &self.act else { return self.conversation };
        let is_meant =
            |kind: &Kind| matches!(kind, Kind::Group(group) if group.public && group.name == *name);
        model.chats.iter().find(|chat| is_meant(&chat.summary.kind)).map(|chat| chat.id())
    }

    fn command(&self) -> Option<GroupCommand> {
        let client_id = self.client_id.clone();
        let conversation = match self.act.clone() {
            Act::Create { name, topic, public, past, members } => {
                let create = CreateGroup { client_id, name, topic, public, past, members };
                return Some(GroupCommand::Create(create));
            }
            Act::Join(group) => return Some(GroupCommand::Join(Join { group, client_id })),
            _ => self.conversation?,
        };
        let none = ChangeGroup::nothing(conversation, client_id.clone());
        Some(match self.act.clone() {
            Act::Create { .. } | Act::Join(_) => return None,
            Act::Leave => GroupCommand::Leave(Leave { conversation, client_id }),
            Act::Add(users) => GroupCommand::Add(AddMembers { conversation, client_id, users }),
            Act::Remove(user) => GroupCommand::Remove(RemoveMember { conversation, client_id, user }),
            Act::SetRole(user, role) => {
                GroupCommand::SetRole(SetRole { conversation, client_id, user, role })
            }
            Act::Rename(name) => GroupCommand::Change(ChangeGroup { name: Some(name), ..none }),
            Act::Topic(topic) => GroupCommand::Change(ChangeGroup { topic: Some(topic), ..none }),
            Act::Past(past) => GroupCommand::Change(ChangeGroup { past: Some(past), ..none }),
            Act::Retention(days) => GroupCommand::Change(ChangeGroup { retention_days: Some(days), ..none }),
        })
    }
}
