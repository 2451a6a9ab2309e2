//! Who is typing: told to those whom it concerns, kept by nobody, and never in anybody's way.

use chat_tests::{House, Person, Wire};
use serde_json::{Value, json};
use std::time::Instant;

/// Asks for nothing but to be passed on.
async fn types_to(person: &mut Person, target: Value, stopped: bool) {
    let mut notice = json!({"type": "typing", "id": "t", "stopped": stopped});
    notice.as_object_mut().unwrap().extend(target.as_object().unwrap().clone());
    person.types(notice.to_string()).await;
}

/// Everything that came until an answer, so that what was said before it has been done.
async fn hears_until_pong(wire: &mut Wire) -> Vec<Value> {
    wire.types(r#"{"type":"ping","id":"end"}"#).await;
    let mut heard = Vec::new();
    loop {
        match wire.hears().await {
            pong if pong["type"] == "pong" => return heard,
            frame => heard.push(frame),
        }
    }
}

#[tokio::test]
async fn the_others_devices_are_told_and_the_senders_are_not() {
    let house = House::open().await;
    let (mut ann, mut phone) = (house.person("ann").await, house.person("bob").await);
    let mut tablet = Person::logs_in(house.address(), "ann").await;
    let mut laptop = Person::logs_in(house.address(), "bob").await;
    let talk = ann.sends("bob", "hi").await["conversation"].clone();
    for (target, stopped, lease_ms) in [
        (json!({"to": "bob"}), false, 6000),
        (json!({"conversation": talk}), false, 6000),
        (json!({"to": "bob"}), true, 0),
    ] {
        types_to(&mut ann, target, stopped).await;
        let expected = json!({"type": "typing", "conversation": talk, "user": "ann", "lease_ms": lease_ms});
        for device in [&mut phone, &mut laptop] {
            assert_eq!(device.push("typing").await, expected);
        }
    }
    ann.has_no_push("typing").await;
    tablet.has_no_push("typing").await;
    types_to(&mut laptop, json!({"to": "ann"}), false).await;
    for device in [&mut ann, &mut tablet] {
        assert_eq!(device.push("typing").await["user"], "bob");
    }
}

#[tokio::test]
async fn it_is_never_in_the_log() {
    let house = House::open().await;
    let (mut ann, mut bob) = (house.person("ann").await, house.person("bob").await);
    ann.sends("bob", "one").await;
    types_to(&mut ann, json!({"to": "bob"}), false).await;
    bob.push("typing").await;
    assert_eq!(ann.sends("bob", "two").await["seq"], 2);
    assert_eq!(bob.opens("ann").await["unread"], 2);
    assert_eq!(bob.reads_all("ann").await, [(1, "one".to_owned()), (2, "two".to_owned())]);
    let token = bob.token.clone();
    let house = house.reopens().await;
    let mut bob = Person::returns(house.address(), &token).await;
    assert_eq!(bob.reads_all("ann").await.len(), 2);
    bob.has_no_push("typing").await;
}

#[tokio::test]
async fn a_stranger_tells_nobody_and_learns_nothing() {
    let house = House::open().await;
    let (mut ann, mut bob, mut eve) =
        (house.person("ann").await, house.person("bob").await, house.person("eve").await);
    let talk = ann.sends("bob", "hi").await["conversation"].clone();
    let mut answers = Vec::new();
    for target in [
        json!({"conversation": talk}),
        json!({"conversation": "0123456789abcdef"}),
        json!({"to": "bob"}),
        json!({"to": "nobody"}),
    ] {
        types_to(&mut eve, target, false).await;
        answers.push(eve.answer_to("t").await);
    }
    assert_eq!(answers[0]["code"], "unknown_conversation");
    assert!(answers.iter().all(|answer| *answer == answers[0]), "{answers:?}");
    // One who has opened a conversation and never said anything is a stranger still.
    eve.opens("bob").await;
    types_to(&mut eve, json!({"to": "bob"}), true).await;
    assert_eq!(hears_until_pong(&mut eve).await, [] as [Value; 0]);
    assert_eq!(eve.asks(json!({"type": "list"})).await["conversations"], json!([]));
    ann.has_no_push("typing").await;
    bob.has_no_push("typing").await;
    types_to(&mut ann, json!({"to": "bob"}), false).await;
    bob.push("typing").await;
    eve.has_no_push("typing").await;
}

/// Each look-up of one who is in the conversation is a push, and each of one who is not is an answer: so they are counted.
#[tokio::test]
async fn a_flood_is_hardly_looked_up_and_delays_and_cuts_nobody() {
    const FLOOD: usize = 1000;
    let house = House::open().await;
    let (mut ann, mut bob) = (house.person("ann").await, house.person("bob").await);
    ann.sends("bob", "before").await;
    bob.expects("ann", "before").await;
    let begun = Instant::now();
    for _ in 0..FLOOD {
        types_to(&mut ann, json!({"to": "bob"}), false).await;
    }
    ann.sends("bob", "after").await;
    let seconds = usize::try_from(begun.elapsed().as_secs()).unwrap();
    let heard = notices_before(&mut bob, "after").await;
    assert!((1..=1 + seconds / 2).contains(&heard), "{heard} of {FLOOD} in {seconds} s");

    let mut eve = house.person("eve").await;
    let begun = Instant::now();
    for number in 0..FLOOD {
        types_to(&mut eve, json!({"conversation": format!("{number:016x}")}), false).await;
    }
    let answers = hears_until_pong(&mut eve).await;
    let seconds = usize::try_from(begun.elapsed().as_secs()).unwrap();
    assert!(answers.iter().all(|answer| answer["code"] == "unknown_conversation"), "{answers:?}");
    assert!((8..=9 + seconds).contains(&answers.len()), "{} of {FLOOD} in {seconds} s", answers.len());
    assert_eq!(eve.sends("bob", "hello").await["type"], "ack");
    bob.expects("eve", "hello").await;
}

/// How many notices come before the entry with this text.
async fn notices_before(wire: &mut Wire, text: &str) -> usize {
    let mut notices = 0;
    loop {
        match wire.hears().await {
            entry if entry["text"] == text => return notices,
            frame => notices += usize::from(frame["type"] == "typing"),
        }
    }
}
