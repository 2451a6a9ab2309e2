//! The transfers of one user: the handle, and the line in which they wait.

use super::transfer::{DownloadRequest, TransferEvent, TransferId, UploadRequest};
use crate::ServerUrl;
use chat_protocol::{Token, Welcome};
use std::path::PathBuf;
use tokio::sync::mpsc;

/// Transfers that run at once. The others wait in line.
pub const RUNNING_MAX: usize = 3;

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

/// The way to the transfers; it never waits. When the last one is dropped they end, and uploads stay in the journal.
#[derive(Clone)]
pub struct Transfers {}

impl Transfers {
    /// Starts them on the current runtime. Nothing moves before [`Self::handle_welcome`].
    pub fn start(config: TransfersConfig) -> (Self, mpsc::Receiver<TransferEvent>) {
        let _ = config;
        todo!()
    }

    /// The server has welcomed this device. To be called with each welcome: it carries the token of a new device, and
    /// the size above which a file is refused before a byte of it is sent.
    pub fn handle_welcome(&self, welcome: &Welcome) {
        let _ = welcome;
        todo!()
    }

    /// Sends a file. It ends with `Uploaded`; its message is for the caller to send.
    pub fn upload(&self, request: UploadRequest) -> TransferId {
        let _ = request;
        todo!()
    }

    /// Saves a file.
    pub fn download(&self, request: DownloadRequest) -> TransferId {
        let _ = request;
        todo!()
    }

    /// Gives a transfer up. It ends with `Cancelled`, unless it has ended otherwise at that moment.
    pub fn cancel(&self, id: TransferId) {
        let _ = id;
        todo!()
    }

    /// The outbox has the message of an uploaded file: its upload need not be remembered any more.
    pub fn sent(&self, id: TransferId) {
        let _ = id;
        todo!()
    }

    /// The message of an uploaded file will not be sent: the server is told to forget the file.
    pub fn unsent(&self, id: TransferId) {
        let _ = id;
        todo!()
    }

    /// Waits until no transfer runs any more.
    pub async fn idle(&self) {
        todo!()
    }
}
