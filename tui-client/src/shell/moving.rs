//! The files of a script on their way, and the line on standard error that shows how far they are.

use super::door::Door;
use crate::app::files::size;
use crate::app::script::Step;
use chat_client::files::{Meter, TransferChange, TransferEvent, Transfers, TransfersConfig};
use chat_client::{Auth, SafeText};
use std::io::{self, IsTerminal, Write};
use std::time::{Duration, Instant};
use tokio::sync::mpsc::Receiver;
use tokio::time::timeout;
use unicode_segmentation::UnicodeSegmentation;

/// What telling the server that a file is not wanted may take. If it never hears of it, it finds out by itself.
const END_TIME: Duration = Duration::from_secs(3);
/// Of a name on the line; the rest of it fits into 80 columns.
const NAME_GRAPHEMES_MAX: usize = 32;

/// The transfers of a script.
pub struct Moving {
    pub transfers: Transfers,
    events: Receiver<TransferEvent>,
    line: ProgressLine,
    has_unsent: bool,
}

impl Moving {
    /// They are remembered apart from those of the screen: nobody but the same command takes them up again.
    pub fn start(door: &Door, auth: &Auth) -> Self {
        let token = match auth {
            Auth::Token(token) => Some(token.clone()),
            Auth::Login(_) | Auth::Register(_) => None,
        };
        let (server, journal) = (door.server.clone(), Some(door.folder.join("sends")));
        let (transfers, events) =
            Transfers::start(TransfersConfig { server, token, journal, takes_up: false });
        Self { transfers, events, line: ProgressLine::default(), has_unsent: false }
    }

    /// The next event, already shown.
    pub async fn next(&mut self) -> TransferEvent {
        match self.events.recv().await {
            Some(event) => {
                self.line.show(&event.change);
                event
            }
            // As long as there are transfers, more can come.
            None => std::future::pending().await,
        }
    }

    /// Does what a script says of files.
    pub fn take(&mut self, step: Step) {
        match step {
            Step::Upload(request) => drop(self.transfers.upload(request)),
            Step::Download(request) => drop(self.transfers.download(request)),
            Step::Sent(id) => self.transfers.sent(id),
            Step::Unsent(id) => {
                self.has_unsent = true;
                self.transfers.unsent(id);
            }
            Step::Do(_) | Step::Print { .. } | Step::End(_) => {}
        }
    }

    /// Waits a moment until the server knows what is not wanted, and then until nothing moves and nothing is left behind.
    pub async fn end(&self) {
        if self.has_unsent {
            let _ = timeout(END_TIME, self.transfers.idle()).await;
        }
        let _ = timeout(END_TIME, self.transfers.stop()).await;
    }
}

/// One line that is written again and again, for people only.
#[derive(Default)]
struct ProgressLine {
    name: String,
    meter: Meter,
}

impl ProgressLine {
    fn show(&mut self, change: &TransferChange) {
        if !io::stderr().is_terminal() {
            return;
        }
        let line = self.line(change, Instant::now());
        // Nobody is left to be told when this fails.
        let _ = write!(io::stderr(), "\r\x1b[K{line}");
    }

    fn line(&mut self, change: &TransferChange, now: Instant) -> String {
        match change {
            TransferChange::Started { name, .. } => {
                let safe = SafeText::line(name);
                self.name = safe.as_str().graphemes(true).take(NAME_GRAPHEMES_MAX).collect();
                self.meter = Meter::new();
                self.name.clone()
            }
            TransferChange::Progress { bytes_done, bytes_total } => {
                self.meter.record(now, *bytes_done);
                self.progress(*bytes_done, *bytes_total, now)
            }
            TransferChange::Waiting { cause } => {
                self.meter.pause();
                format!("{}: waiting ({cause})", self.name)
            }
            _ => String::new(),
        }
    }

    fn progress(&self, done: u64, total: u64, now: Instant) -> String {
        let percent = done.saturating_mul(100).checked_div(total).unwrap_or(100);
        let rate = self.meter.bytes_per_second(now).map(|rate| format!("  {}/s", size::bytes(rate)));
        let left = self.meter.time_left(now, total);
        let left = left.map(|left| format!("  {} left", size::duration(left.as_secs())));
        format!("{} {percent}%{}{}", self.name, rate.unwrap_or_default(), left.unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_tells_name_share_rate_and_rest() {
        let (start, mut line) = (Instant::now(), ProgressLine::default());
        let name = "evil\u{1b}[2J.bin".to_owned();
        let subject = chat_client::files::Subject::Upload {
            to: chat_protocol::Target::To("bob".parse().unwrap()),
            text: String::new(),
        };
        let started = TransferChange::Started { subject, name, bytes_total: 10 << 20 };
        assert_eq!(line.line(&started, start), "evil\u{fffd}[2J.bin");
        let mut progress = |millis, done| {
            let change = TransferChange::Progress { bytes_done: done, bytes_total: 10 << 20 };
            line.line(&change, start + Duration::from_millis(millis))
        };
        assert_eq!(progress(0, 0), "evil\u{fffd}[2J.bin 0%");
        assert_eq!(progress(1000, 1 << 20), "evil\u{fffd}[2J.bin 10%  1.0 MiB/s  9 s left");
        let waiting = TransferChange::Waiting { cause: SafeText::line("no answer") };
        assert_eq!(line.line(&waiting, start), "evil\u{fffd}[2J.bin: waiting (no answer)");
    }
}
