//! What the index of messages holds.

use super::EntryKey;
use serde::{Deserialize, Serialize};

/// What is read of a message's document: where it stands. It is found by its `words`.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct SearchDocument {
    #[serde(rename = "_id")]
    pub id: EntryKey,
    pub at: i64,
}

/// How far a log is in the index.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ProgressDocument {
    #[serde(rename = "_id")]
    pub id: i64,
    pub upto: i64,
}
