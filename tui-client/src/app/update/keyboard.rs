//! Keys, by what they ask for.

use super::{Effect, compose, offer, overlay, pages, pick, preferences, search, select};
use crate::app::keys::{Action, action};
use crate::app::{Model, Overlay, Pane, place};
use crossterm::event::{KeyEvent, KeyEventKind};

pub fn handle_key(model: &mut Model, key: KeyEvent) -> Vec<Effect> {
    if key.kind == KeyEventKind::Release {
        return Vec::new();
    }
    model.notice = None;
    let action = action(model, key);
    if !action.keeps_pick() {
        pick::leave(model);
    }
    match action {
        Action::Quit => return vec![Effect::Quit],
        Action::ClearOrQuit => return clear_or_quit(model),
        Action::Help => model.overlay = Some(Overlay::Help(0)),
        Action::Search => return search::open(model, None),
        Action::Escape => return escape(model),
        Action::Switch(step) => return select::select_neighbour(model, step),
        Action::QuickSwitch => quick_switch(model),
        Action::ToggleArchive => preferences::toggle_archive(model),
        Action::PickNext(step) => return pick::step(model, step),
        Action::WithPicked(key) => return pick::handle_key(model, key),
        Action::ScrollPages(pages) => return scroll(model, pages),
        Action::ToBottom => to_bottom(model),
        Action::Submit => return compose::submit(model),
        Action::ShowChat => model.pane = Pane::Chat,
        Action::Accept => {
            model.composer.accept();
            return look_up(model);
        }
        Action::TakeOffer => return offer::take(model),
        Action::LeaveOffer(key) => {
            model.overlay = None;
            return write(model, key);
        }
        Action::Nothing => {}
        Action::SwitchToOffered => {
            model.composer.accept();
            return compose::submit(model);
        }
        Action::MoveCompletion(step) => model.composer.move_completion(step),
        Action::Overlay(key) => return overlay::handle_key(model, key),
        Action::Write(key) => return write(model, key),
    }
    Vec::new()
}

fn write(model: &mut Model, key: KeyEvent) -> Vec<Effect> {
    let hints = model.hints(Some(key.code));
    model.composer.type_key(key, &hints);
    wanted_folder(model)
}

/// What may follow a completion, for example within the folder that was completed.
fn look_up(model: &mut Model) -> Vec<Effect> {
    let hints = model.hints(None);
    model.composer.look_up(&hints);
    wanted_folder(model)
}

fn wanted_folder(model: &mut Model) -> Vec<Effect> {
    model.composer.take_wanted().map(Effect::List).into_iter().collect()
}

fn clear_or_quit(model: &mut Model) -> Vec<Effect> {
    if overlay::close(model) {
        return Vec::new();
    }
    if let Some(back) = model.back.take() {
        return search::go_back(model, back);
    }
    if pick::leave(model) || model.composer.cancel_purpose() {
        return Vec::new();
    }
    if model.composer.is_empty() {
        return vec![Effect::Quit];
    }
    model.composer.clear();
    Vec::new()
}

/// Closes the topmost thing that can be closed.
fn escape(model: &mut Model) -> Vec<Effect> {
    if overlay::close(model) || model.composer.completion.take().is_some() {
        return Vec::new();
    }
    if let Some(back) = model.back.take() {
        return search::go_back(model, back);
    }
    let closed = pick::leave(model) || model.composer.cancel_purpose();
    if !closed && !model.is_wide() {
        model.pane = match model.pane {
            Pane::Chat => Pane::List,
            Pane::List => Pane::Chat,
        };
    }
    Vec::new()
}

fn quick_switch(model: &mut Model) {
    select::keep_draft(model);
    let hints = model.hints(None);
    model.composer.set("/msg ");
    model.composer.is_switching = true;
    model.composer.look_up(&hints);
}

fn to_bottom(model: &mut Model) {
    if let Some(timeline) = model.selected_timeline_mut() {
        timeline.show_newest();
    }
}

/// Scrolls by screens, upwards when positive, and no further than there is something to see. Asks for what is older or later
/// before the user gets to it.
pub fn scroll(model: &mut Model, pages: isize) -> Vec<Effect> {
    let height = model.timeline_height();
    let lines = pages.unsigned_abs().saturating_mul(height.saturating_sub(1).max(1));
    let (place, above) = if pages >= 0 {
        place::higher(model, lines, height)
    } else {
        (place::lower(model, lines), usize::MAX)
    };
    if let Some(timeline) = model.selected_timeline_mut() {
        timeline.scroll_to(place);
    }
    match pages {
        1.. if above < 2 * height => pages::ask_older(model),
        ..=0 if place::messages_below(model) < 2 * height => pages::ask_later(model),
        _ => Vec::new(),
    }
}
