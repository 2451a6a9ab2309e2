//! Requests about groups.

use crate::{ClientId, ConversationId, GroupName, Past, Role, UserName};
use serde::{Deserialize, Serialize};

/// Make a group. The caller is its first member and its first admin.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CreateGroup {
    /// The client's id of this: the same id again is the same group.
    pub client_id: ClientId,
    /// What it is called.
    pub name: GroupName,
    /// What it is about: at most 512 bytes.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub topic: String,
    /// Whether everybody can find and join it; else one is added.
    #[serde(default)]
    pub public: bool,
    /// What newcomers see.
    #[serde(default)]
    pub past: Past,
    /// Whom to add at once: at most 100.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub members: Vec<UserName>,
}

/// Change what is given of a group. For admins.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChangeGroup {
    /// Which one.
    pub conversation: ConversationId,
    /// The client's id of this change.
    pub client_id: ClientId,
    /// What it is called.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<GroupName>,
    /// What it is about: at most 512 bytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub topic: Option<String>,
    /// What newcomers see.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub past: Option<Past>,
    /// After how many days its entries are removed, 0 for never; the server's own limit holds all the same.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retention_days: Option<u32>,
}

impl ChangeGroup {
    /// A change of nothing yet.
    pub fn nothing(conversation: ConversationId, client_id: ClientId) -> Self {
        Self { conversation, client_id, name: None, topic: None, past: None, retention_days: None }
    }
}

/// Come into a public group.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Join {
    /// Which one.
    pub group: GroupName,
    /// The client's id of this.
    pub client_id: ClientId,
}

/// Bring users in: everybody in a public group may, and the admins of a private one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AddMembers {
    /// Where.
    pub conversation: ConversationId,
    /// The client's id of this.
    pub client_id: ClientId,
    /// Whom: 1 to 100. Those who are in it already stay as they are.
    pub users: Vec<UserName>,
}

/// Put a member out. For admins.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RemoveMember {
    /// Of which group.
    pub conversation: ConversationId,
    /// The client's id of this.
    pub client_id: ClientId,
    /// Whom.
    pub user: UserName,
}

/// Go out of a group.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Leave {
    /// Which one.
    pub conversation: ConversationId,
    /// The client's id of this.
    pub client_id: ClientId,
}

/// Say what a member may do. For admins.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SetRole {
    /// In which group.
    pub conversation: ConversationId,
    /// The client's id of this.
    pub client_id: ClientId,
    /// Who.
    pub user: UserName,
    /// What they may do from here on.
    pub role: Role,
}

/// A page of the public groups, by name.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListGroups {
    /// Only those after this name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<GroupName>,
    /// How many: 1 to 100, 50 if not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<u32>,
}

/// A page of a group's members, by name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListMembers {
    /// Of which group.
    pub conversation: ConversationId,
    /// Only those after this name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<UserName>,
    /// How many: 1 to 200, 100 if not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<u32>,
}
