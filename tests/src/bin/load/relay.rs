//! The floor: a relay on the same WebSocket library that knows names and nothing else. It has no accounts, parses no JSON,
//! keeps nothing and orders nothing. What a server does beyond that is what its messages cost beyond the relay's.

use anyhow::Context;
use clap::ValueEnum;
use futures_util::{SinkExt, StreamExt};
use std::collections::HashMap;
use std::net::SocketAddr;
use std::process::Stdio;
use std::sync::{Arc, Mutex};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::process::{Child, Command};
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};
use tokio_tungstenite::accept_async_with_config;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::tungstenite::{Message, Utf8Bytes};

/// A message to this name goes to everybody else.
pub const EVERYBODY: &str = "everybody";

/// How many of the frames that wait a relay writes at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Writes {
    /// Up to 64 of them; the server writes all of them
    Gathered,
    /// Each by itself, as what is written without a thought does
    Single,
}

impl Writes {
    /// How many go with the first one at most.
    fn beside_the_first(self) -> usize {
        match self {
            Self::Gathered => 63,
            Self::Single => 0,
        }
    }
}

type Queues = Arc<Mutex<HashMap<String, UnboundedSender<Utf8Bytes>>>>;

/// A relay in a process of its own, which ends with this.
pub struct Relay {
    pub address: SocketAddr,
    child: Child,
}

impl Relay {
    pub async fn start(writes: Writes) -> anyhow::Result<Self> {
        let writes = writes.to_possible_value().context("a value of the command line")?;
        let mut child = Command::new(std::env::current_exe()?)
            .args(["relay", writes.get_name()])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()?;
        let mut line = String::new();
        BufReader::new(child.stdout.take().context("a pipe")?).read_line(&mut line).await?;
        Ok(Self { address: line.trim().parse()?, child })
    }

    pub fn pid(&self) -> anyhow::Result<u32> {
        self.child.id().context("it runs")
    }
}

/// Relays on a free port of the loopback, whose address is printed, until the standard input ends.
pub async fn serve(writes: Writes) -> anyhow::Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    println!("{}", listener.local_addr()?);
    let (queues, mut stdin) = (Queues::default(), tokio::io::stdin());
    loop {
        tokio::select! {
            accepted = listener.accept() => {
                let queues = Arc::clone(&queues);
                // Whoever hangs up ends only their own.
                tokio::spawn(async move { connection(accepted?.0, &queues, writes).await });
            }
            _ = stdin.read_u8() => return Ok(()),
        }
    }
}

async fn connection(stream: TcpStream, queues: &Queues, writes: Writes) -> anyhow::Result<()> {
    stream.set_nodelay(true)?;
    let config = WebSocketConfig::default().read_buffer_size(4096).write_buffer_size(4096);
    let mut socket = accept_async_with_config(stream, Some(config)).await?;
    let hello = socket.next().await.context("a hello")??;
    let name = field(hello.to_text()?, "token").context("a name")?.to_owned();
    let (queue, mut waiting) = unbounded_channel();
    queues.lock().expect("no thread panicked").insert(name.clone(), queue);
    socket.send(Message::text(r#"{"type":"welcome","id":"hello"}"#)).await?;
    loop {
        tokio::select! {
            frame = socket.next() => match frame.transpose()? {
                Some(Message::Text(text)) => {
                    relay(&text, &name, queues)?;
                    socket.feed(Message::text(ack(&text)?)).await?;
                }
                Some(Message::Close(_)) | None => return Ok(()),
                Some(_) => continue,
            },
            Some(text) = waiting.recv() => socket.feed(Message::Text(text)).await?,
        }
        for _ in 0..writes.beside_the_first() {
            let Ok(text) = waiting.try_recv() else { break };
            socket.feed(Message::Text(text)).await?;
        }
        socket.flush().await?;
    }
}

/// The frame as it came is what the others get.
fn relay(text: &Utf8Bytes, from: &str, queues: &Queues) -> anyhow::Result<()> {
    let to = field(text, "to").context("a receiver")?;
    let queues = queues.lock().expect("no thread panicked");
    let is_meant = |name: &str| name == to || (to == EVERYBODY && name != from);
    // By name where there is one, or each message would look at everybody.
    let named = queues.get_key_value(to).into_iter();
    let all = queues.iter().take_while(|_| to == EVERYBODY);
    for (_, queue) in named.chain(all).filter(|(name, _)| is_meant(name)) {
        // Whoever has hung up gets nothing.
        let _ = queue.send(text.clone());
    }
    Ok(())
}

fn ack(text: &str) -> anyhow::Result<String> {
    let client_id = field(text, "client_id").context("a client id")?;
    Ok(format!(r#"{{"type":"ack","id":"s","client_id":"{client_id}","seq":1,"at":1790000000000}}"#))
}

/// The value of a field that is a text without escapes.
fn field<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    let (_, rest) = text.split_once(&format!(r#""{name}":""#))?;
    rest.split_once('"').map(|(value, _)| value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_reaches_whom_it_names_or_everybody_else() {
        let queues = Queues::default();
        let mut heard = ["ann", "bob", "eve"].map(|name| {
            let (queue, waiting) = unbounded_channel();
            queues.lock().unwrap().insert(name.to_owned(), queue);
            waiting
        });
        for to in ["bob", "nobody", EVERYBODY] {
            relay(&format!(r#"{{"to":"{to}"}}"#).into(), "ann", &queues).unwrap();
        }
        let counts = heard.each_mut().map(|waiting| std::iter::from_fn(|| waiting.try_recv().ok()).count());
        assert_eq!(counts, [0, 2, 1]);
    }
}
