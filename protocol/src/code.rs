//! Error codes (in an `error` frame; the session lives on) and close codes (the socket ends).

use serde::{Deserialize, Serialize};

/// Why a request was refused. On the wire in snake case. `docs/protocol.md` has the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ErrorCode {
    /// The frame is not one JSON object, or nests too deep.
    BadJson,
    /// A binary frame: only text is understood.
    BinaryFrame,
    /// The frame is longer than `frame_bytes_max`.
    FrameTooLarge,
    /// The `type` is none that this server knows.
    UnknownType,
    /// A field is missing, given twice, of the wrong type or out of range; the message names it.
    BadField,
    /// The client's protocol version is not spoken here.
    VersionUnsupported,
    /// The request needs a login first.
    Unauthenticated,
    /// The connection has logged in already.
    AlreadyAuthenticated,
    /// User and password, or the token, do not match. It does not say which.
    BadCredentials,
    /// The name has an account already, or a public group.
    NameTaken,
    /// This server makes no accounts by itself.
    RegistrationClosed,
    /// Nobody has this name, or the other one of the conversation has deleted their account.
    UnknownUser,
    /// There is no such conversation, or the caller is not in it.
    UnknownConversation,
    /// There is no group with this name that the caller could see.
    UnknownGroup,
    /// The caller is in it, but may not do this.
    NotAllowed,
    /// It is so already.
    NoChange,
    /// The last admin cannot leave or step down while others are in the group.
    LastAdmin,
    /// There is no such message in this conversation.
    UnknownMessage,
    /// The message is deleted, so there is nothing to be changed or answered.
    MessageDeleted,
    /// The message is another's: only its sender may change it.
    NotYours,
    /// One of the two has blocked the other.
    Blocked,
    /// There is no room for one more of these; the message says of what.
    LimitReached,
    /// There is no such device, or it is another user's.
    UnknownDevice,
    /// There is no such file or upload, or the caller may not see it.
    UnknownFile,
    /// The file is larger than this server takes, or than its upload said.
    FileTooLarge,
    /// The caller's files have no room for this one.
    QuotaExceeded,
    /// The upload goes on at another offset.
    WrongOffset,
    /// What came does not have the checksum that was sent with it.
    WrongChecksum,
    /// The same client id was used before for something else.
    IdConflict,
    /// Too many requests; `retry_after_ms` says when to come back.
    RateLimited,
    /// The server has too much to do right now; try again.
    Busy,
    /// The store cannot be written at the moment, for example because the disk is full; try again later.
    Unavailable,
    /// A fault in the server. Its log says more.
    Internal,
    /// A code this build does not know.
    #[serde(other)]
    Unknown,
}

impl ErrorCode {
    /// True when the same request may succeed later without a change.
    pub fn is_retryable(self) -> bool {
        matches!(self, Self::RateLimited | Self::Busy | Self::Unavailable | Self::Internal)
    }
}

/// Why a socket was closed. The numbers from 4000 on are the chat's own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CloseCode {
    /// 1000: asked for by the client, as after `logout`.
    Normal,
    /// 1012: the server stops or restarts; reconnect.
    Restart,
    /// 4401: no valid login in time, or too many wrong ones.
    LoginFailed,
    /// 4403: the device's token was revoked; log in again.
    Revoked,
    /// 4408: nothing was heard from the client for too long; reconnect.
    Silent,
    /// 4409: the client read too slowly and was cut off rather than skipped; reconnect and catch up.
    Lagging,
    /// 4429: too many connections of this user or address.
    TooMany,
}

impl CloseCode {
    /// The number in the close frame.
    pub fn number(self) -> u16 {
        match self {
            Self::Normal => 1000,
            Self::Restart => 1012,
            Self::LoginFailed => 4401,
            Self::Revoked => 4403,
            Self::Silent => 4408,
            Self::Lagging => 4409,
            Self::TooMany => 4429,
        }
    }

    /// The reason in the close frame: a few words for a person.
    pub fn reason(self) -> &'static str {
        match self {
            Self::Normal => "goodbye",
            Self::Restart => "server restarting, reconnect",
            Self::LoginFailed => "no valid login in time",
            Self::Revoked => "this device was logged out",
            Self::Silent => "nothing heard for too long, reconnect",
            Self::Lagging => "read too slowly, reconnect and catch up",
            Self::TooMany => "too many connections",
        }
    }
}
