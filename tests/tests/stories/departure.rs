//! Somebody deletes their account: what they wrote is gone, the others keep theirs, and the name is free.

use crate::headless::{Machine, WITH_PASSWORD};
use chat_tests::{Courier, House, PASSWORD, Person, RealServer, Wire, disk, in_time};
use serde_json::{Value, json};

/// Messages that it takes a server a while to take away.
const MANY: u64 = 3000;
const KILLS: usize = 4;

fn delete(password: &str) -> Value {
    json!({"type": "delete_account", "password": password})
}

async fn group_of(person: &mut Person, name: &str, members: &[&str]) -> Value {
    let create = json!({"type": "create_group", "client_id": name, "name": name, "members": members});
    let opened = person.asks(create).await;
    assert_eq!(opened["type"], "opened", "{opened}");
    opened["summary"]["conversation"].clone()
}

/// Deletes the account of somebody who gives the right password; what stands in the place of their name.
async fn departs(person: &mut Person, witness: &mut Person) -> String {
    assert_eq!(person.asks(delete(PASSWORD)).await["type"], "ok");
    assert_eq!(person.close_code().await, Some(4403));
    let gone = witness.push("gone").await;
    assert_eq!(gone["user"], json!(person.name), "{gone}");
    gone["now"].as_str().unwrap().to_owned()
}

/// A page of the log from its first entry on.
async fn log(person: &mut Person, conversation: &Value) -> Vec<Value> {
    let page = json!({"type": "history", "conversation": conversation, "after": 0, "limit": 200});
    person.asks(page).await["entries"].as_array().unwrap().clone()
}

#[tokio::test]
async fn what_they_wrote_is_gone_and_the_others_keep_theirs() {
    let house = House::open().await;
    let (mut ann, mut bob) = (house.person("ann").await, house.person("bob").await);
    let mut eve = house.person("eve").await;
    let (bobs, anns) = (Courier::new(house.address(), &bob.token), Courier::new(house.address(), &ann.token));
    let ops = group_of(&mut bob, "ops", &["ann"]).await;
    let add = json!({"type": "add_members", "conversation": ops, "client_id": "add", "users": ["eve"]});
    assert_eq!(bob.asks(add).await["seq"], 3);
    for _ in 0..3 {
        assert_eq!(ann.push("entry").await["conversation"], ops);
    }
    let file = bobs.uploads("plan.txt", b"a secret plan").await["id"].as_str().unwrap().to_owned();
    let send = json!({"type": "send", "to": "ann", "client_id": "plan", "text": "secret", "file": file});
    let talk = bob.asks(send).await["conversation"].clone();
    ann.expects("bob", "secret").await;
    ann.sends("bob", "mine").await;
    assert_eq!(anns.gets(&file, &[]).await.status, 200);
    let mut other_device = Person::logs_in(house.address(), "bob").await;
    let tombstone = departs(&mut bob, &mut ann).await;
    assert!(tombstone.starts_with("deleted-"), "{tombstone}");
    assert_eq!(other_device.close_code().await, Some(4403));
    assert_eq!(eve.push("gone").await["now"], json!(tombstone));
    assert_eq!(anns.gets(&file, &[]).await.status, 404);
    let told = log(&mut ann, &talk).await;
    let [first, second] = &told[..] else { panic!("{told:?}") };
    assert_eq!((&first["from"], &first["text"], first.get("file")), (&json!(tombstone), &json!(""), None));
    assert!(first["deleted_at"].is_u64());
    assert_eq!((&second["from"], &second["text"]), (&json!("ann"), &json!("mine")));
    let opened = ann.asks(json!({"type": "open", "conversation": talk})).await;
    assert_eq!(opened["summary"]["peer"], json!({"user": tombstone, "online": false}));
    // They go out of their groups by ordinary entries: somebody else is in charge first.
    let promoted = ann.push("entry").await;
    assert_eq!(
        (&promoted["kind"], &promoted["change"]),
        (&json!("members"), &json!("promoted")),
        "{promoted}"
    );
    assert_eq!((&promoted["from"], &promoted["users"]), (&json!(tombstone), &json!(["ann"])));
    let left = ann.push("entry").await;
    assert_eq!((&left["change"], &left["users"]), (&json!("left"), &json!([tombstone])), "{left}");
    let members = ann.asks(json!({"type": "members", "conversation": ops})).await;
    let roles: Vec<_> =
        members["members"].as_array().unwrap().iter().map(|one| (&one["user"], &one["role"])).collect();
    assert_eq!(roles, [(&json!("ann"), &json!("admin")), (&json!("eve"), &json!("member"))]);
    let numbers: Vec<_> = log(&mut eve, &ops).await.iter().map(|entry| entry["seq"].clone()).collect();
    assert_eq!(numbers, [1, 2, 3, 4, 5].map(|number| json!(number)));
    for (request, code) in [
        (json!({"type": "send", "to": "bob", "client_id": "x", "text": "x"}), "unknown_user"),
        (json!({"type": "send", "to": tombstone, "client_id": "x", "text": "x"}), "unknown_user"),
        (
            json!({"type": "add_members", "conversation": ops, "client_id": "x", "users": [tombstone]}),
            "unknown_user",
        ),
    ] {
        assert_eq!(ann.asks(request.clone()).await["code"], code, "{request}");
    }
}

#[tokio::test]
async fn the_bytes_of_their_files_are_gone_soon_but_not_of_those_that_others_have_sent_on() {
    let house = House::open().await;
    let (mut ann, mut bob) = (house.person("ann").await, house.person("bob").await);
    let (bobs, anns) = (Courier::new(house.address(), &bob.token), Courier::new(house.address(), &ann.token));
    let objects = house.data().join("files/objects");
    let keeps_files_here = house.store_flags()[3].starts_with("sqlite:");
    let mut ids = Vec::new();
    for name in ["sent", "sent on", "unsent"] {
        let path = name.replace(' ', "%20");
        ids.push(bobs.uploads(&path, name.as_bytes()).await["id"].as_str().unwrap().to_owned());
    }
    for id in &ids[..2] {
        let send = json!({"type": "send", "to": "ann", "client_id": id, "text": "", "file": id});
        assert_eq!(bob.asks(send).await["type"], "ack");
    }
    let passed_on = json!({"type": "send", "to": "ann", "client_id": "on", "text": "", "file": ids[1]});
    assert_eq!(ann.asks(passed_on).await["type"], "ack");
    assert_eq!(disk::files_below(&objects), if keeps_files_here { 3 } else { 0 });
    departs(&mut bob, &mut ann).await;
    disk::leaves(&objects, 1).await;
    assert_eq!(anns.gets(&ids[1], &[]).await.status, 200);
}

#[tokio::test]
async fn the_name_is_free_and_whoever_takes_it_is_somebody_else() {
    let house = House::open().await;
    let (mut ann, mut bob) = (house.person("ann").await, house.person("bob").await);
    let old = ann.sends("bob", "for bob").await["conversation"].clone();
    let tombstone = departs(&mut bob, &mut ann).await;
    let mut wire = Wire::dial(house.address()).await;
    let hello = json!({"type": "hello", "version": 1, "token": bob.token});
    assert_eq!(wire.asks(hello).await["code"], "bad_credentials");
    for name in ["bob", &tombstone] {
        let login = json!({"type": "login", "version": 1, "user": name, "password": PASSWORD});
        assert_eq!(wire.asks(login).await["code"], "bad_credentials", "{name}");
    }
    let register = json!({"type": "register", "version": 1, "user": "deleted-me", "password": PASSWORD});
    assert_eq!(wire.asks(register).await["code"], "name_taken");
    let mut other = house.person("bob").await;
    assert_eq!(other.asks(json!({"type": "list"})).await["conversations"], json!([]));
    let page = other.asks(json!({"type": "history", "conversation": old})).await;
    assert_eq!(page["code"], "unknown_conversation");
    // On the connection that has talked with the one who was called so before.
    let ack = ann.sends("bob", "for the new one").await;
    assert_eq!((ack["conversation"] == old, &ack["seq"]), (false, &json!(1)));
    other.expects("ann", "for the new one").await;
}

#[tokio::test]
async fn nothing_more_is_said_to_whoever_has_gone() {
    let house = House::open().await;
    let (mut ann, mut bob) = (house.person("ann").await, house.person("bob").await);
    let talk = ann.sends_as("first", "bob", "mine").await["conversation"].clone();
    bob.sends("ann", "his").await;
    departs(&mut bob, &mut ann).await;
    let send =
        |id: &str, text: &str| json!({"type": "send", "conversation": talk, "client_id": id, "text": text});
    let again = ann.asks(send("first", "mine")).await;
    assert_eq!((&again["type"], &again["seq"]), (&json!("ack"), &json!(1)), "it was said to him");
    let refused = ann.asks(send("second", "are you there?")).await;
    let why = (&refused["code"], &refused["message"]);
    assert_eq!(why, (&json!("unknown_user"), &json!("the other one has deleted their account")));
    for (kind, more) in [("edit", json!({"text": "x"})), ("react", json!({"emoji": "👍"}))] {
        assert_eq!(ann.does(kind, &talk, 1, more).await["code"], "unknown_user", "{kind}");
    }
    assert_eq!(log(&mut ann, &talk).await[0]["text"], "mine", "it is read as before");
    assert_eq!(ann.does("delete", &talk, 1, json!({})).await["seq"], 3);
    // A script is told the same.
    let anns = Machine::at(house.address(), "ann");
    let output = anns.runs(&["send", talk.as_str().unwrap(), "are you there?"], &WITH_PASSWORD, "").await;
    let told = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(5), "{told}");
    assert!(told.contains("not sent: the other one has deleted their account"), "{told}");
}

#[tokio::test]
async fn only_who_knows_the_password_deletes_an_account() {
    let house = House::open().await;
    let (mut ann, mut bob) = (house.person("ann").await, house.person("bob").await);
    ann.sends("bob", "hi").await;
    for (request, code) in [
        (json!({"type": "delete_account"}), "bad_field"),
        (json!({"type": "delete_account", "password": 7}), "bad_field"),
        (delete(""), "bad_credentials"),
        (delete("wrong horse battery"), "bad_credentials"),
    ] {
        assert_eq!(bob.asks(request.clone()).await["code"], code, "{request}");
    }
    let mut codes = Vec::new();
    while codes.last() != Some(&json!("rate_limited")) {
        codes.push(bob.asks(delete("wrong horse battery")).await["code"].clone());
        assert!(codes.len() < 20, "guesses are bounded: {codes:?}");
    }
    ann.has_no_push("gone").await;
    ann.sends("bob", "still there?").await;
    bob.expects("ann", "hi").await;
    bob.expects("ann", "still there?").await;
}

/// The log has no hole, and nothing of what the departed wrote.
async fn has_nothing_of(person: &mut Person, talk: &Value, tombstone: &str) {
    let (mut after, mut head) = (0, 1);
    while after < head {
        let page = json!({"type": "history", "conversation": talk, "after": after, "limit": 200});
        let page = person.asks(page).await;
        head = page["head"].as_u64().unwrap();
        for entry in page["entries"].as_array().unwrap() {
            assert_eq!(entry["seq"], after + 1, "there is no hole");
            after += 1;
            let is_anns = entry["from"] == "ann";
            assert!(is_anns || entry["from"] == json!(tombstone), "{entry}");
            assert_eq!(entry["text"], if is_anns { "mine" } else { "" }, "{entry}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_is_killed_meanwhile_goes_on_with_it() {
    let mut server = RealServer::start(&[]).await;
    let address = server.address();
    let (mut ann, mut bob) =
        (Person::registers(address, "ann").await, Person::registers(address, "bob").await);
    let shelf = server.shelf().await;
    let talk = shelf.talk("ann", "bob").await;
    shelf.said_long_ago(talk, "bob", "secret-", 1..=MANY).await;
    let departed = shelf.user("bob").await;
    shelf.closes().await;
    let talk = json!(talk);
    ann.sends("bob", "mine").await;
    let ops = group_of(&mut bob, "ops", &["ann"]).await;
    let tombstone = departs(&mut bob, &mut ann).await;
    for _ in 0..KILLS {
        server.crashes_and_restarts().await;
        let mut ann = Person::logs_in(server.address(), "ann").await;
        has_nothing_of(&mut ann, &talk, &tombstone).await;
    }
    let mut ann = Person::logs_in(server.address(), "ann").await;
    let left = async {
        loop {
            let told = log(&mut ann, &ops).await;
            let changes: Vec<_> =
                told.iter().filter_map(|entry| entry["change"].as_str().map(str::to_owned)).collect();
            if changes.last().is_some_and(|last| last == "left") {
                return changes;
            }
        }
    };
    let changes = in_time("bob to have left", left).await;
    assert_eq!(changes, ["added", "promoted", "left"], "each once");
    let shelf = server.shelf().await;
    // It is written down for as long as something that was on its way may come.
    let left = shelf.store().departed(9).await.unwrap();
    let users: Vec<_> = left.iter().map(|one| one.user).collect();
    assert_eq!(users, [departed]);
    shelf.closes().await;
    drop(Person::registers(server.address(), "bob").await);
}

#[tokio::test]
async fn a_script_deletes_an_account_once_it_is_certain() {
    let house = House::open().await;
    let mut ann = house.person("ann").await;
    let bob = Machine::at(house.address(), "bob");
    bob.prints(&["register"], &WITH_PASSWORD, "").await;
    bob.prints(&["send", "ann", "hi"], &[], "").await;
    ann.expects("bob", "hi").await;
    let code = async |args: &[&str], env: &[(&str, &str)]| bob.runs(args, env, "").await.status.code();
    assert_eq!(code(&["delete-account"], &WITH_PASSWORD).await, Some(2), "nobody can be asked");
    assert_eq!(code(&["delete-account", "--yes"], &[]).await, Some(3), "there is no password");
    let wrong = [("CHAT_PASSWORD", "wrong horse battery")];
    assert_eq!(code(&["delete-account", "--yes"], &wrong).await, Some(3));
    assert_eq!(code(&["history", "ann"], &[]).await, Some(0), "nothing has happened");
    assert_eq!(code(&["delete-account", "--yes"], &WITH_PASSWORD).await, Some(0));
    assert_eq!(ann.push("gone").await["user"], "bob");
    assert_eq!(code(&["history", "ann"], &[]).await, Some(3), "its token is forgotten");
    assert_eq!(code(&["login"], &WITH_PASSWORD).await, Some(3));
}
