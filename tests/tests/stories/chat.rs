//! Two people chat; nothing is lost, doubled or out of order.

use chat_tests::{House, Person};
use serde_json::json;

#[tokio::test]
async fn a_message_shows_at_the_other_side_at_once() {
    let house = House::open().await;
    let (mut ann, mut bob) = (house.person("ann").await, house.person("bob").await);
    let ack = ann.sends("bob", "hi").await;
    assert_eq!(ack["seq"], 1);
    let entry = bob.expects("ann", "hi").await;
    assert_eq!(
        (&entry["seq"], &entry["at"], &entry["client_id"]),
        (&ack["seq"], &ack["at"], &ack["client_id"])
    );
    bob.sends("ann", "hello").await;
    assert_eq!(ann.expects("bob", "hello").await["seq"], 2);
}

#[tokio::test]
async fn a_message_to_somebody_offline_is_there_when_they_come_back() {
    let house = House::open().await;
    let (mut ann, bob) = (house.person("ann").await, house.person("bob").await);
    let token = bob.token.clone();
    drop(bob);
    ann.sends("bob", "are you there?").await;
    let mut bob = Person::returns(house.address(), &token).await;
    let list = bob.asks(json!({"type": "list"})).await;
    let summary = &list["conversations"][0];
    assert_eq!((&summary["peer"]["user"], &summary["unread"]), (&json!("ann"), &json!(1)));
    assert_eq!(summary["last"]["text"], "are you there?");
    assert_eq!(bob.reads_all("ann").await, [(1, "are you there?".to_owned())]);
}

#[tokio::test]
async fn all_devices_of_both_see_the_same_and_the_sender_is_told_once() {
    let house = House::open().await;
    let (mut phone, mut bob) = (house.person("ann").await, house.person("bob").await);
    let mut laptop = Person::logs_in(house.address(), "ann").await;
    phone.sends("bob", "from the phone").await;
    laptop.expects("ann", "from the phone").await;
    bob.expects("ann", "from the phone").await;
    phone.has_no_push("entry").await;
}

#[tokio::test]
async fn what_is_read_on_one_device_is_read_on_all() {
    let house = House::open().await;
    let (mut ann, mut phone) = (house.person("ann").await, house.person("bob").await);
    let mut laptop = Person::logs_in(house.address(), "bob").await;
    ann.sends("bob", "one").await;
    let conversation = ann.sends("bob", "two").await["conversation"].clone();
    let mut reads = async |seq: u64| {
        let read = json!({"type": "read", "conversation": conversation, "seq": seq});
        assert_eq!(phone.asks(read).await["type"], "ok");
    };
    reads(1).await;
    let receipt = laptop.push("receipt").await;
    assert_eq!((&receipt["read"], &receipt["unread"]), (&json!(1), &json!(1)));
    reads(9_007_199_254_740_991).await;
    assert_eq!(laptop.push("receipt").await["read"], 2, "beyond the head counts as the head");
    reads(1).await;
    let summary = laptop.opens("ann").await;
    assert_eq!((&summary["read"], &summary["unread"]), (&json!(2), &json!(0)), "it never moves back");
}

#[tokio::test]
async fn history_pages_both_ways_and_survives_a_restart() {
    let house = House::open().await;
    let (mut ann, bob) = (house.person("ann").await, house.person("bob").await);
    for number in 1..=7 {
        ann.sends("bob", &format!("m{number}")).await;
    }
    let token = bob.token.clone();
    let house = house.reopens().await;
    let mut bob = Person::returns(house.address(), &token).await;
    let conversation = bob.opens("ann").await["conversation"].clone();
    let mut page = async |range: serde_json::Value| {
        let mut request = json!({"type": "history", "conversation": conversation, "limit": 3});
        request.as_object_mut().unwrap().extend(range.as_object().unwrap().clone());
        let page = bob.asks(request).await;
        assert_eq!((&page["first"], &page["head"]), (&json!(1), &json!(7)), "{page}");
        let entries = page["entries"].as_array().unwrap().clone();
        entries.iter().map(|entry| entry["seq"].as_u64().unwrap()).collect::<Vec<_>>()
    };
    assert_eq!(page(json!({})).await, [5, 6, 7]);
    assert_eq!(page(json!({"before": 5})).await, [2, 3, 4]);
    assert_eq!(page(json!({"before": 2})).await, [1]);
    assert_eq!(page(json!({"before": 1})).await, [] as [u64; 0]);
    assert_eq!(page(json!({"after": 0})).await, [1, 2, 3]);
    assert_eq!(page(json!({"after": 6})).await, [7]);
    assert_eq!(page(json!({"after": 7})).await, [] as [u64; 0]);
}

#[tokio::test]
async fn the_list_is_paged_by_activity_without_loss() {
    let house = House::open().await;
    let mut ann = house.person("ann").await;
    let mut latest = json!(0);
    for peer in ["bob", "cyd", "dan", "eve", "fay"] {
        house.person(peer).await;
        latest = ann.sends(peer, "hi").await["at"].clone();
    }
    // Within one millisecond neither is the later one.
    while ann.sends("bob", "again").await["at"] == latest {}
    let (mut found, mut cursor) = (Vec::new(), json!(null));
    loop {
        let mut request = json!({"type": "list", "limit": 2});
        if !cursor.is_null() {
            request["cursor"] = cursor;
        }
        let list = ann.asks(request).await;
        let names = list["conversations"].as_array().unwrap().iter();
        found.extend(names.map(|summary| summary["peer"]["user"].as_str().unwrap().to_owned()));
        cursor = list["next"].clone();
        if cursor.is_null() {
            break;
        }
    }
    assert_eq!(found[0], "bob");
    found.sort();
    assert_eq!(found, ["bob", "cyd", "dan", "eve", "fay"]);
}

#[tokio::test]
async fn the_same_id_again_is_the_same_message_also_after_a_restart() {
    let house = House::open().await;
    let (mut ann, mut bob) = (house.person("ann").await, house.person("bob").await);
    let first = ann.sends_as("same", "bob", "once").await;
    bob.expects("ann", "once").await;
    let again = ann.sends_as("same", "bob", "once").await;
    bob.has_no_push("entry").await;
    let token = ann.token.clone();
    let house = house.reopens().await;
    let mut ann = Person::returns(house.address(), &token).await;
    let later = ann.sends_as("same", "bob", "once").await;
    for repeated in [&again, &later] {
        let place =
            |ack: &serde_json::Value| (ack["seq"].clone(), ack["at"].clone(), ack["conversation"].clone());
        assert_eq!(place(repeated), place(&first));
    }
    let conflict = ann.sends_as("same", "bob", "twice").await;
    assert_eq!(conflict["code"], "id_conflict");
    assert_eq!(ann.reads_all("bob").await, [(1, "once".to_owned())]);
}

#[tokio::test]
async fn a_client_id_is_the_senders_own() {
    let house = House::open().await;
    let (mut ann, mut bob) = (house.person("ann").await, house.person("bob").await);
    assert_eq!(ann.sends_as("x", "bob", "from ann").await["seq"], 1);
    assert_eq!(bob.sends_as("x", "ann", "from bob").await["seq"], 2);
}

#[tokio::test]
async fn pipelined_sends_keep_their_order() {
    const COUNT: u64 = 200;
    let house = House::open().await;
    let (mut ann, mut bob) = (house.person("ann").await, house.person("bob").await);
    for number in 1..=COUNT {
        let send = json!({"type": "send", "id": format!("s{number}"), "to": "bob", "client_id": format!("c{number}"), "text": format!("{number}")});
        ann.types(send.to_string()).await;
    }
    for number in 1..=COUNT {
        assert_eq!(ann.answer_to(&format!("s{number}")).await["seq"], number);
        assert_eq!(bob.expects("ann", &number.to_string()).await["seq"], number);
    }
}

#[tokio::test]
async fn one_can_write_notes_to_oneself() {
    let house = House::open().await;
    let mut ann = house.person("ann").await;
    let mut laptop = Person::logs_in(house.address(), "ann").await;
    ann.sends("ann", "milk").await;
    laptop.expects("ann", "milk").await;
    assert_eq!(laptop.opens("ann").await["unread"], 0);
}

#[tokio::test]
async fn nobody_reads_the_conversation_of_others() {
    let house = House::open().await;
    let (mut ann, mut eve) = (house.person("ann").await, house.person("eve").await);
    house.person("bob").await;
    let conversation = ann.sends("bob", "secret").await["conversation"].clone();
    for request in [
        json!({"type": "open", "conversation": conversation}),
        json!({"type": "history", "conversation": conversation}),
        json!({"type": "read", "conversation": conversation, "seq": 1}),
        json!({"type": "send", "conversation": conversation, "client_id": "x", "text": "hi"}),
    ] {
        let refused = eve.asks(request.clone()).await;
        assert_eq!(refused["code"], "unknown_conversation", "{request}");
    }
    assert_eq!(eve.asks(json!({"type": "list"})).await["conversations"], json!([]));
    assert_eq!(ann.reads_all("bob").await.len(), 1);
}
