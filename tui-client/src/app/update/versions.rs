//! Keys for the list of what a message said.

use super::{Effect, pick};
use crate::app::versions::{down_max, room};
use crate::app::{Model, Overlay};
use crossterm::event::{KeyCode, KeyEvent};

/// Scrolls; upwards from the first line, earlier versions are asked for. Other keys close the list.
pub fn handle_key(model: &mut Model, key: KeyEvent) -> Vec<Effect> {
    let Some(Overlay::Versions(list)) = &model.overlay else { return Vec::new() };
    let page = room(model).1.saturating_sub(1).max(1);
    let (max, before) = (down_max(model, list), list.down);
    let down = match key.code {
        KeyCode::Up => before.saturating_sub(1),
        KeyCode::PageUp => before.saturating_sub(page),
        KeyCode::Down => before.saturating_add(1).min(max),
        KeyCode::PageDown => before.saturating_add(page).min(max),
        _ => {
            model.overlay = None;
            return Vec::new();
        }
    };
    let first = list.versions.first().map(|version| version.seq);
    let wants_more = list.has_more && before == 0 && matches!(key.code, KeyCode::Up | KeyCode::PageUp);
    let seq = list.seq;
    if let Some(Overlay::Versions(list)) = &mut model.overlay {
        list.down = down;
    }
    if wants_more { pick::earlier_versions(model, seq, first) } else { Vec::new() }
}
