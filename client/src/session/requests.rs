//! What has been asked and is not answered yet.

use chat_protocol::{ClientId, ConversationId, DeviceId, RequestId, Seq, Target};
use std::collections::BTreeMap;

/// A request, as far as its answer needs it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Asked {
    List,
    /// True when the user asked; false when a push spoke of a conversation that was not known.
    Open(Target, bool),
    /// Pages, with the head that was known by then.
    Newest(ConversationId, Seq),
    Gap(ConversationId, Seq),
    Older(ConversationId, Seq),
    Page(ConversationId, Seq),
    Read(ConversationId, Seq),
    Send(ClientId),
    /// Which conversation a message is for that waits for a name.
    Meant(ClientId, Target),
    Versions(ConversationId, Seq),
    /// Whatever changes a group, by its client id.
    Group(ClientId),
    Groups,
    Members(ConversationId),
    /// With the query and the cursor.
    Search(String, Option<String>),
    Prefer(Target),
    Blocked,
    DeleteAccount,
    Settings,
    Devices,
    Revoke(DeviceId),
    ChangePassword,
    Logout,
}

impl Asked {
    /// The conversation whose page this was.
    pub fn conversation(&self) -> Option<ConversationId> {
        match self {
            Self::Newest(id, _) | Self::Gap(id, _) => Some(*id),
            _ => None,
        }
    }
}

/// The open requests of one connection.
#[derive(Debug, Default)]
pub struct Requests {
    last: u64,
    open: BTreeMap<u64, Asked>,
}

impl Requests {
    /// A fresh id for a request.
    pub fn add(&mut self, asked: Asked) -> RequestId {
        let id = self.unanswered();
        self.open.insert(self.last, asked);
        id
    }

    /// A fresh id for a request whose answer nobody waits for.
    pub fn unanswered(&mut self) -> RequestId {
        self.last += 1;
        self.last.to_string().parse().expect("a number is a request's id")
    }

    /// What was asked under this id, once.
    pub fn take(&mut self, id: &RequestId) -> Option<Asked> {
        self.open.remove(&id.as_str().parse().ok()?)
    }

    /// Whether this has been asked already.
    pub fn has(&self, asked: &Asked) -> bool {
        self.open.values().any(|open| open == asked)
    }

    /// Whether a page that the user asked for is on its way.
    pub fn await_page(&self, conversation: ConversationId) -> bool {
        let is_wanted =
            |open: &Asked| matches!(open, Asked::Older(id, _) | Asked::Page(id, _) if *id == conversation);
        self.open.values().any(is_wanted)
    }

    /// Whether a conversation's newest page is on its way.
    pub fn await_newest(&self, conversation: ConversationId) -> bool {
        self.open.values().any(|open| matches!(open, Asked::Newest(id, _) if *id == conversation))
    }

    /// Whether an answer is on its way that may tell of any conversation.
    pub fn tell_of_conversations(&self) -> bool {
        self.open.values().any(|open| matches!(open, Asked::List | Asked::Open(..) | Asked::Meant(..)))
    }

    /// All of it, in order; no answer comes any more.
    pub fn drain(&mut self) -> impl Iterator<Item = Asked> + use<> {
        std::mem::take(&mut self.open).into_values()
    }
}
