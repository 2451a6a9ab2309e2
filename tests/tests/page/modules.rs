//! The page's pure modules, run in the browser against tables.

use chat_tests::{Browser, House};
use serde_json::{Value, json};

/// Each gives a list of what is not as it should be.
const CHECKS: &str = include_str!("modules.js");
const FILE_CHECKS: &str = include_str!("file_modules.js");
const TYPING_CHECKS: &str = include_str!("typing_modules.js");

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
async fn the_modules_for_typing_decide_as_they_should() {
    let house = House::open().await;
    let browser = Browser::start().await;
    browser.opens(house.address()).await;
    browser.sees("#door").await;
    assert_eq!(browser.runs(TYPING_CHECKS, json!(null)).await, json!([]));
}
