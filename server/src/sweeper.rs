//! The sweeper: takes away what is older than it is kept for, and tells the members where their logs begin.
//!
//! It looks at the start, now and then, and when a group's rule has changed. What fails is done the next time: the logs say
//! themselves how far it is.

use crate::domain::due_before;
use crate::fresh;
use crate::hub::Hub;
use crate::store::retention::{Beginning, Expired};
use crate::store::{Store, StoreResult};
use chat_protocol::Frame;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Notify;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

/// Logs that are looked at, at once.
const LOOKED_AT: u32 = 1000;
/// Entries that go in one step: few enough that a message which is sent meanwhile hardly waits.
const ENTRIES_AT_ONCE: u32 = 200;

/// What is kept for how long, and who sees to it.
pub struct Sweeper {
    store: Arc<dyn Store>,
    hub: Arc<Hub>,
    kept: Option<Duration>,
    wake: Notify,
}

impl Sweeper {
    /// A sweeper for a server that keeps entries so long, or for ever.
    pub fn new(store: Arc<dyn Store>, hub: Arc<Hub>, kept: Option<Duration>) -> Self {
        Self { store, hub, kept, wake: Notify::new() }
    }

    /// A group's rule has changed. Nobody waits here.
    pub fn notice(&self) {
        self.wake.notify_one();
    }

    /// Sweeps at the start and each time after `pause`, until `stop`.
    pub async fn run(self: Arc<Self>, pause: Duration, stop: CancellationToken) {
        let sweeping = async {
            loop {
                if let Err(error) = self.sweep().await {
                    tracing::warn!(%error, "not all that is due was taken away");
                }
                tokio::select! {
                    () = self.wake.notified() => {}
                    () = sleep(pause) => {}
                }
            }
        };
        tokio::select! {
            () = sweeping => {}
            () = stop.cancelled() => {}
        }
    }

    async fn sweep(&self) -> StoreResult<()> {
        let mut after = None;
        loop {
            let found = self.store.beginnings(self.kept.is_some(), after, LOOKED_AT).await?;
            for log in &found.logs {
                self.shorten(log).await?;
            }
            after = found.next;
            if after.is_none() {
                return Ok(());
            }
        }
    }

    async fn shorten(&self, log: &Beginning) -> StoreResult<()> {
        let now = fresh::now();
        let due = due_before(now, self.kept, log.retention_days);
        let is_due = due.zip(log.at).is_some_and(|(due, at)| at < due);
        if !is_due && !log.is_interrupted {
            return Ok(());
        }
        let mut last = None;
        let ended = loop {
            let step = self.store.expire(log.conversation, due.unwrap_or(0), now, ENTRIES_AT_ONCE).await;
            match step {
                Ok(gone) => {
                    let more = gone.more;
                    last = Some(gone).filter(|gone| gone.first.is_some()).or(last);
                    if !more {
                        break Ok(());
                    }
                }
                Err(error) => break Err(error),
            }
        };
        // Once, for a long log has many steps.
        if let Some(gone) = last {
            self.tell(log, &gone);
        }
        ended
    }

    fn tell(&self, log: &Beginning, gone: &Expired) {
        let Some(first) = gone.first else { return };
        let frame = Frame::Begins { conversation: log.conversation, first }.encode().into();
        gone.members.iter().for_each(|member| self.hub.deliver(*member, &frame, None));
    }
}
