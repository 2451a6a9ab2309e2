//! Headers of files: what is read of them, and how a file name is written into one.

use super::refusal::Refusal;
use http::HeaderMap;
use http::header::{HeaderName, HeaderValue};
use std::fmt::Write;

/// A header's value as text, if it is there once.
pub fn text<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    let mut values = headers.get_all(name).iter();
    let value = values.next().filter(|_| values.next().is_none())?;
    value.to_str().ok()
}

/// A header that is a plain number of bytes.
///
/// # Errors
/// It is there, but it is none.
pub fn number(headers: &HeaderMap, name: &HeaderName) -> Result<Option<u64>, Refusal> {
    if !headers.contains_key(name) {
        return Ok(None);
    }
    let digits = text(headers, name).filter(|text| text.bytes().all(|b| b.is_ascii_digit()));
    let number = digits.and_then(|text| text.parse::<u64>().ok()).filter(|number| *number <= i64::MAX as u64);
    number.map(Some).ok_or_else(|| Refusal::malformed(format!("`{name}` is a number of bytes")))
}

/// `attachment` with the file's name: for old readers in plain characters, for all others exactly (RFC 6266, RFC 8187).
pub fn disposition(name: &str) -> HeaderValue {
    let plain = |c: char| if c.is_ascii_alphanumeric() || " .,-_()+@".contains(c) { c } else { '_' };
    let mut value = format!("attachment; filename=\"{}\"", name.chars().map(plain).collect::<String>());
    value.push_str("; filename*=UTF-8''");
    for byte in name.bytes() {
        if byte.is_ascii_alphanumeric() || b"!#$&+-.^_`|~".contains(&byte) {
            value.push(char::from(byte));
        } else {
            write!(value, "%{byte:02X}").expect("writing to a string cannot fail");
        }
    }
    HeaderValue::from_str(&value).expect("all of it is printable ASCII")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_name_leaves_its_header() {
        for (name, value) in [
            ("a b.txt", "filename=\"a b.txt\"; filename*=UTF-8''a%20b.txt"),
            ("naïve.png", "filename=\"na_ve.png\"; filename*=UTF-8''na%C3%AFve.png"),
            ("\"; x=\"y", "filename=\"__ x__y\"; filename*=UTF-8''%22%3B%20x%3D%22y"),
            ("../a\\b", "filename=\".._a_b\"; filename*=UTF-8''..%2Fa%5Cb"),
            ("a\r\nX: y", "filename=\"a__X_ y\"; filename*=UTF-8''a%0D%0AX%3A%20y"),
            ("%41'", "filename=\"_41_\"; filename*=UTF-8''%2541%27"),
        ] {
            assert_eq!(disposition(name), format!("attachment; {value}"), "{name}");
        }
    }
}
