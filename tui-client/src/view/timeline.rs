//! The selected conversation.

use super::theme;
use crate::app::Model;
use crate::app::place::visible;
use crate::app::rows::{Mark, Row};
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};
use ratatui::widgets::Paragraph;

pub fn draw(frame: &mut Frame<'_>, model: &Model, area: Rect) {
    let height = usize::from(area.height);
    let rows = visible(model, height);
    let mut lines: Vec<Line<'_>> = rows.iter().map(|row| line(row, area.width)).collect();
    if lines.is_empty() {
        lines = hint(model);
    }
    // A short conversation stands at the bottom, where one writes.
    let used = u16::try_from(lines.len()).unwrap_or(area.height).min(area.height);
    let place = Rect { y: area.y + (area.height - used), height: used, ..area };
    frame.render_widget(Paragraph::new(lines), place);
}

fn line(row: &Row, width: u16) -> Line<'static> {
    match row {
        Row::Day(day) => ruled(day, width, theme::QUIET),
        Row::New => ruled("new", width, theme::NEW),
        Row::Heading { from, time, mine } => {
            let style = if *mine { theme::MINE } else { theme::THEIRS };
            Line::from(vec![
                Span::styled(from.to_string(), style),
                Span::styled(format!(" {time}"), theme::QUIET),
            ])
        }
        Row::Text { mark, text } => {
            let style = match mark {
                Mark::Failed => theme::BAD,
                Mark::Sent => theme::GOOD,
                Mark::None | Mark::Queued => Style::new(),
            };
            Line::from(vec![Span::styled(format!("{} ", mark.symbol()), style), Span::raw(text.clone())])
        }
        Row::Reason(reason) => Line::styled(format!("  {reason}"), theme::BAD),
    }
}

/// `── text ─────`
fn ruled(text: &str, width: u16, style: Style) -> Line<'static> {
    let rest = usize::from(width).saturating_sub(text.chars().count() + 4);
    Line::styled(format!("── {text} {}", "─".repeat(rest)), style)
}

fn hint(model: &Model) -> Vec<Line<'static>> {
    let text = match (model.chats.selected_id(), model.synced, model.selected_timeline()) {
        (Some(_), _, Some(timeline)) if timeline.at_start => "Nothing has been said yet.",
        (Some(_), ..) => "…",
        (None, true, _) => "Begin with /msg NAME. F1 is help.",
        (None, false, _) => "",
    };
    vec![Line::styled(text, theme::QUIET)]
}
