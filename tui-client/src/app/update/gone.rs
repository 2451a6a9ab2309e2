//! What is not there any more: what was said too long ago, and people who have deleted their account.

use super::{Effect, pages};
use crate::app::{Model, Overlay, Purpose, Surface};
use chat_client::Content;
use chat_client::drafts::Drafts;
use chat_protocol::{ConversationId, Seq, Target, UserName};

/// The log begins here now: nothing of what stood before it is shown any more.
pub fn handle_begins(model: &mut Model, id: ConversationId, first: Seq) -> Vec<Effect> {
    model.search.begin_at(id, first);
    let is_here = model.chats.selected_id() == Some(id);
    let is_before = |seq: Seq| is_here && seq < first;
    if matches!(&model.overlay, Some(Overlay::Versions(list)) if is_before(list.seq))
        || matches!(&model.overlay, Some(Overlay::Readers(list)) if is_before(list.seq))
    {
        model.overlay = None;
    }
    if matches!(&model.composer.purpose, Purpose::Reply(quote) if is_before(quote.seq)) {
        model.composer.cancel_purpose();
    }
    model.aside.retain(|at, (purpose, _)| {
        *at != id || !matches!(purpose, Purpose::Reply(quote) if quote.seq < first)
    });
    let Some(timeline) = model.timelines.get_mut(&id) else { return Vec::new() };
    timeline.begin_at(first);
    if is_here { pages::fill(model) } else { Vec::new() }
}

/// Somebody is erased: what they wrote is gone, and another name stands for them.
pub fn handle_gone(model: &mut Model, user: &UserName, now: &UserName) {
    model.chats.rename_peer(user, now);
    model.typing.forget(user);
    model.groups.rosters.values_mut().for_each(|roster| roster.remove(user));
    let named = Target::To(user.clone());
    for outgoing in model.outgoing.iter_mut().filter(|outgoing| outgoing.target == named) {
        outgoing.target = Target::To(now.clone());
    }
    erase(model, user, now, |_| true);
}

/// The other one of a conversation is erased, but elsewhere somebody else may have the name. The summary comes with it.
pub fn handle_peer_gone(model: &mut Model, id: ConversationId, user: &UserName, now: &UserName) {
    erase(model, user, now, |at| at == id);
}

fn erase(model: &mut Model, user: &UserName, now: &UserName, is_there: impl Fn(ConversationId) -> bool) {
    for outgoing in &mut model.outgoing {
        if let Content::Message { reply_to: Some(quote), .. } = &mut outgoing.content
            && matches!(outgoing.target, Target::Conversation(at) if is_there(at))
        {
            quote.forget_user(user, now);
        }
    }
    let is_theirs = |purpose: &Purpose| matches!(purpose, Purpose::Reply(quote) if quote.from == *user);
    if model.chats.selected_id().is_some_and(&is_there) && is_theirs(&model.composer.purpose) {
        model.composer.cancel_purpose();
    }
    model.aside.retain(|at, (purpose, _)| !(is_there(*at) && is_theirs(purpose)));
    model.search.erase(user, &is_there);
    let timelines = model.timelines.iter_mut().filter(|(at, _)| is_there(**at));
    timelines.for_each(|(_, timeline)| timeline.erase(user, now));
    close_versions(model);
}

/// Nothing is left of a deleted message, and of what it said before neither.
pub fn close_versions(model: &mut Model) {
    let Some(Overlay::Versions(list)) = &model.overlay else { return };
    let message = model.selected_timeline().and_then(|timeline| timeline.message(list.seq));
    if message.is_some_and(|(_, message)| message.deleted_at.is_some()) {
        model.overlay = None;
    }
}

/// The user is erased, and so is what they had begun. A script looks after its end itself.
pub fn handle_erased(model: &mut Model) -> Vec<Effect> {
    if model.surface == Surface::Script {
        return Vec::new();
    }
    model.drafts = Drafts::new();
    model.aside.clear();
    model.composer.clear();
    vec![Effect::Erased]
}
