//! What others are told of the user's typing. How often is for the library to say.

use super::Effect;
use crate::app::{Model, Pane};
use chat_client::Command;
use chat_protocol::Target;

/// What was written before a key or a paste.
pub struct Before {
    text: String,
    place: Option<Target>,
}

impl Before {
    pub fn of(model: &Model) -> Self {
        Self { text: model.composer.text(), place: model.here() }
    }
}

/// Tells that the user types, if this changed what is written; and that they do not any more where nothing is written now.
pub fn notice(model: &mut Model, before: Option<Before>) -> Vec<Effect> {
    let writes = model.composer.holds_message();
    let here = model.here().filter(|_| writes);
    let mut effects = Vec::new();
    if let Some(left) = model.typing.told.take_if(|told| here.as_ref() != Some(told)) {
        effects.push(Effect::Ask(Command::Typing { target: left, stopped: true }));
    }
    let is_seen = model.overlay.is_none() && (model.is_wide() || model.pane == Pane::Chat);
    if let (Some(before), Some(here)) = (before, here)
        && model.typing.is_told
        && is_seen
        && before.place.as_ref() == Some(&here)
        && !model.is_alone_here()
        && before.text != model.composer.text()
    {
        model.typing.told = Some(here.clone());
        effects.push(Effect::Ask(Command::Typing { target: here, stopped: false }));
    }
    effects
}
