//! Moving everything from SQLite to MongoDB and back with the real program, killed on the way.

use chat_protocol::{ConversationId, Level, Seq};
use chat_server::store::{MongoStore, NewBody, NewEntry, NewPreferences, SqliteStore, Store, UserId};
use chat_test_services::{ReplicaSet, fresh_mongodb};
use chat_tests::{Courier, Halfway, Person, RealServer, run_program};
use mongodb::Client;
use mongodb::bson::{Document, doc};
use serde_json::json;
use std::path::Path;
use std::process::Output;
use tempfile::TempDir;

const PROGRAM: &str = "chat-server";

/// A store that a server has been on, and that has a long history since.
struct Past {
    folder: TempDir,
    /// As `--from` and `--store` take it.
    url: String,
    ann: String,
    bob: String,
    conversation: ConversationId,
    /// What bob got from ann.
    file: String,
}

/// Several pieces of any store.
const FILE: &[u8] = &[7; 1_500_000];

impl Past {
    /// Ann and bob said hello, and then `length` more things; ann has notes as well, and has read up to the second entry. Then she put
    /// it away, and blocked him.
    async fn of(length: usize) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let url = file_in(folder.path(), "old");
        let mut server = RealServer::start(&["--store", &url]).await;
        let mut ann = Person::registers(server.address(), "ann").await;
        let bob = Person::registers(server.address(), "bob").await;
        ann.sends("bob", "hello \u{1f44b}").await;
        ann.sends("ann", "a note").await;
        let file =
            Courier::new(server.address(), &ann.token).uploads("holiday.png", FILE).await["id"].clone();
        let sent = ann.asks(json!({"type": "send", "to": "bob", "client_id": "file", "file": file})).await;
        assert_eq!(sent["type"], "ack", "{sent}");
        let file = file.as_str().unwrap().to_owned();
        let (ann, bob) = (ann.token.clone(), bob.token.clone());
        assert!(server.stops().await.success());
        let store = SqliteStore::open(Path::new(url.strip_prefix("sqlite:").unwrap())).unwrap();
        let conversation = talk(&store, length).await;
        store.close().await;
        Self { folder, url, ann, bob, conversation, file }
    }

    fn file(&self, name: &str) -> String {
        file_in(self.folder.path(), name)
    }
}

fn file_in(folder: &Path, name: &str) -> String {
    format!("sqlite:{}", folder.join(name).join("chat.db").display())
}

/// Lets both people say much, straight into the store.
async fn talk(store: &impl Store, length: usize) -> ConversationId {
    let id = async |name: &str| store.user(&name.parse().unwrap()).await.unwrap().unwrap().id;
    let (ann, bob) = (id("ann").await, id("bob").await);
    let conversation = store.open_direct(ann, bob, ConversationId::from_bits(1)).await.unwrap();
    let notes = store.open_direct(ann, ann, ConversationId::from_bits(2)).await.unwrap();
    let entry = |number: usize| {
        let (conversation, sender): (_, UserId) = match number % 4 {
            0 => (notes, ann),
            1 => (conversation, bob),
            _ => (conversation, ann),
        };
        let body = NewBody::Message { text: format!("number {number}"), file: None, reply_to: None };
        NewEntry { conversation, sender, client_id: format!("s{number}").parse().unwrap(), at: 5, body }
    };
    let numbers: Vec<_> = (0..length).collect();
    for batch in numbers.chunks(1000) {
        let outcome = store.append(batch.iter().map(|number| entry(*number)).collect()).await.unwrap();
        assert!(outcome.iter().all(Result::is_ok));
    }
    store.mark_read(ann, conversation, Seq::new(2).unwrap()).await.unwrap();
    let peace = NewPreferences { level: Some(Level::Mentions), archived: Some(true), blocked: Some(true) };
    store.prefer(ann, conversation, peace).await.unwrap().unwrap().unwrap();
    conversation
}

async fn migrate(from: &str, to: &str) -> Output {
    run_program(PROGRAM, &["migrate", "--from", from, "--to", to], &[], "").await
}

async fn kill_at(from: &str, to: &str, mark: &str) -> bool {
    Halfway::run(PROGRAM, &["migrate", "--from", from, "--to", to], mark).await.dies().await
}

/// It must work; what it says on standard output.
async fn moves(from: &str, to: &str) -> String {
    let output = migrate(from, to).await;
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// It must fail; the last line on standard error.
async fn refusal(from: &str, to: &str) -> String {
    let output = migrate(from, to).await;
    assert_eq!(output.status.code(), Some(1), "{}", String::from_utf8_lossy(&output.stdout));
    let said = String::from_utf8(output.stderr).unwrap();
    said.lines().last().unwrap().to_owned()
}

/// Nobody may serve from it or make an account in it.
async fn serves_nobody(store: &str) {
    for args in [["--listen", "127.0.0.1:0"].as_slice(), &["user", "add", "eve"]] {
        let args = [args, &["--store", store]].concat();
        let output = run_program(PROGRAM, &args, &[("CHAT_LOG", "off")], "correct horse battery\n").await;
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(
            !output.status.success() && said.contains("migration that has not ended"),
            "{args:?}: {said}"
        );
        assert_eq!(said.trim_end().lines().count(), 1, "{said}");
    }
}

/// All that the two people can see of a store. Bob gets the file as well.
async fn seen(store: &str, past: &Past) -> (Vec<(u64, String)>, Vec<(u64, String)>, serde_json::Value) {
    let mut server = RealServer::start(&["--store", store]).await;
    // Tokens are the devices' own, so the devices are there; passwords are tried by whoever logs in.
    let mut ann = Person::returns(server.address(), &past.ann).await;
    let mut bob = Person::returns(server.address(), &past.bob).await;
    Person::logs_in(server.address(), "bob").await;
    let mut summary = ann.opens("bob").await;
    // Bob has been there since.
    summary["peer"].as_object_mut().unwrap().remove("last_seen");
    let got = Courier::new(server.address(), &past.bob).gets(&past.file, &[]).await;
    assert!(got.status == 200 && got.bytes == FILE, "{}", got.status);
    let both = (bob.reads_all("ann").await, ann.reads_all("ann").await, summary);
    assert!(server.stops().await.success());
    both
}

#[tokio::test]
async fn killed_anywhere_it_goes_on_and_everything_arrives_and_comes_back() {
    let past = Past::of(30_000).await;
    let before = seen(&past.url, &past).await;
    assert_eq!(before.0.len() + before.1.len(), 30_003);
    let mut from = past.url.clone();
    for to in [fresh_mongodb(), past.file("new")] {
        for mark in ["users:", "files:", "entries:", "entries:", "verified files:", "verified entries:"] {
            assert!(kill_at(&from, &to, mark).await, "it ended before {mark}");
            serves_nobody(&to).await;
        }
        let said = moves(&from, &to).await;
        assert!(said.contains("users") && said.contains("30,003") && said.contains("1,500,000"), "{said}");
        let after = seen(&to, &past).await;
        assert!(after == before, "{:?} is not {:?}", after.2, before.2);
        from = to;
    }
    // The numbers go on, and a repeated send is still the same message.
    let server = RealServer::start(&["--store", &from]).await;
    let mut bob = Person::returns(server.address(), &past.bob).await;
    let count = before.0.len() as u64;
    assert_eq!((&before.2["level"], &before.2["archived"]), (&json!("mentions"), &json!(count)));
    assert_eq!(bob.sends_as("blocked", "ann", "x").await["code"], "blocked");
    let mut ann = Person::returns(server.address(), &past.ann).await;
    let unblock = json!({"type": "prefer", "to": "bob", "blocked": false});
    assert_eq!(ann.asks(unblock).await["type"], "opened");
    assert_eq!(bob.sends("ann", "we are back").await["seq"], count + 1);
    assert_eq!(bob.sends_as("s1", "ann", "number 1").await["seq"], 3);
}

#[tokio::test]
async fn a_target_that_is_not_this_sources_is_refused_and_left_alone() {
    let past = Past::of(3_000).await;
    let other = Past::of(10).await;
    let (target, used) = (fresh_mongodb(), fresh_mongodb());
    let mut server = RealServer::start(&["--store", &used]).await;
    Person::registers(server.address(), "eve").await;
    assert!(server.stops().await.success());
    for in_use in [&used, &other.url] {
        let said = refusal(&past.url, in_use).await;
        assert!(said.contains("holds data already"), "{said}");
    }
    let foreign = fresh_mongodb();
    let bookmarks = Client::with_uri_str(&foreign).await.unwrap().default_database().unwrap();
    bookmarks.collection::<Document>("bookmarks").insert_one(doc! {"url": "x"}).await.unwrap();
    assert!(refusal(&past.url, &foreign).await.contains("holds data already"));

    for target in [&target, &past.file("new")] {
        assert!(kill_at(&past.url, target, "entries:").await);
        let said = refusal(&other.url, target).await;
        assert!(said.contains("from another store"), "{said}");
        let said = refusal(target, &past.file("third")).await;
        assert!(said.contains("itself being filled"), "{said}");
        moves(&past.url, target).await;
        let said = refusal(&past.url, target).await;
        assert!(said.contains("verified before"), "{said}");
        let said = refusal(&other.url, target).await;
        assert!(said.contains("holds data already"), "{said}");
    }
    let kept = MongoStore::open(&target.parse().unwrap()).await.unwrap();
    assert!(kept.user(&"ann".parse().unwrap()).await.unwrap().is_some());
    kept.close().await;
}

#[tokio::test]
async fn what_cannot_be_a_source_or_a_target_is_told_in_one_line_without_passwords() {
    let past = Past::of(10).await;
    let target = fresh_mongodb();
    let locked = target.replace("mongodb://", "mongodb://ann:s3cret@");
    let running = RealServer::start(&["--store", &past.file("running")]).await;
    for (from, to, expected) in [
        (past.file("typo").as_str(), target.as_str(), "no such file"),
        (&past.url, &past.url, "the same store"),
        (&target, &target, "the same store"),
        (&fresh_mongodb(), &past.file("new"), "nothing to move"),
        (&past.url, &locked, "login was refused"),
        (&past.url, "postgres://ann:s3cret@there", "--to"),
        ("letters", &target, "--from"),
        (&past.file("running"), &target, "another chat-server is running"),
        (&past.url, &past.file("running"), "another chat-server is running"),
    ] {
        let output = migrate(from, to).await;
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(1), "{from} {to}: {said}");
        assert!(said.contains(expected) && said.trim_end().lines().count() == 1, "{from} {to}: {said}");
        assert!(!said.contains("s3cret"), "{said}");
    }
    drop(running);
    // Nothing of that has touched the target, and the addresses may come from the environment.
    let env = [("CHAT_SERVER_MIGRATE_FROM", past.url.as_str()), ("CHAT_SERVER_MIGRATE_TO", target.as_str())];
    let output = run_program(PROGRAM, &["migrate"], &env, "").await;
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

#[tokio::test]
async fn a_text_that_was_changed_in_the_target_is_found() {
    let past = Past::of(20_000).await;
    let target = fresh_mongodb();
    // Everything is copied by now, and most of it not yet compared.
    assert!(kill_at(&past.url, &target, "verified entries:").await);
    let database = Client::with_uri_str(&target).await.unwrap().default_database().unwrap();
    let first = doc! {"_id": {"c": past.conversation.bits().cast_signed(), "s": 1_i64}};
    let set = async |text: &str| {
        let entries = database.collection::<Document>("entries");
        let change = doc! {"$set": {"text": text}};
        assert_eq!(entries.update_one(first.clone(), change).await.unwrap().modified_count, 1);
    };
    set("Hello \u{1f44b}").await;
    let said = refusal(&past.url, &target).await;
    assert!(said.contains(&past.conversation.to_string()) && said.contains("another hash"), "{said}");
    serves_nobody(&target).await;
    set("hello \u{1f44b}").await;
    moves(&past.url, &target).await;
}

#[tokio::test]
async fn a_database_that_is_away_for_a_moment_is_waited_for() {
    let past = Past::of(20_000).await;
    let mut set = ReplicaSet::start(1).await;
    let target = set.url("chat");
    let moving = Halfway::run(PROGRAM, &["migrate", "--from", &past.url, "--to", &target], "entries:").await;
    set.members[0].signal("KILL");
    set.members[0].restarts();
    let (succeeded, said) = moving.ends().await;
    assert!(succeeded, "{said:?}");
    let store = MongoStore::open(&target.parse().unwrap()).await.unwrap();
    assert!(store.user(&"bob".parse().unwrap()).await.unwrap().is_some());
    store.close().await;
}
