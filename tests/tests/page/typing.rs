//! Who is typing.

use chat_tests::browser::key;
use chat_tests::{Browser, House, Person};
use serde_json::json;

async fn types_to_alice(bob: &mut Person, stopped: bool) {
    bob.types(json!({"type": "typing", "id": "t", "to": "alice", "stopped": stopped}).to_string()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_sees_the_other_type_until_it_is_over() {
    let house = House::open().await;
    let mut bob = house.person("bob").await;
    let browser = Browser::start().await;
    browser.registers(house.address(), "alice").await;
    browser.begins("bob").await;
    browser.says("hello").await;
    bob.expects("alice", "hello").await;

    browser.types("ab").await;
    assert_eq!(bob.push("typing").await["lease_ms"], 6000);
    browser.types(&key::BACKSPACE.repeat(2)).await;
    assert_eq!(bob.push("typing").await["lease_ms"], 0, "there is nothing any more");
    browser.types("abc").await;
    assert_eq!(bob.push("typing").await["lease_ms"], 6000);
    browser.types(key::ENTER).await;
    assert_eq!(bob.push("typing").await["lease_ms"], 0, "it is said");

    types_to_alice(&mut bob, false).await;
    browser.shows("#talk-typing", "bob is typing…").await;
    browser.shows("#conversations .preview.typing", "bob is typing…").await;
    browser.shows("#talk-presence", "online").await;
    assert_eq!(browser.evaluates("$('#typing-news').textContent").await, "bob is typing…");
    bob.sends("alice", "here I am").await;
    browser.reads("here I am").await;
    browser.waits("the notice to go", "$('#talk-typing').textContent === ''").await;
    browser.shows("#conversations .preview", "here I am").await;

    types_to_alice(&mut bob, true).await;
    types_to_alice(&mut bob, false).await;
    browser.shows("#talk-typing", "bob is typing…").await;
    assert_eq!(browser.evaluates("$('#typing-news').textContent").await, "", "it is not announced each time");
    browser.waits("the lease to run out", "$('#talk-typing').textContent === ''").await;
    assert_eq!(browser.complaints().await, [""; 0]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_does_not_want_it_tells_nobody_also_after_a_reload() {
    let house = House::open().await;
    let mut bob = house.person("bob").await;
    let browser = Browser::start().await;
    browser.registers(house.address(), "alice").await;
    browser.begins("bob").await;
    browser.says("hello").await;
    browser.clicks("#account-open").await;
    browser.waits("the box to be ticked", "$('#tells-typing').checked").await;
    browser.clicks("#tells-typing").await;
    browser.types(key::ESCAPE).await;
    browser.no_longer_sees("#account").await;
    browser.says("one").await;
    browser.reloads().await;
    browser.is_live().await;
    browser.says("two").await;
    browser.clicks("#account-open").await;
    browser.waits("the box to be empty", "$('#account').open && !$('#tells-typing').checked").await;
    let mut notices = Vec::new();
    loop {
        let frame = bob.hears().await;
        match frame["text"].as_str() {
            Some("hello") => notices.clear(),
            Some("two") => break,
            _ if frame["type"] == "typing" && frame["lease_ms"] != 0 => notices.push(frame),
            _ => {}
        }
    }
    assert_eq!(notices, [json!(null); 0], "nothing after the greeting");
}
