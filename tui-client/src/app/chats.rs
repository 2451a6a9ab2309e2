//! The list of conversations, the most recently active first.

use super::rows::Mark;
use chat_protocol::{ConversationId, Group, GroupName, Kind, Peer, Seq, Summary, Target, UserName};
use std::cmp::Reverse;

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

/// The list, and which one of it is selected.
#[derive(Debug, Default)]
pub struct Chats {
    list: Vec<Chat>,
    selected: Option<ConversationId>,
}

impl Chats {
    /// Adds or replaces a conversation.
    pub fn put(&mut self, summary: Summary) {
        match self.list.iter_mut().find(|chat| chat.id() == summary.conversation) {
            Some(chat) => chat.summary = summary,
            None => self.list.push(Chat { summary }),
        }
        // One that has no entry yet was just opened: it stands first.
        let activity = |chat: &Chat| chat.summary.last.as_ref().map_or(u64::MAX, |last| last.at);
        self.list.sort_by_key(|chat| Reverse((activity(chat), chat.id())));
    }

    /// The server will say the same; until then it is not asked again.
    pub fn mark_read(&mut self, id: ConversationId, seq: Seq) {
        if let Some(chat) = self.list.iter_mut().find(|chat| chat.id() == id) {
            chat.summary.read = chat.summary.read.max(seq);
            chat.summary.unread = 0;
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

    pub fn selected_index(&self) -> Option<usize> {
        self.list.iter().position(|chat| Some(chat.id()) == self.selected)
    }

    pub fn select(&mut self, id: ConversationId) {
        self.selected = Some(id);
    }

    /// The conversation so many places below the selected one, around the ends.
    pub fn neighbour(&self, step: isize) -> Option<ConversationId> {
        let count = isize::try_from(self.list.len()).ok().filter(|count| *count > 0)?;
        let at = match self.selected_index() {
            Some(index) => isize::try_from(index).ok()? + step,
            None => 0,
        };
        usize::try_from(at.rem_euclid(count)).ok().map(|index| self.list[index].id())
    }

    /// Unread messages in other conversations than the selected one.
    pub fn unread_elsewhere(&self) -> u32 {
        self.list.iter().filter(|chat| Some(chat.id()) != self.selected).map(|chat| chat.summary.unread).sum()
    }
}
