//! Pastes that may be files, and what is done with them.

use super::{Effect, files};
use crate::app::files::{Offer, Offered, Pasted, paste};
use crate::app::{Model, Notice, Overlay};

/// Takes a paste as text. When it may be one of files, the disk is asked meanwhile.
pub fn paste(model: &mut Model, text: &str) -> Vec<Effect> {
    let before = model.composer.text();
    model.composer.paste(text);
    let readings = paste::readings(text, model.home.as_deref());
    // What follows a command belongs to it.
    if readings.is_empty() || before.starts_with('/') {
        model.pasted = None;
        return Vec::new();
    }
    model.pasted = Some(Pasted { before, after: model.composer.text() });
    vec![Effect::CheckPaste(readings)]
}

/// The disk has answered. When the user has gone on writing it is too late.
pub fn handle_checked(model: &mut Model, files: Vec<Offered>) {
    let Some(pasted) = model.pasted.take() else { return };
    let is_current = model.overlay.is_none() && model.composer.text() == pasted.after;
    if is_current && !files.is_empty() && model.here().is_some() {
        model.composer.completion = None;
        model.overlay = Some(Overlay::Offer(Offer { files, before: pasted.before }));
    }
}

/// Sends what is offered. Nothing is sent when one of the files cannot be.
pub fn take(model: &mut Model) -> Vec<Effect> {
    let Some(Overlay::Offer(offer)) = model.overlay.take() else { return Vec::new() };
    let Some(to) = model.here() else { return Vec::new() };
    if let Some(problem) = offer.files.iter().find_map(|file| too_large(model, file)) {
        model.overlay = Some(Overlay::Offer(offer));
        model.notice = Some(Notice::Error(problem));
        return Vec::new();
    }
    model.composer.clear();
    if !offer.before.is_empty() {
        model.composer.set(&offer.before);
    }
    model.last_said = None;
    offer.files.into_iter().map(|file| files::upload(model, to.clone(), file.path, String::new())).collect()
}

/// Why a file cannot be sent to this server.
pub fn too_large(model: &Model, file: &Offered) -> Option<String> {
    let max = model.file_bytes_max;
    (max > 0 && file.bytes > max).then(|| files::too_large(file.bytes, max))
}
