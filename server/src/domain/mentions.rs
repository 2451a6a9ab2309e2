//! Mentions: the names that stand in a text as `@name`. Who of them is there to be told is for others to say.
//!
//! In code nobody is mentioned. What is code is read by the rules of `docs/formatting.md`, as clients show it.

mod code;

use chat_protocol::limits::{MENTIONS_MAX, NAME_BYTES_MAX};
use std::collections::BTreeSet;

/// Names that are looked up for one text, so that nobody can make a commit wait.
const NAMES_MAX: usize = 4 * MENTIONS_MAX;

/// What stands in a text as `@name`, in its order.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Mentions<'a> {
    /// Of each the names that it may mean, the longest first: a point at its end may be the sentence's.
    places: Vec<Vec<&'a str>>,
}

impl<'a> Mentions<'a> {
    /// Those of a text. Most texts have none, and cost no more than a look for the sign.
    pub fn of(text: &'a str) -> Self {
        let mut places: Vec<_> = places(text).collect();
        if !places.is_empty() && text.contains('`') {
            let code = code::ranges(text);
            // They are in their order, so that a text full of both is looked through quickly.
            let next = |at: &usize| code.get(code.partition_point(|range| range.end <= *at));
            places.retain(|(at, _)| !next(at).is_some_and(|range| range.contains(at)));
        }
        Self { places: cut(places.into_iter().map(|(_, names)| names)) }
    }

    /// The names to be looked up, each once.
    pub fn names(&self) -> BTreeSet<&'a str> {
        self.places.iter().flatten().copied().collect()
    }

    /// Whom they mean, the first one first and each once, if this says who of those who are there has a name.
    pub fn resolve<T: PartialEq>(&self, who: impl Fn(&str) -> Option<T>) -> Vec<T> {
        let mut found = Vec::new();
        for one in self.places.iter().filter_map(|names| names.iter().find_map(|name| who(name))) {
            if found.len() < MENTIONS_MAX && !found.contains(&one) {
                found.push(one);
            }
        }
        found
    }
}

/// Where a `@` may mention somebody, and what they may be called.
fn places(text: &str) -> impl Iterator<Item = (usize, Vec<&str>)> {
    let place = |(at, _)| {
        let (before, after) = (&text[..at], &text[at + 1..]);
        let names = if before.ends_with(goes_on) { Vec::new() } else { names(after) };
        (!names.is_empty()).then_some((at, names))
    };
    text.match_indices('@').filter_map(place)
}

/// After one of these a `@` belongs to something else, an address of mail or of the web.
fn goes_on(before: char) -> bool {
    before.is_alphanumeric() || matches!(before, '_' | '.' | '-' | '@' | '/')
}

/// What may be a name at the beginning of the text, the longest first: with each sign at its end, and without.
fn names(text: &str) -> Vec<&str> {
    let mut name = &text[..text.bytes().take_while(|byte| is_of_name(*byte)).count()];
    let mut names = Vec::new();
    while name.starts_with(|first: char| first.is_ascii_alphanumeric()) {
        let is_torn = text[name.len()..].starts_with(|next: char| next.is_alphanumeric() || next == '@');
        if name.len() <= NAME_BYTES_MAX && !is_torn {
            names.push(name);
        }
        let Some(shorter) = name.strip_suffix(['.', '-', '_']) else { break };
        name = shorter;
    }
    names
}

fn is_of_name(byte: u8) -> bool {
    byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"_.-".contains(&byte)
}

/// The first places, as long as there are not too many names to look up.
fn cut<'a>(places: impl Iterator<Item = Vec<&'a str>>) -> Vec<Vec<&'a str>> {
    let mut known = BTreeSet::new();
    let is_fine = |names: &Vec<&'a str>| {
        known.extend(names.iter().copied());
        known.len() <= NAMES_MAX
    };
    places.take_while(is_fine).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const PEOPLE: &[&str] = &["ann", "bob", "bob.", "b.o_b-", "7", "ann-marie"];

    fn mentioned(text: &str) -> Vec<&'static str> {
        Mentions::of(text).resolve(|name| PEOPLE.iter().find(|one| **one == name).copied())
    }

    #[test]
    fn who_is_mentioned() {
        let cases: &[(&str, &[&str])] = &[
            ("", &[]),
            ("ann", &[]),
            ("@ann", &["ann"]),
            ("hi @ann, @bob!", &["ann", "bob"]),
            ("@bob @ann @bob", &["bob", "ann"]),
            ("(@ann) \"@bob\" *@7*", &["ann", "bob", "7"]),
            ("thanks,@ann\n@bob\t@7", &["ann", "bob", "7"]),
            ("👋@ann", &["ann"]),
            ("@ann's", &["ann"]),
            ("@ann...", &["ann"]),
            ("@ann-_.", &["ann"]),
            ("@bob.", &["bob."]),
            ("@bob..", &["bob."]),
            ("@bob.and", &[]),
            ("@ann.And", &["ann"]),
            ("@b.o_b-", &["b.o_b-"]),
            ("@ann-marie @ann-", &["ann-marie", "ann"]),
            ("@ann-maria", &[]),
            ("@anna", &[]),
            ("@an", &[]),
            ("@annÄ @annX @annд", &[]),
            ("@Ann @ANN", &[]),
            ("@eve @ann", &["ann"]),
            ("@@ann @ @. @- @_ann", &[]),
            ("mail@ann a.@ann a-@ann a_@ann é@ann 東@ann", &[]),
            ("https://example.org/@ann", &[]),
            ("@ann@example.org", &[]),
            ("@ann/@bob", &["ann"]),
            ("@\u{200b}ann @\u{0}ann @＠ann", &[]),
            ("\\@ann", &["ann"]),
            ("> @ann", &["ann"]),
        ];
        for (text, expected) in cases {
            assert_eq!(mentioned(text), *expected, "{text:?}");
        }
    }

    #[test]
    fn nobody_is_mentioned_in_code() {
        let cases: &[(&str, &[&str])] = &[
            ("`@ann` @bob", &["bob"]),
            ("`` `@ann` ``", &[]),
            ("`@ann", &["ann"]),
            ("`@ann``", &["ann"]),
            ("`a` @ann `b`", &["ann"]),
            ("`\n@ann\n`", &["ann"]),
            ("\\`@ann`", &["ann"]),
            ("\\``@ann` `@bob`", &["ann", "bob"]),
            ("`@ann\r@bob`", &["ann", "bob"]),
            ("`a\\`@ann`", &["ann"]),
            ("\\\\`@ann`", &["ann"]),
            ("> `@ann`", &[]),
            ("`\u{301}@ann`", &["ann"]),
            ("```\n@ann\n```\n@bob", &["bob"]),
            ("```rust\n@ann\n```", &[]),
            ("```\r\n@ann\r\n```\r\n@bob", &["bob"]),
            ("```\u{2028}@ann\u{85}```\u{b}@bob", &["bob"]),
            ("````\n```\n@ann\n`````  \n@bob", &["bob"]),
            ("```\n@ann", &[]),
            ("@ann\n```", &["ann"]),
            (" ```\n@ann", &["ann"]),
            ("``\n@ann\n``", &["ann"]),
            ("``` not a language\n@ann\n```", &["ann"]),
            ("``` @ann ```", &[]),
        ];
        for (text, expected) in cases {
            assert_eq!(mentioned(text), *expected, "{text:?}");
        }
    }

    #[test]
    fn a_name_has_its_length() {
        let (longest, longer) = ("a".repeat(NAME_BYTES_MAX), "a".repeat(NAME_BYTES_MAX + 1));
        let text = format!("@{longest} @{longer} @{longest}.");
        let names: Vec<_> = Mentions::of(&text).names().into_iter().collect();
        assert_eq!(names, [&longest]);
    }

    #[test]
    fn there_is_an_end_to_them() {
        let text: String = (0..9999).map(|number| format!("@{number} ")).collect();
        assert_eq!(Mentions::of(&text).names().len(), NAMES_MAX);
        let found = Mentions::of(&text).resolve(|name| Some(name.to_owned()));
        assert_eq!((found.len(), found[49].as_str()), (MENTIONS_MAX, "49"));
        let text: String = (0..999).map(|number| format!("@{number}{} ", "-".repeat(20))).collect();
        assert!(Mentions::of(&text).names().len() <= NAMES_MAX);
        let again = "@ann ".repeat(9999) + "@bob";
        assert_eq!(mentioned(&again), ["ann", "bob"], "a name counts once");
    }

    proptest! {
        #[test]
        fn what_is_mentioned_stands_there_and_is_a_name(text in "[@`ab.\\-/ \\\\\néX]{0,40}|.{0,40}") {
            for name in Mentions::of(&text).names() {
                let is_there = text.contains(&format!("@{name}"));
                prop_assert!(is_there && name.parse::<chat_protocol::UserName>().is_ok(), "{name:?}");
            }
        }

        #[test]
        fn a_name_among_words_is_always_found(before in "[a-z ]{0,20} ", after in "[ ,!?)][a-z ]{0,20}") {
            prop_assert_eq!(mentioned(&format!("{before}@ann{after}")), ["ann"]);
            prop_assert_eq!(mentioned(&format!("{before}`@ann{after}`")), [""; 0]);
            prop_assert_eq!(mentioned(&format!("{before}\n```\n@ann{after}\n```")), [""; 0]);
        }
    }
}
