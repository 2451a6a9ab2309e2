//! Which bytes of a file are asked for. Pure.
#![deny(clippy::disallowed_methods)]

use std::ops::Range;

/// What to answer with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wanted {
    /// Everything: nothing else was asked for in a way that is understood. More than one range is such a way; nobody needs it,
    /// and a thousand of them would be a weapon.
    All,
    /// These bytes.
    Some(Range<u64>),
    /// Bytes that are not there.
    Nothing,
}

/// Reads a `Range` header for a file of this size.
pub fn wanted(range: Option<&str>, size: u64) -> Wanted {
    let Some(spec) = range.and_then(|range| range.strip_prefix("bytes=")) else { return Wanted::All };
    let Some((first, last)) = spec.trim().split_once('-') else { return Wanted::All };
    let number = |text: &str| -> Option<Option<u64>> {
        if text.is_empty() {
            return Some(None);
        }
        text.bytes().all(|b| b.is_ascii_digit()).then(|| Some(text.parse().unwrap_or(u64::MAX)))
    };
    let (Some(first), Some(last)) = (number(first), number(last)) else { return Wanted::All };
    let bytes = match (first, last) {
        (None, None) => return Wanted::All,
        (Some(first), Some(last)) if first > last => return Wanted::All,
        (Some(first), last) => first..last.map_or(size, |last| last.saturating_add(1).min(size)),
        (None, Some(count)) => size.saturating_sub(count)..size,
    };
    if bytes.start < bytes.end { Wanted::Some(bytes) } else { Wanted::Nothing }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_range_is_understood_and_anything_else_is_everything() {
        let thousand = format!("bytes={}", ["0-"; 1000].join(","));
        let cases = [
            (None, Wanted::All),
            (Some("bytes=0-"), Wanted::Some(0..100)),
            (Some("bytes=0-0"), Wanted::Some(0..1)),
            (Some("bytes=10-19"), Wanted::Some(10..20)),
            (Some("bytes=90-999"), Wanted::Some(90..100)),
            (Some("bytes=-10"), Wanted::Some(90..100)),
            (Some("bytes=-1000"), Wanted::Some(0..100)),
            (Some("bytes=99999999999999999999-"), Wanted::Nothing),
            (Some("bytes=100-"), Wanted::Nothing),
            (Some("bytes=-0"), Wanted::Nothing),
            (Some("bytes=9-2"), Wanted::All),
            (Some("bytes=-"), Wanted::All),
            (Some("bytes=+1-2"), Wanted::All),
            (Some("bytes=a-b"), Wanted::All),
            (Some("bytes=0-1,5-6"), Wanted::All),
            (Some("lines=0-1"), Wanted::All),
            (Some(thousand.as_str()), Wanted::All),
        ];
        for (range, expected) in cases {
            assert_eq!(wanted(range, 100), expected, "{range:?}");
        }
        assert_eq!(wanted(Some("bytes=0-"), 0), Wanted::Nothing);
    }
}
