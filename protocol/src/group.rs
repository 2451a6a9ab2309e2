//! Groups: what they are called, who is in them, and what of their past newcomers see.

use crate::{ConversationId, GroupName, Marks, UserName};
use serde::{Deserialize, Serialize};

/// What newcomers see of what was said before they came.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Past {
    /// All of it.
    #[default]
    All,
    /// Nothing but the beginnings of what is answered later.
    None,
}

/// What a member may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Talk, and leave.
    #[default]
    Member,
    /// Also say who is in the group and what it is called, and delete what others said.
    Admin,
}

/// A group as the caller sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Group {
    /// What it is called.
    pub name: GroupName,
    /// What it is about: text from outside.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub topic: String,
    /// Whether everybody can find and join it.
    pub public: bool,
    /// What newcomers see.
    pub past: Past,
    /// How many are in it.
    pub members: u32,
    /// What the caller may do.
    pub role: Role,
    /// After how many days its entries are removed; none where only the server's limit holds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retention_days: Option<u32>,
}

/// What is said about a group, in an entry of its log: the first one makes it and has all of it, later ones what changes.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct GroupChange {
    /// What it is called from here on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<GroupName>,
    /// What it is about from here on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub topic: Option<String>,
    /// What newcomers see from here on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub past: Option<Past>,
    /// Whether everybody can find and join it; told once, by the first entry.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub public: Option<bool>,
    /// After how many days its entries are removed, 0 for never.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retention_days: Option<u32>,
}

/// What happens to members of a group.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MemberChange {
    /// The sender has brought them in.
    Added,
    /// The sender has come by themselves.
    Joined,
    /// The sender has put them out.
    Removed,
    /// The sender has gone.
    Left,
    /// The sender has made them admins.
    Promoted,
    /// The sender has made them members like all others.
    Demoted,
    /// Something that this build does not know.
    #[serde(other)]
    Unknown,
}

/// One of a group's members.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Member {
    /// The name.
    pub user: UserName,
    /// What they may do.
    pub role: Role,
    /// Whether one of their devices is connected.
    pub online: bool,
    /// How far they are.
    pub marks: Marks,
}

/// A group that everybody can join.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PublicGroup {
    /// Its id.
    pub conversation: ConversationId,
    /// What it is called.
    pub name: GroupName,
    /// What it is about: text from outside.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub topic: String,
    /// How many are in it.
    pub members: u32,
    /// Whether the caller is.
    pub joined: bool,
}
