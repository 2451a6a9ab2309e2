//! Editing, deleting, reacting and answering, and how far a message is.

use chat_tests::browser::key;
use chat_tests::{Browser, House, Person, RealServer};
use serde_json::{Value, json};

/// The row of the message with this text, as an expression.
fn row(text: &str) -> String {
    format!("$$('.message').find((one) => one.querySelector('.text').textContent === {})", json!(text))
}

/// Presses one of a message's buttons with the keyboard, as whoever uses no mouse does.
async fn presses(browser: &Browser, text: &str, act: &str) {
    browser.reads(text).await;
    browser.evaluates(&format!("{}.querySelector('[data-act={act}]').focus()", row(text))).await;
    browser.types(key::ENTER).await;
}

/// Waits until an expression about a message's row is true; `row` stands for it.
async fn has(browser: &Browser, text: &str, condition: &str) {
    let condition = format!("((row) => {condition})({})", row(text));
    browser.waits(&format!("{text:?} with {condition}"), &condition).await;
}

/// Replaces what stands in the composer.
async fn rewrites(browser: &Browser, text: &str) {
    browser.has_focus("#text").await;
    browser.types(&format!("{}a{}{text}{}", key::CONTROL, key::RELEASE, key::ENTER)).await;
}

/// Two browsers, in which alice and bob talk with each other.
pub async fn of_alice_and_bob(house: &House) -> (Browser, Browser) {
    let (alice, bob) = (Browser::start().await, Browser::start().await);
    alice.registers(house.address(), "alice").await;
    bob.registers(house.address(), "bob").await;
    alice.begins("bob").await;
    bob.begins("alice").await;
    (alice, bob)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_message_is_edited_and_says_what_it_said_before() {
    let house = House::open().await;
    let (alice, bob) = of_alice_and_bob(&house).await;
    alice.says("helo").await;
    bob.reads("helo").await;
    assert_eq!(bob.evaluates("$$('[data-act=edit], [data-act=delete]').length").await, 0, "it is not his");
    // A draft of a new message is not lost.
    alice.types("half a").await;
    presses(&alice, "helo", "edit").await;
    alice.shows("#aim", "Edit your message").await;
    assert_eq!(alice.evaluates("$('#text').value").await, "helo");
    rewrites(&alice, "hello").await;
    alice.no_longer_sees("#aim").await;
    assert_eq!(alice.evaluates("$('#text').value").await, "half a");
    for browser in [&alice, &bob] {
        has(browser, "hello", "row.querySelector('.edited')").await;
        assert_eq!(browser.texts().await, ["hello"]);
    }
    bob.shows("#conversations .preview", "edited a message").await;
    alice.marks("hello", "sent").await;
    // The last one by the arrow, and its way back.
    alice.types(&format!("{}a{}{}{}", key::CONTROL, key::RELEASE, key::BACKSPACE, key::UP)).await;
    alice.shows("#aim", "Edit your message").await;
    alice.types(key::ESCAPE).await;
    alice.no_longer_sees("#aim").await;
    alice.has_focus("#text").await;
    alice.types(key::UP).await;
    rewrites(&alice, "hello *bob*").await;
    has(&bob, "hello bob", "row.querySelector('em').textContent === 'bob'").await;
    presses(&bob, "hello bob", "versions").await;
    bob.shows("#versions-list li:first-child", "helo").await;
    bob.shows("#versions-list", "hello").await;
    bob.types(key::ESCAPE).await;
    // Whoever comes later finds it as it is.
    bob.reloads().await;
    has(&bob, "hello bob", "row.querySelector('.edited')").await;
    assert_eq!(bob.texts().await, ["hello bob"]);
    for browser in [&alice, &bob] {
        assert_eq!(browser.complaints().await, [""; 0]);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_left_of_a_deleted_message() {
    let house = House::open().await;
    let (alice, bob) = of_alice_and_bob(&house).await;
    alice.says("secret").await;
    presses(&bob, "secret", "reply").await;
    bob.shows("#aim", "Reply to alice").await;
    bob.types(&format!("what?{}", key::ENTER)).await;
    alice.reads("what?").await;
    presses(&alice, "secret", "delete").await;
    alice.shows("#deleting-gist", "secret").await;
    alice.types(key::ENTER).await;
    alice.no_longer_sees("#deleting").await;
    alice.reads("secret").await;
    presses(&bob, "secret", "reply").await;
    presses(&alice, "secret", "delete").await;
    alice.clicks("#deleting-yes").await;
    alice.has_focus("#text").await;
    for browser in [&alice, &bob] {
        browser.reads("message deleted").await;
        has(browser, "what?", "row.querySelector('.quote').textContent.includes('message deleted')").await;
        assert_eq!(browser.evaluates("document.body.textContent.includes('secret')").await, false);
        has(browser, "message deleted", "!row.querySelector('.tools, .chip, .edited')").await;
    }
    // Who was about to answer it is told.
    bob.no_longer_sees("#aim").await;
    bob.shows("#composer-error", "deleted meanwhile").await;
    bob.shows("#conversations .preview", "deleted a message").await;
    bob.reloads().await;
    bob.reads("message deleted").await;
    assert_eq!(bob.texts().await, ["message deleted", "what?"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn reactions_come_and_go_with_a_click() {
    let house = House::open().await;
    let (alice, bob) = of_alice_and_bob(&house).await;
    alice.says("done").await;
    presses(&bob, "done", "react").await;
    bob.sees("#picker").await;
    bob.has_focus("#picker-code").await;
    bob.types(&format!("tada{}", key::ENTER)).await;
    bob.no_longer_sees("#picker").await;
    for browser in [&alice, &bob] {
        has(browser, "done", "row.querySelector('.chip').textContent === '🎉1'").await;
    }
    assert_eq!(alice.evaluates("$('.chip').title").await, "🎉 from bob");
    alice.shows("#conversations .preview", "reacted 🎉").await;
    bob.shows("#conversations .preview", "You reacted 🎉").await;
    alice.clicks(".chip").await;
    has(&bob, "done", "row.querySelector('.chip').textContent === '🎉2'").await;
    assert_eq!(bob.evaluates("$('.chip').getAttribute('aria-label')").await, "🎉 from you and alice");
    bob.clicks(".chip").await;
    has(&alice, "done", "row.querySelector('.chip').textContent === '🎉1'").await;
    alice.clicks(".chip").await;
    for browser in [&alice, &bob] {
        has(browser, "done", "!row.querySelector('.chip')").await;
    }
    // One of the usual ones.
    presses(&alice, "done", "react").await;
    alice.clicks("#picker-emoji button").await;
    has(&bob, "done", "row.querySelector('.chip').title === '👍 from alice'").await;
    assert_eq!(alice.texts().await, ["done"]);
    for browser in [&alice, &bob] {
        assert_eq!(browser.complaints().await, [""; 0]);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_answer_leads_to_what_it_answers() {
    let house = House::open().await;
    let mut bob = house.person("bob").await;
    let browser = Browser::start().await;
    browser.registers(house.address(), "alice").await;
    for number in 1..=150 {
        bob.sends("alice", &format!("line {number}")).await;
    }
    let conversation = bob.opens("alice").await["conversation"].clone();
    let answer = json!({"type": "send", "conversation": conversation, "client_id": "answer", "text": "to the first", "reply_to": 1});
    bob.asks(answer).await;
    browser.begins("bob").await;
    browser.clicks("#below").await;
    browser.waits("all to be read", "document.title === 'bob – chat'").await;
    // Afresh, what it answers is not loaded.
    browser.reloads().await;
    has(&browser, "to the first", "row.querySelector('.quote').textContent === 'bobline 1'").await;
    assert_eq!(browser.evaluates("$$('.text').length").await, 50);
    browser.clicks(".quote").await;
    has(&browser, "line 1", "'found' in row.dataset").await;
    let seen = "row.getBoundingClientRect().bottom > 0 && row.getBoundingClientRect().top < innerHeight";
    has(&browser, "line 1", seen).await;
    browser.shows("#below", "Newest").await;
    // What is done further up is seen there, and an answer is written from there.
    presses(&browser, "line 1", "reply").await;
    browser.types(&format!("I see{}", key::ENTER)).await;
    let entry = bob.expects("alice", "I see").await;
    assert_eq!(entry["reply_to"], json!({"seq": 1, "from": "bob", "text": "line 1"}));
    has(&browser, "I see", "row.querySelector('.quote').textContent === 'bobline 1'").await;
    browser.marks("I see", "sent").await;
    assert_eq!(browser.complaints().await, [""; 0]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_done_without_a_connection_is_done_in_its_order_once_there_is_one() {
    let mut server = RealServer::start(&[]).await;
    let mut bob = Person::registers(server.address(), "bob").await;
    let browser = Browser::start().await;
    browser.registers(server.address(), "alice").await;
    browser.begins("bob").await;
    for text in ["one", "two"] {
        browser.says(text).await;
        browser.marks(text, "sent").await;
    }
    bob.sends("alice", "three").await;
    browser.reads("three").await;
    server.stops().await;
    browser.shows("#status", "Reconnecting").await;
    presses(&browser, "one", "edit").await;
    rewrites(&browser, "uno").await;
    has(&browser, "uno", "row.querySelector('.mark').dataset.state === 'changing'").await;
    browser.shows("#conversations .preview", "◌ Waits: edited a message").await;
    presses(&browser, "three", "react").await;
    browser.clicks("#picker-emoji button").await;
    has(&browser, "three", "row.querySelector('.chip.queued')").await;
    presses(&browser, "three", "reply").await;
    browser.types(&format!("four{}", key::ENTER)).await;
    has(&browser, "four", "row.querySelector('.quote').textContent === 'bobthree'").await;
    presses(&browser, "two", "delete").await;
    browser.clicks("#deleting-yes").await;
    browser.reads("message deleted").await;
    browser.marks("four", "queued").await;
    // It is on the disk: of all this, and of nothing that bob wrote.
    let kept = "Object.keys(localStorage).filter((key) => key.includes('outbox')).map((key) => localStorage[key]).join()";
    let kept = browser.evaluates(kept).await;
    assert!(kept.as_str().unwrap().contains("uno") && !kept.as_str().unwrap().contains("three"), "{kept}");
    server.crashes_and_restarts().await;
    browser.marks("four", "sent").await;
    browser
        .waits("nothing to wait", "!Object.keys(localStorage).some((key) => key.includes('outbox'))")
        .await;
    assert_eq!(browser.texts().await, ["uno", "message deleted", "three", "four"]);
    has(
        &browser,
        "three",
        "!row.querySelector('.chip.queued') && row.querySelector('.chip').textContent === '👍1'",
    )
    .await;
    let mut bob = Person::returns(server.address(), &bob.token).await;
    let log = entries(&mut bob, "alice").await;
    let kinds: Vec<_> = log.iter().map(|entry| entry["kind"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["message", "message", "message", "edit", "reaction", "message", "deletion"]);
    assert_eq!(log[0]["text"], "uno");
    assert_eq!(log[5]["reply_to"]["text"], "three");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_change_that_cannot_be_made_is_told_and_goes() {
    let house = House::open().await;
    house.person("bob").await;
    let browser = Browser::start().await;
    browser.registers(house.address(), "alice").await;
    browser.begins("bob").await;
    browser.says("hello").await;
    browser.marks("hello", "sent").await;
    let conversation = browser
        .runs("const { key } = document.querySelector('#conversations li').dataset; return key;", json!(null))
        .await;
    let left = json!({"client_id": "left", "to": "bob", "conversation": conversation, "kind": "edit", "target": 9, "text": "x", "at": 1});
    browser
        .runs("localStorage.setItem('chat.outbox/alice/left/0', input); return 0;", json!(left.to_string()))
        .await;
    browser.reloads().await;
    browser.shows("#notice", "In the conversation with bob: Your edit was not made.").await;
    browser.clicks("#notice-close").await;
    browser.no_longer_sees("#notice").await;
    browser
        .waits("it to be forgotten", "!Object.keys(localStorage).some((key) => key.includes('outbox'))")
        .await;
    assert_eq!(browser.texts().await, ["hello"]);
    assert_eq!(browser.complaints().await, [""; 0]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_message_is_sent_then_delivered_then_read() {
    let house = House::open().await;
    let bob = Browser::start().await;
    bob.registers(house.address(), "bob").await;
    house.person("carol").await;
    let alice = Browser::start().await;
    alice.registers(house.address(), "alice").await;
    // He is here, but looks elsewhere.
    bob.begins("carol").await;
    alice.begins("bob").await;
    alice.says("hello").await;
    alice.marks("hello", "delivered").await;
    assert_eq!(alice.evaluates("$('.mark').textContent").await, "✓✓delivered");
    bob.shows("#conversations .badge", "1").await;
    bob.begins("alice").await;
    alice.marks("hello", "read").await;
    assert_eq!(alice.evaluates("$('.mark').textContent").await, "✓✓read");
    alice.reloads().await;
    alice.marks("hello", "read").await;
    // He does not want to tell any more, on no device.
    bob.clicks("#account-open").await;
    bob.waits("the box to be ticked", "$('#read-receipts').checked").await;
    bob.clicks("#read-receipts").await;
    bob.types(key::ESCAPE).await;
    bob.reloads().await;
    bob.is_live().await;
    bob.clicks("#account-open").await;
    bob.waits("the box to be empty", "!$('#read-receipts').disabled && !$('#read-receipts').checked").await;
    bob.types(key::ESCAPE).await;
    alice.says("and now?").await;
    bob.reads("and now?").await;
    alice.marks("and now?", "delivered").await;
    bob.waits("it to be read", "document.title === 'alice – chat'").await;
    alice.reloads().await;
    alice.marks("and now?", "delivered").await;
    assert_eq!(alice.evaluates("$$('.message.read').length").await, 0);
    // One's notes are nobody's.
    alice.begins("alice").await;
    alice.says("note").await;
    alice.marks("note", "sent").await;
    assert_eq!(alice.evaluates("$('.mark').textContent").await, "✓sent");
    for browser in [&alice, &bob] {
        assert_eq!(browser.complaints().await, [""; 0]);
    }
}

/// The whole conversation with somebody.
async fn entries(person: &mut Person, peer: &str) -> Vec<Value> {
    let conversation = person.opens(peer).await["conversation"].clone();
    let page = person.asks(json!({"type": "history", "conversation": conversation, "limit": 200})).await;
    page["entries"].as_array().unwrap().clone()
}
