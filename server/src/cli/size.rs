//! Sizes on the command line: plain bytes, or with a unit.

/// Reads `8388608`, `8MiB`, `2GiB` and the like; `M` and `MB` are the same as `MiB`.
///
/// # Errors
/// One line that says what is expected.
pub fn parse_size(text: &str) -> Result<u64, String> {
    let expected = || format!("expected a size like 8MiB, 2GiB or a number of bytes, got {text:?}");
    let digits = text.trim_end_matches(|c: char| !c.is_ascii_digit());
    let shift = match text[digits.len()..].trim().to_ascii_lowercase().as_str() {
        "" | "b" => 0,
        "k" | "kb" | "kib" => 10,
        "m" | "mb" | "mib" => 20,
        "g" | "gb" | "gib" => 30,
        "t" | "tb" | "tib" => 40,
        _ => return Err(expected()),
    };
    let number: u64 = digits.parse().map_err(|_| expected())?;
    // What is kept of it is a signed number.
    number.checked_mul(1 << shift).filter(|bytes| *bytes <= i64::MAX as u64).ok_or_else(expected)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_size_has_a_unit_or_is_in_bytes() {
        for (text, bytes) in [
            ("0", 0),
            ("8388608", 8 << 20),
            ("8MiB", 8 << 20),
            ("8 mb", 8 << 20),
            ("2GiB", 2 << 30),
            ("1k", 1024),
        ] {
            assert_eq!(parse_size(text), Ok(bytes), "{text}");
        }
        for bad in ["", "MiB", "-1", "1.5GiB", "8 apples", "9999999999999TiB", "99999999999999999999"] {
            assert!(parse_size(bad).is_err(), "{bad}");
        }
    }
}
