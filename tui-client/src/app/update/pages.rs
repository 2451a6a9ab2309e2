//! Pages of what is older than what is loaded, and of what is later where that is not the end.

use super::Effect;
use crate::app::timeline::PAGE_LIMIT;
use crate::app::{Model, place};
use chat_client::Command;

/// Asks for the page before what is shown of the selected conversation, unless a page is on its way already.
pub fn ask_older(model: &mut Model) -> Vec<Effect> {
    let Some(conversation) = model.chats.selected_id() else { return Vec::new() };
    let Some(before) = model.selected_timeline_mut().and_then(|timeline| timeline.begin_older()) else {
        return Vec::new();
    };
    vec![Effect::Ask(Command::Older { conversation, before, limit: PAGE_LIMIT })]
}

/// Asks for the page behind it, if it is not the end.
pub fn ask_later(model: &mut Model) -> Vec<Effect> {
    let Some(conversation) = model.chats.selected_id() else { return Vec::new() };
    let Some(after) = model.selected_timeline_mut().and_then(|timeline| timeline.begin_later()) else {
        return Vec::new();
    };
    vec![Effect::Ask(Command::Page { conversation, after, limit: PAGE_LIMIT })]
}

/// A page may hold hardly any messages, and nothing but changes of older ones: then the next one fills the screen.
pub fn fill(model: &mut Model) -> Vec<Effect> {
    let height = model.timeline_height();
    let is_seen = model.overlay.is_none();
    let is_full = || place::visible(model, height).len() >= height;
    if !is_seen || is_full() {
        return Vec::new();
    }
    let later = ask_later(model);
    if later.is_empty() { ask_older(model) } else { later }
}
