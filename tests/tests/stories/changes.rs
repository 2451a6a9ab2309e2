//! Edits, deletions, reactions and replies, over the wire: who is told what, and who may do what.

use chat_tests::{House, Person};
use serde_json::{Value, json};

async fn talk(house: &House) -> (Person, Person, Value) {
    let (mut ann, mut bob) = (house.person("ann").await, house.person("bob").await);
    let talk = ann.sends("bob", "helo").await["conversation"].clone();
    bob.expects("ann", "helo").await;
    (ann, bob, talk)
}

#[tokio::test]
async fn all_devices_are_told_of_a_change_and_later_readers_see_what_became_of_it() {
    let house = House::open().await;
    let (mut ann, mut bob, talk) = talk(&house).await;
    let mut tablet = Person::logs_in(house.address(), "ann").await;
    let ack = ann.does("edit", &talk, 1, json!({"text": "hello"})).await;
    assert_eq!((&ack["type"], &ack["seq"]), (&json!("ack"), &json!(2)), "{ack}");
    bob.does("react", &talk, 1, json!({"emoji": "👍"})).await;
    ann.does("react", &talk, 1, json!({"emoji": "👍"})).await;
    ann.does("react", &talk, 1, json!({"emoji": "👍", "removed": true})).await;
    let reply = json!({
        "type": "send", "conversation": talk, "client_id": "reply", "text": "hi", "reply_to": 1
    });
    assert_eq!(bob.asks(reply).await["seq"], 6);
    let quote = json!({"seq": 1, "from": "ann", "text": "hello"});
    for person in [&mut tablet, &mut ann] {
        let mut heard = person.push("entry").await;
        while heard["seq"] != 6 {
            heard = person.push("entry").await;
        }
        assert_eq!((&heard["text"], &heard["reply_to"]), (&json!("hi"), &quote));
    }
    for (kind, expected) in [
        ("edit", json!({"target": 1, "text": "hello"})),
        ("reaction", json!({"target": 1, "emoji": "👍"})),
        ("reaction", json!({"target": 1, "emoji": "👍", "removed": true})),
    ] {
        let entry = bob.push("entry").await;
        assert_eq!((&entry["from"], &entry["kind"]), (&json!("ann"), &json!(kind)));
        for (field, value) in expected.as_object().unwrap() {
            assert_eq!(entry[field], *value, "{entry}");
        }
    }
    let told = ann.finds(&talk, 1).await;
    let reactions = json!([{"emoji": "👍", "users": ["bob"]}]);
    assert_eq!(
        (&told["text"], &told["reactions"], &told["changed"]),
        (&json!("hello"), &reactions, &json!(5))
    );
    assert!(told["edited_at"].is_u64(), "{told}");
    let summary = ann.opens("bob").await;
    assert_eq!((&summary["last"]["reply_to"], &summary["head"]), (&quote, &json!(6)));
    let versions = json!({"type": "versions", "conversation": talk, "seq": 1});
    let versions = bob.asks(versions).await;
    let texts: Vec<_> = versions["versions"].as_array().unwrap().iter().map(|one| &one["text"]).collect();
    assert_eq!((texts, &versions["more"]), (vec![&json!("helo"), &json!("hello")], &json!(false)));
}

#[tokio::test]
async fn a_deleted_text_is_nowhere_any_more() {
    let house = House::open().await;
    let (mut ann, mut bob, talk) = talk(&house).await;
    ann.does("edit", &talk, 1, json!({"text": "a secret"})).await;
    bob.asks(json!({"type": "send", "to": "ann", "client_id": "r", "text": "x", "reply_to": 1})).await;
    let ack = ann.does("delete", &talk, 1, json!({})).await;
    assert_eq!(ack["seq"], 4, "{ack}");
    let request = json!({"type": "history", "conversation": talk});
    let page = bob.asks(request).await.to_string();
    assert!(!page.contains("secret") && !page.contains("helo"), "{page}");
    let told = bob.finds(&talk, 1).await;
    assert!(told["deleted_at"].is_u64() && told["text"] == "", "{told}");
    assert_eq!(bob.finds(&talk, 3).await["reply_to"]["deleted"], true);
    let versions = bob.asks(json!({"type": "versions", "conversation": talk, "seq": 1})).await;
    assert_eq!(versions["versions"], json!([]));
}

/// Each operation by the sender, the other member and a stranger: what they get, and that it changes nothing.
#[tokio::test]
async fn who_gets_what() {
    let house = House::open().await;
    let (mut ann, mut bob, talk) = talk(&house).await;
    let mut eve = house.person("eve").await;
    ann.sends("bob", "to be deleted").await;
    ann.does("delete", &talk, 2, json!({})).await;
    ann.does("edit", &talk, 1, json!({"text": "hello"})).await;
    let operations = [
        ("edit", json!({"text": "x"})),
        ("delete", json!({})),
        ("react", json!({"emoji": "👍"})),
        ("versions", json!({})),
    ];
    // Message 1 is ann's, 2 is deleted, 3 and 4 are no messages, 5 is none yet.
    let answers = |who: &str, kind: &str, seq: u64| match (who, kind, seq) {
        ("eve", "versions", _) => "unknown_message",
        ("eve", ..) => "unknown_conversation",
        (_, "versions", 1 | 2) => "versions",
        (_, _, 3..) => "unknown_message",
        (_, _, 2) => "message_deleted",
        ("bob", "edit" | "delete", 1) => "not_yours",
        _ => "ack",
    };
    for (kind, more) in &operations {
        for seq in [2, 3, 4, 5, 99] {
            for (who, person) in [("ann", &mut ann), ("bob", &mut bob), ("eve", &mut eve)] {
                let answer = person.does(kind, &talk, seq, more.clone()).await;
                let got = answer["code"].as_str().or(answer["type"].as_str()).unwrap();
                assert_eq!(got, answers(who, kind, seq), "{who} {kind} {seq}: {answer}");
            }
        }
        for (who, person) in [("bob", &mut bob), ("eve", &mut eve)] {
            if answers(who, kind, 1) != "ack" {
                let answer = person.does(kind, &talk, 1, more.clone()).await;
                let got = answer["code"].as_str().or(answer["type"].as_str()).unwrap();
                assert_eq!(got, answers(who, kind, 1), "{who} {kind} 1: {answer}");
            }
        }
    }
    for (seq, code) in [(2, "message_deleted"), (3, "unknown_message"), (99, "unknown_message")] {
        let reply = json!({
            "type": "send", "conversation": talk, "client_id": format!("r{seq}"), "text": "x", "reply_to": seq
        });
        assert_eq!(bob.asks(reply).await["code"], code);
    }
    // What a stranger gets is the same for a conversation that there is and for one that there is not.
    for (kind, more) in operations {
        let mut there = eve.does(kind, &talk, 1, more.clone()).await;
        let mut nowhere = eve.does(kind, &json!("00ff00ff00ff00ff"), 1, more).await;
        there["id"].take();
        nowhere["id"].take();
        assert_eq!(there, nowhere);
    }
    for bad in ["x", "", "👍👍", ":+1:"] {
        assert_eq!(ann.does("react", &talk, 1, json!({"emoji": bad})).await["code"], "bad_field", "{bad}");
    }
    for bad in ["", "a\u{0}b"] {
        assert_eq!(ann.does("edit", &talk, 1, json!({"text": bad})).await["code"], "bad_field", "{bad:?}");
    }
    let long = "x".repeat(8193);
    assert_eq!(ann.does("edit", &talk, 1, json!({"text": long})).await["code"], "bad_field");
    let head = ann.opens("bob").await["head"].clone();
    assert_eq!(head, 4, "nothing that was refused has a number");
}

#[tokio::test]
async fn a_change_that_is_sent_again_is_made_once() {
    let house = House::open().await;
    let (mut ann, mut bob, talk) = talk(&house).await;
    let change = |text: &str| json!({"type": "edit", "conversation": talk, "seq": 1, "client_id": "same", "text": text});
    let first = ann.asks(change("hello")).await;
    let mut again = ann.again(house.address()).await;
    let second = again.asks(change("hello")).await;
    assert_eq!((&first["seq"], &first["at"]), (&second["seq"], &second["at"]));
    assert_eq!(again.asks(change("hullo")).await["code"], "id_conflict");
    assert_eq!(again.sends_as("same", "bob", "hello").await["code"], "id_conflict");
    assert_eq!(bob.push("entry").await["text"], "hello");
    bob.has_no_push("entry").await;
}

/// The worst that a page may hold stays within a frame that clients read.
#[tokio::test]
async fn the_longest_history_of_a_message_comes_in_pages() {
    let house = House::open().await;
    let (mut ann, mut bob, talk) = talk(&house).await;
    for number in 0..60 {
        let text = format!("{number} {}", "\u{1b}".repeat(8000));
        assert_eq!(ann.does("edit", &talk, 1, json!({"text": text})).await["type"], "ack");
    }
    let (mut all, mut before) = (Vec::new(), Value::Null);
    loop {
        let mut request = json!({"type": "versions", "conversation": talk, "seq": 1});
        if !before.is_null() {
            request["before"] = before.clone();
        }
        let answer = bob.asks(request).await;
        assert!(answer.to_string().len() < 1024 * 1024);
        let versions = answer["versions"].as_array().unwrap().clone();
        before = versions[0]["seq"].clone();
        all.splice(0..0, versions);
        if answer["more"] == false {
            break;
        }
    }
    let numbers: Vec<_> = all.iter().map(|one| one["seq"].as_u64().unwrap()).collect();
    assert_eq!(numbers, (1..=61).collect::<Vec<_>>());
}
