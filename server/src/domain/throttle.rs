//! How often one key (an address, or an address with a name) may do something dear.

use super::Bucket;
use std::collections::HashMap;
use std::hash::Hash;
use std::time::{Duration, Instant};

/// Past this many keys those whose bucket is full again are forgotten.
const KEYS_KEPT: usize = 10_000;

/// One token bucket per key. A key that has not been charged for long costs nothing.
#[derive(Debug)]
pub struct Throttle<K> {
    capacity: u32,
    refill: Duration,
    buckets: HashMap<K, Bucket>,
    forget_at: usize,
}

impl<K: Hash + Eq> Throttle<K> {
    /// Each key may be charged `capacity` times at once, and once more each `refill`.
    pub fn new(capacity: u32, refill: Duration) -> Self {
        Self { capacity, refill, buckets: HashMap::new(), forget_at: KEYS_KEPT }
    }

    /// Whether the key could be charged now.
    ///
    /// # Errors
    /// How long to wait.
    pub fn check(&self, key: &K, now: Instant) -> Result<(), Duration> {
        let mut bucket = self.buckets.get(key).copied().unwrap_or_else(|| Bucket::full(now));
        bucket.take(now, self.capacity, self.refill)
    }

    /// Charges the key. One that is empty stays empty.
    ///
    /// # Errors
    /// How long to wait.
    pub fn charge(&mut self, key: K, now: Instant) -> Result<(), Duration> {
        if self.buckets.len() >= self.forget_at {
            self.buckets.retain(|_, bucket| !bucket.is_full(now));
            // Twice what is left, so that a flood of fresh keys does not make each call walk all of them.
            self.forget_at = (self.buckets.len() * 2).max(KEYS_KEPT);
        }
        let bucket = self.buckets.entry(key).or_insert_with(|| Bucket::full(now));
        bucket.take(now, self.capacity, self.refill)
    }
}

#[cfg(test)]
#[allow(clippy::disallowed_methods)] // Any instant will do to count from.
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn keys_do_not_share_their_buckets() {
        let now = Instant::now();
        let mut throttle = Throttle::new(2, SECOND);
        assert!(throttle.charge("a", now).is_ok());
        assert!(throttle.check(&"a", now).is_ok());
        assert!(throttle.charge("a", now).is_ok());
        assert_eq!(throttle.check(&"a", now), Err(SECOND));
        assert_eq!(throttle.charge("a", now), Err(SECOND));
        assert!(throttle.check(&"b", now).is_ok());
        assert!(throttle.charge("a", now + SECOND).is_ok());
    }

    #[test]
    fn keys_that_recovered_are_forgotten() {
        let now = Instant::now();
        let mut throttle = Throttle::new(1, SECOND);
        for key in 0..KEYS_KEPT {
            throttle.charge(key, now).unwrap();
        }
        throttle.charge(KEYS_KEPT, now + SECOND).unwrap();
        assert_eq!(throttle.buckets.len(), 1);
    }
}
