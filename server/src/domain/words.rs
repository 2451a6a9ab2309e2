//! Words: what a text is made of for a search. One way to make them for all stores, so that all find the same.
//!
//! A word is a run of letters and digits, without regard to case and accents. In scripts that put no spaces between words each
//! character is one, and so is each emoji.

use std::ops::RangeInclusive;
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;
use unicode_segmentation::UnicodeSegmentation;

/// A word, in characters. A longer one is cut: nobody types it, and it would only fill the index.
const CHARS_MAX: usize = 64;

/// The words of a text, in their order. Of ASCII there are only small letters and digits in them.
pub fn words(text: &str) -> Vec<String> {
    if text.is_ascii() { words_of_ascii(text) } else { words_of_any(text) }
}

/// The same without a look at Unicode's tables, for the many texts that need none.
fn words_of_ascii(text: &str) -> Vec<String> {
    let runs = text.split(|char: char| !char.is_ascii_alphanumeric()).filter(|run| !run.is_empty());
    runs.map(|run| run[..run.len().min(CHARS_MAX)].to_ascii_lowercase()).collect()
}

fn words_of_any(text: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut open = String::new();
    // Not the extended ones, in which a letter of some scripts takes hold of whatever comes after it.
    for grapheme in fold(text).graphemes(false) {
        match kind(grapheme) {
            // A mark belongs to the letter before it, and begins no word where there is none.
            Kind::Letter if open.is_empty() && grapheme.starts_with(is_combining_mark) => {}
            Kind::Letter => open.extend(grapheme.chars().filter(|char| !is_joiner(*char))),
            Kind::Word => {
                close(&mut open, &mut words);
                words.push(grapheme.to_owned());
            }
            Kind::Gap => close(&mut open, &mut words),
        }
    }
    close(&mut open, &mut words);
    words
}

/// Whether a word is a whole one by its script, so that there is none that begins with it and goes on.
pub fn stands_alone(word: &str) -> bool {
    matches!(kind(word), Kind::Word)
}

fn close(open: &mut String, words: &mut Vec<String>) {
    if !open.is_empty() {
        words.push(open.chars().take(CHARS_MAX).collect());
        open.clear();
    }
}

/// What a character, with all that belongs to it, is to the words around it.
enum Kind {
    /// A part of a word.
    Letter,
    /// A word by itself.
    Word,
    /// Nothing that is looked for.
    Gap,
}

fn kind(grapheme: &str) -> Kind {
    let Some(first) = grapheme.chars().next() else { return Kind::Gap };
    if UNSPACED.iter().any(|script| script.contains(&first)) && first.is_alphanumeric() {
        Kind::Word
    } else if first.is_ascii_alphanumeric() || !first.is_ascii() && first.is_alphanumeric() {
        Kind::Letter
    } else if is_emoji(first) {
        Kind::Word
    } else {
        Kind::Gap
    }
}

/// Small letters without accents, in one spelling.
fn fold(text: &str) -> String {
    let bare = text.nfkd().flat_map(char::to_lowercase).filter(|char| !is_mark(*char));
    let mut folded = String::with_capacity(text.len());
    for char in bare {
        match letters_of(char) {
            Some(letters) => folded.push_str(letters),
            None => folded.push(char),
        }
    }
    // What belongs together and is no accent, a Korean syllable for one, is put together again.
    folded.nfc().collect()
}

/// What joins letters, and has a meaning in emoji only.
fn is_joiner(char: char) -> bool {
    matches!(char, '\u{200c}' | '\u{200d}')
}

/// Accents and the like, what only says where a word may be broken, and what says how an emoji is drawn: its colours and its skin.
fn is_mark(char: char) -> bool {
    MARKS.iter().any(|marks| marks.contains(&char))
}

const MARKS: &[RangeInclusive<char>] = &[
    '\u{ad}'..='\u{ad}',
    '\u{300}'..='\u{36f}',
    '\u{591}'..='\u{5bd}',
    '\u{5bf}'..='\u{5c7}',
    '\u{610}'..='\u{61a}',
    '\u{64b}'..='\u{65f}',
    '\u{670}'..='\u{670}',
    '\u{6d6}'..='\u{6dc}',
    '\u{1ab0}'..='\u{1aff}',
    '\u{1dc0}'..='\u{1dff}',
    '\u{20d0}'..='\u{20ff}',
    '\u{fe00}'..='\u{fe0f}',
    '\u{1f3fb}'..='\u{1f3ff}',
];

/// Letters that are accented ones to those who type them, although Unicode has them as letters of their own.
fn letters_of(char: char) -> Option<&'static str> {
    Some(match char {
        'ß' => "ss",
        'æ' => "ae",
        'œ' => "oe",
        'ø' => "o",
        'ł' => "l",
        'đ' | 'ð' => "d",
        'ı' => "i",
        'ς' => "σ",
        _ => return None,
    })
}

/// Scripts without spaces between words: Thai and Lao, Burmese, Khmer, kana, Chinese characters, Korean syllables.
const UNSPACED: &[RangeInclusive<char>] = &[
    '\u{e00}'..='\u{eff}',
    '\u{1000}'..='\u{109f}',
    '\u{1780}'..='\u{17ff}',
    '\u{3005}'..='\u{3007}',
    '\u{3040}'..='\u{30ff}',
    '\u{31f0}'..='\u{31ff}',
    '\u{3400}'..='\u{4dbf}',
    '\u{4e00}'..='\u{9fff}',
    '\u{ac00}'..='\u{d7a3}',
    '\u{f900}'..='\u{faff}',
    '\u{20000}'..='\u{3ffff}',
];

/// Symbols that people look for: emoji, and the older signs that are drawn as such.
fn is_emoji(char: char) -> bool {
    EMOJI.iter().any(|block| block.contains(&char))
}

const EMOJI: &[RangeInclusive<char>] = &[
    '\u{2190}'..='\u{21ff}',
    '\u{2300}'..='\u{23ff}',
    '\u{25a0}'..='\u{27bf}',
    '\u{2900}'..='\u{297f}',
    '\u{2b00}'..='\u{2bff}',
    '\u{1f000}'..='\u{1faff}',
];

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_text_is_made_of_its_words() {
        let cases: &[(&str, &[&str])] = &[
            ("", &[]),
            ("?! \t\n …", &[]),
            ("Hello, World!", &["hello", "world"]),
            ("don't", &["don", "t"]),
            ("report_final-2.PDF", &["report", "final", "2", "pdf"]),
            ("https://example.com/a?b=c", &["https", "example", "com", "a", "b", "c"]),
            ("3.14", &["3", "14"]),
            ("Crème Brûlée", &["creme", "brulee"]),
            ("Cre\u{300}me", &["creme"]),
            ("STRASSE Straße", &["strasse", "strasse"]),
            ("Øre Łódź İstanbul", &["ore", "lodz", "istanbul"]),
            ("ΣΊΣΥΦΟΣ σίσυφος", &["σισυφοσ", "σισυφοσ"]),
            ("Ёлка", &["елка"]),
            ("ﬁne ｗｉｄｅ ²", &["fine", "wide", "2"]),
            ("שָׁלוֹם", &["שלום"]),
            ("مَرْحَبًا", &["مرحبا"]),
            ("東京タワー", &["東", "京", "タ", "ワ", "ー"]),
            ("がぎ か\u{3099}", &["が", "ぎ", "が"]),
            ("안녕 hi", &["안", "녕", "hi"]),
            ("abc東def", &["abc", "東", "def"]),
            ("ที่นี่", &["ที่", "นี่"]),
            ("नमस्ते दुनिया", &["नमस्ते", "दुनिया"]),
            ("👍", &["👍"]),
            ("ok👍🏽👍", &["ok", "👍", "👍"]),
            ("👨‍👩‍👧", &["👨‍👩‍👧"]),
            ("🇩🇪🇫🇷", &["🇩🇪", "🇫🇷"]),
            ("❤️ ❤", &["❤", "❤"]),
            ("1️⃣ #️⃣", &["1"]),
            ("a\u{0}b\u{1b}[31m", &["a", "b", "31m"]),
            ("a\u{202e}b", &["a", "b"]),
            ("soft\u{ad}ly a\u{200d}b", &["softly", "ab"]),
        ];
        for (text, expected) in cases {
            assert_eq!(words(text), *expected, "{text:?}");
        }
    }

    #[test]
    fn a_mark_without_a_letter_is_no_word() {
        for (text, expected) in [
            ("a\u{b}\u{f71}", vec!["a"]),
            ("\u{93e}", vec![]),
            ("x \u{93e}y", vec!["x", "y"]),
            ("का", vec!["का"]),
        ] {
            assert_eq!(words(text), expected, "{text:?}");
        }
    }

    #[test]
    fn a_long_word_is_cut() {
        let long = "ab".repeat(1000);
        assert_eq!(words(&long), ["ab".repeat(CHARS_MAX / 2)]);
    }

    #[test]
    fn some_words_cannot_go_on() {
        for (word, alone) in [("東", true), ("👍", true), ("안", true), ("a", false), ("д", false)] {
            assert_eq!(stands_alone(word), alone, "{word}");
        }
    }

    proptest! {
        #[test]
        fn words_are_clean_and_their_own_words(text in "\\PC{0,60}|.{0,60}") {
            let first = words(&text);
            for word in &first {
                prop_assert!(!word.is_empty());
                let plain = word.chars().all(|char| {
                    !char.is_ascii() || char.is_ascii_lowercase() || char.is_ascii_digit()
                });
                prop_assert!(plain, "{word:?}");
            }
            prop_assert_eq!(words(&first.join(" ")), first);
        }

        #[test]
        fn ascii_has_the_words_that_it_has_by_unicode(text in "[\\x00-\\x7f]{0,200}") {
            prop_assert_eq!(words_of_ascii(&text), words_of_any(&text));
        }
    }
}
