//! The lines around: the title, the rule above the composer, the status.

use super::groups::count;
use super::theme;
use crate::app::files::line;
use crate::app::groups::days_words;
use crate::app::{Model, Notice, Pane, pick, preferences};
use chat_client::{Connection, Outgoing, OutgoingState, SafeText};
use chat_protocol::{Group, Peer};
use ratatui::Frame;
use ratatui::layout::{Alignment, Rect};
use ratatui::style::Style;
use ratatui::text::{Line, Span};
use ratatui::widgets::Paragraph;
use unicode_width::UnicodeWidthStr;

/// Columns of a reason that still say something.
const MORE_WIDTH_MIN: usize = 10;

pub fn draw_title(frame: &mut Frame<'_>, model: &Model, area: Rect) {
    let title = match model.chats.selected() {
        _ if !model.is_wide() && model.pane == Pane::List => {
            Line::styled(format!("{}: conversations", model.me), theme::STRONG)
        }
        Some(chat) => {
            let name = chat.title(&model.me);
            let room = usize::from(area.width).saturating_sub(name.width());
            let kept =
                model.kept_days(chat).map(|days| format!("  kept {}", days_words(days))).unwrap_or_default();
            let preferred = format!("{kept}{}", preferences::header(chat));
            let about = match (chat.peer(), chat.group()) {
                (Some(_), _) if chat.summary.preferences.blocked => preferred,
                (Some(peer), _) => format!("{}{preferred}", presence(model, peer)),
                (None, Some(group)) => about(group, &preferred, room),
                (None, None) => String::new(),
            };
            Line::from(vec![Span::styled(name, theme::STRONG), Span::styled(about, theme::QUIET)])
        }
        None => Line::styled("chat", theme::STRONG),
    };
    frame.render_widget(Paragraph::new(title), area);
}

/// How many are in a group, and what it is about, on at most so many columns.
fn about(group: &Group, preferred: &str, width: usize) -> String {
    let topic = SafeText::line(&group.topic);
    let words = format!("  {}{preferred}  {topic}", count(group.members));
    line::start_of(words.trim_end(), width)
}

/// When somebody was last here is a time, not a duration: it stays true without being drawn again.
fn presence(model: &Model, peer: &Peer) -> String {
    if peer.user == model.me {
        return "  for yourself".to_owned();
    }
    if peer.user.is_tombstone() {
        return "  account deleted".to_owned();
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
    if let Some(words) = picked_here(model) {
        // The corners stay.
        let words = line::start_of(&format!(" {words}"), usize::from(area.width.saturating_sub(3)));
        let place = Rect { x: area.x + area.width.min(1), width: area.width.saturating_sub(1), ..area };
        frame.render_widget(Line::styled(format!("{words} "), theme::NEW), place);
        return;
    }
    if let Some(words) = typing_here(model) {
        let place = Rect { x: area.x + area.width.min(1), width: area.width.saturating_sub(1), ..area };
        frame.render_widget(Line::styled(format!(" {words} "), theme::GOOD), place);
    }
    frame.render_widget(Line::styled(note, style).alignment(Alignment::Right), area);
}

/// What can be done with the picked message of the conversation that is seen.
fn picked_here(model: &Model) -> Option<String> {
    let is_seen = model.is_wide() || model.pane == Pane::Chat;
    if is_seen { pick::words(model) } else { None }
}

/// Who types in the conversation that is seen.
fn typing_here(model: &Model) -> Option<String> {
    let is_seen = model.is_wide() || model.pane == Pane::Chat;
    model.chats.selected_id().filter(|_| is_seen).and_then(|id| model.typing.words(id))
}

pub fn draw_status(frame: &mut Frame<'_>, model: &Model, area: Rect) {
    let width = usize::from(area.width);
    let rights = if model.notice.is_none() || is_near_limit(model) { right(model) } else { Vec::new() };
    let (left, style) = left(model);
    let right = rights.iter().find(|right| left.label.width() + right.width() <= width);
    // What is left of a label is its mark.
    let right = right.or_else(|| rights.last().filter(|right| right.width() < width));
    let right_width = right.map_or(0, Line::width);
    frame.render_widget(
        Line::styled(left.within(width.saturating_sub(right_width), usize::from(right.is_some())), style),
        area,
    );
    if let Some(right) = right {
        let width = u16::try_from(right_width).unwrap_or(area.width);
        frame.render_widget(right, Rect { x: area.right() - width, width, ..area });
    }
}

/// What stands on the left: a mark with a word or two, and what may be cut when there is no room.
struct Left {
    label: String,
    more: String,
}

impl Left {
    /// On so many columns, of which the last ones stay free when there is more than a label. What is cut off ends in `…`.
    fn within(self, width: usize, gap: usize) -> String {
        let Self { label, more } = self;
        if label.width() > width {
            return label.chars().take(1).collect();
        }
        let room = width.saturating_sub(label.width() + gap);
        match room {
            _ if more.is_empty() => label,
            0..MORE_WIDTH_MIN if more.width() > room && !label.is_empty() => label,
            room => format!("{label}{}", line::start_of(&more, room)),
        }
    }
}

fn left(model: &Model) -> (Left, Style) {
    let left = |label: &str, more: String| Left { label: label.to_owned(), more };
    match (&model.notice, &model.connection) {
        // It may repeat what was pasted.
        (Some(Notice::Error(text)), _) => (left("✗", format!(" {}", SafeText::line(text))), theme::BAD),
        (Some(Notice::Info(text)), _) => (left("", SafeText::line(text).to_string()), theme::GOOD),
        (None, Connection::Connecting) => (left("◌ connecting", String::new()), theme::QUIET),
        (None, Connection::CatchingUp) => (left("◌ catching up", String::new()), theme::QUIET),
        (None, Connection::Live) => (left("● connected", String::new()), theme::GOOD),
        (None, Connection::Waiting { reason, .. }) => {
            (left("✗ offline", format!(": {}", SafeText::line(reason))), theme::BAD)
        }
        (None, Connection::Ended(_)) => (left("✗ ended", String::new()), theme::BAD),
    }
}

/// Messages that are not in the log and not on this screen: without a connection their conversation is not even known.
fn elsewhere(model: &Model) -> Option<(String, Style)> {
    let elsewhere: Vec<_> =
        model.outgoing.iter().filter(|outgoing| !model.is_outgoing_here(outgoing)).collect();
    let is_failed = |outgoing: &&&Outgoing| matches!(outgoing.state, OutgoingState::Failed { .. });
    match (elsewhere.iter().filter(is_failed).count(), elsewhere.len()) {
        (_, 0) => None,
        (0, queued) => Some((format!(" ◌ {queued} waiting"), theme::NEW)),
        (failed, _) => Some((format!(" ✗ {failed} not sent"), theme::BAD)),
    }
}

/// Unread messages of other conversations, those that mention the user before the others.
fn unread_elsewhere(model: &Model) -> Option<(String, Style)> {
    let text = match model.chats.unread_elsewhere() {
        (0, _) => return None,
        (unread, 0) => format!(" {unread} unread"),
        (unread, mentions) => format!(" @{mentions} {unread} unread"),
    };
    Some((text, theme::NEW))
}

/// From nine tenths of it on, the size is shown.
fn is_near_limit(model: &Model) -> bool {
    model.composer.bytes() * 10 > model.text_bytes_max * 9
}

/// What stands on the right, and shorter ways to say it.
fn right(model: &Model) -> Vec<Line<'static>> {
    if is_near_limit(model) {
        let (bytes, max) = (model.composer.bytes(), model.text_bytes_max);
        let style = if bytes > max { theme::BAD } else { theme::NEW };
        return vec![Line::styled(format!(" {bytes}/{max}"), style)];
    }
    let told = elsewhere(model).or_else(|| unread_elsewhere(model));
    match told {
        Some((text, style)) => {
            vec![Line::styled(format!("{text} elsewhere"), style), Line::styled(text, style)]
        }
        None => vec![Line::styled(" F1 help", theme::QUIET)],
    }
}
