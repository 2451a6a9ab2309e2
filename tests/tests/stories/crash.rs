//! The server is killed with -9 again and again in the middle of traffic: nothing acknowledged is lost, nothing is
//! doubled, and every client goes on by itself.

use chat_client::{Auth, Command, Config, Event, Handle, OutgoingState, connect, fresh_client_id};
use chat_protocol::{ConversationId, Password, Seq, Target};
use chat_tests::checker::Account;
use chat_tests::{PASSWORD, Person, RealServer, in_time};
use std::collections::HashMap;
use std::net::SocketAddr;
use tokio::sync::{mpsc, watch};

const KILLS: u64 = 5;
const SENDERS: [&str; 3] = ["ann", "cyd", "dan"];
const MESSAGES_EACH: u64 = 120;

fn config(server: SocketAddr, user: &str, outbox: &std::path::Path) -> Config {
    Config {
        server: server.to_string().parse().unwrap(),
        user: user.parse().unwrap(),
        auth: Auth::Login(Password::new(PASSWORD)),
        device: "story".to_owned(),
        outbox: Some(outbox.join(user)),
    }
}

/// What one sender knows at the end.
struct Sent {
    conversation: ConversationId,
    acked: HashMap<String, u64>,
    meant: HashMap<String, String>,
}

/// Keeps a few messages queued until all are sent; never asks whether the server is there.
async fn send_all(
    user: &'static str,
    handle: Handle,
    mut events: mpsc::Receiver<Event>,
    progress: watch::Sender<u64>,
) -> Sent {
    let (mut meant, mut acked, mut place) = (HashMap::new(), HashMap::new(), None);
    let send = |number: u64, meant: &mut HashMap<String, String>| {
        let (client_id, text) = (fresh_client_id(), format!("{user} {number}"));
        meant.insert(client_id.to_string(), text.clone());
        handle
            .command(Command::Send { client_id, target: Target::To("bob".parse().unwrap()), text })
            .unwrap();
    };
    let mut queued = 0;
    while acked.len() < MESSAGES_EACH as usize {
        while queued < MESSAGES_EACH && queued < acked.len() as u64 + 4 {
            queued += 1;
            send(queued, &mut meant);
        }
        let event = in_time("news of a message", events.recv()).await.expect("the client lives on");
        let Event::Outbox(outgoing) = event else { continue };
        match outgoing.state {
            OutgoingState::Sent { conversation, seq, .. } => {
                place = Some(conversation);
                acked.insert(outgoing.client_id.to_string(), seq.get());
                progress.send_modify(|sent| *sent += 1);
            }
            OutgoingState::Queued => {}
            state => panic!("a message of {user} came to {state:?}"),
        }
    }
    Sent { conversation: place.expect("something was sent"), acked, meant }
}

/// Follows every conversation from its start and notes what it is told, until it has seen so many entries.
async fn read_all(
    handle: Handle,
    mut events: mpsc::Receiver<Event>,
    count: usize,
) -> HashMap<ConversationId, Vec<(u64, String)>> {
    let (mut seen, mut total) = (HashMap::<_, Vec<_>>::new(), 0);
    while total < count {
        match in_time("an entry", events.recv()).await.expect("the reader lives on") {
            Event::Summary(summary) if !seen.contains_key(&summary.conversation) => {
                seen.insert(summary.conversation, Vec::new());
                let follow = Command::Follow { conversation: summary.conversation, after: Seq::ZERO };
                handle.command(follow).unwrap();
            }
            Event::Newer { conversation, entries } => {
                total += entries.len();
                let told = entries.into_iter().map(|entry| (entry.seq.get(), entry.client_id.to_string()));
                seen.entry(conversation).or_default().extend(told);
            }
            _ => {}
        }
    }
    seen
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_acknowledged_is_lost_and_nothing_is_doubled() {
    let mut server = RealServer::start(&[]).await;
    let outboxes = tempfile::tempdir().unwrap();
    for user in SENDERS.iter().chain(&["bob"]) {
        Person::registers(server.address(), user).await;
    }
    let (progress, mut sent) = watch::channel(0);
    let total = MESSAGES_EACH * SENDERS.len() as u64;
    let senders: Vec<_> = SENDERS
        .iter()
        .map(|user| {
            let (handle, events) = connect(config(server.address(), user, outboxes.path())).unwrap();
            tokio::spawn(send_all(user, handle, events, progress.clone()))
        })
        .collect();
    let readers: Vec<_> = ["a", "b"]
        .iter()
        .map(|device| {
            let folder = outboxes.path().join(device);
            let (handle, events) = connect(config(server.address(), "bob", &folder)).unwrap();
            tokio::spawn(read_all(handle, events, total as usize))
        })
        .collect();
    for kill in 1..=KILLS {
        let mark = total * kill / (KILLS + 1);
        in_time("traffic", sent.wait_for(|sent| *sent >= mark)).await.unwrap();
        server.crashes_and_restarts().await;
    }
    let mut accounts: HashMap<ConversationId, Account> = HashMap::new();
    for sender in senders {
        let Sent { conversation, acked, meant } = sender.await.unwrap();
        accounts.insert(conversation, Account { acked, meant, ..Account::default() });
    }
    for reader in readers {
        for (conversation, seen) in reader.await.unwrap() {
            accounts.get_mut(&conversation).expect("a conversation that somebody sent in").seen.push(seen);
        }
    }
    let mut bob = Person::logs_in(server.address(), "bob").await;
    for (conversation, mut account) in accounts {
        assert_eq!(account.seen.len(), 2, "both readers saw it");
        account.stored = stored(&mut bob, conversation).await;
        assert_eq!(account.faults(), Vec::<String>::new());
    }
}

async fn stored(bob: &mut Person, conversation: ConversationId) -> Vec<(u64, String)> {
    let mut stored = Vec::new();
    loop {
        let after = stored.last().map_or(0, |(seq, _)| *seq);
        let request = serde_json::json!({"type": "history", "conversation": conversation, "after": after});
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
