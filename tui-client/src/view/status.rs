//! The lines around: the title, the rule above the composer, the status.

use super::theme;
use crate::app::{Model, Notice, Pane};
use chat_client::{Connection, Outgoing, OutgoingState, SafeText};
use chat_protocol::Peer;
use ratatui::Frame;
use ratatui::layout::{Alignment, Rect};
use ratatui::style::Style;
use ratatui::text::{Line, Span};
use ratatui::widgets::Paragraph;

pub fn draw_title(frame: &mut Frame<'_>, model: &Model, area: Rect) {
    let title = match model.chats.selected() {
        _ if !model.is_wide() && model.pane == Pane::List => {
            Line::styled(format!("{}: conversations", model.me), theme::STRONG)
        }
        Some(chat) => {
            let presence = chat.peer().map_or_else(String::new, |peer| presence(model, peer));
            let name = Span::styled(chat.title(&model.me), theme::STRONG);
            Line::from(vec![name, Span::styled(presence, theme::QUIET)])
        }
        None => Line::styled("chat", theme::STRONG),
    };
    frame.render_widget(Paragraph::new(title), area);
}

/// When somebody was last here is a time, not a duration: it stays true without being drawn again.
fn presence(model: &Model, peer: &Peer) -> String {
    if peer.user == model.me {
        return "  for yourself".to_owned();
    }
    if !model.knows_presence() {
        return "  presence not known right now".to_owned();
    }
    match peer.last_seen {
        _ if peer.online => "  ● online".to_owned(),
        Some(at) => format!("  ○ last seen {}", (model.local_time)(at).format("%-d %b %H:%M")),
        None => "  ○ never here yet".to_owned(),
    }
}

pub fn draw_rule(frame: &mut Frame<'_>, model: &Model, area: Rect) {
    let scroll = model.selected_timeline().map(|timeline| timeline.scroll.clone()).unwrap_or_default();
    let note = match (scroll.is_at_bottom(), scroll.new_below) {
        (true, _) => String::new(),
        (false, 0) => " ↓ End: newest ".to_owned(),
        (false, count) => format!(" ↓ {count} new below "),
    };
    let style = if scroll.new_below > 0 { theme::NEW } else { theme::QUIET };
    frame.render_widget(Paragraph::new("─".repeat(usize::from(area.width))).style(theme::QUIET), area);
    if let Some(words) = typing_here(model) {
        let place = Rect { x: area.x + area.width.min(1), width: area.width.saturating_sub(1), ..area };
        frame.render_widget(Line::styled(format!(" {words} "), theme::GOOD), place);
    }
    frame.render_widget(Line::styled(note, style).alignment(Alignment::Right), area);
}

/// Who types in the conversation that is seen.
fn typing_here(model: &Model) -> Option<String> {
    let is_seen = model.is_wide() || model.pane == Pane::Chat;
    model.chats.selected_id().filter(|_| is_seen).and_then(|id| model.typing.words(id))
}

pub fn draw_status(frame: &mut Frame<'_>, model: &Model, area: Rect) {
    let (text, style) = match &model.notice {
        // It may repeat what was pasted.
        Some(Notice::Error(text)) => (format!("✗ {}", SafeText::line(text)), theme::BAD),
        Some(Notice::Info(text)) => (SafeText::line(text).to_string(), theme::GOOD),
        None => connection(&model.connection),
    };
    frame.render_widget(Line::styled(text, style), area);
    let right = right(model);
    let width = u16::try_from(right.width()).unwrap_or(area.width);
    let is_room = model.notice.is_none() || is_near_limit(model);
    if is_room && width < area.width {
        let place = Rect { x: area.right() - width, width, ..area };
        frame.render_widget(right, place);
    }
}

fn connection(connection: &Connection) -> (String, Style) {
    match connection {
        Connection::Connecting => ("◌ connecting".to_owned(), theme::QUIET),
        Connection::CatchingUp => ("◌ catching up".to_owned(), theme::QUIET),
        Connection::Live => ("● connected".to_owned(), theme::GOOD),
        Connection::Waiting { reason, .. } => (format!("✗ offline: {}", SafeText::line(reason)), theme::BAD),
        Connection::Ended(_) => ("✗ ended".to_owned(), theme::BAD),
    }
}

/// Messages that are not in the log and not on this screen: without a connection their conversation is not even known.
fn elsewhere(model: &Model) -> Option<Line<'static>> {
    let here = model.chats.selected();
    let is_here = |outgoing: &&Outgoing| here.is_some_and(|chat| chat.is_target(&outgoing.target));
    let elsewhere: Vec<_> = model.outgoing.iter().filter(|outgoing| !is_here(outgoing)).collect();
    let is_failed = |outgoing: &&&Outgoing| matches!(outgoing.state, OutgoingState::Failed { .. });
    match (elsewhere.iter().filter(is_failed).count(), elsewhere.len()) {
        (_, 0) => None,
        (0, queued) => Some(Line::styled(format!(" ◌ {queued} waiting elsewhere"), theme::NEW)),
        (failed, _) => Some(Line::styled(format!(" ✗ {failed} not sent elsewhere"), theme::BAD)),
    }
}

/// From nine tenths of it on, the size is shown.
fn is_near_limit(model: &Model) -> bool {
    model.composer.bytes() * 10 > model.text_bytes_max * 9
}

fn right(model: &Model) -> Line<'static> {
    if is_near_limit(model) {
        let (bytes, max) = (model.composer.bytes(), model.text_bytes_max);
        let style = if bytes > max { theme::BAD } else { theme::NEW };
        return Line::styled(format!(" {bytes}/{max}"), style);
    }
    if let Some(waiting) = elsewhere(model) {
        return waiting;
    }
    match model.chats.unread_elsewhere() {
        0 => Line::styled(" F1 help", theme::QUIET),
        unread => Line::styled(format!(" {unread} unread elsewhere"), theme::NEW),
    }
}
