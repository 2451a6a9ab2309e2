//! The part of a message by which it was found, on one line.

use super::Terms;
use chat_client::SafeText;
use std::ops::Range;
use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

/// A part of the line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    pub text: String,
    /// Whether it was looked for.
    pub is_found: bool,
}

/// So much of a text as fits on the columns, around the first word that was looked for.
pub fn excerpt(text: &str, terms: &Terms, width: usize) -> Vec<Part> {
    let line = SafeText::line(text);
    let line = line.as_str();
    let found = terms.found_in(line);
    let first = found.first().cloned().unwrap_or(0..0);
    let from = beginning(line, &first, width);
    let mut parts = Vec::new();
    let mut room = width;
    if from > 0 {
        push(&mut parts, "…", false);
        room = room.saturating_sub(1);
    }
    let is_cut = line[from..].width() > room;
    room = room.saturating_sub(usize::from(is_cut));
    for (at, grapheme) in line[from..].grapheme_indices(true) {
        let Some(left) = room.checked_sub(grapheme.width()) else { break };
        room = left;
        push(&mut parts, grapheme, found.iter().any(|range| range.contains(&(from + at))));
    }
    if is_cut {
        push(&mut parts, "…", false);
    }
    parts
}

/// Where the line begins, in bytes: at its start if the first word that was looked for is seen then, else some words before it.
fn beginning(line: &str, first: &Range<usize>, width: usize) -> usize {
    if line.width() <= width || line[..first.end].width() < width {
        return 0;
    }
    let before = width / 3;
    let mut from = first.start;
    for (at, grapheme) in line[..first.start].grapheme_indices(true).rev() {
        let after = at + grapheme.len();
        if line[after..first.start].width() > before {
            break;
        }
        if grapheme == " " {
            from = after;
        }
    }
    from
}

fn push(parts: &mut Vec<Part>, text: &str, is_found: bool) {
    match parts.last_mut().filter(|last| last.is_found == is_found) {
        Some(last) => last.text.push_str(text),
        None => parts.push(Part { text: text.to_owned(), is_found }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The line, with brackets around what was looked for.
    fn shown(text: &str, query: &str, width: usize) -> String {
        let part = |part: Part| if part.is_found { format!("[{}]", part.text) } else { part.text };
        excerpt(text, &Terms::of(query), width).into_iter().map(part).collect()
    }

    #[test]
    fn what_was_looked_for_is_seen() {
        for (text, query, width, expected) in [
            ("lunch at noon", "noon", 20, "lunch at [noon]"),
            ("two\nlines", "lines", 20, "two [lines]"),
            ("one two three four five six", "two", 12, "one [two] thr…"),
            ("one two three four five six", "five", 15, "…four [five] six"),
            ("one two three four five six", "four", 12, "…[four] five …"),
            ("a\u{202e}b c", "c", 20, "a�b [c]"),
            ("日本語の写真", "写", 9, "…[写]真"),
            ("nothing of it", "x", 8, "nothing…"),
            ("", "x", 8, ""),
        ] {
            assert_eq!(shown(text, query, width), expected, "{text:?} {query:?}");
        }
    }

    proptest! {
        #[test]
        fn it_is_never_wider_than_the_columns(text in "([a-c 日👋é\n]{0,20}|\\PC{0,40})", query in "[a-c日 \"*:]{0,8}", width in 1_usize..30) {
            let parts = excerpt(&text, &Terms::of(&query), width);
            let line: String = parts.iter().map(|part| part.text.as_str()).collect();
            prop_assert!(line.width() <= width.max(2), "{line:?}");
        }
    }
}
