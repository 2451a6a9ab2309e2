//! The signals that end the screen, or a script with files on their way. Whatever else runs is ended by them at once.

use std::io;

/// Waits for a signal to end.
pub struct Signals {
    #[cfg(unix)]
    streams: [(u8, tokio::signal::unix::Signal); 3],
}

impl Signals {
    #[cfg(unix)]
    pub fn new() -> io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        let stream =
            |number: u8| Ok::<_, io::Error>((number, signal(SignalKind::from_raw(i32::from(number)))?));
        // Hang-up, interrupt, terminate: their numbers are the same everywhere.
        Ok(Self { streams: [stream(1)?, stream(2)?, stream(15)?] })
    }

    #[cfg(not(unix))]
    pub fn new() -> io::Result<Self> {
        Ok(Self {})
    }

    /// The number of the next one.
    #[cfg(unix)]
    pub async fn next(&mut self) -> u8 {
        let [hang_up, interrupt, terminate] = &mut self.streams;
        tokio::select! {
            _ = hang_up.1.recv() => hang_up.0,
            _ = interrupt.1.recv() => interrupt.0,
            _ = terminate.1.recv() => terminate.0,
        }
    }

    /// The number of the next one.
    #[cfg(not(unix))]
    pub async fn next(&mut self) -> u8 {
        // When it cannot be waited for, it never comes.
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
        2
    }
}
