//! The selected conversation.

use super::{picture, theme};
use crate::app::Model;
use crate::app::files::pictures::{PictureKey, PictureState};
use crate::app::place::visible;
use crate::app::rows::{Dress, Mark, Row, Run, Tally};
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};
use ratatui::widgets::Paragraph;

/// Columns of the mark before each line.
const GUTTER: u16 = 3;

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
    draw_pictures(frame, model, &rows, place);
}

/// Each picture's lines stand one below the other; the first of them tells how much of it is above the screen.
fn draw_pictures(frame: &mut Frame<'_>, model: &Model, rows: &[Row], area: Rect) {
    let mut before: Option<PictureKey> = None;
    for (y, row) in (area.y..area.bottom()).zip(rows) {
        let Row::Picture(key, first_line) = row else {
            before = None;
            continue;
        };
        let follows = before.replace(*key) == Some(*key) && *first_line > 0;
        if let Some(PictureState::Ready(ready)) = model.pictures.get(*key).filter(|_| !follows) {
            let place = Rect {
                x: area.x + GUTTER,
                y,
                width: area.width.saturating_sub(GUTTER),
                height: area.bottom() - y,
            };
            picture::draw(frame, ready, *first_line, place);
        }
    }
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
        Row::Text { mark, runs } => std::iter::once(marked(*mark)).chain(runs.iter().map(dressed)).collect(),
        Row::File { mark, line, .. } => Line::from(vec![
            marked(*mark),
            Span::styled(line.name.clone(), theme::FILE),
            Span::styled(line.rest.clone(), theme::QUIET),
        ]),
        Row::Note(text) | Row::Reply(text) => Line::styled(format!("   {text}"), theme::QUIET),
        Row::Reactions(tallies) => {
            std::iter::once(Span::raw(" ")).chain(tallies.iter().flat_map(tally)).collect()
        }
        Row::Happened(text) => Line::styled(format!("   {text}"), theme::QUIET),
        // A colour within what is reversed would be a block.
        Row::Picked(row) => {
            let text: String = line(row, width).spans.into_iter().map(|span| span.content).collect();
            Line::styled(text, theme::SELECTED)
        }
        // The picture is drawn over it.
        Row::Picture(..) => Line::default(),
        Row::Reason(reason) => Line::styled(format!("   {reason}"), theme::BAD),
    }
}

fn tally(tally: &Tally) -> [Span<'static>; 2] {
    let style = if tally.mine { theme::STRONG } else { Style::new() };
    [Span::raw("  "), Span::styled(tally.text.clone(), style)]
}

fn dressed(run: &Run) -> Span<'static> {
    let Dress { bold, italic, code, link, quiet, mention, to_me } = run.dress;
    let parts = [
        (bold, theme::STRONG),
        (italic, theme::ITALIC),
        (code, theme::CODE),
        (link, theme::LINK),
        (quiet, theme::QUIET),
        (mention, theme::MENTION),
        (to_me, theme::MENTION_OF_ME),
    ];
    let style =
        parts.iter().filter(|(is_on, _)| *is_on).fold(Style::new(), |style, (_, part)| style.patch(*part));
    Span::styled(run.text.clone(), style)
}

fn marked(mark: Mark) -> Span<'static> {
    let style = match mark {
        Mark::Failed => theme::BAD,
        Mark::Sent | Mark::Delivered => theme::QUIET,
        Mark::Read => theme::READ,
        Mark::None | Mark::Queued => Style::new(),
    };
    Span::styled(format!("{} ", mark.symbol()), style)
}

/// `── text ─────`
fn ruled(text: &str, width: u16, style: Style) -> Line<'static> {
    let rest = usize::from(width).saturating_sub(text.chars().count() + 4);
    Line::styled(format!("── {text} {}", "─".repeat(rest)), style)
}

fn hint(model: &Model) -> Vec<Line<'static>> {
    let text = match (model.chats.selected_id(), model.synced, model.selected_timeline()) {
        (Some(_), _, Some(timeline)) if timeline.is_at_start() => "Nothing has been said yet.",
        (Some(_), ..) => "…",
        (None, true, _) => "Begin with /msg NAME. F1 is help.",
        (None, false, _) => "",
    };
    vec![Line::styled(text, theme::QUIET)]
}
