//! One line as spans.

use super::emphasis::{Kind, Outcome, Run, ends_word, is_extending, pair};
use super::{Link, Span, Style, count_steps, link};
use std::collections::HashMap;

/// What a line consists of, before it is known which markers belong together.
enum Item {
    Text(String),
    Marker(Run),
    Code(String),
    Link(Link),
}

pub fn spans(line: &str) -> Vec<Span> {
    read(&line.chars().collect::<Vec<_>>(), true)
}

fn read(line: &[char], links: bool) -> Vec<Span> {
    let mut reader =
        Reader { line, partners: partners(line), links, at: 0, items: Vec::new(), text: String::new() };
    while reader.at < line.len() {
        count_steps(1);
        reader.step();
    }
    reader.end_text();
    style(reader.items)
}

struct Reader<'a> {
    line: &'a [char],
    partners: Vec<usize>,
    links: bool,
    at: usize,
    items: Vec<Item>,
    text: String,
}

impl Reader<'_> {
    fn step(&mut self) {
        let (line, at) = (self.line, self.at);
        match line[at] {
            '\\' if escaped(line, at) > 0 => {
                self.at += 1;
                self.say(at + 1 + escaped(line, at));
            }
            '`' => self.code(),
            marker @ ('*' | '_') => {
                let end = at + run_length(line, at, marker);
                match Run::new(line, at, end) {
                    Some(run) => self.push(Item::Marker(run), end),
                    None => self.say(end),
                }
            }
            '[' if self.links && self.labelled() => {}
            'h' | 'H' if self.links && self.bare() => {}
            _ => self.say(at + 1),
        }
    }

    /// Takes everything up to `end` as it stands.
    fn say(&mut self, end: usize) {
        count_steps(end - self.at);
        self.text.extend(&self.line[self.at..end]);
        self.at = end;
    }

    fn push(&mut self, item: Item, end: usize) {
        self.end_text();
        self.items.push(item);
        self.at = end;
    }

    fn end_text(&mut self) {
        if !self.text.is_empty() {
            self.items.push(Item::Text(std::mem::take(&mut self.text)));
        }
    }

    fn code(&mut self) {
        let length = run_length(self.line, self.at, '`');
        let close = self.partners[self.at];
        if close == 0 {
            return self.say(self.at + length);
        }
        let code = stripped(&self.line[self.at + length..close]);
        count_steps(close - self.at);
        self.push(Item::Code(code.iter().collect()), close + length);
    }

    /// `[label](address)`. What has this form and leads nowhere is text.
    fn labelled(&mut self) -> bool {
        let (line, open) = (self.line, self.at);
        let middle = self.partners[open];
        let Some('(') = line.get(middle + 1).filter(|_| middle > 0) else { return false };
        let close = self.partners[middle + 1];
        if close == 0 || !link::begins(&line[middle + 2..close]) || link::is_torn(line.get(close + 1)) {
            return false;
        }
        let target: String = line[middle + 2..close].iter().collect();
        count_steps(close - open);
        let label = &line[open + 1..middle];
        let is_empty = label.iter().all(|c| c.is_whitespace());
        match link::host(&target).filter(|_| !is_empty) {
            Some(host) => {
                let label = read(label, false);
                self.push(Item::Link(Link { target, host: Some(host), label }), close + 1);
            }
            None => self.say(close + 1),
        }
        true
    }

    /// An address that stands there for itself.
    fn bare(&mut self) -> bool {
        let (line, at) = (self.line, self.at);
        let within_word = at > 0 && ends_word(line[at - 1]);
        if within_word || !link::begins(&line[at..]) {
            return false;
        }
        let end = at + link::bare_length(&line[at..]);
        let target: String = line[at..end].iter().collect();
        count_steps(end - at);
        let Some(host) = link::host(&target) else {
            // Nothing within it is looked at again.
            self.say(end.max(at + 1));
            return true;
        };
        let host = (!link::shows_host(&target, &host)).then_some(host);
        let label = vec![Span::Text { text: target.clone(), style: Style::default() }];
        self.push(Item::Link(Link { target, host, label }), end);
        true
    }
}

/// For each opening backtick, bracket and parenthesis the place of its partner, or 0.
fn partners(line: &[char]) -> Vec<usize> {
    let mut partners = code_partners(line);
    let (mut brackets, mut parentheses) = (Vec::new(), Vec::new());
    let mut at = 0;
    while at < line.len() {
        count_steps(1);
        match line[at] {
            '\\' => at += escaped(line, at),
            '`' if partners[at] > 0 => {
                let length = run_length(line, at, '`');
                at = partners[at] + length - 1;
            }
            '`' => at += run_length(line, at, '`') - 1,
            '[' if !line.get(at + 1).is_some_and(|next| is_extending(*next)) => brackets.push(at),
            ']' => drop(brackets.pop().map(|open: usize| partners[open] = at)),
            '(' => parentheses.push(at),
            ')' => drop(parentheses.pop().map(|open: usize| partners[open] = at)),
            // An address has no spaces.
            c if c.is_whitespace() => parentheses.clear(),
            _ => {}
        }
        at += 1;
    }
    partners
}

/// For each run of backticks the next one of the same length.
fn code_partners(line: &[char]) -> Vec<usize> {
    let mut partners = vec![0; line.len()];
    let mut ahead = HashMap::new();
    let mut end = line.len();
    while end > 0 {
        count_steps(1);
        let length = line[..end].iter().rev().take_while(|c| **c == '`').count();
        if length == 0 {
            end -= 1;
            continue;
        }
        count_steps(length);
        let start = end - length;
        if !line.get(end).is_some_and(|next| is_extending(*next)) {
            partners[start] = ahead.insert(length, start).unwrap_or(0);
        }
        end = start;
    }
    partners
}

/// How many characters after a backslash are no markers because of it.
fn escaped(line: &[char], backslash: usize) -> usize {
    match line.get(backslash + 1) {
        Some('`') => run_length(line, backslash + 1, '`'),
        Some('*' | '_' | '[') => 1,
        Some('>') if backslash == 0 => 1,
        _ => 0,
    }
}

fn run_length(line: &[char], start: usize, marker: char) -> usize {
    line[start..].iter().take_while(|c| **c == marker).count()
}

/// One space on each side lets code begin or end with a backtick.
fn stripped(code: &[char]) -> &[char] {
    match code {
        [' ', inner @ .., ' ']
            if inner.iter().any(|c| *c != ' ') && !inner.first().is_some_and(|c| is_extending(*c)) =>
        {
            inner
        }
        _ => code,
    }
}

fn style(items: Vec<Item>) -> Vec<Span> {
    let mut outcomes = outcomes(&items).into_iter();
    let mut spans = Vec::new();
    let mut depths = [0_usize; 3];
    for item in items {
        let style = style_at(depths);
        match item {
            Item::Text(text) => say(&mut spans, &text, style),
            Item::Code(code) => spans.push(Span::Code { code, style }),
            Item::Link(link) => spans.push(Span::Link(within(link, style))),
            Item::Marker(run) => {
                let outcome = outcomes.next().unwrap_or_default();
                outcome.closes.iter().for_each(|kind| depths[*kind as usize] -= 1);
                let rest = run.marker.to_string().repeat(outcome.left_over(run.length));
                say(&mut spans, &rest, style_at(depths));
                outcome.opens.iter().for_each(|kind| depths[*kind as usize] += 1);
            }
        }
    }
    spans
}

/// What is open makes the style.
fn style_at(depths: [usize; 3]) -> Style {
    let is_open = |kind: Kind| depths[kind as usize] > 0;
    Style { bold: is_open(Kind::Bold), italic: is_open(Kind::StarItalic) || is_open(Kind::LineItalic) }
}

fn outcomes(items: &[Item]) -> Vec<Outcome> {
    let (mut runs, mut words) = (Vec::new(), 0);
    for item in items {
        match item {
            Item::Marker(run) => runs.push((*run, words)),
            Item::Text(text) => words += usize::from(text.chars().any(is_word)),
            Item::Code(_) | Item::Link(_) => words += 1,
        }
    }
    pair(&runs)
}

/// Between two markers there is at least one of these.
fn is_word(c: char) -> bool {
    !c.is_whitespace() && !c.is_ascii_punctuation()
}

/// Adds text, to the last span if it is in the same style.
fn say(spans: &mut Vec<Span>, more: &str, style: Style) {
    match spans.last_mut() {
        _ if more.is_empty() => {}
        Some(Span::Text { text, style: last }) if *last == style => text.push_str(more),
        _ => spans.push(Span::Text { text: more.to_owned(), style }),
    }
}

fn within(mut link: Link, outer: Style) -> Link {
    for span in &mut link.label {
        if let Span::Text { style, .. } | Span::Code { style, .. } = span {
            *style = style.within(outer);
        }
    }
    link
}
