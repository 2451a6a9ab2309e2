//! Mentions: naming somebody, and being named.

use chat_tests::browser::key;
use chat_tests::{Browser, House, Person};
use serde_json::json;

/// Waits until somebody is offered, the chosen one first.
async fn offers(browser: &Browser, names: &[&str]) {
    let condition = format!(
        "JSON.stringify($$('#completion [role=option] span:last-child').map((one) => one.textContent)) === {}",
        json!(json!(names).to_string())
    );
    browser.waits(&format!("{names:?} to be offered"), &condition).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_is_named_is_told() {
    let house = House::open().await;
    let (mut bob, _) = (house.person("bob").await, house.person("bobby").await);
    let alice = Browser::start().await;
    alice.registers(house.address(), "alice").await;
    let make =
        json!({"type": "create_group", "client_id": "m", "name": "ops", "members": ["alice", "bobby"]});
    let group = bob.asks(make).await["summary"]["conversation"].clone();
    let says = |number: u32, text: &str| json!({"type": "send", "conversation": group, "client_id": format!("s{number}"), "text": text});
    bob.asks(says(1, "hello all")).await;
    bob.asks(says(2, "@alice, *please* ask @bobby or @nobody")).await;
    alice.shows("#conversations .badge", "2 unread").await;
    alice.shows("#conversations .calls", "@1 mention of you").await;
    // A name that is begun is completed: with the arrows, Tab or Enter.
    alice.clicks("#conversations button").await;
    alice.reads("hello all").await;
    alice.no_longer_sees("#conversations .calls").await;
    let mentions =
        alice.evaluates("$$('.mention').map((one) => `${one.textContent} ${one.className}`)").await;
    assert_eq!(mentions, json!(["@alice mention loud", "@bobby mention"]));
    assert_eq!(alice.evaluates("$$('.calls-me').length").await, 1);
    alice.types("ok @b").await;
    offers(&alice, &["bob", "bobby"]).await;
    alice.types(key::DOWN).await;
    alice.waits("the second one to be chosen", "$('#completion-1[aria-selected=true]')").await;
    assert_eq!(alice.evaluates("$('#text').getAttribute('aria-activedescendant')").await, "completion-1");
    alice.types(key::TAB).await;
    alice.no_longer_sees("#completion").await;
    assert_eq!(alice.evaluates("$('#text').value").await, "ok @bobby ");
    alice.types("and @").await;
    offers(&alice, &["bob", "bobby"]).await;
    alice.types(key::ESCAPE).await;
    alice.no_longer_sees("#completion").await;
    alice.types(&format!("bob{0}{0}", key::ENTER)).await;
    let entry = bob.push("entry").await;
    assert_eq!(entry["text"], "ok @bobby and @bob ");
    assert_eq!(entry["mentions"], json!(["bobby", "bob"]));
    alice.waits("them to be marked", "$$('.mine .mention').length === 2").await;
    // What is no address of mail is no name.
    alice.types("a@b").await;
    alice.no_longer_sees("#completion").await;
    alice.says(&format!("{}x", key::BACKSPACE.repeat(3))).await;
    // Whoever comes later is offered as well.
    house.person("boris").await;
    bob.asks(json!({"type": "add_members", "conversation": group, "client_id": "a", "users": ["boris"]}))
        .await;
    alice.shows(".happening", "bob added boris").await;
    alice.types("@bo").await;
    offers(&alice, &["bob", "bobby", "boris"]).await;
    assert_eq!(alice.complaints().await, [""; 0]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_mention_that_is_deleted_calls_nobody() {
    let house = House::open().await;
    let mut bob = house.person("bob").await;
    let alice = Browser::start().await;
    alice.registers(house.address(), "alice").await;
    let talk = bob.sends("alice", "@alice?").await["conversation"].clone();
    bob.sends("alice", "hello").await;
    alice.shows("#conversations .calls", "@1").await;
    bob.does("delete", &talk, 1, json!({})).await;
    alice.no_longer_sees("#conversations .calls").await;
    alice.begins("bob").await;
    alice.reads("hello").await;
    assert_eq!(alice.evaluates("$$('.mention, .calls-me').length").await, 0);
    assert_eq!(alice.complaints().await, [""; 0]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_mention_calls_where_nothing_else_does() {
    let house = House::open().await;
    let mut bob = house.person("bob").await;
    let alice = Browser::start().await;
    alice.registers(house.address(), "alice").await;
    let mut phone = Person::logs_in(house.address(), "alice").await;
    let prefers = |level: &str| json!({"type": "prefer", "to": "bob", "level": level, "archived": true});
    bob.sends("alice", "hello").await;
    alice.shows("#conversations .badge", "1 unread").await;
    phone.asks(prefers("mentions")).await;
    alice.waits("nothing to call", "document.title === 'chat'").await;
    alice.waits("it to be put away", "$('#archived .badge')").await;
    bob.sends("alice", "still there?").await;
    alice.waits("it to be counted there", "$('#archived .badge').textContent === '2 unread'").await;
    bob.sends("alice", "@alice!").await;
    alice.shows("#conversations .muted .calls", "@1").await;
    alice.waits("the title to count it", "document.title === '(1) chat'").await;
    phone.asks(prefers("none")).await;
    alice.waits("nothing to call", "document.title === 'chat' && $('#archived .silent')").await;
    assert_eq!(alice.complaints().await, [""; 0]);
}
