//! The transfers under way, above the composer: one line each. When there is no room for all, those that move are shown.

use super::theme;
use crate::app::Model;
use crate::app::files::{State, Transfer, line, size};
use chat_client::SafeText;
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use ratatui::widgets::Paragraph;
use unicode_width::UnicodeWidthStr;

/// A bar that is narrower says nothing.
const BAR_WIDTH_MIN: usize = 6;
const BAR_WIDTH_MAX: usize = 24;
/// Columns of a name that still says something.
const NAME_WIDTH_MIN: usize = 8;
const NAME_WIDTH_MAX: usize = 28;

pub fn draw(frame: &mut Frame<'_>, model: &Model, area: Rect) {
    let room = usize::from(area.height);
    if room == 0 {
        return;
    }
    let all: Vec<&Transfer> = model.transfers.under_way().collect();
    let hidden = all.len().saturating_sub(room);
    let mut shown = all;
    shown.sort_by_key(|transfer| (transfer.state != State::Running, transfer.id));
    shown.truncate(room);
    shown.sort_by_key(|transfer| transfer.id);
    let lines = shown.into_iter().enumerate().map(|(index, transfer)| {
        let more = if index == 0 && hidden > 0 { format!(" +{hidden}") } else { String::new() };
        row(transfer, &more, usize::from(area.width))
    });
    frame.render_widget(Paragraph::new(lines.collect::<Vec<_>>()), area);
}

/// `↑ #3 photo.png ━━━━──── 4.1/8.0 MiB 1.2 MiB/s 3 s left`. What does not fit gives way from its end; where there is not
/// even room for a bar, a number takes its place.
fn row(transfer: &Transfer, more: &str, width: usize) -> Line<'static> {
    let arrow = if transfer.is_upload() { "↑" } else { "↓" };
    let head = format!("{arrow} {} ", transfer.id);
    let room = width.saturating_sub(head.width() + more.width());
    let share = if transfer.state == State::Running { room * 3 / 10 } else { room / 2 };
    let name_width = share.clamp(NAME_WIDTH_MIN.min(room / 2), NAME_WIDTH_MAX);
    let name = line::shortened(SafeText::line(&transfer.name).as_str(), name_width.max(1));
    let room = room.saturating_sub(name.width() + 1);
    let mut spans = vec![Span::styled(head, theme::NEW), Span::raw(name)];
    let (bar_width, said) = said(transfer, room);
    if bar_width > 0 {
        let done = usize::try_from(transfer.percent()).unwrap_or(100) * bar_width / 100;
        spans.push(Span::styled(format!(" {}", "━".repeat(done)), theme::GOOD));
        spans.push(Span::styled("─".repeat(bar_width - done), theme::QUIET));
    }
    if !said.is_empty() {
        spans.push(Span::styled(format!(" {said}"), theme::QUIET));
    }
    spans.push(Span::styled(more.to_owned(), theme::NEW));
    Line::from(spans)
}

/// The width of the bar, and what is said behind it.
fn said(transfer: &Transfer, room: usize) -> (usize, String) {
    let percent = format!("{} %", transfer.percent());
    match &transfer.state {
        State::Begun | State::Failed(_) => {
            let total = size::bytes(transfer.bytes_total);
            (0, if total.width() <= room { total } else { String::new() })
        }
        State::Waiting(cause) if transfer.bytes_done == 0 => {
            (0, line::shortened(&format!("waits: {cause}"), room))
        }
        State::Waiting(cause) => (0, line::shortened(&format!("{percent} waits: {cause}"), room)),
        State::Running => {
            let parts = numbers(transfer);
            let fewer = (1..=parts.len()).rev().map(|count| parts[..count].join(" "));
            let bar = |said: &String| room.saturating_sub(said.width() + 1);
            match fewer.into_iter().find(|said| bar(said) >= BAR_WIDTH_MIN) {
                Some(said) => (bar(&said).min(BAR_WIDTH_MAX), said),
                None => (0, if percent.width() <= room { percent } else { String::new() }),
            }
        }
    }
}

fn numbers(transfer: &Transfer) -> Vec<String> {
    let (done, total) = (size::bytes(transfer.bytes_done), size::bytes(transfer.bytes_total));
    let amount = match done.split_once(' ') {
        // One unit is enough when it is the same.
        Some((number, unit)) if total.ends_with(&format!(" {unit}")) => format!("{number}/{total}"),
        _ => format!("{done}/{total}"),
    };
    let rate = transfer.pace.bytes_per_second.map(|rate| format!("{}/s", size::bytes(rate)));
    let left = transfer.pace.left.map(|left| format!("{} left", size::duration(left.as_secs())));
    [Some(amount), rate, left].into_iter().flatten().collect()
}
