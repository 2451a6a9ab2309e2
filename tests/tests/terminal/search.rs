//! Looking for messages, in a real terminal.

use super::*;

const DOWN: &str = "\x1b[B";
const PAGE_DOWN: &str = "\x1b[6~";
const PAGE_UP: &str = "\x1b[5~";
const END: &str = "\x1b[F";
const CONTROL_F: &str = "\x06";
const ESC: &str = "\x1b";

/// Scrolls down until this is seen. Pages come as they are wanted, so each step waits until the client has done the one before.
fn pages_down_to(tty: &mut Tty, text: &str) {
    for _ in 0..200 {
        if tty.screen().contents().contains(text) {
            break;
        }
        tty.types(&format!("{PAGE_DOWN}{CONTROL_F}"));
        tty.shows("Search: ");
        tty.types(ESC);
        tty.no_longer_shows("Search: ");
    }
    tty.shows(text);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_message_of_long_ago_is_found_and_seen_among_the_others() {
    let house = House::open().await;
    let (home, mut bob) = (home(), house.person("bob").await);
    let mut alice = registers(house.address(), "alice", &home, (80, 24));
    alice.types(&format!("/msg alice my own notes{ENTER}"));
    alice.shows("✓ my own notes");
    for number in 1..=200 {
        let text = if number == 30 { "shall we have lunch?".to_owned() } else { format!("line {number}.") };
        bob.sends("alice", &text).await;
    }
    bob.searches("lunch", 1).await;
    alice.types(&format!("{CONTROL_F}from:bob lun*{ENTER}"));
    alice.shows("shall we have lunch?");
    alice.shows(" bob  bob  ");
    alice.shows(" 1 found");
    alice.types(ENTER);
    alice.shows("─ [30] r reply");
    for text in ["line 29.", "shall we have lunch?", "line 31."] {
        alice.shows(text);
    }
    alice.no_longer_shows("line 200.");
    // Both directions lead to their ends.
    for _ in 0..4 {
        alice.types(PAGE_UP);
    }
    alice.shows("line 1.");
    pages_down_to(&mut alice, "line 200.");
    // What was found is there again, and leads back to where one was.
    alice.types(&format!("/notes{ENTER}"));
    alice.shows("for yourself");
    alice.types(CONTROL_F);
    alice.shows(" 1 found");
    alice.types(ENTER);
    alice.shows("─ [30] r reply");
    alice.shows("Esc back");
    alice.types(ESC);
    alice.shows("for yourself");
    alice.shows("✓ my own notes");
    // One message more is at the end, and not below what is old.
    alice.types(CONTROL_F);
    alice.shows(" 1 found");
    alice.types(ENTER);
    alice.shows("─ [30] r reply");
    bob.sends("alice", "are you there?").await;
    alice.shows("● bob           1");
    alice.types(END);
    alice.shows("are you there?");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_cannot_be_found_is_told() {
    let mut server = RealServer::start(&[]).await;
    let home = home();
    let mut alice = registers(server.address(), "alice", &home, (60, 16));
    alice.types(&format!("/search{ENTER}"));
    alice.shows("has:file          messages with a file");
    alice.types(&format!("has:cake{ENTER}"));
    alice.shows("✗ `has:` knows only `has:file`");
    alice.types(&format!("\x15nobody said this{ENTER}"));
    alice.shows("nothing was found");
    server.stops().await;
    alice.types(&format!("{DOWN} either{ENTER}"));
    alice.shows("✗ not connected to the server right now");
    alice.types(ESC);
    alice.no_longer_shows("Search: ");
    alice.shows("✗ offline");
}
