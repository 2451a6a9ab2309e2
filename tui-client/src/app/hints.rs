//! What may complete a command.

use super::command::COMMANDS;
use super::files::line::start_of;
use super::timeline::message_of;
use super::{Model, files};
use chat_client::SafeText;

/// Completions that are looked for.
pub const COMPLETIONS_MAX: usize = 6;

/// How something is shown, and what is written for it.
pub type Item = (String, String);

/// What there is to complete with.
#[derive(Debug, Default)]
pub struct Hints {
    /// Whom the user talks with.
    pub names: Vec<String>,
    /// The user's home folder.
    pub home: Option<String>,
    /// The conversation's messages, the last one first: how each is shown and numbered.
    pub messages: Vec<Item>,
    /// The conversation's files: how each is shown and named.
    pub files: Vec<Item>,
    /// What can be stopped: how it is shown and named.
    pub transfers: Vec<Item>,
}

impl Model {
    /// What there is to complete with.
    pub fn hints(&self) -> Hints {
        let names = self.chats.iter().filter_map(|chat| chat.peer()).map(|peer| peer.user.to_string());
        let written = self.composer.area.lines().first().map_or("", String::as_str);
        let files: Vec<_> = match written {
            // The space behind it may be the next key.
            _ if !written.starts_with("/save") && !written.starts_with("/view") => Vec::new(),
            _ => files::in_view_of(self)
                .map(|file| (format!("[{}] {}", file.number(), file.name()), file.number().to_string()))
                .collect(),
        };
        let transfers = self.transfers.under_way().rev();
        let transfers = transfers
            .map(|transfer| {
                let name = SafeText::line(&transfer.name);
                (format!("{} {name}", transfer.id), transfer.id.number().to_string())
            })
            .collect();
        let messages = messages(self, written);
        Hints { names: names.collect(), home: self.home.clone(), messages, files, transfers }
    }
}

/// Messages that are told apart by their beginnings.
const MESSAGES_MAX: usize = 50;
/// Columns of a message's beginning.
const BEGINNING_WIDTH: usize = 30;

/// The messages that the command which is being written may be about.
fn messages(model: &Model, written: &str) -> Vec<Item> {
    let only_own = match written.split(' ').next() {
        Some("/edit" | "/delete") => true,
        Some("/reply" | "/react") => false,
        _ => return Vec::new(),
    };
    let entries = model.selected_timeline().map_or(&[][..], |timeline| &timeline.entries);
    let messages = entries.iter().rev().filter_map(|entry| Some((entry, message_of(entry)?)));
    messages
        .filter(|(entry, message)| message.deleted_at.is_none() && (!only_own || entry.from == model.me))
        .take(MESSAGES_MAX)
        .map(|(entry, message)| {
            let file = message.file.as_ref().map(|file| file.name.as_str()).unwrap_or_default();
            let said = SafeText::line(if message.text.is_empty() { file } else { &message.text });
            let beginning = start_of(said.as_str(), BEGINNING_WIDTH);
            (format!("[{}] {}: {beginning}", entry.seq, entry.from), format!("{} ", entry.seq))
        })
        .collect()
}

/// What may complete a command, or what stands behind it, and how many characters that replaces.
pub fn complete_command(before: &str, hints: &Hints) -> Option<(Vec<Item>, usize)> {
    let Some((command, begun)) = before.split_once(' ') else {
        return Some((commands(before), before.chars().count()));
    };
    let chars = begun.chars().count();
    if command == "/msg" {
        let fitting = hints.names.iter().filter(|name| name.starts_with(begun) && *name != begun);
        let items = fitting.take(COMPLETIONS_MAX).map(|name| (name.clone(), format!("{name} ")));
        return (!begun.contains(' ')).then(|| (items.collect(), chars));
    }
    // Other words are what is said.
    let is_number = begun.bytes().all(|byte| byte.is_ascii_digit());
    let known = match command {
        "/reply" | "/edit" | "/delete" | "/react" if is_number => &hints.messages,
        "/cancel" => &hints.transfers,
        "/save" | "/view" => &hints.files,
        _ => return None,
    };
    let lower = begun.to_lowercase();
    let fits = |(shown, written): &&Item| {
        written != begun && (written.starts_with(begun) || shown.to_lowercase().contains(&lower))
    };
    Some((known.iter().filter(fits).take(COMPLETIONS_MAX).cloned().collect(), chars))
}

fn commands(before: &str) -> Vec<Item> {
    let fitting = COMMANDS.iter().filter(|(name, ..)| name.starts_with(before) && *name != before);
    let written =
        |name: &str, arguments: &str| if arguments.is_empty() { name.to_owned() } else { format!("{name} ") };
    let items = fitting.map(|(name, arguments, what)| {
        (format!("{name} {arguments} {what}").replace("  ", " "), written(name, arguments))
    });
    items.take(COMPLETIONS_MAX).collect()
}
