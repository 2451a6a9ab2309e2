//! The loaded part of one conversation's log, and where the user has scrolled to.

use chat_protocol::{Entry, Seq};

/// Entries in a page of older ones.
pub const OLDER_LIMIT: u32 = 100;

/// Entries without a hole, up to the newest.
#[derive(Debug, Default)]
pub struct Timeline {
    pub entries: Vec<Entry>,
    /// True when nothing stands before the first entry.
    pub at_start: bool,
    /// A page of older entries is on its way.
    pub loading_older: bool,
    pub scroll: Scroll,
    /// Everything up to here had been read when the conversation was opened.
    pub read_before: Seq,
    /// What came after that and up to here stands below the mark "new"; nothing when nothing was unread.
    pub new_until: Option<Seq>,
}

/// How far the user has scrolled.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Scroll {
    /// Lines between the bottom of the screen and the end.
    pub lines: usize,
    /// Entries that came since the user left the end.
    pub new_below: usize,
}

impl Scroll {
    pub fn is_at_bottom(self) -> bool {
        self.lines == 0
    }
}

impl Timeline {
    /// The newest page, in place of what was there.
    pub fn replace(&mut self, entries: Vec<Entry>, at_start: bool) {
        self.entries = entries;
        self.at_start = at_start;
        self.loading_older = false;
        self.scroll = Scroll::default();
    }

    /// Keeps the place of whoever has scrolled up, when entries came that take so many lines.
    pub fn stay(&mut self, lines: usize, entries: usize) {
        self.scroll.lines += lines;
        self.scroll.new_below += entries;
    }

    /// A page from before the first entry.
    pub fn prepend(&mut self, mut older: Vec<Entry>, at_start: bool) {
        self.loading_older = false;
        self.at_start = at_start;
        let first = self.entries.first().map(|entry| entry.seq);
        older.retain(|entry| first.is_none_or(|first| entry.seq < first));
        self.entries.splice(0..0, older);
    }

    /// Scrolls so many lines off the end.
    pub fn scroll_to(&mut self, lines: usize) {
        self.scroll.lines = lines;
        if self.scroll.is_at_bottom() {
            self.scroll.new_below = 0;
        }
    }

    pub fn leave_scroll(&mut self) {
        self.scroll = Scroll::default();
    }
}
