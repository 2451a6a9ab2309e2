//! What is not there any more: what was said too long ago, and people who have deleted their account.

use super::{Effect, pages};
use crate::app::{Model, Overlay, Purpose, Surface};
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
    let Some(timeline) = model.timelines.get_mut(&id) else { return Vec::new() };
    timeline.begin_at(first);
    if is_here { pages::fill(model) } else { Vec::new() }
}

/// Somebody is erased: what they wrote is gone, and another name stands for them.
pub fn handle_gone(model: &mut Model, user: &UserName, now: &UserName) {
    for outgoing in model.outgoing.iter_mut().filter(|outgoing| outgoing.target == Target::To(user.clone())) {
        // Somebody else may be called so soon, for whom it was not meant.
        outgoing.target = Target::To(now.clone());
    }
    if matches!(&model.composer.purpose, Purpose::Reply(quote) if quote.from == *user) {
        model.composer.cancel_purpose();
    }
    model.chats.rename_peer(user, now);
    model.typing.forget(user);
    model.search.erase(user);
    model.groups.rosters.values_mut().for_each(|roster| roster.remove(user));
    model.timelines.values_mut().for_each(|timeline| timeline.erase(user, now));
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
