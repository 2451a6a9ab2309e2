//! Files that hang on messages.

use crate::{BadId, FileId, limits};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

/// A file that hangs on a message. Its bytes are read over HTTP, at `/api/files/<id>`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attachment {
    /// Under which id it is read.
    pub id: FileId,
    /// What its sender calls it. Text from outside: it may hold path separators, direction marks and anything else
    /// but control characters, so it must be made safe before it is drawn, and must never be used as a path as it is.
    pub name: String,
    /// In bytes.
    pub size: u64,
    /// What its sender says that it is, of a short list of types; nobody has looked into it.
    #[serde(rename = "type")]
    pub media_type: String,
    /// The hash of its bytes, by which whoever saves it can tell that they are all there.
    pub sha256: ContentHash,
}

/// The SHA-256 of some bytes, written as 64 lower-case hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ContentHash([u8; 32]);

impl ContentHash {
    /// The hash that was computed.
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// Its bytes.
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Display for ContentHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for ContentHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for ContentHash {
    type Err = BadId;

    fn from_str(text: &str) -> Result<Self, BadId> {
        const EXPECTED: BadId = BadId::expected("a hash is 64 lower-case hexadecimal digits");
        let well_formed = text.len() == 64 && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
        if !well_formed {
            return Err(EXPECTED);
        }
        let mut bytes = [0; 32];
        for (place, byte) in bytes.iter_mut().enumerate() {
            *byte = u8::from_str_radix(&text[place * 2..place * 2 + 2], 16).map_err(|_| EXPECTED)?;
        }
        Ok(Self(bytes))
    }
}

impl Serialize for ContentHash {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for ContentHash {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Cow::<str>::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

/// What the server keeps of a file's name: no control characters, at most [`limits::FILE_NAME_BYTES_MAX`] bytes (cut
/// before the extension, so that it stays what it says it is), and never nothing.
pub fn file_name(asked: &str) -> String {
    let clean: String = asked.chars().filter(|c| !c.is_control()).collect();
    let clean = clean.trim();
    if clean.is_empty() {
        return "file".to_owned();
    }
    if clean.len() <= limits::FILE_NAME_BYTES_MAX {
        return clean.to_owned();
    }
    const EXTENSION_BYTES_MAX: usize = 16;
    let extension = clean.rfind('.').map(|dot| &clean[dot..]).filter(|end| end.len() <= EXTENSION_BYTES_MAX);
    let extension = extension.unwrap_or("");
    let mut cut = limits::FILE_NAME_BYTES_MAX - extension.len();
    while !clean.is_char_boundary(cut) {
        cut -= 1;
    }
    format!("{}{extension}", &clean[..cut])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_what_was_asked_for_without_what_no_name_has() {
        let long = format!("{}.tar.gz", "é".repeat(2000));
        let cases = [
            ("photo.png", "photo.png"),
            ("../../etc/passwd", "../../etc/passwd"),
            ("C:\\evil\\x", "C:\\evil\\x"),
            ("a\0b\r\nc\u{1b}[2J\u{9b}d\u{7f}", "abc[2Jd"),
            ("\"quoted\".txt", "\"quoted\".txt"),
            ("  ", "file"),
            ("\r\n", "file"),
            ("", "file"),
        ];
        for (asked, kept) in cases {
            assert_eq!(file_name(asked), kept, "{asked:?}");
        }
        let cut = file_name(&long);
        assert!(cut.len() <= 255 && cut.len() > 250 && cut.ends_with(".gz"), "{cut}");
        assert!(file_name(&"x".repeat(4096)).len() == 255);
    }

    #[test]
    fn a_hash_has_one_spelling() {
        let text = "0123456789abcdef".repeat(4);
        let hash: ContentHash = text.parse().unwrap();
        assert_eq!(hash.to_string(), text);
        for bad in ["", "ab", &text.to_uppercase(), &format!("{text}0"), &"+1".repeat(32)] {
            assert!(bad.parse::<ContentHash>().is_err(), "{bad}");
        }
    }
}
