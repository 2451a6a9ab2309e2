//! Which pictures are wanted: those that the screen shows.

use super::Effect;
use crate::app::files::pictures::{PictureKey, PictureState};
use crate::app::place::visible;
use crate::app::rows::Row;
use crate::app::{Model, Overlay, Pane};
use chat_protocol::Attachment;
use ratatui::layout::Size;

/// Asks for the pictures that the screen has room for and that are not known yet.
pub fn ask(model: &mut Model) -> Vec<Effect> {
    if let Some(Overlay::Picture(file)) = &model.overlay {
        let (file, room) = (file.clone(), screen_room(model));
        return ask_for(model, file, room).into_iter().collect();
    }
    if !model.pictures.is_on || (!model.is_wide() && model.pane != Pane::Chat) {
        return Vec::new();
    }
    let room = model.picture_room();
    let wanted = visible(model, model.timeline_height()).into_iter().filter_map(|row| match row {
        Row::File { picture, .. } => picture,
        _ => None,
    });
    wanted.filter_map(|file| ask_for(model, file, room)).collect()
}

fn ask_for(model: &mut Model, file: Box<Attachment>, room: Size) -> Option<Effect> {
    let key = PictureKey { file: file.id, room };
    if room.width == 0 || room.height == 0 || model.pictures.get(key).is_some() {
        return None;
    }
    model.pictures.ask(key);
    Some(Effect::Picture { key, file })
}

/// The room for a picture that fills the screen, within its frame.
pub fn screen_room(model: &Model) -> Size {
    Size::new(model.size.0.saturating_sub(2), model.size.1.saturating_sub(2))
}

/// A picture is there, or cannot be shown.
pub fn handle_picture(model: &mut Model, key: PictureKey, state: PictureState) {
    model.pictures.set(key, state);
}
