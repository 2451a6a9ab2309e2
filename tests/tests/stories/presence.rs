//! Who is there, and since when not.

use chat_tests::{House, Person};
use serde_json::json;
use std::time::Duration;

#[tokio::test]
async fn a_peer_comes_and_goes() {
    let house = House::open().await;
    let (mut ann, bob) = (house.person("ann").await, house.person("bob").await);
    ann.sends("bob", "hi").await;
    let token = bob.token.clone();
    bob.vanishes_now();
    let gone = ann.sees("bob", false).await;
    assert!(gone["last_seen"].as_u64().is_some(), "{gone}");
    let summary = ann.opens("bob").await;
    assert_eq!(summary["peer"]["online"], false);
    assert_eq!(summary["peer"]["last_seen"], gone["last_seen"]);
    let _bob = Person::returns(house.address(), &token).await;
    ann.sees("bob", true).await;
    assert_eq!(ann.opens("bob").await["peer"]["online"], true);
}

#[tokio::test]
async fn somebody_with_two_devices_goes_with_the_last() {
    let house = House::open().await;
    let (mut ann, phone) = (house.person("ann").await, house.person("bob").await);
    ann.sends("bob", "hi").await;
    let mut laptop = phone.again(house.address()).await;
    phone.vanishes_now();
    laptop.asks(json!({"type": "ping"})).await;
    assert_eq!(ann.opens("bob").await["peer"]["online"], true);
    laptop.vanishes_now();
    ann.sees("bob", false).await;
}

#[tokio::test]
async fn a_client_that_vanished_without_a_word_is_offline_after_the_silence() {
    let house = House::with(|config| {
        config.timing.ping = Duration::from_millis(50);
        config.timing.silence = Duration::from_millis(1500);
    })
    .await;
    let (mut ann, bob) = (house.person("ann").await, house.person("bob").await);
    ann.sends("bob", "hi").await;
    // The socket stays open, but nobody reads or answers pings any more.
    let _asleep = bob.falls_asleep();
    // Ann answers pings while she waits, so she stays.
    ann.sees("bob", false).await;
}

#[tokio::test]
async fn strangers_are_not_told_who_is_there() {
    let house = House::open().await;
    let mut eve = house.person("eve").await;
    let bob = house.person("bob").await;
    bob.vanishes_now();
    house.person("ann").await;
    eve.has_no_push("presence").await;
}
