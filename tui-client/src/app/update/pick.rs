//! Keys for the picked message, and the way to the one that it answers.

use super::{Effect, change, group, pages};
use crate::app::pick::{Pick, neighbour, picked};
use crate::app::place::{self, Place};
use crate::app::search::Back;
use crate::app::timeline::{PAGE_LIMIT, Seek};
use crate::app::{Model, Notice};
use chat_client::Command;
use chat_protocol::Seq;
use crossterm::event::{KeyCode, KeyEvent};

/// Messages that are left above the picked one when older ones are asked for.
const AHEAD: usize = 10;

/// Picks the next message upwards or downwards; below the last one there is the composer again.
pub fn step(model: &mut Model, step: isize) -> Vec<Effect> {
    let Some(timeline) = model.selected_timeline() else { return Vec::new() };
    let from = match timeline.picked {
        Some(pick) => timeline.entries().partition_point(|entry| entry.seq < pick.seq),
        // From below the last one that is seen.
        None => place::last_seen(model).map_or(0, |index| index + 1),
    };
    match neighbour(timeline.entries(), from, step) {
        Some(index) => {
            let seq = timeline.entries()[index].seq;
            let below = timeline.entries().len() - index;
            pick(model, seq);
            match step < 0 {
                true if index < AHEAD => pages::ask_older(model),
                false if below < AHEAD => pages::ask_later(model),
                _ => Vec::new(),
            }
        }
        None if step < 0 => pages::ask_older(model),
        None if model.is_in_past() => pages::ask_later(model),
        None => {
            leave(model);
            Vec::new()
        }
    }
}

fn pick(model: &mut Model, seq: Seq) {
    pick_at(model, seq, place::showing(model, seq, model.timeline_height()));
}

pub fn pick_at(model: &mut Model, seq: Seq, place: Option<Place>) {
    if let Some(timeline) = model.selected_timeline_mut() {
        timeline.picked = Some(Pick { seq, asks_deletion: false });
        timeline.scroll_to(place);
    }
}

/// Picks none any more, looks for none and goes back to nowhere; whether there was anything.
pub fn leave(model: &mut Model) -> bool {
    model.back = None;
    let Some(timeline) = model.selected_timeline_mut() else { return false };
    let (picked, sought) = (timeline.picked.take(), timeline.end_seek());
    picked.is_some() || sought.is_some()
}

/// A key for the picked message.
pub fn handle_key(model: &mut Model, key: KeyEvent) -> Vec<Effect> {
    let Some(Pick { seq, asks_deletion }) = picked(model) else { return Vec::new() };
    if asks_deletion {
        pick(model, seq);
        return if key.code == KeyCode::Char('y') { told(model, change::delete, seq) } else { Vec::new() };
    }
    match key.code {
        KeyCode::Char('r') => told(model, begin_reply, seq),
        KeyCode::Char('e') => told(model, begin_edit, seq),
        KeyCode::Char('d') => told(model, ask_deletion, seq),
        KeyCode::Char('+') => told(model, begin_reaction, seq),
        KeyCode::Char('-') => told(model, |model, seq| change::unreact(model, seq, None), seq),
        KeyCode::Char('h') => told(model, change::versions, seq),
        KeyCode::Char('w') => told(model, group::show_readers, seq),
        KeyCode::Enter => told(model, to_origin, seq),
        _ => Vec::new(),
    }
}

/// Does it, or tells why not.
fn told(
    model: &mut Model,
    work: impl FnOnce(&mut Model, Option<Seq>) -> Result<Vec<Effect>, String>,
    seq: Seq,
) -> Vec<Effect> {
    work(model, Some(seq)).unwrap_or_else(|problem| {
        model.notice = Some(Notice::Error(problem));
        Vec::new()
    })
}

fn begin_reply(model: &mut Model, seq: Option<Seq>) -> Result<Vec<Effect>, String> {
    let effects = change::begin_reply(model, seq)?;
    leave(model);
    Ok(effects)
}

fn begin_edit(model: &mut Model, seq: Option<Seq>) -> Result<Vec<Effect>, String> {
    let effects = change::begin_edit(model, seq)?;
    leave(model);
    Ok(effects)
}

fn ask_deletion(model: &mut Model, seq: Option<Seq>) -> Result<Vec<Effect>, String> {
    let seq = change::find_deletable(model, seq)?.seq;
    if let Some(timeline) = model.selected_timeline_mut() {
        timeline.picked = Some(Pick { seq, asks_deletion: true });
    }
    Ok(Vec::new())
}

/// The composer knows how to complete an emoji.
fn begin_reaction(model: &mut Model, seq: Option<Seq>) -> Result<Vec<Effect>, String> {
    let seq = change::find(model, seq)?.seq;
    leave(model);
    model.composer.set(&format!("/react {seq} :"));
    Ok(Vec::new())
}

fn to_origin(model: &mut Model, seq: Option<Seq>) -> Result<Vec<Effect>, String> {
    let message = model.selected_timeline().zip(seq).and_then(|(timeline, seq)| timeline.message(seq));
    let quote = message.and_then(|(_, message)| message.reply_to.as_ref());
    let origin = quote.ok_or("it answers no other message")?.seq;
    model.back = model.back.take().or_else(|| Back::here(model));
    if let Some(timeline) = model.selected_timeline_mut() {
        timeline.begin_seek(origin);
    }
    Ok(seek(model))
}

/// Picks the message that is looked for, or asks for the page that holds it.
pub fn seek(model: &mut Model) -> Vec<Effect> {
    let Some(conversation) = model.chats.selected_id() else { return Vec::new() };
    let Some(timeline) = model.selected_timeline_mut() else { return Vec::new() };
    match timeline.seek() {
        Seek::Nothing => {}
        Seek::Found(seq) => pick_at(model, seq, place::around(model, seq, model.timeline_height())),
        Seek::Gone(seq) => {
            model.notice = Some(Notice::Error(format!("message {seq} is not there any more")));
        }
        Seek::Ask(before) => {
            return vec![Effect::Ask(Command::Older { conversation, before, limit: PAGE_LIMIT })];
        }
    }
    Vec::new()
}

/// The message that is looked for cannot be had right now.
pub fn handle_refused(model: &mut Model) {
    if let Some(sought) = model.selected_timeline_mut().and_then(|timeline| timeline.end_seek()) {
        model.notice = Some(Notice::Error(format!("message {sought} cannot be loaded right now")));
    }
}

/// Asks for what the message said before what is listed.
pub fn earlier_versions(model: &Model, seq: Seq, before: Option<Seq>) -> Vec<Effect> {
    let Some(conversation) = model.chats.selected_id() else { return Vec::new() };
    vec![Effect::Ask(Command::Versions { conversation, seq, before })]
}
