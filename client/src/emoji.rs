//! Emoji shortcodes: `:wave:` becomes 👋.

/// A shortcode is completed from this many letters on.
pub const COMPLETION_MIN: usize = 2;

/// The text with every complete shortcode replaced. Unknown ones stay.
pub fn expand(text: &str) -> String {
    let mut expanded = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find(':') {
        let (before, from_colon) = rest.split_at(start);
        expanded.push_str(before);
        let after = &from_colon[1..];
        let end = after.find(|c: char| !is_code_char(c));
        match end.filter(|end| after[*end..].starts_with(':')) {
            Some(end) if let Some(emoji) = emojis::get_by_shortcode(&after[..end]) => {
                expanded.push_str(emoji.as_str());
                rest = &after[end + 1..];
            }
            _ => {
                expanded.push(':');
                rest = after;
            }
        }
    }
    expanded + rest
}

/// The emoji that somebody means who gives nothing else: the emoji itself, or its shortcode with or without the colons. In
/// its fullest spelling, so that what looks the same is the same.
pub fn meant(text: &str) -> Option<&'static str> {
    let code = text.strip_prefix(':').and_then(|text| text.strip_suffix(':')).unwrap_or(text);
    emojis::get(text).or_else(|| emojis::get_by_shortcode(code)).map(emojis::Emoji::as_str)
}

/// The emoji of the shortcode that has just been completed before the cursor, and the shortcode's length in bytes with
/// both colons: to be called when a `:` has been typed.
pub fn just_completed(before_cursor: &str) -> Option<(&'static str, usize)> {
    let inner = before_cursor.strip_suffix(':')?;
    let code = trailing_code(inner)?;
    let emoji = emojis::get_by_shortcode(code)?;
    Some((emoji.as_str(), code.len() + 2))
}

/// The beginning of a shortcode that stands before the cursor, without its colon, if it is long enough to complete.
pub fn begun(before_cursor: &str) -> Option<&str> {
    let code = trailing_code(before_cursor)?;
    let head = &before_cursor[..before_cursor.len() - code.len() - 1];
    // `10:30` and `http://` begin no emoji.
    let stands_free = head.chars().next_back().is_none_or(|c| !c.is_alphanumeric());
    (code.len() >= COMPLETION_MIN && stands_free).then_some(code)
}

/// Shortcodes that begin with `prefix` or contain it, the best ones first, each with its emoji.
pub fn complete(prefix: &str, max: usize) -> Vec<(&'static str, &'static str)> {
    let mut found: Vec<_> = emojis::iter()
        .flat_map(|emoji| emoji.shortcodes().map(|code| (code, emoji.as_str())))
        .filter(|(code, _)| code.contains(prefix))
        .collect();
    found.sort_by_key(|(code, _)| (!code.starts_with(prefix), code.len(), *code));
    found.truncate(max);
    found
}

/// What stands after the last colon, when it is all shortcode letters.
fn trailing_code(text: &str) -> Option<&str> {
    let start = text.rfind(':')?;
    let code = &text[start + 1..];
    (!code.is_empty() && code.chars().all(is_code_char)).then_some(code)
}

fn is_code_char(c: char) -> bool {
    c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '_' | '+' | '-')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn complete_shortcodes_are_replaced_and_others_stay() {
        for (text, expected) in [
            ("", ""),
            (":wave:", "👋"),
            ("hi :wave: :+1:!", "hi 👋 👍!"),
            (":wave::wave:", "👋👋"),
            (":nosuch:", ":nosuch:"),
            ("10:30:45", "10:30:45"),
            ("a:wave", "a:wave"),
            ("::wave:", ":👋"),
            (":", ":"),
            (":Wave:", ":Wave:"),
        ] {
            assert_eq!(expand(text), expected, "{text}");
        }
    }

    #[test]
    fn an_emoji_is_meant_by_itself_or_by_its_shortcode() {
        for (text, emoji) in [
            ("👍", Some("👍")),
            (":+1:", Some("👍")),
            ("+1", Some("👍")),
            ("thumbsup", Some("👍")),
            ("❤", Some("❤\u{fe0f}")),
            ("❤\u{fe0f}", Some("❤\u{fe0f}")),
            ("👍🏽", Some("👍🏽")),
            (":+1", None),
            ("nosuch", None),
            ("👍👍", None),
            ("", None),
        ] {
            assert_eq!(meant(text), emoji, "{text}");
        }
    }

    #[test]
    fn a_shortcode_is_known_as_it_is_closed() {
        assert_eq!(just_completed("hi :wave:"), Some(("👋", 6)));
        assert_eq!(just_completed("hi :nosuch:"), None);
        assert_eq!(just_completed("hi wave:"), None);
        assert_eq!(just_completed("::"), None);
    }

    #[test]
    fn a_begun_shortcode_is_completed_best_first() {
        assert_eq!(begun("hi :wa"), Some("wa"));
        for none in ["hi :w", "hi wa", "10:30", "http://", ":wa ", ""] {
            assert_eq!(begun(none), None, "{none}");
        }
        assert_eq!(complete("wave", 9).first(), Some(&("wave", "👋")));
        assert_eq!(complete("smile", 2).len(), 2);
        assert!(complete("nosuchthing", 9).is_empty());
    }
}
