//! A stop is clean: what is in flight is answered, clients are told to reconnect, nothing is lost.

use chat_protocol::CloseCode;
use chat_tests::{House, Person, RealServer};
use serde_json::json;
use tokio_tungstenite::tungstenite::Message;

#[tokio::test]
async fn clients_are_told_to_reconnect_and_sends_in_flight_are_answered() {
    const COUNT: usize = 30;
    let house = House::open().await;
    let (mut ann, _bob) = (house.person("ann").await, house.person("bob").await);
    ann.sends("bob", "first").await;
    for number in 0..COUNT {
        let send = json!({"type": "send", "id": format!("{number}"), "to": "bob", "client_id": format!("c{number}"), "text": "x"});
        ann.types(send.to_string()).await;
    }
    let token = ann.token.clone();
    let acked = tokio::spawn(async move {
        let mut acked = 0;
        while let Some(frame) = ann.hears_or_end().await {
            acked += usize::from(frame["type"] == "ack");
        }
        (acked, ann.close_code().await)
    });
    let house = house.reopens().await;
    let (acked, code) = acked.await.unwrap();
    assert_eq!(code, Some(CloseCode::Restart.number()));
    let mut ann = Person::returns(house.address(), &token).await;
    let stored = ann.reads_all("bob").await.len() - 1;
    assert!(stored >= acked, "{acked} acked, {stored} stored");
    assert_eq!(stored, acked, "what was taken in was answered");
}

#[tokio::test]
async fn somebody_at_the_door_is_told_too() {
    let house = House::open().await;
    let mut wire = chat_tests::Wire::dial(house.address()).await;
    let closing = tokio::spawn(house.closes());
    assert_eq!(wire.close_code().await, Some(CloseCode::Restart.number()));
    closing.await.unwrap();
}

#[cfg(unix)]
#[tokio::test]
async fn sigterm_stops_the_real_server_with_exit_code_0() {
    let mut server = RealServer::start(&[]).await;
    let mut ann = Person::registers(server.address(), "ann").await;
    ann.sends_message(Message::Ping(Vec::new().into())).await;
    let (status, code) = tokio::join!(server.stops(), ann.close_code());
    assert_eq!((status.code(), code), (Some(0), Some(CloseCode::Restart.number())));
}
