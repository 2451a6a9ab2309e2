//! What is begun to be written is there again, however the client ended.

use super::*;
use std::path::PathBuf;
use std::time::Instant;

const ALT_DOWN: &str = "\x1b[1;3B";

/// Waits until the client has this on the disk.
fn keeps(home: &TempDir, text: &str) {
    let folders = std::fs::read_dir(home.path()).unwrap().map(|entry| entry.unwrap().path());
    let files: Vec<PathBuf> = folders.map(|folder| folder.join("alice/drafts.json")).collect();
    let deadline = Instant::now() + chat_tests::PATIENCE;
    while !files.iter().any(|file| std::fs::read_to_string(file).is_ok_and(|kept| kept.contains(text))) {
        assert!(Instant::now() < deadline, "{text:?} is not kept");
        std::thread::yield_now();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn drafts_outlive_a_clean_end_and_a_kill_and_end_with_their_message() {
    let house = House::open().await;
    let (home, mut bob, _carol) = (home(), house.person("bob").await, house.person("carol").await);
    let mut alice = registers(house.address(), "alice", &home, (80, 24));
    for name in ["carol", "bob"] {
        alice.types(&format!("/msg {name} hello{ENTER}"));
        alice.shows("✓ hello");
    }
    bob.expects("alice", "hello").await;
    alice.types("half a thought for bob");
    keeps(&home, "half a thought for bob");
    alice.signal("KILL");
    alice.ends();
    let mut alice = opens(house.address(), "alice", &home, (80, 24));
    alice.shows("> half a thought for bob");
    alice.types(ALT_DOWN);
    alice.no_longer_shows("> half a thought");
    alice.types("and one for carol");
    alice.shows("> and one for carol");
    alice.types(CONTROL_Q);
    assert_eq!(alice.ends(), 0);
    let mut alice = opens(house.address(), "alice", &home, (80, 24));
    alice.shows("> half a thought for bob");
    alice.types(&format!(", whole{ENTER}"));
    alice.shows("✓ half a thought for bob, whole");
    bob.expects("alice", "half a thought for bob, whole").await;
    alice.types(ALT_DOWN);
    alice.shows("> and one for carol");
    alice.types(CONTROL_Q);
    assert_eq!(alice.ends(), 0);
    let alice = opens(house.address(), "alice", &home, (80, 24));
    alice.shows("✓ half a thought for bob, whole");
    alice.no_longer_shows("> half a thought");
}
