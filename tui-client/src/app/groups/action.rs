//! What the user wants done with a group, and what is said when it is done or refused.

use super::words::names;
use chat_client::{GroupCommand, SafeText};
use chat_protocol::{
    AddMembers, ChangeGroup, ClientId, ConversationId, CreateGroup, ErrorCode, GroupName, Join, Leave, Past,
    RemoveMember, Role, SetRole, UserName,
};

/// `a day`, `30 days`.
pub fn days_words(days: u32) -> String {
    if days == 1 { "a day".to_owned() } else { format!("{days} days") }
}

/// Something that is to be done with a group, without the id under which it is done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum GroupAction {
    Create {
        name: GroupName,
        public: bool,
        members: Vec<UserName>,
    },
    Rename(ConversationId, GroupName),
    SetTopic(ConversationId, String),
    SetPast(ConversationId, Past),
    /// In days, 0 for as long as the server keeps it.
    SetRetention(ConversationId, u32),
    Join(GroupName),
    Add(ConversationId, Vec<UserName>),
    Remove(ConversationId, UserName),
    Leave(ConversationId),
    SetRole(ConversationId, UserName, Role),
}

impl GroupAction {
    /// The same for the library.
    pub fn command(&self, client_id: ClientId) -> GroupCommand {
        match self.clone() {
            Self::Create { name, public, members } => GroupCommand::Create(CreateGroup {
                client_id,
                name,
                topic: String::new(),
                public,
                past: Past::All,
                members,
            }),
            Self::Rename(conversation, name) => GroupCommand::Change(ChangeGroup {
                name: Some(name),
                ..ChangeGroup::nothing(conversation, client_id)
            }),
            Self::SetTopic(conversation, topic) => GroupCommand::Change(ChangeGroup {
                topic: Some(topic),
                ..ChangeGroup::nothing(conversation, client_id)
            }),
            Self::SetPast(conversation, past) => GroupCommand::Change(ChangeGroup {
                past: Some(past),
                ..ChangeGroup::nothing(conversation, client_id)
            }),
            Self::SetRetention(conversation, days) => GroupCommand::Change(ChangeGroup {
                retention_days: Some(days),
                ..ChangeGroup::nothing(conversation, client_id)
            }),
            Self::Join(group) => GroupCommand::Join(Join { group, client_id }),
            Self::Add(conversation, users) => {
                GroupCommand::Add(AddMembers { conversation, client_id, users })
            }
            Self::Remove(conversation, user) => {
                GroupCommand::Remove(RemoveMember { conversation, client_id, user })
            }
            Self::Leave(conversation) => GroupCommand::Leave(Leave { conversation, client_id }),
            Self::SetRole(conversation, user, role) => {
                GroupCommand::SetRole(SetRole { conversation, client_id, user, role })
            }
        }
    }

    /// It is done, in words; none where the screen shows it anyway.
    pub fn done(&self) -> Option<String> {
        Some(match self {
            Self::Create { name, .. } => format!("the group #{name} is made; /add USER brings others in"),
            Self::Rename(_, name) => format!("the group is called #{name} now"),
            Self::SetTopic(_, topic) if topic.is_empty() => "the topic is taken away".to_owned(),
            Self::SetTopic(..) => "the topic is set".to_owned(),
            Self::SetPast(_, Past::All) => "newcomers see what was said before they came".to_owned(),
            Self::SetPast(_, Past::None) => "newcomers do not see what was said before they came".to_owned(),
            Self::SetRetention(_, 0) => "what is said here is kept as long as the server does".to_owned(),
            Self::SetRetention(_, days) => {
                format!("what is said here is removed after {}", days_words(*days))
            }
            Self::Join(name) => format!("you are in #{name} now"),
            Self::Add(_, users) => format!("{} can read and write here now", names(users)),
            Self::Remove(_, user) => format!("{user} is out of the group"),
            Self::Leave(_) => return None,
            Self::SetRole(_, user, Role::Admin) => format!("{user} is an admin now"),
            Self::SetRole(_, user, Role::Member) => format!("{user} is no admin any more"),
        })
    }

    /// It was refused, in words.
    pub fn refused(&self, code: ErrorCode, message: &str) -> String {
        match code {
            ErrorCode::NotAllowed => "only the group's admins may do that".to_owned(),
            ErrorCode::LastAdmin => {
                "you are its last admin: /admin USER makes another one, then you can go".to_owned()
            }
            ErrorCode::NoChange => self.is_so_already(),
            ErrorCode::NameTaken => match self {
                Self::Create { name, .. } | Self::Rename(_, name) => format!("the name #{name} is taken"),
                _ => SafeText::line(message).to_string(),
            },
            ErrorCode::UnknownGroup => match self {
                Self::Join(name) => format!("there is no public group #{name}; /groups lists them"),
                _ => SafeText::line(message).to_string(),
            },
            _ => SafeText::line(message).to_string(),
        }
    }

    fn is_so_already(&self) -> String {
        match self {
            Self::Create { name, .. } => format!("there is a group #{name} of yours already"),
            Self::Rename(_, name) => format!("it is called #{name} already"),
            Self::SetTopic(..) | Self::SetPast(..) | Self::SetRetention(..) => "it is so already".to_owned(),
            Self::Join(name) => format!("you are in #{name} already"),
            Self::Add(_, users) if users.len() == 1 => format!("{} is in it already", names(users)),
            Self::Add(_, users) => format!("{} are in it already", names(users)),
            Self::Remove(_, user) => format!("{user} is not in it"),
            Self::Leave(_) => "you are not in it".to_owned(),
            Self::SetRole(_, user, Role::Admin) => format!("{user} is an admin already, or not in the group"),
            Self::SetRole(_, user, Role::Member) => format!("{user} is no admin"),
        }
    }
}
