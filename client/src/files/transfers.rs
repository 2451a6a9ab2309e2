//! The transfers of one user: the handle, and the line in which they wait.

use super::job::{End, Job, Login, Shared};
use super::transfer::{DownloadRequest, TransferChange, TransferEvent, TransferId, UploadRequest};
use super::{TransferError, download, fetch, journal, upload};
use crate::ServerUrl;
use chat_protocol::{Attachment, Token, Welcome};
use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;
use tokio::sync::{Semaphore, mpsc, watch};
use tokio_util::sync::{CancellationToken, DropGuard};
use tokio_util::task::TaskTracker;

/// Transfers that run at once. The others wait in line.
pub const RUNNING_MAX: usize = 3;
/// Events that wait for the user. When it is full, progress is left out, and a transfer that has more to tell waits.
const EVENTS_MAX: usize = 256;

/// For whom, and where to.
#[derive(Debug, Clone)]
pub struct TransfersConfig {
    /// The server.
    pub server: ServerUrl,
    /// This device's token, if it has one already; else it comes with the welcome.
    pub token: Option<Token>,
    /// The folder, of this server and user alone, that remembers unfinished uploads; none to remember nothing.
    pub journal: Option<PathBuf>,
    /// Whether uploads that an earlier process left there are taken up again by themselves. Else each waits until the
    /// same is asked for again, under its message's id, and is forgotten after a week.
    pub takes_up: bool,
}

/// The way to the transfers; it never waits. When the last one is dropped they end: uploads stay in the journal,
/// downloads leave nothing behind.
#[derive(Clone)]
pub struct Transfers {
    shared: Arc<Shared>,
    _stops: Arc<DropGuard>,
}

impl Transfers {
    /// Starts them on the current runtime. Nothing moves before [`Self::handle_welcome`].
    pub fn start(config: TransfersConfig) -> (Self, mpsc::Receiver<TransferEvent>) {
        let TransfersConfig { server, token, journal, takes_up } = config;
        let (events, told) = mpsc::channel(EVENTS_MAX);
        let stop = CancellationToken::new();
        let shared = Shared {
            server,
            journal,
            login: watch::Sender::new(Login { token, file_bytes_max: None }),
            events,
            turns: Semaphore::new(RUNNING_MAX),
            tasks: TaskTracker::new(),
            stop: stop.clone(),
            last_id: AtomicU64::new(0),
            running: Mutex::new(HashMap::new()),
            unconfirmed: Mutex::new(HashMap::new()),
        };
        shared.tasks.close();
        let transfers = Self { shared: Arc::new(shared), _stops: Arc::new(stop.drop_guard()) };
        if let Some(folder) = transfers.shared.journal.clone() {
            if takes_up {
                for (entry, note) in journal::left(&folder) {
                    transfers.begin(Work::TakeUp(entry, note));
                }
            } else {
                journal::forget_old(&folder, SystemTime::now());
            }
        }
        (transfers, told)
    }

    /// The server has welcomed this device. To be called with each welcome: it carries the token of a new device, and
    /// the size above which a file is refused before a byte of it is sent.
    pub fn handle_welcome(&self, welcome: &Welcome) {
        self.shared.login.send_modify(|login| {
            if let Some(token) = &welcome.token {
                login.token = Some(token.clone());
            }
            login.file_bytes_max = Some(welcome.limits.file_bytes_max);
        });
    }

    /// Sends a file. It ends with `Uploaded`; its message is for the caller to send.
    pub fn upload(&self, request: UploadRequest) -> TransferId {
        self.begin(Work::Upload(request))
    }

    /// Saves a file.
    pub fn download(&self, request: DownloadRequest) -> TransferId {
        self.begin(Work::Download(request))
    }

    /// Gets a file of at most so many bytes into memory, checked. It is tried once, and is no transfer of its own.
    ///
    /// # Errors
    /// It is larger, is not there, or did not arrive as it was sent.
    pub async fn fetch(&self, attachment: &Attachment, bytes_max: u64) -> Result<Vec<u8>, TransferError> {
        fetch::run(&self.shared, attachment, bytes_max).await
    }

    /// Gives a transfer up. It ends with `Cancelled`, unless it has ended otherwise at that moment.
    pub fn cancel(&self, id: TransferId) {
        if let Some(cancel) = lock(&self.shared.running).get(&id) {
            cancel.cancel();
        }
    }

    /// The outbox has the message of an uploaded file: its upload need not be remembered any more.
    pub fn sent(&self, id: TransferId) {
        if let Some((mut note, _)) = lock(&self.shared.unconfirmed).remove(&id) {
            note.remove();
        }
    }

    /// The message of an uploaded file will not be sent: the server is told to forget the file.
    pub fn unsent(&self, id: TransferId) {
        let Some((mut note, file)) = lock(&self.shared.unconfirmed).remove(&id) else { return };
        note.remove();
        let job = Job::new(id, Arc::clone(&self.shared), CancellationToken::new());
        self.shared.tasks.spawn(async move { upload::forget(&job, file).await });
    }

    /// Waits until no transfer runs any more.
    pub async fn idle(&self) {
        self.shared.tasks.wait().await;
    }

    /// Ends all, as dropping the last handle does, and waits until they have: uploads stay in the journal, and downloads have
    /// left nothing behind.
    pub async fn stop(&self) {
        self.shared.stop.cancel();
        self.idle().await;
    }

    /// Runs one as a task of its own.
    fn begin(&self, work: Work) -> TransferId {
        let shared = Arc::clone(&self.shared);
        let id = TransferId(shared.last_id.fetch_add(1, Ordering::Relaxed) + 1);
        let cancel = CancellationToken::new();
        lock(&shared.running).insert(id, cancel.clone());
        let mut job = Job::new(id, Arc::clone(&shared), cancel);
        self.shared.tasks.spawn(async move {
            let ended = work.run(&mut job).await;
            lock(&shared.running).remove(&id);
            match ended {
                Ok(change) => job.tell(change).await,
                Err(End::Failed(error)) => job.tell(TransferChange::Failed { error }).await,
                Err(End::Cancelled) => job.tell(TransferChange::Cancelled).await,
                Err(End::Stopped) => {}
            }
        });
        id
    }
}

/// What a task is for.
enum Work {
    Upload(UploadRequest),
    TakeUp(journal::Entry, journal::Note),
    Download(DownloadRequest),
}

impl Work {
    async fn run(self, job: &mut Job) -> Result<TransferChange, End> {
        match self {
            Self::Upload(request) => upload::run(job, request).await,
            Self::TakeUp(entry, note) => upload::take_up(job, entry, note).await,
            Self::Download(request) => download::run(job, request).await,
        }
    }
}

fn lock<T>(shared: &Mutex<T>) -> MutexGuard<'_, T> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}
