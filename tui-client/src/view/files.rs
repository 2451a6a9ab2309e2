//! What lies over the screen of files: their list, the offer of those that were pasted, a picture.

use super::{centred, picture, theme};
use crate::app::files::line::{end_of, shortened};
use crate::app::files::pictures::{PictureKey, PictureState};
use crate::app::files::{Attached, Offer, Offered, in_view_of, size};
use crate::app::{FileList, Model, Saved, list_height, screen_room, too_large};
use chat_client::SafeText;
use chat_protocol::Attachment;
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};
use ratatui::widgets::{Block, BorderType, Clear, Paragraph};
use unicode_width::UnicodeWidthStr;

/// A list that is wider is hard to follow from one side to the other.
const WIDTH_MAX: u16 = 100;

pub fn draw_list(frame: &mut Frame<'_>, model: &Model, list: FileList, area: Rect) {
    let files: Vec<Attached<'_>> = in_view_of(model).collect();
    let at = files.iter().position(|file| Some(file.number()) == list.selected).unwrap_or(0);
    let height = usize::from(list_height(model)).max(1);
    let above = (at + 1).saturating_sub(height);
    let width = area.width.min(WIDTH_MAX);
    let inner = usize::from(width.saturating_sub(2));
    let shown = &files[above..files.len().min(above + height)];
    let columns = Columns::new(shown, inner);
    let rows = shown.iter().zip(above..).map(|(file, index)| {
        let line = columns.row(model, file);
        if index == at { line.style(theme::SELECTED) } else { line }
    });
    let mut lines: Vec<_> = rows.collect();
    lines.push(Line::styled(format!(" {}", search(model, list, files.len())), theme::QUIET));
    let title = match inner {
        44.. => " Files: Enter saves, v views, Esc closes ",
        24.. => " Files: Enter saves ",
        _ => " Files ",
    };
    boxed(frame, area, width, title, lines);
}

/// How far back the list goes.
fn search(model: &Model, list: FileList, count: usize) -> String {
    let timeline = model.selected_timeline();
    let found = match count {
        0 => "no files".to_owned(),
        1 => "1 file".to_owned(),
        count => format!("{count} files"),
    };
    match timeline {
        Some(timeline) if timeline.is_at_start() => found,
        Some(timeline) if timeline.is_loading_older() => format!("{found}, looking further back …"),
        _ if list.pages_left == 0 => format!("{found} so far; ↓ looks further back"),
        _ => format!("{found} so far"),
    }
}

/// What there is room for beside the names: ` [12] photo.png     47 KiB  image/png  bob  2 Mar 09:03`.
struct Columns {
    width: usize,
    number: usize,
    /// Nothing when there is no room for it.
    kind: Option<usize>,
    from: Option<usize>,
    size: bool,
}

/// A size, with what parts it from a name.
const SIZE_WIDTH: usize = 10;
/// A date and a time, with what parts them from a sender.
const WHEN_WIDTH: usize = 14;
/// A longer type is cut.
const KIND_WIDTH_MAX: usize = 16;
/// A name that is cut to less says too little.
const NAME_WIDTH_MIN: usize = 20;

impl Columns {
    fn new(files: &[Attached<'_>], width: usize) -> Self {
        let widest = |width: &dyn Fn(&Attached<'_>) -> usize| files.iter().map(width).max().unwrap_or(0);
        let number = widest(&|file| file.number().to_string().len()) + 4;
        let kind = widest(&|file| kind(file).width()) + 2;
        let from = widest(&|file| file.entry.from.as_str().len()) + 2 + WHEN_WIDTH;
        let room = width.saturating_sub(number + NAME_WIDTH_MIN);
        let size = room >= SIZE_WIDTH;
        let has_from = room >= SIZE_WIDTH + from;
        let has_kind = room >= SIZE_WIDTH + from + kind;
        Self { width, number, kind: has_kind.then_some(kind), from: has_from.then_some(from), size }
    }

    fn row(&self, model: &Model, attached: &Attached<'_>) -> Line<'static> {
        let file = attached.file;
        let state = match model.saves.get(&file.id) {
            Some(Saved::At(_)) => " ✓",
            _ if model.transfers.of_file(file.id).is_some() => " ↓",
            _ => "",
        };
        let mut tail = String::new();
        if self.size {
            tail.push_str(&format!("{:>SIZE_WIDTH$}", size::bytes(file.size)));
        }
        if let Some(width) = self.kind {
            tail.push_str(&padded(&format!("  {}", kind(attached)), width));
        }
        if let Some(width) = self.from {
            let when = (model.local_time)(attached.entry.at).format("%-d %b %H:%M").to_string();
            let from = padded(&format!("  {}", attached.entry.from), width - WHEN_WIDTH);
            tail.push_str(&format!("{from}{when:>WHEN_WIDTH$}"));
        }
        let number = format!("{:>width$} ", format!("[{}]", attached.number()), width = self.number - 1);
        let room = self.width.saturating_sub(self.number + state.width() + tail.width());
        let name = padded(
            &format!("{}{state}", shortened(attached.name().as_str(), room.max(1))),
            room + state.width(),
        );
        Line::from(vec![
            Span::styled(number, theme::QUIET),
            Span::raw(name),
            Span::styled(tail, theme::QUIET),
        ])
    }
}

fn kind(attached: &Attached<'_>) -> String {
    let kind = SafeText::line(&attached.file.media_type);
    shortened(kind.as_str(), KIND_WIDTH_MAX)
}

fn padded(text: &str, width: usize) -> String {
    format!("{text}{}", " ".repeat(width.saturating_sub(text.width())))
}

pub fn draw_offer(frame: &mut Frame<'_>, model: &Model, offer: &Offer, area: Rect) {
    let to = model.chats.selected().map_or_else(String::new, |chat| chat.title(&model.me));
    let count = offer.files.len();
    let what = if count == 1 { "this file".to_owned() } else { format!("these {count} files") };
    let width = area.width.min(WIDTH_MAX);
    let inner = usize::from(width.saturating_sub(2));
    let question = shortened(&format!(" Send {what} to {to}?"), inner);
    let mut lines = vec![Line::styled(question, theme::STRONG)];
    // The border, the question and the answers.
    let room = usize::from(area.height).saturating_sub(4).max(1);
    let shown = if count > room { room.saturating_sub(1) } else { count };
    lines.extend(offer.files.iter().take(shown).map(|file| offered(model, file, inner)));
    if shown < count {
        lines.push(Line::styled(format!(" and {} more", count - shown), theme::QUIET));
    }
    let answers = if inner >= 33 { " Enter sends, Esc keeps the text" } else { " Enter yes, Esc no" };
    lines.push(Line::styled(answers, theme::QUIET));
    boxed(frame, area, width, " Dropped here ", lines);
}

fn offered(model: &Model, file: &Offered, width: usize) -> Line<'static> {
    let bytes = format!("  {}", size::bytes(file.bytes));
    let path = SafeText::line(&model.short_path(&file.path)).to_string();
    let path = end_of(&path, width.saturating_sub(4 + bytes.width()));
    let (note, style) =
        if too_large(model, file).is_some() { (" ✗", theme::BAD) } else { ("", Style::new()) };
    Line::from(vec![
        Span::raw(format!(" {path}")),
        Span::styled(bytes, theme::QUIET),
        Span::styled(note, style),
    ])
}

/// A picture on the whole screen.
pub fn draw_picture(frame: &mut Frame<'_>, model: &Model, file: &Attachment, area: Rect) {
    let name = SafeText::line(&file.name);
    let title = shortened(&format!(" {name}: Esc closes "), usize::from(area.width.saturating_sub(2)).max(1));
    let block = Block::bordered().border_type(BorderType::Rounded).title(title);
    let inside = block.inner(area);
    frame.render_widget(Clear, area);
    frame.render_widget(block, area);
    let key = PictureKey { file: file.id, room: screen_room(model) };
    let text = match model.pictures.get(key) {
        Some(PictureState::Ready(ready)) => {
            let size = ready.size();
            picture::draw(frame, ready, 0, centred(inside, size.width, size.height));
            return;
        }
        Some(PictureState::Failed(why)) => format!("It cannot be shown: {}", SafeText::line(why)),
        Some(PictureState::Loading) | None => "…".to_owned(),
    };
    let lines: Vec<_> =
        crate::app::rows::wrap(&text, usize::from(inside.width)).into_iter().map(Line::from).collect();
    frame.render_widget(Paragraph::new(lines).style(theme::QUIET), inside);
}

fn boxed(frame: &mut Frame<'_>, area: Rect, width: u16, title: &str, lines: Vec<Line<'_>>) {
    let height = u16::try_from(lines.len()).unwrap_or(u16::MAX).saturating_add(2);
    let place = centred(area, width, height);
    let block = Block::bordered().border_type(BorderType::Rounded).title(title);
    let inside = block.inner(place);
    frame.render_widget(Clear, place);
    frame.render_widget(block, place);
    frame.render_widget(Paragraph::new(lines), inside);
}
