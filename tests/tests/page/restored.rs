//! An older backup is put back while the page is open.

use chat_tests::{Backup, Browser, Person, RealServer};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_page_shows_what_the_server_has_by_then() {
    let mut server = RealServer::start_in(tempfile::tempdir().unwrap(), &[]).await;
    let bob = Person::registers(server.address(), "bob").await;
    let browser = Browser::start().await;
    browser.registers(server.address(), "alice").await;
    browser.begins("bob").await;
    browser.says("one").await;
    browser.marks("one", "sent").await;
    let mut backup = None;
    server.restarts_after(|data| backup = Some(Backup::of(data))).await;
    let mut bob = bob.again(server.address()).await;
    bob.sends("alice", "two").await;
    bob.sends("alice", "three").await;
    browser.reads("three").await;
    server.restarts_after(|data| backup.expect("it was made").comes_back(data)).await;
    let mut bob = bob.again(server.address()).await;
    bob.sends("alice", "anew").await;
    browser.reads("anew").await;
    assert_eq!(browser.texts().await, ["one", "anew"]);
}
