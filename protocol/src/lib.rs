//! The wire of the chat: the JSON frames, the identifiers in them, the error and close codes, and the limits that
//! both sides share.
//!
//! This crate turns text into typed frames and back. It knows nothing of sockets, clocks or storage.
//! `docs/protocol.md` tells a session by example; the files in `protocol/tests/golden` pin the bytes.
#![deny(clippy::disallowed_methods)]

mod code;
mod decode;
mod departure;
mod entry;
mod file;
mod frame;
mod group;
mod id;
pub mod limits;
mod name;
mod preference;
mod request;
mod secret;

pub use code::{CloseCode, ErrorCode};
pub use decode::{Refusal, decode_request};
pub use departure::TOMBSTONE;
pub use entry::{Body, Entry, Message, Quote, Reactions};
pub use file::{Attachment, ContentHash, file_name};
pub use frame::{
    Device, Failure, Found, Frame, Kind, Limits, Marks, MemberMarks, Page, Peer, Presence, Receipt, Settings,
    Summary, Typing, Version, Versions, Welcome,
};
pub use group::{Group, GroupChange, Member, MemberChange, Past, PublicGroup, Role};
pub use id::{BadId, ClientId, ConversationId, DeviceId, FileId, RequestId, Seq, UnixMillis};
pub use name::{BadName, GroupName, UserName};
pub use preference::{Level, Preferences};
pub use request::{
    AddMembers, Call, ChangeGroup, ChangePassword, ChangeSettings, CreateGroup, Delete, DeleteAccount,
    Delivered, Edit, Hello, History, Join, Leave, List, ListGroups, ListMembers, ListVersions, Login,
    NotifyTyping, Open, Prefer, React, Read, RemoveMember, Request, Revoke, Search, Send, SetRole, Target,
};
pub use secret::{Password, Token};

/// The protocol's version, sent in the first frame of both sides. A client with another one is refused with
/// [`ErrorCode::VersionUnsupported`].
pub const VERSION: u32 = 1;
