//! Moments to send at. The runtime's own timer counts whole milliseconds and rounds up, and so would be a part of what is
//! measured; this one is a thread that the system wakes within some hundredths of one.

use std::time::{Duration, Instant};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

/// Evenly spread moments that so many senders share in turn.
#[derive(Clone, Copy)]
pub struct Pace {
    /// When it began.
    pub began: Instant,
    /// Moments per second, altogether.
    pub rate: u32,
    /// Senders.
    pub senders: usize,
    /// Moments of each.
    pub count: u32,
}

impl Pace {
    /// When a sender's next message is due, counted from the beginning.
    pub fn due(self, sender: usize, number: u32) -> Duration {
        let moments = u64::from(number) * self.senders as u64 + sender as u64;
        Duration::from_secs(moments) / self.rate
    }

    /// Tells each sender of each of their moments when it has come.
    pub fn start(self) -> Vec<UnboundedReceiver<Duration>> {
        let (clocks, told): (Vec<_>, Vec<_>) = (0..self.senders).map(|_| unbounded_channel()).unzip();
        std::thread::spawn(move || self.tell(&clocks));
        told
    }

    fn tell(self, clocks: &[UnboundedSender<Duration>]) {
        for number in 0..self.count {
            for (sender, clock) in clocks.iter().enumerate() {
                let due = self.due(sender, number);
                std::thread::sleep(due.saturating_sub(self.began.elapsed()));
                // Whoever has failed does not listen any more.
                let _ = clock.send(due);
            }
            if clocks.iter().all(UnboundedSender::is_closed) {
                return;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn senders_take_turns_at_even_moments() {
        let pace = Pace { began: Instant::now(), rate: 1000, senders: 2, count: 2 };
        let mut heard = pace.start();
        for (sender, millis) in [(0, 0), (1, 1), (0, 2), (1, 3)] {
            let due = Duration::from_millis(millis);
            assert_eq!(heard[sender].recv().await, Some(due));
            assert!(pace.began.elapsed() >= due, "it is told too early");
        }
        assert_eq!(heard[0].recv().await, None);
    }
}
