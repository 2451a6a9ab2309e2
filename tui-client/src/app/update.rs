//! One message changes the model and says what is to be done. It never waits.

mod change;
mod compose;
mod files;
mod gone;
mod group;
mod group_lists;
mod heard;
mod keyboard;
mod offer;
mod overlay;
mod pages;
mod pick;
mod pictures;
mod preferences;
mod search;
mod select;
mod typing;
mod versions;

use super::files::Offered;
use super::files::complete::Listing;
use super::files::pictures::{PictureKey, PictureState};
use super::groups::GroupAction;
use super::{Model, Surface};
use chat_client::files::{TransferEvent, TransferId, UploadRequest};
use chat_client::{Command, Content, Ended, Event};
use chat_protocol::{Attachment, ClientId, Target, Token};
use crossterm::event::KeyEvent;
pub use files::list_height;
pub use offer::too_large;
pub use pictures::screen_room;
use std::time::Instant;

/// Something happened.
#[derive(Debug, Clone)]
pub enum Msg {
    Key(KeyEvent),
    Paste(String),
    Focus(bool),
    Resize(u16, u16),
    /// The library tells something.
    Heard(Event),
    /// A transfer tells something.
    Transfer(TransferEvent, Instant),
    /// An upload has been asked for under this number.
    UploadAsked(TransferId, UploadRequest),
    /// Something is to be done with a group, under this fresh id.
    GroupAsked {
        client_id: ClientId,
        action: GroupAction,
        written: String,
    },
    /// A folder was looked into.
    Listed(Listing),
    /// The files that a paste names; none when they are not all there.
    PasteChecked(Vec<Offered>),
    /// A picture is there, or cannot be shown.
    Picture(PictureKey, PictureState),
    /// A script says something.
    Say {
        client_id: Option<ClientId>,
        target: Target,
        content: Content,
    },
    /// A script asks for something.
    Ask(Command),
}

/// Something is to be done.
#[derive(Debug, Clone)]
pub enum Effect {
    /// Send a message or a change, under a fresh id unless there is one.
    Send { client_id: Option<ClientId>, target: Target, content: Content },
    /// Ask the library for something.
    Ask(Command),
    /// Do something with a group, under a fresh id; with the command by which it was asked for.
    Group { action: GroupAction, written: String },
    /// Send a file.
    Upload(UploadRequest),
    /// Save a file: in the usual folder, or in a folder or under a name that the user has written.
    Save { file: Box<Attachment>, to: Option<String> },
    /// Give a transfer up.
    CancelTransfer(TransferId),
    /// The outbox has the message of an upload.
    Sent(TransferId),
    /// The message of an upload will not be sent.
    Unsent(TransferId),
    /// Look into a folder; the current one when there is no name.
    List(String),
    /// See whether a paste names files, by one of these readings.
    CheckPaste(Vec<Vec<String>>),
    /// Get a picture and make it fit.
    Picture { key: PictureKey, file: Box<Attachment> },
    /// The user is erased: nothing of theirs is kept here, and it ends.
    Erased,
    /// Keep this device's token.
    KeepToken(Token),
    /// End.
    Quit,
    /// The connection is over for good.
    Over(Ended),
}

/// Changes the model; the effects are in order.
pub fn update(model: &mut Model, msg: Msg) -> Vec<Effect> {
    let is_screen = model.surface == Surface::Screen;
    let is_written = matches!(msg, Msg::Key(_) | Msg::Paste(_));
    let before = (is_screen && is_written).then(|| typing::Before::of(model));
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
        Msg::Transfer(event, now) => files::handle_event(model, event, now),
        Msg::UploadAsked(id, request) => {
            model.transfers.remember(id, request);
            Vec::new()
        }
        Msg::GroupAsked { client_id, action, written } => {
            group::handle_asked(model, client_id, action, written)
        }
        Msg::Listed(listing) => {
            let hints = model.hints(None);
            model.composer.take_listing(listing, &hints);
            Vec::new()
        }
        Msg::PasteChecked(files) => {
            offer::handle_checked(model, files);
            Vec::new()
        }
        Msg::Picture(key, state) => {
            pictures::handle_picture(model, key, state);
            Vec::new()
        }
        Msg::Say { client_id, target, content } => compose::say(model, client_id, target, content),
        Msg::Ask(command) => vec![Effect::Ask(command)],
    };
    if is_screen {
        effects.extend(typing::notice(model, before));
        effects.extend(select::mark_seen(model));
        effects.extend(files::look_back(model));
        effects.extend(pictures::ask(model));
    }
    effects
}

#[cfg(test)]
mod change_tests;
#[cfg(test)]
mod file_tests;
#[cfg(test)]
mod group_tests;
#[cfg(test)]
mod pages_tests;
#[cfg(test)]
mod preference_tests;
#[cfg(test)]
mod search_tests;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod typing_tests;
