//! Groups: who is in them and how far they are, what the user has asked to be done with one, and what is said of it.

mod action;
mod lists;
mod readers;
mod roster;
pub mod words;

pub use action::{GroupAction, days_words};
pub use lists::{GroupList, MemberList, NameLine, ReaderList, list_room, member_lines, reader_lines};
pub use readers::{readers, readers_words};
pub use roster::Roster;

use super::Model;
use chat_protocol::{ClientId, ConversationId, Group, Role};
use std::collections::HashMap;

/// What is known of groups beside their summaries.
#[derive(Debug, Default)]
pub struct Groups {
    pub rosters: HashMap<ConversationId, Roster>,
    /// What the server was asked to do, and has not answered.
    pub asked: Vec<Asked>,
    /// Public groups that the user is not in, as they were last listed.
    pub joinable: Vec<String>,
}

/// Something that is to be done with a group.
#[derive(Debug, Clone)]
pub struct Asked {
    pub client_id: ClientId,
    pub action: GroupAction,
    /// The command by which it was asked for.
    pub written: String,
}

impl Groups {
    /// What was asked for under this id, once.
    pub fn take(&mut self, client_id: &ClientId) -> Option<Asked> {
        let at = self.asked.iter().position(|asked| asked.client_id == *client_id)?;
        Some(self.asked.remove(at))
    }
}

impl Model {
    /// The selected conversation, if it is a group.
    ///
    /// # Errors
    /// A line for the user.
    pub fn group_here(&self) -> Result<(ConversationId, &Group), String> {
        let chat = self.chats.selected().ok_or("no conversation is open")?;
        let group = chat.group().ok_or("that is for groups, and this is none")?;
        Ok((chat.id(), group))
    }

    /// Whether the user is an admin of the selected group.
    pub fn is_admin_here(&self) -> bool {
        self.group_here().is_ok_and(|(_, group)| group.role == Role::Admin)
    }

    /// The members of the selected group, as far as they are known.
    pub fn roster_here(&self) -> Option<&Roster> {
        self.groups.rosters.get(&self.chats.selected_id()?)
    }
}
