//! A line to a server that can be held: what goes in the server's direction stops after so many bytes.

use crate::in_time;
use std::net::SocketAddr;
use std::sync::Arc;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio_util::sync::{CancellationToken, DropGuard};

/// A held line lets this much of each connection pass, so that only what is large is held.
const FREE: u64 = 256 * 1024;

/// A line to one server. It breaks when this is dropped.
pub struct Bridge {
    address: SocketAddr,
    toll: Arc<Toll>,
    _open: DropGuard,
}

/// Bytes in the server's direction.
struct Toll {
    hold_after: watch::Sender<u64>,
    passed: watch::Sender<u64>,
    /// Ends all connections when it changes.
    cut: watch::Sender<()>,
}

impl Bridge {
    /// Opens a line that is held after so many bytes of all connections.
    pub async fn opens(server: SocketAddr, hold_after: u64) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let toll = Arc::new(Toll {
            hold_after: watch::Sender::new(hold_after),
            passed: watch::Sender::new(0),
            cut: watch::Sender::new(()),
        });
        let open = CancellationToken::new();
        let (until, keeper) = (open.clone(), Arc::clone(&toll));
        tokio::spawn(until.clone().run_until_cancelled_owned(async move {
            while let Ok((client, _)) = listener.accept().await {
                let carried = carry(client, server, Arc::clone(&keeper));
                tokio::spawn(until.clone().run_until_cancelled_owned(carried));
            }
        }));
        Self { address, toll, _open: open.drop_guard() }
    }

    /// Where its near end is.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Lets everything through from here on.
    pub fn lets_go(&self) {
        self.toll.hold_after.send_replace(u64::MAX);
    }

    /// Holds the line after so many bytes more.
    pub fn holds_after(&self, bytes: u64) {
        self.toll.hold_after.send_replace(self.passed() + bytes);
    }

    /// Cuts all connections, and what is on its way with them; new ones are taken.
    pub fn cuts(&self) {
        self.toll.cut.send_replace(());
    }

    /// Waits until so much has passed that the line is held.
    pub async fn is_held(&self) {
        let limit = *self.toll.hold_after.borrow();
        let mut passed = self.toll.passed.subscribe();
        in_time("a line that is held", passed.wait_for(|passed| *passed >= limit)).await.unwrap();
    }

    /// Bytes that have passed.
    pub fn passed(&self) -> u64 {
        *self.toll.passed.borrow()
    }
}

/// Both directions, until one of them ends.
async fn carry(client: TcpStream, server: SocketAddr, toll: Arc<Toll>) {
    // A server that is away is what the client is to see.
    let mut cut = toll.cut.subscribe();
    let Ok(server) = TcpStream::connect(server).await else { return };
    let (from_client, mut to_client) = client.into_split();
    let (mut from_server, to_server) = server.into_split();
    tokio::select! {
        biased;
        _ = cut.changed() => {}
        _ = tokio::io::copy(&mut from_server, &mut to_client) => {}
        () = pay(from_client, to_server, &toll) => {}
    }
}

/// The server's direction: no more than is let through.
async fn pay(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, toll: &Toll) {
    let mut hold_after = toll.hold_after.subscribe();
    let (mut piece, mut mine) = (vec![0; 16 * 1024], 0);
    loop {
        let may_pass = |limit: &u64| mine < FREE || *toll.passed.borrow() < *limit;
        if hold_after.wait_for(may_pass).await.is_err() {
            return;
        }
        let Ok(read @ 1..) = from.read(&mut piece).await else { return };
        if to.write_all(&piece[..read]).await.is_err() {
            return;
        }
        mine += read as u64;
        toll.passed.send_modify(|passed| *passed += read as u64);
    }
}
