//! Keys for what lies over the screen.

use super::{Effect, files, group_lists, pictures, search, versions};
use crate::app::account;
use crate::app::password::Typed;
use crate::app::{Model, Notice, Overlay};
use chat_client::Command;
use crossterm::event::{KeyCode, KeyEvent};

/// Lines of the help at the width of 40 columns.
const HELP_LINES_MAX: u16 = 250;
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
        Some(Overlay::Devices | Overlay::Picture(_)) => drop(close(model)),
        Some(Overlay::Versions(_)) => return versions::handle_key(model, key),
        Some(Overlay::Files(_)) => return files::handle_key(model, key),
        Some(Overlay::Groups(_) | Overlay::Members(_) | Overlay::Readers(_)) => {
            return group_lists::handle_key(model, key);
        }
        Some(Overlay::Search) => return search::handle_key(model, key),
        Some(Overlay::Blocked(users, down)) => {
            let max = u16::try_from(users.len()).unwrap_or(u16::MAX).saturating_sub(1);
            match key.code {
                KeyCode::Up => *down = down.saturating_sub(1),
                KeyCode::Down => *down = (*down + 1).min(max),
                KeyCode::PageUp => *down = down.saturating_sub(HELP_PAGE),
                KeyCode::PageDown => *down = (*down + HELP_PAGE).min(max),
                _ => model.overlay = None,
            }
        }
        Some(Overlay::DeleteAccount(form)) => match form.type_key(key, &model.me) {
            account::Typed::More => {}
            account::Typed::Wrong(problem) => model.notice = Some(Notice::Error(problem)),
            account::Typed::Complete(password) => {
                model.overlay = None;
                return vec![Effect::Ask(Command::DeleteAccount(password))];
            }
        },
        // What is being typed goes nowhere until that is seen.
        Some(Overlay::Told(_)) if key.code == KeyCode::Enter => drop(close(model)),
        Some(Overlay::Told(_)) => {}
        // Only Enter sends.
        Some(Overlay::Offer(_)) | None => {}
        Some(Overlay::Password(form)) => match form.type_key(key) {
            Typed::More => {}
            Typed::Wrong(problem) => model.notice = Some(Notice::Error(problem)),
            Typed::Complete { old, new } => {
                model.overlay = None;
                return vec![Effect::Ask(Command::ChangePassword { old, new })];
            }
        },
    }
    Vec::new()
}

/// Closes what lies over the screen; whether there was anything. A picture as large as the screen is not kept.
pub fn close(model: &mut Model) -> bool {
    let closed = model.overlay.take();
    if let Some(Overlay::Picture(file)) = &closed {
        let room = pictures::screen_room(model);
        model.pictures.drop_one(file.id, room);
    }
    closed.is_some()
}
