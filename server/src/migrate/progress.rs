//! What the operator is told while it lasts: a line now and then, on standard error.

use std::io::Write;
use std::time::{Duration, Instant};

/// Between two lines that only count on.
const STEP: Duration = Duration::from_secs(1);

/// Tells what is being done, but not too often.
#[derive(Debug, Default)]
pub struct Progress {
    told_at: Option<Instant>,
    doing: &'static str,
}

impl Progress {
    /// Tells something that must be told.
    pub fn tell(&mut self, line: &str) {
        self.told_at = Some(Instant::now());
        // Standard error may be closed; the move goes on.
        let _ = writeln!(std::io::stderr(), "{line}");
    }

    /// Tells how far something has come: at first, once a second, and at the end. `all` is left out when it is not known.
    pub fn count(&mut self, doing: &'static str, done: u64, all: Option<u64>) {
        let is_new = self.doing != doing;
        if is_new || all == Some(done) || self.told_at.is_none_or(|told_at| told_at.elapsed() >= STEP) {
            self.doing = doing;
            let of = all.map(|all| format!(" of {}", grouped(all))).unwrap_or_default();
            self.tell(&format!("{doing}: {}{of}", grouped(done)));
        }
    }
}

/// A number with its thousands apart.
pub fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thousands_stand_apart() {
        for (number, text) in [(0, "0"), (999, "999"), (1000, "1,000"), (1_234_567, "1,234,567")] {
            assert_eq!(grouped(number), text);
        }
    }
}
