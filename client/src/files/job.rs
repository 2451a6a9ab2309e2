//! One transfer's task: what it shares with all others, how it tells what happens, and how it waits.

use super::http::{Http, Lost};
use super::journal::Note;
use super::{TransferChange, TransferError, TransferEvent, TransferId};
use crate::backoff::Backoff;
use crate::{SafeText, ServerUrl};
use chat_protocol::{FileId, Token};
use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Mutex;
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::{Semaphore, SemaphorePermit, mpsc, watch};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// Between two tellings of progress.
pub const PROGRESS_EVERY: Duration = Duration::from_millis(100);

/// What the transfers of one user share.
pub struct Shared {
    pub server: ServerUrl,
    pub journal: Option<PathBuf>,
    pub login: watch::Sender<Login>,
    pub events: mpsc::Sender<TransferEvent>,
    /// Who holds one may move bytes.
    pub turns: Semaphore,
    pub tasks: TaskTracker,
    /// Nobody is there any more to be told.
    pub stop: CancellationToken,
    pub last_id: AtomicU64,
    pub running: Mutex<HashMap<TransferId, CancellationToken>>,
    /// Uploads whose message may not be in the outbox yet.
    pub unconfirmed: Mutex<HashMap<TransferId, (Note, FileId)>>,
}

/// What the server let us in with.
#[derive(Debug, Clone, Default)]
pub struct Login {
    pub token: Option<Token>,
    /// Known once there was a welcome. In bytes.
    pub file_bytes_max: Option<u64>,
}

/// Why a transfer ends without having succeeded.
#[derive(Debug)]
pub enum End {
    Failed(TransferError),
    /// The user gave it up.
    Cancelled,
    /// The process ends.
    Stopped,
}

/// Why an attempt came to nothing.
#[derive(Debug)]
pub enum Trouble {
    /// It is worth another one.
    Later {
        cause: String,
        after: Option<Duration>,
    },
    End(End),
}

impl From<TransferError> for End {
    fn from(error: TransferError) -> Self {
        Self::Failed(error)
    }
}

impl From<End> for Trouble {
    fn from(end: End) -> Self {
        Self::End(end)
    }
}

impl From<TransferError> for Trouble {
    fn from(error: TransferError) -> Self {
        Self::End(End::Failed(error))
    }
}

impl From<Lost> for Trouble {
    fn from(Lost(cause): Lost) -> Self {
        Self::Later { cause, after: None }
    }
}

/// One transfer's side of it all.
pub struct Job {
    pub id: TransferId,
    pub shared: Arc<Shared>,
    pub cancel: CancellationToken,
    pub backoff: Backoff,
    /// When progress was last told, and which.
    told: Option<(Instant, u64)>,
}

impl Job {
    pub fn new(id: TransferId, shared: Arc<Shared>, cancel: CancellationToken) -> Self {
        Self { id, shared, cancel, backoff: Backoff::default(), told: None }
    }

    /// Tells what happens. It waits until there is room, unless nobody listens any more.
    pub async fn tell(&self, change: TransferChange) {
        let event = TransferEvent { id: self.id, change };
        tokio::select! {
            _ = self.shared.events.send(event) => {}
            () = self.shared.stop.cancelled() => {}
        }
    }

    /// Tells progress, now and then, where there is room; nothing when there is none.
    pub fn progress(&mut self, bytes_done: u64, bytes_total: u64) {
        let is_news = |(at, told): (Instant, u64)| told != bytes_done && at.elapsed() >= PROGRESS_EVERY;
        if !self.told.is_none_or(is_news) {
            return;
        }
        self.told = Some((Instant::now(), bytes_done));
        let change = TransferChange::Progress { bytes_done, bytes_total };
        // Where nobody reads fast enough, the next one says more.
        let _ = self.shared.events.try_send(TransferEvent { id: self.id, change });
    }

    pub async fn wait_for<T>(&self, work: impl Future<Output = T>) -> Result<T, End> {
        tokio::select! {
            biased;
            () = self.cancel.cancelled() => Err(End::Cancelled),
            () = self.shared.stop.cancelled() => Err(End::Stopped),
            done = work => Ok(done),
        }
    }

    /// Waits for the server's welcome, and then for a turn.
    pub async fn turn<'a>(&self, shared: &'a Shared) -> Result<SemaphorePermit<'a>, End> {
        let mut login = shared.login.subscribe();
        let is_in = |login: &Login| login.token.is_some() && login.file_bytes_max.is_some();
        if !is_in(&login.borrow()) {
            self.waits("not connected yet").await;
        }
        // It is only closed when the shared state is gone, which this job holds.
        let _ = self.wait_for(login.wait_for(is_in)).await?;
        if let Ok(turn) = shared.turns.try_acquire() {
            return Ok(turn);
        }
        self.waits("others come first").await;
        self.wait_for(shared.turns.acquire()).await?.map_err(|_| End::Stopped)
    }

    /// The way to the server as it is known now: a later login may have brought another token.
    pub fn http(&self) -> Result<Http, TransferError> {
        let token = self.shared.login.borrow().token.clone().ok_or(TransferError::LoggedOut)?;
        Ok(Http { server: self.shared.server.clone(), token })
    }

    pub async fn waits(&self, cause: &str) {
        self.tell(TransferChange::Waiting { cause: SafeText::line(cause) }).await;
    }

    /// Waits before the next attempt; an error when there is to be none.
    pub async fn rest(&mut self, trouble: Trouble) -> Result<(), End> {
        let (cause, after) = match trouble {
            Trouble::Later { cause, after } => (cause, after),
            Trouble::End(end) => return Err(end),
        };
        self.waits(&cause).await;
        let mut random = [0; 4];
        getrandom::fill(&mut random).map_err(|_| End::Stopped)?;
        let wait = self.backoff.next(u32::from_ne_bytes(random)).max(after.unwrap_or_default());
        let mut login = self.shared.login.subscribe();
        let rested = async {
            tokio::select! {
                () = tokio::time::sleep(wait) => {}
                // The socket has found the server again: no need to wait any longer, unless it asked for that.
                _ = login.changed(), if after.is_none() => {}
            }
        };
        self.wait_for(rested).await
    }

    /// The transfer is over; what is left to be confirmed is remembered until it is.
    pub fn keep_until_sent(&self, note: Note, file: FileId) {
        let mut unconfirmed = self.shared.unconfirmed.lock().unwrap_or_else(PoisonError::into_inner);
        unconfirmed.insert(self.id, (note, file));
    }
}
