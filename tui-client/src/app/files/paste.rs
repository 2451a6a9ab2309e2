//! Whether a paste is one of files: what a terminal types when some are dropped on it.

use super::words;

/// Files that are offered at once.
pub const FILES_MAX: usize = 20;
/// A longer paste is text.
const BYTES_MAX: usize = 32 * 1024;

/// The ways to read a paste as absolute paths, the likeliest first; none when it is text. Which of them exist is another
/// question.
///
/// Terminals quote as a shell does (GNOME Terminal, Konsole, kitty), escape (iTerm2, Terminal.app), or paste paths as
/// they are, with a space behind each (Alacritty, xterm); file managers copy one path or `file://` address per line.
pub fn readings(text: &str, home: Option<&str>) -> Vec<Vec<String>> {
    if text.len() > BYTES_MAX || text.contains('\0') {
        return Vec::new();
    }
    let by_words = words::all(text).and_then(|words| absolute(words.iter().map(|word| word.path(home))));
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    let by_lines = absolute(lines.map(|line| Ok(line.to_owned())));
    let mut readings: Vec<_> = by_words.into_iter().collect();
    readings.extend(by_lines.filter(|paths| !readings.contains(paths)));
    readings
}

fn absolute(paths: impl Iterator<Item = Result<String, String>>) -> Option<Vec<String>> {
    let mut all = Vec::new();
    for path in paths {
        let path = path.ok().filter(|path| words::is_absolute(path) && !path.contains('\n'))?;
        // One more tells that there are too many.
        if all.len() == FILES_MAX {
            return None;
        }
        if !all.contains(&path) {
            all.push(path);
        }
    }
    (!all.is_empty()).then_some(all)
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_terminals_paste_is_known_as_paths() {
        for (pasted, expected) in [
            ("'/home/ann/my file.txt' ", vec!["/home/ann/my file.txt"]),
            ("'/a/it'\\''s' '/b' ", vec!["/a/it's", "/b"]),
            ("/Users/ann/my\\ file\\ (1).txt ", vec!["/Users/ann/my file (1).txt"]),
            ("\"/home/ann/my file.txt\"", vec!["/home/ann/my file.txt"]),
            ("file:///a%20b.txt\r\nfile:///c.txt\r\n", vec!["/a b.txt", "/c.txt"]),
            ("/a.txt\n/b.txt\n", vec!["/a.txt", "/b.txt"]),
            ("~/a.txt", vec!["/home/ann/a.txt"]),
        ] {
            assert_eq!(
                readings(pasted, Some("/home/ann")).first(),
                Some(&expected.iter().map(|path| (*path).to_owned()).collect()),
                "{pasted}"
            );
        }
        // Unquoted, with spaces in it: read as a whole line, too.
        assert!(readings("/home/ann/my file.txt ", None).contains(&vec!["/home/ann/my file.txt".to_owned()]));
        assert!(readings("/it's.txt", None).contains(&vec!["/it's.txt".to_owned()]));
    }

    #[test]
    fn a_text_is_none() {
        let many = "/a\n".repeat(3) + &(0..FILES_MAX + 1).map(|n| format!("/{n}\n")).collect::<String>();
        for text in
            ["", " \n", "hello", "see /tmp/a", "a/b", "http://x/y", "/a\nand more", "file://other/x", &many]
        {
            assert_eq!(readings(text, None), Vec::<Vec<String>>::new(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn nothing_panics(text in "\\PC*|[ ~'\"\\\\/a%:\r\n\t]{0,40}|(file://)?/[%0-9a-f/ ]{0,20}") {
            for path in readings(&text, Some("/home/ann")).into_iter().flatten() {
                prop_assert!(path.starts_with('/'));
            }
        }
    }
}
