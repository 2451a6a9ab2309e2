//! What can be asked of the transfers, and what they tell.

use crate::SafeText;
use chat_protocol::{Attachment, ClientId, ErrorCode, Target};
use std::fmt;
use std::path::PathBuf;

/// One transfer of this process, shown to users as `#3`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TransferId(pub(super) u64);

impl TransferId {
    /// The transfer with this number.
    pub const fn new(number: u64) -> Self {
        Self(number)
    }

    /// Its number: 1, 2, 3, ... in the order in which they were asked for.
    pub const fn number(self) -> u64 {
        self.0
    }
}

impl fmt::Display for TransferId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "#{}", self.0)
    }
}

/// A file that is to be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UploadRequest {
    /// Where it is on this disk.
    pub path: PathBuf,
    /// Where to. It is kept as it is given, and a name may be another's by the time when the file is there.
    pub to: Target,
    /// What is said with it; may be empty.
    pub text: String,
    /// The id of its message, or none for a fresh one. What an earlier process began under this id goes on where it was.
    pub client_id: Option<ClientId>,
}

/// A file that is to be saved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DownloadRequest {
    /// Which one.
    pub attachment: Attachment,
    /// Where to.
    pub to: Destination,
}

/// Where a file is saved. What is there already is never overwritten, and no link is followed at the name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Destination {
    /// Into this folder, under the file's own name made safe; `name (2).ext` when that one is taken.
    Folder(PathBuf),
    /// Under exactly this name; when it is taken, that is an error.
    File(PathBuf),
}

/// What a transfer is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Subject {
    /// A file is sent.
    Upload {
        /// To whom.
        to: Target,
        /// What is said with it.
        text: String,
    },
    /// A file is got.
    Download(Attachment),
}

/// Something that happened to a transfer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TransferEvent {
    /// To which one.
    pub id: TransferId,
    /// What.
    pub change: TransferChange,
}

/// What happens to a transfer: `Started`, then `Progress` and `Waiting`, then one of the others, which is its end.
/// One that cannot even begin fails without having started.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TransferChange {
    /// It has been taken on, or taken up again after a restart. It may still have to wait for others.
    Started {
        /// What it is about.
        subject: Subject,
        /// The file's name, as it is sent or saved. Text from others: draw it as [`SafeText`].
        name: String,
        /// The file's size.
        bytes_total: u64,
    },
    /// It moves; told at most ten times a second. After a lost connection it may go back.
    Progress {
        /// What has moved so far.
        bytes_done: u64,
        /// The file's size.
        bytes_total: u64,
    },
    /// It stands still for now and goes on by itself: there is no connection, the server is busy, others come first.
    Waiting {
        /// Why, in a few words.
        cause: SafeText,
    },
    /// The file is on the server. Its message is for the caller to send, with this `client_id`, which makes it harmless
    /// to send it twice; once the outbox has it, [`Transfers::sent`](super::Transfers::sent) is to be called.
    Uploaded {
        /// The file, as its message carries it.
        file: Attachment,
        /// To whom.
        to: Target,
        /// What is said with it.
        text: String,
        /// The message's id.
        client_id: ClientId,
    },
    /// The file is on this disk, complete, checked and synced.
    Saved {
        /// Where.
        path: PathBuf,
    },
    /// It has come to nothing. Nothing of it is left on this disk.
    Failed {
        /// Why.
        error: TransferError,
    },
    /// It was given up, as asked. Nothing of it is left here, nor on the server if that could be reached.
    Cancelled,
}

/// Why a transfer has come to nothing. Each reads as a sentence for people; texts of the server in it are made safe.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TransferError {
    /// The file to be sent cannot be read.
    #[error("{} cannot be read: {cause}", SafeText::line(&path.to_string_lossy()))]
    Unreadable {
        /// Which file.
        path: PathBuf,
        /// What the system says.
        cause: String,
    },
    /// A folder, a device or a pipe cannot be sent.
    #[error("{} is not a file", SafeText::line(&.0.to_string_lossy()))]
    NotAFile(PathBuf),
    /// The file is larger than the server takes. Nothing was sent.
    #[error("too large: {bytes} bytes of at most {bytes_max}")]
    TooLarge {
        /// Its size.
        bytes: u64,
        /// The largest that is taken.
        bytes_max: u64,
    },
    /// The file was changed on this disk while it was being sent.
    #[error("{} was changed while it was being sent", SafeText::line(&.0.to_string_lossy()))]
    Changed(PathBuf),
    /// What is to survive a crash cannot be written down.
    #[error("the upload cannot be kept on disk: {0}")]
    Journal(String),
    /// The server does not know this device any more. An upload goes on after the next login.
    #[error("this device was logged out")]
    LoggedOut,
    /// The server refused it, for good.
    #[error("{}", SafeText::line(.message))]
    Refused {
        /// Why, for programs.
        code: ErrorCode,
        /// Why, for people.
        message: String,
    },
    /// The file is not there, or may not be seen any more.
    #[error("the file does not exist any more")]
    Gone,
    /// The bytes that arrived are not those that were sent. They were thrown away.
    #[error("the file was damaged on its way and was thrown away")]
    Damaged,
    /// Something has the name already.
    #[error("{} exists already", SafeText::line(&.0.to_string_lossy()))]
    Exists(PathBuf),
    /// The file cannot be saved there.
    #[error("{} cannot be written: {cause}", SafeText::line(&path.to_string_lossy()))]
    Unwritable {
        /// The folder or file.
        path: PathBuf,
        /// What the system says.
        cause: String,
    },
}
