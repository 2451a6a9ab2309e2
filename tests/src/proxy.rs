//! A line between a client and a server that does what lines do: it breaks, it hangs, it changes a bit.

use crate::in_time;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::{Notify, Semaphore, watch};
use tokio::task::JoinHandle;

/// Between the proxy and the server, in bytes: little is on its way there when a connection ends.
const ON_ITS_WAY: u32 = 16 * 1024;

/// Which way bytes go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// To the server.
    Up,
    /// To the client.
    Down,
}

/// What happens to a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// It ends.
    Cut,
    /// One bit of the next byte is another one.
    Flip,
    /// Nothing moves on it this way, until it is let go.
    Hold,
}

struct Planned {
    way: Way,
    after: u64,
    fault: Fault,
}

#[derive(Default)]
struct State {
    planned: Mutex<Vec<Planned>>,
    up: AtomicU64,
    down: AtomicU64,
    let_go: Notify,
}

/// A proxy on a free port. It ends when this is dropped.
pub struct Proxy {
    address: SocketAddr,
    state: Arc<State>,
    held: Arc<Semaphore>,
    is_open: watch::Sender<bool>,
    task: JoinHandle<()>,
}

impl Proxy {
    /// A good line to this server.
    pub async fn to(server: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (state, held) = (Arc::new(State::default()), Arc::new(Semaphore::new(0)));
        let (shared, holds) = (Arc::clone(&state), Arc::clone(&held));
        let (is_open, mut opens) = watch::channel(true);
        let task = tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                if opens.wait_for(|is_open| *is_open).await.is_err() {
                    return;
                }
                tokio::spawn(carry(client, server, Arc::clone(&shared), Arc::clone(&holds)));
            }
        });
        Self { address, state, held, is_open, task }
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The first connection that has carried so many bytes this way has this fault, and no other.
    pub fn plans(&self, way: Way, after: u64, fault: Fault) {
        self.state.planned.lock().unwrap().push(Planned { way, after, fault });
    }

    /// How many faults have not happened yet.
    pub fn faults_left(&self) -> usize {
        self.state.planned.lock().unwrap().len()
    }

    /// How many bytes it has carried this way, on all connections.
    pub fn carried(&self, way: Way) -> u64 {
        self.state.carried(way).load(Ordering::Relaxed)
    }

    /// Whoever connects from now on waits at the door, and the server does not know of them.
    pub fn shuts(&self) {
        self.is_open.send_replace(false);
    }

    /// Whoever waits at the door comes in.
    pub fn opens(&self) {
        self.is_open.send_replace(true);
    }

    /// What is held moves again.
    pub fn lets_go(&self) {
        self.state.let_go.notify_waiters();
    }

    /// Waits until a connection is held.
    pub async fn holds(&self) {
        in_time("a connection to be held", self.held.acquire()).await.unwrap().forget();
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl State {
    fn carried(&self, way: Way) -> &AtomicU64 {
        match way {
            Way::Up => &self.up,
            Way::Down => &self.down,
        }
    }

    /// How many bytes may pass before the next fault.
    fn room(&self, way: Way, carried: u64) -> u64 {
        let planned = self.planned.lock().unwrap();
        let rooms = planned.iter().filter(|fault| fault.way == way && fault.after >= carried);
        rooms.map(|fault| fault.after - carried).min().unwrap_or(u64::MAX)
    }

    /// Takes the fault that is due here.
    fn take(&self, way: Way, carried: u64) -> Option<Fault> {
        let mut planned = self.planned.lock().unwrap();
        let at = planned.iter().position(|fault| fault.way == way && fault.after == carried)?;
        Some(planned.remove(at).fault)
    }
}

/// One connection: it ends when either way does.
async fn carry(client: TcpStream, server: SocketAddr, state: Arc<State>, held: Arc<Semaphore>) {
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_send_buffer_size(ON_ITS_WAY).unwrap();
    let Ok(server) = socket.connect(server).await else { return };
    let ((client_read, client_write), (server_read, server_write)) =
        (client.into_split(), server.into_split());
    tokio::select! {
        () = pass(Way::Up, client_read, server_write, &state, &held) => {}
        () = pass(Way::Down, server_read, client_write, &state, &held) => {}
    }
}

async fn pass(way: Way, mut from: OwnedReadHalf, mut to: OwnedWriteHalf, state: &State, held: &Semaphore) {
    let (mut carried, mut buffer, mut is_flipped) = (0, vec![0; 64 * 1024], false);
    loop {
        match state.take(way, carried) {
            Some(Fault::Cut) => return,
            Some(Fault::Flip) => is_flipped = true,
            Some(Fault::Hold) => {
                let go = state.let_go.notified();
                held.add_permits(1);
                go.await;
            }
            None => {}
        }
        let room = state.room(way, carried).max(1);
        let size = buffer.len().min(usize::try_from(room).unwrap_or(usize::MAX));
        let Ok(count @ 1..) = from.read(&mut buffer[..size]).await else { return };
        if std::mem::take(&mut is_flipped) {
            buffer[0] ^= 1;
        }
        if to.write_all(&buffer[..count]).await.is_err() {
            return;
        }
        carried += count as u64;
        state.carried(way).fetch_add(count as u64, Ordering::Relaxed);
    }
}
