//! When the index is written: what writes is there for those who send first of all.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// Entries of a turn while others write: few enough that they hardly wait for it.
const ENTRIES_BESIDE_OTHERS: u32 = 200;
/// After a turn that others waited for, so many times as long is theirs: the index has a tenth of the time then.
const SHARE_OF_OTHERS: u32 = 9;
/// A turn that took long is no reason to wait for ever.
const PAUSE_MAX: Duration = Duration::from_secs(1);

/// Whose turn it is. While much is sent the index falls behind, and makes up for it afterwards.
#[derive(Debug, Default)]
pub struct Turns {
    crowded: AtomicBool,
}

impl Turns {
    /// How many entries the next turn has, if so many are wanted.
    pub fn entries(&self, wanted: u32) -> u32 {
        if self.crowded.load(Ordering::Relaxed) { wanted.min(ENTRIES_BESIDE_OTHERS) } else { wanted }
    }

    /// A turn took so long, and meanwhile so many others came; for how long they go first now.
    pub fn pause_after(&self, took: Duration, others: u64) -> Duration {
        let crowded = others > 0;
        self.crowded.store(crowded, Ordering::Relaxed);
        if crowded { (took * SHARE_OF_OTHERS).min(PAUSE_MAX) } else { Duration::ZERO }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn turns_are_short_and_seldom_while_others_write() {
        let turns = Turns::default();
        assert_eq!(turns.entries(1000), 1000);
        assert_eq!(turns.pause_after(Duration::from_millis(10), 1), Duration::from_millis(90));
        assert_eq!((turns.entries(1000), turns.entries(7)), (ENTRIES_BESIDE_OTHERS, 7));
        assert_eq!(turns.pause_after(Duration::from_secs(10), 1), PAUSE_MAX);
        assert_eq!(turns.pause_after(Duration::from_millis(10), 0), Duration::ZERO);
        assert_eq!(turns.entries(1000), 1000);
    }
}
