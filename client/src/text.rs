//! Text from others, made harmless before anybody sees it.
//!
//! The rules, in order of the text, the same as in the page's `safe_text.js`:
//! 1. CR LF, CR, VT, FF, NEL, U+2028 and U+2029 are a line break; a tab is four spaces.
//! 2. A joined emoji stays whole: a zero-width joiner between two pictographs (with their modifiers), the variation
//!    selector U+FE0F after a pictograph, a digit, `#` or `*`, and the tags of a flag after U+1F3F4 up to U+E007F.
//! 3. Elsewhere joiners, variation selectors, the soft hyphen and the zero-width non-joiner are left out.
//! 4. All other control, direction, invisible, private and non-characters become U+FFFD, one for one.
//! 5. Of several combining marks in a row the first four are kept.

use std::fmt;

/// What stands for a character that would have done something.
const MARK: char = '\u{fffd}';
const TAB: &str = "    ";
const COMBINING_MAX: usize = 4;
const JOINER: char = '\u{200d}';
const EMOJI_SELECTOR: char = '\u{fe0f}';
const BLACK_FLAG: char = '\u{1f3f4}';
const TAG_END: char = '\u{e007f}';

/// Text that can neither move a cursor nor hide, turn or forge anything. The only thing from others that is drawn,
/// printed or logged.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SafeText(String);

impl SafeText {
    /// Makes text safe. Line breaks stay, as `\n`.
    pub fn new(text: &str) -> Self {
        if text.bytes().all(|byte| matches!(byte, b' '..=b'~' | b'\n')) {
            return Self(text.to_owned());
        }
        Self(Washer::new(text).run())
    }

    /// Makes text safe on one line: each line break becomes a space.
    pub fn line(text: &str) -> Self {
        Self(Self::new(text).0.replace('\n', " "))
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for SafeText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

struct Washer<'a> {
    rest: std::iter::Peekable<std::str::Chars<'a>>,
    safe: String,
    /// The last character that was kept as it is.
    last: Option<char>,
    /// Whether `last` ends a pictograph, so that a joiner may follow.
    after_pictograph: bool,
    combining: usize,
}

impl<'a> Washer<'a> {
    fn new(text: &'a str) -> Self {
        let (rest, safe) = (text.chars().peekable(), String::with_capacity(text.len()));
        Self { rest, safe, last: None, after_pictograph: false, combining: 0 }
    }

    fn run(mut self) -> String {
        while let Some(c) = self.rest.next() {
            match c {
                '\r' => {
                    self.rest.next_if_eq(&'\n');
                    self.plain("\n");
                }
                '\n' | '\u{b}' | '\u{c}' | '\u{85}' | '\u{2028}' | '\u{2029}' => self.plain("\n"),
                '\t' => self.plain(TAB),
                JOINER => {
                    if self.after_pictograph && self.rest.peek().is_some_and(|next| is_pictograph(*next)) {
                        self.safe.push(JOINER);
                    }
                }
                EMOJI_SELECTOR => {
                    let allowed = |c: char| is_pictograph(c) || c.is_ascii_digit() || c == '#' || c == '*';
                    if self.last.is_some_and(allowed) {
                        self.safe.push(EMOJI_SELECTOR);
                        self.last = None;
                    }
                }
                BLACK_FLAG => self.flag(),
                _ if is_left_out(c) => {}
                _ if is_dangerous(c) => self.plain("\u{fffd}"),
                _ => self.keep(c),
            }
        }
        self.safe
    }

    fn plain(&mut self, text: &str) {
        self.safe.push_str(text);
        (self.last, self.after_pictograph, self.combining) = (None, false, 0);
    }

    fn keep(&mut self, c: char) {
        if is_combining(c) {
            self.combining += 1;
            if self.combining > COMBINING_MAX {
                return;
            }
        } else {
            self.combining = 0;
        }
        self.after_pictograph = is_pictograph(c) || (self.after_pictograph && is_skin_tone(c));
        self.last = Some(c);
        self.safe.push(c);
    }

    /// A black flag, with the tags that make it a region's.
    fn flag(&mut self) {
        self.keep(BLACK_FLAG);
        let mut ahead = self.rest.clone();
        let mut tags = String::new();
        while let Some(tag) =
            ahead.next_if(|c| matches!(c, '\u{e0030}'..='\u{e0039}' | '\u{e0061}'..='\u{e007a}'))
        {
            tags.push(tag);
        }
        if (1..=6).contains(&tags.chars().count()) && ahead.next_if_eq(&TAG_END).is_some() {
            self.safe.push_str(&tags);
            self.safe.push(TAG_END);
            self.rest = ahead;
        }
    }
}

/// Invisible, and harmless once it is gone.
fn is_left_out(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{200c}' | '\u{fe00}'..='\u{fe0e}' | '\u{e0100}'..='\u{e01ef}')
}

/// Controls, direction marks, invisible fillers, tags, private use and non-characters.
fn is_dangerous(c: char) -> bool {
    matches!(c,
        '\0'..='\u{1f}' | '\u{7f}'..='\u{9f}' | MARK
        | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180f}'
        | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
        | '\u{2800}' | '\u{3164}' | '\u{fdd0}'..='\u{fdef}' | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}'
        | '\u{e000}'..='\u{f8ff}' | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}'
        | '\u{e0000}'..='\u{10ffff}'
    ) || (c as u32) & 0xfffe == 0xfffe
}

pub(crate) fn is_combining(c: char) -> bool {
    matches!(c,
        '\u{300}'..='\u{36f}' | '\u{483}'..='\u{489}' | '\u{591}'..='\u{5bd}' | '\u{610}'..='\u{61a}'
        | '\u{64b}'..='\u{65f}' | '\u{e31}' | '\u{e34}'..='\u{e3a}' | '\u{e47}'..='\u{e4e}'
        | '\u{1ab0}'..='\u{1aff}' | '\u{1dc0}'..='\u{1dff}' | '\u{20d0}'..='\u{20ff}' | '\u{fe20}'..='\u{fe2f}'
    )
}

fn is_pictograph(c: char) -> bool {
    matches!(c,
        '\u{a9}' | '\u{ae}' | '\u{203c}' | '\u{2049}' | '\u{2122}' | '\u{2139}' | '\u{2194}'..='\u{21aa}'
        | '\u{231a}'..='\u{23ff}' | '\u{24c2}' | '\u{25aa}'..='\u{25fe}' | '\u{2600}'..='\u{27bf}'
        | '\u{2934}' | '\u{2935}' | '\u{2b05}'..='\u{2b55}' | '\u{3030}' | '\u{303d}' | '\u{3297}' | '\u{3299}'
        | '\u{1f000}'..='\u{1f3fa}' | '\u{1f400}'..='\u{1faff}'
    )
}

fn is_skin_tone(c: char) -> bool {
    matches!(c, '\u{1f3fb}'..='\u{1f3ff}')
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The page's JavaScript is tested against the same cases.
    #[test]
    fn the_cases_that_the_page_shares() {
        let cases: Vec<[String; 2]> = serde_json::from_str(include_str!("../tests/safe_text.json")).unwrap();
        for [text, expected] in cases {
            assert_eq!(SafeText::new(&text).as_str(), expected, "{}", text.escape_unicode());
        }
    }

    #[test]
    fn a_line_has_no_break() {
        assert_eq!(SafeText::line("a\r\nb\u{2028}c").as_str(), "a b c");
    }

    #[test]
    fn every_well_known_emoji_stays_whole() {
        for emoji in emojis::iter().flat_map(|emoji| emoji.skin_tones().into_iter().flatten().chain([emoji]))
        {
            assert_eq!(SafeText::new(emoji.as_str()).as_str(), emoji.as_str(), "{}", emoji.name());
        }
    }

    proptest! {
        #[test]
        fn what_is_safe_stays_as_it_is(text in "\\PC*|[\\x00-\\u{2ff}\\u{200b}-\\u{206f}\\u{fe00}-\\u{fe0f}\\u{1f3f4}\\u{e0020}-\\u{e007f}👩🏽❤0#]{0,20}") {
            let once = SafeText::new(&text);
            prop_assert_eq!(&SafeText::new(once.as_str()), &once);
            let bad = |c: char| (is_dangerous(c) && c != MARK && !('\u{e0020}'..='\u{e007f}').contains(&c)) && c != '\n';
            prop_assert!(!once.as_str().chars().any(bad), "{:?}", once);
        }
    }
}
