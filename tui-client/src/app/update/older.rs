//! Pages of what is older than what is loaded.

use super::Effect;
use crate::app::timeline::OLDER_LIMIT;
use crate::app::{Model, place};
use chat_client::Command;

/// Asks for the page before what is loaded of the selected conversation, unless it is on its way already.
pub fn ask(model: &mut Model) -> Vec<Effect> {
    let Some(conversation) = model.chats.selected_id() else { return Vec::new() };
    let Some(before) = model.selected_timeline_mut().and_then(|timeline| timeline.begin_older()) else {
        return Vec::new();
    };
    vec![Effect::Ask(Command::Older { conversation, before, limit: OLDER_LIMIT })]
}

/// A page may hold hardly any messages, and nothing but changes of older ones: then the next one fills the screen.
pub fn fill(model: &mut Model) -> Vec<Effect> {
    let height = model.timeline_height();
    let is_seen = model.overlay.is_none();
    let is_full = || place::visible(model, height).len() >= height;
    if !is_seen || is_full() { Vec::new() } else { ask(model) }
}
