//! How far the other one is: delivered, read, and what is told of it.

use chat_tests::{House, Person};
use serde_json::{Value, json};

async fn marks(person: &mut Person, kind: &str, conversation: &Value, seq: u64) {
    person
        .types(json!({"type": kind, "id": "m", "conversation": conversation, "seq": seq}).to_string())
        .await;
}

#[tokio::test]
async fn the_sender_sees_delivered_and_then_read() {
    let house = House::open().await;
    let (mut ann, mut bob) = (house.person("ann").await, house.person("bob").await);
    let mut tablet = Person::logs_in(house.address(), "ann").await;
    let talk = ann.sends("bob", "one").await["conversation"].clone();
    ann.sends("bob", "two").await;
    assert_eq!(ann.opens("bob").await["peer_marks"], json!({"delivered": 0, "read": 0}));
    marks(&mut bob, "delivered", &talk, 2).await;
    let told = json!({"type": "marks", "conversation": talk, "user": "bob", "delivered": 2, "read": 0});
    assert_eq!(ann.push("marks").await, told);
    assert_eq!(tablet.push("marks").await, told);
    bob.asks(json!({"type": "read", "conversation": talk, "seq": 1})).await;
    assert_eq!(ann.push("marks").await["read"], 1);
    for (kind, seq) in [("delivered", 1), ("delivered", 2), ("delivered", 99)] {
        marks(&mut bob, kind, &talk, seq).await;
    }
    bob.asks(json!({"type": "read", "conversation": talk, "seq": 1})).await;
    ann.has_no_push("marks").await;
    bob.has_no_push("marks").await;
    assert_eq!(ann.opens("bob").await["peer_marks"], json!({"delivered": 2, "read": 1}));
    let listed = ann.asks(json!({"type": "list"})).await;
    assert_eq!(listed["conversations"][0]["peer_marks"], json!({"delivered": 2, "read": 1}));
}

#[tokio::test]
async fn reading_on_one_device_clears_the_count_of_the_other() {
    let house = House::open().await;
    let (mut ann, mut phone) = (house.person("ann").await, house.person("bob").await);
    let mut laptop = Person::logs_in(house.address(), "bob").await;
    let talk = ann.sends("bob", "one").await["conversation"].clone();
    ann.sends("bob", "two").await;
    phone.asks(json!({"type": "read", "conversation": talk, "seq": 1})).await;
    let receipt = laptop.push("receipt").await;
    assert_eq!(
        (&receipt["user"], &receipt["read"], &receipt["unread"]),
        (&json!("bob"), &json!(1), &json!(1))
    );
    assert_eq!(laptop.opens("ann").await["unread"], 1);
}

#[tokio::test]
async fn who_does_not_want_to_tell_what_they_have_read_does_not() {
    let house = House::open().await;
    let (mut ann, mut bob) = (house.person("ann").await, house.person("bob").await);
    assert_eq!(bob.asks(json!({"type": "settings"})).await["read_receipts"], true);
    let off = json!({"type": "settings", "read_receipts": false});
    assert_eq!(bob.asks(off).await["read_receipts"], false);
    let talk = ann.sends("bob", "one").await["conversation"].clone();
    bob.asks(json!({"type": "read", "conversation": talk, "seq": 1})).await;
    let told = ann.push("marks").await;
    assert_eq!((&told["delivered"], told.get("read")), (&json!(1), None), "{told}");
    assert_eq!(ann.opens("bob").await["peer_marks"], json!({"delivered": 1}));
    let mut laptop = Person::logs_in(house.address(), "bob").await;
    assert_eq!(laptop.asks(json!({"type": "settings"})).await["read_receipts"], false, "on all devices");
    assert_eq!(laptop.opens("ann").await["unread"], 0, "their own devices know");
    let on = json!({"type": "settings", "read_receipts": true});
    laptop.asks(on).await;
    assert_eq!(ann.opens("bob").await["peer_marks"], json!({"delivered": 1, "read": 1}));
}

#[tokio::test]
async fn strangers_and_notes() {
    let house = House::open().await;
    let (mut ann, mut eve) = (house.person("ann").await, house.person("eve").await);
    let _bob = house.person("bob").await;
    let talk = ann.sends("bob", "one").await["conversation"].clone();
    for conversation in [talk, json!("00ff00ff00ff00ff")] {
        for kind in ["delivered", "read"] {
            let request = json!({"type": kind, "conversation": conversation, "seq": 1});
            assert_eq!(eve.asks(request).await["code"], "unknown_conversation");
        }
    }
    let notes = ann.sends("ann", "milk").await["conversation"].clone();
    assert_eq!(ann.opens("ann").await.get("peer_marks"), None);
    let mut tablet = Person::logs_in(house.address(), "ann").await;
    tablet.asks(json!({"type": "read", "conversation": notes, "seq": 1})).await;
    ann.push("receipt").await;
    ann.has_no_push("marks").await;
}
