//! The loaded part of one conversation's log, with what has changed its messages folded into them.

use super::Pick;
use super::place::Scroll;
use chat_protocol::{Body, Entry, Message, Quote, Seq};

/// Entries in a page of older ones.
pub const OLDER_LIMIT: u32 = 100;

/// Messages up to the newest. Entries between them that change a message are no lines of their own.
#[derive(Debug, Default)]
pub struct Timeline {
    /// The messages, and what this build does not know, in ascending order.
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
    /// The message that the user has gone to by keys.
    pub picked: Option<Pick>,
    /// The number of a message that is looked for in older pages.
    pub sought: Option<Seq>,
    /// The number of the first entry that is loaded, which need not be a message.
    first: Option<Seq>,
}

impl Timeline {
    /// The newest page, in place of what was there.
    pub fn replace(&mut self, entries: Vec<Entry>, at_start: bool) {
        self.first = entries.first().map(|entry| entry.seq);
        self.entries = entries;
        self.entries.retain(is_line);
        self.at_start = at_start;
        self.loading_older = false;
        (self.picked, self.sought) = (None, None);
        self.scroll = Scroll::default();
    }

    /// A page from before the first entry. All changes that were told before it are in it already: the library sees to that.
    pub fn prepend(&mut self, mut older: Vec<Entry>, at_start: bool) {
        self.loading_older = false;
        self.at_start = at_start;
        older.retain(|entry| self.first.is_none_or(|first| entry.seq < first));
        if let Some(entry) = older.first() {
            self.first = Some(entry.seq);
        }
        older.retain(is_line);
        self.entries.splice(0..0, older);
    }

    /// What follows. Gives the number of messages among it, without what is only told of a group.
    pub fn append(&mut self, newer: Vec<Entry>) -> usize {
        let before = self.entries.len();
        for entry in newer {
            self.first = self.first.or(Some(entry.seq));
            if is_line(&entry) {
                self.entries.push(entry);
                continue;
            }
            fold(&mut self.entries, &entry);
        }
        self.entries[before..].iter().filter(|entry| !is_happening(entry)).count()
    }

    /// The number below which older entries are to be asked for; nothing when there are none, or they are on their way.
    pub fn begin_older(&mut self) -> Option<Seq> {
        let before = self.first.filter(|_| !self.at_start && !self.loading_older)?;
        self.loading_older = true;
        Some(before)
    }

    /// Whether the entry with this number would be loaded if there were one.
    pub fn holds(&self, seq: Seq) -> bool {
        self.at_start || self.first.is_some_and(|first| first <= seq)
    }

    /// The message with this number, and its entry.
    pub fn message(&self, seq: Seq) -> Option<(&Entry, &Message)> {
        let at = self.entries.binary_search_by_key(&seq, |entry| entry.seq).ok()?;
        let entry = &self.entries[at];
        message_of(entry).map(|message| (entry, message))
    }

    /// A quote as its origin is now, when that is loaded.
    pub fn current(&self, quote: &Quote) -> Quote {
        match self.message(quote.seq) {
            Some((origin, message)) if !quote.deleted => Quote::of(quote.seq, origin.from.clone(), message),
            _ => quote.clone(),
        }
    }
}

/// The message that an entry is.
pub fn message_of(entry: &Entry) -> Option<&Message> {
    match &entry.body {
        Body::Message(message) => Some(message),
        _ => None,
    }
}

/// Whether an entry is no message and only tells what has happened to a group.
pub fn is_happening(entry: &Entry) -> bool {
    matches!(entry.body, Body::Group(_) | Body::Members { .. })
}

/// Whether an entry has a place of its own among the messages.
fn is_line(entry: &Entry) -> bool {
    entry.body.target().is_none()
}

/// Takes a change into its message, and into the quotes of it, which stand below it.
fn fold(entries: &mut [Entry], change: &Entry) {
    let Some(target) = change.body.target() else { return };
    let from = entries.partition_point(|entry| entry.seq < target);
    let is_quoted = !matches!(change.body, Body::Reaction { .. });
    for entry in &mut entries[from..] {
        let Body::Message(message) = &mut entry.body else { continue };
        if entry.seq == target {
            message.apply(change.seq, change.at, &change.from, &change.body);
        }
        if !is_quoted {
            break;
        }
        if let Some(quote) = &mut message.reply_to {
            quote.apply(&change.body);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::fixture::*;
    use proptest::prelude::*;
    use proptest::sample::Index;
    use std::ops::Range;

    fn text(timeline: &Timeline, number: u64) -> &str {
        &timeline.message(seq(number)).unwrap().1.text
    }

    #[test]
    fn changes_are_no_lines_and_their_numbers_count_all_the_same() {
        let mut timeline = Timeline::default();
        let page =
            vec![edit(3, "bob", 1, "one"), entry(1, 4, "bob", "four"), reaction(5, "alice", 4, "👍", false)];
        timeline.replace(page, false);
        assert_eq!(timeline.entries.len(), 1);
        assert_eq!(timeline.begin_older(), Some(seq(3)), "what is older stands before all that was loaded");
        assert_eq!(timeline.begin_older(), None, "it is on its way");
        assert_eq!(timeline.append(vec![edit(6, "bob", 4, "for"), entry(1, 7, "bob", "seven")]), 1);
        assert_eq!(text(&timeline, 4), "for");
        timeline.prepend(vec![edit(2, "bob", 1, "on")], false);
        assert_eq!(timeline.begin_older(), Some(seq(2)));
        timeline.prepend(vec![entry(1, 1, "bob", "one")], true);
        assert_eq!((timeline.entries.len(), timeline.begin_older()), (3, None));
    }

    #[test]
    fn a_quote_follows_its_origin_whether_that_is_loaded_or_not() {
        let mut timeline = Timeline::default();
        let shown = |timeline: &Timeline, number| {
            let quote = timeline.message(seq(number)).unwrap().1.reply_to.clone().unwrap();
            timeline.current(&quote).text
        };
        timeline.replace(vec![reply(3, "bob", 1, "alice", "old", "yes")], false);
        timeline.append(vec![edit(4, "alice", 1, "newer")]);
        assert_eq!(shown(&timeline, 3), "newer");
        timeline.prepend(vec![entry(1, 1, "alice", "newer")], true);
        // Queued before the change, acknowledged after it.
        timeline.append(vec![reply(5, "bob", 1, "alice", "old", "and yes")]);
        assert_eq!(shown(&timeline, 5), "newer");
        timeline.append(vec![deletion(6, "alice", 1)]);
        let quote = timeline.message(seq(5)).unwrap().1.reply_to.clone().unwrap();
        assert!(quote.deleted && timeline.current(&quote).deleted);
    }
    /// A part of the log as a server tells it: each message as it is at `head`.
    fn page(log: &[Entry], part: Range<usize>, head: usize) -> Vec<Entry> {
        let mut folded = log[..head].to_vec();
        log[..head].iter().for_each(|change| fold(&mut folded, change));
        folded[part].to_vec()
    }

    /// What the log says next, by random numbers: a message, an answer, or a change of some earlier message.
    fn next_entry(log: &[Entry], kind: u8, pick: usize) -> Entry {
        let at = log.len() as u64 + 1;
        let messages: Vec<_> =
            log.iter().filter(|entry| is_line(entry)).map(|entry| entry.seq.get()).collect();
        let Some(&target) = messages.get(pick % messages.len().max(1)) else {
            return entry(1, at, "bob", "first");
        };
        match kind {
            0..3 => entry(1, at, "bob", &format!("text {at}")),
            3 => {
                let origin = &page(log, target as usize - 1..target as usize, log.len())[0];
                let mut quote = Quote::of(origin.seq, origin.from.clone(), message_of(origin).unwrap());
                quote.deleted = message_of(origin).unwrap().deleted_at.is_some();
                let body =
                    Body::Message(Message { reply_to: Some(Box::new(quote)), ..Message::of("answer") });
                Entry { body, ..entry(1, at, "alice", "") }
            }
            4..6 => edit(at, "bob", target, &format!("edit {at}")),
            6 => deletion(at, "bob", target),
            _ => reaction(at, ["alice", "bob"][pick % 2], target, ["👍", "🎉"][pick / 2 % 2], kind == 9),
        }
    }

    /// The messages as they are shown.
    fn shown(timeline: &Timeline) -> Vec<(Seq, Message)> {
        let messages =
            timeline.entries.iter().filter_map(|entry| Some((entry.seq, message_of(entry)?.clone())));
        let current = |(seq, message): (Seq, Message)| {
            let reply_to = message.reply_to.as_ref().map(|quote| Box::new(timeline.current(quote)));
            (seq, Message { reply_to, ..message })
        };
        messages.map(current).collect()
    }

    proptest! {
        #[test]
        fn in_whatever_pieces_a_log_comes_it_says_the_same_in_the_end(
            choices in prop::collection::vec((0_u8..10, any::<usize>()), 1..60),
            newest in any::<Index>(),
            steps in prop::collection::vec((0_u8..3, any::<Index>(), any::<Index>()), 0..20),
        ) {
            let mut log: Vec<Entry> = Vec::new();
            for (kind, pick) in choices {
                let next = next_entry(&log, kind, pick);
                log.push(next);
            }
            let mut heard = newest.index(log.len()) + 1;
            let mut first = heard - 1;
            let mut timeline = Timeline::default();
            timeline.replace(page(&log, first..heard, heard), first == 0);
            for (kind, one, other) in steps {
                let later = heard + one.index(log.len() - heard + 1);
                match kind {
                    // Pushes.
                    0 => {
                        timeline.append(log[heard..later].to_vec());
                        heard = later;
                    }
                    // A page of what was missed, which may know more than it holds.
                    1 => {
                        let end = heard + other.index(later - heard + 1);
                        timeline.append(page(&log, heard..end, later));
                        heard = end;
                    }
                    // An older page, which may know more than has been told.
                    _ if timeline.begin_older().is_some() => {
                        let before = other.index(first);
                        timeline.prepend(page(&log, before..first, later), before == 0);
                        first = before;
                    }
                    _ => {}
                }
            }
            timeline.append(log[heard..].to_vec());
            let mut whole = Timeline::default();
            whole.replace(page(&log, first..log.len(), log.len()), first == 0);
            prop_assert_eq!(shown(&timeline), shown(&whole));
        }
    }
}
