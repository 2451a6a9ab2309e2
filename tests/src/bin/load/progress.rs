//! What a run has done so far, told each second on the standard error. The standard output is for what it came to.

use std::fmt::Write as _;
use std::io::IsTerminal;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// Between two lines.
const SECOND: Duration = Duration::from_secs(1);

/// How many there were. All tasks of a run add to the same one.
#[derive(Clone, Default)]
pub struct Count(Arc<AtomicU64>);

impl Count {
    pub fn add(&self, more: u64) {
        self.0.fetch_add(more, Ordering::Relaxed);
    }

    pub fn now(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// Tells of its counts until it is dropped. A thread of its own, so that a runtime without rest does not keep it.
pub struct Progress {
    stop: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Progress {
    /// Counts from zero, each of something.
    pub fn start<const COUNTS: usize>(
        scenario: &'static str,
        of: [&'static str; COUNTS],
    ) -> (Self, [Count; COUNTS]) {
        let counts = of.map(|_| Count::default());
        let told: Vec<_> = of.into_iter().zip(counts.clone()).collect();
        let (stop, stopped) = channel();
        let thread = std::thread::spawn(move || tell(scenario, &told, &stopped));
        (Self { stop: Some(stop), thread: Some(thread) }, counts)
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn tell(scenario: &str, counts: &[(&str, Count)], stopped: &Receiver<()>) {
    let (began, rewrites) = (Instant::now(), std::io::stderr().is_terminal());
    let (mut looked_at, mut before) = (began, vec![0; counts.len()]);
    while stopped.recv_timeout(SECOND) == Err(RecvTimeoutError::Timeout) {
        let now: Vec<_> = counts.iter().map(|(_, count)| count.now()).collect();
        let told: Vec<_> = counts.iter().map(|(of, _)| *of).zip(before).zip(now.iter().copied()).collect();
        let line = line(scenario, began.elapsed(), looked_at.elapsed(), &told);
        // On a terminal over the line before, of which nothing may stay.
        if rewrites {
            eprint!("\r{line}\x1b[K")
        } else {
            eprintln!("{line}")
        }
        (looked_at, before) = (Instant::now(), now);
    }
    if rewrites && looked_at > began {
        eprintln!();
    }
}

/// Of counts as they were a moment ago and as they are now.
fn line(scenario: &str, gone: Duration, moment: Duration, counts: &[((&str, u64), u64)]) -> String {
    let mut line = format!("{scenario}, {} s", gone.as_secs());
    for ((of, before), now) in counts {
        let rate = (now - before) as f64 / moment.as_secs_f64();
        write!(line, ", {now} {of} ({rate:.0} per second)").expect("a text grows");
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_tells_how_many_there_are_and_how_fast_more_come() {
        let counts = [(("connections", 200), 200), (("messages", 1000), 4000)];
        let told = line("closed", Duration::from_millis(3100), Duration::from_millis(1500), &counts);
        assert_eq!(told, "closed, 3 s, 200 connections (0 per second), 4000 messages (2000 per second)");
    }
}
