//! Who is typing, in real terminals.

use super::*;
use serde_json::json;
use std::time::Duration;

/// The longest that a client believes, so that no slow machine ends it.
const FOR_LONG: Duration = Duration::from_secs(60);
const TYPING: &str = "is typing…";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_sees_the_other_type_until_it_is_over() {
    let house = House::with(|config| config.timing.typing_lease = FOR_LONG).await;
    let (home_a, home_b) = (home(), home());
    let mut alice = registers(house.address(), "alice", &home_a, (80, 24));
    let mut bob = registers(house.address(), "bob", &home_b, (80, 24));
    alice.types(&format!("/msg bob hello{ENTER}"));
    bob.shows("hello");
    alice.shows("✓ hello");
    // A command is nobody's business; what follows on the same line shows that it was passed over.
    bob.types("/msg alice x");
    bob.types("\x03hi");
    alice.shows("─ bob is typing… ─");
    alice.shows(" … bob");
    bob.types("\x7f\x7f");
    alice.no_longer_shows(TYPING);
    alice.shows(" ● bob");
    bob.types("hi there");
    alice.shows("bob is typing…");
    assert!(!bob.screen().contents().contains(TYPING), "nobody needs to be told what they do themselves");
    bob.types(ENTER);
    alice.waits("the message in place of the notice", |screen| {
        let shown = screen.contents();
        shown.contains("hi there") && !shown.contains(TYPING)
    });
    bob.types("half a");
    alice.shows("bob is typing…");
    bob.signal("KILL");
    alice.no_longer_shows(TYPING);
    alice.shows("○ last seen");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lease_that_is_not_renewed_runs_out_and_costs_nothing_meanwhile() {
    let house = House::with(|config| config.timing.typing_lease = Duration::from_secs(4)).await;
    let (home, mut bob) = (home(), house.person("bob").await);
    let mut alice = registers(house.address(), "alice", &home, (80, 24));
    alice.types(&format!("/msg bob hello{ENTER}"));
    bob.expects("alice", "hello").await;
    alice.shows("✓ hello");
    bob.types(json!({"type": "typing", "id": "t", "to": "alice"}).to_string()).await;
    alice.shows("bob is typing…");
    let drawn = alice.bytes_written();
    alice.no_longer_shows(TYPING);
    let redrawn = alice.bytes_written() - drawn;
    assert!(redrawn < 1000, "one small change was drawn, not a loop of them: {redrawn} bytes");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_does_not_want_it_tells_nobody_and_still_sees_others() {
    let house = House::with(|config| config.timing.typing_lease = FOR_LONG).await;
    let (home, mut bob) = (home(), house.person("bob").await);
    let mut alice = registers(house.address(), "alice", &home, (80, 24));
    alice.types(CONTROL_Q);
    alice.ends();
    let mut alice = starts(house.address(), "alice", &home, &["--no-typing"], (80, 24));
    alice.shows("● connected");
    alice.types(&format!("/msg bob hello{ENTER}"));
    bob.expects("alice", "hello").await;
    bob.types(json!({"type": "typing", "id": "t", "to": "alice"}).to_string()).await;
    alice.shows("bob is typing…");
    alice.types(&format!("and this{ENTER}"));
    loop {
        let frame = bob.hears().await;
        assert_ne!(frame["type"], "typing", "{frame}");
        if frame["text"] == "and this" {
            break;
        }
    }
}
