//! Files: what the user wants of them, and what the transfers tell.

use super::Effect;
use crate::app::command::FilePath;
use crate::app::files::pictures::{FILE_BYTES_MAX, is_picture};
use crate::app::files::{self, Which, size};
use crate::app::timeline::PAGE_LIMIT;
use crate::app::{FileList, Model, Notice, Overlay, Saved};
use chat_client::files::{Subject, TransferChange, TransferError, TransferEvent, TransferId, UploadRequest};
use chat_client::{Command, Content, SafeText, emoji};
use chat_protocol::{Attachment, Seq, Target};
use crossterm::event::{KeyCode, KeyEvent};
use std::path::{Path, PathBuf};
use std::time::Instant;

/// Pages of older messages that are looked through for files before the user is asked whether to go on.
const PAGES: u8 = 10;

/// Sends a file to the selected conversation.
pub fn send(model: &mut Model, path: &FilePath, text: &str) -> Result<Vec<Effect>, String> {
    let path = path.resolve(model.home.as_deref())?;
    let text = emoji::expand(text);
    if !text.is_empty() {
        model.check_text(&text)?;
    }
    let to = model.here().ok_or("to whom? /msg NAME begins a conversation")?;
    super::compose::check_passes(model, &to)?;
    model.last_said = Some(model.composer.text());
    Ok(vec![upload(model, to, path, text)])
}

/// Begins an upload. One's own end of the conversation is where it will stand.
pub fn upload(model: &mut Model, to: Target, path: String, text: String) -> Effect {
    if let Some(timeline) = model.selected_timeline_mut() {
        timeline.show_newest();
        timeline.new_until = None;
    }
    Effect::Upload(UploadRequest { path: PathBuf::from(path), to, text, client_id: None })
}

/// Saves a file of the selected conversation.
pub fn save(model: &mut Model, which: &Which, to: Option<&FilePath>) -> Result<Vec<Effect>, String> {
    let to = to.map(|path| path.resolve(model.home.as_deref())).transpose()?;
    let file = files::find(model, which)?.file.clone();
    save_file(model, file, to)
}

/// Saves a file, once at a time.
pub fn save_file(model: &mut Model, file: Attachment, to: Option<String>) -> Result<Vec<Effect>, String> {
    if let Some(transfer) = model.transfers.of_file(file.id) {
        return Err(format!("it is being saved already: {}", transfer.id));
    }
    model.saves.remove(&file.id);
    Ok(vec![Effect::Save { file: Box::new(file), to }])
}

/// Shows the conversation's files, with the newest one selected.
pub fn list(model: &mut Model) -> Result<(), String> {
    if model.chats.selected_id().is_none() {
        return Err("no conversation is open".to_owned());
    }
    // It begins with the newest one.
    if let Some(timeline) = model.selected_timeline_mut().filter(|timeline| timeline.is_in_past()) {
        timeline.show_newest();
    }
    let selected = files::in_view_of(model).next().map(|file| file.number());
    model.overlay = Some(Overlay::Files(FileList { selected, pages_left: PAGES }));
    Ok(())
}

/// A key for the list.
pub fn handle_key(model: &mut Model, key: KeyEvent) -> Vec<Effect> {
    let Some(Overlay::Files(list)) = model.overlay else { return Vec::new() };
    let page = usize::from(list_height(model)).max(1);
    let step: isize = match key.code {
        KeyCode::Up => -1,
        KeyCode::Down => 1,
        KeyCode::PageUp => 1 - page.cast_signed(),
        KeyCode::PageDown => page.cast_signed() - 1,
        KeyCode::Home => isize::MIN,
        KeyCode::End => isize::MAX,
        KeyCode::Enter => return with_selected(model, list, |model, file| save_file(model, file, None)),
        KeyCode::Char('v') => {
            return with_selected(model, list, |model, file| view_file(model, file).map(|()| Vec::new()));
        }
        _ => return Vec::new(),
    };
    let numbers: Vec<Seq> = files::in_view_of(model).map(|file| file.number()).collect();
    let at = numbers.iter().position(|number| Some(*number) == list.selected).unwrap_or(0);
    let wanted = at.saturating_add_signed(step);
    let last = numbers.len().saturating_sub(1);
    // Who goes on at the end wants to see what is older.
    let pages_left = if wanted > last { PAGES } else { list.pages_left };
    let selected = numbers.get(wanted.min(last)).copied();
    model.overlay = Some(Overlay::Files(FileList { selected, pages_left }));
    Vec::new()
}

fn with_selected(
    model: &mut Model,
    list: FileList,
    work: impl FnOnce(&mut Model, Attachment) -> Result<Vec<Effect>, String>,
) -> Vec<Effect> {
    let selected = files::in_view_of(model).find(|file| Some(file.number()) == list.selected);
    let Some(file) = selected.map(|selected| selected.file.clone()) else { return Vec::new() };
    let is_same = |overlay: &Option<Overlay>| matches!(overlay, Some(Overlay::Files(_)));
    let done = work(model, file);
    if is_same(&model.overlay) && done.is_ok() {
        model.overlay = None;
    }
    done.unwrap_or_else(|problem| {
        model.notice = Some(Notice::Error(problem));
        Vec::new()
    })
}

/// Files that the list shows at once.
pub fn list_height(model: &Model) -> u16 {
    model.size.1.saturating_sub(4)
}

/// While the list has room, older messages are looked through, some pages at a time.
pub fn look_back(model: &mut Model) -> Vec<Effect> {
    let height = usize::from(list_height(model));
    let Some(Overlay::Files(mut list)) = model.overlay else { return Vec::new() };
    let numbers: Vec<Seq> = files::in_view_of(model).map(|file| file.number()).collect();
    // What was said meanwhile, or found.
    list.selected = list.selected.or(numbers.first().copied());
    model.overlay = Some(Overlay::Files(list));
    let at = numbers.iter().position(|number| Some(*number) == list.selected).unwrap_or(0);
    let is_short = numbers.len() < at + height;
    let Some(conversation) = model.chats.selected_id() else { return Vec::new() };
    let Some(timeline) = model.selected_timeline_mut() else { return Vec::new() };
    if !is_short || list.pages_left == 0 {
        return Vec::new();
    }
    let Some(before) = timeline.begin_older() else { return Vec::new() };
    model.overlay = Some(Overlay::Files(FileList { pages_left: list.pages_left - 1, ..list }));
    vec![Effect::Ask(Command::Older { conversation, before, limit: PAGE_LIMIT })]
}

/// Lets a picture fill the screen.
pub fn view(model: &mut Model, which: &Which) -> Result<(), String> {
    let file = match which {
        Which::Last => {
            let newest = files::in_view_of(model).find(|attached| is_picture(attached.file));
            newest.ok_or("no picture hangs on the messages that are loaded here")?.file.clone()
        }
        which => files::find(model, which)?.file.clone(),
    };
    view_file(model, file)
}

pub fn view_file(model: &mut Model, file: Attachment) -> Result<(), String> {
    if model.pictures.has_no_colours {
        return Err("a picture needs colours, and NO_COLOR is set".to_owned());
    }
    if !is_picture(&file) {
        return Err(format!("{} is not a PNG, JPEG, GIF or WebP picture", SafeText::line(&file.name)));
    }
    if file.size > FILE_BYTES_MAX {
        return Err(format!("pictures up to {} are shown; /save it", size::bytes(FILE_BYTES_MAX)));
    }
    model.overlay = Some(Overlay::Picture(Box::new(file)));
    Ok(())
}

/// Gives a transfer up: the one with this number, or the last one that runs; a failed one is forgotten.
pub fn cancel(model: &mut Model, number: Option<u64>) -> Result<Vec<Effect>, String> {
    let transfer = match number {
        Some(number) => {
            let failed = model.transfers.failed().find(|transfer| transfer.id.number() == number);
            if let Some(id) = failed.map(|transfer| transfer.id) {
                drop_failed(model, id);
                return Ok(Vec::new());
            }
            let transfer = model.transfers.under_way().find(|transfer| transfer.id.number() == number);
            transfer.ok_or_else(|| format!("no transfer has the number {number}"))?
        }
        None => model.transfers.under_way().next_back().ok_or("nothing is being sent or saved")?,
    };
    Ok(vec![Effect::CancelTransfer(transfer.id)])
}

/// Asks for all uploads again that have failed.
///
/// # Errors
/// A line for the user: some have failed, and of none is it known where its file is.
pub fn retry_failed(model: &mut Model) -> Result<Vec<Effect>, String> {
    let failed: Vec<TransferId> = model.transfers.failed().map(|transfer| transfer.id).collect();
    let mut again = Vec::new();
    for id in &failed {
        if let Some(request) = model.transfers.forget(*id) {
            model.transfers.remove(*id);
            again.push(Effect::Upload(request));
        }
    }
    if again.is_empty() && !failed.is_empty() {
        return Err(
            "it is not known any more where that file is; /send it again, and /discard this".to_owned()
        );
    }
    if !again.is_empty() {
        // That was something else; these come back by themselves.
        model.last_said = None;
    }
    Ok(again)
}

/// Forgets all uploads that have failed; whether there were any.
pub fn discard_failed(model: &mut Model) -> bool {
    let failed: Vec<TransferId> = model.transfers.failed().map(|transfer| transfer.id).collect();
    failed.iter().for_each(|id| drop_failed(model, *id));
    !failed.is_empty()
}

fn drop_failed(model: &mut Model, id: TransferId) {
    model.transfers.forget(id);
    model.transfers.remove(id);
}

pub fn handle_event(model: &mut Model, event: TransferEvent, now: Instant) -> Vec<Effect> {
    let TransferEvent { id, change } = event;
    match change {
        TransferChange::Started { subject, name, bytes_total } => {
            model.transfers.begin(id, subject, name, bytes_total);
        }
        TransferChange::Progress { bytes_done, bytes_total } => {
            model.transfers.progress(id, bytes_done, bytes_total, now);
        }
        TransferChange::Waiting { cause } => model.transfers.wait(id, cause),
        TransferChange::Uploaded { file, to, text, client_id } => {
            model.transfers.hand_over(id, client_id.clone());
            let content = Content::Message { text, file: Some(Box::new(file)), reply_to: None };
            return vec![Effect::Send { client_id: Some(client_id), target: to, content }];
        }
        TransferChange::Saved { path } => handle_saved(model, id, &path.to_string_lossy()),
        TransferChange::Failed { error } => handle_failed(model, id, &error),
        TransferChange::Cancelled => {
            model.transfers.forget(id);
            if let Some(transfer) = model.transfers.remove(id) {
                let name = SafeText::line(&transfer.name);
                model.notice = Some(Notice::Info(format!("{id} was cancelled: {name}")));
            }
        }
    }
    Vec::new()
}

fn in_words(error: &TransferError) -> String {
    match error {
        TransferError::TooLarge { bytes, bytes_max } => too_large(*bytes, *bytes_max),
        error => error.to_string(),
    }
}

/// Why a file cannot be sent to this server.
pub fn too_large(bytes: u64, bytes_max: u64) -> String {
    format!("too large: {}, and the server takes {} at most", size::bytes(bytes), size::bytes(bytes_max))
}

fn handle_saved(model: &mut Model, id: TransferId, path: &str) {
    let path = model.short_path(path);
    if let Some(Subject::Download(file)) = model.transfers.remove(id).map(|transfer| transfer.subject) {
        model.saves.insert(file.id, Saved::At(path.clone()));
    }
    model.notice = Some(Notice::Info(format!("saved as {path}")));
}

fn handle_failed(model: &mut Model, id: TransferId, error: &TransferError) {
    let why = in_words(error);
    match model.transfers.fail(id, why.clone()) {
        Some(Subject::Download(file)) => {
            model.saves.insert(file.id, Saved::Failed(why.clone()));
        }
        Some(Subject::Upload { to, text }) => {
            if let Some(path) = path_of(error) {
                let request = UploadRequest { path: path.to_owned(), to, text, client_id: None };
                model.transfers.remember_restored(id, request);
            }
        }
        None => handle_not_begun(model, id, &why),
    }
    model.notice = Some(Notice::Error(why));
}

/// The user has it before them again: as they wrote it, or else among what has failed.
fn handle_not_begun(model: &mut Model, id: TransferId, why: &str) {
    let Some(request) = model.transfers.forget(id) else { return };
    match model.last_said.take().filter(|_| model.composer.is_empty()) {
        Some(written) => model.composer.set(&written),
        None => model.transfers.fail_before_begin(id, request, why.to_owned()),
    }
}

/// The file on this disk that an upload could not go on with.
fn path_of(error: &TransferError) -> Option<&Path> {
    match error {
        TransferError::Unreadable { path, .. }
        | TransferError::NotAFile(path)
        | TransferError::Changed(path) => Some(path),
        _ => None,
    }
}
