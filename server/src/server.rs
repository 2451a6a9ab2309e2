//! The server as a whole: start, serve, stop.

use crate::accounts::Accounts;
use crate::chat::Chat;
use crate::config::Config;
use crate::domain::Site;
use crate::files::{self, Files};
use crate::hub::Hub;
use crate::indexer::Indexer;
use crate::lifecycle::{self, Keeping, StartError, Taken};
use crate::mailbox::{Order, Room};
use crate::store::StoreError;
use crate::sweeper::Sweeper;
use crate::undertaker::Undertaker;
use crate::{delivery, net, presence, sequencer};
use chat_protocol::CloseCode;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::Notify;
use tokio::task::JoinHandle;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// For the sockets to be closed after the drain.
const GOODBYE: Duration = Duration::from_secs(2);

/// A server that holds its port and its data, and serves when it is run.
pub struct Server {
    config: Config,
    listener: TcpListener,
    local_addr: SocketAddr,
    taken: Taken,
}

/// Why a server ended without being told to.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// It never had its store.
    #[error(transparent)]
    Start(#[from] StartError),
    /// The store failed. What was not acknowledged may or may not be in it.
    #[error("stopped, because what is durable is no longer certain: {0}")]
    Store(#[from] StoreError),
}

impl Server {
    /// Takes the port, and the store when it is a file.
    ///
    /// # Errors
    /// What of it could not be had, in one line.
    pub async fn bind(config: Config) -> Result<Self, StartError> {
        let taken = lifecycle::take_store(&config.store)?;
        let listener = lifecycle::listen(&config).await?;
        let address = config.listen;
        let local_addr = listener.local_addr().map_err(|cause| StartError::Listen { address, cause })?;
        Ok(Self { config, listener, local_addr, taken })
    }

    /// Where it listens.
    pub fn local_addr(&self) -> SocketAddr {
        self.local_addr
    }

    /// Serves until `stop`, then stops cleanly: nothing new is let in, sends in flight are answered, clients are told
    /// to reconnect, and everything is on the disk when it returns. While a database is still to be reached, whoever asks is
    /// told that the server is starting.
    ///
    /// # Errors
    /// The store could not be had, or it failed.
    pub async fn run(self, stop: CancellationToken) -> Result<(), ServeError> {
        let Self { config, listener, taken, .. } = self;
        let (keeping, lock) = match taken {
            Taken::File(keeping, lock) => (keeping, Some(lock)),
            Taken::Database(url) => tokio::select! {
                reached = lifecycle::reach(url, config.store_timeout) => (reached?, None),
                never = net::say_starting(&listener) => match never {},
                () = stop.cancelled() => return Ok(()),
            },
        };
        let drain = config.timing.drain;
        let store = Arc::clone(&keeping.store);
        let mut running = Running::start(config, listener, keeping);
        let files = Arc::clone(&running.chat.files);
        let failed = tokio::select! {
            () = stop.cancelled() => None,
            ended = &mut running.delivering => Some(outcome(ended)),
            // Not every write comes from a send: a login or a read mark can be the first that fails.
            error = store.failed() => Some(Err(error)),
            error = files.failed() => Some(Err(error)),
        };
        running.stop(failed, drain).await?;
        drop(lock);
        Ok(())
    }
}

/// The tasks of a server that serves.
struct Running {
    chat: Arc<Chat>,
    last_call: CancellationToken,
    listening: JoinHandle<()>,
    sequencing: JoinHandle<()>,
    delivering: JoinHandle<Result<(), StoreError>>,
    telling_presence: JoinHandle<()>,
    collecting: JoinHandle<()>,
    indexing: JoinHandle<()>,
    sweeping: JoinHandle<()>,
    undertaking: JoinHandle<()>,
}

impl Running {
    fn start(config: Config, listener: TcpListener, keeping: Keeping) -> Self {
        let Keeping { store, blobs } = keeping;
        let limits = config.limits;
        let files = Arc::new(Files::new(Arc::clone(&store), blobs, &limits, config.timing));
        let room = Room { frames_max: limits.mailbox_frames_max, bytes_max: limits.mailbox_bytes_max };
        let hub = Arc::new(Hub::new(limits.connections_per_user, room));
        let indexer = Arc::new(Indexer::new(Arc::clone(&store)));
        let sweeper = Arc::new(Sweeper::new(Arc::clone(&store), Arc::clone(&hub), config.retention));
        let (sequencer, inbox) = sequencer::inbox();
        let (batches, committed) = delivery::channel();
        let departures = Arc::new(Notify::new());
        let undertaker = Undertaker::new(
            Arc::clone(&store),
            sequencer.clone(),
            Arc::clone(&hub),
            Arc::clone(&files),
            Arc::clone(&departures),
        );
        // Given when all sessions have ended: nobody submits anything and nobody moves after it.
        let last_call = CancellationToken::new();
        let chat = Arc::new(Chat {
            store: Arc::clone(&store),
            accounts: Accounts::new(Arc::clone(&store), config.registration, &limits),
            files: Arc::clone(&files),
            hub: Arc::clone(&hub),
            sequencer,
            site: Site::new(&config.hosts),
            timing: config.timing,
            retention: config.retention,
            limits,
            departures,
            connections: TaskTracker::new(),
            stopping: CancellationToken::new(),
        });
        Self {
            listening: tokio::spawn(net::serve(listener, Arc::clone(&chat))),
            sequencing: tokio::spawn(sequencer::run(inbox, Arc::clone(&store), batches, last_call.clone())),
            delivering: tokio::spawn(delivery::run(
                committed,
                Arc::clone(&hub),
                Arc::clone(&indexer),
                Arc::clone(&sweeper),
            )),
            telling_presence: tokio::spawn(presence::run(hub, store, last_call.clone())),
            collecting: tokio::spawn(files::collect(files, chat.stopping.clone())),
            indexing: tokio::spawn(indexer.run(chat.stopping.clone())),
            sweeping: tokio::spawn(sweeper.run(config.timing.sweep, chat.stopping.clone())),
            undertaking: tokio::spawn(undertaker.run(config.timing.sweep, chat.stopping.clone())),
            chat,
            last_call,
        }
    }

    /// Stops in two stages: first everybody may finish, then everybody is cut off. After a failure of the store nobody
    /// can finish, so there is no first stage.
    async fn stop(self, failed: Option<Result<(), StoreError>>, drain: Duration) -> Result<(), StoreError> {
        let Self {
            chat,
            last_call,
            listening,
            sequencing,
            delivering,
            telling_presence,
            collecting,
            indexing,
            sweeping,
            undertaking,
        } = self;
        let cut = Order::Cut(CloseCode::Restart);
        chat.stopping.cancel();
        chat.connections.close();
        chat.hub.close(if failed.is_some() { cut } else { Order::Drain });
        if timeout(drain, chat.connections.wait()).await.is_err() {
            chat.hub.close(cut);
            if timeout(GOODBYE, chat.connections.wait()).await.is_err() {
                tracing::warn!(connections = chat.connections.len(), "some connections did not end in time");
            }
        }
        last_call.cancel();
        for (task, name) in [
            (listening, "listener"),
            (sequencing, "sequencer"),
            (telling_presence, "presence"),
            (collecting, "collector"),
            (indexing, "indexer"),
            (sweeping, "sweeper"),
            (undertaking, "undertaker"),
        ] {
            if let Err(error) = task.await {
                tracing::error!(%error, "the {name} failed");
            }
        }
        let ended = match failed {
            Some(ended) => ended,
            None => outcome(delivering.await),
        };
        chat.store.close().await;
        ended
    }
}

/// Delivery that panicked has failed like the store: what was committed may not have been told.
fn outcome(ended: Result<Result<(), StoreError>, tokio::task::JoinError>) -> Result<(), StoreError> {
    ended.unwrap_or_else(|error| Err(StoreError::Fatal(error.to_string())))
}
