//! Where the words of a query stand in a text: roughly as the server finds them, for it alone decides what is found.

use std::ops::Range;
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;
use unicode_width::UnicodeWidthChar;

/// What of a query is not looked for in the text.
const FILTERS: [&str; 5] = ["from", "in", "before", "after", "has"];

/// The words of a query.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Terms(Vec<Term>);

/// Words that follow one another.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Term {
    words: Vec<String>,
    /// Whether the last of them is only the beginning of one.
    is_prefix: bool,
}

impl Terms {
    pub fn of(query: &str) -> Self {
        let mut terms = Vec::new();
        let mut rest = query.trim_start();
        while !rest.is_empty() {
            let after = match rest.strip_prefix('"') {
                Some(quoted) => {
                    let (phrase, after) = quoted.split_once('"').unwrap_or((quoted, ""));
                    terms.extend(Term::new(phrase, false));
                    after
                }
                None => {
                    let end = rest.find(|c: char| c.is_whitespace() || c == '"').unwrap_or(rest.len());
                    let (plain, after) = rest.split_at(end);
                    if !is_filter(plain) {
                        terms.extend(Term::new(plain, plain.ends_with('*')));
                    }
                    after
                }
            };
            rest = after.trim_start();
        }
        Self(terms)
    }

    /// Where they stand in a text, in ascending order and apart from each other.
    pub fn found_in(&self, text: &str) -> Vec<Range<usize>> {
        let words = words(text);
        let mut found: Vec<_> = self.0.iter().flat_map(|term| term.found_in(&words)).collect();
        found.sort_by_key(|range| (range.start, range.end));
        let mut apart: Vec<Range<usize>> = Vec::new();
        for range in found {
            match apart.last_mut().filter(|last| range.start <= last.end) {
                Some(last) => last.end = last.end.max(range.end),
                None => apart.push(range),
            }
        }
        apart
    }
}

impl Term {
    fn new(text: &str, is_prefix: bool) -> Option<Self> {
        let words: Vec<_> = words(text).into_iter().map(|(word, _)| word).collect();
        (!words.is_empty()).then_some(Self { words, is_prefix })
    }

    fn found_in(&self, text: &[(String, Range<usize>)]) -> Vec<Range<usize>> {
        let (last, before) = self.words.split_last().expect("there is at least one");
        let fits = |window: &&[(String, Range<usize>)]| {
            let (end, start) = window.split_last().expect("it is as long as the words");
            let ends = if self.is_prefix { end.0.starts_with(last.as_str()) } else { end.0 == *last };
            ends && start.iter().map(|(word, _)| word).eq(before)
        };
        let whole = |window: &[(String, Range<usize>)]| window[0].1.start..window[window.len() - 1].1.end;
        text.windows(self.words.len()).filter(fits).map(whole).collect()
    }
}

fn is_filter(plain: &str) -> bool {
    plain.split_once(':').is_some_and(|(key, _)| FILTERS.contains(&key.to_ascii_lowercase().as_str()))
}

/// The words of a text, without case and accents, and where they stand.
fn words(text: &str) -> Vec<(String, Range<usize>)> {
    let mut words: Vec<(String, Range<usize>)> = Vec::new();
    let mut is_open = false;
    for (at, c) in text.char_indices() {
        let end = at + c.len_utf8();
        let kind = kind(c);
        if kind == Kind::Gap {
            is_open = false;
            continue;
        }
        match words.last_mut().filter(|_| is_open && kind != Kind::Word) {
            Some((word, range)) => {
                word.extend(folded(c));
                range.end = end;
            }
            None if kind == Kind::Mark => {}
            None => words.push((folded(c).collect(), at..end)),
        }
        is_open = kind != Kind::Word;
    }
    words
}

#[derive(PartialEq)]
enum Kind {
    /// A part of a word.
    Letter,
    /// It belongs to the letter before it.
    Mark,
    /// A word by itself: an emoji, or a sign of a script without spaces.
    Word,
    Gap,
}

fn kind(c: char) -> Kind {
    let is_wide = c.width() == Some(2);
    match c {
        c if c.is_ascii_alphanumeric() => Kind::Letter,
        c if is_combining_mark(c) => Kind::Mark,
        _ if is_wide => Kind::Word,
        c if !c.is_ascii() && c.is_alphanumeric() => Kind::Letter,
        _ => Kind::Gap,
    }
}

fn folded(c: char) -> impl Iterator<Item = char> {
    std::iter::once(c).nfkd().flat_map(char::to_lowercase).filter(|c| !is_combining_mark(*c))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found<'a>(query: &str, text: &'a str) -> Vec<&'a str> {
        Terms::of(query).found_in(text).into_iter().map(|range| &text[range]).collect()
    }

    #[test]
    fn words_are_found_as_the_server_finds_them() {
        for (query, text, expected) in [
            ("lunch", "Lunch at noon, lunches", vec!["Lunch"]),
            ("lun*", "Lunch at noon, lunches", vec!["Lunch", "lunches"]),
            ("noon lunch", "lunch at noon", vec!["lunch", "noon"]),
            ("\"at noon\"", "lunch at noon at one", vec!["at noon"]),
            ("\"at no", "lunch at no one", vec!["at no"]),
            ("example.com", "see example.com/x", vec!["example.com"]),
            ("creme", "a Crème", vec!["Crème"]),
            ("cre\u{300}me", "CREME", vec!["CREME"]),
            ("from:ann in:#ops after:2026-03-01 has:file", "from ann in ops after 2026 has file", vec![]),
            ("note:this", "note this", vec!["note this"]),
            ("本", "日本語", vec!["本"]),
            ("日本", "日本語, 日x本", vec!["日本"]),
            ("🎉", "so 🎉🎉", vec!["🎉🎉"]),
            ("\" * !", "anything * !", vec![]),
            ("", "anything", vec![]),
        ] {
            assert_eq!(found(query, text), expected, "{query:?} in {text:?}");
        }
    }

    #[test]
    fn what_overlaps_is_one() {
        assert_eq!(found("\"a b\" \"b c\" b", "a b c"), ["a b c"]);
    }
}
