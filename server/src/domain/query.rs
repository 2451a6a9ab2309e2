//! The grammar of searches: words and "quoted phrases", all of which a message must have, and filters like `from:ann`.

use super::date;
use super::words::{stands_alone, words};
use chat_protocol::limits::SEARCH_BYTES_MAX;
use chat_protocol::{UnixMillis, UserName};

/// The fewest characters before a `*`: with one, nearly everything would be found.
const PREFIX_CHARS_MIN: usize = 2;

/// What is looked for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Query {
    /// All of these are in the text or in the file's name.
    pub terms: Vec<Term>,
    /// Who has sent it.
    pub from: Option<UserName>,
    /// With whom it was said.
    pub within: Option<UserName>,
    /// Not earlier than this.
    pub since: Option<UnixMillis>,
    /// Earlier than this.
    pub until: Option<UnixMillis>,
    /// Whether there is a file.
    pub has_file: bool,
}

/// Words that follow one another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Term {
    /// At least one.
    pub words: Vec<String>,
    /// Whether the last of them is only the beginning of one.
    pub is_prefix: bool,
}

impl Term {
    /// Whether it stands in a text of these words.
    pub fn is_in(&self, text: &[String]) -> bool {
        text.windows(self.words.len()).any(|window| self.is(window))
    }

    fn is(&self, window: &[String]) -> bool {
        let (Some((last, before)), Some((wanted, wanted_before))) =
            (window.split_last(), self.words.split_last())
        else {
            return false;
        };
        let ends = if self.is_prefix { last.starts_with(wanted.as_str()) } else { last == wanted };
        ends && before == wanted_before
    }
}

/// Why a text is no query, in a sentence for whoever typed it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadQuery {
    /// It is too long.
    #[error("a search is at most {SEARCH_BYTES_MAX} bytes, this one has {0}")]
    TooLong(usize),
    /// Neither a word nor a filter.
    #[error("the search has no word and no filter")]
    Nothing,
    /// A filter needs a name.
    #[error("`{0}:` wants the name of a user")]
    Name(&'static str),
    /// A filter needs a date.
    #[error("`{0}:` wants a date like 2026-03-01")]
    Date(&'static str),
    /// A filter knows no such thing.
    #[error("`has:` knows only `has:file`")]
    Has,
    /// Nothing has both.
    #[error("`{0}:` stands there twice")]
    Twice(&'static str),
    /// Too much begins so.
    #[error("before a `*` there are at least {PREFIX_CHARS_MIN} characters")]
    ShortPrefix,
}

impl Query {
    /// Reads what somebody typed.
    ///
    /// # Errors
    /// It is no query.
    pub fn parse(text: &str) -> Result<Self, BadQuery> {
        if text.len() > SEARCH_BYTES_MAX {
            return Err(BadQuery::TooLong(text.len()));
        }
        let mut query = Self::default();
        let mut rest = text.trim_start();
        while !rest.is_empty() {
            let (piece, after) = next_piece(rest);
            query.take(piece)?;
            rest = after.trim_start();
        }
        if query == Self::default() { Err(BadQuery::Nothing) } else { Ok(query) }
    }

    fn take(&mut self, piece: Piece<'_>) -> Result<(), BadQuery> {
        let plain = match piece {
            Piece::Phrase(text) => return self.add(text, false),
            Piece::Plain(text) => text,
        };
        let (key, value) = plain.split_once(':').unwrap_or(("", plain));
        match key.to_ascii_lowercase().as_str() {
            "from" => once(&mut self.from, "from", name("from", value)?),
            "in" => once(&mut self.within, "in", name("in", value)?),
            "after" => once(&mut self.since, "after", day("after", value)?),
            "before" => once(&mut self.until, "before", day("before", value)?),
            "has" if value.eq_ignore_ascii_case("file") => {
                self.has_file = true;
                Ok(())
            }
            "has" => Err(BadQuery::Has),
            _ => match plain.strip_suffix('*') {
                Some(beginning) => self.add(beginning, true),
                None => self.add(plain, false),
            },
        }
    }

    fn add(&mut self, text: &str, is_prefix: bool) -> Result<(), BadQuery> {
        let words = words(text);
        let Some(last) = words.last() else { return Ok(()) };
        let is_prefix = is_prefix && !stands_alone(last);
        if is_prefix && last.chars().count() < PREFIX_CHARS_MIN {
            return Err(BadQuery::ShortPrefix);
        }
        self.terms.push(Term { words, is_prefix });
        Ok(())
    }
}

/// What stands between spaces or quotation marks.
enum Piece<'a> {
    Plain(&'a str),
    Phrase(&'a str),
}

/// The first piece of a text that begins with none of the spaces, and what comes after it. A quotation mark that nothing
/// closes reaches to the end.
fn next_piece(text: &str) -> (Piece<'_>, &str) {
    if let Some(quoted) = text.strip_prefix('"') {
        let (phrase, rest) = quoted.split_once('"').unwrap_or((quoted, ""));
        return (Piece::Phrase(phrase), rest);
    }
    let end = text.find(|char: char| char.is_whitespace() || char == '"').unwrap_or(text.len());
    let (plain, rest) = text.split_at(end);
    (Piece::Plain(plain), rest)
}

fn once<T>(place: &mut Option<T>, key: &'static str, value: T) -> Result<(), BadQuery> {
    if place.replace(value).is_some() { Err(BadQuery::Twice(key)) } else { Ok(()) }
}

fn name(key: &'static str, value: &str) -> Result<UserName, BadQuery> {
    let plain = value.strip_prefix('@').unwrap_or(value);
    plain.to_ascii_lowercase().parse().map_err(|_| BadQuery::Name(key))
}

fn day(key: &'static str, value: &str) -> Result<UnixMillis, BadQuery> {
    date::start_of(value).ok_or(BadQuery::Date(key))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn term(words: &[&str], is_prefix: bool) -> Term {
        Term { words: words.iter().map(|word| (*word).to_owned()).collect(), is_prefix }
    }

    fn terms(texts: &[&[&str]]) -> Query {
        Query { terms: texts.iter().map(|words| term(words, false)).collect(), ..Query::default() }
    }

    #[test]
    fn what_is_typed_is_understood() {
        let some = |name: &str| Some(name.parse().unwrap());
        let empty = Query::default;
        let cases = [
            ("lunch", terms(&[&["lunch"]])),
            ("  Lunch\tTODAY ", terms(&[&["lunch"], &["today"]])),
            ("\"so long\" thanks", terms(&[&["so", "long"], &["thanks"]])),
            ("\"so long", terms(&[&["so", "long"]])),
            ("a\"b c\"d", terms(&[&["a"], &["b", "c"], &["d"]])),
            ("\"from:ann\"", terms(&[&["from", "ann"]])),
            ("!!! \"...\" x", terms(&[&["x"]])),
            ("example.com", terms(&[&["example", "com"]])),
            ("https://a.b/c", terms(&[&["https", "a", "b", "c"]])),
            ("note:this", terms(&[&["note", "this"]])),
            (":x", terms(&[&["x"]])),
            ("東京", terms(&[&["東", "京"]])),
            ("👍", terms(&[&["👍"]])),
            ("lun*", Query { terms: vec![term(&["lun"], true)], ..empty() }),
            ("it's-lun*", Query { terms: vec![term(&["it", "s", "lun"], true)], ..empty() }),
            ("東* 👍*", terms(&[&["東"], &["👍"]])),
            ("\"lun*\"", terms(&[&["lun"]])),
            ("*", Query { has_file: true, ..empty() }),
            ("from:ann", Query { from: some("ann"), ..empty() }),
            ("From:@Ann IN:bob", Query { from: some("ann"), within: some("bob"), ..empty() }),
            (
                "after:1970-01-02 before:1970-01-03",
                Query { since: Some(86_400_000), until: Some(172_800_000), ..empty() },
            ),
            ("has:file HAS:File", Query { has_file: true, ..empty() }),
            ("from:ann x", Query { from: some("ann"), ..terms(&[&["x"]]) }),
        ];
        for (text, query) in cases {
            // A star by itself is no word, so it needs company.
            let text = if text == "*" { "* has:file" } else { text };
            assert_eq!(Query::parse(text), Ok(query), "{text:?}");
        }
    }

    #[test]
    fn what_is_wrong_is_said() {
        let long = "x".repeat(SEARCH_BYTES_MAX + 1);
        let cases = [
            ("", BadQuery::Nothing),
            ("  ?! \"\" *", BadQuery::Nothing),
            (long.as_str(), BadQuery::TooLong(SEARCH_BYTES_MAX + 1)),
            ("from:", BadQuery::Name("from")),
            ("from:-x", BadQuery::Name("from")),
            ("in:\"bob\"", BadQuery::Name("in")),
            ("from:a from:b", BadQuery::Twice("from")),
            ("after:yesterday", BadQuery::Date("after")),
            ("before:2026-02-30", BadQuery::Date("before")),
            ("before:2026-01-01 before:2026-01-01", BadQuery::Twice("before")),
            ("has:link", BadQuery::Has),
            ("x*", BadQuery::ShortPrefix),
        ];
        for (text, bad) in cases {
            assert_eq!(Query::parse(text), Err(bad), "{text:?}");
        }
        assert!(Query::parse(&"x".repeat(SEARCH_BYTES_MAX)).is_ok());
    }

    #[test]
    fn a_term_is_in_a_text_or_not() {
        let cases = [
            (term(&["a"], false), "a b", true),
            (term(&["a"], false), "ab", false),
            (term(&["a", "b"], false), "x a b", true),
            (term(&["a", "b"], false), "a x b", false),
            (term(&["a", "b"], false), "a", false),
            (term(&["ab"], true), "abc", true),
            (term(&["ab"], true), "x ab", true),
            (term(&["ab"], true), "a b", false),
            (term(&["x", "ab"], true), "x abc", true),
            (term(&["x", "ab"], true), "xx abc", false),
        ];
        for (term, text, is_in) in cases {
            assert_eq!(term.is_in(&words(text)), is_in, "{term:?} in {text:?}");
        }
    }

    proptest! {
        #[test]
        fn nothing_that_is_typed_panics(text in "(\\PC|[:\"* a-z@]){0,80}") {
            let _ = Query::parse(&text);
        }

        #[test]
        fn a_text_is_found_by_its_own_words(text in "\\PC{1,40}") {
            let own = words(&text);
            if let Ok(query) = Query::parse(&format!("\"{}\"", own.join(" "))) {
                prop_assert!(query.terms.iter().all(|term| term.is_in(&own)));
            }
        }
    }
}
