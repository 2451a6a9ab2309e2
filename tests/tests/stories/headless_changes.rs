//! The terminal client without a screen: what scripts change, and how they hear of changes.

use crate::headless::{Machine, WITH_PASSWORD};
use chat_tests::{Fault, Halfway, House, Proxy, Way};
use serde_json::{Value, json};
use std::net::SocketAddr;
use std::process::Output;

/// From the end of what a script carries, this lies within the frame of its change and within that one's ack.
const WITHIN_THE_LAST_FRAME: u64 = 60;

async fn registered(server: SocketAddr, user: &'static str) -> Machine {
    let machine = Machine::at(server, user);
    machine.prints(&["register"], &WITH_PASSWORD, "").await;
    machine
}

async fn two(house: &House) -> (Machine, Machine) {
    (registered(house.address(), "ann").await, registered(house.address(), "bob").await)
}

/// The one line that it prints with `--json`.
async fn prints_one(machine: &Machine, args: &[&str]) -> Value {
    let lines = machine.prints(&[&["--json"], args].concat(), &[], "").await;
    let [line] = &lines[..] else { panic!("{args:?}: {lines:?}") };
    line.clone()
}

async fn history(machine: &Machine, peer: &str) -> Vec<Value> {
    machine.prints(&["--json", "history", peer], &[], "").await
}

fn texts(lines: &[Value]) -> Vec<&str> {
    lines.iter().map(|line| line["text"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn scripts_edit_react_reply_and_delete() {
    let house = House::open().await;
    let (ann, bob) = two(&house).await;
    assert_eq!(prints_one(&ann, &["send", "bob", "helo"]).await["seq"], 1);
    let ack = prints_one(&ann, &["edit", "bob", "1", "hello", "--id", "fix-1"]).await;
    assert_eq!((&ack["seq"], &ack["client_id"]), (&json!(2), &json!("fix-1")), "{ack}");
    assert!(ack["conversation"].is_string() && ack["at"].is_u64(), "{ack}");
    assert_eq!(prints_one(&bob, &["react", "ann", "1", ":+1:"]).await["seq"], 3);
    assert_eq!(prints_one(&bob, &["send", "ann", "yes", "--reply-to", "1"]).await["seq"], 4);
    let told = history(&ann, "bob").await;
    assert_eq!(texts(&told), ["hello", "yes"], "changes are in the messages that they change");
    assert_eq!(told[0]["reactions"], json!([{"emoji": "👍", "users": ["bob"]}]));
    assert_eq!(told[1]["reply_to"], json!({"seq": 1, "from": "ann", "text": "hello"}));
    let versions = bob.prints(&["--json", "versions", "ann", "1"], &[], "").await;
    assert_eq!(texts(&versions), ["helo", "hello"]);
    assert_eq!(prints_one(&bob, &["react", "ann", "1", "👍", "--remove"]).await["seq"], 5);
    assert_eq!(ann.prints(&["edit", "bob", "1"], &[], "from the pipe\n").await, [json!(null); 0]);
    assert_eq!(history(&bob, "ann").await[0]["text"], "from the pipe");
    assert_eq!(prints_one(&ann, &["delete", "bob", "1"]).await["seq"], 7);
    let told = history(&bob, "ann").await;
    assert_eq!((&told[0]["text"], &told[0]["reactions"]), (&json!(""), &Value::Null));
    assert!(told[0]["deleted_at"].is_u64(), "{told:?}");
    assert_eq!(told[1]["reply_to"], json!({"seq": 1, "from": "ann", "text": "", "deleted": true}));
    assert_eq!(bob.prints(&["versions", "ann", "1"], &[], "").await, [json!(null); 0]);
}

#[tokio::test]
async fn whoever_asks_for_changes_gets_them_as_the_log_has_them() {
    let house = House::open().await;
    let (ann, bob) = two(&house).await;
    ann.prints(&["send", "bob", "helo"], &[], "").await;
    ann.prints(&["edit", "bob", "1", "hello"], &[], "").await;
    bob.prints(&["react", "ann", "1", "tada"], &[], "").await;
    let told = bob.prints(&["recv"], &[], "").await;
    assert_eq!(texts(&told), ["hello"], "one message, as it is");
    ann.prints(&["react", "bob", "1", "tada"], &[], "").await;
    assert_eq!(bob.prints(&["recv"], &[], "").await, [json!(null); 0], "a reaction is no message");
    let told = bob.prints(&["recv", "--changes"], &[], "").await;
    let kinds: Vec<_> = told.iter().map(|line| (&line["kind"], &line["target"], &line["from"])).collect();
    let (edit, reaction, one, by_ann) = (json!("edit"), json!("reaction"), json!(1), json!("ann"));
    assert_eq!(kinds, [(&edit, &one, &by_ann), (&reaction, &one, &by_ann)]);
    assert_eq!((&told[0]["text"], &told[1]["emoji"]), (&json!("hello"), &json!("🎉")));
    assert_eq!(bob.prints(&["recv", "--changes"], &[], "").await, [json!(null); 0], "it counts as read");
}

/// The code, and that there is one plain line.
fn refused(output: &Output) -> i32 {
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(said.lines().count(), 1, "{said}");
    output.status.code().unwrap()
}

#[tokio::test]
async fn what_cannot_be_changed_is_said_with_its_code() {
    let house = House::open().await;
    let (ann, bob) = two(&house).await;
    for (machine, peer, text) in [(&ann, "bob", "anns"), (&bob, "ann", "bobs"), (&ann, "bob", "gone")] {
        machine.prints(&["send", peer, text], &[], "").await;
    }
    ann.prints(&["delete", "bob", "3", "--id", "first"], &[], "").await;
    let long = "x".repeat(9000);
    for args in [
        &["edit", "bob", "2", "not mine"][..],
        &["delete", "bob", "2"],
        &["edit", "bob", "9", "not there"],
        &["edit", "bob", "4", "no message"],
        &["react", "bob", "3", "👍"],
        &["edit", "bob", "3", "deleted"],
        &["send", "bob", "to nothing", "--reply-to", "3"],
        &["edit", "bob", "1", ""],
        &["edit", "bob", "1", &long],
        &["delete", "bob", "1", "--id", "first"],
        &["edit", "nobody", "1", "x"],
        &["versions", "bob", "9"],
    ] {
        assert_eq!(refused(&ann.runs(args, &[], "").await), 5, "{args:?}");
    }
    for args in [
        &["react", "bob", "1", "nosuchthing"][..],
        &["react", "bob", "1"],
        &["edit", "bob", "first", "x"],
        &["settings", "--read-receipts", "maybe"],
    ] {
        assert_eq!(ann.runs(args, &[], "").await.status.code(), Some(2), "{args:?}");
    }
    assert_eq!(texts(&history(&bob, "ann").await), ["anns", "bobs", ""], "nothing has changed");
    let again = prints_one(&ann, &["delete", "bob", "3", "--id", "first"]).await;
    assert_eq!(again["seq"], 4, "under its id it is stored once");
    house.closes().await;
    let nobody_there = ann.runs(&["edit", "bob", "1", "x", "--timeout", "500ms"], &[], "").await;
    assert_eq!(refused(&nobody_there), 4, "no server");
}

#[tokio::test]
async fn settings_are_told_and_changed() {
    let house = House::open().await;
    let (ann, bob) = two(&house).await;
    assert_eq!(ann.prints(&["settings"], &[], "").await, ["read-receipts on"]);
    assert_eq!(ann.prints(&["settings", "--read-receipts", "off"], &[], "").await, ["read-receipts off"]);
    assert_eq!(prints_one(&ann, &["settings"]).await, json!({"read_receipts": false}));
    assert_eq!(prints_one(&bob, &["settings"]).await, json!({"read_receipts": true}));
}

/// Killed before its change has reached the server, and after that but before it knew.
#[tokio::test]
async fn a_killed_edit_is_made_once() {
    for way in [Way::Up, Way::Down] {
        let house = House::open().await;
        let line = Proxy::to(house.address()).await;
        let ann = registered(line.address(), "ann").await;
        let bob = registered(house.address(), "bob").await;
        ann.prints(&["send", "bob", "a"], &[], "").await;
        ann.prints(&["edit", "bob", "1", "b", "--id", "fix-1"], &[], "").await;
        let before = line.carried(way);
        ann.prints(&["edit", "bob", "1", "c", "--id", "fix-2"], &[], "").await;
        let carried = line.carried(way) - before;
        line.plans(way, carried - WITHIN_THE_LAST_FRAME, Fault::Hold);
        let edit = ["edit", "bob", "1", "d", "--id", "fix-3", "--timeout", "30s"];
        let first = Halfway::begins("chat-tui", &ann.args(&edit));
        line.holds().await;
        assert!(first.dies().await, "it waits for its answer");
        assert_eq!(prints_one(&ann, &edit).await["seq"], 4, "{way:?}");
        let versions = bob.prints(&["--json", "versions", "ann", "1"], &[], "").await;
        assert_eq!(texts(&versions), ["a", "b", "c", "d"], "{way:?}");
    }
}
