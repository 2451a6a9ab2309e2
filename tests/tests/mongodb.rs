//! What only a server on MongoDB goes through, on real members that are killed, frozen, locked and too new.
#![allow(clippy::unwrap_used, clippy::expect_used)] // A story that cannot go on panics.
#![allow(clippy::disallowed_methods)] // This is the shell of the tests.

#[path = "mongodb/migrate.rs"]
mod migrate;

use chat_test_services::{Mongod, ReplicaSet, fresh_mongodb};
use chat_tests::failover::{Blows, endure};
use chat_tests::http::request;
use chat_tests::{Person, RealServer, ground, in_time, run_program};
use mongodb::Client;
use mongodb::bson::{Document, doc};
use serde_json::json;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_primary_is_killed_and_frozen_and_nothing_is_lost_or_doubled() {
    let election = Duration::from_secs(1);
    let report = endure(Blows { kills: 2, freezes: 1, frozen: Duration::from_secs(8), election }).await;
    assert_eq!(report.faults, Vec::<String>::new(), "{report:?}");
}

#[tokio::test]
async fn a_server_waits_for_a_database_that_is_away_and_says_so() {
    let member = Mongod::start(&["--replSet", "rs0"]);
    let url = format!("mongodb://{}/chat", member.address());
    let server = RealServer::starts_anyway(&["--store", &url]).await;
    let page = request(server.address(), "GET /", &[], "").await;
    assert_eq!((page.status, page.header("retry-after")), (503, Some("2")));
    assert!(page.body.contains("starting"), "{}", page.body);
    let set = ReplicaSet::made_of(vec![member]).await;
    ground::until_it_serves(server.address()).await;
    Person::registers(server.address(), "ann").await;
    drop(set);
}

#[tokio::test]
async fn the_wait_can_have_an_end() {
    let member = Mongod::start(&["--replSet", "rs0"]);
    let url = format!("mongodb://{}/chat", member.address());
    let said = refusal(&url, &["--store-timeout", "1"]).await;
    assert!(said.contains("cannot reach the store") && said.contains(&member.address()), "{said}");
}

#[tokio::test]
async fn while_the_database_is_away_nothing_is_acked_and_afterwards_all_is_well() {
    let (mut set, server, mut ann) = ann_on_a_database().await;
    let mut bob = Person::registers(server.address(), "bob").await;
    Person::registers(server.address(), "carol").await;
    ann.sends("bob", "before").await;
    bob.expects("ann", "before").await;
    set.members[0].signal("KILL");
    // Of somebody new the database is asked first. That takes a second, and then so it is of bob.
    for name in ["carol", "bob"] {
        let refused = ann.sends_as("k1", name, "while it is away").await;
        assert_eq!(refused["code"], "unavailable", "{refused}");
    }
    bob.asks(json!({"type": "ping"})).await;
    bob.vanishes_now();
    ann.sees("bob", false).await;
    set.members[0].restarts();
    is_stored_once(&mut ann, &server, "while it is away").await;
}

/// The database is thought to be there still, so what was sent may be there too: nobody can say.
#[tokio::test]
async fn what_was_sent_as_the_database_went_is_stored_once() {
    let (mut set, server, mut ann) = ann_on_a_database().await;
    Person::registers(server.address(), "bob").await;
    ann.sends("bob", "before").await;
    set.members[0].signal("KILL");
    let send = json!({"type": "send", "id": "x", "client_id": "k1", "to": "bob", "text": "as it went"});
    ann.types(send.to_string()).await;
    match ann.hears_or_end().await {
        Some(refused) => assert_eq!(refused["code"], "unavailable", "{refused}"),
        None => assert_eq!(ann.close_code().await, Some(1012), "she is to come back and ask"),
    }
    set.members[0].restarts();
    set.primary().await;
    let mut ann = ann.again(server.address()).await;
    is_stored_once(&mut ann, &server, "as it went").await;
}

/// A database that can go, whose server misses it after a second.
async fn ann_on_a_database() -> (ReplicaSet, RealServer, Person) {
    let set = ReplicaSet::start(1).await;
    let url = format!("{}&serverSelectionTimeoutMS=1000", set.url("chat"));
    let server = RealServer::start(&["--store", &url]).await;
    let ann = Person::registers(server.address(), "ann").await;
    (set, server, ann)
}

/// Sends this to bob under an id that was tried before, until it is acknowledged.
async fn is_stored_once(ann: &mut Person, server: &RealServer, text: &str) {
    let acked = in_time("the database to be back", async {
        loop {
            let answer = ann.sends_as("k1", "bob", text).await;
            if answer["type"] == "ack" {
                return answer;
            }
            assert_eq!(answer["code"], "unavailable", "{answer}");
        }
    })
    .await;
    assert_eq!(acked["seq"], 2, "it is stored once");
    let mut bob = Person::logs_in(server.address(), "bob").await;
    let all = bob.reads_all("ann").await;
    assert_eq!(all, [(1, "before".to_owned()), (2, text.to_owned())]);
}

#[tokio::test]
async fn while_the_database_is_away_whoever_types_waits_for_nothing() {
    let set = ReplicaSet::start(1).await;
    let server = RealServer::start(&["--store", &set.url("chat")]).await;
    let mut ann = Person::registers(server.address(), "ann").await;
    let _bob = Person::registers(server.address(), "bob").await;
    ann.sends("bob", "hi").await;
    set.members[0].signal("STOP");
    let begun = Instant::now();
    ann.types(json!({"type": "typing", "id": "t", "to": "bob"}).to_string()).await;
    ann.asks(json!({"type": "ping"})).await;
    // The database itself would be waited for much longer.
    assert!(begun.elapsed() < Duration::from_secs(5), "{:?}", begun.elapsed());
    set.members[0].signal("CONT");
}

#[tokio::test]
async fn two_servers_on_one_database_keep_one_log() {
    let url = fresh_mongodb();
    let (one, two) =
        (RealServer::start(&["--store", &url]).await, RealServer::start(&["--store", &url]).await);
    let ann = Person::registers(one.address(), "ann").await;
    Person::registers(two.address(), "bob").await;
    let writes = async |server: SocketAddr, token: String, to: &str, mark: &str| {
        let mut person = Person::returns(server, &token).await;
        for number in 0..100 {
            person.sends_as(&format!("{mark}{number}"), to, &format!("{mark}{number}")).await;
        }
    };
    // Both people write on both servers into the one conversation, and ann sends some of it twice.
    let bob = Person::logs_in(one.address(), "bob").await;
    tokio::join!(
        writes(one.address(), ann.token.clone(), "bob", "a"),
        writes(two.address(), ann.token.clone(), "bob", "a"),
        writes(one.address(), bob.token.clone(), "ann", "b"),
        writes(two.address(), bob.token.clone(), "ann", "c"),
    );
    let log = Person::logs_in(two.address(), "bob").await.reads_all("ann").await;
    let numbers: Vec<_> = log.iter().map(|(seq, _)| *seq).collect();
    assert_eq!(numbers, (1..=300).collect::<Vec<_>>(), "no hole, and what was sent twice is there once");
    for mark in ["a", "b", "c"] {
        let own: Vec<_> = log.iter().map(|(_, text)| text).filter(|text| text.starts_with(mark)).collect();
        let expected: Vec<_> = (0..100).map(|number| format!("{mark}{number}")).collect();
        assert_eq!(own, expected.iter().collect::<Vec<_>>(), "each one's order holds");
    }
}

#[tokio::test]
async fn what_looks_like_an_operator_is_data() {
    let server = RealServer::start(&["--store", &fresh_mongodb()]).await;
    let mut ann = Person::registers(server.address(), "ann").await;
    Person::registers(server.address(), "bob").await;
    for text in [r#"{"$ne":null}"#, "$where", r#"{"$where":"sleep(1000)"}"#, "a.b.$", "$$ROOT"] {
        ann.sends("bob", text).await;
    }
    assert_eq!(ann.reads_all("bob").await.len(), 5);
    for request in [
        json!({"type": "send", "to": {"$ne": null}, "client_id": "x", "text": "x"}),
        json!({"type": "send", "to": "bob", "client_id": {"$gt": ""}, "text": "x"}),
        json!({"type": "send", "to": "bob", "client_id": "x", "text": {"$gt": ""}}),
        json!({"type": "send", "to": "$ne", "client_id": "x", "text": "x"}),
        json!({"type": "open", "to": {"$regex": ".*"}}),
    ] {
        let answer = ann.asks(request.clone()).await;
        assert_eq!(answer["code"], "bad_field", "{request}: {answer}");
    }
    assert_eq!(ann.reads_all("bob").await.len(), 5);
}

#[tokio::test]
async fn a_database_that_must_not_be_used_is_refused_in_one_line() {
    let alone = Mongod::start(&[]);
    let said = refusal(&format!("mongodb://{}/chat", alone.address()), &[]).await;
    assert!(said.contains("replica set"), "{said}");

    let url = fresh_mongodb();
    let about =
        Client::with_uri_str(&url).await.unwrap().default_database().unwrap().collection::<Document>("about");
    about.insert_one(doc! {"_id": "schema", "version": 999_i64}).await.unwrap();
    let said = refusal(&url, &[]).await;
    assert!(said.contains("newer version") && said.contains("999"), "{said}");
}

#[tokio::test]
async fn a_wrong_login_and_a_user_who_may_only_read_are_refused_and_no_password_is_shown() {
    let set = ReplicaSet::start_locked("boss", "s3cret-boss").await;
    let address = set.members[0].address();
    let url =
        |user: &str, password: &str| format!("mongodb://{user}:{password}@{address}/chat?authSource=admin");
    let boss = Client::with_uri_str(url("boss", "s3cret-boss")).await.unwrap();
    let reader =
        doc! {"createUser": "reader", "pwd": "s3cret-reader", "roles": [{"role": "read", "db": "chat"}]};
    boss.database("admin").run_command(reader).await.unwrap();
    for (user, password, expected) in
        [("boss", "s3cret-wrong", "login"), ("reader", "s3cret-reader", "may not read and write")]
    {
        let said = refusal(&url(user, password), &[]).await;
        assert!(said.contains(expected) && said.contains(&address), "{said}");
        assert!(!said.contains("s3cret"), "{said}");
    }
    let said = refusal(&format!("mongodb://{address}/chat"), &[]).await;
    assert!(said.contains("chat"), "{said}");
    let server = RealServer::start(&["--store", &url("boss", "s3cret-boss")]).await;
    Person::registers(server.address(), "ann").await;
    assert!(!server.log().contains("s3cret"), "{}", server.log());
}

/// Starts a server that must not serve; what it says on standard error.
async fn refusal(url: &str, more: &[&str]) -> String {
    let data = tempfile::tempdir().unwrap();
    let mut args = vec!["--listen", "127.0.0.1:0", "--data", data.path().to_str().unwrap(), "--store", url];
    args.extend(more);
    let output = run_program("chat-server", &args, &[("CHAT_LOG", "off")], "").await;
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(!output.status.success(), "it served");
    assert_eq!(said.trim_end().lines().count(), 1, "one line: {said}");
    said
}
