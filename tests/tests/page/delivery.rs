//! Nothing is lost and nothing comes twice, whatever happens to the server, the page or its tabs.

use chat_tests::browser::key;
use chat_tests::{Browser, Courier, House, Person, RealServer};
use serde_json::json;

/// What the page sends from here on never arrives, though it believes that it does.
const MUTE: &str = "WebSocket.prototype.send = () => {}";

fn texts(log: &[(u64, String)]) -> Vec<&str> {
    log.iter().map(|(_, text)| text.as_str()).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_written_while_the_server_is_gone_goes_out_once() {
    let mut server = RealServer::start(&[]).await;
    let bob = Person::registers(server.address(), "bob").await;
    let browser = Browser::start().await;
    browser.registers(server.address(), "alice").await;
    browser.begins("bob").await;
    browser.says("before").await;
    browser.marks("before", "sent").await;
    server.stops().await;
    browser.shows("#status", "Reconnecting").await;
    browser.shows("#talk-presence", "not known").await;
    for text in ["one", "two", "three"] {
        browser.says(text).await;
        browser.marks(text, "queued").await;
    }
    browser.shows("#conversations .preview", "◌ Waits: three").await;
    server.crashes_and_restarts().await;
    for text in ["one", "two", "three"] {
        browser.marks(text, "sent").await;
    }
    browser.is_live().await;
    // It is the same page, and it shows everything once.
    assert_eq!(browser.texts().await, ["before", "one", "two", "three"]);
    let mut bob = Person::returns(server.address(), &bob.token).await;
    assert_eq!(texts(&bob.reads_all("alice").await), ["before", "one", "two", "three"]);
    // Killed in the middle of it: whether the ack came or not, the message is there once.
    browser.says("four").await;
    server.crashes_and_restarts().await;
    browser.marks("four", "sent").await;
    let mut bob = Person::returns(server.address(), &bob.token).await;
    bob.sends("alice", "five").await;
    browser.reads("five").await;
    assert_eq!(texts(&bob.reads_all("alice").await), ["before", "one", "two", "three", "four", "five"]);
    assert_eq!(browser.texts().await, ["before", "one", "two", "three", "four", "five"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_unsent_message_outlives_its_page_and_its_tab() {
    let house = House::open().await;
    let mut bob = house.person("bob").await;
    let browser = Browser::start().await;
    browser.registers(house.address(), "alice").await;
    browser.begins("bob").await;
    browser.evaluates(MUTE).await;
    for text in ["one", "two"] {
        browser.says(text).await;
        browser.marks(text, "queued").await;
    }
    browser.reloads().await;
    for text in ["one", "two"] {
        browser.marks(text, "sent").await;
    }
    // Two tabs show the same, and each message once.
    let first = browser.tab().await;
    let second = browser.opens_tab().await;
    browser.opens(house.address()).await;
    browser.begins("bob").await;
    browser.says("from the second tab").await;
    browser.marks("from the second tab", "sent").await;
    browser.goes_to(&first).await;
    browser.reads("from the second tab").await;
    // A tab that is closed leaves its messages to the other one.
    browser.goes_to(&second).await;
    browser.evaluates(MUTE).await;
    browser.says("left behind").await;
    browser.marks("left behind", "queued").await;
    browser.closes_tab().await;
    browser.goes_to(&first).await;
    browser.marks("left behind", "sent").await;
    // So does one that was there before the other.
    browser.evaluates(MUTE).await;
    browser.says("left by the first").await;
    browser.marks("left by the first", "queued").await;
    let third = browser.opens_tab().await;
    browser.opens(house.address()).await;
    browser.clicks("#conversations button").await;
    browser.reads("left behind").await;
    browser.goes_to(&first).await;
    browser.closes_tab().await;
    browser.goes_to(&third).await;
    browser.marks("left by the first", "sent").await;
    let expected = ["one", "two", "from the second tab", "left behind", "left by the first"];
    assert_eq!(browser.texts().await, expected);
    assert_eq!(texts(&bob.reads_all("alice").await), expected);
    assert_eq!(
        browser.evaluates("Object.keys(localStorage).filter((key) => key.includes('outbox')).length").await,
        0
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refused_message_says_why_and_can_be_discarded() {
    let house = House::open().await;
    house.person("bob").await;
    let browser = Browser::start().await;
    browser.registers(house.address(), "alice").await;
    let mut alice = Person::logs_in(house.address(), "alice").await;
    alice.sends_as("known", "bob", "first").await;
    // The same id with another text, as no page would write it by itself.
    let left = json!({"client_id": "known", "to": "bob", "text": "second", "at": 1}).to_string();
    browser.runs("localStorage.setItem('chat.outbox/alice/left/0', input); return 0;", json!(left)).await;
    browser.reloads().await;
    browser.clicks("#conversations button").await;
    browser.marks("second", "failed").await;
    browser.shows(".failure", "Not sent.").await;
    browser.reloads().await;
    browser.marks("second", "failed").await;
    browser.clicks(".failure button:last-child").await;
    browser.no_longer_sees(".failure").await;
    assert_eq!(browser.texts().await, ["first"]);
    // Too long, or with a character that cannot be: told before it is sent, and the text stays.
    let write = "$('#text').value = input; $('#text').dispatchEvent(new Event('input')); $('#text').focus(); return 0;";
    let write = write.replace("$('#text')", "document.getElementById('text')");
    for (text, problem) in [("x".repeat(8193), "too long"), ("a\0b".to_owned(), "NUL")] {
        browser.runs(&write, json!(text)).await;
        browser.types(key::ENTER).await;
        browser.shows("#composer-error", problem).await;
        assert_eq!(browser.evaluates("$('#text').value").await, text);
    }
    browser.runs(&write, json!("é".repeat(4096))).await;
    browser.types(key::ENTER).await;
    browser.marks(&"é".repeat(4096), "sent").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_page_that_ends_while_it_hands_over_sends_it_once() {
    let house = House::open().await;
    let mut bob = house.person("bob").await;
    let browser = Browser::start().await;
    browser.registers(house.address(), "alice").await;
    browser.begins("bob").await;
    let alice = Person::logs_in(house.address(), "alice").await;
    let file = Courier::new(house.address(), &alice.token).uploads("notes", b"notes").await;
    let mut left = json!({"client_id": "once", "to": "bob", "text": "the notes", "at": 1});
    let mut upload = left.clone();
    left["file"] = file.clone();
    for key in ["name", "size", "type"] {
        upload[key] = file[key].clone();
    }
    upload["url"] = json!(format!("/api/uploads/{}", file["id"].as_str().unwrap()));
    upload["batch"] = json!("1");
    let keep = "localStorage.setItem('chat.outbox/alice/left/0', JSON.stringify(input[0]));
                localStorage.setItem('chat.upload/alice/left/0', JSON.stringify(input[1])); return 0;";
    browser.runs(keep, json!([left, upload])).await;
    browser.reloads().await;
    browser.marks("the notes", "sent").await;
    bob.expects("alice", "the notes").await;
    browser
        .waits(
            "nothing to be remembered",
            "!Object.keys(localStorage).some((key) => /outbox|upload/.test(key))",
        )
        .await;
    bob.has_no_push("entry").await;
    assert_eq!(browser.texts().await, ["the notes"]);
    assert_eq!(browser.complaints().await, [""; 0]);
}
