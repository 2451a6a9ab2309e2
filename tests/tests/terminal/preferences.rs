//! What is muted, put away or blocked, in real terminals.

use super::*;

const ESC: &str = "\x1b";
const ALT_A: &str = "\x1ba";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_muted_and_put_away_is_so_on_each_device() {
    let house = House::open().await;
    let (home, elsewhere, mut bob) = (home(), home(), house.person("bob").await);
    let mut alice = registers(house.address(), "alice", &home, (80, 24));
    bob.sends("alice", "one").await;
    alice.shows("   one");
    alice.types(&format!("/notes{ENTER}"));
    alice.shows("for yourself");
    let mut other = opens(house.address(), "alice", &elsewhere, (80, 24));
    other.shows("Password of alice");
    other.types(&format!("{PASSWORD}{ENTER}"));
    other.shows("   one");
    alice.types(&format!("/msg bob{ENTER}/mute{ENTER}"));
    alice.shows("bob is muted: it calls you only when you are mentioned");
    for side in [&alice, &other] {
        side.shows("~ muted");
    }
    // Who sees a message has read it on all devices.
    for side in [&mut alice, &mut other] {
        side.types(&format!("/notes{ENTER}"));
        side.shows("for yourself");
    }
    bob.sends("alice", "two").await;
    for side in [&alice, &other] {
        side.shows("~ 1 │");
        side.no_longer_shows("unread elsewhere");
    }
    other.types(&format!("/msg bob{ENTER}/archive{ENTER}/notes{ENTER}"));
    for side in [&alice, &other] {
        side.shows(" archived: 1");
    }
    alice.no_longer_shows(" bob ");
    alice.types(ALT_A);
    alice.shows(" bob ");
    alice.types(&format!("/msg bob{ENTER}/unmute{ENTER}"));
    alice.shows("bob calls you for each message");
    alice.types(&format!("/notes{ENTER}"));
    alice.shows("for yourself");
    bob.sends("alice", "three").await;
    alice.no_longer_shows(" archived: 1");
    alice.shows("1 unread elsewhere");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_goes_between_two_who_are_blocked() {
    let house = House::open().await;
    let (home_a, home_b) = (home(), home());
    let mut alice = registers(house.address(), "alice", &home_a, (80, 24));
    let mut bob = registers(house.address(), "bob", &home_b, (80, 24));
    bob.types(&format!("/msg alice hello{ENTER}"));
    alice.shows("   hello");
    alice.shows("● online");
    alice.types(&format!("/block{ENTER}"));
    alice.shows("bob is blocked: nothing goes between the two of you any more");
    alice.shows("bob  ⊘ blocked");
    alice.shows("> you have blocked bob; /unblock lets messages through");
    alice.types(&format!("hm{ENTER}"));
    alice.shows("✗ you have blocked bob");
    alice.shows("> hm");
    alice.types("\x15");
    bob.no_longer_shows("● online");
    bob.types(&format!("are you there?{ENTER}"));
    bob.shows("✗ are you there?");
    bob.shows("not sent: ");
    alice.types(&format!("/blocked{ENTER}"));
    alice.shows("Blocked: /unblock USER");
    alice.types(ESC);
    alice.no_longer_shows("Blocked: ");
    alice.types(&format!("/unblock bob{ENTER}"));
    alice.shows("bob is not blocked any more");
    bob.types(&format!("/retry{ENTER}"));
    alice.shows("   are you there?");
    bob.shows("● online");
}
