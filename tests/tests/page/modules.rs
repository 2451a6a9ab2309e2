//! The page's pure modules, run in the browser against tables.

use chat_client::SafeText;
use chat_client::markup::parse;
use chat_tests::{Browser, House};
use serde_json::{Value, json};

/// Each gives a list of what is not as it should be.
const CHECKS: &str = include_str!("modules.js");
const FILE_CHECKS: &str = include_str!("file_modules.js");
const CHANGE_CHECKS: &str = include_str!("change_modules.js");
const GROUP_CHECKS: &str = include_str!("group_modules.js");
const HEAD_CHECKS: &str = include_str!("head_modules.js");
const MENTION_CHECKS: &str = include_str!("mention_modules.js");
const PREFERENCE_CHECKS: &str = include_str!("preference_modules.js");
const SEARCH_CHECKS: &str = include_str!("search_modules.js");
const TYPING_CHECKS: &str = include_str!("typing_modules.js");
const MARKUP_CHECKS: &str = include_str!("markup_modules.js");

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_modules_decide_as_they_should() {
    let house = House::open().await;
    let browser = Browser::start().await;
    browser.opens(house.address()).await;
    browser.sees("#door").await;
    // The terminal client is tested against the same cases.
    let safe_text: Value =
        serde_json::from_str(include_str!("../../../client/tests/safe_text.json")).unwrap();
    assert_eq!(browser.runs(CHECKS, safe_text).await, json!([]));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_modules_for_files_decide_as_they_should() {
    let house = House::open().await;
    let browser = Browser::start().await;
    browser.opens(house.address()).await;
    browser.sees("#door").await;
    assert_eq!(browser.runs(FILE_CHECKS, json!(null)).await, json!([]));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_modules_for_changes_of_messages_decide_as_they_should() {
    let house = House::open().await;
    let browser = Browser::start().await;
    browser.opens(house.address()).await;
    browser.sees("#door").await;
    assert_eq!(browser.runs(CHANGE_CHECKS, json!(null)).await, json!([]));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_modules_for_groups_decide_as_they_should() {
    let house = House::open().await;
    let browser = Browser::start().await;
    browser.opens(house.address()).await;
    browser.sees("#door").await;
    assert_eq!(browser.runs(GROUP_CHECKS, json!(null)).await, json!([]));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_modules_for_the_ends_of_logs_decide_as_they_should() {
    let house = House::open().await;
    let browser = Browser::start().await;
    browser.opens(house.address()).await;
    browser.sees("#door").await;
    assert_eq!(browser.runs(HEAD_CHECKS, json!(null)).await, json!([]));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_modules_for_preferences_decide_as_they_should() {
    let house = House::open().await;
    let browser = Browser::start().await;
    browser.opens(house.address()).await;
    browser.sees("#door").await;
    assert_eq!(browser.runs(PREFERENCE_CHECKS, json!(null)).await, json!([]));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_modules_for_searches_decide_as_they_should() {
    let house = House::open().await;
    let browser = Browser::start().await;
    browser.opens(house.address()).await;
    browser.sees("#door").await;
    assert_eq!(browser.runs(SEARCH_CHECKS, json!(null)).await, json!([]));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_modules_for_mentions_decide_as_they_should() {
    let house = House::open().await;
    let browser = Browser::start().await;
    browser.opens(house.address()).await;
    browser.sees("#door").await;
    assert_eq!(browser.runs(MENTION_CHECKS, json!(null)).await, json!([]));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_modules_for_typing_decide_as_they_should() {
    let house = House::open().await;
    let browser = Browser::start().await;
    browser.opens(house.address()).await;
    browser.sees("#door").await;
    assert_eq!(browser.runs(TYPING_CHECKS, json!(null)).await, json!([]));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_page_reads_markup_as_the_terminal_client_does() {
    let house = House::open().await;
    let browser = Browser::start().await;
    browser.opens(house.address()).await;
    browser.sees("#door").await;
    let table: Vec<(String, Value)> =
        serde_json::from_str(include_str!("../../../client/tests/markup.json")).unwrap();
    let made = made_texts(2000).into_iter().map(|text| {
        let blocks = json!(parse(&SafeText::new(&text)));
        (text, blocks)
    });
    let cases: Vec<_> = table.into_iter().chain(made).collect();
    assert_eq!(browser.runs(MARKUP_CHECKS, json!(cases)).await, json!([]));
}

/// Texts in which much means something; always the same ones.
fn made_texts(count: usize) -> Vec<String> {
    const PIECES: [&str; 40] = [
        "*",
        "**",
        "***",
        "_",
        "`",
        "``",
        "```",
        "> ",
        ">",
        "\\",
        "[",
        "]",
        "](",
        "(",
        ")",
        "\n",
        "\n```\n",
        "```rust\n",
        " ",
        " ",
        "a",
        "B1",
        ".",
        ",",
        "\"",
        "字",
        "é",
        "👩\u{200d}👧",
        "\u{202e}",
        "\u{301}",
        "\u{fe0f}",
        "\t",
        "\r\n",
        "http://",
        "https://a.org/",
        "[x](https://b.org/y)",
        "https://u:p@c.org",
        "https://bücher.example",
        "h",
        "!",
    ];
    // Numbers that look random, by Lehmer (Park and Miller, 1988).
    let mut state = 20_260_302_u64;
    let mut below = |bound: usize| {
        state = state * 48_271 % 2_147_483_647;
        usize::try_from(state).unwrap() % bound
    };
    (0..count).map(|_| (0..=below(20)).map(|_| PIECES[below(PIECES.len())]).collect()).collect()
}
