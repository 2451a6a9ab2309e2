//! The files that hang on the selected conversation's messages, as far as they are loaded.

use crate::app::{Model, Timeline};
use chat_client::SafeText;
use chat_protocol::{Attachment, Body, Entry, Seq};

/// Which file of the conversation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Which {
    /// The last one; of others, if there is one.
    Last,
    /// The one on the message with this number.
    Number(u64),
    /// The last one with this name, or with this in its name.
    Name(String),
}

impl Which {
    /// A number is written as it is shown or without its brackets.
    pub fn new(word: &str) -> Self {
        let bare = word.strip_prefix('[').and_then(|word| word.strip_suffix(']')).unwrap_or(word);
        let bare = bare.strip_prefix('#').unwrap_or(bare);
        let is_number = !bare.is_empty() && bare.bytes().all(|byte| byte.is_ascii_digit());
        match bare.parse() {
            Ok(number) if is_number => Self::Number(number),
            _ => Self::Name(word.to_owned()),
        }
    }
}

/// A file and the message that it hangs on.
#[derive(Debug, Clone, Copy)]
pub struct Attached<'a> {
    pub entry: &'a Entry,
    pub file: &'a Attachment,
}

impl Attached<'_> {
    /// By which the user names it: its message's number.
    pub fn number(&self) -> Seq {
        self.entry.seq
    }

    /// How its name is shown.
    pub fn name(&self) -> SafeText {
        SafeText::line(&self.file.name)
    }
}

/// The file that hangs on an entry.
pub fn attachment(entry: &Entry) -> Option<&Attachment> {
    match &entry.body {
        Body::Message(message) => message.file.as_deref(),
        _ => None,
    }
}

/// The selected conversation's files, the newest first.
pub fn in_view_of(model: &Model) -> impl Iterator<Item = Attached<'_>> {
    let entries = model.selected_timeline().map_or(&[][..], Timeline::entries);
    entries.iter().rev().filter_map(|entry| attachment(entry).map(|file| Attached { entry, file }))
}

/// The file that is meant.
///
/// # Errors
/// A line for the user.
pub fn find<'a>(model: &'a Model, which: &Which) -> Result<Attached<'a>, String> {
    match which {
        Which::Last => {
            let of_others = in_view_of(model).find(|attached| attached.entry.from != model.me);
            of_others
                .or_else(|| in_view_of(model).next())
                .ok_or_else(|| "no file hangs on the messages that are loaded here".to_owned())
        }
        Which::Number(number) => in_view_of(model)
            .find(|attached| attached.number().get() == *number)
            .ok_or_else(|| format!("no file here has the number {number}; /files lists them")),
        Which::Name(name) => {
            let exactly =
                |attached: &Attached<'_>| attached.file.name == *name || attached.name().as_str() == name;
            let begun = name.to_lowercase();
            let roughly = |attached: &Attached<'_>| attached.name().as_str().to_lowercase().contains(&begun);
            in_view_of(model)
                .find(exactly)
                .or_else(|| in_view_of(model).find(roughly))
                .ok_or_else(|| format!("no file here is called {name}; /files lists them"))
        }
    }
}
