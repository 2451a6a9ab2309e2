//! The name under which a file from somebody else is saved: one that stays in its folder and harms no terminal.
#![deny(clippy::disallowed_methods)]

use crate::SafeText;
use unicode_segmentation::UnicodeSegmentation;

/// What file systems take at most.
const BYTES_MAX: usize = 255;
/// A longer end of a name is no extension that is worth keeping.
const EXTENSION_BYTES_MAX: usize = 32;
/// What a name without anything usable in it becomes.
const NAMELESS: &str = "file";

/// Makes a name that somebody else chose safe to save under: its last path part, without anything that is a path, a
/// control, a direction mark or a device's name somewhere, at most 255 bytes with its extension kept, and never nothing.
pub fn safe_name(name: &str) -> String {
    let last = name.rsplit(['/', '\\']).find(|part| !part.trim().is_empty()).unwrap_or_default();
    let visible = SafeText::line(last);
    let plain: String = visible.as_str().chars().map(|c| if is_unwanted(c) { '_' } else { c }).collect();
    // What is replaced may have borne marks, which must not be left without it.
    let plain = SafeText::line(&plain);
    let bare = plain.as_str().trim_start_matches(is_bad_at_start).trim_end_matches(is_bad_at_end);
    if bare.is_empty() {
        return NAMELESS.to_owned();
    }
    let (stem, extension) = split(bare);
    let guard = if is_reserved(bare) { "_" } else { "" };
    let cut = fit(&format!("{guard}{stem}"), "", extension);
    // What was no extension may be short enough for one now, and a space before it is then at an end.
    let (stem, extension) = split(&cut);
    fit(stem, "", extension)
}

/// The same name with a number, for when it is taken: `photo (2).png`.
pub(super) fn numbered(name: &str, number: u32) -> String {
    let (stem, extension) = split(name);
    fit(stem, &format!(" ({number})"), extension)
}

/// What means something to a shell's quoting on Windows, a drive or a stream, or stands for what was not safe.
fn is_unwanted(c: char) -> bool {
    matches!(c, '<' | '>' | ':' | '"' | '|' | '?' | '*' | '\u{fffd}')
}

/// Hidden files, options of commands, and what nobody sees.
fn is_bad_at_start(c: char) -> bool {
    c == '.' || c == '-' || c == '~' || c.is_whitespace()
}

/// Windows leaves these away, so that the name would be another one.
fn is_bad_at_end(c: char) -> bool {
    c == '.' || c.is_whitespace()
}

/// Names of devices on Windows, with any extension and in any case.
fn is_reserved(name: &str) -> bool {
    let stem = name.split('.').next().unwrap_or_default().trim_end().to_ascii_uppercase();
    if matches!(stem.as_str(), "CON" | "PRN" | "AUX" | "NUL" | "CONIN$" | "CONOUT$") {
        return true;
    }
    let number = stem.strip_prefix("COM").or_else(|| stem.strip_prefix("LPT"));
    const NUMBERS: [&str; 13] = ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "¹", "²", "³"];
    number.is_some_and(|number| NUMBERS.contains(&number))
}

/// The stem and the extension with its dot; `.tar.gz` and the like count as one.
fn split(name: &str) -> (&str, &str) {
    let Some(dot) = name.rfind('.').filter(|dot| *dot > 0) else { return (name, "") };
    let start = match name[..dot].strip_suffix(".tar") {
        Some(stem) if !stem.is_empty() => stem.len(),
        _ => dot,
    };
    if name.len() - start > EXTENSION_BYTES_MAX { (name, "") } else { name.split_at(start) }
}

/// Cuts the stem, at the end of something that a reader sees as one, until all of it fits.
fn fit(stem: &str, number: &str, extension: &str) -> String {
    let room = BYTES_MAX - number.len() - extension.len();
    let mut cut = 0;
    for (place, grapheme) in stem.grapheme_indices(true) {
        if place + grapheme.len() > room {
            break;
        }
        cut = place + grapheme.len();
    }
    // Where the cut lands, a space or a dot may have become the end.
    let mut stem = stem[..cut].trim_end_matches(is_bad_at_end);
    if stem.is_empty() {
        stem = NAMELESS;
    }
    format!("{stem}{number}{extension}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn names_stay_in_their_folder() {
        for (name, safe) in [
            ("photo.png", "photo.png"),
            ("holiday 🏖.png", "holiday 🏖.png"),
            ("../../etc/passwd", "passwd"),
            ("/etc/passwd", "passwd"),
            ("C:\\evil\\x.exe", "x.exe"),
            ("C:x.exe", "C_x.exe"),
            ("folder/", "folder"),
            ("..", "file"),
            (".", "file"),
            ("", "file"),
            ("///", "file"),
            ("   ", "file"),
            (".bashrc", "bashrc"),
            ("...hidden", "hidden"),
            ("-rf", "rf"),
            ("~root", "root"),
            (". - .x", "x"),
            ("trailing. . ", "trailing"),
            ("con", "_con"),
            ("CON.txt", "_CON.txt"),
            ("com1.tar.gz", "_com1.tar.gz"),
            ("lpt9", "_lpt9"),
            ("console", "console"),
            ("a\0b", "a_b"),
            ("a\nb\u{1b}[2J", "a b_[2J"),
            ("gpj.\u{202e}exe", "gpj._exe"),
            ("zero\u{200b}width", "zero_width"),
            ("a:b|c?d*e<f>g\"h", "a_b_c_d_e_f_g_h"),
            ("\u{fffd}", "_"),
        ] {
            assert_eq!(safe_name(name), safe, "{name:?}");
        }
    }

    #[test]
    fn long_names_keep_their_extension_and_whole_characters() {
        let long = safe_name(&format!("{}.tar.gz", "é".repeat(400)));
        assert!(long.len() > 250 && long.len() <= 255 && long.ends_with("é.tar.gz"), "{long}");
        let family = "👨‍👩‍👧";
        let families = safe_name(&format!("{}.png", family.repeat(50)));
        assert_eq!(families.replace(family, ""), ".png", "no family is torn apart");
        let endless = safe_name(&format!("x.{}", "y".repeat(1000)));
        assert_eq!(endless.len(), 255);
    }

    #[test]
    fn a_taken_name_gets_a_number() {
        assert_eq!(numbered("photo.png", 2), "photo (2).png");
        assert_eq!(numbered("all.tar.gz", 12), "all (12).tar.gz");
        assert_eq!(numbered("README", 3), "README (3)");
        assert_eq!(numbered(&"x".repeat(255), 10).len(), 255);
    }

    /// The cut can make an extension of what was too long for one, with a space before it.
    #[test]
    fn a_safe_name_is_safe_when_it_is_cut_too() {
        let safe = safe_name(&format!("{} .{}", "x".repeat(230), "y".repeat(60)));
        assert_eq!(safe_name(&safe), safe);
        assert!(!safe.contains(' '), "{safe}");
    }

    proptest! {
        #[test]
        fn whatever_it_is_it_is_a_name(
            name in "\\PC*|[./\\\\~ \\-a-cCONnul:0-9\\x00-\\x20\\u{200b}-\\u{202f}👩🏽é]{0,40}|(.{0,9}é){0,80}",
            number in 2_u32..,
        ) {
            let safe = safe_name(&name);
            prop_assert_eq!(&safe_name(&safe), &safe, "what is safe stays as it is");
            for safe in [numbered(&safe, number), safe] {
                prop_assert!((1..=255).contains(&safe.len()));
                prop_assert!(!safe.contains(['/', '\\', '\0', ':', '\n']));
                prop_assert!(!safe.chars().any(char::is_control));
                prop_assert!(!safe.starts_with(['.', '-', ' ']) && !safe.ends_with(['.', ' ']));
                prop_assert!(!is_reserved(&safe));
                let drawn = SafeText::line(&safe);
                prop_assert_eq!(drawn.as_str(), safe.as_str());
                let path = std::path::Path::new(&safe);
                prop_assert_eq!(path.components().count(), 1);
                prop_assert!(matches!(path.components().next(), Some(std::path::Component::Normal(_))));
            }
        }
    }
}
