//! Mentions over the wire: who is named, who hears of it, and on which device it is read.

use super::headless::{Machine, WITH_PASSWORD};
use super::search;
use chat_tests::{House, Person};
use serde_json::{Value, json};

/// Says something in a conversation; gives the acknowledgement.
async fn says(person: &mut Person, conversation: &Value, client_id: &str, text: &str) -> Value {
    let send = json!({"type": "send", "conversation": conversation, "client_id": client_id, "text": text});
    let ack = person.asks(send).await;
    assert_eq!(ack["type"], "ack", "{ack}");
    ack
}

async fn makes(person: &mut Person, name: &str, members: &[&str]) -> Value {
    let request = json!({"type": "create_group", "client_id": name, "name": name, "members": members});
    person.asks(request).await["summary"]["conversation"].clone()
}

/// Unread messages, and those of them that mention the person.
async fn counted(person: &mut Person, conversation: &Value) -> (Value, Value) {
    let opened = person.asks(json!({"type": "open", "conversation": conversation})).await;
    let summary = &opened["summary"];
    (summary["unread"].clone(), summary["mentions"].clone())
}

#[tokio::test]
async fn who_is_in_the_conversation_is_mentioned() {
    let house = House::open().await;
    let (mut ann, mut bob) = (house.person("ann").await, house.person("bob").await);
    let (mut eve, _dora) = (house.person("eve").await, house.person("dora").await);
    let ops = makes(&mut ann, "ops", &["bob", "eve"]).await;
    let longer = "x".repeat(33);
    let cases = [
        ("@bob and @eve: lunch?", json!(["bob", "eve"])),
        ("@ann thinks of herself, and of @bob.", json!(["ann", "bob"])),
        ("@dora is not here, @nobody is nobody", Value::Null),
        ("`@bob` in code, mail to ann@bob, https://example.org/@bob", Value::Null),
        ("```\n@bob\n```\n@bob...", json!(["bob"])),
        (&format!("@{longer} @bobby @Bob"), Value::Null),
        ("no sign", Value::Null),
    ];
    for _ in 0..2 {
        bob.push("entry").await;
    }
    for (number, (text, mentions)) in cases.iter().enumerate() {
        let ack = says(&mut ann, &ops, &format!("c{number}"), text).await;
        let pushed = bob.push("entry").await;
        assert_eq!((&ack["mentions"], &pushed["mentions"]), (mentions, mentions), "{text}");
        let again = says(&mut ann, &ops, &format!("c{number}"), text).await;
        assert_eq!(again["mentions"], *mentions, "a repeated send gets the first one's answer");
    }
    let page = eve.asks(json!({"type": "history", "conversation": ops, "after": 2})).await;
    for (entry, (text, mentions)) in page["entries"].as_array().unwrap().iter().zip(&cases) {
        assert_eq!((&entry["text"], &entry["mentions"]), (&json!(text), mentions));
    }
    assert_eq!(counted(&mut bob, &ops).await, (json!(7), json!(3)));
    assert_eq!(counted(&mut eve, &ops).await, (json!(7), json!(1)));
    assert_eq!(counted(&mut ann, &ops).await, (json!(0), Value::Null), "nobody calls themselves");

    let out = json!({"type": "remove_member", "conversation": ops, "client_id": "out", "user": "bob"});
    assert_eq!(ann.asks(out).await["type"], "ack");
    assert_eq!(says(&mut ann, &ops, "late", "@bob, where are you?").await["mentions"], Value::Null);
    let back = json!({"type": "add_members", "conversation": ops, "client_id": "in", "users": ["bob"]});
    assert_eq!(ann.asks(back).await["type"], "ack");
    assert_eq!(counted(&mut bob, &ops).await, (json!(0), Value::Null));
    assert_eq!(says(&mut ann, &ops, "now", "@bob!").await["mentions"], json!(["bob"]));
    assert_eq!(counted(&mut bob, &ops).await, (json!(1), json!(1)));
}

#[tokio::test]
async fn a_mention_is_read_on_all_devices() {
    let house = House::open().await;
    let (mut ann, mut bob) = (house.person("ann").await, house.person("bob").await);
    let mut tablet = Person::logs_in(house.address(), "bob").await;
    let talk = ann.sends("bob", "@bob, lunch?").await["conversation"].clone();
    assert_eq!(ann.sends("bob", "@bob, dinner?").await["mentions"], json!(["bob"]));
    let listed = tablet.asks(json!({"type": "list"})).await["conversations"][0].clone();
    assert_eq!((&listed["unread"], &listed["mentions"]), (&json!(2), &json!(2)), "{listed}");
    assert_eq!(listed["last"]["mentions"], json!(["bob"]));
    bob.asks(json!({"type": "read", "conversation": talk, "seq": 1})).await;
    let receipt = json!({"type": "receipt", "conversation": talk, "user": "bob", "read": 1, "unread": 1, "mentions": 1});
    assert_eq!(tablet.push("receipt").await, receipt);
    bob.asks(json!({"type": "read", "conversation": talk, "seq": 2})).await;
    let receipt = json!({"type": "receipt", "conversation": talk, "user": "bob", "read": 2, "unread": 0});
    assert_eq!(tablet.push("receipt").await, receipt);
    assert_eq!(counted(&mut tablet, &talk).await, (json!(0), Value::Null));
}

#[tokio::test]
async fn edits_mention_nobody_anew_and_a_deletion_takes_it_back() {
    let house = House::open().await;
    let (mut ann, mut bob) = (house.person("ann").await, house.person("bob").await);
    let talk = ann.sends("bob", "lunch?").await["conversation"].clone();
    says(&mut ann, &talk, "2", "@bob?").await;
    assert_eq!(ann.does("edit", &talk, 1, json!({"text": "@bob, lunch?"})).await["type"], "ack");
    assert_eq!(ann.does("edit", &talk, 2, json!({"text": "well?"})).await["type"], "ack");
    assert_eq!(counted(&mut bob, &talk).await, (json!(2), json!(1)));
    let page = bob.asks(json!({"type": "history", "conversation": talk})).await;
    let told = |at: usize| (page["entries"][at]["text"].clone(), page["entries"][at]["mentions"].clone());
    assert_eq!(told(0), (json!("@bob, lunch?"), Value::Null));
    assert_eq!(told(1), (json!("well?"), json!(["bob"])));
    assert_eq!(ann.does("delete", &talk, 2, json!({})).await["type"], "ack");
    assert_eq!(counted(&mut bob, &talk).await, (json!(2), Value::Null));
    let page = bob.asks(json!({"type": "history", "conversation": talk})).await;
    assert_eq!(page["entries"][1].get("mentions"), None, "{page}");
}

#[tokio::test]
async fn what_is_found_tells_whom_it_mentions() {
    let house = House::open().await;
    let (mut ann, mut bob) = (house.person("ann").await, house.person("bob").await);
    ann.sends("bob", "@bob, lunch?").await;
    let found = search::finds(&mut bob, "lunch", &["@bob, lunch?"]).await;
    assert_eq!(found["hits"][0]["mentions"], json!(["bob"]));
}

#[tokio::test]
async fn scripts_are_told_whom_a_message_mentions() {
    let house = House::open().await;
    let (ann, bob) = (Machine::at(house.address(), "ann"), Machine::at(house.address(), "bob"));
    for machine in [&ann, &bob] {
        machine.prints(&["register"], &WITH_PASSWORD, "").await;
    }
    ann.prints(&["send", "bob", "@bob, lunch?"], &[], "").await;
    ann.prints(&["send", "bob", "or dinner?"], &[], "").await;
    let lines = bob.prints(&["recv"], &[], "").await;
    let told: Vec<_> = lines.iter().map(|line| (&line["text"], &line["mentions"])).collect();
    let (mentions, texts) = (json!(["bob"]), (json!("@bob, lunch?"), json!("or dinner?")));
    assert_eq!(told, [(&texts.0, &mentions), (&texts.1, &Value::Null)]);
    let told = ann.prints(&["--json", "history", "bob"], &[], "").await;
    assert_eq!((&told[0]["mentions"], &told[1]["mentions"]), (&mentions, &Value::Null));
}
