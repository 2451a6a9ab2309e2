//! Breaking text into lines of the screen.

use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

/// Breaks text into lines of at most `width` columns: between words, and inside of one only when it is too long.
pub fn wrap(text: &str, width: usize) -> Vec<String> {
    let to_text = |line: Vec<(usize, &str)>| line.into_iter().map(|(_, grapheme)| grapheme).collect();
    text.split('\n').flat_map(|line| wrap_line(line, width)).map(to_text).collect()
}

/// Breaks a line in the same way. Each character stands with its offset in bytes.
pub fn wrap_line(line: &str, width: usize) -> Vec<Vec<(usize, &str)>> {
    let width = width.max(1);
    let mut lines = vec![Vec::new()];
    let (mut used, mut word_at) = (0, 0);
    for word in line.split_inclusive(' ') {
        if used > 0 && used + word.trim_end_matches(' ').width() > width {
            lines.push(Vec::new());
            used = 0;
        }
        for (at, grapheme) in word.grapheme_indices(true) {
            let columns = grapheme.width();
            let is_full = used + columns > width;
            // A space that does not fit has become the end of the line.
            if columns > width || (is_full && grapheme == " ") {
                continue;
            }
            if is_full {
                lines.push(Vec::new());
                used = 0;
            }
            lines.last_mut().expect("it begins with one").push((word_at + at, grapheme));
            used += columns;
        }
        word_at += word.len();
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_broken_between_words_and_never_wider_than_the_screen() {
        for (text, width, expected) in [
            ("", 5, vec![""]),
            ("hello world", 5, vec!["hello", "world"]),
            ("hello world", 7, vec!["hello ", "world"]),
            ("a\n\nb", 5, vec!["a", "", "b"]),
            ("is it so?", 8, vec!["is it ", "so?"]),
            ("abcdefgh", 3, vec!["abc", "def", "gh"]),
            ("👋👋👋", 4, vec!["👋👋", "👋"]),
            ("👨‍👩‍👧 ok", 4, vec!["👨‍👩‍👧 ", "ok"]),
            ("👋", 1, vec![""]),
            ("日本語", 5, vec!["日本", "語"]),
        ] {
            assert_eq!(wrap(text, width), expected, "{text:?} at {width}");
        }
    }
}
