//! Exit codes. Scripts rely on them: they only ever grow.

use chat_client::files::TransferError;

/// Done.
pub const DONE: u8 = 0;
/// Something else went wrong, for example the disk.
pub const OTHER: u8 = 1;
/// The command line cannot be understood, or names a file that cannot be read or a folder that holds something else, or a
/// screen is needed and there is none.
pub const USAGE: u8 = 2;
/// The login was refused, or one is needed and there is no password.
pub const LOGIN: u8 = 3;
/// The server could not be reached in time. Nothing was sent.
pub const UNREACHABLE: u8 = 4;
/// The server refused what was asked: an unknown user, too long a text, too large a file, no such file. Nothing was sent.
pub const REFUSED: u8 = 5;
/// Time ran out before it was done. A message may or may not have been sent.
pub const TIMEOUT: u8 = 6;

/// A file was damaged on its way. Nothing of it was saved or sent.
pub const DAMAGED: u8 = 7;

/// What `--help` says of them.
pub const HELP: &str = "\
Exit codes:
  0  done
  1  something else went wrong
  2  the command line cannot be understood, or names a file that cannot be read or a folder that holds something else
  3  the login was refused, or one is needed
  4  the server could not be reached in time; nothing was sent
  5  the server refused what was asked; nothing was sent
  6  time ran out; a message may or may not have been sent (send it again with the same --id)
  7  a file was damaged on its way; nothing of it was saved or sent
  128+N  ended by signal N

Secrets come from the environment, never from the command line: CHAT_PASSWORD, CHAT_PASSWORD_FILE or CHAT_TOKEN.";

/// What a transfer's error is for a script.
pub fn of_transfer(error: &TransferError) -> u8 {
    match error {
        TransferError::Unreadable { .. } | TransferError::NotAFile(_) => USAGE,
        TransferError::TooLarge { .. } | TransferError::Refused { .. } | TransferError::Gone => REFUSED,
        TransferError::LoggedOut => LOGIN,
        TransferError::Damaged => DAMAGED,
        TransferError::Changed(_)
        | TransferError::Journal(_)
        | TransferError::Exists(_)
        | TransferError::Unwritable { .. } => OTHER,
    }
}

/// Why the client ends, when it is not done: the code, and a line for standard error.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// One of the codes above.
    pub code: u8,
    /// What to say.
    pub message: String,
}

impl Failure {
    /// A failure.
    pub fn new(code: u8, message: impl ToString) -> Self {
        Self { code, message: message.to_string() }
    }
}
