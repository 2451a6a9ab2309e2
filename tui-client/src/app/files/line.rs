//! A file as one line: its name, its size, its type, its number.

use super::size;
use chat_client::SafeText;
use chat_protocol::Attachment;
use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

/// Columns of a name that still says something.
const NAME_WIDTH_MIN: usize = 12;

/// A file's line in its two parts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileLine {
    /// The clip and the name.
    pub name: String,
    /// What else is said of it.
    pub rest: String,
}

/// `📎 name · size · type [12]` on at most so many columns. The type gives way first, then the size, and then the name's
/// middle.
pub fn received(file: &Attachment, number: u64, width: usize) -> FileLine {
    let number = format!(" [{number}]");
    let size = format!(" · {}", size::bytes(file.size));
    let kind = format!(" · {}", SafeText::line(&file.media_type));
    let rests = [format!("{size}{kind}{number}"), format!("{size}{number}"), number];
    fit(&file.name, &rests, width)
}

/// `📎 name · size`, and how a file on its way is.
pub fn on_its_way(name: &str, bytes: u64, state: &str, width: usize) -> FileLine {
    let size = format!(" · {}", size::bytes(bytes));
    let state = if state.is_empty() { String::new() } else { format!(" · {state}") };
    fit(name, &[format!("{size}{state}"), state, String::new()], width)
}

fn fit(name: &str, rests: &[String], width: usize) -> FileLine {
    const MARK: &str = "📎 ";
    let name = SafeText::line(name);
    let room = |rest: &String| width.saturating_sub(MARK.width() + rest.width());
    let enough = name.as_str().width().clamp(1, NAME_WIDTH_MIN);
    let rest = rests.iter().find(|rest| room(rest) >= enough).or(rests.last()).cloned().unwrap_or_default();
    let name = shortened(name.as_str(), room(&rest).max(1));
    FileLine { name: format!("{MARK}{name}"), rest }
}

/// A name on at most so many columns: its middle gives way to `…`, and its end, by which one knows what it is, stays.
pub fn shortened(name: &str, width: usize) -> String {
    if name.width() <= width {
        return name.to_owned();
    }
    let end_width = (width.saturating_sub(1) / 2).min(8);
    let end = taken(name.graphemes(true).rev(), end_width);
    let start = taken(name.graphemes(true), width.saturating_sub(1 + end.concat().width()));
    format!("{}…{}", start.concat(), end.into_iter().rev().collect::<String>())
}

/// The end of a path on at most so many columns.
pub fn end_of(path: &str, width: usize) -> String {
    if path.width() <= width {
        return path.to_owned();
    }
    let end = taken(path.graphemes(true).rev(), width.saturating_sub(1));
    format!("…{}", end.into_iter().rev().collect::<String>())
}

/// The start of a text on at most so many columns.
pub fn start_of(text: &str, width: usize) -> String {
    if text.width() <= width {
        return text.to_owned();
    }
    format!("{}…", taken(text.graphemes(true), width.saturating_sub(1)).concat())
}

fn taken<'a>(graphemes: impl Iterator<Item = &'a str>, width: usize) -> Vec<&'a str> {
    let mut used = 0;
    let fits = |grapheme: &&str| {
        used += grapheme.width();
        used <= width
    };
    graphemes.take_while(fits).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(name: &str) -> Attachment {
        Attachment {
            id: chat_protocol::FileId::from_bits(1),
            name: name.to_owned(),
            size: 48_213,
            media_type: "image/png".to_owned(),
            sha256: chat_protocol::ContentHash::from_bytes([0; 32]),
        }
    }

    fn whole(line: FileLine) -> String {
        line.name + &line.rest
    }

    #[test]
    fn what_does_not_fit_gives_way() {
        let photo = "a photo of the harbour.png";
        for (name, width, expected) in [
            (photo, 80, "📎 a photo of the harbour.png · 47 KiB · image/png [12]"),
            (photo, 40, "📎 a photo of the…bour.png · 47 KiB [12]"),
            (photo, 30, "📎 a phot…ur.png · 47 KiB [12]"),
            (photo, 17, "📎 a ph….png [12]"),
            ("a.png", 17, "📎 a.png [12]"),
            ("evil\u{202e}gnp.exe\n", 80, "📎 evil�gnp.exe  · 47 KiB · image/png [12]"),
        ] {
            let line = whole(received(&file(name), 12, width));
            assert_eq!(line, expected, "{width}");
            assert!(line.width() <= width);
        }
        assert_eq!(whole(on_its_way("a.png", 9, "50 %", 40)), "📎 a.png · 9 B · 50 %");
        assert_eq!(end_of("/home/ann/a.png", 10), "…ann/a.png");
    }

    #[test]
    fn any_width_will_do() {
        for width in 0..60 {
            for name in ["", "x", "日本語の写真.jpeg", "👩‍👩‍👧👩‍👩‍👧👩‍👩‍👧.gif"]
            {
                let line = whole(received(&file(name), 123_456, width));
                assert!(line.width() <= width.max(13), "{line}");
                assert!(shortened(name, width).width() <= width.max(1));
            }
        }
    }
}
