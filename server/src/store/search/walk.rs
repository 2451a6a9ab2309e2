//! The way through an index from the newest message to the oldest. Pure, and the same for all stores.
//!
//! An index knows the order of times. Messages of the same time are put into their order here, which needs all of them at once.

use super::{Place, Wanted};
use chat_protocol::UnixMillis;
use std::cmp::Reverse;

/// Candidates that are taken from the index at once, at most, unless more of them are of the same time.
const COUNT_MAX: u32 = 4096;

/// Where a search is, and what it asks of the index next.
#[derive(Debug)]
pub struct Walk {
    after: Option<Place>,
    latest: UnixMillis,
    count: u32,
    is_over: bool,
}

impl Walk {
    /// The way to `limit` hits after the one at `after`.
    pub fn new(wanted: &Wanted, after: Option<Place>, limit: u32) -> Self {
        let until = wanted.until.map(|until| until.checked_sub(1));
        let latest = until.unwrap_or(Some(UnixMillis::MAX)).unwrap_or(0);
        let latest = after.map_or(latest, |after| latest.min(after.at));
        // Not all of what the index proposes is a hit, but nearly all.
        Self { after, latest, count: limit.saturating_add(8), is_over: until == Some(None) }
    }

    /// What is asked of the index next: up to so many candidates, the newest first, none later than this time.
    pub fn next(&self) -> Option<(UnixMillis, u32)> {
        (!self.is_over).then_some((self.latest, self.count))
    }

    /// Takes what the index gave, and gives what is to be looked at, in order.
    pub fn take(&mut self, mut found: Vec<Place>) -> Vec<Place> {
        let is_full = found.len() >= self.count as usize;
        self.is_over = !is_full;
        if let Some(last) = found.last().copied().filter(|_| is_full) {
            // There may be more of its time.
            found.retain(|place| place.at > last.at);
            self.latest = last.at;
            self.count = if found.is_empty() {
                self.count.saturating_mul(4)
            } else {
                COUNT_MAX.min(self.count * 2).max(self.count)
            };
        }
        found.sort_by_key(|place| Reverse(*place));
        found.retain(|place| self.after.is_none_or(|after| *place < after));
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use chat_protocol::{ConversationId, Seq};
    use proptest::prelude::*;

    fn walked(all: &[Place], after: Option<Place>, until: Option<u64>, limit: u32) -> Vec<Place> {
        let wanted = Wanted { until, ..Wanted::default() };
        let mut walk = Walk::new(&wanted, after, limit);
        let (mut seen, mut steps) = (Vec::new(), 0);
        while let Some((latest, count)) = walk.next() {
            let mut found: Vec<_> = all.iter().copied().filter(|place| place.at <= latest).collect();
            // An index gives those of one time in an order of its own.
            found.sort_by_key(|place| (Reverse(place.at), place.seq));
            found.truncate(count as usize);
            seen.extend(walk.take(found));
            steps += 1;
            assert!(steps < 1000, "it gets on");
        }
        seen
    }

    proptest! {
        #[test]
        fn each_place_is_passed_once_and_in_order(
            places in proptest::collection::btree_set((0..6_u64, 0..3_u64, 1..30_u64), 0..60),
            after in proptest::option::of(0..60_usize),
            until in proptest::option::of(0..8_u64),
            limit in 1..4_u32,
        ) {
            let place = |(at, conversation, seq)| Place {
                at,
                conversation: ConversationId::from_bits(conversation),
                seq: Seq::new(seq).unwrap(),
            };
            let mut all: Vec<_> = places.into_iter().map(place).collect();
            let after = after.and_then(|at| all.get(at).copied());
            let seen = walked(&all, after, until, limit);
            all.retain(|place| after.is_none_or(|after| *place < after) && until.is_none_or(|until| place.at < until));
            all.reverse();
            prop_assert_eq!(seen, all);
        }
    }
}
