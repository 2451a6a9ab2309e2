//! The list of conversations.

use super::theme;
use crate::app::Model;
use crate::app::chats::{BLOCKED, Chat, MUTED, Row};
use crate::app::files::line;
use chat_protocol::Summary;
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
    let rows = model.chats.rows();
    let is_selected =
        |row: &Row<'_>| matches!(row, Row::Chat(chat) if Some(chat.id()) == model.chats.selected_id());
    let selected = rows.iter().position(is_selected).unwrap_or(0);
    let above = (selected + 1).saturating_sub(room);
    lines.extend(rows.iter().skip(above).take(room).map(|row| match row {
        Row::Archive(count) => {
            Line::styled(line::start_of(&format!(" archived: {count}"), width), theme::QUIET)
        }
        Row::Chat(chat) => chat_line(model, chat, width, is_selected(row)),
    }));
    if model.chats.is_empty() {
        let hint = if model.synced { " no conversations yet" } else { " …" };
        lines.push(Line::styled(hint, theme::QUIET));
    }
    frame.render_widget(Paragraph::new(lines), inside);
}

fn chat_line(model: &Model, chat: &Chat, width: usize, is_selected: bool) -> Line<'static> {
    let dot = match chat.peer() {
        _ if model.typing.is_in(chat.id()) => "…",
        Some(peer) if peer.online && model.knows_presence() => "●",
        Some(_) => "○",
        None => " ",
    };
    // A colour within what is reversed would be a block.
    let coloured = |style| if is_selected { Style::new() } else { style };
    let dot_style = coloured(if matches!(dot, "○" | " ") { theme::QUIET } else { theme::GOOD });
    let (signs, mentions, unread) = counts(chat);
    let title = chat.title(&model.me);
    let name_width = width.saturating_sub(3 + signs.width() + mentions.width() + unread.width());
    let name: String = title.chars().take(name_width).collect();
    let gap = " ".repeat(name_width.saturating_sub(name.width()));
    let (calls, named) = chat.calls();
    let is_quiet = chat.is_muted() || chat.is_archived();
    let name_style = match calls {
        0 if is_quiet => coloured(theme::QUIET),
        0 => Style::new(),
        _ => theme::STRONG,
    };
    let named_style = if named > 0 { theme::NEW } else { theme::QUIET };
    let unread_style = if is_quiet { theme::QUIET } else { theme::NEW };
    let line = Line::from(vec![
        Span::raw(" "),
        Span::styled(dot, dot_style),
        Span::raw(" "),
        Span::styled(name, name_style),
        Span::raw(gap),
        Span::styled(signs, coloured(theme::QUIET)),
        Span::styled(mentions, coloured(named_style)),
        Span::styled(unread, coloured(unread_style)),
    ]);
    if is_selected { line.style(theme::SELECTED) } else { line }
}

/// What the user prefers, as signs; how many unread messages mention them; how many there are.
fn counts(chat: &Chat) -> (String, String, String) {
    let Summary { unread, mentions, preferences, .. } = &chat.summary;
    let signs = [(chat.is_muted(), MUTED), (preferences.blocked, BLOCKED)];
    let signs: String =
        signs.iter().filter(|(holds, _)| *holds).map(|(_, sign)| format!(" {sign}")).collect();
    let mentions = if *mentions > 0 { format!(" @{}", up_to_999(*mentions)) } else { String::new() };
    let unread = if *unread > 0 { format!(" {}", up_to_999(*unread)) } else { String::new() };
    let end = if signs.is_empty() && unread.is_empty() { "" } else { " " };
    (signs, mentions, unread + end)
}

fn up_to_999(count: u32) -> String {
    if count < 999 { count.to_string() } else { "999+".to_owned() }
}
