//! The list of conversations.

use super::theme;
use crate::app::Model;
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};
use ratatui::widgets::{Block, Borders, Paragraph};
use unicode_width::UnicodeWidthStr;

pub fn draw(frame: &mut Frame<'_>, model: &Model, area: Rect, bordered: bool) {
    let block =
        if bordered { Block::new().borders(Borders::RIGHT).border_style(theme::QUIET) } else { Block::new() };
    let inside = block.inner(area);
    frame.render_widget(block, area);
    let (width, height) = (usize::from(inside.width), usize::from(inside.height));
    let mut lines = Vec::new();
    if bordered {
        lines.push(Line::styled(format!(" {}", model.me), theme::STRONG));
    }
    let room = height.saturating_sub(lines.len()).max(1);
    let selected = model.chats.selected_index().unwrap_or(0);
    let above = (selected + 1).saturating_sub(room);
    lines.extend(model.chats.iter().enumerate().skip(above).take(room).map(|(index, chat)| {
        let unread = chat.summary.unread;
        let dot = match chat.peer() {
            _ if model.typing.is_in(chat.id()) => "…",
            Some(peer) if peer.online && model.knows_presence() => "●",
            Some(_) => "○",
            None => " ",
        };
        let is_selected = Some(index) == model.chats.selected_index();
        // A colour within what is reversed would be a block.
        let coloured = |style| if is_selected { Style::new() } else { style };
        let dot_style = coloured(if matches!(dot, "○" | " ") { theme::QUIET } else { theme::GOOD });
        let count = match unread {
            0 => String::new(),
            1..999 => format!(" {unread} "),
            _ => " 999+ ".to_owned(),
        };
        let title = chat.title(&model.me);
        let name_width = width.saturating_sub(3 + count.width());
        let name: String = title.chars().take(name_width).collect();
        let gap = " ".repeat(name_width.saturating_sub(name.width()));
        let name_style = if unread > 0 { theme::STRONG } else { Style::new() };
        let line = Line::from(vec![
            Span::raw(" "),
            Span::styled(dot, dot_style),
            Span::raw(" "),
            Span::styled(name, name_style),
            Span::raw(gap),
            Span::styled(count, coloured(theme::NEW)),
        ]);
        if is_selected { line.style(theme::SELECTED) } else { line }
    }));
    if model.chats.is_empty() {
        let hint = if model.synced { " no conversations yet" } else { " …" };
        lines.push(Line::styled(hint, theme::QUIET));
    }
    frame.render_widget(Paragraph::new(lines), inside);
}
