//! A name can become another's: what was meant for the one who had it before never reaches the other.

use chat_client::{
    Auth, Command, Config, Connection, Content, Event, Handle, Outgoing, OutgoingState, connect,
};
use chat_protocol::{ErrorCode, Target, Token};
use chat_tests::{Person, RealServer, in_time};
use serde_json::json;
use std::path::Path;
use tokio::sync::mpsc::Receiver;

fn starts(server: &RealServer, ann: &Person, outbox: &Path) -> (Handle, Receiver<Event>) {
    let config = Config {
        server: format!("http://{}", server.address()).parse().unwrap(),
        user: "ann".parse().unwrap(),
        auth: Auth::Token(Token::new(ann.token.as_str())),
        device: String::new(),
        outbox: Some(outbox.to_owned()),
        tells_arrivals: true,
    };
    connect(config).unwrap()
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
    let (handle, mut events) = starts(&server, &ann, outbox.path());
    while in_time("the connection", events.recv()).await.unwrap() != Event::Connection(Connection::Live) {}
    server.stops().await;
    let (target, content) = (Target::To("bob".parse().unwrap()), Content::text("for you alone"));
    handle.command(Command::Send { client_id: "secret".parse().unwrap(), target, content }).unwrap();
    assert_eq!(outgoing(&mut events).await.state, OutgoingState::Queued);
    // The client is closed, and only the disk remembers.
    drop((handle, events));
    server.crashes_and_restarts().await;
    let mut other = bob.leaves_the_name(server.address()).await;
    let (_handle, mut events) = starts(&server, &ann, outbox.path());
    let queued = outgoing(&mut events).await;
    assert_eq!(json!(queued.target), json!({"conversation": talk}), "whatever the other one is called");
    let state = outgoing(&mut events).await.state;
    assert!(matches!(state, OutgoingState::Failed { code: ErrorCode::UnknownUser, .. }), "{state:?}");
    other.has_heard_nothing().await;
}
