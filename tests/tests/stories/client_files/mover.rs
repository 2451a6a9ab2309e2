//! A client, as far as it moves files.

use chat_client::files::{
    Destination, DownloadRequest, TransferChange, TransferError, TransferEvent, TransferId, Transfers,
    TransfersConfig, UploadRequest,
};
use chat_protocol::{Attachment, ClientId, Limits, Target, Token, Welcome};
use chat_tests::{Person, in_time};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use tokio::sync::mpsc;

/// One client's transfers.
pub struct Mover {
    pub transfers: Transfers,
    events: mpsc::Receiver<TransferEvent>,
}

impl Mover {
    /// One that remembers nothing.
    pub fn new(server: SocketAddr, person: &Person) -> Self {
        Self::start(server, person, None)
    }

    /// One that takes up what is left in this folder.
    pub fn remembering(server: SocketAddr, person: &Person, journal: &Path) -> Self {
        Self::start(server, person, Some(journal.to_owned()))
    }

    fn start(server: SocketAddr, person: &Person, journal: Option<PathBuf>) -> Self {
        let (server, token) = (server.to_string().parse().unwrap(), Some(Token::new(&*person.token)));
        let (transfers, events) =
            Transfers::start(TransfersConfig { server, token, journal, takes_up: true });
        transfers.handle_welcome(&welcome(8 << 20));
        Self { transfers, events }
    }

    pub fn uploads(&self, path: &Path) -> TransferId {
        let (path, to) = (path.to_owned(), Target::To("bob".parse().unwrap()));
        self.transfers.upload(UploadRequest { path, to, text: "look".to_owned(), client_id: None })
    }

    pub fn downloads(&self, file: &Attachment, folder: &Path) -> TransferId {
        let to = Destination::Folder(folder.to_owned());
        self.transfers.download(DownloadRequest { attachment: file.clone(), to })
    }

    /// Whatever is told next.
    pub async fn news(&mut self) -> TransferChange {
        in_time("news", self.events.recv()).await.unwrap().change
    }

    /// Waits for the end of the next transfer that ends.
    pub async fn end(&mut self) -> (TransferId, TransferChange) {
        loop {
            let TransferEvent { id, change } = in_time("a transfer's end", self.events.recv()).await.unwrap();
            match change {
                TransferChange::Started { .. }
                | TransferChange::Progress { .. }
                | TransferChange::Waiting { .. } => {}
                change => return (id, change),
            }
        }
    }

    pub async fn uploaded(&mut self) -> (TransferId, Attachment, ClientId) {
        match self.end().await {
            (id, TransferChange::Uploaded { file, client_id, .. }) => (id, file, client_id),
            other => panic!("{other:?}"),
        }
    }

    pub async fn saved(&mut self) -> PathBuf {
        match self.end().await.1 {
            TransferChange::Saved { path } => path,
            other => panic!("{other:?}"),
        }
    }

    pub async fn failed(&mut self) -> TransferError {
        match self.end().await.1 {
            TransferChange::Failed { error } => error,
            other => panic!("{other:?}"),
        }
    }
}

/// With files up to this size.
pub fn welcome(file_bytes_max: u64) -> Welcome {
    let limits = Limits {
        text_bytes_max: 8192,
        frame_bytes_max: 65536,
        page_entries_max: 200,
        sends_per_second: 1000,
        file_bytes_max,
        retention_days: None,
    };
    Welcome {
        id: "1".parse().unwrap(),
        version: 1,
        server: String::new(),
        user: "ann".parse().unwrap(),
        device: "0123456789abcdef".parse().unwrap(),
        token: None,
        now: 0,
        limits,
    }
}

/// The end of a process, as far as the transfers see it.
pub async fn stops(mover: Mover) {
    let Mover { transfers, mut events } = mover;
    drop(transfers);
    in_time("the last task's end", async { while events.recv().await.is_some() {} }).await;
}
