//! Spans of time on the command line.

use std::time::Duration;

/// Reads `90d`, `12h` and the like; `min` and `s` are for those who try it out.
///
/// # Errors
/// One line that says what is expected.
pub fn parse_span(text: &str) -> Result<Duration, String> {
    let expected = || format!("expected a time like 90d or 12h, got {text:?}");
    let digits = text.trim_end_matches(|c: char| !c.is_ascii_digit());
    let unit_seconds = match text[digits.len()..].trim() {
        "d" => 24 * 60 * 60,
        "h" => 60 * 60,
        "min" => 60,
        "s" => 1,
        _ => return Err(expected()),
    };
    let count: u64 = digits.parse().map_err(|_| expected())?;
    let seconds = count.checked_mul(unit_seconds).filter(|seconds| *seconds > 0).ok_or_else(expected)?;
    Ok(Duration::from_secs(seconds))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_span_has_a_number_and_a_unit() {
        for (text, seconds) in [("90d", 7_776_000), ("12h", 43_200), ("5 min", 300), ("1s", 1)] {
            assert_eq!(parse_span(text), Ok(Duration::from_secs(seconds)), "{text}");
        }
        for bad in
            ["", "90", "d", "0d", "-1d", "1.5h", "1m", "9999999999999999999d", "99999999999999999d", "1 year"]
        {
            assert!(parse_span(bad).is_err(), "{bad}");
        }
    }
}
