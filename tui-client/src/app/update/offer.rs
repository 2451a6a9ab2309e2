//! Pastes that may be files, and what is done with them.

use super::{Effect, files};
use crate::app::files::{Offer, Offered, Pasted, paste};
use crate::app::{Model, Notice, Overlay};

/// Takes a paste as text. When it may be one of files, the disk is asked meanwhile.
pub fn paste(model: &mut Model, text: &str) -> Vec<Effect> {
    let before = model.composer.text();
    model.composer.paste(text);
    let after = model.composer.text();
    let readings = |text: &str| paste::readings(text, model.home.as_deref());
    let (readings, pasted) = match sent_by_command(&after) {
        // One file and a text belong to the command. More than one file are no text.
        Some(paths) => {
            let mut readings = readings(paths);
            readings.retain(|paths| paths.len() > 1);
            (readings, Pasted { before: String::new(), offered: paths.trim_start().to_owned(), after })
        }
        // What follows another command belongs to it.
        None if before.starts_with('/') => (Vec::new(), Pasted { before, offered: after.clone(), after }),
        None => (readings(text), Pasted { before, offered: after.clone(), after }),
    };
    if readings.is_empty() {
        model.pasted = None;
        return Vec::new();
    }
    model.pasted = Some(pasted);
    vec![Effect::CheckPaste(readings)]
}

/// What stands behind `/send`.
fn sent_by_command(written: &str) -> Option<&str> {
    written.strip_prefix("/send").filter(|rest| rest.starts_with(char::is_whitespace))
}

/// The disk has not answered yet whether what is written is a paste of several files.
pub fn is_open(model: &Model) -> bool {
    model.pasted.as_ref().is_some_and(|pasted| pasted.after == model.composer.text())
}

/// The disk has answered. When the user has gone on writing it is too late.
pub fn handle_checked(model: &mut Model, files: Vec<Offered>) {
    let Some(pasted) = model.pasted.take() else { return };
    let is_current = model.overlay.is_none() && model.composer.text() == pasted.after;
    if is_current && !files.is_empty() && model.here().is_some() {
        if pasted.offered != pasted.after {
            model.composer.set(&pasted.offered);
        }
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
    model.composer.set(&offer.before);
    model.last_said = None;
    offer.files.into_iter().map(|file| files::upload(model, to.clone(), file.path, String::new())).collect()
}

/// Why a file cannot be sent to this server.
pub fn too_large(model: &Model, file: &Offered) -> Option<String> {
    let max = model.file_bytes_max;
    (max > 0 && file.bytes > max).then(|| files::too_large(file.bytes, max))
}
