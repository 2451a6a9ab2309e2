//! Takes the picture of the page that the README shows: `cargo run -p chat-tests --bin page-picture -- docs/page.png`.
#![allow(clippy::unwrap_used, clippy::expect_used)] // A picture that cannot be taken panics.

use chat_tests::{Browser, Courier, House};
use serde_json::json;
use std::path::PathBuf;

/// Takes a picture of the page.
#[derive(clap::Parser)]
struct Args {
    /// Where it is written.
    file: PathBuf,
}

#[tokio::main]
async fn main() {
    let Args { file } = clap::Parser::parse();
    let house = House::open().await;
    let (mut bob, mut carol) = (house.person("bob").await, house.person("carol").await);
    let dave = house.person("dave").await;
    let browser = Browser::start().await;
    browser.has_screen((1200, 750), "light").await;
    browser.registers(house.address(), "alice").await;
    for (name, text) in
        [("dave", "See you on Monday."), ("bob", "Morning! Is the build green again? :crossed_fingers:")]
    {
        browser.begins(name).await;
        browser.says(text).await;
    }
    bob.push("entry").await;
    dave.vanishes_now();
    for text in [
        "All green since eight. ✅",
        "It was the clock of one machine. This is how I found it:\n\nmake 2>&1 | tail -n 5 | chat-tui --user ci send bob",
    ] {
        bob.sends("alice", text).await;
        browser.reads(text).await;
    }
    let log =
        Courier::new(house.address(), &bob.token).uploads("clock-of-one-machine.log", &[b'.'; 48_213]).await;
    bob.asks(json!({"type": "send", "to": "alice", "client_id": "log", "file": log["id"]})).await;
    browser.shows(".message .file", "47.1 KiB").await;
    for text in ["Ha, of course. Thank you!", "Then let us ship it before lunch. Who writes the notes?"] {
        browser.says(text).await;
        browser.marks(text, "sent").await;
    }
    bob.sends("alice", "I do, they are nearly done.").await;
    bob.sends("alice", "🎉").await;
    carol.sends("alice", "Lunch at noon? 🍜").await;
    browser.shows("#conversations .badge", "1").await;
    browser.reads("🎉").await;
    browser.waits("dave to be gone", "$$('#conversations .online').length === 2").await;
    browser.types("On my way to the :coff").await;
    browser.sees("#completion").await;
    browser.types("ee: machine").await;
    std::fs::write(&file, browser.screenshot().await).expect("the picture is written");
}
