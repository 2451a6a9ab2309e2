//! A server within the test's own process, on a free port, with a folder of its own.

use crate::{PATIENCE, Person, Shelf, ground, in_time};
use chat_server::{Config, Server, StoreLocation};
use std::net::SocketAddr;
use std::path::Path;
use tempfile::TempDir;
use tokio::task::JoinHandle;
use tokio_util::sync::{CancellationToken, DropGuard};

/// A running server. It stops when this is dropped.
pub struct House {
    address: SocketAddr,
    config: Config,
    data: TempDir,
    stop: DropGuard,
    running: JoinHandle<()>,
}

impl House {
    /// A server with the usual settings.
    pub async fn open() -> Self {
        Self::with(|_| {}).await
    }

    /// A server with other settings.
    pub async fn with(change: impl FnOnce(&mut Config)) -> Self {
        let data = tempfile::tempdir().unwrap();
        let mut config = Config::new(data.path().to_owned());
        config.listen.set_port(0);
        // A machine that is busy with tests may be slow, and none of them waits for what is dropped then.
        config.timing.whisper = PATIENCE;
        if let Some(url) = ground::fresh_store() {
            config.store = url.parse().unwrap();
        }
        change(&mut config);
        Self::start(config, data).await
    }

    async fn start(config: Config, data: TempDir) -> Self {
        let server = Server::bind(config.clone()).await.expect("a server starts");
        let (address, stop) = (server.local_addr(), CancellationToken::new());
        let until = stop.clone();
        let running = tokio::spawn(async move { server.run(until).await.expect("the store holds") });
        ground::until_it_serves(address).await;
        Self { address, config, data, stop: stop.drop_guard(), running }
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Where it keeps everything.
    pub fn data(&self) -> &Path {
        self.data.path()
    }

    /// The flags that lead another program to the same store.
    pub fn store_flags(&self) -> [String; 4] {
        let store = match &self.config.store {
            StoreLocation::Sqlite(file) => format!("sqlite:{}", file.display()),
            StoreLocation::Mongo(url) => url.to_string(),
        };
        ["--data".to_owned(), self.data.path().to_str().unwrap().to_owned(), "--store".to_owned(), store]
    }

    /// Its store, past the server.
    pub async fn shelf(&self) -> Shelf {
        Shelf::open(&self.config.store).await
    }

    /// Stops cleanly and waits for the end; gives the folder, so that it stays a while longer.
    pub async fn closes(self) -> TempDir {
        let Self { data, stop, running, .. } = self;
        drop(stop);
        in_time("a clean stop", running).await.expect("the server did not panic");
        data
    }

    /// Stops cleanly and starts again on the same data, at another port.
    pub async fn reopens(self) -> Self {
        let config = self.config.clone();
        let data = self.closes().await;
        Self::start(config, data).await
    }

    /// Somebody new, logged in.
    pub async fn person(&self, name: &str) -> Person {
        Person::registers(self.address, name).await
    }
}
