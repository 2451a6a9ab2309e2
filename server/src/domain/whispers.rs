//! How often one connection may whisper: each whisper costs a look-up in the store, so most of a flood is dropped.

use super::Bucket;
use chat_protocol::Target;
use std::time::{Duration, Instant};

/// The same whisper again within this time says nothing new.
const SAME_AGAIN: Duration = Duration::from_secs(2);
/// Whispers of one connection at once, wherever to.
const AT_ONCE: u32 = 8;
/// One more each such time.
const REFILL: Duration = Duration::from_secs(1);

/// What one connection has whispered lately.
#[derive(Debug)]
pub struct Whispers {
    bucket: Bucket,
    /// Where to, whether it was that somebody has stopped, and when. The bucket bounds how many there can be.
    recent: Vec<(Target, bool, Instant)>,
}

impl Whispers {
    /// Nothing yet.
    pub fn new(now: Instant) -> Self {
        Self { bucket: Bucket::full(now), recent: Vec::new() }
    }

    /// Whether this one is passed on: it says something new, and there were not too many.
    pub fn admit(&mut self, target: &Target, stopped: bool, now: Instant) -> bool {
        self.recent.retain(|(_, _, at)| now.saturating_duration_since(*at) < SAME_AGAIN);
        let known = self.recent.iter().position(|(known, _, _)| known == target);
        if known.is_some_and(|at| self.recent[at].1 == stopped)
            || self.bucket.take(now, AT_ONCE, REFILL).is_err()
        {
            return false;
        }
        if let Some(at) = known {
            self.recent.swap_remove(at);
        }
        self.recent.push((target.clone(), stopped, now));
        true
    }
}

#[cfg(test)]
#[allow(clippy::disallowed_methods)] // Any instant will do to count from.
mod tests {
    use super::*;
    use chat_protocol::ConversationId;

    fn to(bits: u64) -> Target {
        Target::Conversation(ConversationId::from_bits(bits))
    }

    #[test]
    fn a_repetition_is_dropped_for_a_while_and_a_change_is_not() {
        let now = Instant::now();
        let mut whispers = Whispers::new(now);
        assert!(whispers.admit(&to(1), false, now));
        assert!(!whispers.admit(&to(1), false, now));
        assert!(whispers.admit(&to(2), false, now), "elsewhere is something else");
        assert!(whispers.admit(&to(1), true, now + SAME_AGAIN / 2));
        assert!(!whispers.admit(&to(1), true, now + SAME_AGAIN));
        assert!(whispers.admit(&to(1), false, now + SAME_AGAIN));
        assert!(whispers.admit(&to(1), false, now + SAME_AGAIN * 2));
    }

    #[test]
    fn a_flood_is_cut_to_what_the_bucket_holds_wherever_it_goes() {
        let now = Instant::now();
        let mut whispers = Whispers::new(now);
        let passed = (0..1000).filter(|bits| whispers.admit(&to(*bits), false, now)).count();
        assert_eq!(passed, 8);
        let flapping = (0..1000).filter(|n| whispers.admit(&to(1), n % 2 == 0, now + REFILL)).count();
        assert_eq!(flapping, 1);
        assert!(whispers.recent.len() <= 10, "what is remembered is bounded too");
    }
}
