//! What is too old goes, and what is left when somebody deletes their account.

use crate::changes::of_alice_and_bob;
use chat_tests::browser::key;
use chat_tests::{Browser, House, PASSWORD};
use serde_json::json;

/// Writes the days into the group's panel and saves.
async fn saves_days(browser: &Browser, days: &str) {
    browser.fills("#change-days", days).await;
    browser.types(key::ENTER).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_older_than_a_group_keeps_it_is_gone_from_the_page() {
    let house = House::open().await;
    let alice = Browser::start().await;
    alice.registers(house.address(), "alice").await;
    let mut bob = house.person("bob").await;
    let shelf = house.shelf().await;
    let group = shelf.old_group("alice", "bob").await;
    shelf.closes().await;
    let answer =
        json!({"type": "send", "conversation": group, "client_id": "a", "text": "an answer", "reply_to": 5});
    bob.asks(answer).await;
    alice.reloads().await;
    alice.clicks("#conversations button").await;
    alice.reads("old-1").await;
    alice.shows(".quote", "old-3").await;

    alice.clicks("#group-open").await;
    alice.shows("#group-about", "Messages are kept for ever.").await;
    for wrong in ["x", "36501", "-1", "1.5"] {
        saves_days(&alice, wrong).await;
        alice.shows("#change-error", "Messages are removed after 1 to 36,500 days.").await;
    }
    saves_days(&alice, "30").await;
    alice.shows("#group-about", "Messages are removed after 30 days.").await;
    assert_eq!(alice.evaluates("$('#change-error').hidden").await, true);
    alice.types(key::ESCAPE).await;
    alice.waits("what is old to go", "!document.body.textContent.includes('old-')").await;
    alice.reads("an answer").await;
    alice.shows(".quote", "an earlier message").await;
    alice.shows(".happening", "You set messages to be removed after 30 days").await;
    assert_eq!(alice.texts().await, ["an answer"]);
    alice.clicks("#preferences-open").await;
    alice.shows("#preferences-kept", "Messages are removed after 30 days.").await;
    alice.types(key::ESCAPE).await;
    // It was so before a reload as after it, and can be taken back.
    alice.reloads().await;
    alice.reads("an answer").await;
    assert_eq!(alice.texts().await, ["an answer"]);
    alice.clicks("#group-open").await;
    alice.waits("the days that hold", "$('#change-days').value === '30'").await;
    saves_days(&alice, "").await;
    alice.shows("#group-about", "Messages are kept for ever.").await;
    alice.types(key::ESCAPE).await;
    alice.shows(".happening", "You set messages to be kept").await;
    assert_eq!(alice.complaints().await, [""; 0]);
}

/// Fills in what has to be said before an account is deleted, and presses the button.
async fn deletes(browser: &Browser, name: &str, password: &str) {
    browser.fills("#erase-name", name).await;
    browser.fills("#erase-password", password).await;
    browser.clicks("#erase-yes").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_left_of_a_deleted_account() {
    let house = House::open().await;
    let (alice, bob) = of_alice_and_bob(&house).await;
    alice.says("secret").await;
    bob.reads("secret").await;
    bob.says("an answer").await;
    alice.reads("an answer").await;
    alice.types("begun").await;

    alice.clicks("#account-open").await;
    alice.clicks("#erase-open").await;
    alice.has_focus("#erase-name").await;
    for (name, password, wrong) in [
        ("bob", PASSWORD, "Type alice to say that you mean this account."),
        ("alice", "", "The password is missing."),
        ("alice", "battery staple", "The password is not right."),
    ] {
        deletes(&alice, name, password).await;
        alice.shows("#erase-error", wrong).await;
    }
    // Whoever thinks better of it is still there, and what they typed is not.
    alice.clicks("#erase-cancel").await;
    alice.no_longer_sees("#erase").await;
    assert_eq!(alice.evaluates("$('#erase-password').value").await, "");
    alice.clicks("#erase-open").await;
    deletes(&alice, "alice", PASSWORD).await;
    alice.shows("#door-note", "Your account is deleted.").await;
    assert_eq!(alice.evaluates("JSON.stringify(localStorage).includes('begun')").await, false);

    // The other one sees what is left, under another name, and nothing of what was said.
    bob.shows("#talk-name", "deleted-").await;
    bob.shows("#talk-presence", "account deleted").await;
    bob.reads("message deleted").await;
    bob.waits("the secret to go", "!document.body.textContent.includes('secret')").await;
    assert_eq!(bob.texts().await, ["message deleted", "an answer"]);
    assert_eq!(bob.evaluates("location.hash.startsWith('#deleted-')").await, true);
    bob.reloads().await;
    bob.shows("#talk-name", "deleted-").await;
    bob.reads("message deleted").await;

    // The name is free, and whoever has it is somebody else.
    alice.registers(house.address(), "alice").await;
    assert_eq!(alice.evaluates("$('#conversations').childElementCount").await, 0);
    bob.begins("alice").await;
    bob.shows("#timeline-hint", "Nothing has been said yet.").await;
    for browser in [&alice, &bob] {
        assert_eq!(browser.complaints().await, [""; 0]);
    }
}
