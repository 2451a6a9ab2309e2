//! What the user has changed and the server does not know yet: it is shown as if it were so, with a mark.

use super::Model;
use chat_client::{Content, Outgoing, OutgoingState};
use chat_protocol::{Body, Entry, Message, Seq};
use std::borrow::Cow;

/// The message that this is to change; none when it is one itself.
pub fn target(content: &Content) -> Option<Seq> {
    match content {
        Content::Message { .. } => None,
        Content::Edit { seq, .. } | Content::Deletion { seq } | Content::Reaction { seq, .. } => Some(*seq),
    }
}

/// What was not done, in a word.
pub fn word(content: &Content) -> &'static str {
    match content {
        Content::Message { .. } => "sent",
        Content::Edit { .. } => "edited",
        Content::Deletion { .. } => "deleted",
        Content::Reaction { removed: false, .. } => "reacted",
        Content::Reaction { removed: true, .. } => "taken back",
    }
}

/// The changes of a message of the selected conversation that are on their way or have failed, in their order.
pub fn of(model: &Model, seq: Seq) -> impl Iterator<Item = &Outgoing> {
    let chat = model.chats.selected();
    model.outgoing.iter().filter(move |outgoing| {
        target(&outgoing.content) == Some(seq) && chat.is_some_and(|chat| chat.is_target(&outgoing.target))
    })
}

/// A message as the user wants it to be, and whether something of that is still on its way.
pub fn shown<'a>(model: &Model, entry: &Entry, message: &'a Message) -> (Cow<'a, Message>, bool) {
    let mut shown = Cow::Borrowed(message);
    let mut waits = false;
    for outgoing in of(model, entry.seq).filter(|outgoing| outgoing.state == OutgoingState::Queued) {
        if let Some(body) = body(&outgoing.content) {
            let message = shown.to_mut();
            // It comes after all that is known.
            message.changed = None;
            message.apply(Seq::MAX, entry.at, &model.me, &body);
            waits = true;
        }
    }
    (shown, waits)
}

fn body(content: &Content) -> Option<Body> {
    Some(match content.clone() {
        Content::Message { .. } => return None,
        Content::Edit { seq: target, text } => Body::Edit { target, text },
        Content::Deletion { seq: target } => Body::Deletion { target },
        Content::Reaction { seq: target, emoji, removed } => Body::Reaction { target, emoji, removed },
    })
}
