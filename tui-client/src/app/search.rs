//! Looking for messages: what is typed, what was found, and where the user was before they went to it.

mod excerpt;
mod terms;

pub use excerpt::{Part, excerpt};
pub use terms::Terms;

use super::place::Place;
use super::{Model, Pane};
use chat_protocol::{Body, ConversationId, Entry, Seq, UserName};
use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use ratatui_textarea::TextArea;

/// What a query can be made of, for whoever has not begun one.
pub const GRAMMAR: &[(&str, &str)] = &[
    ("lunch noon", "messages with all of these words"),
    ("\"lunch at noon\"", "with these words one after the other"),
    ("lun*", "with words that begin so"),
    ("from:ann", "what ann has sent"),
    ("in:ann  in:#ops", "the conversation with ann; a group"),
    ("after:2026-03-01", "from that day on; before: up to it"),
    ("has:file", "messages with a file"),
];

/// Lines that one hit takes.
pub const HIT_LINES: u16 = 2;
/// Lines of the list that are no hits: its border, the query, and what is said of the hits.
const OTHER_LINES: u16 = 4;

/// Hits that the screen shows at once.
pub fn hits_seen(model: &Model) -> usize {
    usize::from(model.size.1.saturating_sub(OTHER_LINES) / HIT_LINES).max(1)
}

/// The line of the query, and what was found last. It is kept while the list is closed.
#[derive(Debug)]
pub struct Search {
    pub line: TextArea<'static>,
    /// What was looked for: the hits belong to it.
    asked: Option<String>,
    hits: Vec<Entry>,
    /// The cursor of the page that follows the hits.
    next: Option<String>,
    pub is_loading: bool,
    pub selected: usize,
    /// Why nothing was found.
    pub problem: Option<String>,
}

impl Default for Search {
    fn default() -> Self {
        let (line, hits) = (empty_line(), Vec::new());
        Self { line, asked: None, hits, next: None, is_loading: false, selected: 0, problem: None }
    }
}

impl Search {
    /// What is typed.
    pub fn query(&self) -> String {
        self.line.lines().first().map_or("", String::as_str).trim().to_owned()
    }

    pub fn hits(&self) -> &[Entry] {
        &self.hits
    }

    /// What the hits were found by.
    pub fn found_by(&self) -> &str {
        self.asked.as_deref().unwrap_or_default()
    }

    pub fn has_more(&self) -> bool {
        self.next.is_some()
    }

    /// Whether the hits are those of what is typed.
    pub fn is_answered(&self) -> bool {
        self.asked.as_ref() == Some(&self.query()) && self.problem.is_none() && !self.is_loading
    }

    /// Puts a query in place of what is typed.
    pub fn set(&mut self, query: &str) {
        self.line = empty_line();
        self.insert(query);
    }

    /// Inserts a text. A query is one line.
    pub fn insert(&mut self, text: &str) {
        let is_break = |c: char| c.is_control();
        self.line.insert_str(text.replace(is_break, " "));
    }

    /// A key for the line.
    pub fn type_key(&mut self, key: KeyEvent) {
        match (key.code, key.modifiers) {
            (KeyCode::Char('u'), KeyModifiers::CONTROL) => {
                self.line.delete_line_by_head();
            }
            (KeyCode::Char('w'), KeyModifiers::CONTROL)
            | (KeyCode::Char(_), KeyModifiers::NONE | KeyModifiers::SHIFT)
            | (
                KeyCode::Backspace
                | KeyCode::Delete
                | KeyCode::Left
                | KeyCode::Right
                | KeyCode::Home
                | KeyCode::End,
                _,
            ) => {
                self.line.input(key);
            }
            _ => {}
        }
    }

    /// What is typed is looked for from here on.
    pub fn begin(&mut self) -> String {
        let query = self.query();
        self.asked = Some(query.clone());
        self.hits.clear();
        (self.next, self.problem, self.selected, self.is_loading) = (None, None, 0, true);
        query
    }

    /// The query and the cursor of the next page; none when there is none, or it is on its way.
    pub fn begin_next(&mut self) -> Option<(String, String)> {
        let next = self.asked.clone().zip(self.next.clone()).filter(|_| !self.is_loading)?;
        self.is_loading = true;
        Some(next)
    }

    /// Takes in a page, unless something else is looked for by now.
    pub fn take(&mut self, query: &str, cursor: Option<&str>, hits: Vec<Entry>, next: Option<String>) {
        if self.asked.as_deref() != Some(query) || self.next.as_deref() != cursor {
            return;
        }
        self.hits.extend(hits);
        (self.next, self.is_loading) = (next, false);
    }

    /// The query was refused.
    pub fn refuse(&mut self, query: &str, problem: String) {
        if self.asked.as_deref() == Some(query) {
            (self.problem, self.is_loading) = (Some(problem), false);
        }
    }

    /// Selects another hit; whether that is the last one.
    pub fn step(&mut self, step: isize) -> bool {
        let last = self.hits.len().saturating_sub(1);
        self.selected = self.selected.saturating_add_signed(step).min(last);
        self.selected == last
    }

    /// What has just been said may change what was found: of a deleted message nothing is left.
    pub fn hear(&mut self, entry: &Entry) {
        let Some(target) = entry.body.target() else { return };
        let is_it = |hit: &Entry| hit.conversation == entry.conversation && hit.seq == target;
        if matches!(entry.body, Body::Deletion { .. }) {
            self.hits.retain(|hit| !is_it(hit));
        }
        for hit in self.hits.iter_mut().filter(|hit| is_it(hit)) {
            if let Body::Message(message) = &mut hit.body {
                message.apply(entry.seq, entry.at, &entry.from, &entry.body);
            }
        }
        self.step(0);
    }

    /// What stood before this number is gone.
    pub fn begin_at(&mut self, conversation: ConversationId, first: Seq) {
        self.hits.retain(|hit| hit.conversation != conversation || hit.seq >= first);
        self.step(0);
    }

    /// What somebody wrote is gone.
    pub fn erase(&mut self, user: &UserName, is_there: impl Fn(ConversationId) -> bool) {
        self.hits.retain(|hit| hit.from != *user || !is_there(hit.conversation));
        self.step(0);
    }

    /// What was said in this conversation cannot be read any more.
    pub fn forget(&mut self, conversation: ConversationId) {
        self.hits.retain(|hit| hit.conversation != conversation);
        self.step(0);
    }
}

fn empty_line() -> TextArea<'static> {
    let mut line = TextArea::default();
    line.set_cursor_line_style(ratatui::style::Style::new());
    line
}

/// Where the user was before they went to a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Back {
    pub conversation: ConversationId,
    pub pane: Pane,
    pub place: Option<Place>,
    pub picked: Option<Seq>,
}

impl Back {
    /// Where the user is, if anything is shown.
    pub fn here(model: &Model) -> Option<Self> {
        let conversation = model.chats.selected_id()?;
        let timeline = model.selected_timeline()?;
        // What is not connected with the end is not kept.
        let (place, picked) = match timeline.is_in_past() {
            true => (None, None),
            false => (timeline.scroll.place.clone(), timeline.picked.map(|pick| pick.seq)),
        };
        Some(Self { conversation, pane: model.pane, place, picked })
    }
}
