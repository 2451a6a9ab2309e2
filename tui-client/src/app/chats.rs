//! The list of conversations, the most recently active first.

use super::rows::Mark;
use chat_protocol::{ConversationId, Group, GroupName, Kind, Level, Peer, Seq, Summary, Target, UserName};
use std::cmp::Reverse;

/// Stands with a conversation that is muted.
pub const MUTED: &str = "~";
/// Stands with a conversation whose other one is blocked.
pub const BLOCKED: &str = "⊘";

/// One conversation of the list.
#[derive(Debug, Clone)]
pub struct Chat {
    pub summary: Summary,
}

impl Chat {
    pub fn id(&self) -> ConversationId {
        self.summary.conversation
    }

    pub fn peer(&self) -> Option<&Peer> {
        match &self.summary.kind {
            Kind::Direct { peer, .. } => Some(peer),
            Kind::Group(_) | Kind::Unknown => None,
        }
    }

    pub fn group(&self) -> Option<&Group> {
        match &self.summary.kind {
            Kind::Group(group) => Some(group),
            Kind::Direct { .. } | Kind::Unknown => None,
        }
    }

    /// How far one's own message with this number is.
    pub fn mark(&self, seq: Seq) -> Mark {
        match &self.summary.kind {
            Kind::Direct { peer_marks: Some(marks), .. } if marks.read >= Some(seq) => Mark::Read,
            Kind::Direct { peer_marks: Some(marks), .. } if marks.delivered >= seq => Mark::Delivered,
            Kind::Direct { .. } | Kind::Group(_) | Kind::Unknown => Mark::Sent,
        }
    }

    /// Unread messages for which the user wants to be called, and those of them that mention the user.
    pub fn calls(&self) -> (u32, u32) {
        let Summary { unread, mentions, .. } = self.summary;
        match self.summary.preferences.level {
            Level::All => (unread, mentions),
            Level::Mentions => (mentions, mentions),
            Level::None => (0, 0),
        }
    }

    /// Whether the user does not want to be called for each message.
    pub fn is_muted(&self) -> bool {
        self.summary.preferences.level != Level::All
    }

    /// Whether it is put away.
    pub fn is_archived(&self) -> bool {
        let Summary { head, mentions, preferences, .. } = &self.summary;
        preferences.is_archived(*head, *mentions)
    }

    /// What the list calls it.
    pub fn title(&self, me: &UserName) -> String {
        match &self.summary.kind {
            Kind::Direct { peer, .. } if peer.user == *me => "notes".to_owned(),
            Kind::Direct { peer, .. } => peer.user.to_string(),
            Kind::Group(group) => format!("#{}", group.name),
            Kind::Unknown => "(unknown kind)".to_owned(),
        }
    }

    /// Whether a message to `target` goes here.
    pub fn is_target(&self, target: &Target) -> bool {
        match target {
            Target::Conversation(id) => *id == self.id(),
            Target::To(user) => self.peer().is_some_and(|peer| peer.user == *user),
            Target::Group(name) => self.group().is_some_and(|group| group.public && group.name == *name),
        }
    }
}

/// A line of the list.
#[derive(Debug)]
pub enum Row<'a> {
    Chat(&'a Chat),
    /// So many are put away; those that are shown all the same stand below.
    Archive(usize),
}

/// The list, and which one of it is selected. What is put away stands at its end.
#[derive(Debug, Default)]
pub struct Chats {
    list: Vec<Chat>,
    selected: Option<ConversationId>,
    /// Whether the list shows what is put away.
    pub shows_archive: bool,
}

impl Chats {
    /// Adds or replaces a conversation.
    pub fn put(&mut self, summary: Summary) {
        match self.list.iter_mut().find(|chat| chat.id() == summary.conversation) {
            Some(chat) => chat.summary = summary,
            None => self.list.push(Chat { summary }),
        }
        self.sort();
    }

    fn sort(&mut self) {
        // One that has no entry yet was just opened: it stands first.
        let activity = |chat: &Chat| chat.summary.last.as_ref().map_or(u64::MAX, |last| last.at);
        self.list.sort_by_key(|chat| (chat.is_archived(), Reverse((activity(chat), chat.id()))));
    }

    /// The lines of the list. The selected one is always among them.
    pub fn rows(&self) -> Vec<Row<'_>> {
        let archived = self.list.iter().filter(|chat| chat.is_archived()).count();
        let mut rows: Vec<_> = self.seen().map(Row::Chat).collect();
        if archived > 0 {
            rows.insert(self.list.len() - archived, Row::Archive(archived));
        }
        rows
    }

    /// The conversations that the list shows.
    fn seen(&self) -> impl Iterator<Item = &Chat> {
        let is_seen =
            |chat: &&Chat| self.shows_archive || !chat.is_archived() || Some(chat.id()) == self.selected;
        self.list.iter().filter(is_seen)
    }

    /// The server will say the same; until then it is not asked again.
    pub fn mark_read(&mut self, id: ConversationId, seq: Seq) {
        if let Some(chat) = self.list.iter_mut().find(|chat| chat.id() == id) {
            chat.summary.read = chat.summary.read.max(seq);
            (chat.summary.unread, chat.summary.mentions) = (0, 0);
            self.sort();
        }
    }

    /// Takes one away. None is selected any more if it was that one.
    pub fn remove(&mut self, id: ConversationId) -> Option<Chat> {
        let at = self.list.iter().position(|chat| chat.id() == id)?;
        self.selected.take_if(|selected| *selected == id);
        Some(self.list.remove(at))
    }

    /// The group with this name; of several the most recently active one.
    pub fn find_group(&self, name: &GroupName) -> Option<&Chat> {
        self.list.iter().find(|chat| chat.group().is_some_and(|group| group.name == *name))
    }

    pub fn update_peer(&mut self, moved: &Peer) {
        for chat in &mut self.list {
            if let Kind::Direct { peer, .. } = &mut chat.summary.kind
                && peer.user == moved.user
            {
                *peer = moved.clone();
            }
        }
    }

    /// Another name stands for somebody who is not there any more.
    pub fn rename_peer(&mut self, user: &UserName, now: &UserName) {
        for chat in &mut self.list {
            if let Kind::Direct { peer, .. } = &mut chat.summary.kind
                && peer.user == *user
            {
                *peer = Peer { user: now.clone(), online: false, last_seen: None };
            }
        }
    }

    pub fn iter(&self) -> impl Iterator<Item = &Chat> {
        self.list.iter()
    }

    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    pub fn get(&self, id: ConversationId) -> Option<&Chat> {
        self.list.iter().find(|chat| chat.id() == id)
    }

    pub fn find(&self, target: &Target) -> Option<&Chat> {
        self.list.iter().find(|chat| chat.is_target(target))
    }

    pub fn selected_id(&self) -> Option<ConversationId> {
        self.selected
    }

    pub fn selected(&self) -> Option<&Chat> {
        self.get(self.selected?)
    }

    pub fn select(&mut self, id: ConversationId) {
        self.selected = Some(id);
    }

    /// The conversation so many places below the selected one, around the ends, of those that the list shows.
    pub fn neighbour(&self, step: isize) -> Option<ConversationId> {
        let seen: Vec<_> = self.seen().map(Chat::id).collect();
        let count = isize::try_from(seen.len()).ok().filter(|count| *count > 0)?;
        let at = match seen.iter().position(|id| Some(*id) == self.selected) {
            Some(index) => isize::try_from(index).ok()? + step,
            None => 0,
        };
        usize::try_from(at.rem_euclid(count)).ok().map(|index| seen[index])
    }

    /// Unread messages in other conversations than the selected one, for which the user wants to be called; and those of
    /// them that mention the user.
    pub fn unread_elsewhere(&self) -> (u32, u32) {
        let elsewhere = self.list.iter().filter(|chat| Some(chat.id()) != self.selected);
        let calls = elsewhere.map(Chat::calls);
        calls.fold((0, 0), |(unread, mentions), call| (unread + call.0, mentions + call.1))
    }
}
