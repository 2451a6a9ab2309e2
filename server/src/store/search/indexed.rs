//! What the index holds of a message.

use crate::domain::words;
use chat_protocol::Message;

/// The words by which a message is found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Indexed {
    /// Those of its text, in their order.
    pub text: Vec<String>,
    /// Those of its file's name, in their order.
    pub file: Vec<String>,
}

impl Indexed {
    /// What there is of a message; nothing of a deleted one.
    pub fn of(message: &Message) -> Option<Self> {
        let file = message.file.as_ref().map_or("", |file| &file.name);
        message.deleted_at.is_none().then(|| Self::new(&message.text, file))
    }

    /// The words of a text and of a file's name.
    pub fn new(text: &str, file: &str) -> Self {
        Self { text: words(text), file: words(file) }
    }
}
