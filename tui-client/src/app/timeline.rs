//! The loaded part of one conversation's log.

use super::place::Scroll;
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

impl Timeline {
    /// The newest page, in place of what was there.
    pub fn replace(&mut self, entries: Vec<Entry>, at_start: bool) {
        self.entries = entries;
        self.at_start = at_start;
        self.loading_older = false;
        self.scroll = Scroll::default();
    }

    /// A page from before the first entry.
    pub fn prepend(&mut self, mut older: Vec<Entry>, at_start: bool) {
        self.loading_older = false;
        self.at_start = at_start;
        let first = self.entries.first().map(|entry| entry.seq);
        older.retain(|entry| first.is_none_or(|first| entry.seq < first));
        self.entries.splice(0..0, older);
    }
}
