//! Answers, edits, reactions, deletions and how far one's messages are, in real terminals.

use super::*;
use serde_json::json;

const UP: &str = "\x1b[A";
const ESC: &str = "\x1b";

/// Whether the mark before this text says that it was read: without colours it is the bold one.
fn is_read(screen: &vt100::Screen, text: &str) -> bool {
    let (rows, columns) = screen.size();
    let (rows, columns) = (rows.get(), columns.get());
    let line = |row: &u16| screen.contents_between(*row, 0, *row, columns).contains(&format!("✓✓ {text}"));
    let Some(row) = (0..rows).find(line) else { return false };
    let mark = (0..columns).find_map(|column| screen.cell(row, column).filter(|cell| cell.contents() == "✓"));
    mark.is_some_and(vt100::Cell::bold)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn messages_are_answered_edited_reacted_to_and_taken_back() {
    let house = House::open().await;
    let (home_a, home_b) = (home(), home());
    let mut alice = registers(house.address(), "alice", &home_a, (80, 24));
    let mut bob = registers(house.address(), "bob", &home_b, (80, 24));
    alice.types(&format!("/msg bob shall we meet?{ENTER}"));
    bob.shows("   shall we meet?");
    bob.types(&format!("{UP}r"));
    bob.shows("↳ answers [1] alice: shall we meet?");
    bob.types(&format!("at noon{ENTER}"));
    for side in [&mut alice, &mut bob] {
        side.waits("the answer below what it answers", |screen| {
            let shown = screen.contents();
            shown.contains("   ↳ alice: shall we meet?")
                && shown.contains(" at noon")
                && !shown.contains("> at noon")
        });
    }
    alice.types(&format!("{UP}+tada:{ENTER}"));
    alice.shows("[🎉 1]");
    bob.shows("   🎉 1");
    bob.types(&format!("/react 2 🎉{ENTER}"));
    alice.shows("[🎉 2]");
    alice.types(&format!("{UP}{UP}e"));
    alice.shows("✎ edits [1]");
    alice.types(&format!("\x15shall we eat?{ENTER}"));
    for side in [&mut alice, &mut bob] {
        side.shows("shall we eat? (edited)");
        side.shows("   ↳ alice: shall we eat?");
    }
    bob.types(&format!("{UP}{UP}h"));
    bob.shows("What it said");
    bob.shows("shall we meet?");
    bob.types(ESC);
    bob.no_longer_shows("What it said");
    bob.types(ESC);
    bob.no_longer_shows("[1] r reply");
    alice.types(&format!("{UP}{UP}d"));
    alice.shows("delete this message? y/n");
    alice.types("y");
    alice.types(ESC);
    for side in [&mut alice, &mut bob] {
        side.shows(" message deleted");
        side.shows("   ↳ message deleted");
        side.shows("at noon");
        side.no_longer_shows("shall we eat?");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ones_messages_are_sent_then_delivered_then_read() {
    let house = House::open().await;
    let (home, mut bob) = (home(), house.person("bob").await);
    let mut alice = registers(house.address(), "alice", &home, (80, 24));
    alice.types(&format!("/msg bob hello{ENTER}"));
    alice.shows(" ✓ hello");
    let entry = bob.expects("alice", "hello").await;
    let up_to_it =
        |kind: &str| json!({"type": kind, "id": "x", "conversation": entry["conversation"], "seq": 1});
    bob.types(up_to_it("delivered").to_string()).await;
    alice.shows("✓✓ hello");
    assert!(!is_read(&alice.screen(), "hello"));
    bob.asks(up_to_it("read")).await;
    alice.waits("that it was read", |screen| is_read(screen, "hello"));
    alice.types(&format!("/receipts{ENTER}"));
    alice.shows("read receipts are on");
    alice.types(&format!("/receipts off{ENTER}"));
    alice.shows("read receipts are off");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_sees_a_message_has_read_it() {
    let house = House::open().await;
    let (home_a, home_b) = (home(), home());
    let mut alice = registers(house.address(), "alice", &home_a, (80, 24));
    let mut bob = registers(house.address(), "bob", &home_b, (80, 24));
    alice.types(&format!("/msg bob hello{ENTER}"));
    bob.shows("hello");
    alice.waits("that it was read", |screen| is_read(screen, "hello"));
    bob.types(&format!("/receipts off{ENTER}"));
    bob.shows("read receipts are off");
    alice.types(&format!("and this?{ENTER}"));
    bob.shows("and this?");
    alice.shows("✓✓ and this?");
    assert!(!is_read(&alice.screen(), "and this?"));
}

/// What is changed without a connection is shown so, and sent once there is one.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn changes_that_wait_are_sent_in_their_order() {
    let mut server = RealServer::start(&[]).await;
    let home = home();
    let mut alice = registers(server.address(), "alice", &home, (80, 24));
    alice.types(&format!("/msg alice one{ENTER}"));
    alice.shows("✓ one");
    server.stops().await;
    alice.shows("✗ offline");
    alice.types(&format!("/edit two{ENTER}"));
    alice.shows("◌ two (edited)");
    alice.types(&format!("/react :tada:{ENTER}/edit three{ENTER}"));
    alice.shows("◌ three (edited)");
    alice.shows("[🎉 1]");
    alice.signal("KILL");
    alice.ends();
    server.crashes_and_restarts().await;
    let mut alice = opens(server.address(), "alice", &home, (80, 24));
    alice.shows("✓ three (edited)");
    alice.shows("[🎉 1]");
    alice.types(&format!("/versions{ENTER}"));
    alice.shows("two");
    alice.types(ESC);
    alice.no_longer_shows("What it said");
    alice.types(&format!("/edit nothing new{ENTER}"));
    alice.shows("✓ nothing new (edited)");
}
