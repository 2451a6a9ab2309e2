//! Keys for what lies over the screen.

use super::{Effect, files, group_lists, pictures, search, versions};
use crate::app::account;
use crate::app::password::Typed;
use crate::app::{Model, Notice, Overlay};
use chat_client::Command;
use crossterm::event::{KeyCode, KeyEvent};

/// Lines of the help at the width of 40 columns.
const HELP_LINES_MAX: u16 = 250;
/// Lines that a page key scrolls.
const PAGE: u16 = 6;

pub fn handle_key(model: &mut Model, key: KeyEvent) -> Vec<Effect> {
    match &mut model.overlay {
        Some(Overlay::Help(down)) => {
            if !scrolls(key, down, HELP_LINES_MAX) {
                model.overlay = None;
            }
        }
        Some(Overlay::Blocked(users, down)) => {
            let max = u16::try_from(users.len()).unwrap_or(u16::MAX).saturating_sub(1);
            if !scrolls(key, down, max) {
                model.overlay = None;
            }
        }
        Some(Overlay::Devices | Overlay::Picture(_)) => drop(close(model)),
        Some(Overlay::Versions(_)) => return versions::handle_key(model, key),
        Some(Overlay::Files(_)) => return files::handle_key(model, key),
        Some(Overlay::Groups(_) | Overlay::Members(_) | Overlay::Readers(_)) => {
            return group_lists::handle_key(model, key);
        }
        Some(Overlay::Search) => return search::handle_key(model, key),
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

/// Scrolls by the lines that a key asks for; false when it asks for something else.
fn scrolls(key: KeyEvent, down: &mut u16, max: u16) -> bool {
    *down = match key.code {
        KeyCode::Up => down.saturating_sub(1),
        KeyCode::Down => (*down + 1).min(max),
        KeyCode::PageUp => down.saturating_sub(PAGE),
        KeyCode::PageDown => (*down + PAGE).min(max),
        _ => return false,
    };
    true
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
