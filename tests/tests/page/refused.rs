//! Files that are not sent, and what is said of it.

use crate::files::write;
use crate::uploads::{MIB, remembered};
use chat_tests::browser::key;
use chat_tests::disk::bytes;
use chat_tests::{Bridge, Browser, Courier, House, Person};
use serde_json::json;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_that_changes_on_its_way_is_not_sent() {
    let house = House::open().await;
    let mut bob = house.person("bob").await;
    let bridge = Bridge::opens(house.address(), MIB).await;
    let folder = tempfile::tempdir().unwrap();
    let file = write(folder.path(), "growing.log", &bytes(4 * 1024 * 1024));
    let browser = Browser::start().await;
    browser.registers(bridge.address(), "alice").await;
    browser.begins("bob").await;
    browser.chooses(&[&file]).await;
    bridge.is_held().await;
    std::fs::write(&file, bytes(5 * 1024 * 1024)).unwrap();
    bridge.cuts();
    bridge.lets_go();
    browser.shows("#tray .failed", "The file has changed meanwhile").await;
    browser.clicks("#tray .cancel").await;
    browser.no_longer_sees("#tray").await;
    browser.chooses(&[&file]).await;
    browser.shows("#tray", "5 MiB, ready to send").await;
    browser.types(key::ENTER).await;
    assert_eq!(bob.expects("alice", "").await["file"]["size"], 5 * 1024 * 1024);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_that_is_refused_says_why() {
    let house = House::with(|config| config.limits.user_bytes_max = 100_000).await;
    let mut bob = house.person("bob").await;
    let folder = tempfile::tempdir().unwrap();
    let (large, small) =
        (write(folder.path(), "large", &bytes(100_001)), write(folder.path(), "small", &bytes(90_000)));
    let browser = Browser::start().await;
    browser.registers(house.address(), "alice").await;
    browser.begins("bob").await;
    browser.chooses(&[&large]).await;
    browser.shows("#tray .failed", "Your files have no more room on this server").await;
    browser.clicks("#tray .again").await;
    browser.shows("#tray .failed", "no more room").await;
    // It does not go with what is said now.
    browser.says("too much").await;
    browser.marks("too much", "sent").await;
    bob.expects("alice", "too much").await;
    browser.clicks("#tray .cancel").await;
    browser.no_longer_sees("#tray").await;
    // A message whose file the server does not know any more, and another file in its place.
    browser.chooses(&[&small]).await;
    browser.shows("#tray", "ready to send").await;
    let url = remembered(&browser).await;
    let mut alice = Person::logs_in(house.address(), "alice").await;
    let courier = Courier::new(house.address(), &alice.token);
    assert_eq!(courier.asks(&format!("DELETE {url}"), &[], b"").await.status, 204);
    browser.says("gone").await;
    browser.marks("gone", "failed").await;
    browser.shows(".failure", "The file is not on the server any more").await;
    browser.clicks(".failure button:last-child").await;
    browser.no_longer_sees(".failure").await;
    browser.chooses(&[&small]).await;
    browser.shows("#tray", "ready to send").await;
    browser.types(key::ENTER).await;
    assert_eq!(bob.expects("alice", "").await["file"]["name"], "small");
    // One that was uploaded for a message which is refused goes with it: the id was used before, for another text.
    alice.sends_as("known", "bob", "first").await;
    let file = courier.uploads("extra", b"extra").await;
    let left = json!({"client_id": "known", "to": "bob", "text": "", "at": 1, "file": file}).to_string();
    browser.runs("localStorage.setItem('chat.outbox/alice/left/0', input); return 0;", json!(left)).await;
    browser.reloads().await;
    browser.shows(".message.failed .file", "extra").await;
    browser.clicks(".failure button:last-child").await;
    browser.no_longer_sees(".failure").await;
    let url = format!("/api/uploads/{}", file["id"].as_str().unwrap());
    browser
        .waits(
            "the server to be told",
            &format!("performance.getEntriesByName(location.origin + '{url}').length"),
        )
        .await;
    assert_eq!(courier.asks(&format!("HEAD {url}"), &[], b"").await.status, 404);
}
