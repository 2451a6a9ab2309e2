//! A token bucket: so many at once, so many per second on average.

use std::time::{Duration, Instant};

/// How full a bucket is, and since when. What it holds and how fast it fills is told by the caller, so that many
/// buckets of one kind cost 16 bytes each.
#[derive(Debug, Clone, Copy)]
pub struct Bucket {
    /// When the bucket would be full, if nothing more is taken.
    full_at: Instant,
}

impl Bucket {
    /// A full bucket.
    pub fn full(now: Instant) -> Self {
        Self { full_at: now }
    }

    /// Takes one out of a bucket that holds `capacity` and gains one each `refill`.
    ///
    /// # Errors
    /// How long to wait when it is empty.
    pub fn take(&mut self, now: Instant, capacity: u32, refill: Duration) -> Result<(), Duration> {
        let full_at = self.full_at.max(now) + refill;
        let empty_for = full_at.saturating_duration_since(now).saturating_sub(refill * capacity);
        if empty_for.is_zero() {
            self.full_at = full_at;
            Ok(())
        } else {
            Err(empty_for)
        }
    }

    /// True when the bucket is as good as new.
    pub fn is_full(&self, now: Instant) -> bool {
        self.full_at <= now
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    #[allow(clippy::disallowed_methods)] // Any instant will do to count from.
    fn it_holds_its_capacity_and_refills_one_by_one() {
        let start = Instant::now();
        let mut bucket = Bucket::full(start);
        for _ in 0..3 {
            assert_eq!(bucket.take(start, 3, SECOND), Ok(()));
        }
        assert_eq!(bucket.take(start, 3, SECOND), Err(SECOND));
        assert_eq!(bucket.take(start + SECOND / 2, 3, SECOND), Err(SECOND / 2));
        assert_eq!(bucket.take(start + SECOND, 3, SECOND), Ok(()));
        assert_eq!(bucket.take(start + SECOND, 3, SECOND), Err(SECOND));
        assert!(!bucket.is_full(start + SECOND * 3));
        assert!(bucket.is_full(start + SECOND * 4));
    }
}
