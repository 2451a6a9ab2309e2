//! What is older than it is kept for goes, from the front and without a hole.

use chat_tests::{House, Person, RealServer, in_time};
use serde_json::{Value, json};
use std::time::Duration;

const DAY: Duration = Duration::from_secs(24 * 60 * 60);
/// Messages of long ago, of which a server takes a while to take them away.
const MANY: u64 = 6000;

/// Where the conversation with somebody begins and ends.
async fn span(person: &mut Person, peer: &str) -> (u64, u64) {
    let summary = person.opens(peer).await;
    (summary["first"].as_u64().unwrap(), summary["head"].as_u64().unwrap())
}

/// Asks until the log begins there.
async fn until_it_begins_at(person: &mut Person, peer: &str, first: u64) -> Value {
    let begins = async {
        loop {
            let summary = person.opens(peer).await;
            if summary["first"] == first {
                return summary;
            }
            assert!(summary["first"].as_u64().unwrap() < first, "{summary}");
        }
    };
    in_time("the log to begin later", begins).await
}

/// A server that forgets after a day, where ann has said two things long ago and one just now.
async fn forgetful() -> (House, Person, Person) {
    let house = House::with(|config| config.retention = Some(DAY)).await;
    drop((house.person("ann").await, house.person("bob").await));
    let shelf = house.shelf().await;
    let talk = shelf.talk("ann", "bob").await;
    shelf.said_long_ago(talk, "ann", "old-", 1..=2).await;
    shelf.closes().await;
    let house = house.reopens().await;
    let (mut ann, bob) =
        (Person::logs_in(house.address(), "ann").await, Person::logs_in(house.address(), "bob").await);
    ann.sends("bob", "new").await;
    (house, ann, bob)
}

#[tokio::test]
async fn what_is_too_old_goes_and_the_rest_stays() {
    let (house, mut ann, mut bob) = forgetful().await;
    let summary = until_it_begins_at(&mut bob, "ann", 3).await;
    assert_eq!((&summary["head"], &summary["unread"]), (&json!(3), &json!(1)));
    assert_eq!(bob.reads_all("ann").await, [(3, "new".to_owned())]);
    let talk = &summary["conversation"];
    let before = bob.asks(json!({"type": "history", "conversation": talk, "before": 3})).await;
    assert_eq!((&before["entries"], &before["first"]), (&json!([]), &json!(3)));
    let again = ann.sends_as("old-1", "bob", "old-1").await;
    assert_eq!((&again["type"], &again["seq"]), (&json!("ack"), &json!(1)), "it was sent, for ever");
    for (kind, more) in [
        ("edit", json!({"text": "x"})),
        ("delete", json!({})),
        ("react", json!({"emoji": "👍"})),
        ("versions", json!({})),
    ] {
        let refused = ann.does(kind, talk, 1, more).await;
        assert_eq!(refused["code"], "unknown_message", "{kind}");
    }
    let reply = json!({"type": "send", "to": "bob", "client_id": "reply", "text": "x", "reply_to": 2});
    assert_eq!(ann.asks(reply).await["code"], "unknown_message");
    let found = bob.asks(json!({"type": "search", "query": "old"})).await;
    assert_eq!(found["hits"], json!([]));
    let mut wire = chat_tests::Wire::dial(house.address()).await;
    let welcome = wire.asks(json!({"type": "hello", "version": 1, "token": ann.token})).await;
    assert_eq!(welcome["limits"]["retention_days"], 1);
}

#[tokio::test]
async fn a_group_has_a_rule_of_its_own_and_its_members_are_told_where_it_begins() {
    let house = House::open().await;
    let (mut ann, mut bob) = (house.person("ann").await, house.person("bob").await);
    let shelf = house.shelf().await;
    let ops = shelf.old_group("ann", "bob").await;
    shelf.closes().await;
    let rule = |days: Value, id: &str| json!({"type": "change_group", "conversation": ops, "client_id": id, "retention_days": days});
    for (days, code) in [
        (json!(36_501), "bad_field"),
        (json!(-1), "bad_field"),
        (json!("90"), "bad_field"),
        (json!(0), "no_change"),
    ] {
        assert_eq!(ann.asks(rule(days.clone(), "bad")).await["code"], code, "{days}");
    }
    assert_eq!(bob.asks(rule(json!(30), "rule")).await["code"], "not_allowed");
    assert_eq!(ann.asks(rule(json!(30), "rule")).await["seq"], 6);
    let entry = bob.push("entry").await;
    assert_eq!((&entry["kind"], &entry["retention_days"]), (&json!("group"), &json!(30)), "{entry}");
    for person in [&mut ann, &mut bob] {
        let begins = person.push("begins").await;
        assert_eq!(begins, json!({"type": "begins", "conversation": ops, "first": 6}));
    }
    let opened = bob.asks(json!({"type": "open", "conversation": ops})).await;
    let summary = &opened["summary"];
    assert_eq!((&summary["first"], &summary["retention_days"]), (&json!(6), &json!(30)), "{summary}");
    assert_eq!((&summary["members"], &summary["unread"]), (&json!(2), &json!(0)));
    assert_eq!(ann.asks(rule(json!(30), "again")).await["code"], "no_change");
    assert_eq!(ann.asks(rule(json!(0), "off")).await["seq"], 7);
    let entry = bob.push("entry").await;
    assert_eq!(entry["retention_days"], 0, "the others hear of that as well");
    let opened = bob.asks(json!({"type": "open", "conversation": ops})).await;
    assert_eq!(opened["summary"].get("retention_days"), None);
}

/// What is left of the log follows without a hole, and is as it was said.
async fn has_no_hole(bob: &mut Person, head: u64) -> u64 {
    let all = bob.reads_all("ann").await;
    let (first, _) = span(bob, "ann").await;
    assert!(all.iter().all(|(seq, text)| *text == format!("old-{seq}")), "as it was said");
    // Of what has gone between two pages some may be missing, and of what is left nothing.
    let left: Vec<_> = all.iter().map(|(seq, _)| *seq).skip_while(|seq| *seq < first).collect();
    assert_eq!(left, (first..=head).collect::<Vec<_>>());
    first
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_is_killed_while_it_takes_away_goes_on_with_it() {
    let mut server = RealServer::start(&["--retention", "1d"]).await;
    drop(Person::registers(server.address(), "ann").await);
    drop(Person::registers(server.address(), "bob").await);
    let shelf = server.shelf().await;
    let talk = shelf.talk("ann", "bob").await;
    shelf.said_long_ago(talk, "ann", "old-", 1..=MANY).await;
    let mut last = 1;
    for _ in 0..100 {
        server.crashes_and_restarts().await;
        let mut bob = Person::logs_in(server.address(), "bob").await;
        let first = has_no_hole(&mut bob, MANY).await;
        assert!(first >= last, "it only moves on");
        last = first;
        if first > MANY {
            break;
        }
    }
    let (mut ann, mut bob) =
        (Person::logs_in(server.address(), "ann").await, Person::logs_in(server.address(), "bob").await);
    until_it_begins_at(&mut bob, "ann", MANY + 1).await;
    assert_eq!(bob.reads_all("ann").await, []);
    assert_eq!(ann.sends_as("old-7", "bob", "old-7").await["seq"], 7, "it was sent, for ever");
    assert_eq!(ann.sends("bob", "new").await["seq"], MANY + 1);
    bob.expects("ann", "new").await;
    let logs = shelf.store().beginnings(true, None, 99).await.unwrap().logs;
    let log = logs.iter().find(|log| log.conversation == talk).unwrap();
    assert!(!log.is_interrupted, "nothing is left to be taken away");
    shelf.closes().await;
}
