//! Which conversation is shown, and what of it counts as read.

use super::{Effect, group, pick};
use crate::app::{Model, Pane, Purpose};
use chat_client::Command;
use chat_protocol::ConversationId;

/// Shows a conversation. What was begun in the other one waits there.
pub fn select(model: &mut Model, id: ConversationId) -> Vec<Effect> {
    model.pane = Pane::Chat;
    if model.chats.selected_id() == Some(id) {
        restore_draft(model, id);
        return Vec::new();
    }
    keep_draft(model);
    pick::leave(model);
    model.chats.select(id);
    restore_draft(model, id);
    let is_loaded = model.timelines.contains_key(&id);
    let timeline = model.timelines.entry(id).or_default();
    timeline.show_newest();
    if let Some(chat) = model.chats.get(id) {
        timeline.read_before = chat.summary.read;
        timeline.new_until = (chat.summary.unread > 0).then_some(chat.summary.head);
    }
    let load = (!is_loaded).then_some(Effect::Ask(Command::Load(id)));
    load.into_iter().chain(group::learn_members(model, id)).collect()
}

/// The conversation so many places further down the list.
pub fn select_neighbour(model: &mut Model, step: isize) -> Vec<Effect> {
    let pane = model.pane;
    let Some(id) = model.chats.neighbour(step) else { return Vec::new() };
    let effects = select(model, id);
    model.pane = pane;
    effects
}

/// What the user has before their eyes is read.
pub fn mark_seen(model: &mut Model) -> Option<Effect> {
    let (conversation, seq) = model.seen()?;
    model.chats.mark_read(conversation, seq);
    Some(Effect::Ask(Command::Read { conversation, seq }))
}

/// Puts aside what is being written, for the conversation that it is meant for.
pub fn keep_draft(model: &mut Model) {
    let Some(id) = model.chats.selected_id() else { return };
    if model.composer.purpose != Purpose::Say {
        model.aside.insert(id, (model.composer.purpose.clone(), model.composer.text()));
    }
    if let Some((id, text)) = model.draft_here() {
        model.drafts.insert(id, text);
    }
    model.composer.clear();
}

fn restore_draft(model: &mut Model, id: ConversationId) {
    if !model.composer.is_empty() || model.composer.purpose != Purpose::Say {
        return;
    }
    if let Some(draft) = model.drafts.remove(&id) {
        model.composer.set(&draft);
    }
    match model.aside.remove(&id) {
        Some((Purpose::Edit { seq, answers, .. }, text)) => {
            model.composer.purpose = answers.map_or(Purpose::Say, Purpose::Reply);
            model.composer.begin_edit(seq, &text);
        }
        Some((purpose, _)) => model.composer.purpose = purpose,
        None => {}
    }
}
