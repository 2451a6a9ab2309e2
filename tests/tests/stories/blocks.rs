//! Somebody has blocked somebody: what each of the two gets, what others get, and what was on its way.

use chat_tests::{Courier, House, Person};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// Ann and bob have talked, and then ann has blocked bob. Eve is a stranger to that, and all three are in a group.
struct Quarrel {
    house: House,
    ann: Person,
    bob: Person,
    eve: Person,
    talk: Value,
    group: Value,
    /// What ann has sent bob, as its third entry.
    file: String,
}

async fn blocks(person: &mut Person, whom: &str, blocked: bool) -> Value {
    let answer = person.asks(json!({"type": "prefer", "to": whom, "blocked": blocked})).await;
    assert_eq!(answer["type"], "opened", "{answer}");
    answer["summary"].clone()
}

impl Quarrel {
    async fn begins() -> Self {
        let mut quarrel = Self::before().await;
        blocks(&mut quarrel.ann, "bob", true).await;
        quarrel
    }

    async fn before() -> Self {
        let house = House::open().await;
        let (mut ann, mut bob, eve) =
            (house.person("ann").await, house.person("bob").await, house.person("eve").await);
        let talk = ann.sends("bob", "from ann").await["conversation"].clone();
        bob.sends("ann", "from bob").await;
        let file = Courier::new(house.address(), &ann.token).uploads("a.png", b"bytes").await["id"].clone();
        let sent = ann.asks(json!({"type": "send", "to": "bob", "client_id": "f", "file": file})).await;
        assert_eq!(sent["seq"], 3, "{sent}");
        let make =
            json!({"type": "create_group", "client_id": "m", "name": "ops", "members": ["bob", "eve"]});
        let group = ann.asks(make).await["summary"]["conversation"].clone();
        Self { house, ann, bob, eve, talk, group, file: file.as_str().unwrap().to_owned() }
    }

    /// The blocker, the blocked one, the stranger.
    fn all(&mut self) -> [&mut Person; 3] {
        [&mut self.ann, &mut self.bob, &mut self.eve]
    }
}

/// What is said in one word: the code of an error, or the type of the answer.
fn word(answer: &Value) -> String {
    answer.get("code").unwrap_or(&answer["type"]).as_str().unwrap().to_owned()
}

/// The table: what the blocker, the one who is blocked and a stranger get.
#[tokio::test]
async fn what_each_of_them_gets() {
    let mut quarrel = Quarrel::begins().await;
    let (talk, group) = (quarrel.talk.clone(), quarrel.group.clone());
    let own = |name: &str| if name == "ann" { 1 } else { 2 };
    let unknown = "unknown_conversation";
    for (kind, more, expected) in [
        ("open", json!({}), ["opened", "opened", unknown]),
        ("history", json!({}), ["page", "page", unknown]),
        ("versions", json!({}), ["versions", "versions", "unknown_message"]),
        ("send", json!({"text": "x"}), ["blocked", "blocked", unknown]),
        ("send", json!({"file": quarrel.file.clone()}), ["blocked", "blocked", unknown]),
        ("send", json!({"text": "x", "reply_to": 1}), ["blocked", "blocked", unknown]),
        ("edit", json!({"text": "x"}), ["blocked", "blocked", unknown]),
        ("react", json!({"emoji": "👍"}), ["blocked", "blocked", unknown]),
        ("react", json!({"emoji": "👍", "removed": true}), ["blocked", "blocked", unknown]),
        ("add_members", json!({"users": ["eve"]}), ["not_allowed", "not_allowed", unknown]),
        ("leave", json!({}), ["not_allowed", "not_allowed", unknown]),
        ("read", json!({}), ["ok", "ok", unknown]),
        ("members", json!({}), [unknown, unknown, unknown]),
        ("prefer", json!({"level": "none"}), ["opened", "opened", unknown]),
        // What one has said oneself can be taken back.
        ("delete", json!({}), ["ack", "ack", unknown]),
    ] {
        for (person, expected) in quarrel.all().into_iter().zip(expected) {
            let seq = own(&person.name);
            let answer = person.does(kind, &talk, seq, more.clone()).await;
            assert_eq!(word(&answer), expected, "{kind} {more} by {}: {answer}", person.name);
        }
    }
    for (to, expected) in [("ann", ["ack", "blocked", "ack"]), ("bob", ["blocked", "ack", "ack"])] {
        for (person, expected) in quarrel.all().into_iter().zip(expected) {
            let answer = person.sends_as(&format!("to-{to}"), to, "hello").await;
            assert_eq!(word(&answer), expected, "{} to {to}", person.name);
        }
    }
    // In the group all goes on.
    for person in quarrel.all() {
        let sent = person.does("send", &group, 1, json!({"text": "to all"})).await;
        assert_eq!(word(&sent), "ack", "{}", person.name);
        let thumb = person.does("react", &group, 3, json!({"emoji": "👍"})).await;
        assert_eq!(word(&thumb), "ack", "{}", person.name);
    }
    let address = quarrel.house.address();
    let file = quarrel.file.clone();
    // The deletion of its message is ann's to do, and bob can get the file until then.
    for (person, expected) in quarrel.all().into_iter().zip([200, 200, 404]) {
        let got = Courier::new(address, &person.token).gets(&file, &[]).await;
        assert_eq!(got.status, expected, "the file for {}", person.name);
    }
    for (person, expected) in quarrel.all().into_iter().zip([json!(["bob"]), json!([]), json!([])]) {
        assert_eq!(person.asks(json!({"type": "blocked"})).await["users"], expected, "{}", person.name);
    }
    let deletes_anns = json!({"type": "delete", "conversation": talk, "seq": 3, "client_id": "not-mine"});
    assert_eq!(word(&quarrel.bob.asks(deletes_anns).await), "not_yours");
}

#[tokio::test]
async fn both_find_what_they_said_before() {
    let mut quarrel = Quarrel::begins().await;
    for (person, count) in quarrel.all().into_iter().zip([2, 2, 0]) {
        person.searches("from", count).await;
    }
}

/// The summary of each of the two shows the other as somebody who was never there, and so does the list of a group.
#[tokio::test]
async fn neither_sees_the_other_come_and_go() {
    let mut quarrel = Quarrel::before().await;
    let group = quarrel.group.clone();
    let members = json!({"type": "members", "conversation": group});
    let online = |members: &Value| -> BTreeMap<String, bool> {
        let members = members["members"].as_array().unwrap().iter();
        members.map(|one| (one["user"].as_str().unwrap().to_owned(), one["online"] == true)).collect()
    };
    blocks(&mut quarrel.ann, "bob", true).await;
    for (to, of) in [(&mut quarrel.ann, "bob"), (&mut quarrel.bob, "ann")] {
        let gone = to.sees(of, false).await;
        assert_eq!(gone.get("last_seen"), None, "{gone}");
        let summary = to.opens(of).await;
        assert_eq!(summary["peer"], json!({"user": of, "online": false}), "{summary}");
        assert_eq!(summary["peer_marks"], json!({"delivered": 0}), "{summary}");
        let listed = online(&to.asks(members.clone()).await);
        assert_eq!((listed[of], listed["eve"], listed[&to.name]), (false, true, true), "{listed:?}");
    }
    let listed = online(&quarrel.eve.asks(members).await);
    assert!(listed.values().all(|online| *online), "others see both: {listed:?}");
    // Bob goes and comes back: eve is told, and ann is not.
    let token = quarrel.bob.token.clone();
    let address = quarrel.house.address();
    quarrel.bob.vanishes_now();
    quarrel.eve.sees("bob", false).await;
    quarrel.bob = Person::returns(address, &token).await;
    quarrel.eve.sees("bob", true).await;
    quarrel.ann.has_no_push("presence").await;
    // What the one who is blocked does turns nothing, so the blocker hears nothing of it.
    blocks(&mut quarrel.bob, "ann", true).await;
    blocks(&mut quarrel.bob, "ann", false).await;
    blocks(&mut quarrel.ann, "bob", false).await;
    for (to, of) in [(&mut quarrel.ann, "bob"), (&mut quarrel.bob, "ann")] {
        let back = to.push("presence").await;
        assert_eq!((&back["user"], &back["online"]), (&json!(of), &json!(true)), "{back}");
        assert_eq!(to.opens(of).await["peer"]["online"], true);
    }
    quarrel.bob.vanishes_now();
    quarrel.ann.sees("bob", false).await;
}

#[tokio::test]
async fn strangers_learn_nothing_of_each_other_by_a_block() {
    let house = House::open().await;
    let (mut ann, mut bob) = (house.person("ann").await, house.person("bob").await);
    blocks(&mut ann, "bob", true).await;
    ann.sees("bob", false).await;
    blocks(&mut ann, "bob", false).await;
    bob.vanishes_now();
    bob = house.person("eve").await;
    bob.sends("ann", "hi").await;
    ann.expects("eve", "hi").await;
    ann.has_no_push("presence").await;
}

#[tokio::test]
async fn typing_and_receipts_pass_between_them_nowhere() {
    let mut quarrel = Quarrel::begins().await;
    let (talk, group) = (quarrel.talk.clone(), quarrel.group.clone());
    for whisper in [
        json!({"type": "typing", "id": "t", "conversation": talk}),
        json!({"type": "typing", "id": "t", "to": "ann"}),
        json!({"type": "typing", "id": "t", "conversation": group}),
        json!({"type": "delivered", "id": "d", "conversation": talk, "seq": 3}),
        json!({"type": "delivered", "id": "d", "conversation": group, "seq": 2}),
    ] {
        quarrel.bob.types(whisper.to_string()).await;
    }
    for (conversation, seq) in [(&talk, 3), (&group, 2)] {
        let read = json!({"type": "read", "conversation": conversation, "seq": seq});
        assert_eq!(word(&quarrel.bob.asks(read).await), "ok");
        assert_eq!(quarrel.bob.push("receipt").await["read"], seq, "one's own devices know");
    }
    assert_eq!(quarrel.eve.push("typing").await["conversation"], group);
    for field in ["delivered", "read"] {
        assert_eq!(quarrel.eve.push("marks").await[field], 2);
    }
    for kind in ["typing", "marks"] {
        quarrel.ann.has_no_push(kind).await;
    }
    let types = json!({"type": "typing", "id": "t", "to": "bob"});
    quarrel.ann.types(types.to_string()).await;
    quarrel.ann.asks(json!({"type": "read", "conversation": talk, "seq": 3})).await;
    for kind in ["typing", "marks"] {
        quarrel.bob.has_no_push(kind).await;
    }
    blocks(&mut quarrel.ann, "bob", false).await;
    assert_eq!(quarrel.ann.opens("bob").await["peer_marks"], json!({"delivered": 3, "read": 3}));
}

#[tokio::test]
async fn whoever_is_blocked_brings_the_blocker_into_no_group() {
    let mut quarrel = Quarrel::begins().await;
    let make = |client_id: &str, members: &[&str]| json!({"type": "create_group", "client_id": client_id, "name": "bobs", "members": members});
    for _ in 0..2 {
        assert_eq!(word(&quarrel.bob.asks(make("1", &["eve", "ann"])).await), "blocked");
    }
    let made = quarrel.bob.asks(make("2", &["eve"])).await["summary"]["conversation"].clone();
    for users in [json!(["ann"]), json!(["eve", "ann"])] {
        let added = quarrel.bob.does("add_members", &made, 1, json!({"users": users})).await;
        assert_eq!(word(&added), "blocked", "{added}");
    }
    quarrel.ann.asks(json!({"type": "ping"})).await;
    assert!(!quarrel.ann.has_heard(|push| push["conversation"] == made), "ann hears nothing of it");
    // An admin whom nobody has blocked may.
    quarrel.bob.does("set_role", &made, 1, json!({"user": "eve", "role": "admin"})).await;
    assert_eq!(word(&quarrel.eve.does("add_members", &made, 1, json!({"users": ["ann"]})).await), "ack");
    let make =
        json!({"type": "create_group", "client_id": "3", "name": "anns", "public": true, "members": ["bob"]});
    assert_eq!(word(&quarrel.ann.asks(make).await), "opened", "the blocker brings in whom they like");
    let make = json!({"type": "create_group", "client_id": "4", "name": "open", "public": true});
    quarrel.ann.asks(make).await;
    let join = json!({"type": "join", "group": "open", "client_id": "5"});
    assert_eq!(word(&quarrel.bob.asks(join).await), "ack", "whoever likes comes into a public group");
}

/// Many messages are on their way while ann blocks: each has one end, what was acknowledged has reached her, and once she has her
/// answer nothing more comes through.
#[tokio::test]
async fn what_was_acknowledged_is_delivered_and_what_comes_after_is_refused() {
    const BEFORE: usize = 60;
    const AFTER: usize = 5;
    let house = House::open().await;
    for round in 0..4 {
        let (ann_name, bob_name) = (format!("ann{round}"), format!("bob{round}"));
        let (mut ann, mut bob) = (house.person(&ann_name).await, house.person(&bob_name).await);
        let talk = bob.sends(&ann_name, "first").await["conversation"].clone();
        let send = |number: usize| {
            let id = format!("s{number}");
            json!({"type": "send", "id": id, "conversation": talk, "client_id": id, "text": id}).to_string()
        };
        let (_, ()) = tokio::join!(blocks(&mut ann, &bob_name, true), async {
            for number in 0..BEFORE {
                bob.types(send(number)).await;
            }
        });
        for number in BEFORE..BEFORE + AFTER {
            bob.types(send(number)).await;
        }
        let mut words = Vec::new();
        for number in 0..BEFORE + AFTER {
            words.push(word(&bob.answer_to(&format!("s{number}")).await));
        }
        let acked = words.iter().take_while(|word| *word == "ack").count();
        assert!(acked <= BEFORE, "what was sent after the answer came through: {words:?}");
        assert!(words[acked..].iter().all(|word| word == "blocked"), "{words:?}");
        // What was acknowledged is in the log without a hole, and it is what she was told.
        let log = ann.reads_all(&bob_name).await;
        let expected: Vec<_> = (0..acked).map(|number| format!("s{number}")).collect();
        assert_eq!(log.iter().skip(1).map(|(_, text)| text.clone()).collect::<Vec<_>>(), expected);
        ann.expects(&bob_name, "first").await;
        for text in &expected {
            ann.expects(&bob_name, text).await;
        }
        ann.has_no_push("entry").await;
        // Sent again, what was acknowledged is so still, and what was refused comes through once she lets it.
        let again = bob.sends_as("first-again", &ann_name, "x").await;
        assert_eq!(word(&again), "blocked");
        blocks(&mut ann, &bob_name, false).await;
        bob.types(send(BEFORE)).await;
        assert_eq!(bob.answer_to(&format!("s{BEFORE}")).await["seq"], acked + 2);
    }
}
