//! A connection of the load tool: as little work per frame as possible, for the server shares its machine.

use crate::progress::Count;
use crate::provision::Somebody;
use crate::words;
use anyhow::{Context, bail};
use chat_client::fresh_client_id;
use futures_util::stream::{SplitSink, SplitStream};
use futures_util::{FutureExt, SinkExt, StreamExt};
use serde_json::Value;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};
use tokio::net::{TcpSocket, TcpStream};
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::tungstenite::{Message, Utf8Bytes};
use tokio_tungstenite::{WebSocketStream, client_async_with_config};

/// Longer than any frame should take; a run that waits so long has failed.
const PATIENCE: Duration = Duration::from_secs(60);

/// Connections from one address of the loopback: fewer than a server takes from one.
const PER_ADDRESS: u32 = 4000;

pub struct Line {
    pub out: Out,
    pub back: Back,
}

/// The half that writes.
pub struct Out(SplitSink<WebSocketStream<TcpStream>, Message>);

/// The half that reads.
pub struct Back(SplitStream<WebSocketStream<TcpStream>>);

impl Line {
    /// Logs all of these in, one after the other.
    pub async fn of_all(
        server: SocketAddr,
        people: &[Somebody],
        connections: &Count,
    ) -> anyhow::Result<Vec<Self>> {
        let mut lines = Vec::with_capacity(people.len());
        for somebody in people {
            lines.push(Self::of(server, somebody).await?);
            connections.add(1);
        }
        Ok(lines)
    }

    /// Asks for something and waits for the answer to it.
    pub async fn asks(&mut self, request: &Value) -> anyhow::Result<Value> {
        self.out.send(request.to_string()).await?;
        let answer = self.back.answer(request["id"].as_str().context("an id")?).await?;
        Ok(serde_json::from_str(&answer)?)
    }

    /// Hears whatever comes, for as long as there is a server.
    pub async fn hears(mut self) -> anyhow::Result<()> {
        while let Some(frame) = self.back.0.next().await {
            frame?;
        }
        bail!("the server hung up")
    }

    /// Connects and logs in.
    pub async fn of(server: SocketAddr, somebody: &Somebody) -> anyhow::Result<Self> {
        let socket = TcpSocket::new_v4()?;
        socket.bind(next_source())?;
        let stream = socket.connect(server).await?;
        stream.set_nodelay(true)?;
        let config = WebSocketConfig::default().read_buffer_size(4096).write_buffer_size(4096);
        let (socket, _) = client_async_with_config(format!("ws://{server}/ws"), stream, Some(config)).await?;
        let (out, back) = socket.split();
        let mut line = Self { out: Out(out), back: Back(back) };
        let hello = serde_json::json!({"type": "hello", "id": "hello", "version": 1, "token": somebody.token.expose()});
        line.out.send(hello.to_string()).await?;
        let welcome = line.back.next().await?;
        anyhow::ensure!(welcome.contains(r#""type":"welcome""#), "not welcome: {welcome}");
        Ok(line)
    }
}

/// Where the next connection comes from, of the addresses that all lead back here.
fn next_source() -> SocketAddr {
    static CONNECTIONS: AtomicU32 = AtomicU32::new(0);
    let number = CONNECTIONS.fetch_add(1, Ordering::Relaxed) / PER_ADDRESS;
    let source = Ipv4Addr::from(u32::from(Ipv4Addr::LOCALHOST) + number);
    (source, 0).into()
}

impl Out {
    pub async fn send(&mut self, frame: String) -> anyhow::Result<()> {
        self.put(frame).await?;
        self.flush().await
    }

    /// Puts a frame beside others that go out together.
    pub async fn put(&mut self, frame: String) -> anyhow::Result<()> {
        Ok(self.0.feed(Message::text(frame)).await?)
    }

    /// Sends what was put.
    pub async fn flush(&mut self) -> anyhow::Result<()> {
        Ok(self.0.flush().await?)
    }
}

impl Back {
    /// The next text frame.
    pub async fn next(&mut self) -> anyhow::Result<Utf8Bytes> {
        loop {
            let message =
                tokio::time::timeout(PATIENCE, self.0.next()).await.context("the server is silent")?;
            match message.context("the server hung up")?? {
                Message::Text(text) => return Ok(text),
                Message::Close(frame) => bail!("the server closed: {frame:?}"),
                _ => {}
            }
        }
    }

    /// The answer to a request of this id; pushes are passed over, and an error is a failure.
    pub async fn answer(&mut self, id: &str) -> anyhow::Result<Utf8Bytes> {
        loop {
            let frame = self.next().await?;
            if frame.contains(&format!(r#""id":"{id}""#)) {
                anyhow::ensure!(!frame.starts_with(r#"{"type":"error""#), "refused: {frame}");
                return Ok(frame);
            }
        }
    }

    /// The next answer to a send; pushes are passed over, and anything but an ack is a failure.
    pub async fn ack(&mut self) -> anyhow::Result<()> {
        loop {
            let frame = self.next().await?;
            if frame.starts_with(r#"{"type":"ack""#) {
                return Ok(());
            }
            anyhow::ensure!(!frame.starts_with(r#"{"type":"error""#), "refused: {frame}");
        }
    }

    /// An answer that is there already.
    pub fn ack_that_waits(&mut self) -> Option<anyhow::Result<()>> {
        self.ack().now_or_never()
    }

    /// The moment that stands in the next entry's text.
    pub async fn entry(&mut self, began: Instant) -> anyhow::Result<Instant> {
        Ok(self.entry_and_length(began).await?.0)
    }

    /// The same, and how many bytes the frame had.
    pub async fn entry_and_length(&mut self, began: Instant) -> anyhow::Result<(Instant, usize)> {
        loop {
            let frame = self.next().await?;
            if let Some((_, text)) = frame.split_once(r#""text":""#) {
                let micros = text.split(' ').next().context("a time")?.parse()?;
                return Ok((began + Duration::from_micros(micros), frame.len()));
            }
        }
    }
}

/// A message that carries the moment it was sent at, in a text of so many bytes. `to` says whom or where to, as a frame does.
pub fn message(to: &str, at: Duration, bytes: usize) -> String {
    let (client_id, text) = (fresh_client_id(), moment(at, bytes));
    format!(r#"{{"type":"send","id":"s",{to},"client_id":"{client_id}","text":"{text}"}}"#)
}

/// A text of so many bytes that begins with a moment.
fn moment(at: Duration, bytes: usize) -> String {
    words::text(u64::try_from(at.as_micros()).unwrap_or(u64::MAX), bytes)
}
