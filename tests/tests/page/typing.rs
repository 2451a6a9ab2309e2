//! Who is typing.

use chat_tests::browser::key;
use chat_tests::{Browser, House, Person};
use serde_json::json;
use std::time::Duration;

/// The longest that a client believes, so that no slow machine ends it.
const FOR_LONG: Duration = Duration::from_secs(60);

async fn types_to_alice(bob: &mut Person, stopped: bool) {
    bob.types(json!({"type": "typing", "id": "t", "to": "alice", "stopped": stopped}).to_string()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_sees_the_other_type_until_it_is_over() {
    let house = House::with(|config| config.timing.typing_lease = FOR_LONG).await;
    let mut bob = house.person("bob").await;
    let browser = Browser::start().await;
    browser.registers(house.address(), "alice").await;
    bob.sends("alice", "hi").await;
    browser.begins("bob").await;
    browser.reads("hi").await;
    browser.clicks("#text").await;

    // Typed, taken back, typed, said.
    browser.types(&format!("ab{0}{0}abc{1}", key::BACKSPACE, key::ENTER)).await;
    for lease_ms in [60_000, 0, 60_000, 0] {
        assert_eq!(bob.push("typing").await["lease_ms"], lease_ms);
    }

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
    assert_eq!(browser.complaints().await, [""; 0]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lease_that_is_not_renewed_runs_out() {
    let house = House::with(|config| config.timing.typing_lease = Duration::from_secs(1)).await;
    let mut bob = house.person("bob").await;
    let browser = Browser::start().await;
    browser.registers(house.address(), "alice").await;
    browser.begins("bob").await;
    browser.says("hello").await;
    bob.expects("alice", "hello").await;
    // Watched within the page, where nothing that happens in between is missed.
    let watch = "window.seen = []; new MutationObserver(() => window.seen.push($('#talk-typing').textContent)).observe($('#talk-typing'), { childList: true });";
    browser.runs(watch, json!(null)).await;
    types_to_alice(&mut bob, false).await;
    browser.waits("it to come and go", "window.seen.join() === 'bob is typing…,'").await;
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
