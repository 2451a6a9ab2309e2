//! Paths as people write and terminals paste them: words with quotes and escapes, `~`, `file://` addresses.

/// Whether a backslash takes the meaning from what follows it. On Windows it separates folders.
const HAS_ESCAPES: bool = !cfg!(windows);

/// How a word was begun, which its completion keeps to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Quote {
    None,
    Single,
    Double,
}

/// A word of a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Word<'a> {
    /// What it says, without its quotes and escapes.
    pub text: String,
    /// As it is written.
    pub raw: &'a str,
    pub quote: Quote,
    /// Its quote is open at the line's end, or nothing follows the last backslash.
    pub is_open: bool,
    /// What follows it.
    pub rest: &'a str,
}

/// The first word of a text; none when there is only space.
pub fn first(text: &str) -> Option<Word<'_>> {
    let text = text.trim_start();
    let quote = match text.chars().next()? {
        '\'' => Quote::Single,
        '"' => Quote::Double,
        _ => Quote::None,
    };
    let mut said = String::new();
    let mut open = None;
    let mut chars = text.char_indices().peekable();
    let mut end = text.len();
    let mut is_cut = false;
    while let Some((at, c)) = chars.next() {
        match (open, c) {
            (None, c) if c.is_whitespace() => {
                end = at;
                break;
            }
            (None, '\'' | '"') => open = Some(c),
            (Some(quote), c) if c == quote => open = None,
            (None, '\\') if HAS_ESCAPES => match chars.next() {
                Some((_, escaped)) => said.push(escaped),
                None => is_cut = true,
            },
            (Some('"'), '\\') if HAS_ESCAPES => {
                match chars.next_if(|(_, next)| matches!(next, '"' | '\\' | '$' | '`')) {
                    Some((_, escaped)) => said.push(escaped),
                    None => said.push('\\'),
                }
            }
            (_, c) => said.push(c),
        }
    }
    let (raw, rest) = text.split_at(end);
    Some(Word { text: said, raw, quote, is_open: open.is_some() || is_cut, rest })
}

/// All words of a text; none when a quote stays open.
pub fn all(text: &str) -> Option<Vec<Word<'_>>> {
    let mut words = Vec::new();
    let mut rest = text;
    while let Some(word) = first(rest) {
        if word.is_open {
            return None;
        }
        rest = word.rest;
        words.push(word);
    }
    Some(words)
}

impl Word<'_> {
    /// The path that the word means: `~` is the home folder, and an address is what it leads to.
    ///
    /// # Errors
    /// A line for the user.
    pub fn path(&self, home: Option<&str>) -> Result<String, String> {
        if self.is_open {
            return Err("a quote is open".to_owned());
        }
        if self.text.contains('\0') {
            return Err("no path has the character NUL".to_owned());
        }
        if let Some(address) = address(&self.text) {
            return address;
        }
        Ok(self.in_home(home))
    }

    /// The word with `~` as the home folder, unless it was quoted.
    pub fn in_home(&self, home: Option<&str>) -> String {
        let tail = self.raw.starts_with('~').then(|| self.text.strip_prefix('~')).flatten();
        match (tail, home) {
            (Some(tail), Some(home)) if tail.is_empty() || tail.starts_with(is_separator) => {
                format!("{home}{tail}")
            }
            _ => self.text.clone(),
        }
    }
}

/// The word that means `text`, written as the one that it takes the place of. While it is not `whole`, its quote stays
/// open.
pub fn written(text: &str, quote: Quote, whole: bool) -> String {
    let quote = if HAS_ESCAPES { quote } else { Quote::Double };
    let (mark, inner) = match quote {
        Quote::None => return escaped(text),
        Quote::Single => ("'", text.replace('\'', r"'\''")),
        Quote::Double if HAS_ESCAPES => {
            let special = |c| matches!(c, '"' | '\\' | '$' | '`');
            ("\"", with_backslashes(text, special))
        }
        Quote::Double => ("\"", text.to_owned()),
    };
    let needs_none = !HAS_ESCAPES && !text.contains(char::is_whitespace);
    match whole {
        _ if needs_none => text.to_owned(),
        true => format!("{mark}{inner}{mark}"),
        false => format!("{mark}{inner}"),
    }
}

fn escaped(text: &str) -> String {
    with_backslashes(text, |c| c.is_whitespace() || matches!(c, '\'' | '"' | '\\'))
}

fn with_backslashes(text: &str, special: impl Fn(char) -> bool) -> String {
    let mut written = String::with_capacity(text.len());
    for c in text.chars() {
        if special(c) {
            written.push('\\');
        }
        written.push(c);
    }
    written
}

/// What parts folders.
pub fn is_separator(c: char) -> bool {
    c == '/' || (cfg!(windows) && c == '\\')
}

/// Whether a path does not depend on the current folder.
pub fn is_absolute(path: &str) -> bool {
    let drive = |path: &str| {
        let mut chars = path.chars();
        chars.next().is_some_and(|c| c.is_ascii_alphabetic())
            && chars.next() == Some(':')
            && chars.next().is_some_and(is_separator)
    };
    path.starts_with('/') || (cfg!(windows) && (drive(path) || path.starts_with(r"\\")))
}

/// The path of a `file:` address; nothing when it is none.
fn address(text: &str) -> Option<Result<String, String>> {
    let scheme = text.get(..5).filter(|scheme| scheme.eq_ignore_ascii_case("file:"))?;
    let rest = &text[scheme.len()..];
    let path = match rest.strip_prefix("//") {
        Some(rest) => {
            let (host, _) = rest.split_once('/')?;
            if !host.is_empty() && !host.eq_ignore_ascii_case("localhost") {
                return Some(Err("that file is on another computer".to_owned()));
            }
            &rest[host.len()..]
        }
        None => rest,
    };
    if !path.starts_with('/') {
        return None;
    }
    // On Windows: /C:/folder
    let path = if cfg!(windows) { path.trim_start_matches('/') } else { path };
    Some(decoded(path).ok_or_else(|| "that address cannot be read".to_owned()))
}

/// Without its percent signs (RFC 3986, section 2.1); nothing when that is no text.
fn decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        let byte = match byte {
            b'%' => {
                let digits = [rest.next()?, rest.next()?];
                let is_number = digits.iter().all(u8::is_ascii_hexdigit);
                let digits = std::str::from_utf8(&digits).ok().filter(|_| is_number)?;
                u8::from_str_radix(digits, 16).ok()?
            }
            byte => byte,
        };
        bytes.push(byte);
    }
    String::from_utf8(bytes).ok().filter(|path| !path.contains('\0'))
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn path(text: &str) -> Result<(String, String), String> {
        let word = first(text).ok_or("none")?;
        Ok((word.path(Some("/home/ann"))?, word.rest.trim().to_owned()))
    }

    #[test]
    fn a_path_is_written_in_many_ways() {
        for (text, expected, rest) in [
            ("/tmp/a.txt", "/tmp/a.txt", ""),
            ("/tmp/a.txt look at this ", "/tmp/a.txt", "look at this"),
            (r"/tmp/my\ file.txt hi", "/tmp/my file.txt", "hi"),
            ("'/tmp/my file.txt' hi", "/tmp/my file.txt", "hi"),
            (r"'/tmp/it'\''s' x", "/tmp/it's", "x"),
            (r#""/tmp/a \"b\" \n $c""#, r#"/tmp/a "b" \n $c"#, ""),
            ("~", "/home/ann", ""),
            ("~/a", "/home/ann/a", ""),
            ("'~/a'", "~/a", ""),
            (r"\~/a", "~/a", ""),
            ("~bob/a", "~bob/a", ""),
            ("a.txt", "a.txt", ""),
            ("file:///tmp/a%20b%C3%A9.txt", "/tmp/a bé.txt", ""),
            ("FILE://localhost/tmp/x y", "/tmp/x", "y"),
            ("file:/tmp/x", "/tmp/x", ""),
            ("file.txt", "file.txt", ""),
        ] {
            assert_eq!(path(text), Ok((expected.to_owned(), rest.to_owned())), "{text}");
        }
        for wrong in [
            "",
            " ",
            "'open",
            "\"open",
            "open\\",
            "file://other/x",
            "file:///a%2",
            "file:///a%zz",
            "file:///%ff",
            "file:///%00",
        ] {
            assert!(path(wrong).is_err(), "{wrong}");
        }
    }

    proptest! {
        #[test]
        fn nothing_panics_and_a_written_word_says_the_same(text in "\\PC{1,20}|[ ~'\"\\\\/a%:$`\n\u{1f600}]{1,20}") {
            for word in all(&text).into_iter().flatten() {
                let _ = word.path(Some("/home/ann"));
            }
            let _ = path(&text);
            for quote in [Quote::None, Quote::Single, Quote::Double] {
                let line = format!("{} rest", written(&text, quote, true));
                let word = first(&line).expect("a word");
                prop_assert_eq!((&word.text, word.rest, word.is_open), (&text, " rest", false));
            }
        }
    }
}
