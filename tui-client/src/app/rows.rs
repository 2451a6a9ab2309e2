//! A message as lines of the screen.

mod files;
pub mod mentions;
mod message;
mod reactions;
mod text;
mod wrap;

pub use reactions::Tally;
pub use text::{Dress, Run};
pub use wrap::wrap;

use super::files::line::{self, FileLine};
use super::files::pictures::PictureKey;
use super::groups::words::happened;
use super::pick::picked;
use super::{Model, Timeline, timeline};
use chat_client::{Content, Outgoing, OutgoingState, SafeText};
use chat_protocol::{Attachment, Body, Entry, Quote, UnixMillis, UserName};
use mentions::Mentions;
use text::push_text;
use timeline::is_happening;

/// Messages of one sender stand under one heading when they are no further apart than this.
const GROUP_MS: u64 = 5 * 60 * 1000;

/// One line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Row {
    /// A new day begins.
    Day(String),
    /// What follows was unread.
    New,
    /// Who speaks, and since when.
    Heading { from: UserName, time: String, mine: bool },
    /// A line of a message, with the mark before it.
    Text { mark: Mark, runs: Vec<Run> },
    /// What has happened to a group.
    Happened(String),
    /// Why a message was not sent, or a file not saved.
    Reason(String),
    /// The message that what follows answers.
    Reply(String),
    /// How others have reacted to a message.
    Reactions(Vec<Tally>),
    /// A file, with the mark before it and the picture that is wanted with it.
    File { mark: Mark, line: FileLine, picture: Option<Box<Attachment>> },
    /// What has become of the file above.
    Note(String),
    /// One line of a picture, counted from 0.
    Picture(PictureKey, u16),
    /// A line of the message that the user has gone to.
    Picked(Box<Row>),
}

/// How far a message is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mark {
    /// Somebody else's, or a later line.
    None,
    /// It is kept here and goes out when it can.
    Queued,
    /// It is stored.
    Sent,
    /// It has reached a device of each of the others.
    Delivered,
    /// All others have read it.
    Read,
    /// It was refused.
    Failed,
}

impl Mark {
    /// Two columns.
    pub fn symbol(self) -> &'static str {
        match self {
            Self::None => "  ",
            Self::Queued => " ◌",
            Self::Sent => " ✓",
            Self::Delivered | Self::Read => "✓✓",
            Self::Failed => " ✗",
        }
    }
}

/// The lines of one message of the selected conversation, with what stands above it. Entries come first, then what is on
/// its way, then files that are not on the server yet; there are none beyond.
pub fn message_rows(model: &Model, index: usize) -> Vec<Row> {
    let timeline = model.selected_timeline();
    let entries = timeline.map_or(0, |timeline| timeline.entries().len());
    if let Some(timeline) = timeline.filter(|_| index < entries) {
        return entry_rows(model, timeline, index);
    }
    let (index, is_first) = (index - entries, index == entries);
    if let Some(outgoing) = model.outgoing_here().nth(index) {
        return outgoing_rows(model, outgoing, is_first);
    }
    let upload = model.uploads_here().nth(index - model.outgoing_here().count());
    upload.map(|upload| files::upload_rows(model, upload, is_first)).unwrap_or_default()
}

fn entry_rows(model: &Model, timeline: &Timeline, index: usize) -> Vec<Row> {
    let entry = &timeline.entries()[index];
    let previous = index.checked_sub(1).map(|index| &timeline.entries()[index]);
    let mut rows = Vec::new();
    let starts_day = starts_day(model, entry, previous);
    if starts_day {
        rows.push(Row::Day((model.local_time)(entry.at).format("%A, %-d %B %Y").to_string()));
    }
    if let Some(words) = happened(entry) {
        rows.extend(wrap(&words, model.text_width()).into_iter().map(Row::Happened));
        return rows;
    }
    let is_first_new = is_first_new(model, timeline, index);
    if is_first_new {
        rows.push(Row::New);
    }
    let mine = entry.from == model.me;
    // What happens to a group between the messages of one sender does not part them.
    let spoken = timeline.entries()[..index].iter().rev().find(|entry| !is_happening(entry));
    let is_new_day = self::starts_day(model, entry, spoken);
    if is_new_day || is_first_new || !continues(entry, spoken) {
        rows.push(Row::Heading { from: entry.from.clone(), time: clock(model, entry.at), mine });
    }
    let is_picked = picked(model).is_some_and(|pick| pick.seq == entry.seq);
    let lines = match timeline::message_of(entry) {
        Some(message) => message::message_lines(model, timeline, entry, message),
        None => {
            let mut lines = Vec::new();
            push_text(&mut lines, Mark::None, text_of(entry), Mentions::none(&model.me), model.text_width());
            lines
        }
    };
    rows.extend(lines.into_iter().map(|row| if is_picked { in_picked(row) } else { row }));
    rows
}

/// A picture is seen as it is.
fn in_picked(row: Row) -> Row {
    if matches!(row, Row::Picture(..)) { row } else { Row::Picked(Box::new(row)) }
}

/// `↳ bob: the beginning of what he said`, on at most so many columns.
fn reply_line(quote: &Quote, width: usize) -> String {
    let said = if quote.text.is_empty() { quote.file.as_deref().unwrap_or_default() } else { &quote.text };
    let line = match quote.deleted {
        true => "↳ message deleted".to_owned(),
        false => format!("↳ {}: {}", quote.from, SafeText::line(said)),
    };
    line::start_of(&line, width)
}

/// One's own name, above the first message that is on its way, unless it stands above already.
fn own_heading(model: &Model, is_first: bool) -> Vec<Row> {
    let entries = model.selected_timeline().map_or(&[][..], Timeline::entries);
    let last = entries.iter().rev().find(|entry| !is_happening(entry));
    if !is_first || last.is_some_and(|last| last.from == model.me) {
        return Vec::new();
    }
    vec![Row::Heading { from: model.me.clone(), time: String::new(), mine: true }]
}

fn outgoing_rows(model: &Model, message: &Outgoing, is_first: bool) -> Vec<Row> {
    let mut rows = own_heading(model, is_first);
    let failure = match &message.state {
        OutgoingState::Failed { message, .. } => Some(message),
        _ => None,
    };
    let mut mark = if failure.is_some() { Mark::Failed } else { Mark::Queued };
    let Content::Message { text, file, reply_to } = &message.content else { return rows };
    if let Some(quote) = reply_to {
        let quote = model
            .selected_timeline()
            .map_or_else(|| quote.as_ref().clone(), |timeline| timeline.current(quote));
        rows.push(Row::Reply(reply_line(&quote, model.text_width())));
    }
    if let Some(file) = file {
        let line = line::on_its_way(&file.name, file.size, "", model.text_width());
        rows.push(Row::File { mark, line, picture: None });
        mark = Mark::None;
    }
    if file.is_none() || !text.is_empty() {
        push_text(&mut rows, mark, text, Mentions::none(&model.me), model.text_width());
    }
    if let Some(reason) = failure {
        let reason = format!("not sent: {} (/retry or /discard)", SafeText::line(reason));
        rows.extend(wrap(&reason, model.text_width()).into_iter().map(Row::Reason));
    }
    rows
}

/// What an entry says, as it came.
pub fn text_of(entry: &Entry) -> &str {
    match &entry.body {
        Body::Message(message) => &message.text,
        Body::Edit { text, .. } => text,
        Body::Deletion { .. } | Body::Reaction { .. } | Body::Group(_) | Body::Members { .. } => "",
        Body::Unknown => "(this needs a newer client)",
    }
}

fn starts_day(model: &Model, entry: &Entry, previous: Option<&Entry>) -> bool {
    let day = |at| (model.local_time)(at).date();
    previous.is_none_or(|previous| day(previous.at) != day(entry.at))
}

/// The first message of others that was unread when the conversation was opened.
fn is_first_new(model: &Model, timeline: &Timeline, index: usize) -> bool {
    let entry = &timeline.entries()[index];
    let is_theirs = |entry: &Entry| entry.from != model.me && !is_happening(entry);
    let is_new = |entry: &Entry| entry.seq > timeline.read_before && is_theirs(entry);
    // One's own, which are never new, may stand before it.
    let before = || timeline.entries()[..index].iter().rev().find(|entry| is_theirs(entry));
    timeline.new_until.is_some_and(|until| entry.seq <= until)
        && is_new(entry)
        && !before().is_some_and(is_new)
}

fn continues(entry: &Entry, previous: Option<&Entry>) -> bool {
    previous.is_some_and(|previous| {
        previous.from == entry.from && entry.at.saturating_sub(previous.at) <= GROUP_MS
    })
}

fn clock(model: &Model, at: UnixMillis) -> String {
    (model.local_time)(at).format("%H:%M").to_string()
}
