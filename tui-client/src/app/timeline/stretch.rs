//! A stretch of a conversation's log without holes, with what has changed its messages folded into them.

use super::message_of;
use chat_protocol::{Body, Entry, Message, Quote, Seq, UserName};

/// What is loaded between two numbers. Entries that change a message are no lines of their own.
#[derive(Debug, Default)]
pub struct Stretch {
    /// The messages, and what this build does not know, in ascending order.
    pub entries: Vec<Entry>,
    /// True when nothing stands before the first entry.
    pub at_start: bool,
    /// The numbers of its first and its last entry, which need not be messages; nothing while it is empty.
    ends: Option<(Seq, Seq)>,
}

impl Stretch {
    /// A page of the log.
    pub fn new(entries: Vec<Entry>, at_start: bool) -> Self {
        let ends = entries.first().zip(entries.last()).map(|(first, last)| (first.seq, last.seq));
        Self { entries: entries.into_iter().filter(is_line).collect(), at_start, ends }
    }

    pub fn first(&self) -> Option<Seq> {
        self.ends.map(|(first, _)| first)
    }

    pub fn last(&self) -> Option<Seq> {
        self.ends.map(|(_, last)| last)
    }

    /// Whether it is known what stands there under this number.
    pub fn holds(&self, seq: Seq) -> bool {
        let is_behind_start = self.at_start || self.first().is_some_and(|first| first <= seq);
        is_behind_start && self.last().is_none_or(|last| seq <= last)
    }

    /// The message with this number, and its entry.
    pub fn message(&self, seq: Seq) -> Option<(&Entry, &Message)> {
        let at = self.entries.binary_search_by_key(&seq, |entry| entry.seq).ok()?;
        let entry = &self.entries[at];
        message_of(entry).map(|message| (entry, message))
    }

    /// Takes in a page that ends where this begins; another one is none of it. All changes that were told before it are in
    /// it already: the library sees to that.
    pub fn prepend(&mut self, mut page: Vec<Entry>, at_start: bool) {
        page.retain(|entry| self.first().is_none_or(|first| entry.seq < first));
        let Some((first, last)) = page.first().zip(page.last()).map(|(first, last)| (first.seq, last.seq))
        else {
            self.at_start |= at_start;
            return;
        };
        if self.first().is_some_and(|own| last.next() != own) {
            return;
        }
        self.ends = Some((first, self.last().unwrap_or(last)));
        self.at_start = at_start;
        page.retain(is_line);
        self.entries.splice(0..0, page);
    }

    /// Takes in a page that begins where this ends, in the same way.
    pub fn extend(&mut self, mut page: Vec<Entry>) {
        page.retain(|entry| self.last().is_none_or(|last| entry.seq > last));
        let follows = |entry: &Entry| self.last().is_none_or(|last| last.next() == entry.seq);
        let Some((first, last)) = page.first().filter(|entry| follows(entry)).zip(page.last()) else {
            return;
        };
        self.ends = Some((self.first().unwrap_or(first.seq), last.seq));
        self.entries.extend(page.into_iter().filter(is_line));
    }

    /// Takes in what has just been said. Gives the lines that came.
    pub fn append(&mut self, newer: Vec<Entry>) -> &[Entry] {
        let before = self.entries.len();
        for entry in newer {
            self.ends = Some((self.first().unwrap_or(entry.seq), entry.seq));
            if is_line(&entry) {
                self.entries.push(entry);
                continue;
            }
            self.fold(&entry);
        }
        &self.entries[before..]
    }

    /// Takes in what follows it and may overlap it; gives it back when there is a hole between the two.
    pub fn join(&mut self, later: Self) -> Option<Self> {
        let touches = self.last().zip(later.first()).is_some_and(|(last, first)| first <= last.next());
        if !touches {
            return Some(later);
        }
        let last = self.last();
        self.ends = self.first().zip(later.last().max(last));
        self.entries.extend(later.entries.into_iter().filter(|entry| Some(entry.seq) > last));
        None
    }

    /// What stood before this number is gone.
    pub fn begin_at(&mut self, first: Seq) {
        for quote in self.quotes().filter(|quote| quote.seq < first) {
            (quote.text, quote.file, quote.deleted) = (String::new(), None, true);
        }
        if self.first().is_none_or(|own| own > first) {
            return;
        }
        self.at_start = true;
        self.ends = self.last().filter(|last| *last >= first).map(|last| (first, last));
        self.entries.retain(|entry| entry.seq >= first);
    }

    /// What somebody wrote is gone, and another name stands for them.
    pub fn erase(&mut self, user: &UserName, now: &UserName) {
        for entry in &mut self.entries {
            entry.forget_user(user, now);
        }
    }

    fn quotes(&mut self) -> impl Iterator<Item = &mut Quote> {
        self.entries.iter_mut().filter_map(|entry| match &mut entry.body {
            Body::Message(message) => message.reply_to.as_deref_mut(),
            _ => None,
        })
    }

    /// Takes a change into its message, and into the quotes of it, which stand below it.
    pub fn fold(&mut self, change: &Entry) {
        let Some(target) = change.body.target() else { return };
        let from = self.entries.partition_point(|entry| entry.seq < target);
        let is_quoted = !matches!(change.body, Body::Reaction { .. });
        for entry in &mut self.entries[from..] {
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
}

/// Whether an entry has a place of its own among the messages.
pub fn is_line(entry: &Entry) -> bool {
    entry.body.target().is_none()
}
