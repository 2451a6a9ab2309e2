//! Looking for messages, going to one that was found, and back.

use super::{Effect, overlay, pick, select};
use crate::app::search::{Back, hits_seen};
use crate::app::{Model, Notice, Overlay};
use chat_client::Command;
use chat_protocol::{Entry, limits};
use crossterm::event::{KeyCode, KeyEvent};

/// Shows what was found last, or looks for something at once.
pub fn open(model: &mut Model, query: Option<&str>) -> Vec<Effect> {
    model.overlay = Some(Overlay::Search);
    let Some(query) = query else { return Vec::new() };
    model.search.set(query);
    ask(model)
}

pub fn handle_key(model: &mut Model, key: KeyEvent) -> Vec<Effect> {
    let page = isize::try_from(hits_seen(model)).unwrap_or(1);
    match key.code {
        KeyCode::Enter if !model.search.is_answered() || model.search.hits().is_empty() => ask(model),
        KeyCode::Enter => go(model),
        KeyCode::Up => step(model, -1),
        KeyCode::Down => step(model, 1),
        KeyCode::PageUp => step(model, -page),
        KeyCode::PageDown => step(model, page),
        _ => {
            model.search.type_key(key);
            Vec::new()
        }
    }
}

/// A page has come; the screen may have room for the next one.
pub fn handle_found(
    model: &mut Model,
    query: &str,
    cursor: Option<&str>,
    hits: Vec<Entry>,
    next: Option<String>,
) -> Vec<Effect> {
    model.search.take(query, cursor, hits, next);
    if model.search.hits().len() < hits_seen(model) { ask_next(model) } else { Vec::new() }
}

fn ask(model: &mut Model) -> Vec<Effect> {
    let query = model.search.begin();
    let problem = match query.len() {
        0 => Some("what shall be looked for?".to_owned()),
        bytes if bytes > limits::SEARCH_BYTES_MAX => {
            Some(format!("too long: {bytes} of at most {} bytes", limits::SEARCH_BYTES_MAX))
        }
        _ => None,
    };
    if let Some(problem) = problem {
        model.search.refuse(&query, problem);
        return Vec::new();
    }
    vec![Effect::Ask(Command::Search { query, cursor: None, limit: None })]
}

fn ask_next(model: &mut Model) -> Vec<Effect> {
    let Some((query, cursor)) = model.search.begin_next() else { return Vec::new() };
    vec![Effect::Ask(Command::Search { query, cursor: Some(cursor), limit: None })]
}

fn step(model: &mut Model, step: isize) -> Vec<Effect> {
    let is_last = model.search.step(step);
    if is_last && step > 0 { ask_next(model) } else { Vec::new() }
}

/// Goes to the selected hit: its conversation is opened, and what was said around it is loaded.
fn go(model: &mut Model) -> Vec<Effect> {
    let Some(hit) = model.search.hits().get(model.search.selected) else { return Vec::new() };
    let (conversation, seq) = (hit.conversation, hit.seq);
    if model.chats.get(conversation).is_none() {
        model.notice = Some(Notice::Error("this conversation is not known here yet".to_owned()));
        return Vec::new();
    }
    overlay::close(model);
    let back = model.back.take().or_else(|| Back::here(model));
    pick::leave(model);
    let mut effects = select::select(model, conversation);
    model.back = back;
    if let Some(timeline) = model.selected_timeline_mut() {
        timeline.begin_seek(seq);
    }
    effects.extend(pick::seek(model));
    effects
}

/// Shows again what was shown before the user went to a message.
pub fn go_back(model: &mut Model, back: Back) -> Vec<Effect> {
    pick::leave(model);
    if model.chats.get(back.conversation).is_none() {
        return Vec::new();
    }
    let effects = select::select(model, back.conversation);
    model.pane = back.pane;
    if let Some(timeline) = model.selected_timeline_mut() {
        timeline.show_newest();
        timeline.scroll_to(back.place.clone());
    }
    if let Some(seq) = back.picked {
        pick::pick_at(model, seq, back.place);
    }
    effects
}
