//! What a client asks.

mod change;
mod group;
mod prefer;
mod search;
mod target;

pub use change::{Delete, Edit, ListVersions, React};
pub use group::{
    AddMembers, ChangeGroup, CreateGroup, Join, Leave, ListGroups, ListMembers, RemoveMember, SetRole,
};
pub use prefer::Prefer;
pub use search::Search;
pub use target::Target;

use crate::{
    ClientId, ConversationId, DeviceId, FileId, GroupName, Password, RequestId, Seq, Token, UserName,
};
use serde::{Deserialize, Serialize};

/// A request: the client's id for it, and the call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Request {
    /// Repeated in the answer.
    pub id: RequestId,
    /// What is asked.
    #[serde(flatten)]
    pub call: Call,
}

impl Request {
    /// The request as one frame.
    pub fn encode(&self) -> String {
        serde_json::to_string(self).expect("a request has only string keys and finite numbers")
    }
}

/// The calls, by their `type`. The first three authenticate; all others need that first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Call {
    /// Authenticate with a token or, in a browser, with the session's cookie. Answer: `welcome`.
    Hello(Hello),
    /// Authenticate with a password. Answer: `welcome` with a new device's token.
    Login(Login),
    /// Make an account and authenticate as it. Answer: `welcome` with a new device's token.
    Register(Login),
    /// The conversation with a user (made if need be) or with an id. Answer: `opened`.
    Open(Open),
    /// A page of the caller's conversations, the most recently active first. Answer: `conversations`.
    List(List),
    /// A page of a conversation's entries in ascending order. Answer: `page`.
    History(History),
    /// Append a message. Answer: `ack`, after it is durable.
    Send(Send),
    /// Give one of the caller's messages another text. Answer: `ack`.
    Edit(Edit),
    /// Take one of the caller's messages back. Answer: `ack`.
    Delete(Delete),
    /// React to a message, or take that back. Answer: `ack`.
    React(React),
    /// What a message said before it was edited. Answer: `versions`.
    Versions(ListVersions),
    /// Make a group. Answer: `opened`.
    CreateGroup(CreateGroup),
    /// Change what a group is called or about. Answer: `ack`.
    ChangeGroup(ChangeGroup),
    /// Come into a public group. Answer: `ack`.
    Join(Join),
    /// Bring users into a group. Answer: `ack`.
    AddMembers(AddMembers),
    /// Put a member out of a group. Answer: `ack`.
    RemoveMember(RemoveMember),
    /// Go out of a group. Answer: `ack`.
    Leave(Leave),
    /// Say what a member of a group may do. Answer: `ack`.
    SetRole(SetRole),
    /// A page of the public groups. Answer: `groups`.
    Groups(ListGroups),
    /// A page of a group's members. Answer: `members`.
    Members(ListMembers),
    /// Messages of the caller's conversations, the newest first. Answer: `found`.
    Search(Search),
    /// Everything up to a number has been read. Answer: `ok`.
    Read(Read),
    /// Everything up to a number has reached this device. No answer but an error.
    Delivered(Delivered),
    /// Tell the others that the caller is typing. No answer but an error; what comes too often is dropped without one.
    Typing(NotifyTyping),
    /// Change what is given of what the caller prefers about a conversation. Answer: `opened`.
    Prefer(Prefer),
    /// Whom the caller has blocked. Answer: `blocked`.
    Blocked {},
    /// Change what is given of the caller's settings. Answer: `settings`, with all of them.
    Settings(ChangeSettings),
    /// Change the password and log all other devices out. Answer: `ok`.
    Password(ChangePassword),
    /// Erase the caller: the name, the texts and the files. Answer: `ok`, then close 4403 for all devices.
    DeleteAccount(DeleteAccount),
    /// The caller's devices. Answer: `devices`.
    Devices {},
    /// Log a device out. Answer: `ok`.
    Revoke(Revoke),
    /// Log this device out. Answer: `ok`, then close 1000.
    Logout {},
    /// Is anybody there? Answer: `pong`.
    Ping {},
}

/// Authenticate with what the device already has.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hello {
    /// The protocol's version, [`crate::VERSION`].
    pub version: u32,
    /// The device's token. A browser leaves it out and is known by its cookie.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token: Option<Token>,
}

/// Authenticate with a password.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Login {
    /// The protocol's version, [`crate::VERSION`].
    pub version: u32,
    /// Who.
    pub user: UserName,
    /// The password: 8 to 256 bytes.
    pub password: Password,
    /// What the user's list of devices shall call this one: at most 64 bytes. Empty is allowed.
    #[serde(default)]
    pub device: String,
}

/// Find or make a conversation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "OpenFields")]
pub struct Open {
    /// Which one.
    #[serde(flatten)]
    pub target: Target,
}

#[derive(Deserialize)]
struct OpenFields {
    to: Option<UserName>,
    conversation: Option<ConversationId>,
    group: Option<GroupName>,
}

impl TryFrom<OpenFields> for Open {
    type Error = &'static str;

    fn try_from(fields: OpenFields) -> Result<Self, Self::Error> {
        Ok(Self { target: Target::from_fields(fields.to, fields.conversation, fields.group)? })
    }
}

/// A page of the caller's conversations.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct List {
    /// The `next` of the page before; none for the first page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
    /// How many: 1 to 100, 50 if not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<u32>,
}

/// A page of entries: the newest ones, those before a number, or those after one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct History {
    /// Of which conversation.
    pub conversation: ConversationId,
    /// Only entries below this number, the highest ones first taken. Not together with `after`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<Seq>,
    /// Only entries above this number, the lowest ones first taken. Not together with `before`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<Seq>,
    /// How many: 1 to 200, 50 if not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<u32>,
}

/// Append a message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "SendFields")]
pub struct Send {
    /// Where to.
    #[serde(flatten)]
    pub target: Target,
    /// The client's id of this message: the same id again is the same message.
    pub client_id: ClientId,
    /// The text: 1 to 8,192 bytes of UTF-8 without NUL, unless the server's `welcome` says otherwise. With a file it may
    /// be empty, or left out.
    pub text: String,
    /// A file that the caller has uploaded or may see.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file: Option<FileId>,
    /// The number of the message in the same conversation that this one answers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reply_to: Option<Seq>,
}

#[derive(Deserialize)]
struct SendFields {
    to: Option<UserName>,
    conversation: Option<ConversationId>,
    group: Option<GroupName>,
    client_id: ClientId,
    text: Option<String>,
    file: Option<FileId>,
    reply_to: Option<Seq>,
}

impl TryFrom<SendFields> for Send {
    type Error = &'static str;

    fn try_from(fields: SendFields) -> Result<Self, Self::Error> {
        let target = Target::from_fields(fields.to, fields.conversation, fields.group)?;
        let SendFields { client_id, text, file, reply_to, .. } = fields;
        let text = text.or(file.map(|_| String::new())).ok_or("missing field `text`")?;
        Ok(Self { target, client_id, text, file, reply_to })
    }
}

/// Everything up to a number has been read. The watermark only grows; a lower number changes nothing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Read {
    /// In which conversation.
    pub conversation: ConversationId,
    /// Up to and with this number. One beyond the head counts as the head.
    pub seq: Seq,
}

/// Everything up to a number has reached one of the caller's devices. The watermark only grows, and with the one of what
/// is read; a lower number changes nothing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Delivered {
    /// In which conversation.
    pub conversation: ConversationId,
    /// Up to and with this number. One beyond the head counts as the head.
    pub seq: Seq,
}

/// Change what is given of the caller's settings; without anything it only asks.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChangeSettings {
    /// Whether others are told what the user has read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub read_receipts: Option<bool>,
}

/// The caller is typing, or has stopped.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "TypingFields")]
pub struct NotifyTyping {
    /// Where.
    #[serde(flatten)]
    pub target: Target,
    /// True when the caller has stopped.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub stopped: bool,
}

#[derive(Deserialize)]
struct TypingFields {
    to: Option<UserName>,
    conversation: Option<ConversationId>,
    group: Option<GroupName>,
    #[serde(default)]
    stopped: bool,
}

impl TryFrom<TypingFields> for NotifyTyping {
    type Error = &'static str;

    fn try_from(fields: TypingFields) -> Result<Self, Self::Error> {
        let TypingFields { to, conversation, group, stopped } = fields;
        Ok(Self { target: Target::from_fields(to, conversation, group)?, stopped })
    }
}

/// Change the caller's password.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChangePassword {
    /// The password so far.
    pub old: Password,
    /// The new one: 8 to 256 bytes.
    pub new: Password,
}

/// Erase the caller. Nothing of it can be undone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeleteAccount {
    /// The caller's password.
    pub password: Password,
}

/// Log one of the caller's devices out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Revoke {
    /// Which one.
    pub device: DeviceId,
}
