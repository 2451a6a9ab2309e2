//! A name can become another's: what was meant for the one who had it before never reaches the other.

use chat_tests::{Browser, Person, RealServer};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_waits_for_somebody_reaches_nobody_else_of_that_name() {
    let mut server = RealServer::start(&[]).await;
    let bob = Person::registers(server.address(), "bob").await;
    let browser = Browser::start().await;
    browser.registers(server.address(), "alice").await;
    browser.begins("bob").await;
    browser.says("hi").await;
    browser.marks("hi", "sent").await;
    server.stops().await;
    browser.shows("#status", "Reconnecting").await;
    browser.says("for you alone").await;
    browser.marks("for you alone", "queued").await;
    // The page is closed, and only the browser's storage remembers.
    let page = browser.tab().await;
    let other_tab = browser.opens_tab().await;
    browser.goes_to(&page).await;
    browser.closes_tab().await;
    browser.goes_to(&other_tab).await;
    server.crashes_and_restarts().await;
    let mut other = bob.leaves_the_name(server.address()).await;
    browser.opens(server.address()).await;
    browser.is_live().await;
    browser.clicks("#conversations button").await;
    browser.shows("#talk-presence", "account deleted").await;
    browser.marks("for you alone", "failed").await;
    browser.shows(".failure", "The other one has deleted their account.").await;
    browser.shows("#barred", "This account is deleted. Nobody would read it.").await;
    browser.no_longer_sees("#unblock").await;
    browser.waits("nothing more to be written", "$('#text').disabled && $('#send').disabled").await;
    other.has_heard_nothing().await;
    browser.clicks(".failure button:last-child").await;
    browser.no_longer_sees(".failure").await;
    // It does not come back with the page, and what was said before is still to be read.
    browser.reloads().await;
    browser.reads("hi").await;
    assert_eq!(browser.texts().await, ["hi"]);
}
