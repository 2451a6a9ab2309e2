//! Where a text is code: fenced lines, and spans between backticks.

use std::ops::Range;
use unicode_normalization::char::is_combining_mark;

/// The least of backticks that makes a fence.
const FENCE: usize = 3;
const LANGUAGE_MAX: usize = 32;

/// A line, and where it begins.
type Line<'a> = (usize, &'a str);

/// The places of code, in their order.
pub fn ranges(text: &str) -> Vec<Range<usize>> {
    let lines = lines(text);
    let mut code = Vec::new();
    let mut at = 0;
    while let Some((start, line)) = lines.get(at) {
        let rest = &lines[at + 1..];
        at += 1;
        match fence(line).filter(|_| !rest.is_empty()) {
            Some(ticks) => {
                let length = rest.iter().position(|(_, line)| closes(line, ticks)).unwrap_or(rest.len());
                code.push(*start..rest.get(length).map_or(text.len(), |(end, _)| *end));
                at += length + 1;
            }
            None => code.extend(spans(line).into_iter().map(|span| start + span.start..start + span.end)),
        }
    }
    code
}

/// The lines, broken where clients break them.
fn lines(text: &str) -> Vec<Line<'_>> {
    let is_break = |c: char| matches!(c, '\n'..='\r' | '\u{85}' | '\u{2028}' | '\u{2029}');
    let start = |line: &str| line.as_ptr() as usize - text.as_ptr() as usize;
    text.split(is_break).map(|line| (start(line), line)).collect()
}

/// The backticks of a line that opens fenced code.
fn fence(line: &str) -> Option<usize> {
    let ticks = ticks(line);
    let language = line[ticks..].trim();
    let is_word = |byte: u8| byte.is_ascii_alphanumeric() || b"+#._-".contains(&byte);
    let is_fence = ticks >= FENCE && language.len() <= LANGUAGE_MAX && language.bytes().all(is_word);
    is_fence.then_some(ticks)
}

fn closes(line: &str, opened: usize) -> bool {
    let ticks = ticks(line);
    ticks >= opened && line[ticks..].bytes().all(|byte| byte == b' ')
}

fn ticks(text: &str) -> usize {
    text.bytes().take_while(|byte| *byte == b'`').count()
}

/// The code within a line: from a run of backticks to the next one of the same length. One behind a backslash opens none.
fn spans(line: &str) -> Vec<Range<usize>> {
    let runs = runs(line);
    let mut spans = Vec::new();
    let mut end = 0;
    for (place, run) in runs.iter().enumerate() {
        let opens = run.start >= end && !line[end..run.start].ends_with('\\');
        let partner = |from: usize| runs[from..].iter().find(|other| other.len() == run.len());
        if let Some(partner) = opens.then(|| partner(place + 1)).flatten() {
            spans.push(run.start..partner.end);
            end = partner.end;
        }
    }
    spans
}

/// The runs of backticks, but for those that a mark makes something else of.
fn runs(line: &str) -> Vec<Range<usize>> {
    let mut runs: Vec<Range<usize>> = Vec::new();
    for (at, _) in line.match_indices('`') {
        match runs.last_mut() {
            Some(last) if last.end == at => last.end += 1,
            _ => runs.push(at..at + 1),
        }
    }
    let is_extending = |next: char| is_combining_mark(next) || next == '\u{fe0f}';
    runs.retain(|run| !line[run.end..].starts_with(is_extending));
    runs
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::Value;

    const TABLE: &str = include_str!("../../../../client/tests/markup.json");

    /// The code in a case's blocks, fenced or between words.
    fn code_in(value: &Value, found: &mut Vec<String>) {
        match value {
            Value::Array(parts) => parts.iter().for_each(|part| code_in(part, found)),
            Value::Object(fields) => match fields.get("code") {
                Some(code) => found.push(code.as_str().or(code["text"].as_str()).unwrap().to_owned()),
                None => fields.values().for_each(|part| code_in(part, found)),
            },
            _ => {}
        }
    }

    #[test]
    fn code_is_what_clients_show_as_code() {
        let table: Vec<(String, Value)> = serde_json::from_str(TABLE).unwrap();
        let mut count = 0;
        for (text, blocks) in table {
            let mut expected = Vec::new();
            code_in(&blocks, &mut expected);
            let found = ranges(&text).into_iter().map(|range| text[range].replace('\t', "    "));
            let found: Vec<_> = found.collect();
            let agrees = |(found, code): (&String, &String)| found.contains(code.as_str());
            let agree = found.len() == expected.len() && found.iter().zip(&expected).all(agrees);
            assert!(agree, "{text:?}: {found:?}, not {expected:?}");
            count += found.len();
        }
        assert!(count > 20, "the table has {count} pieces of code");
    }

    #[test]
    fn each_piece_of_much_code_is_found_once() {
        let runs: String = (1..100).map(|length| "`".repeat(length) + " ").collect();
        let texts = [runs, "` ".repeat(10_000), "```\n".repeat(10_000), "a\n".repeat(10_000)];
        assert_eq!(texts.map(|text| ranges(&text).len()), [0, 5_000, 5_000, 0]);
    }
}
