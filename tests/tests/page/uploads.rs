//! Files on their way: progress, interruptions, and going on where it was.

use crate::files::{tray, write};
use chat_tests::browser::key;
use chat_tests::disk::bytes;
use chat_tests::{Bridge, Browser, Courier, House, Person, RealServer};
use serde_json::json;

/// A mebibyte.
pub const MIB: u64 = 1024 * 1024;

/// The path of the one upload that the page remembers.
pub async fn remembered(browser: &Browser) -> String {
    let records = "Object.entries(localStorage).filter(([key]) => key.startsWith('chat.upload/')).map(([, kept]) => JSON.parse(kept))";
    browser
        .waits("an upload that has begun", &format!("({records}).length === 1 && ({records})[0].url"))
        .await;
    browser.evaluates(&format!("({records})[0].url")).await.as_str().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_on_its_way_is_seen_and_can_be_cancelled() {
    let house = House::with(|config| config.limits.file_bytes_max = 64 * MIB).await;
    house.person("bob").await;
    let bridge = Bridge::opens(house.address(), MIB).await;
    let folder = tempfile::tempdir().unwrap();
    let content = bytes(9 * 1024 * 1024);
    let files = ["a", "b", "c", "d", "e"].map(|name| write(folder.path(), name, &content));
    let browser = Browser::start().await;
    browser.registers(bridge.address(), "alice").await;
    let alice = Person::logs_in(house.address(), "alice").await;
    let courier = Courier::new(house.address(), &alice.token);
    browser.begins("bob").await;
    browser.chooses(&[&files[0]]).await;
    bridge.is_held().await;
    let halfway = "$('#tray progress').value > 0 && $('#tray progress').value < $('#tray progress').max";
    browser.waits("progress", halfway).await;
    browser.shows("#tray .file-about", "of 9 MiB").await;
    let url = remembered(&browser).await;
    // Cancelled, also the server forgets it.
    browser.clicks("#tray .cancel").await;
    browser.no_longer_sees("#tray").await;
    browser.has_focus("#text").await;
    let nothing = "Object.keys(localStorage).filter((key) => key.includes('upload')).length === 0";
    browser.waits("nothing to be remembered", nothing).await;
    assert_eq!(courier.asks(&format!("HEAD {url}"), &[], b"").await.status, 404);
    // Three at once; the others wait for their turn, and one of them is not wanted any more.
    let all: Vec<_> = files.iter().map(std::path::PathBuf::as_path).collect();
    browser.chooses(&all).await;
    browser
        .waits("three at once", "$$('#tray .running').length === 3 && $$('#tray .queued').length === 2")
        .await;
    browser.shows("#tray .queued", "waits for its turn").await;
    browser.clicks("#tray li:nth-child(4) .cancel").await;
    bridge.lets_go();
    browser.waits("the others", "$$('#tray .whole').length === 4").await;
    assert_eq!(tray(&browser).await, json!(["a", "b", "c", "e"]));
    assert_eq!(browser.complaints().await, [""; 0]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_upload_outlives_the_server() {
    let mut server = RealServer::start(&["--max-file-size", "64MiB"]).await;
    let mut bob = Person::registers(server.address(), "bob").await;
    let bridge = Bridge::opens(server.address(), 12 * MIB).await;
    let folder = tempfile::tempdir().unwrap();
    let content = bytes(24 * 1024 * 1024);
    let file = write(folder.path(), "disk.img", &content);
    let browser = Browser::start().await;
    browser.registers(bridge.address(), "alice").await;
    browser.begins("bob").await;
    browser.chooses(&[&file]).await;
    // Sent before it is there: it waits for its file, and nothing else waits for it.
    browser.says("the disk").await;
    browser.marks("the disk", "queued").await;
    browser.shows(".message.queued .file", "24 MiB").await;
    browser.says("is on its way").await;
    browser.marks("is on its way", "sent").await;
    bob.expects("alice", "is on its way").await;
    bridge.is_held().await;
    server.crashes_and_restarts().await;
    let before = bridge.passed();
    bridge.lets_go();
    let mut bob = Person::returns(server.address(), &bob.token).await;
    browser.marks("the disk", "sent").await;
    browser.no_longer_sees("#tray").await;
    let again = bridge.passed() - before;
    assert!(again < 17 * MIB, "it goes on where the server has it safely, but {again} bytes were sent");
    let log = bob.reads_all("alice").await;
    assert_eq!(log, [(1, "is on its way".to_owned()), (2, "the disk".to_owned())]);
    let last = bob.opens("alice").await["last"].clone();
    let got =
        Courier::new(server.address(), &bob.token).gets(last["file"]["id"].as_str().unwrap(), &[]).await;
    assert!(got.bytes == content);
    browser.waits("one file", "$$('.message .file[href]').length === 1").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_upload_goes_on_when_its_file_is_chosen_again() {
    let house = House::open().await;
    let mut bob = house.person("bob").await;
    let bridge = Bridge::opens(house.address(), 3 * MIB).await;
    let (folder, elsewhere) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let content = bytes(4 * 1024 * 1024);
    let file = write(folder.path(), "backup.tar", &content);
    let another = write(elsewhere.path(), "backup.tar", b"something else");
    let browser = Browser::start().await;
    browser.registers(bridge.address(), "alice").await;
    let alice = Person::logs_in(house.address(), "alice").await;
    let courier = Courier::new(house.address(), &alice.token);
    browser.begins("bob").await;
    browser.chooses(&[&file]).await;
    bridge.is_held().await;
    browser.says("for safety").await;
    browser.marks("for safety", "queued").await;
    let url = remembered(&browser).await;
    // The page is gone, and the file with it. What has arrived stays, and so does the message.
    browser.reloads().await;
    browser.shows("#tray .file-about", "Choose the file again to go on").await;
    browser.marks("for safety", "queued").await;
    browser.shows("#tray-news", "choose the file again").await;
    browser.clicks("#tray .again").await;
    browser.chooses(&[&another]).await;
    browser.shows("#composer-error", "another file, or it has changed: backup.tar had 4 MiB").await;
    bob.has_no_push("entry").await;
    let there = courier.offset(&url).await;
    assert!(there > MIB, "{there}");
    // What hangs in the line is not what goes on.
    bridge.cuts();
    let before = bridge.passed();
    bridge.lets_go();
    browser.clicks("#tray .again").await;
    browser.chooses(&[&file]).await;
    browser.marks("for safety", "sent").await;
    browser.no_longer_sees("#tray").await;
    let (again, missing) = (bridge.passed() - before, 4 * MIB - there);
    assert!(again < missing + 64 * 1024, "{missing} bytes were missing, and {again} were sent");
    let entry = bob.expects("alice", "for safety").await;
    let bobs = Courier::new(house.address(), &bob.token);
    assert!(bobs.gets(entry["file"]["id"].as_str().unwrap(), &[]).await.bytes == content);
    // One that nobody wants to go on with is discarded, also on the server.
    bridge.holds_after(MIB);
    browser.chooses(&[&file]).await;
    bridge.is_held().await;
    let url = remembered(&browser).await;
    browser.reloads().await;
    browser.shows("#tray .file-about", "Choose the file again to go on").await;
    // It was not sent, so it does not go with what is said now.
    browser.says("never mind").await;
    browser.marks("never mind", "sent").await;
    bob.expects("alice", "never mind").await;
    browser.clicks("#tray .cancel").await;
    let nothing = "Object.keys(localStorage).filter((key) => key.includes('upload')).length === 0";
    browser.waits("nothing to be remembered", nothing).await;
    assert_eq!(courier.asks(&format!("HEAD {url}"), &[], b"").await.status, 404);
    assert_eq!(browser.complaints().await, [""; 0]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_upload_is_left_to_the_tab_that_stays() {
    let house = House::open().await;
    let mut bob = house.person("bob").await;
    let bridge = Bridge::opens(house.address(), u64::MAX).await;
    let folder = tempfile::tempdir().unwrap();
    let (small, large) =
        (write(folder.path(), "small", b"whole"), write(folder.path(), "large", &bytes(4 * 1024 * 1024)));
    let browser = Browser::start().await;
    browser.registers(bridge.address(), "alice").await;
    browser.begins("bob").await;
    // One that is whole needs no file any more.
    browser.chooses(&[&small]).await;
    browser.shows("#tray", "ready to send").await;
    browser.reloads().await;
    browser.shows("#tray", "ready to send").await;
    browser.clicks("#text").await;
    browser.types(key::ENTER).await;
    assert_eq!(bob.expects("alice", "").await["file"]["name"], "small");
    bridge.holds_after(MIB);
    browser.chooses(&[&large]).await;
    bridge.is_held().await;
    browser.says("for bob").await;
    browser.marks("for bob", "queued").await;
    // A second tab leaves alone what the first one is at.
    let first = browser.tab().await;
    let second = browser.opens_tab().await;
    browser.opens(bridge.address()).await;
    browser.is_live().await;
    browser.begins("bob").await;
    browser.waits("the message before", "$$('.message.sent').length === 1").await;
    assert_eq!(tray(&browser).await, json!([]));
    browser.goes_to(&first).await;
    browser.closes_tab().await;
    browser.goes_to(&second).await;
    browser.marks("for bob", "queued").await;
    browser.shows("#tray .file-about", "Choose the file again to go on").await;
    bridge.cuts();
    bridge.lets_go();
    browser.chooses(&[&large]).await;
    browser.marks("for bob", "sent").await;
    assert_eq!(bob.expects("alice", "for bob").await["file"]["size"], 4 * 1024 * 1024);
    bob.has_no_push("entry").await;
    assert_eq!(browser.complaints().await, [""; 0]);
}
