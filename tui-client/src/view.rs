//! The model on the screen. It decides nothing, and draws at any size.
#![deny(clippy::disallowed_methods)]

mod files;
mod groups;
mod overlay;
mod picture;
mod search;
mod sidebar;
mod status;
mod strip;
mod theme;
mod timeline;
mod write;

use crate::app::{Model, Pane};
use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::text::Line;
use ratatui::widgets::{Block, BorderType, Clear, Paragraph};

/// Draws everything.
pub fn draw(frame: &mut Frame<'_>, model: &Model) {
    let area = frame.area();
    if area.is_empty() {
        return;
    }
    let [body, status] = Layout::vertical([Constraint::Min(0), Constraint::Length(1)]).areas(area);
    let body = if model.is_wide() {
        let columns = Layout::horizontal([Constraint::Length(model.sidebar_width()), Constraint::Min(0)]);
        let [side, body] = columns.areas(body);
        sidebar::draw(frame, model, side, true);
        body
    } else {
        body
    };
    let lines = [
        Constraint::Length(1),
        Constraint::Min(0),
        Constraint::Length(1),
        Constraint::Length(model.strip_height()),
        Constraint::Length(model.purpose_height()),
        Constraint::Length(model.composer_height()),
    ];
    let [title, main, rule, strip, purpose, writing] = Layout::vertical(lines).areas(body);
    status::draw_title(frame, model, title);
    if !model.is_wide() && model.pane == Pane::List {
        sidebar::draw(frame, model, main, false);
    } else {
        timeline::draw(frame, model, main);
    }
    status::draw_rule(frame, model, rule);
    strip::draw(frame, model, strip);
    write::draw_purpose(frame, model, purpose);
    write::draw(frame, model, writing);
    status::draw_status(frame, model, status);
    write::draw_completion(frame, model, main, writing);
    overlay::draw(frame, model, area);
}

/// Lines in a box over the screen, the first ones of them scrolled away.
fn boxed(frame: &mut Frame<'_>, area: Rect, title: &str, lines: Vec<Line<'_>>, down: u16) {
    let height = u16::try_from(lines.len()).unwrap_or(u16::MAX).saturating_add(2);
    let width = lines.iter().map(Line::width).max().unwrap_or(0).max(title.len()) + 4;
    let place = centred(area, u16::try_from(width).unwrap_or(u16::MAX), height);
    let block = Block::bordered().border_type(BorderType::Rounded).title(title);
    let inside = block.inner(place);
    let down = down.min(height.saturating_sub(place.height));
    frame.render_widget(Clear, place);
    frame.render_widget(block, place);
    frame.render_widget(Paragraph::new(lines).scroll((down, 0)), inside);
}

/// A place for something that lies over the screen, in its middle and no larger than it.
fn centred(area: Rect, columns: u16, rows: u16) -> Rect {
    let (width, height) = (columns.min(area.width), rows.min(area.height));
    let (x, y) = (area.x + (area.width - width) / 2, area.y + (area.height - height) / 2);
    Rect { x, y, width, height }
}

#[cfg(test)]
mod tests;
