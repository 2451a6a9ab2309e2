//! `group list` and `group members`: all of it, page by page.

use super::{Step, is_live, print, refused};
use crate::app::Msg;
use chat_client::{Command, Event, Job, SafeText};
use chat_protocol::{ConversationId, ListGroups, ListMembers, Member, PublicGroup, Role, limits};
use serde::Serialize;
use std::time::Duration;

/// The public groups, by name.
#[derive(Debug)]
pub struct PublicGroups {
    pub json: bool,
    pub timeout: Duration,
    pub found: Vec<PublicGroup>,
}

/// The members of a group, by name.
#[derive(Debug)]
pub struct Members {
    /// Of which one; none while it is not known.
    pub conversation: Option<ConversationId>,
    pub json: bool,
    pub timeout: Duration,
    pub found: Vec<Member>,
}

impl PublicGroups {
    /// Each new connection begins anew.
    pub fn handle_event(&mut self, event: &Event) -> Vec<Step> {
        match event {
            event if is_live(event) => {
                self.found.clear();
                self.ask()
            }
            Event::Groups { groups, more } => {
                self.found.extend_from_slice(groups);
                if *more { self.ask() } else { printed(self.json, &self.found, group_for_people) }
            }
            Event::Refused { job: Job::Groups, code, message } => refused(*code, message),
            _ => Vec::new(),
        }
    }

    fn ask(&self) -> Vec<Step> {
        let after = self.found.last().map(|group| group.name.clone());
        let list = ListGroups { after, limit: Some(limits::GROUPS_PAGE_MAX) };
        vec![Step::Do(Msg::Ask(Command::Groups(list)))]
    }
}

impl Members {
    /// Each new connection begins anew.
    pub fn handle_event(&mut self, event: &Event) -> Vec<Step> {
        match event {
            event if is_live(event) => {
                self.found.clear();
                self.ask()
            }
            Event::Members { members, more, .. } => {
                self.found.extend_from_slice(members);
                if *more { self.ask() } else { printed(self.json, &self.found, member_for_people) }
            }
            Event::Refused { job: Job::Members(_), code, message } => refused(*code, message),
            _ => Vec::new(),
        }
    }

    fn ask(&self) -> Vec<Step> {
        let Some(conversation) = self.conversation else { return Vec::new() };
        let after = self.found.last().map(|member| member.user.clone());
        let list = ListMembers { conversation, after, limit: Some(limits::MEMBERS_PAGE_MAX) };
        vec![Step::Do(Msg::Ask(Command::Members(list)))]
    }
}

fn printed<T: Serialize>(json: bool, found: &[T], for_people: impl Fn(&T) -> String) -> Vec<Step> {
    let line = |one| if json { print::json(one) } else { for_people(one) };
    let lines = found.iter().map(|one| Step::Print { line: line(one), read: None });
    lines.chain([Step::End(Ok(()))]).collect()
}

fn group_for_people(group: &PublicGroup) -> String {
    let members = if group.members == 1 { "member" } else { "members" };
    let joined = if group.joined { ", joined" } else { "" };
    let topic = match group.topic.as_str() {
        "" => String::new(),
        topic => format!(": {}", SafeText::line(topic)),
    };
    format!("#{}, {} {members}{joined}{topic}", group.name, group.members)
}

fn member_for_people(member: &Member) -> String {
    let role = if member.role == Role::Admin { ", admin" } else { "" };
    let online = if member.online { ", online" } else { "" };
    format!("{}{role}{online}", member.user)
}
