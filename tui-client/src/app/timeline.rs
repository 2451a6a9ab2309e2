//! The loaded part of one conversation's log, with what has changed its messages folded into them.

mod stretch;

use super::Pick;
use super::place::Scroll;
use chat_protocol::{Body, Entry, Message, Quote, Seq, UserName};
use stretch::Stretch;

/// Entries in a page of older or later ones.
pub const PAGE_LIMIT: u32 = 100;

/// Entries below a message that is looked for, which come with it.
const BELOW_SOUGHT: u64 = 50;

/// Messages up to the newest, or those around an older one that was gone to. Entries between them that change a message are
/// no lines of their own.
#[derive(Debug, Default)]
pub struct Timeline {
    shown: Stretch,
    /// The end of the log, while something older is shown that is not connected with it.
    newest: Option<Stretch>,
    /// The page that is on its way; there is never more than one.
    asked: Option<Asked>,
    /// The message that is looked for.
    sought: Option<Sought>,
    pub scroll: Scroll,
    /// Everything up to here had been read when the conversation was opened.
    pub read_before: Seq,
    /// What came after that and up to here stands below the mark "new"; nothing when nothing was unread.
    pub new_until: Option<Seq>,
    /// The message that the user has gone to by keys.
    pub picked: Option<Pick>,
}

/// What a page that is on its way is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Asked {
    /// It goes before what is shown.
    Older,
    /// It goes behind what is shown, which is not the end.
    Later,
    /// It holds this message, which is looked for.
    Around(Seq),
    /// Nothing any more.
    Nothing,
}

/// A message that is looked for.
#[derive(Debug, Clone, Copy)]
struct Sought {
    seq: Seq,
    /// Entries that are asked for below it, fewer when their texts are too long for a page; none when all was tried.
    below: Option<u64>,
}

/// What has become of the search for a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Seek {
    /// There is none, or it goes on when a page has come.
    Nothing,
    /// It is shown.
    Found(Seq),
    /// There is no such message any more.
    Gone(Seq),
    /// The page that ends before this number is to be asked for.
    Ask(Seq),
}

impl Timeline {
    /// What is shown: the messages, and what this build does not know, in ascending order.
    pub fn entries(&self) -> &[Entry] {
        &self.shown.entries
    }

    /// The same of the end of the log, which need not be shown.
    pub fn latest(&self) -> &[Entry] {
        &self.newest.as_ref().unwrap_or(&self.shown).entries
    }

    /// Whether nothing stands before what is shown.
    pub fn is_at_start(&self) -> bool {
        self.shown.at_start
    }

    /// Whether something older is shown, which is not connected with the newest message.
    pub fn is_in_past(&self) -> bool {
        self.newest.is_some()
    }

    /// Whether the newest message is shown, and is what the user wants to see.
    pub fn is_at_end(&self) -> bool {
        !self.is_in_past() && self.scroll.is_at_bottom() && self.sought.is_none()
    }

    pub fn is_loading_older(&self) -> bool {
        self.asked == Some(Asked::Older)
    }

    /// The number of the message that is looked for.
    pub fn sought(&self) -> Option<Seq> {
        self.sought.map(|sought| sought.seq)
    }

    /// The newest page, in place of what was there. A page that is on its way belongs to nothing any more.
    pub fn replace(&mut self, entries: Vec<Entry>, at_start: bool) {
        (self.shown, self.newest) = (Stretch::new(entries, at_start), None);
        self.forget_asked();
        self.picked = None;
        self.scroll = Scroll::default();
    }

    /// A page that was asked for, of entries before a number.
    pub fn take_older(&mut self, page: Vec<Entry>, at_start: bool) {
        match self.asked.take() {
            Some(Asked::Older) => self.shown.prepend(page, at_start),
            Some(Asked::Around(seq)) => self.take_around(seq, page, at_start),
            Some(Asked::Later | Asked::Nothing) | None => {}
        }
    }

    /// A page that was asked for, of entries behind a number.
    pub fn take_later(&mut self, mut page: Vec<Entry>) {
        if self.asked.take() == Some(Asked::Later) {
            page.retain(|entry| Some(entry.seq) <= self.end());
            self.shown.extend(page);
            self.connect();
        }
    }

    /// The page does not come.
    pub fn give_up_page(&mut self) {
        self.asked = None;
    }

    /// What follows the newest. Gives the number of messages among it, without what is only told of a group.
    pub fn append(&mut self, newer: Vec<Entry>) -> usize {
        if self.is_in_past() {
            newer.iter().for_each(|entry| self.shown.fold(entry));
        }
        let lines = self.newest.as_mut().unwrap_or(&mut self.shown).append(newer);
        lines.iter().filter(|entry| !is_happening(entry)).count()
    }

    /// The number below which older entries are to be asked for; nothing when there are none, or a page is on its way.
    pub fn begin_older(&mut self) -> Option<Seq> {
        let before = self.shown.first().filter(|_| !self.is_at_start() && self.asked.is_none())?;
        self.asked = Some(Asked::Older);
        Some(before)
    }

    /// The number above which later entries are to be asked for; nothing when the newest are shown, or a page is on its way.
    pub fn begin_later(&mut self) -> Option<Seq> {
        let after = self.shown.last().filter(|_| self.is_in_past() && self.asked.is_none())?;
        self.asked = Some(Asked::Later);
        Some(after)
    }

    /// From now on this message is looked for.
    pub fn begin_seek(&mut self, seq: Seq) {
        self.sought = Some(Sought { seq, below: Some(BELOW_SOUGHT) });
    }

    /// It is not looked for any more; which one it was.
    pub fn end_seek(&mut self) -> Option<Seq> {
        self.sought.take().map(|sought| sought.seq)
    }

    /// Looks whether the message that is looked for is there, and what is to be done if it is not.
    pub fn seek(&mut self) -> Seek {
        let Some(Sought { seq, below }) = self.sought else { return Seek::Nothing };
        if !self.shown.holds(seq) && self.newest.as_ref().is_some_and(|newest| newest.holds(seq)) {
            self.show_newest();
        }
        if self.shown.message(seq).is_some() {
            self.sought = None;
            return Seek::Found(seq);
        }
        let Some(below) = below.filter(|_| !self.shown.holds(seq)) else {
            self.sought = None;
            return Seek::Gone(seq);
        };
        // What is still to be told comes by itself.
        let is_told = self.end().is_some_and(|end| seq <= end);
        let before = Seq::new(seq.get() + below + 1).filter(|_| is_told && self.asked.is_none());
        let Some(before) = before else { return Seek::Nothing };
        self.asked = Some(Asked::Around(seq));
        Seek::Ask(before)
    }

    /// The log begins here now: what stood before it is gone, and what quoted it says nothing of it any more.
    pub fn begin_at(&mut self, first: Seq) {
        self.shown.begin_at(first);
        self.newest.iter_mut().for_each(|newest| newest.begin_at(first));
        if self.is_in_past() && self.entries().is_empty() {
            self.show_newest();
        }
        self.picked.take_if(|pick| pick.seq < first);
    }

    /// What somebody wrote is gone, and another name stands for them.
    pub fn erase(&mut self, user: &UserName, now: &UserName) {
        self.shown.erase(user, now);
        self.newest.iter_mut().for_each(|newest| newest.erase(user, now));
    }

    /// Shows the end of the log.
    pub fn show_newest(&mut self) {
        if let Some(newest) = self.newest.take() {
            self.shown = newest;
            self.forget_asked();
        }
        self.scroll = Scroll::default();
    }

    /// The message with this number, and its entry.
    pub fn message(&self, seq: Seq) -> Option<(&Entry, &Message)> {
        self.shown.message(seq).or_else(|| self.newest.as_ref()?.message(seq))
    }

    /// A quote as its origin is now, when that is loaded.
    pub fn current(&self, quote: &Quote) -> Quote {
        match self.message(quote.seq) {
            Some((origin, message)) if !quote.deleted => Quote::of(quote.seq, origin.from.clone(), message),
            _ => quote.clone(),
        }
    }

    /// The number of the last entry that was told. What a page holds beyond it comes once more.
    fn end(&self) -> Option<Seq> {
        self.newest.as_ref().unwrap_or(&self.shown).last()
    }

    /// The page that is on its way was for something that is not there any more.
    fn forget_asked(&mut self) {
        if self.asked.is_some() {
            self.asked = Some(Asked::Nothing);
        }
    }

    /// Shows the page with the message that is looked for.
    fn take_around(&mut self, seq: Seq, mut page: Vec<Entry>, at_start: bool) {
        let end = self.end();
        let Some(sought) = self.sought.as_mut().filter(|sought| sought.seq == seq) else { return };
        let is_cut = !at_start && page.first().is_some_and(|first| first.seq > seq);
        page.retain(|entry| Some(entry.seq) <= end);
        let page = Stretch::new(page, at_start);
        if page.message(sought.seq).is_none() {
            sought.below = sought.below.filter(|below| is_cut && *below > 0).map(|_| 0);
            return;
        }
        let before = std::mem::replace(&mut self.shown, page);
        self.newest.get_or_insert(before);
        self.scroll = Scroll { place: None, ..self.scroll.clone() };
        self.connect();
    }

    /// What is shown and the end of the log are one again when nothing is missing between them.
    fn connect(&mut self) {
        self.newest = self.newest.take().and_then(|newest| self.shown.join(newest));
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

#[cfg(test)]
mod tests;
