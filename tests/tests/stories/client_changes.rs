//! Edits, deletions, reactions and replies as the client library makes them, without a connection and over a crash: whoever
//! takes in what they are told ends with what the server has.

use chat_client::{Auth, Command, Config, Connection, Content, Event, Handle, OutgoingState, connect};
use chat_protocol::{Body, ConversationId, Entry, Message, Quote, Seq, Target, Token};
use chat_tests::{House, Person, in_time};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::Path;
use tokio::sync::mpsc::Receiver;

/// One of a person's devices, with a log of its own.
struct Client {
    handle: Handle,
    events: Receiver<Event>,
    log: BTreeMap<Seq, Entry>,
    queued: usize,
    sent: usize,
    is_live: bool,
}

impl Client {
    fn starts(server: SocketAddr, person: &Person, outbox: &Path) -> Self {
        let config = Config {
            server: format!("http://{server}").parse().unwrap(),
            user: person.name.parse().unwrap(),
            auth: Auth::Token(Token::new(person.token.as_str())),
            device: String::new(),
            outbox: Some(outbox.to_owned()),
            tells_arrivals: true,
        };
        let (handle, events) = connect(config).unwrap();
        Self { handle, events, log: BTreeMap::new(), queued: 0, sent: 0, is_live: false }
    }

    /// Hears what happens until this holds.
    async fn until(&mut self, what: &str, holds: impl Fn(&Self) -> bool) {
        while !holds(self) {
            let event = in_time(what, self.events.recv()).await.unwrap();
            match event {
                Event::Newest { entries, .. } => {
                    self.log = entries.into_iter().map(|entry| (entry.seq, entry)).collect();
                }
                Event::Newer { entries, .. } => entries.into_iter().for_each(|entry| self.takes_in(entry)),
                Event::Outbox(outgoing) => match outgoing.state {
                    OutgoingState::Queued => self.queued += 1,
                    OutgoingState::Sent { .. } => self.sent += 1,
                    other => panic!("{other:?}"),
                },
                Event::Connection(connection) => self.is_live = connection == Connection::Live,
                _ => {}
            }
        }
    }

    fn takes_in(&mut self, entry: Entry) {
        for held in self.log.values_mut() {
            let Body::Message(message) = &mut held.body else { continue };
            if entry.body.target() == Some(held.seq) {
                message.apply(entry.seq, entry.at, &entry.from, &entry.body);
            }
            if let Some(quote) = &mut message.reply_to {
                quote.apply(&entry.body);
            }
        }
        self.log.insert(entry.seq, entry);
    }

    async fn loads(&mut self, conversation: ConversationId, head: u64) {
        self.until("the connection", |client| client.is_live).await;
        self.asks(Command::Load(conversation));
        self.has(head).await;
    }

    async fn has(&mut self, head: u64) {
        let is_last = |client: &Self| client.log.keys().next_back().is_some_and(|seq| seq.get() == head);
        self.until(&format!("entry {head}"), is_last).await;
    }

    fn asks(&self, command: Command) {
        self.handle.command(command).unwrap();
    }

    fn sends(&self, id: &str, conversation: ConversationId, content: Content) {
        let target = Target::Conversation(conversation);
        self.asks(Command::Send { client_id: id.parse().unwrap(), target, content });
    }

    fn message(&self, number: u64) -> &Message {
        match &self.log[&seq(number)].body {
            Body::Message(message) => message,
            other => panic!("{other:?}"),
        }
    }

    /// What is held, as the server spells it.
    fn spelled(&self) -> Vec<Value> {
        self.log.values().map(|entry| serde_json::to_value(entry).unwrap()).collect()
    }
}

fn seq(number: u64) -> Seq {
    Seq::new(number).unwrap()
}

fn edit(number: u64, text: &str) -> Content {
    Content::Edit { seq: seq(number), text: text.to_owned() }
}

fn reaction(number: u64, removed: bool) -> Content {
    Content::Reaction { seq: seq(number), emoji: "👍".to_owned(), removed }
}

async fn on_the_server(person: &mut Person, conversation: ConversationId) -> Vec<Value> {
    let page = person.asks(json!({"type": "history", "conversation": conversation})).await;
    page["entries"].as_array().unwrap().clone()
}

/// Where nobody listens.
fn a_free_port() -> SocketAddr {
    std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap()
}

fn id_of(ack: &Value) -> ConversationId {
    serde_json::from_value(ack["conversation"].clone()).unwrap()
}

/// Everything is queued without a connection, and then the machine loses the client before it has sent any of it.
fn queues_and_dies(
    nowhere: SocketAddr,
    ann: &Person,
    outbox: &Path,
    changes: Vec<(&str, ConversationId, Content)>,
) {
    let machine = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    machine.block_on(async {
        let mut client = Client::starts(nowhere, ann, outbox);
        let count = changes.len();
        changes.into_iter().for_each(|(id, talk, content)| client.sends(id, talk, content));
        client.until("all to be on the disk", |client| client.queued == count).await;
    });
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_changed_offline_is_made_once_after_a_crash_and_all_agree() {
    let house = House::open().await;
    let (mut ann, mut bob) = (house.person("ann").await, house.person("bob").await);
    let ack = ann.sends("bob", "helo").await;
    let (talk, outbox, bobs_outbox) =
        (id_of(&ack), tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    ann.sends("bob", "a mistake").await;
    bob.sends("ann", "yes?").await;
    let quote = Quote::of(seq(3), "bob".parse().unwrap(), &Message::of("yes?"));
    let reply = Content::Message { text: "it is me".to_owned(), file: None, reply_to: Some(Box::new(quote)) };
    let changes = vec![
        ("1", talk, edit(1, "hello")),
        ("2", talk, reaction(3, false)),
        ("3", talk, Content::Deletion { seq: seq(2) }),
        ("4", talk, reply),
        ("5", talk, edit(1, "hello!")),
        ("6", talk, reaction(3, true)),
    ];
    tokio::task::block_in_place(|| queues_and_dies(a_free_port(), &ann, outbox.path(), changes));
    // Meanwhile somebody else is not idle.
    let mut bobs = Client::starts(house.address(), &bob, bobs_outbox.path());
    bobs.loads(talk, 3).await;
    bob.does("edit", &ack["conversation"], 3, json!({"text": "yes, who is it?"})).await;
    bob.does("react", &ack["conversation"], 1, json!({"emoji": "🎉"})).await;
    let mut anns = Client::starts(house.address(), &ann, outbox.path());
    anns.until("the connection", |client| client.is_live).await;
    anns.asks(Command::Load(talk));
    for client in [&mut anns, &mut bobs] {
        client.has(11).await;
        assert_eq!(client.spelled(), on_the_server(&mut bob, talk).await);
        assert_eq!((client.message(1).text.as_str(), client.message(2).text.as_str()), ("hello!", ""));
    }
    anns.until("all to be sent", |client| client.sent == 6).await;
    let order: Vec<_> = anns.log.values().skip(5).map(|entry| entry.client_id.to_string()).collect();
    assert_eq!(order, ["1", "2", "3", "4", "5", "6"]);
    assert_eq!(anns.message(9).reply_to.as_ref().unwrap().text, "yes, who is it?");
}

/// Nobody says so: the library does by itself, and no more than is true.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_has_reached_a_client_is_told_to_its_sender() {
    let house = House::open().await;
    let (mut ann, bob) = (house.person("ann").await, house.person("bob").await);
    let outbox = tempfile::tempdir().unwrap();
    ann.sends("bob", "while bob is away").await;
    let mut bobs = Client::starts(house.address(), &bob, outbox.path());
    bobs.until("the connection", |client| client.is_live).await;
    let told = ann.push("marks").await;
    assert_eq!((&told["delivered"], &told["read"]), (&json!(1), &json!(0)), "{told}");
    let talk = id_of(&ann.sends("bob", "while bob is there").await);
    assert_eq!(ann.push("marks").await["delivered"], 2);
    bobs.asks(Command::Read { conversation: talk, seq: seq(2) });
    let told = ann.push("marks").await;
    assert_eq!((&told["delivered"], &told["read"]), (&json!(2), &json!(2)), "{told}");
}
