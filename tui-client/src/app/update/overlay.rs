//! Keys for what lies over the screen.

use super::Effect;
use crate::app::password::Typed;
use crate::app::{Model, Notice, Overlay};
use chat_client::Command;
use crossterm::event::{KeyCode, KeyEvent};

/// Lines of the help at the width of 40 columns.
const HELP_LINES_MAX: u16 = 50;
const HELP_PAGE: u16 = 6;

pub fn handle_key(model: &mut Model, key: KeyEvent) -> Vec<Effect> {
    match &mut model.overlay {
        Some(Overlay::Help(lines)) => match key.code {
            KeyCode::Up => *lines = lines.saturating_sub(1),
            KeyCode::Down => *lines = (*lines + 1).min(HELP_LINES_MAX),
            KeyCode::PageUp => *lines = lines.saturating_sub(HELP_PAGE),
            KeyCode::PageDown => *lines = (*lines + HELP_PAGE).min(HELP_LINES_MAX),
            _ => model.overlay = None,
        },
        Some(Overlay::Devices) => model.overlay = None,
        Some(Overlay::Password(form)) => match form.type_key(key) {
            Typed::More => {}
            Typed::Wrong(problem) => model.notice = Some(Notice::Error(problem)),
            Typed::Complete { old, new } => {
                model.overlay = None;
                return vec![Effect::Ask(Command::ChangePassword { old, new })];
            }
        },
        None => {}
    }
    Vec::new()
}
