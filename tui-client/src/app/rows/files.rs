//! Files as lines of the screen.

use super::mentions::Mentions;
use super::{Mark, Row, own_heading, push_text, wrap};
use crate::app::files::pictures::{self, PictureKey, PictureState};
use crate::app::files::{State, Transfer, line};
use crate::app::{Model, Saved};
use chat_client::SafeText;
use chat_client::files::Subject;
use chat_protocol::Attachment;

/// A file that hangs on an entry: its line, its picture, and what has become of it here.
pub fn push_file(rows: &mut Vec<Row>, model: &Model, mark: Mark, file: &Attachment, number: u64) {
    let width = model.text_width();
    let is_wanted =
        model.pictures.is_on && pictures::is_picture(file) && file.size <= pictures::FILE_BYTES_MAX;
    let key = PictureKey { file: file.id, room: model.picture_room() };
    let state = model.pictures.get(key).filter(|_| is_wanted);
    let picture = (is_wanted && state.is_none()).then(|| Box::new(file.clone()));
    rows.push(Row::File { mark, line: line::received(file, number, width), picture });
    match state {
        Some(PictureState::Ready(picture)) => {
            rows.extend((0..picture.size().height).map(|line| Row::Picture(key, line)));
        }
        Some(PictureState::Failed(why)) => {
            rows.extend(
                wrap(&format!("no picture: {}", SafeText::line(why)), width).into_iter().map(Row::Note),
            );
        }
        Some(PictureState::Loading) | None => {}
    }
    match model.saves.get(&file.id) {
        Some(Saved::At(path)) => {
            let path = SafeText::line(path);
            rows.extend(wrap(&format!("saved as {path}"), width).into_iter().map(Row::Note));
        }
        Some(Saved::Failed(why)) => {
            let why = SafeText::line(why);
            rows.extend(wrap(&format!("not saved: {why}"), width).into_iter().map(Row::Reason));
        }
        None => {}
    }
}

/// A file that is not on the server yet.
pub fn upload_rows(model: &Model, upload: &Transfer, is_first: bool) -> Vec<Row> {
    let width = model.text_width();
    let mut rows = own_heading(model, is_first);
    let (mark, state) = match &upload.state {
        State::Begun => (Mark::Queued, String::new()),
        State::Running => (Mark::Queued, format!("{} %", upload.percent())),
        // The line above the composer says why.
        State::Waiting(_) => (Mark::Queued, "waits".to_owned()),
        State::Failed(_) => (Mark::Failed, String::new()),
    };
    let line = line::on_its_way(&upload.name, upload.bytes_total, &state, width);
    rows.push(Row::File { mark, line, picture: None });
    if let Subject::Upload { text, .. } = &upload.subject
        && !text.is_empty()
    {
        push_text(&mut rows, Mark::None, text, Mentions::none(&model.me), width);
    }
    if let State::Failed(why) = &upload.state {
        let reason = format!("not sent: {} (/retry or /discard)", SafeText::line(why));
        rows.extend(wrap(&reason, width).into_iter().map(Row::Reason));
    }
    rows
}
