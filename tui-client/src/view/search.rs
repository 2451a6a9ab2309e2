//! The list of messages that were looked for, below the line of the query.

use super::{centred, theme, write};
use crate::app::Model;
use crate::app::files::line::start_of;
use crate::app::search::{GRAMMAR, HIT_LINES, Part, Search, Terms, excerpt, hits_seen};
use chat_client::SafeText;
use chat_protocol::{Body, Entry};
use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::Style;
use ratatui::text::{Line, Span};
use ratatui::widgets::{Block, BorderType, Clear, Paragraph};

/// A list that is wider is hard to follow from one side to the other.
const WIDTH_MAX: u16 = 100;

pub fn draw(frame: &mut Frame<'_>, model: &Model, area: Rect) {
    let place = centred(area, WIDTH_MAX, area.height);
    let title = " Search: Enter looks, then goes to it ";
    let block = Block::bordered().border_type(BorderType::Rounded).title(title);
    let inside = block.inner(place);
    frame.render_widget(Clear, place);
    frame.render_widget(block, place);
    let lines = [Constraint::Length(1), Constraint::Length(1), Constraint::Min(0)];
    let [query, words, list] = Layout::vertical(lines).areas(inside);
    write::draw_line(frame, &model.search.line, query);
    let (text, style) = said(&model.search);
    frame.render_widget(Line::styled(start_of(&format!(" {text}"), usize::from(words.width)), style), words);
    let width = usize::from(list.width);
    let shown = if model.search.query().is_empty() { grammar(width) } else { hits(model, width) };
    frame.render_widget(Paragraph::new(shown), list);
}

/// What has become of the search, in words.
fn said(search: &Search) -> (String, Style) {
    if let Some(problem) = &search.problem {
        return (format!("✗ {}", SafeText::line(problem)), theme::BAD);
    }
    let count = search.hits().len();
    let text = match (search.query().is_empty(), count) {
        (true, _) => "A query is made of".to_owned(),
        _ if search.found_by() != search.query() => "Enter looks for it".to_owned(),
        _ if search.is_loading => "…".to_owned(),
        (_, 0) => "nothing was found".to_owned(),
        _ if search.has_more() => format!("{count} found so far; ↓ shows more"),
        _ => format!("{count} found"),
    };
    (text, theme::QUIET)
}

fn grammar(width: usize) -> Vec<Line<'static>> {
    let line = |(query, what): &(&str, &str)| {
        let (query, room) = (format!(" {query:<17} "), width.saturating_sub(19));
        Line::from(vec![Span::styled(query, theme::STRONG), Span::raw(start_of(what, room))])
    };
    GRAMMAR.iter().map(line).collect()
}

fn hits(model: &Model, width: usize) -> Vec<Line<'static>> {
    let (search, height) = (&model.search, hits_seen(model));
    let above = (search.selected + 1).saturating_sub(height);
    let terms = Terms::of(search.found_by());
    let shown = search.hits().iter().enumerate().skip(above).take(height);
    shown.flat_map(|(index, hit)| hit_lines(model, hit, &terms, width, index == search.selected)).collect()
}

/// Where, who and when; below it what.
fn hit_lines(
    model: &Model,
    hit: &Entry,
    terms: &Terms,
    width: usize,
    is_selected: bool,
) -> [Line<'static>; HIT_LINES as usize] {
    let chat = model.chats.get(hit.conversation);
    let title = chat.map_or_else(|| "…".to_owned(), |chat| chat.title(&model.me));
    let at = (model.local_time)(hit.at).format("%-d %b %Y %H:%M");
    let heading = start_of(&format!(" {title}  {}  {at}", hit.from), width);
    let parts = excerpt(&said_in(hit), terms, width.saturating_sub(3));
    let found = if is_selected { theme::STRONG } else { theme::NEW };
    let part = |part: Part| Span::styled(part.text, if part.is_found { found } else { Style::new() });
    let text = std::iter::once(Span::raw("   ")).chain(parts.into_iter().map(part)).collect();
    match is_selected {
        true => [filled(Line::raw(heading), width), filled(text, width)],
        false => [Line::styled(heading, theme::QUIET), text],
    }
}

/// The selected one is a bar across the list.
fn filled(mut line: Line<'static>, width: usize) -> Line<'static> {
    line.push_span(Span::raw(" ".repeat(width.saturating_sub(line.width()))));
    line.style(theme::SELECTED)
}

/// The text, and before it the name of the file.
fn said_in(hit: &Entry) -> String {
    let Body::Message(message) = &hit.body else { return String::new() };
    match &message.file {
        Some(file) => format!("📎 {} {}", file.name, message.text).trim_end().to_owned(),
        None => message.text.clone(),
    }
}
