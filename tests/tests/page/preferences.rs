//! What one prefers about a conversation: what calls one, the archive, and blocks.

use crate::changes::of_alice_and_bob;
use chat_tests::browser::key;
use chat_tests::{Browser, House, Person};
use serde_json::json;

/// Opens the dialog about the conversation that is shown.
async fn opens(browser: &Browser) {
    browser.clicks("#preferences-open").await;
    browser.sees("#preferences").await;
}

async fn closes(browser: &Browser) {
    browser.types(key::ESCAPE).await;
    browser.no_longer_sees("#preferences").await;
}

/// Chooses what calls one.
async fn is_called_for(browser: &Browser, level: &str) {
    opens(browser).await;
    browser.clicks(&format!("#levels [value={level}]")).await;
    closes(browser).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_muted_conversation_is_quiet_on_all_devices() {
    let house = House::open().await;
    let (mut bob, mut carol) = (house.person("bob").await, house.person("carol").await);
    let alice = Browser::start().await;
    alice.registers(house.address(), "alice").await;
    let mut phone = Person::logs_in(house.address(), "alice").await;
    carol.sends("alice", "hello").await;
    alice.begins("bob").await;
    is_called_for(&alice, "mentions").await;
    assert_eq!(phone.push("preferences").await["level"], "mentions");
    alice.waits("the mark of it", "$('#conversations .muted .name').textContent === 'bob'").await;
    alice.begins("carol").await;
    alice.waits("all to be read", "document.title === 'carol – chat'").await;
    bob.sends("alice", "hello").await;
    alice.shows("#conversations .muted .badge", "1 unread").await;
    assert_eq!(alice.title().await, "carol – chat");
    // From another device, and for this one at once.
    let conversation = bob.opens("alice").await["conversation"].clone();
    phone.asks(json!({"type": "prefer", "conversation": conversation, "level": "none"})).await;
    alice.waits("nothing to call", "document.title === 'carol – chat'").await;
    phone.asks(json!({"type": "prefer", "conversation": conversation, "level": "all"})).await;
    alice.waits("all to call", "document.title === '(1) carol – chat'").await;
    alice.reloads().await;
    alice.begins("bob").await;
    opens(&alice).await;
    alice.waits("what holds", "$('#levels [value=all]').checked").await;
    assert_eq!(alice.complaints().await, [""; 0]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_put_away_lies_in_the_archive_until_something_is_new() {
    let house = House::open().await;
    let (mut bob, mut carol) = (house.person("bob").await, house.person("carol").await);
    let alice = Browser::start().await;
    alice.registers(house.address(), "alice").await;
    bob.sends("alice", "hello").await;
    carol.sends("alice", "hello").await;
    alice.begins("bob").await;
    opens(&alice).await;
    alice.shows("#archive", "Put it into the archive").await;
    alice.clicks("#archive").await;
    alice.shows("#archive", "Bring it back").await;
    closes(&alice).await;
    alice.shows("#archive-title", "Archive (1)").await;
    alice.waits("bob to be there", "$('#archived .name')?.textContent === 'bob'").await;
    assert_eq!(
        alice.evaluates("$$('#conversations .name').map((one) => one.textContent)").await,
        json!(["carol"])
    );
    // It opens with the keyboard, and stays after a reload.
    alice.reloads().await;
    alice.is_live().await;
    alice.waits("bob to be there still", "$('#archived .name')?.textContent === 'bob'").await;
    alice.types(&format!("{}k", key::CONTROL)).await;
    alice.has_focus("#find").await;
    alice.types(&key::DOWN.repeat(2)).await;
    alice.has_focus("#archive-title").await;
    alice.types(key::ENTER).await;
    alice.sees("#archived button").await;
    alice.types(&format!("{}{}", key::DOWN, key::ENTER)).await;
    alice.shows("#talk-name", "bob").await;
    // What is looked for is found there as well.
    alice.evaluates("$('#archive-box').open = false").await;
    alice.begins("carol").await;
    alice.fills("#find", "bo").await;
    alice.sees("#archived button").await;
    alice.types(key::ENTER).await;
    alice.shows("#talk-name", "bob").await;
    alice.begins("carol").await;
    bob.sends("alice", "are you there?").await;
    alice
        .waits(
            "bob to be back",
            "$('#conversations .name').textContent === 'bob' && $('#archive-box').hidden",
        )
        .await;
    assert_eq!(alice.complaints().await, [""; 0]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_is_blocked_is_not_heard_any_more() {
    let house = House::open().await;
    let (alice, bob) = of_alice_and_bob(&house).await;
    bob.says("hello").await;
    alice.reads("hello").await;
    alice.types("begun").await;
    opens(&alice).await;
    alice.clicks("#block").await;
    alice.shows("#blocking-title", "Block bob?").await;
    // Whoever presses Enter has changed their mind.
    alice.types(key::ENTER).await;
    alice.no_longer_sees("#blocking").await;
    alice.clicks("#block").await;
    alice.clicks("#blocking-yes").await;
    alice.shows("#block", "Unblock bob").await;
    closes(&alice).await;
    alice.shows("#barred-words", "You have blocked bob.").await;
    alice
        .waits("nothing to be written", "$('#text').disabled && $('#attach').disabled && $('#send').disabled")
        .await;
    assert_eq!(alice.evaluates("$('#text').value").await, "begun");
    alice.shows("#talk-presence", "blocked").await;
    alice.no_longer_sees(".theirs [data-act=reply]").await;
    bob.shows("#talk-presence", "offline").await;
    bob.says("are you there?").await;
    bob.shows(".failure", "one has blocked the other").await;
    bob.marks("are you there?", "failed").await;
    // Of one's own something can still be taken back.
    bob.evaluates("$('.mine.sent [data-act=delete], .mine.delivered [data-act=delete], .mine.read [data-act=delete]').focus()").await;
    bob.types(key::ENTER).await;
    bob.clicks("#deleting-yes").await;
    alice.reads("message deleted").await;

    alice.clicks("#account-open").await;
    alice.shows("#blocked-list", "bob").await;
    alice.clicks("#blocked-list button").await;
    alice.shows("#blocked-none", "Nobody.").await;
    alice.has_focus("#blocked-title").await;
    alice.types(key::ESCAPE).await;
    alice.no_longer_sees("#barred").await;
    bob.shows("#talk-presence", "online").await;
    bob.clicks(".failure button").await;
    alice.reads("are you there?").await;
    // And from where one would write.
    opens(&alice).await;
    alice.clicks("#block").await;
    alice.clicks("#blocking-yes").await;
    closes(&alice).await;
    alice.clicks("#unblock").await;
    alice.no_longer_sees("#barred").await;
    alice.has_focus("#text").await;
    for browser in [&alice, &bob] {
        assert_eq!(browser.complaints().await, [""; 0]);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn preferences_fit_a_phone() {
    let house = House::open().await;
    let long = "w".repeat(32);
    house.person(&long).await;
    let browser = Browser::start().await;
    browser.has_screen((360, 640), "light").await;
    browser.registers(house.address(), "alice").await;
    browser.begins(&long).await;
    opens(&browser).await;
    browser.waits("nothing to be put away", "$('#archive').disabled").await;
    closes(&browser).await;
    browser.says("hello").await;
    browser.marks("hello", "sent").await;
    opens(&browser).await;
    crate::narrow::fits(&browser).await;
    browser.clicks("#block").await;
    browser.sees("#blocking").await;
    crate::narrow::fits(&browser).await;
    browser.clicks("#blocking-yes").await;
    browser.shows("#block", "Unblock").await;
    browser.clicks("#levels [value=mentions]").await;
    browser.clicks("#archive").await;
    browser.shows("#archive", "Bring it back").await;
    closes(&browser).await;
    browser.sees("#barred").await;
    crate::narrow::fits(&browser).await;
    browser.clicks("#back").await;
    browser.clicks("#archive-title").await;
    browser.sees("#archived button").await;
    crate::narrow::fits(&browser).await;
    browser.clicks("#account-open").await;
    browser.shows("#blocked-list", &long).await;
    crate::narrow::fits(&browser).await;
    browser.clicks("#erase-open").await;
    browser.sees("#erase").await;
    crate::narrow::fits(&browser).await;
}
