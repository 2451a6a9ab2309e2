//! What a document about groups holds.

use super::{damaged, number};
use chat_protocol::{Group, GroupName, Past, PublicGroup, Role};
use mongodb::error::Result;
use serde::{Deserialize, Serialize};

/// What a conversation's document says of a group: what the entries of its log up to `since` have made of it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct GroupDocument {
    pub name: String,
    pub topic: String,
    pub public: bool,
    pub past: Past,
    /// How many are in it.
    pub members: i64,
    pub since: i64,
    /// After how many days its entries go; 0 when it has no rule of its own.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub retention_days: u32,
    /// Whose the first entry is to be.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub maker: Option<i64>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes references")]
fn is_zero(number: &u32) -> bool {
    *number == 0
}

/// A name of a public group, held by a group that is called so or is about to be.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct GroupNameDocument {
    #[serde(rename = "_id")]
    pub name: String,
    pub group: i64,
    /// The lowest number that the entry which gives the name can have.
    pub since: i64,
    /// When that entry was about to be written.
    pub at: i64,
}

impl GroupDocument {
    /// A group of which there is no entry yet, so nobody finds it.
    pub fn unborn(maker: i64, name: &GroupName) -> Self {
        let (name, topic) = (name.to_string(), String::new());
        let maker = Some(maker);
        Self { name, topic, public: false, past: Past::All, members: 0, since: 0, retention_days: 0, maker }
    }

    pub fn name(&self) -> Result<GroupName> {
        self.name.parse().map_err(|error| damaged(format!("{:?}: {error}", self.name)))
    }

    fn count(&self) -> u32 {
        u32::try_from(self.members).unwrap_or(0)
    }

    /// As a member with this role sees it.
    pub fn seen(&self, role: Role) -> Result<Group> {
        let (topic, public, past) = (self.topic.clone(), self.public, self.past);
        Ok(Group {
            name: self.name()?,
            topic,
            public,
            past,
            members: self.count(),
            role,
            retention_days: Some(self.retention_days).filter(|days| *days > 0),
        })
    }

    /// As everybody sees it who looks for groups.
    pub fn listed(&self, conversation: chat_protocol::ConversationId, joined: bool) -> Result<PublicGroup> {
        let (name, topic, members) = (self.name()?, self.topic.clone(), self.count());
        Ok(PublicGroup { conversation, name, topic, members, joined })
    }

    /// Whether it has more members than hear of each other.
    pub fn is_large(&self) -> bool {
        self.members > number(chat_protocol::limits::WHISPERING_MEMBERS_MAX as u64)
    }
}
