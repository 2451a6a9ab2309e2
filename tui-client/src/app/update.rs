//! One message changes the model and says what is to be done. It never waits.

mod compose;
mod heard;
mod keyboard;
mod overlay;
mod select;

use super::{Model, Surface};
use chat_client::{Command, Ended, Event};
use chat_protocol::{Attachment, ClientId, Target, Token};
use crossterm::event::KeyEvent;

/// Something happened.
#[derive(Debug, Clone)]
pub enum Msg {
    Key(KeyEvent),
    Paste(String),
    Focus(bool),
    Resize(u16, u16),
    /// The library tells something.
    Heard(Event),
    /// A script says something.
    Say {
        client_id: Option<ClientId>,
        target: Target,
        text: String,
        file: Option<Box<Attachment>>,
    },
    /// A script asks for something.
    Ask(Command),
}

/// Something is to be done.
#[derive(Debug, Clone)]
pub enum Effect {
    /// Send a message, under a fresh id unless there is one.
    Send { client_id: Option<ClientId>, target: Target, text: String, file: Option<Box<Attachment>> },
    /// Ask the library for something.
    Ask(Command),
    /// Keep this device's token.
    KeepToken(Token),
    /// End.
    Quit,
    /// The connection is over for good.
    Over(Ended),
}

/// Changes the model; the effects are in order.
pub fn update(model: &mut Model, msg: Msg) -> Vec<Effect> {
    let mut effects = match msg {
        Msg::Key(key) => keyboard::handle_key(model, key),
        Msg::Paste(text) => compose::paste(model, &text),
        Msg::Focus(focused) => {
            model.focused = focused;
            Vec::new()
        }
        Msg::Resize(columns, rows) => {
            model.size = (columns, rows);
            Vec::new()
        }
        Msg::Heard(event) => heard::handle_event(model, event),
        Msg::Say { client_id, target, text, file } => compose::say(model, client_id, target, text, file),
        Msg::Ask(command) => vec![Effect::Ask(command)],
    };
    if model.surface == Surface::Screen {
        effects.extend(select::mark_seen(model));
    }
    effects
}

#[cfg(test)]
mod tests;
