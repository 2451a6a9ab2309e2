//! Calendar dates in UTC, as people type them: `2026-03-01`.

use chat_protocol::UnixMillis;

const DAY_MS: u64 = 24 * 60 * 60 * 1000;

/// The first moment of a day from 1970 to 9999; none for what is no such day.
pub fn start_of(text: &str) -> Option<UnixMillis> {
    let [year, month, day] = numbers(text)?;
    let is_day =
        (1970..=9999).contains(&year) && (1..=12).contains(&month) && day >= 1 && day <= days_in(year, month);
    is_day.then(|| days_since_1970(year, month, day) * DAY_MS)
}

/// Four, two and two digits, with `-` between them.
fn numbers(text: &str) -> Option<[u64; 3]> {
    let mut parts = text.split('-');
    let mut next = |digits: usize| {
        let part = parts
            .next()
            .filter(|part| part.len() == digits && part.bytes().all(|byte| byte.is_ascii_digit()));
        part?.parse().ok()
    };
    let numbers = [next(4)?, next(2)?, next(2)?];
    parts.next().is_none().then_some(numbers)
}

fn is_leap(year: u64) -> bool {
    year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400))
}

fn days_in(year: u64, month: u64) -> u64 {
    match month {
        2 if is_leap(year) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

fn days_since_1970(year: u64, month: u64, day: u64) -> u64 {
    let leap_days = |before: u64| before / 4 - before / 100 + before / 400;
    let years = (year - 1970) * 365 + leap_days(year - 1) - leap_days(1969);
    years + (1..month).map(|month| days_in(year, month)).sum::<u64>() + day - 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_date_is_the_start_of_its_day() {
        let cases = [
            ("1970-01-01", Some(0)),
            ("1970-01-02", Some(86_400_000)),
            ("2000-02-29", Some(951_782_400_000)),
            ("2024-12-31", Some(1_735_603_200_000)),
            ("2026-03-01", Some(1_772_323_200_000)),
            ("9999-12-31", Some(253_402_214_400_000)),
        ];
        let bad = [
            "",
            "2026",
            "2026-3-1",
            "2026-02-29",
            "1900-02-29",
            "2026-13-01",
            "2026-00-01",
            "2026-01-00",
            "2026-01-32",
            "1969-12-31",
            "10000-01-01",
            "2026-01-01-",
            "+026-01-01",
            "2026/01/01",
            "２０２６-01-01",
        ];
        for (text, start) in cases.into_iter().chain(bad.map(|text| (text, None))) {
            assert_eq!(start_of(text), start, "{text:?}");
        }
    }
}
