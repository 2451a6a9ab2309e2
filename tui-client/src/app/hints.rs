//! What may complete a command.

use super::command::COMMANDS;
use super::files::line::start_of;
use super::groups::Roster;
use super::rows::mentions::{goes_on, is_of_name};
use super::timeline::message_of;
use super::{Chat, Model, Timeline, files};
use chat_client::SafeText;
use chat_protocol::{Member, Role, UserName};
use crossterm::event::KeyCode;
use std::collections::BTreeSet;

/// Completions that are looked for.
pub const COMPLETIONS_MAX: usize = 6;

/// How something is shown, and what is written for it.
pub type Item = (String, String);

/// What there is to complete with.
#[derive(Debug, Default)]
pub struct Hints {
    /// Whom the user talks with, and their groups as `#name`.
    pub names: Vec<String>,
    /// Those whom the command that is being written may be about.
    pub people: Vec<String>,
    /// Those whom a message of the conversation may mention.
    pub mentionable: Vec<String>,
    /// Public groups that the user is not in, as far as they were listed.
    pub groups: Vec<String>,
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
    /// What there is to complete with, when this key is typed next.
    pub fn hints(&self, next: Option<KeyCode>) -> Hints {
        let named = |chat: &&Chat| chat.peer().is_some() || chat.group().is_some();
        let names = self.chats.iter().filter(named).map(|chat| match chat.peer() {
            Some(peer) => peer.user.to_string(),
            None => chat.title(&self.me),
        });
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
        let (names, home) = (names.collect(), self.home.clone());
        let (people, groups) = (people(self, written), self.groups.joinable.clone());
        // Whoever mentions nobody waits for no list of all who are here.
        let may_mention = next == Some(KeyCode::Char('@'))
            || self.composer.area.lines().iter().any(|line| line.contains('@'));
        let mentionable = if may_mention { mentionable(self) } else { Vec::new() };
        Hints { names, people, mentionable, groups, home, messages, files, transfers }
    }
}

/// Messages that are told apart by their beginnings.
const MESSAGES_MAX: usize = 50;
/// Messages whose senders may be mentioned.
const SPEAKERS_MAX: usize = 500;
/// Columns of a message's beginning.
const BEGINNING_WIDTH: usize = 30;

/// The messages that the command which is being written may be about.
fn messages(model: &Model, written: &str) -> Vec<Item> {
    let only_own = match written.split(' ').next() {
        Some("/delete") => !model.is_admin_here(),
        Some("/edit") => true,
        Some("/reply" | "/react" | "/readers") => false,
        _ => return Vec::new(),
    };
    let entries = model.selected_timeline().map_or(&[][..], Timeline::entries);
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
        // The sign of a group need not be written.
        let bare = |name: &str| name.trim_start_matches('#').starts_with(begun);
        let fits = |name: &&String| (name.starts_with(begun) || bare(name)) && *name != begun;
        let fitting = hints.names.iter().filter(fits);
        let items = fitting.take(COMPLETIONS_MAX).map(|name| (name.clone(), format!("{name} ")));
        return (!begun.contains(' ')).then(|| (items.collect(), chars));
    }
    if let Some(found) = complete_people(command, begun, hints) {
        return Some(found);
    }
    // Other words are what is said.
    let is_number = begun.bytes().all(|byte| byte.is_ascii_digit());
    let known = match command {
        "/reply" | "/edit" | "/delete" | "/react" | "/readers" if is_number => &hints.messages,
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

/// Completes the last one of several names.
fn complete_people(command: &str, begun: &str, hints: &Hints) -> Option<(Vec<Item>, usize)> {
    let (before, last) = begun.rsplit_once([' ', ',']).unwrap_or(("", begun));
    let known = match command {
        "/add" => &hints.people,
        "/remove" | "/admin" | "/unadmin" | "/block" | "/unblock" if before.is_empty() => &hints.people,
        // The first one is the group's.
        "/group" if !before.trim_start_matches("--public").trim().is_empty() => &hints.people,
        "/join" if before.is_empty() => &hints.groups,
        _ => return None,
    };
    let word = last.trim_start_matches(['@', '#']);
    let is_there = |name: &str| before.split([' ', ',']).any(|there| there.trim_start_matches('@') == name);
    let fits = |name: &&String| name.starts_with(word) && *name != word && !is_there(name);
    let items =
        known.iter().filter(fits).take(COMPLETIONS_MAX).map(|name| (name.clone(), format!("{name} ")));
    Some((items.collect(), word.chars().count()))
}

/// Those whom the command that is being written may be about.
fn people(model: &Model, written: &str) -> Vec<String> {
    let roster = model.roster_here();
    let members = roster.into_iter().flat_map(Roster::members).filter(|member| member.user != model.me);
    let with_role = |role: Role| members.clone().filter(move |member| member.role == role);
    let name = |member: &Member| member.user.to_string();
    match written.split(' ').next() {
        Some("/remove") => members.map(name).collect(),
        Some("/admin") => with_role(Role::Member).map(name).collect(),
        Some("/unadmin") => with_role(Role::Admin).map(name).collect(),
        Some(command @ ("/block" | "/unblock")) => {
            let is_fit = |chat: &&Chat| chat.summary.preferences.blocked == (command == "/unblock");
            let peers = model.chats.iter().filter(is_fit).filter_map(Chat::peer);
            peers.filter(|peer| peer.user != model.me).map(|peer| peer.user.to_string()).collect()
        }
        Some(command @ ("/add" | "/group")) => {
            let peers = model.chats.iter().filter_map(Chat::peer).filter(|peer| peer.user != model.me);
            let is_in = |user| command == "/add" && roster.is_some_and(|roster| roster.get(user).is_some());
            peers.filter(|peer| !is_in(&peer.user)).map(|peer| peer.user.to_string()).collect()
        }
        _ => Vec::new(),
    }
}

/// Those whom a message of the selected conversation may mention. In a large group not all members are known, but whoever
/// has said something is.
fn mentionable(model: &Model) -> Vec<String> {
    let Some(chat) = model.chats.selected() else { return Vec::new() };
    let entries = model.selected_timeline().map_or(&[][..], Timeline::entries);
    let speakers = entries.iter().rev().take(SPEAKERS_MAX).map(|entry| &entry.from);
    let members = model.roster_here().into_iter().flat_map(Roster::members).map(|member| &member.user);
    let is_known = |user: &&UserName| {
        chat.group().is_none()
            || model.roster_here().is_none_or(|roster| !roster.is_whole || roster.get(user).is_some())
    };
    let peer = chat.peer().map(|peer| &peer.user);
    let people: BTreeSet<_> = speakers.filter(is_known).chain(members).chain(peer).collect();
    people.into_iter().filter(|user| **user != model.me).map(UserName::to_string).collect()
}

/// The letters behind a `@` before the cursor, if it may mention somebody.
pub fn begun_mention(before: &str) -> Option<&str> {
    let (head, begun) = before.rsplit_once('@')?;
    (begun.bytes().all(is_of_name) && !head.ends_with(goes_on)).then_some(begun)
}

/// Who may be meant by it, and how many characters that replaces.
pub fn complete_mention(before: &str, hints: &Hints) -> Option<(Vec<Item>, usize)> {
    let begun = begun_mention(before)?;
    let fits = |name: &&String| name.starts_with(begun) && *name != begun;
    let items = hints.mentionable.iter().filter(fits).take(COMPLETIONS_MAX);
    let items = items.map(|name| (format!("@{name}"), format!("{name} ")));
    Some((items.collect(), begun.chars().count()))
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
