//! Whoever moves a file must go on being logged in: looked at now and then while it moves.

use super::asker::Asker;
use crate::chat::Chat;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;

/// Between two looks: so long, or so many bytes.
const LOOK: (Duration, u64) = (Duration::from_millis(500), 8 * 1024 * 1024);

/// Watches one transfer.
pub struct Watch {
    chat: Arc<Chat>,
    asker: Asker,
    looked_at: Instant,
    /// Bytes since then.
    unlooked: u64,
}

impl Watch {
    /// Somebody who was looked at just now.
    pub fn new(chat: Arc<Chat>, asker: Asker) -> Self {
        Self { chat, asker, looked_at: Instant::now(), unlooked: 0 }
    }

    /// So many bytes have moved. Looks when it is time; whether they may go on.
    pub async fn moved(&mut self, bytes: usize) -> bool {
        self.unlooked += bytes as u64;
        let is_time = self.looked_at.elapsed() > LOOK.0 || self.unlooked > LOOK.1;
        !is_time || self.look().await
    }

    /// Whether they are still logged in.
    pub async fn look(&mut self) -> bool {
        (self.looked_at, self.unlooked) = (Instant::now(), 0);
        self.asker.is_still_here(&self.chat).await
    }
}
