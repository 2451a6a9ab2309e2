//! A stored message as lines of the screen: what it answers, what it says, what has become of it.

use super::mentions::Mentions;
use super::text::{push_edited, push_quiet, push_text};
use super::{Mark, Row, Tally, files, reactions, reply_line, wrap};
use crate::app::groups::readers;
use crate::app::{Model, Timeline, changes};
use chat_client::{OutgoingState, SafeText};
use chat_protocol::{Entry, Message};

/// The lines of a message, without what stands above it.
pub fn message_lines(model: &Model, timeline: &Timeline, entry: &Entry, message: &Message) -> Vec<Row> {
    let width = model.text_width();
    let (message, waits) = changes::shown(model, entry, message);
    let mut mark = mark(model, entry, waits);
    let mut rows = Vec::new();
    if message.deleted_at.is_some() {
        push_quiet(&mut rows, mark, "message deleted", width);
        push_failures(&mut rows, model, entry);
        return rows;
    }
    if let Some(quote) = &message.reply_to {
        rows.push(Row::Reply(reply_line(&timeline.current(quote), width)));
    }
    if let Some(file) = &message.file {
        files::push_file(&mut rows, model, mark, file, entry.seq.get());
        mark = Mark::None;
    }
    if message.file.is_none() || !message.text.is_empty() {
        push_text(&mut rows, mark, &message.text, Mentions::of(&message, &model.me), width);
    }
    if message.edited_at.is_some() {
        push_edited(&mut rows, width);
    }
    let tallies = message.reactions.iter().map(|one| Tally::new(one, &model.me)).collect();
    rows.extend(reactions::lines(tallies, width).into_iter().map(Row::Reactions));
    push_failures(&mut rows, model, entry);
    rows
}

fn mark(model: &Model, entry: &Entry, waits: bool) -> Mark {
    match model.chats.selected() {
        _ if waits => Mark::Queued,
        Some(chat) if entry.from == model.me => match readers(model, &entry.from, entry.seq) {
            Some(reading) => reading.mark(),
            None => chat.mark(entry.seq),
        },
        _ => Mark::None,
    }
}

/// Why the user's changes of this message were not done.
fn push_failures(rows: &mut Vec<Row>, model: &Model, entry: &Entry) {
    for outgoing in changes::of(model, entry.seq) {
        if let OutgoingState::Failed { message, .. } = &outgoing.state {
            let word = changes::word(&outgoing.content);
            let reason = format!("not {word}: {} (/retry or /discard)", SafeText::line(message));
            rows.extend(wrap(&reason, model.text_width()).into_iter().map(Row::Reason));
        }
    }
}
