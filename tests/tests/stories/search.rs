//! Searching, over the wire: who finds what, and that it stays true while things change.

use super::headless::{Machine, WITH_PASSWORD};
use chat_tests::{House, Person, RealServer, in_time};
use serde_json::{Value, json};

fn texts(found: &Value) -> Vec<&str> {
    let hits = found["hits"].as_array().unwrap_or_else(|| panic!("{found}"));
    hits.iter().map(|hit| hit["text"].as_str().unwrap()).collect()
}

async fn looks_for(person: &mut Person, query: &str) -> Value {
    person.asks(json!({"type": "search", "query": query})).await
}

/// Looks again and again until exactly this is found.
pub async fn finds(person: &mut Person, query: &str, expected: &[&str]) -> Value {
    let looking = async {
        loop {
            let found = looks_for(person, query).await;
            if texts(&found) == expected {
                return found;
            }
        }
    };
    in_time(&format!("{query} to find {expected:?}"), looking).await
}

async fn people(house: &House) -> (Person, Person, Person) {
    (house.person("ann").await, house.person("bob").await, house.person("eve").await)
}

#[tokio::test]
async fn members_find_what_was_said_and_a_stranger_nothing() {
    let house = House::open().await;
    let (mut ann, mut bob, mut eve) = people(&house).await;
    let talk = ann.sends("bob", "Crème brûlée for lunch?").await["conversation"].clone();
    bob.sends("ann", "lunch at noon").await;
    eve.sends("eve", "no lunch for me").await;
    let found = finds(&mut ann, "lunch", &["lunch at noon", "Crème brûlée for lunch?"]).await;
    let hit = &found["hits"][1];
    assert_eq!((&hit["conversation"], &hit["seq"], &hit["from"]), (&talk, &json!(1), &json!("ann")));
    assert_eq!(hit, &ann.finds(&talk, 1).await, "it is told as everywhere");
    finds(&mut eve, "lunch", &["no lunch for me"]).await;
    for (query, expected) in [
        ("from:ann", vec!["Crème brûlée for lunch?"]),
        ("creme in:ann", vec!["Crème brûlée for lunch?"]),
        ("\"at noon\"", vec!["lunch at noon"]),
        ("\"noon at\"", vec![]),
        ("lun* from:bob", vec!["lunch at noon"]),
        ("has:file", vec![]),
        ("in:eve", vec![]),
        ("after:2020-01-01 before:2021-01-01", vec![]),
    ] {
        assert_eq!(texts(&looks_for(&mut bob, query).await), expected, "{query}");
    }
    for query in ["from:ann", "in:ann", "in:bob noon", "creme", "before:9999-01-01 noon"] {
        assert_eq!(texts(&looks_for(&mut eve, query).await), [""; 0], "{query}");
    }
    house.closes().await;
}

#[tokio::test]
async fn an_edit_and_a_deletion_are_followed() {
    let house = House::open().await;
    let (mut ann, mut bob, _eve) = people(&house).await;
    let talk = ann.sends("bob", "the first draft").await["conversation"].clone();
    ann.sends("bob", "the second draft").await;
    finds(&mut bob, "draft", &["the second draft", "the first draft"]).await;
    ann.does("edit", &talk, 1, json!({"text": "final"})).await;
    assert_eq!(texts(&looks_for(&mut bob, "draft").await), ["the second draft"], "at once");
    let found = finds(&mut bob, "final", &["final"]).await;
    assert_eq!(found["hits"][0]["seq"], 1, "under its own number");
    ann.does("delete", &talk, 2, json!({})).await;
    assert_eq!(texts(&looks_for(&mut bob, "draft").await), [""; 0], "at once");
    assert_eq!(texts(&looks_for(&mut ann, "from:ann").await), ["final"]);
    house.closes().await;
}

#[tokio::test]
async fn pages_follow_one_another_while_others_write() {
    let house = House::open().await;
    let (mut ann, mut bob, _eve) = people(&house).await;
    let all: Vec<_> = (0..45).map(|number| format!("page {number}")).collect();
    for text in &all {
        ann.sends("bob", text).await;
    }
    finds(&mut bob, "\"page 44\"", &["page 44"]).await;
    let (mut seen, mut cursor) = (Vec::new(), Value::Null);
    loop {
        let mut request = json!({"type": "search", "query": "page", "limit": 10});
        if cursor.is_string() {
            request["cursor"] = cursor;
        }
        let found = bob.asks(request).await;
        assert!(!texts(&found).is_empty(), "no page is empty: {found}");
        seen.extend(texts(&found).into_iter().map(str::to_owned));
        cursor = found["next"].clone();
        if cursor.is_null() {
            break;
        }
        ann.sends("bob", "one more page").await;
    }
    let expected: Vec<_> = all.into_iter().rev().collect();
    assert_eq!(seen, expected, "each once, and none of the new ones");
    house.closes().await;
}

#[tokio::test]
async fn what_cannot_be_looked_for_is_said() {
    let house = House::open().await;
    let (mut ann, ..) = people(&house).await;
    for (query, part) in [
        ("", "no word"),
        ("?!", "no word"),
        ("from:nobody", "nobody has this name"),
        ("in:nobody x", "nobody has this name"),
        ("from:", "name of a user"),
        ("before:tomorrow", "2026-03-01"),
        ("has:wings", "has:file"),
        ("from:ann from:bob", "twice"),
        ("a*", "at least 2"),
        (&"x".repeat(257), "256 bytes"),
    ] {
        let refused = looks_for(&mut ann, query).await;
        assert_eq!(refused["code"], "bad_field", "{query}: {refused}");
        assert!(refused["message"].as_str().unwrap().contains(part), "{query}: {refused}");
    }
    for more in
        [json!({"limit": 0}), json!({"limit": 51}), json!({"cursor": "x"}), json!({"cursor": "1-2-3"})]
    {
        let mut request = json!({"type": "search", "query": "x"});
        request.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let refused = ann.asks(request).await;
        assert_eq!(refused["code"], "bad_field", "{more}: {refused}");
    }
    house.closes().await;
}

#[tokio::test]
async fn what_was_not_indexed_before_a_crash_is_after_it() {
    let mut server = RealServer::start(&[]).await;
    let mut ann = Person::registers(server.address(), "ann").await;
    for number in 0..3 {
        ann.sends("ann", &format!("just before the end {number}")).await;
        server.crashes_and_restarts().await;
        ann = Person::logs_in(server.address(), "ann").await;
        finds(&mut ann, &format!("end {number}"), &[&format!("just before the end {number}")]).await;
    }
}

#[tokio::test]
async fn a_script_searches() {
    let house = House::open().await;
    let (ann, bob) = (Machine::new(&house, "ann"), Machine::new(&house, "bob"));
    for machine in [&ann, &bob] {
        machine.prints(&["register"], &WITH_PASSWORD, "").await;
    }
    for text in ["lunch?", "lunch at\nnoon", "dinner"] {
        bob.prints(&["send", "ann", text], &[], "").await;
    }
    let mut reader = Person::logs_in(house.address(), "ann").await;
    finds(&mut reader, "from:bob", &["dinner", "lunch at\nnoon", "lunch?"]).await;
    let hits = ann.prints(&["search", "from:bob lunch", "--json"], &[], "").await;
    let told: Vec<_> = hits.iter().map(|hit| (&hit["text"], &hit["seq"])).collect();
    assert_eq!(told, [(&json!("lunch at\nnoon"), &json!(2)), (&json!("lunch?"), &json!(1))]);
    let output = ann.runs(&["search", "in:bob", "--limit", "2"], &[], "").await;
    let lines = String::from_utf8(output.stdout).unwrap();
    let lines: Vec<_> = lines.lines().map(|line| line.get(17..).unwrap_or(line)).collect();
    assert_eq!(lines, ["bob 3 bob: dinner", "bob 2 bob: lunch at", "    noon"]);
    let nothing = ann.runs(&["search", "supper"], &[], "").await;
    assert_eq!((nothing.status.code(), nothing.stdout.as_slice()), (Some(0), &b""[..]));
    let refused = ann.runs(&["search", "from:nobody"], &[], "").await;
    assert_eq!(refused.status.code(), Some(5));
    let why = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(why.contains("nobody has this name"), "{why}");
    house.closes().await;
}
