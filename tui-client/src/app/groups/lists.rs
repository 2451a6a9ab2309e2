//! Lists of public groups, members and readers, as they lie over the screen.

use super::readers;
use crate::app::Model;
use chat_protocol::{ConversationId, Member, PublicGroup, Role, Seq, UserName};

/// The public groups, by name.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct GroupList {
    pub groups: Vec<PublicGroup>,
    pub has_more: bool,
    /// The next page is on its way.
    pub is_loading: bool,
    pub selected: usize,
}

impl GroupList {
    pub fn append(&mut self, groups: Vec<PublicGroup>, has_more: bool) {
        self.groups.extend(groups);
        (self.has_more, self.is_loading) = (has_more, false);
    }

    /// Selects another one, no further than there are any.
    pub fn step(&mut self, step: isize) {
        let last = self.groups.len().saturating_sub(1);
        self.selected = self.selected.saturating_add_signed(step).min(last);
    }
}

/// The members of a group; so many of them are scrolled away at the top.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MemberList {
    pub group: ConversationId,
    pub down: u16,
}

/// Who has read a message; so many lines are scrolled away at the top.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReaderList {
    pub group: ConversationId,
    pub seq: Seq,
    pub down: u16,
}

/// Lines of such a list that are seen at once.
pub fn list_room(model: &Model) -> u16 {
    model.size.1.saturating_sub(2).max(1)
}

/// A line of a list of names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NameLine {
    /// What those that follow have in common.
    Heading(String),
    /// One of them: whether they are online, if that is known; and what else is said of them.
    Name { name: String, online: Option<bool>, note: &'static str },
    /// There are more, or nothing is known yet.
    Hint(String),
}

/// The members, by name.
pub fn member_lines(model: &Model, list: &MemberList) -> Vec<NameLine> {
    let Some(roster) = model.groups.rosters.get(&list.group) else {
        return vec![NameLine::Hint("…".to_owned())];
    };
    let line = |member: &Member| NameLine::Name {
        name: member.user.to_string(),
        online: model.knows_presence().then_some(member.online || member.user == model.me),
        note: if member.role == Role::Admin { "admin" } else { "" },
    };
    let hint = match (roster.is_whole, roster.members().len()) {
        (true, _) => None,
        (false, 0) => Some("…".to_owned()),
        (false, _) => Some("↓ shows more".to_owned()),
    };
    roster.members().map(line).chain(hint.map(NameLine::Hint)).collect()
}

/// Who has read the message, and who has not.
pub fn reader_lines(model: &Model, list: &ReaderList) -> Vec<NameLine> {
    let timeline = model.timelines.get(&list.group);
    let from = timeline.and_then(|timeline| timeline.message(list.seq)).map(|(entry, _)| &entry.from);
    let Some(reading) = from.and_then(|from| readers(model, from, list.seq)) else {
        return vec![NameLine::Hint("not known right now".to_owned())];
    };
    if reading.others() == 0 {
        return vec![NameLine::Hint("nobody else is in this group".to_owned())];
    }
    let parts =
        [("read by", reading.read), ("delivered to", reading.delivered), ("not yet at", reading.missing)];
    let lines = |(what, users): (&str, Vec<UserName>)| {
        let heading = (!users.is_empty()).then(|| NameLine::Heading(format!("{what} {}", users.len())));
        let name = |user: UserName| NameLine::Name { name: user.to_string(), online: None, note: "" };
        heading.into_iter().chain(users.into_iter().map(name)).collect::<Vec<_>>()
    };
    parts.into_iter().flat_map(lines).collect()
}
