//! How fast something moves, and how long it will take.
#![deny(clippy::disallowed_methods)]

use std::collections::VecDeque;
use std::time::{Duration, Instant};

/// What is looked back at: long enough for a calm number, short enough to follow a line that has become slow.
const WINDOW: Duration = Duration::from_secs(5);
/// Before so much time has passed nothing is said.
const FIRST: Duration = Duration::from_millis(500);

/// The rate of a transfer over the last five seconds.
#[derive(Debug, Clone, Default)]
pub struct Meter {
    /// When how much was done, the oldest first.
    samples: VecDeque<(Instant, u64)>,
}

impl Meter {
    /// A meter that has seen nothing.
    pub fn new() -> Self {
        Self::default()
    }

    /// So many bytes are done now. Fewer than before mean that it goes on from an earlier place: it is measured anew.
    pub fn record(&mut self, now: Instant, bytes_done: u64) {
        if self.samples.back().is_some_and(|(_, before)| bytes_done < *before) {
            self.samples.clear();
        }
        self.samples.push_back((now, bytes_done));
        // The last one that is older than the window stays: without it a slow line would have no rate at all.
        while self.samples.get(1).is_some_and(|(at, _)| now.saturating_duration_since(*at) >= WINDOW) {
            self.samples.pop_front();
        }
    }

    /// It stands still: what was measured before says nothing about what comes after.
    pub fn pause(&mut self) {
        self.samples.clear();
    }

    /// Bytes per second, once there is something to tell.
    pub fn bytes_per_second(&self, now: Instant) -> Option<u64> {
        let ((began, first), (_, last)) = (self.samples.front()?, self.samples.back()?);
        let time = now.saturating_duration_since(*began);
        if time < FIRST {
            return None;
        }
        let rate = u128::from(last - first) * 1000 / time.as_millis();
        u64::try_from(rate).ok()
    }

    /// The time that is left, rounded up to seconds; nothing while it is not known or does not end.
    pub fn time_left(&self, now: Instant, bytes_total: u64) -> Option<Duration> {
        let rate = self.bytes_per_second(now).filter(|rate| *rate > 0)?;
        let (_, done) = self.samples.back()?;
        Some(Duration::from_secs(bytes_total.saturating_sub(*done).div_ceil(rate)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[allow(clippy::disallowed_methods)] // Any instant will do to count from.
    fn start() -> Instant {
        Instant::now()
    }

    fn at(start: Instant, millis: u64) -> Instant {
        start + Duration::from_millis(millis)
    }

    #[test]
    fn a_steady_line_has_its_rate_and_an_end() {
        let (start, mut meter) = (start(), Meter::new());
        meter.record(start, 0);
        assert_eq!(meter.bytes_per_second(at(start, 100)), None, "too early to tell");
        for tenth in 1..=100 {
            meter.record(at(start, tenth * 100), tenth * 1000);
        }
        let now = at(start, 10_000);
        assert_eq!(meter.bytes_per_second(now), Some(10_000));
        assert_eq!(meter.time_left(now, 150_001), Some(Duration::from_secs(6)));
        assert_eq!(meter.time_left(now, 100_000), Some(Duration::ZERO));
    }

    #[test]
    fn it_follows_a_change_within_the_window() {
        let (start, mut meter) = (start(), Meter::new());
        for second in 0..=10 {
            meter.record(at(start, second * 1000), second * 1_000_000);
        }
        for second in 11..=20 {
            meter.record(at(start, second * 1000), 10_000_000 + (second - 10) * 1000);
        }
        assert_eq!(meter.bytes_per_second(at(start, 20_000)), Some(1000));
    }

    #[test]
    fn a_line_that_stands_still_becomes_slower_and_has_no_end() {
        let (start, mut meter) = (start(), Meter::new());
        meter.record(start, 0);
        meter.record(at(start, 1000), 10_000);
        assert_eq!(meter.bytes_per_second(at(start, 10_000)), Some(1000));
        meter.record(at(start, 20_000), 10_000);
        meter.record(at(start, 26_000), 10_000);
        assert_eq!(meter.bytes_per_second(at(start, 26_000)), Some(0));
        assert_eq!(meter.time_left(at(start, 26_000), 20_000), None);
    }

    #[test]
    fn going_back_and_pausing_begin_anew() {
        let (start, mut meter) = (start(), Meter::new());
        meter.record(start, 0);
        meter.record(at(start, 1000), 10_000);
        meter.record(at(start, 2000), 5_000);
        assert_eq!(meter.bytes_per_second(at(start, 2000)), None);
        meter.record(at(start, 3000), 6_000);
        assert_eq!(meter.bytes_per_second(at(start, 3000)), Some(1000));
        meter.pause();
        assert_eq!(meter.bytes_per_second(at(start, 4000)), None);
    }
}
