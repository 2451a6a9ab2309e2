//! What stands among a document's words besides those of its message. A colon is in no word.

use crate::store::UserId;

/// Every message has this one, so that a search without words finds something to begin with.
pub const ANY: &str = ":";
/// Messages with a file have this one.
pub const FILE: &str = ":file";

/// Messages of a sender have this one.
pub fn person(user: UserId) -> String {
    format!(":u{:x}", user.0)
}
