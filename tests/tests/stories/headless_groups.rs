//! The terminal client without a screen: scripts that make groups and talk in them.

use crate::headless::{Machine, WITH_PASSWORD};
use chat_tests::{House, Person, run_program};
use serde_json::{Value, json};
use std::process::Output;

async fn registered(house: &House, user: &'static str) -> Machine {
    let machine = Machine::at(house.address(), user);
    machine.prints(&["register"], &WITH_PASSWORD, "").await;
    machine
}

async fn three(house: &House) -> (Machine, Machine, Machine) {
    (registered(house, "ann").await, registered(house, "bob").await, registered(house, "eve").await)
}

async fn prints(machine: &Machine, args: &[&str]) -> Vec<Value> {
    machine.prints(&[&["--json"], args].concat(), &[], "").await
}

/// The one line that it prints with `--json`.
async fn prints_one(machine: &Machine, args: &[&str]) -> Value {
    let lines = prints(machine, args).await;
    let [line] = &lines[..] else { panic!("{args:?}: {lines:?}") };
    line.clone()
}

/// The code, and the one plain line that says why.
fn refused(output: &Output) -> (i32, String) {
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(said.lines().count(), 1, "{said}");
    (output.status.code().unwrap(), said)
}

fn texts(lines: &[Value]) -> Vec<&str> {
    lines.iter().map(|line| line["text"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn scripts_talk_in_a_private_group() {
    let house = House::open().await;
    let (ann, bob, eve) = three(&house).await;
    let made = ann.runs(&["group", "create", "ops", "--topic", "what runs", "bob", "eve"], &[], "").await;
    let id = String::from_utf8(made.stdout).unwrap().trim_end().to_owned();
    assert_eq!(id.len(), 16, "{id}");
    assert_eq!(prints_one(&ann, &["send", "#ops", "helo"]).await["conversation"], id.as_str());
    assert_eq!(prints_one(&ann, &["edit", "#ops", "3", "hello"]).await["seq"], 4);
    assert_eq!(prints_one(&bob, &["react", "#ops", "3", ":+1:"]).await["seq"], 5);
    assert_eq!(prints_one(&eve, &["send", &id, "hi", "--reply-to", "3"]).await["seq"], 6);
    let lines = bob.prints(&["recv", "--from", "#ops"], &[], "").await;
    assert_eq!(texts(&lines), ["hello", "hi"]);
    assert_eq!(lines[1]["reply_to"]["from"], "ann");
    let told = prints(&eve, &["history", "#ops"]).await;
    assert_eq!(texts(&told), ["hello", "hi"]);
    assert_eq!(told[0]["reactions"], json!([{"emoji": "👍", "users": ["bob"]}]));
    assert_eq!(texts(&prints(&bob, &["versions", &id, "3"]).await), ["helo", "hello"]);
    assert_eq!(prints_one(&ann, &["delete", "#ops", "6"]).await["seq"], 7, "an admin may");
    let folder = tempfile::tempdir().unwrap();
    let path = chat_tests::disk::typed_file(&folder, "build.log", b"all is well\n");
    prints_one(&eve, &["send", "#ops", "look", "--file", &path]).await;
    let target = tempfile::tempdir().unwrap();
    let to = target.path().to_str().unwrap();
    let saved = bob.prints(&["save", "--from", "#ops", "--to", to], &[], "").await;
    assert_eq!(saved, [json!(format!("{to}/build.log"))]);
    let files = prints(&ann, &["files", "--from", "#ops"]).await;
    assert_eq!((files.len(), &files[0]["from"]), (1, &json!("eve")));
}

#[tokio::test]
async fn scripts_find_join_and_run_a_public_group() {
    let house = House::open().await;
    let (ann, bob, eve) = three(&house).await;
    let create = ["group", "create", "#ops", "--public", "--past", "none", "--id", "make-ops"];
    let made = prints_one(&ann, &create).await;
    assert_eq!(
        (&made["name"], &made["past"], &made["public"]),
        (&json!("ops"), &json!("none"), &json!(true))
    );
    let again = prints_one(&ann, &create).await;
    assert_eq!(again["conversation"], made["conversation"], "the same id, the same group");
    let listed = prints_one(&bob, &["group", "list"]).await;
    assert_eq!((&listed["name"], &listed["joined"]), (&json!("ops"), &json!(false)));
    assert_eq!(prints_one(&bob, &["group", "join", "ops", "--id", "come"]).await["seq"], 2);
    assert_eq!(prints_one(&bob, &["group", "join", "ops", "--id", "come"]).await["seq"], 2);
    assert_eq!(prints_one(&bob, &["group", "join", "ops"]).await["no_change"], true);
    assert_eq!(prints_one(&bob, &["group", "add", "ops", "eve"]).await["seq"], 3);
    assert_eq!(bob.prints(&["group", "add", "ops", "eve"], &[], "").await, ["it is so already"]);
    assert_eq!(prints_one(&ann, &["group", "admin", "ops", "bob"]).await["seq"], 4);
    assert_eq!(prints_one(&bob, &["group", "topic", "ops", "what runs"]).await["seq"], 5);
    assert_eq!(prints_one(&bob, &["group", "past", "ops", "all"]).await["seq"], 6);
    assert_eq!(prints_one(&bob, &["group", "rename", "ops", "prod"]).await["seq"], 7);
    assert_eq!(prints_one(&bob, &["group", "retention", "prod", "90"]).await["seq"], 8);
    assert_eq!(prints_one(&bob, &["group", "retention", "prod", "90"]).await["no_change"], true);
    assert_eq!(prints_one(&ann, &["group", "unadmin", "prod", "bob"]).await["seq"], 9);
    let listed = bob.prints(&["group", "list"], &[], "").await;
    assert_eq!(listed, ["#prod, 3 members, joined: what runs"]);
    let members = prints(&eve, &["group", "members", "prod"]).await;
    let told: Vec<_> = members.iter().map(|one| (&one["user"], &one["role"])).collect();
    let (admin, member) = (json!("admin"), json!("member"));
    assert_eq!(told, [(&json!("ann"), &admin), (&json!("bob"), &member), (&json!("eve"), &member)]);
    let kinds = eve.prints(&["recv", "--from", "#prod", "--changes"], &[], "").await;
    let kinds: Vec<_> = kinds.iter().map(|line| (&line["kind"], &line["change"])).collect();
    assert_eq!(kinds.last(), Some(&(&json!("members"), &json!("demoted"))), "{kinds:?}");
    assert_eq!(prints_one(&ann, &["group", "remove", "prod", "eve"]).await["seq"], 10);
    assert_eq!(prints_one(&bob, &["group", "leave", "prod"]).await["seq"], 11);
    assert_eq!(prints_one(&bob, &["group", "leave", "prod"]).await["no_change"], true);
}

#[tokio::test]
async fn what_cannot_be_done_with_a_group_is_said_with_its_code() {
    let house = House::open().await;
    let (ann, bob, eve) = three(&house).await;
    ann.prints(&["group", "create", "ops", "--public", "bob"], &[], "").await;
    for args in [
        &["group", "create", "ops", "--public"][..],
        &["group", "create", "dev", "nobody"],
        &["group", "join", "secret"],
        &["group", "rename", "ops", "dev"],
        &["group", "remove", "ops", "ann"],
        &["group", "add", "ops", "nobody"],
        &["group", "members", "#dev"],
        &["group", "members", "00ff00ff00ff00ff"],
        &["group", "topic", "ops", "x"],
        &["group", "retention", "ops", "90"],
        &["send", "#dev", "x"],
        &["send", "00ff00ff00ff00ff", "x"],
        &["history", "#dev"],
        &["delete", "#ops", "9"],
    ] {
        assert_eq!(refused(&bob.runs(args, &[], "").await).0, 5, "{args:?}");
    }
    assert_eq!(refused(&ann.runs(&["group", "leave", "ops"], &[], "").await).0, 5, "the last admin");
    assert_eq!(refused(&eve.runs(&["send", "#ops", "x"], &[], "").await).0, 5, "not in it");
    for args in [
        &["group"][..],
        &["group", "retention", "ops", "36501"],
        &["group", "retention", "ops", "90d"],
        &["group", "past", "ops", "some"],
        &["group", "add", "ops"],
        &["send", "#Ops", "x"],
    ] {
        assert_eq!(bob.runs(args, &[], "").await.status.code(), Some(2), "{args:?}");
    }
    let ids = [
        prints_one(&ann, &["group", "create", "two", "bob"]).await["conversation"].clone(),
        prints_one(&bob, &["group", "create", "two", "ann"]).await["conversation"].clone(),
    ];
    for args in [&["send", "#two", "x"][..], &["recv", "--from", "#two"], &["group", "leave", "two"]] {
        let (code, said) = refused(&bob.runs(args, &[], "").await);
        assert_eq!(code, 5, "{args:?}");
        assert!(ids.iter().all(|id| said.contains(id.as_str().unwrap())), "{said}");
    }
    assert_eq!(prints_one(&bob, &["send", ids[0].as_str().unwrap(), "x"]).await["seq"], 3);
}

/// Somebody has read everything up to this number, so they listen.
async fn sees_read(person: &mut Person, seq: u64) {
    while person.push("marks").await["read"] != json!(seq) {}
}

#[tokio::test]
async fn whoever_listens_hears_of_a_group_that_they_are_added_to() {
    let house = House::open().await;
    let (ann, bob, _eve) = three(&house).await;
    let mut kim = house.person("kim").await;
    ann.prints(&["group", "create", "ops"], &[], "").await;
    let listen = bob.args(&["recv", "--count", "2", "--timeout", "30s"]);
    let (listened, ()) = tokio::join!(run_program("chat-tui", &listen, &[], ""), async {
        kim.sends("bob", "first").await;
        sees_read(&mut kim, 1).await;
        ann.prints(&["group", "add", "ops", "bob"], &[], "").await;
        ann.prints(&["send", "#ops", "second"], &[], "").await;
    });
    let out = String::from_utf8(listened.stdout).unwrap();
    let lines: Vec<Value> = out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!((texts(&lines), listened.status.code()), (vec!["first", "second"], Some(0)));
}

#[tokio::test]
async fn whoever_listens_ends_when_they_are_put_out_of_the_group_or_goes_on_with_the_others() {
    let house = House::open().await;
    let (ann, bob, _eve) = three(&house).await;
    let mut kim = house.person("kim").await;
    ann.prints(&["group", "create", "ops", "bob", "kim"], &[], "").await;
    let in_one = bob.args(&["recv", "--from", "#ops", "--follow"]);
    let in_all = bob.args(&["recv", "--count", "2", "--timeout", "30s"]);
    for (index, listen) in [in_one, in_all].iter().enumerate() {
        let (listened, ()) = tokio::join!(run_program("chat-tui", listen, &[], ""), async {
            let sent = prints_one(&ann, &["send", "#ops", "hi"]).await;
            sees_read(&mut kim, sent["seq"].as_u64().unwrap()).await;
            ann.prints(&["group", "remove", "ops", "bob"], &[], "").await;
            ann.prints(&["send", "#ops", "about bob"], &[], "").await;
            ann.prints(&["send", "bob", "sorry"], &[], "").await;
        });
        let out = String::from_utf8(listened.stdout.clone()).unwrap();
        let lines: Vec<Value> = out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        if index == 0 {
            let (code, said) = refused(&listened);
            assert_eq!((texts(&lines), code), (vec!["hi"], 5));
            assert!(said.contains("not in this group any more"), "{said}");
            ann.prints(&["group", "add", "ops", "bob"], &[], "").await;
            bob.prints(&["recv"], &[], "").await;
        } else {
            assert_eq!((texts(&lines), listened.status.code()), (vec!["hi", "sorry"], Some(0)));
        }
    }
}
