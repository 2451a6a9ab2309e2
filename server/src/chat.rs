//! What every connection needs of the server, in one place.

use crate::accounts::Accounts;
use crate::config::{Limits, Timing};
use crate::domain::Site;
use crate::files::Files;
use crate::hub::Hub;
use crate::sequencer::Submission;
use crate::store::Store;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{Notify, mpsc};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// The running chat, shared by all connections.
pub struct Chat {
    /// Where everything is kept.
    pub store: Arc<dyn Store>,
    /// Who is who.
    pub accounts: Accounts,
    /// Who sends which files.
    pub files: Arc<Files>,
    /// Who is connected.
    pub hub: Arc<Hub>,
    /// The way to the sequencer.
    pub sequencer: mpsc::Sender<Submission>,
    /// The names that the server goes by.
    pub site: Site,
    /// How long things may take.
    pub timing: Timing,
    /// How long entries are kept; for ever when there is no rule.
    pub retention: Option<Duration>,
    /// How much of things there may be.
    pub limits: Limits,
    /// Told when an account has ended.
    pub departures: Arc<Notify>,
    /// Every task of a connection. The server waits for them when it stops.
    pub connections: TaskTracker,
    /// Told when the server stops: nothing new is begun from then on.
    pub stopping: CancellationToken,
}
