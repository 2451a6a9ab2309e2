//! Lists of groups, members and readers: what the server tells of them, and the keys for them.

use super::{Effect, group, overlay, select};
use crate::app::groups::{GroupAction, GroupList, list_room, member_lines, reader_lines};
use crate::app::{Model, Overlay, Surface};
use chat_client::Command;
use chat_protocol::{Body, ConversationId, Entry, Member, MemberMarks, PublicGroup};
use crossterm::event::{KeyCode, KeyEvent};

/// Shows the public groups, or adds them to those that are shown already.
pub fn handle_groups(model: &mut Model, groups: Vec<PublicGroup>, more: bool) {
    let is_next = matches!(&model.overlay, Some(Overlay::Groups(list)) if list.is_loading);
    if !is_next {
        model.groups.joinable.clear();
    }
    let others = groups.iter().filter(|group| !group.joined).map(|group| group.name.to_string());
    model.groups.joinable.extend(others);
    match &mut model.overlay {
        Some(Overlay::Groups(list)) if is_next => list.append(groups, more),
        None | Some(Overlay::Groups(_)) if model.surface == Surface::Screen => {
            let mut list = GroupList::default();
            list.append(groups, more);
            model.overlay = Some(Overlay::Groups(list));
        }
        _ => {}
    }
}

/// The next page does not come; it can be asked for once more.
pub fn handle_groups_refused(model: &mut Model) {
    if let Some(Overlay::Groups(list)) = &mut model.overlay {
        list.is_loading = false;
    }
}

pub fn handle_members(model: &mut Model, id: ConversationId, page: Vec<Member>, more: bool) -> Vec<Effect> {
    let Some(roster) = model.groups.rosters.get_mut(&id) else { return Vec::new() };
    let is_outdated = roster.take_page(page, more);
    let again = if is_outdated { group::learn_members(model, id) } else { None };
    again.into_iter().collect()
}

pub fn handle_marks(model: &mut Model, moved: &MemberMarks) {
    if let Some(roster) = model.groups.rosters.get_mut(&moved.conversation) {
        roster.take_marks(&moved.user, moved.marks);
    }
}

/// Takes in what new entries say about members.
pub fn handle_entries(model: &mut Model, id: ConversationId, entries: &[Entry]) -> Option<Effect> {
    let roster = model.groups.rosters.get_mut(&id)?;
    let mut is_outdated = false;
    for entry in entries {
        if let Body::Members { change, users } = &entry.body {
            is_outdated |= roster.take_change(*change, users);
        }
    }
    if is_outdated { group::learn_members(model, id) } else { None }
}

pub fn handle_key(model: &mut Model, key: KeyEvent) -> Vec<Effect> {
    let page = list_room(model).saturating_sub(1).max(1);
    let step = match key.code {
        KeyCode::Up => -1,
        KeyCode::Down => 1,
        KeyCode::PageUp => -i32::from(page),
        KeyCode::PageDown => i32::from(page),
        KeyCode::Enter => return enter(model),
        _ => {
            overlay::close(model);
            return Vec::new();
        }
    };
    scroll(model, step)
}

fn scroll(model: &mut Model, step: i32) -> Vec<Effect> {
    let max = down_max(model);
    let moved = |down: u16| u16::try_from(i32::from(down) + step).unwrap_or(0).min(max);
    match &mut model.overlay {
        Some(Overlay::Groups(list)) => {
            list.step(isize::try_from(step).unwrap_or(0));
            let is_at_end = step > 0 && list.selected + 1 >= list.groups.len();
            if is_at_end && list.has_more && !list.is_loading {
                list.is_loading = true;
                let after = list.groups.last().map(|group| group.name.clone());
                return vec![Effect::Ask(Command::Groups(group::page_of_groups(after)))];
            }
        }
        Some(Overlay::Members(list)) => {
            list.down = moved(list.down);
            let (id, is_at_end) = (list.group, step > 0 && list.down == max);
            if is_at_end {
                return group::ask_more_members(model, id).into_iter().collect();
            }
        }
        Some(Overlay::Readers(list)) => list.down = moved(list.down),
        _ => {}
    }
    Vec::new()
}

/// Lines of the list that is open beyond those that are seen at once.
fn down_max(model: &Model) -> u16 {
    let lines = match &model.overlay {
        Some(Overlay::Members(list)) => member_lines(model, list).len(),
        Some(Overlay::Readers(list)) => reader_lines(model, list).len(),
        _ => 0,
    };
    u16::try_from(lines).unwrap_or(u16::MAX).saturating_sub(list_room(model))
}

/// Opens the selected group, or comes into it.
fn enter(model: &mut Model) -> Vec<Effect> {
    let Some(Overlay::Groups(list)) = model.overlay.take() else { return Vec::new() };
    let Some(chosen) = list.groups.into_iter().nth(list.selected) else { return Vec::new() };
    match model.chats.get(chosen.conversation) {
        Some(_) => select::select(model, chosen.conversation),
        None => vec![Effect::Group { action: GroupAction::Join(chosen.name), written: String::new() }],
    }
}
