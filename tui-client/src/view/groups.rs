//! What lies over the screen of groups: the public ones, members, readers.

use super::{boxed, theme};
use crate::app::Model;
use crate::app::files::line::start_of;
use crate::app::groups::{
    GroupList, MemberList, NameLine, ReaderList, days_words, list_room, member_lines, reader_lines,
};
use chat_client::SafeText;
use chat_protocol::PublicGroup;
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use unicode_width::UnicodeWidthStr;

/// A list that is wider is hard to follow from one side to the other.
const WIDTH_MAX: u16 = 100;

pub fn draw_list(frame: &mut Frame<'_>, model: &Model, list: &GroupList, area: Rect) {
    let height = usize::from(list_room(model).saturating_sub(1).max(1));
    let above = (list.selected + 1).saturating_sub(height);
    let width = usize::from(area.width.min(WIDTH_MAX).saturating_sub(4));
    let rows = list.groups.iter().enumerate().skip(above).take(height).map(|(index, group)| {
        let line = Line::raw(format!(" {} ", start_of(&words(group), width)));
        if index == list.selected { line.style(theme::SELECTED) } else { line }
    });
    let mut lines: Vec<_> = rows.collect();
    let hint = match (list.groups.is_empty(), list.has_more) {
        (true, _) => "there are none; /group --public NAME makes one",
        (_, true) if list.is_loading => "…",
        (_, true) => "↓ shows more",
        (_, false) => "● you are in it",
    };
    lines.push(Line::styled(format!(" {hint}"), theme::QUIET));
    boxed(frame, area, " Groups: Enter joins or opens ", lines, 0);
}

/// `● #ops  3 members  what runs`
fn words(group: &PublicGroup) -> String {
    let mark = if group.joined { "●" } else { "○" };
    let members = count(group.members);
    format!("{mark} #{}  {members}  {}", group.name, SafeText::line(&group.topic)).trim_end().to_owned()
}

/// `3 members`
pub fn count(members: u32) -> String {
    if members == 1 { "1 member".to_owned() } else { format!("{members} members") }
}

pub fn draw_members(frame: &mut Frame<'_>, model: &Model, list: &MemberList, area: Rect) {
    let group = model.chats.get(list.group).and_then(|chat| chat.group());
    let chat = model.chats.get(list.group);
    let kept = chat.and_then(|chat| model.kept_days(chat));
    let kept = kept.map(|days| format!(", kept {}", days_words(days))).unwrap_or_default();
    let title = group.map(|group| format!(" #{}: {}{kept} ", group.name, count(group.members)));
    let lines = member_lines(model, list).iter().map(line).collect();
    boxed(frame, area, &title.unwrap_or_default(), lines, list.down);
}

pub fn draw_readers(frame: &mut Frame<'_>, model: &Model, list: &ReaderList, area: Rect) {
    let title = format!(" [{}]: Esc closes ", list.seq);
    let lines = reader_lines(model, list).iter().map(line).collect();
    boxed(frame, area, &title, lines, list.down);
}

fn line(line: &NameLine) -> Line<'static> {
    match line {
        NameLine::Heading(text) => Line::styled(format!(" {text}"), theme::STRONG),
        NameLine::Hint(text) => Line::styled(format!(" {text}"), theme::QUIET),
        NameLine::Name { name, online, note } => {
            let (dot, style) = match online {
                Some(true) => ("●", theme::GOOD),
                Some(false) => ("○", theme::QUIET),
                None => (" ", theme::QUIET),
            };
            let gap = " ".repeat(if note.is_empty() { 0 } else { 2 + 12_usize.saturating_sub(name.width()) });
            Line::from(vec![
                Span::raw(" "),
                Span::styled(dot, style),
                Span::raw(format!(" {name}{gap}")),
                Span::styled(*note, theme::QUIET),
            ])
        }
    }
}
