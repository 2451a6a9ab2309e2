//! A name can become another's: what was meant for the one who had it before never reaches the other.

use chat_client::{
    Auth, Command, Config, Connection, Content, Event, Handle, Outgoing, OutgoingState, connect,
};
use chat_protocol::{ErrorCode, Target, Token};
use chat_tests::{Person, Proxy, RealServer, in_time};
use serde_json::{Value, json};
use std::net::SocketAddr;
use std::path::Path;
use tempfile::TempDir;
use tokio::sync::mpsc::Receiver;

fn starts(server: SocketAddr, ann: &Person, outbox: &Path) -> (Handle, Receiver<Event>) {
    let config = Config {
        server: format!("http://{server}").parse().unwrap(),
        user: "ann".parse().unwrap(),
        auth: Auth::Token(Token::new(ann.token.as_str())),
        device: String::new(),
        outbox: Some(outbox.to_owned()),
        tells_arrivals: true,
    };
    connect(config).unwrap()
}

/// The next time that the connection is so.
async fn is(connection: Connection, events: &mut Receiver<Event>) {
    let connection = Event::Connection(connection);
    while in_time("the connection", events.recv()).await.unwrap() != connection {}
}

/// A client of ann, who has written to bob: the server has crashed and is back, and the client stands before a shut line.
struct Away {
    server: RealServer,
    bob: Person,
    /// The conversation of the two.
    talk: Value,
    handle: Handle,
    events: Receiver<Event>,
    line: Proxy,
    outbox: TempDir,
}

impl Away {
    async fn from_the_server() -> Self {
        let mut server = RealServer::start(&[]).await;
        let (outbox, line) = (tempfile::tempdir().unwrap(), Proxy::to(server.address()).await);
        let mut ann = Person::registers(server.address(), "ann").await;
        let bob = Person::registers(server.address(), "bob").await;
        let talk = ann.sends("bob", "hi").await["conversation"].clone();
        let (handle, mut events) = starts(line.address(), &ann, outbox.path());
        is(Connection::Live, &mut events).await;
        line.shuts();
        server.crashes_and_restarts().await;
        is(Connection::Connecting, &mut events).await;
        Self { server, bob, talk, handle, events, line, outbox }
    }
}

/// Something for bob alone, as somebody says it who knows him by his name.
fn says_it_to_bob(handle: &Handle) {
    let (target, content) = (Target::To("bob".parse().unwrap()), Content::text("for you alone"));
    handle.command(Command::Send { client_id: "secret".parse().unwrap(), target, content }).unwrap();
}

/// What becomes of a message next.
async fn outgoing(events: &mut Receiver<Event>) -> Outgoing {
    loop {
        if let Event::Outbox(outgoing) = in_time("news of a message", events.recv()).await.unwrap() {
            return outgoing;
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_waits_for_somebody_reaches_nobody_else_of_that_name() {
    let mut server = RealServer::start(&[]).await;
    let outbox = tempfile::tempdir().unwrap();
    let (mut ann, bob) =
        (Person::registers(server.address(), "ann").await, Person::registers(server.address(), "bob").await);
    let talk = ann.sends("bob", "hi").await["conversation"].clone();
    let (handle, mut events) = starts(server.address(), &ann, outbox.path());
    is(Connection::Live, &mut events).await;
    server.stops().await;
    says_it_to_bob(&handle);
    assert_eq!(outgoing(&mut events).await.state, OutgoingState::Queued);
    // The client is closed, and only the disk remembers.
    drop((handle, events));
    server.crashes_and_restarts().await;
    let mut other = bob.leaves_the_name(server.address()).await;
    let (_handle, mut events) = starts(server.address(), &ann, outbox.path());
    let queued = outgoing(&mut events).await;
    assert_eq!(json!(queued.target), json!({"conversation": talk}), "whatever the other one is called");
    let state = outgoing(&mut events).await.state;
    assert!(matches!(state, OutgoingState::Failed { code: ErrorCode::UnknownUser, .. }), "{state:?}");
    other.has_heard_nothing().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_client_that_comes_back_does_not_mistake_one_for_the_other() {
    let Away { server, bob, talk, handle, mut events, line, outbox: _kept } = Away::from_the_server().await;
    says_it_to_bob(&handle);
    let queued = outgoing(&mut events).await;
    assert_eq!((json!(queued.target), queued.state), (json!({"conversation": talk}), OutgoingState::Queued));
    let mut other = bob.leaves_the_name(server.address()).await;
    line.opens();
    let state = outgoing(&mut events).await.state;
    assert!(matches!(state, OutgoingState::Failed { code: ErrorCode::UnknownUser, .. }), "{state:?}");
    other.has_heard_nothing().await;
}

/// The new bob has written by the time when the client hears that the old one has gone.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_has_the_name_by_now_is_told_apart_and_written_to() {
    let Away { server, bob, talk, handle, mut events, line, outbox: _kept } = Away::from_the_server().await;
    let mut other = bob.leaves_the_name(server.address()).await;
    let theirs = other.sends("ann", "it is me").await["conversation"].clone();
    line.opens();
    let mut told = Vec::new();
    while told.last() != Some(&Event::Synced) {
        told.push(in_time("the list", events.recv()).await.unwrap());
    }
    let is_gone =
        |event: &Event| matches!(event, Event::PeerGone { conversation, .. } if json!(conversation) == talk);
    assert!(told.iter().any(is_gone), "{told:?}");
    assert!(!told.iter().any(|event| matches!(event, Event::Gone { .. })), "{told:?}");
    let summary = |event: &Event| match event {
        Event::Summary(summary) if json!(summary.conversation) == theirs => Some(json!(summary)),
        _ => None,
    };
    let summary = told.iter().rev().find_map(summary).unwrap();
    assert_eq!((&summary["peer"]["user"], &summary["last"]["text"]), (&json!("bob"), &json!("it is me")));
    says_it_to_bob(&handle);
    other.expects("ann", "for you alone").await;
}
