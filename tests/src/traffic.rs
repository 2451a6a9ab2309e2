//! Traffic that never stops by itself: people who write to bob through the client library, and bob's devices that read.
//!
//! Nobody here asks whether the server is there. At the end a judge compares what was meant, acknowledged, stored and
//! seen.

use crate::checker::Account;
use crate::{PASSWORD, Person, in_time};
use chat_client::{Auth, Command, Config, Content, Event, Handle, OutgoingState, connect, fresh_client_id};
use chat_protocol::{ConversationId, Password, Seq, Target};
use std::collections::HashMap;
use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;
use tempfile::TempDir;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;

/// Messages that each sender keeps queued.
const WINDOW: usize = 4;
/// For one message on its way through a frozen primary, an election and the longest pause of a client, one after another.
const OUTAGE: Duration = Duration::from_secs(90);
/// Devices that read everything.
const READERS: [&str; 2] = ["phone", "laptop"];

/// Running traffic.
pub struct Traffic {
    server: SocketAddr,
    acked: watch::Receiver<u64>,
    stop: watch::Sender<bool>,
    written: watch::Sender<Option<usize>>,
    senders: Vec<JoinHandle<Sent>>,
    readers: Vec<JoinHandle<Seen>>,
    _outboxes: TempDir,
}

/// What one sender knows at the end.
struct Sent {
    conversation: ConversationId,
    acked: HashMap<String, u64>,
    meant: HashMap<String, String>,
}

type Log = Vec<(u64, String)>;
type Seen = HashMap<ConversationId, Log>;

impl Traffic {
    /// So many people begin to write to bob.
    pub async fn begins(server: SocketAddr, senders: usize) -> Self {
        let outboxes = tempfile::tempdir().unwrap();
        let names: Vec<_> = (0..senders).map(|number| format!("sender{number}")).collect();
        for name in names.iter().map(String::as_str).chain(["bob"]) {
            Person::registers(server, name).await;
        }
        let (progress, acked) = watch::channel(0);
        let (stop, stopped) = watch::channel(false);
        let (written, total) = watch::channel(None);
        let senders = names
            .into_iter()
            .map(|name| {
                let client = connect(config(server, &name, outboxes.path())).unwrap();
                tokio::spawn(send_all(name, client, progress.clone(), stopped.clone()))
            })
            .collect();
        let readers = READERS
            .iter()
            .map(|device| {
                let (handle, events) = connect(config(server, "bob", &outboxes.path().join(device))).unwrap();
                tokio::spawn(read_all(handle, events, total.clone()))
            })
            .collect();
        Self { server, acked, stop, written, senders, readers, _outboxes: outboxes }
    }

    /// How many messages were acknowledged so far.
    pub fn acked(&self) -> u64 {
        *self.acked.borrow()
    }

    /// Waits until so many are.
    pub async fn reaches(&mut self, count: u64) {
        in_time("traffic", self.acked.wait_for(|acked| *acked >= count)).await.unwrap();
    }

    /// Waits until a message was acknowledged that nobody had sent before this call.
    pub async fn goes_on(&mut self) {
        let in_flight = self.senders.len() as u64;
        self.reaches(self.acked() + in_flight + 1).await;
    }

    /// Nobody writes anything new; all that was written arrives. Every broken promise, one line each.
    pub async fn ends(self) -> Vec<String> {
        self.stop.send_replace(true);
        let mut accounts: HashMap<ConversationId, Account> = HashMap::new();
        for sender in self.senders {
            let Sent { conversation, acked, meant } =
                tokio::time::timeout(OUTAGE, sender).await.expect("the last acks come").unwrap();
            accounts.insert(conversation, Account { acked, meant, ..Account::default() });
        }
        self.written.send_replace(Some(accounts.values().map(|account| account.meant.len()).sum()));
        for reader in self.readers {
            for (conversation, log) in in_time("the last entries", reader).await.unwrap() {
                accounts.get_mut(&conversation).expect("somebody sent in it").seen.push(log);
            }
        }
        let mut bob = Person::logs_in(self.server, "bob").await;
        let mut faults = Vec::new();
        for (conversation, mut account) in accounts {
            if account.seen.len() != READERS.len() {
                faults.push(format!(
                    "P7: {} of {} readers saw {conversation}",
                    account.seen.len(),
                    READERS.len()
                ));
            }
            account.stored = stored(&mut bob, conversation).await;
            faults.extend(account.faults());
        }
        faults
    }
}

fn config(server: SocketAddr, user: &str, outbox: &Path) -> Config {
    Config {
        server: server.to_string().parse().unwrap(),
        user: user.parse().unwrap(),
        auth: Auth::Login(Password::new(PASSWORD)),
        device: "story".to_owned(),
        outbox: Some(outbox.join(user)),
        tells_arrivals: true,
    }
}

/// Keeps a few messages queued until told to stop, and then waits until all are sent.
async fn send_all(
    user: String,
    (handle, mut events): (Handle, mpsc::Receiver<Event>),
    progress: watch::Sender<u64>,
    stop: watch::Receiver<bool>,
) -> Sent {
    let (mut meant, mut acked, mut place) = (HashMap::new(), HashMap::new(), None);
    loop {
        let is_over = *stop.borrow() && !acked.is_empty();
        while !is_over && meant.len() < acked.len() + WINDOW {
            let (client_id, text) = (fresh_client_id(), format!("{user} {}", meant.len()));
            meant.insert(client_id.to_string(), text.clone());
            let target = Target::To("bob".parse().unwrap());
            handle.command(Command::Send { client_id, target, content: Content::text(text) }).unwrap();
        }
        if meant.len() == acked.len() {
            return Sent { conversation: place.expect("something was sent"), acked, meant };
        }
        let event = tokio::time::timeout(OUTAGE, events.recv()).await;
        let event =
            event.unwrap_or_else(|_| panic!("{user} waited {OUTAGE:?} in vain for news of a message"));
        let event = event.expect("the client lives on");
        let Event::Outbox(outgoing) = event else { continue };
        match outgoing.state {
            OutgoingState::Sent { conversation, seq, .. } => {
                place = Some(conversation);
                acked.insert(outgoing.client_id.to_string(), seq.get());
                progress.send_modify(|acked| *acked += 1);
            }
            OutgoingState::Queued => {}
            state => panic!("a message of {user} came to {state:?}"),
        }
    }
}

/// Follows every conversation from its start and notes what it is told, until it has seen all that was written.
async fn read_all(
    handle: Handle,
    mut events: mpsc::Receiver<Event>,
    mut total: watch::Receiver<Option<usize>>,
) -> Seen {
    let (mut seen, mut count) = (Seen::new(), 0);
    loop {
        let is_all = |total: &Option<usize>| total.is_some_and(|total| count >= total);
        let event = tokio::select! {
            event = events.recv() => event.expect("the reader lives on"),
            _ = total.wait_for(is_all) => return seen,
        };
        match event {
            Event::Summary(summary) if !seen.contains_key(&summary.conversation) => {
                seen.insert(summary.conversation, Vec::new());
                let follow = Command::Follow { conversation: summary.conversation, after: Seq::ZERO };
                handle.command(follow).unwrap();
            }
            Event::Newer { conversation, entries } => {
                count += entries.len();
                let told = entries.into_iter().map(|entry| (entry.seq.get(), entry.client_id.to_string()));
                seen.entry(conversation).or_default().extend(told);
            }
            _ => {}
        }
    }
}

async fn stored(bob: &mut Person, conversation: ConversationId) -> Log {
    let mut stored = Log::new();
    loop {
        let after = stored.last().map_or(0, |(seq, _)| *seq);
        let request = serde_json::json!({
            "type": "history", "conversation": conversation, "after": after, "limit": 200,
        });
        let page = bob.asks(request).await;
        let entries = page["entries"].as_array().unwrap();
        let told = |entry: &serde_json::Value| {
            (entry["seq"].as_u64().unwrap(), entry["client_id"].as_str().unwrap().to_owned())
        };
        stored.extend(entries.iter().map(told));
        if entries.is_empty() {
            return stored;
        }
    }
}
