//! Looking for messages.

use serde::{Deserialize, Serialize};

/// Look for messages in all conversations of the caller.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Search {
    /// What to look for, in the grammar of searches: at most [`crate::limits::SEARCH_BYTES_MAX`] bytes.
    pub query: String,
    /// The `next` of the page before; none for the first page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
    /// How many: 1 to 50, 20 if not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<u32>,
}
