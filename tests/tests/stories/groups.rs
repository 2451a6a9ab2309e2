//! Groups over the wire: who is told what, who may do what, and what a stranger can learn.

use chat_tests::{House, Person};
use serde_json::{Value, json};

async fn makes(person: &mut Person, name: &str, members: &[&str], more: Value) -> Value {
    let mut request = json!({"type": "create_group", "client_id": format!("make-{name}"), "name": name, "members": members});
    request.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    let opened = person.asks(request).await;
    assert_eq!(opened["type"], "opened", "{opened}");
    opened["summary"].clone()
}

/// Something about a group under a fresh client id; gives whatever the server answers.
async fn asks(person: &mut Person, kind: &str, group: &Value, more: Value) -> Value {
    person.does(kind, group, 1, more).await
}

async fn says(person: &mut Person, group: &Value, text: &str) -> Value {
    static NEXT: std::sync::atomic::AtomicU64 = std::sync::atomic::AtomicU64::new(0);
    let id = NEXT.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
    person
        .asks(json!({"type": "send", "conversation": group, "client_id": format!("say-{id}"), "text": text}))
        .await
}

#[tokio::test]
async fn a_group_talks() {
    let house = House::open().await;
    let (mut ann, mut bob, mut eve) =
        (house.person("ann").await, house.person("bob").await, house.person("eve").await);
    let summary = makes(&mut ann, "ops", &["bob", "eve"], json!({"topic": "what runs"})).await;
    let group = summary["conversation"].clone();
    let told = json!({"kind": "group", "name": "ops", "topic": "what runs", "public": false, "past": "all", "members": 3, "role": "admin"});
    for (field, value) in told.as_object().unwrap() {
        assert_eq!(summary[field], *value, "{summary}");
    }
    for person in [&mut bob, &mut eve] {
        assert_eq!(person.push("entry").await["kind"], "group");
        let added = person.push("entry").await;
        assert_eq!((&added["change"], &added["users"]), (&json!("added"), &json!(["bob", "eve"])));
    }
    assert_eq!(says(&mut bob, &group, "hello").await["seq"], 3);
    for person in [&mut ann, &mut eve] {
        person.expects("bob", "hello").await;
    }
    let again = makes(&mut ann, "ops", &["bob", "eve"], json!({"topic": "what runs"})).await;
    assert_eq!(
        (&again["conversation"], &again["head"]),
        (&group, &json!(3)),
        "the same request, the same group"
    );
    let members = eve.asks(json!({"type": "members", "conversation": group})).await;
    let names: Vec<_> =
        members["members"].as_array().unwrap().iter().map(|one| one["user"].clone()).collect();
    assert_eq!(names, ["ann", "bob", "eve"]);
    assert_eq!(members["members"][0]["role"], "admin");
    eve.types(json!({"type": "typing", "id": "t", "conversation": group}).to_string()).await;
    for person in [&mut ann, &mut bob] {
        assert_eq!(person.push("typing").await["user"], "eve");
    }
    eve.asks(json!({"type": "read", "conversation": group, "seq": 3})).await;
    let marks = bob.push("marks").await;
    assert_eq!((&marks["user"], &marks["read"]), (&json!("eve"), &json!(3)));
}

#[tokio::test]
async fn whoever_is_put_out_gets_nothing_from_there_on() {
    let house = House::open().await;
    let (mut ann, mut bob) = (house.person("ann").await, house.person("bob").await);
    let mut tablet = Person::logs_in(house.address(), "bob").await;
    let group = makes(&mut ann, "ops", &["bob"], json!({})).await["conversation"].clone();
    for device in [&mut bob, &mut tablet] {
        device.push("entry").await;
        device.push("entry").await;
    }
    assert_eq!(asks(&mut ann, "remove_member", &group, json!({"user": "bob"})).await["seq"], 3);
    let left = json!({"type": "left", "conversation": group});
    for device in [&mut bob, &mut tablet] {
        assert_eq!(device.push("left").await, left);
    }
    says(&mut ann, &group, "about bob").await;
    for device in [&mut bob, &mut tablet] {
        device.has_no_push("entry").await;
    }
    for request in [
        json!({"type": "history", "conversation": group}),
        json!({"type": "open", "conversation": group}),
        json!({"type": "members", "conversation": group}),
        json!({"type": "read", "conversation": group, "seq": 1}),
        json!({"type": "typing", "conversation": group}),
        json!({"type": "send", "conversation": group, "client_id": "x", "text": "x"}),
        json!({"type": "add_members", "conversation": group, "client_id": "y", "users": ["bob"]}),
    ] {
        assert_eq!(bob.asks(request.clone()).await["code"], "unknown_conversation", "{request}");
    }
    assert_eq!(bob.asks(json!({"type": "list"})).await["conversations"], json!([]));
    ann.asks(json!({"type": "ping"})).await;
    asks(&mut ann, "add_members", &group, json!({"users": ["bob"]})).await;
    let back = bob.push("entry").await;
    assert_eq!((&back["seq"], &back["change"]), (&json!(5), &json!("added")), "{back}");
    let page = bob.asks(json!({"type": "history", "conversation": group})).await;
    assert_eq!(page["entries"].as_array().unwrap().len(), 5, "the group shows its past");
}

#[tokio::test]
async fn public_groups_are_found_and_joined() {
    let house = House::open().await;
    let (mut ann, mut bob) = (house.person("ann").await, house.person("bob").await);
    let group =
        makes(&mut ann, "ops", &[], json!({"public": true, "topic": "what runs"})).await["conversation"]
            .clone();
    makes(&mut ann, "secret", &[], json!({})).await;
    let listed = bob.asks(json!({"type": "groups"})).await;
    let ops =
        json!({"conversation": group, "name": "ops", "topic": "what runs", "members": 1, "joined": false});
    assert_eq!((&listed["groups"], &listed["more"]), (&json!([ops]), &json!(false)));
    assert_eq!(bob.asks(json!({"type": "open", "group": "ops"})).await["code"], "unknown_conversation");
    for unknown in ["secret", "nothing"] {
        let join = json!({"type": "join", "group": unknown, "client_id": unknown});
        assert_eq!(bob.asks(join).await["code"], "unknown_group", "{unknown}");
    }
    let join = json!({"type": "join", "group": "ops", "client_id": "join"});
    assert_eq!(bob.asks(join.clone()).await["seq"], 2);
    assert_eq!(bob.asks(join).await["seq"], 2, "once is enough");
    let joined = ann.push("entry").await;
    assert_eq!((&joined["from"], &joined["change"]), (&json!("bob"), &json!("joined")));
    assert_eq!(bob.asks(json!({"type": "open", "group": "ops"})).await["summary"]["members"], 2);
    let send = json!({"type": "send", "group": "ops", "client_id": "hi", "text": "hi"});
    assert_eq!(bob.asks(send).await["seq"], 3);
    ann.expects("bob", "hi").await;
    let taken = json!({"type": "create_group", "client_id": "t", "name": "ops", "public": true});
    assert_eq!(bob.asks(taken).await["code"], "name_taken");
    assert_eq!(asks(&mut bob, "change_group", &group, json!({"topic": "x"})).await["code"], "not_allowed");
    assert_eq!(asks(&mut ann, "set_role", &group, json!({"user": "bob", "role": "admin"})).await["seq"], 4);
    assert_eq!(asks(&mut bob, "change_group", &group, json!({"name": "prod"})).await["seq"], 5);
    assert_eq!(ann.asks(json!({"type": "open", "group": "prod"})).await["summary"]["conversation"], group);
    assert_eq!(asks(&mut ann, "leave", &group, json!({})).await["seq"], 6);
    ann.push("left").await;
    assert_eq!(
        asks(&mut bob, "set_role", &group, json!({"user": "bob", "role": "member"})).await["code"],
        "last_admin"
    );
}

/// Each request by a stranger and by somebody who was in it: what they get tells them nothing, of a group that there is
/// and of one that there is not.
#[tokio::test]
async fn strangers_learn_nothing() {
    let house = House::open().await;
    let (mut ann, mut eve, mut out) =
        (house.person("ann").await, house.person("eve").await, house.person("out").await);
    let group = makes(&mut ann, "secret", &["out"], json!({})).await["conversation"].clone();
    asks(&mut ann, "remove_member", &group, json!({"user": "out"})).await;
    says(&mut ann, &group, "secret").await;
    let nowhere = json!("00ff00ff00ff00ff");
    for (kind, more) in [
        ("open", json!({})),
        ("history", json!({})),
        ("members", json!({})),
        ("read", json!({})),
        ("delivered", json!({})),
        ("typing", json!({})),
        ("versions", json!({})),
        ("send", json!({"text": "x"})),
        ("edit", json!({"text": "x"})),
        ("delete", json!({})),
        ("react", json!({"emoji": "👍"})),
        ("change_group", json!({"topic": "x"})),
        ("add_members", json!({"users": ["eve"]})),
        ("remove_member", json!({"user": "ann"})),
        ("set_role", json!({"user": "eve", "role": "admin"})),
        ("leave", json!({})),
    ] {
        for person in [&mut eve, &mut out] {
            let mut there = person.does(kind, &group, 4, more.clone()).await;
            let mut not_there = person.does(kind, &nowhere, 4, more.clone()).await;
            there["id"].take();
            not_there["id"].take();
            assert_eq!(there, not_there, "{kind}");
            assert_eq!(there["type"], "error", "{kind}");
        }
    }
    let named = json!({"type": "create_group", "client_id": "n", "name": "secret", "public": true});
    assert_eq!(eve.asks(named).await["type"], "opened", "a private name is nobody's business");
}

#[tokio::test]
async fn bad_requests_get_their_answer() {
    let house = House::open().await;
    let (mut ann, _bob) = (house.person("ann").await, house.person("bob").await);
    let create = |more: Value| {
        let mut request = json!({"type": "create_group", "client_id": "c", "name": "ops"});
        request.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        request
    };
    let many: Vec<_> = (0..101).map(|_| "bob").collect();
    for (request, code) in [
        (create(json!({"name": "Ops"})), "bad_field"),
        (create(json!({"name": "#ops"})), "bad_field"),
        (create(json!({"topic": "x".repeat(513)})), "bad_field"),
        (create(json!({"topic": "a\u{0}b"})), "bad_field"),
        (create(json!({"past": "some"})), "bad_field"),
        (create(json!({"members": many})), "bad_field"),
        (create(json!({"members": ["nobody"]})), "unknown_user"),
    ] {
        assert_eq!(ann.asks(request.clone()).await["code"], code, "{request}");
    }
    assert_eq!(ann.asks(json!({"type": "list"})).await["conversations"], json!([]), "nothing was made");
    let group = makes(&mut ann, "ops", &["bob"], json!({})).await["conversation"].clone();
    for (kind, more, code) in [
        ("add_members", json!({"users": []}), "bad_field"),
        ("add_members", json!({"users": ["bob"]}), "no_change"),
        ("add_members", json!({"users": ["nobody"]}), "unknown_user"),
        ("remove_member", json!({"user": "ann"}), "not_allowed"),
        ("change_group", json!({}), "no_change"),
        ("change_group", json!({"name": "ops"}), "no_change"),
        ("leave", json!({}), "last_admin"),
    ] {
        let answer = asks(&mut ann, kind, &group, more.clone()).await;
        assert_eq!(answer["code"], code, "{kind} {more}: {answer}");
    }
    let direct = ann.sends("bob", "hi").await["conversation"].clone();
    assert_eq!(
        asks(&mut ann, "add_members", &direct, json!({"users": ["bob"]})).await["code"],
        "not_allowed"
    );
    assert_eq!(asks(&mut ann, "leave", &direct, json!({})).await["code"], "not_allowed");
}
