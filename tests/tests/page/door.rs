//! Coming in and going.

use chat_tests::browser::key;
use chat_tests::{Browser, House, PASSWORD, Person};
use serde_json::json;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn somebody_registers_logs_out_and_comes_back() {
    let house = House::open().await;
    house.person("bob").await;
    let browser = Browser::start().await;
    browser.opens(house.address()).await;
    browser.has_focus("#door-name").await;
    browser.enters_door("nobody", PASSWORD).await;
    browser.shows("#door-error", "do not match").await;
    browser.clicks("#door-other").await;
    browser.enters_door("No such name", PASSWORD).await;
    browser.shows("#door-error", "32 characters").await;
    browser.enters_door("alice", "short").await;
    browser.shows("#door-error", "at least 8").await;
    browser.enters_door("bob", PASSWORD).await;
    browser.shows("#door-error", "Somebody has this name already").await;
    browser.enters_door("Alice", PASSWORD).await;
    browser.is_live().await;
    browser.shows("#account-open", "alice").await;
    assert_eq!(browser.evaluates("document.cookie").await, "", "scripts never see the cookie");
    browser.reloads().await;
    browser.is_live().await;
    browser.clicks("#account-open").await;
    browser.clicks("#logout").await;
    browser.shows("#door-note", "You are logged out").await;
    browser.enters_door("alice", "a wrong password").await;
    browser.shows("#door-error", "do not match").await;
    browser.enters_door("alice", PASSWORD).await;
    browser.is_live().await;
    assert_eq!(browser.complaints().await, [""; 0]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_account_is_kept_from_the_page() {
    let house = House::open().await;
    let browser = Browser::start().await;
    browser.registers(house.address(), "alice").await;
    let mut phone = Person::logs_in(house.address(), "alice").await;
    browser.clicks("#account-open").await;
    browser.waits("two devices", "$$('#devices li').length === 2").await;
    browser.clicks("#devices button").await;
    browser.waits("one device", "$$('#devices li').length === 1").await;
    assert_eq!(phone.close_code().await, Some(4403));
    browser.fills("#password-old", "not this one").await;
    browser.fills("#password-new", "another password").await;
    browser.types(key::ENTER).await;
    browser.shows("#password-error", "not right").await;
    browser.fills("#password-old", PASSWORD).await;
    browser.fills("#password-new", "another password").await;
    browser.types(key::ENTER).await;
    browser.sees("#password-done").await;
    browser.types(key::ESCAPE).await;
    browser.no_longer_sees("#account").await;
    // Somebody logs this browser out from elsewhere.
    let login = json!({"type": "login", "version": 1, "user": "alice", "password": "another password"});
    let mut laptop = chat_tests::Wire::dial(house.address()).await;
    laptop.asks(login).await;
    let devices = laptop.asks(json!({"type": "devices"})).await;
    let others = devices["devices"].as_array().unwrap().iter().filter(|device| device["current"] == false);
    for device in others {
        laptop.asks(json!({"type": "revoke", "device": device["device"]})).await;
    }
    browser.shows("#door-note", "This device was logged out").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_without_registration_says_so() {
    let house = House::with(|config| config.registration = chat_server::Registration::Closed).await;
    let browser = Browser::start().await;
    browser.opens(house.address()).await;
    browser.clicks("#door-other").await;
    browser.enters_door("alice", PASSWORD).await;
    browser.shows("#door-error", "makes no new accounts").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn all_tabs_come_and_go_together() {
    let house = House::open().await;
    house.person("bob").await;
    let browser = Browser::start().await;
    browser.opens(house.address()).await;
    let first = browser.tab().await;
    let second = browser.opens_tab().await;
    browser.registers(house.address(), "alice").await;
    browser.goes_to(&first).await;
    browser.shows("#account-open", "alice").await;
    browser.is_live().await;
    browser.clicks("#account-open").await;
    browser.clicks("#logout").await;
    browser.shows("#door-note", "You are logged out").await;
    browser.goes_to(&second).await;
    browser.shows("#door-note", "logged out").await;
    browser.enters_door("bob", PASSWORD).await;
    browser.shows("#account-open", "bob").await;
    browser.goes_to(&first).await;
    browser.shows("#account-open", "bob").await;
}
