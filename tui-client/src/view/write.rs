//! The composer, and what may complete its last word.

use super::theme;
use crate::app::files::line;
use crate::app::{Model, Purpose, silence};
use chat_client::SafeText;
use ratatui::Frame;
use ratatui::layout::{Position, Rect};
use ratatui::style::Modifier;
use ratatui::text::{Line, Span};
use ratatui::widgets::{Clear, Paragraph};
use ratatui_textarea::TextArea;
use unicode_width::UnicodeWidthStr;

/// Completions that are shown at once; the others are scrolled to.
const LINES_MAX: u16 = 8;

pub fn draw(frame: &mut Frame<'_>, model: &Model, area: Rect) {
    let Some(place) = draw_text(frame, &model.composer.area, area) else { return };
    if model.overlay.is_none() {
        show_cursor(frame, place);
    }
    let silence = model.chats.selected().and_then(silence::of);
    if let Some(why) = silence.filter(|_| model.composer.is_empty()) {
        let words = line::start_of(&why, usize::from(place.width));
        frame.render_widget(Line::styled(words, theme::QUIET), place);
    }
}

/// A line that is written over the screen.
pub fn draw_line(frame: &mut Frame<'_>, line: &TextArea<'_>, area: Rect) {
    if let Some(place) = draw_text(frame, line, area) {
        show_cursor(frame, place);
    }
}

/// A text that is being written, with the sign of it; and where it stands, if there is room.
fn draw_text(frame: &mut Frame<'_>, text: &TextArea<'_>, area: Rect) -> Option<Rect> {
    if area.width < 3 || area.height == 0 {
        return None;
    }
    frame.render_widget(Span::styled(">", theme::STRONG), Rect { width: 1, height: 1, ..area });
    let place = Rect { x: area.x + 2, width: area.width - 2, ..area };
    frame.render_widget(text, place);
    Some(place)
}

/// What the text below becomes, where it is no plain message.
pub fn draw_purpose(frame: &mut Frame<'_>, model: &Model, area: Rect) {
    let words = match &model.composer.purpose {
        Purpose::Say => return,
        Purpose::Reply(quote) => {
            let timeline = model.selected_timeline();
            let quote = timeline.map_or_else(|| quote.as_ref().clone(), |timeline| timeline.current(quote));
            let said =
                if quote.text.is_empty() { quote.file.as_deref().unwrap_or_default() } else { &quote.text };
            format!("↳ answers [{}] {}: {}", quote.seq, quote.from, SafeText::line(said))
        }
        Purpose::Edit { seq, .. } => format!("✎ edits [{seq}]"),
    };
    const ESC: &str = " Esc";
    let room = usize::from(area.width).saturating_sub(ESC.width());
    let line = Line::from(vec![Span::raw(line::start_of(&words, room)), Span::raw(ESC)]);
    frame.render_widget(line.style(theme::NEW), area);
}

/// The text area paints a cursor. The terminal's own one takes its place: input methods and screen readers look for it.
fn show_cursor(frame: &mut Frame<'_>, place: Rect) {
    let is_painted = |frame: &mut Frame<'_>, at: &Position| {
        frame.buffer_mut().cell(*at).is_some_and(|cell| cell.modifier.contains(Modifier::REVERSED))
    };
    let Some(cursor) = place.positions().find(|at| is_painted(frame, at)) else { return };
    frame.buffer_mut()[cursor].modifier.remove(Modifier::REVERSED);
    frame.set_cursor_position(cursor);
}

pub fn draw_completion(frame: &mut Frame<'_>, model: &Model, main: Rect, writing: Rect) {
    let Some(completion) = &model.composer.completion else { return };
    let height = u16::try_from(completion.items.len()).unwrap_or(u16::MAX).min(main.height).min(LINES_MAX);
    let width = completion.items.iter().map(|(shown, _)| shown.width() + 2).max().unwrap_or(0);
    let width = u16::try_from(width).unwrap_or(u16::MAX).min(main.width);
    let place = Rect { x: writing.x, y: main.bottom() - height, width, height };
    if place.is_empty() {
        return;
    }
    let above = (completion.selected + 1).saturating_sub(usize::from(height));
    let lines = completion.items.iter().enumerate().skip(above).map(|(index, (shown, _))| {
        let line = format!(" {shown}{}", " ".repeat(usize::from(width).saturating_sub(shown.width() + 1)));
        Line::styled(line, if index == completion.selected { theme::SELECTED } else { theme::STRONG })
    });
    frame.render_widget(Clear, place);
    frame.render_widget(Paragraph::new(lines.collect::<Vec<_>>()), place);
}
