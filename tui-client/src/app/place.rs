//! Where the user has scrolled to, and what stands there. A place is held by a message and not by a count of lines: what
//! comes or goes elsewhere does not move it, and finding it costs what the screen shows and not what is loaded.

use super::rows::{Row, message_rows};
use super::{Model, Timeline};
use chat_client::files::TransferId;
use chat_protocol::{ClientId, Seq};

/// The message on the screen's last line, and how many of its lines are below that.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    message: Message,
    hidden: usize,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Message {
    Entry(Seq),
    Outgoing(ClientId),
    Upload(TransferId),
}

/// The lines before this message but the last few, by its index: entries first, then what is on its way, then files that
/// are not on the server yet.
#[derive(Debug, Clone, Copy)]
struct End {
    index: usize,
    hidden: usize,
}

/// The lines that the screen shows, as many as there are up to `height`.
pub fn visible(model: &Model, height: usize) -> Vec<Row> {
    let end = end(model);
    let mut rows = rows_above(model, end, height);
    // At the top, on a screen that has become higher, the rest is filled from below.
    if rows.len() < height {
        let shown = rows.len();
        rows.extend(rows_below(model, end).take(height - shown));
    }
    rows
}

/// The index of the last stored message that the screen shows.
pub fn last_seen(model: &Model) -> Option<usize> {
    end(model).index.min(entries(model).len()).checked_sub(1)
}

/// The place at which a message is seen whole, or else its first lines: where it is, if that is so already.
pub fn showing(model: &Model, seq: Seq, height: usize) -> Option<Place> {
    let now = end(model);
    let index = entries(model).partition_point(|entry| entry.seq < seq);
    let lines = |index| message_rows(model, index).len();
    let is_below = index >= now.index || (index + 1 == now.index && now.hidden > 0);
    if is_below && index < count(model) {
        let hidden = (lines(index) - heading(model, index, height)).saturating_sub(height);
        return place(model, End { index: index + 1, hidden });
    }
    let (mut shown, mut first_on_top) = (0, None);
    for at in index..now.index {
        shown += if at == index { lines(at) - heading(model, at, height) } else { lines(at) };
        if shown >= height && first_on_top.is_none() {
            first_on_top = Some(End { index: at + 1, hidden: shown - height });
        }
        if shown > height + now.hidden {
            return place(model, first_on_top.unwrap_or(now));
        }
    }
    place(model, now)
}

/// The place at which a message is seen among what was said before and after it; where it is, if it is seen whole already.
pub fn around(model: &Model, seq: Seq, height: usize) -> Option<Place> {
    let now = place(model, end(model));
    let shown = showing(model, seq, height);
    if shown == now {
        return now;
    }
    let index = entries(model).partition_point(|entry| entry.seq < seq);
    let lines = message_rows(model, index).len();
    let below = height.saturating_sub(lines) / 2;
    place(model, downwards(model, End { index: (index + 1).min(count(model)), hidden: 0 }, below))
}

/// Lines above a message that are not worth showing with it, for then it would not be seen itself.
fn heading(model: &Model, index: usize, height: usize) -> usize {
    let is_above = |row: &&Row| matches!(row, Row::Day(_) | Row::New | Row::Heading { .. });
    let lines = message_rows(model, index).iter().take_while(is_above).count();
    if lines < height { 0 } else { lines }
}

/// The place so many lines further up, but no further than the screen stays full; nothing at the end. With it, how many
/// lines there are above the screen, at least when they are fewer than two screens.
pub fn higher(model: &Model, lines: usize, height: usize) -> (Option<Place>, usize) {
    let from = end(model);
    let found = rows_above(model, from, lines + 3 * height).len();
    let up = lines.min(found.saturating_sub(height));
    (place(model, upwards(model, from, up)), found.saturating_sub(up + height))
}

/// The place so many lines further down; nothing at the end.
pub fn lower(model: &Model, lines: usize) -> Option<Place> {
    place(model, downwards(model, end(model), lines))
}

/// Messages below the screen.
pub fn messages_below(model: &Model) -> usize {
    count(model) - end(model).index
}

fn entries(model: &Model) -> &[chat_protocol::Entry] {
    model.selected_timeline().map_or(&[], Timeline::entries)
}

fn is_in_past(model: &Model) -> bool {
    model.selected_timeline().is_some_and(Timeline::is_in_past)
}

fn count(model: &Model) -> usize {
    entries(model).len() + model.outgoing_here().count() + model.uploads_here().count()
}

fn end(model: &Model) -> End {
    let Some(place) = model.selected_timeline().and_then(|timeline| timeline.scroll.place.as_ref()) else {
        return End { index: count(model), hidden: 0 };
    };
    let loaded = entries(model).len();
    let index = match &place.message {
        Message::Entry(seq) => entries(model).partition_point(|entry| entry.seq < *seq),
        // One that has been sent meanwhile has become an entry, most likely the last one.
        Message::Outgoing(id) => model
            .outgoing_here()
            .position(|outgoing| outgoing.client_id == *id)
            .map_or(loaded.saturating_sub(1), |index| loaded + index),
        // One that is on the server has become the last message on its way.
        Message::Upload(id) => {
            let before = loaded + model.outgoing_here().count();
            let index = model.uploads_here().position(|upload| upload.id == *id);
            index.map_or(before.saturating_sub(1), |index| before + index)
        }
    };
    // On a wider screen a message has fewer lines.
    let lines = if index < count(model) { message_rows(model, index).len() } else { 0 };
    End { index: (index + 1).min(count(model)), hidden: place.hidden.min(lines.saturating_sub(1)) }
}

fn place(model: &Model, end: End) -> Option<Place> {
    // The end of something older is not where new messages come.
    if end.hidden == 0 && end.index == count(model) && !is_in_past(model) {
        return None;
    }
    let index = end.index.checked_sub(1)?;
    let message = match entries(model).get(index) {
        Some(entry) => Message::Entry(entry.seq),
        None => not_stored(model, index - entries(model).len())?,
    };
    Some(Place { message, hidden: end.hidden })
}

fn not_stored(model: &Model, index: usize) -> Option<Message> {
    if let Some(outgoing) = model.outgoing_here().nth(index) {
        return Some(Message::Outgoing(outgoing.client_id.clone()));
    }
    let upload = model.uploads_here().nth(index - model.outgoing_here().count())?;
    Some(Message::Upload(upload.id))
}

/// At most `wanted` lines, from the top down.
fn rows_above(model: &Model, end: End, wanted: usize) -> Vec<Row> {
    let mut upwards = Vec::new();
    for index in (0..end.index).rev() {
        if upwards.len() >= wanted + end.hidden {
            break;
        }
        upwards.extend(message_rows(model, index).into_iter().rev());
    }
    let mut rows: Vec<_> = upwards.into_iter().skip(end.hidden).take(wanted).collect();
    rows.reverse();
    rows
}

fn rows_below(model: &Model, end: End) -> impl Iterator<Item = Row> {
    let cut = end.index.checked_sub(1).map(|index| message_rows(model, index)).unwrap_or_default();
    let shown = cut.len() - end.hidden.min(cut.len());
    let below = (end.index..count(model)).flat_map(|index| message_rows(model, index));
    cut.into_iter().skip(shown).chain(below)
}

/// So many lines further up, of those that there are.
fn upwards(model: &Model, mut end: End, lines: usize) -> End {
    end.hidden += lines;
    while let Some(index) = end.index.checked_sub(1) {
        let own = message_rows(model, index).len();
        if end.hidden < own {
            break;
        }
        end = End { index, hidden: end.hidden - own };
    }
    end
}

/// So many lines further down, of those that there are.
fn downwards(model: &Model, mut end: End, lines: usize) -> End {
    let mut left = lines;
    while left > end.hidden {
        if end.index == count(model) {
            return End { hidden: 0, ..end };
        }
        left -= end.hidden;
        end = End { index: end.index + 1, hidden: message_rows(model, end.index).len() };
    }
    End { hidden: end.hidden - left, ..end }
}

/// Whether the place is the end of the conversation, and what has come since it is not.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Scroll {
    /// Nothing at the end, which it then follows.
    pub place: Option<Place>,
    /// Entries that came since the user left the end.
    pub new_below: usize,
}

impl Scroll {
    pub fn is_at_bottom(&self) -> bool {
        self.place.is_none()
    }
}

impl Timeline {
    pub fn scroll_to(&mut self, place: Option<Place>) {
        self.scroll.place = place;
        if self.scroll.is_at_bottom() {
            self.scroll.new_below = 0;
        }
    }
}
