//! Looking for messages, and going to where they were said.

use chat_tests::browser::key;
use chat_tests::{Browser, House};
use serde_json::{Value, json};

/// Types a query into the open search.
async fn searches(browser: &Browser, query: &str) {
    browser.fills("#query", query).await;
    browser.types(key::ENTER).await;
}

/// What was found, as one reads it.
async fn hits(browser: &Browser) -> Value {
    let row =
        "(row) => [...row.querySelectorAll('.where, .excerpt')].map((one) => one.textContent).join(' | ')";
    browser.evaluates(&format!("$$('#hits button').map({row})")).await
}

/// Waits until a message with this text is in sight, and marked.
async fn is_shown(browser: &Browser, text: &str) {
    let condition = format!(
        "(() => {{ const row = $$('.message').find((one) => one.querySelector('.text').textContent === {});
         const {{ top, bottom }} = row.getBoundingClientRect();
         return 'found' in row.dataset && bottom > 0 && top < innerHeight; }})()",
        json!(text)
    );
    browser.waits(&format!("{text:?} in sight"), &condition).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hit_leads_to_where_it_was_said_and_from_there_both_ways() {
    let house = House::open().await;
    let (mut bob, mut carol) = (house.person("bob").await, house.person("carol").await);
    let browser = Browser::start().await;
    browser.registers(house.address(), "alice").await;
    for number in 1..=250 {
        let text =
            if number == 120 { "a *needle* in <b>hay</b>".to_owned() } else { format!("line {number}") };
        bob.sends("alice", &text).await;
    }
    carol.sends("alice", "Needle, thread").await;
    bob.searches("needle", 1).await;
    carol.searches("needle", 1).await;

    browser.clicks("#search-open").await;
    browser.has_focus("#query").await;
    browser.sees("#search-help").await;
    browser.no_longer_sees("#conversations").await;
    searches(&browser, "needle").await;
    browser.shows("#search-news", "2 messages, the newest first").await;
    let expected = json!(["carol | Needle, thread", "bob | a needle in <b>hay</b>"]);
    assert_eq!(hits(&browser).await, expected);
    let marks = browser.evaluates("$$('#hits mark').map((one) => one.textContent)").await;
    assert_eq!(marks, json!(["Needle", "needle"]));
    browser.no_longer_sees("#search-help").await;

    // Down the list, and there.
    browser.types(&format!("{}{}", key::DOWN.repeat(2), key::ENTER)).await;
    browser.shows("#talk-name", "bob").await;
    is_shown(&browser, "a needle in <b>hay</b>").await;
    assert_eq!(browser.evaluates("location.hash").await, "#bob/120");
    assert_eq!(browser.evaluates("$$('.text').length").await, 50, "what is around it, and no more");
    // What was not seen is not read.
    browser.shows("#below", "250 new below").await;
    browser.waits("the hit to be the current one", "$('#hits li:nth-child(2) button[aria-current]')").await;
    browser.evaluates("$('#scroller').scrollTo(0, 0)").await;
    browser.reads("line 60").await;
    browser.evaluates("$('#scroller').scrollTo(0, $('#scroller').scrollHeight)").await;
    browser.reads("line 180").await;
    browser.clicks("#below").await;
    browser.reads("line 250").await;
    browser.waits("all of it to be read", "document.title === '(1) bob – chat'").await;
    assert_eq!(browser.evaluates("location.hash").await, "#bob");

    // From the composer back to the hit, and out of the search.
    let control_shift_f = format!("{}{}f", key::CONTROL, key::SHIFT);
    browser.types(&control_shift_f).await;
    browser.waits("the hit", "document.activeElement === $('#hits li:nth-child(2) button')").await;
    browser.types(key::UP).await;
    browser.types(key::ENTER).await;
    browser.shows("#talk-name", "carol").await;
    is_shown(&browser, "Needle, thread").await;
    browser.types(&control_shift_f).await;
    browser.types(key::ESCAPE).await;
    browser.sees("#conversations").await;
    browser.no_longer_sees("#search").await;
    browser.has_focus("#text").await;

    // The address leads there as well, also after a reload, and also to what is not there.
    browser.evaluates("location.hash = 'bob/120'").await;
    is_shown(&browser, "a needle in <b>hay</b>").await;
    browser.reloads().await;
    is_shown(&browser, "a needle in <b>hay</b>").await;
    assert_eq!(browser.evaluates("$$('.text').length").await, 50);
    browser.evaluates("location.hash = 'bob/9999'").await;
    browser.shows("#notice", "This message cannot be shown right now.").await;
    browser.reads("line 250").await;
    assert_eq!(browser.complaints().await, [""; 0]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_search_says_what_is_wrong_and_what_there_is() {
    let house = House::open().await;
    let mut bob = house.person("bob").await;
    let browser = Browser::start().await;
    browser.registers(house.address(), "alice").await;
    let (control_k, control_shift_f) =
        (format!("{}k", key::CONTROL), format!("{}{}f", key::CONTROL, key::SHIFT));
    browser.types(&control_shift_f).await;
    browser.has_focus("#query").await;
    browser.types("kept").await;
    browser.types(&control_k).await;
    browser.has_focus("#find").await;
    browser.no_longer_sees("#search").await;
    browser.types(&control_shift_f).await;
    browser.has_focus("#query").await;
    assert_eq!(browser.evaluates("$('#query').value").await, "kept");
    browser.types(key::ESCAPE).await;
    browser.no_longer_sees("#search").await;
    browser.evaluates("document.activeElement.blur()").await;
    browser.types("/").await;
    browser.has_focus("#query").await;
    assert_eq!(browser.evaluates("$('#query').value").await, "");
    for (query, wrong) in [
        ("from:", "`from:` wants the name of a user."),
        ("before:tomorrow", "`before:` wants a date like 2026-03-01."),
        ("?!", "The search has no word and no filter."),
    ] {
        searches(&browser, query).await;
        browser.shows("#search-error", wrong).await;
        assert_eq!(browser.evaluates("$('#search-news').textContent").await, "", "{query}");
    }
    searches(&browser, "nothing").await;
    browser.shows("#search-news", "Nothing was found.").await;
    browser.waits("no complaint", "$('#search-error').hidden").await;

    let talk = bob.sends("alice", "word 1").await["conversation"].clone();
    for number in 2..=25 {
        bob.sends("alice", &format!("word {number}")).await;
    }
    bob.searches("wor*", 25).await;
    searches(&browser, "wor* from:bob").await;
    browser.shows("#search-news", "The newest 20 messages").await;
    browser.clicks("#hits-more").await;
    browser.shows("#search-news", "25 messages, the newest first").await;
    browser.no_longer_sees("#hits-more").await;
    browser
        .waits("the first of what came", "document.activeElement === $('#hits li:nth-child(21) button')")
        .await;
    assert_eq!(hits(&browser).await[24], "bob | word 1");
    // What is deleted is gone from here as well, and what is edited has changed.
    bob.does("delete", &talk, 25, json!({})).await;
    bob.does("edit", &talk, 24, json!({"text": "other words"})).await;
    browser.shows("#hits li:nth-child(1)", "message deleted").await;
    browser.shows("#hits li:nth-child(2)", "other words").await;
    assert_eq!(browser.evaluates("document.body.textContent.includes('word 25')").await, false);
    // An empty search is none.
    searches(&browser, " ").await;
    browser.sees("#search-help").await;
    assert_eq!(hits(&browser).await, json!([]));
    assert_eq!(browser.complaints().await, [""; 0]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_found_any_more_where_one_was_put_out() {
    let house = House::open().await;
    let mut bob = house.person("bob").await;
    let browser = Browser::start().await;
    browser.registers(house.address(), "alice").await;
    let make = json!({"type": "create_group", "client_id": "m", "name": "ops", "members": ["alice"]});
    let group = bob.asks(make).await["summary"]["conversation"].clone();
    bob.asks(json!({"type": "send", "conversation": group, "client_id": "s", "text": "secret"})).await;
    bob.searches("secret", 1).await;
    browser.clicks("#search-open").await;
    searches(&browser, "secret in:#ops").await;
    browser.shows("#hits .where", "#ops").await;
    assert_eq!(hits(&browser).await, json!(["#ops | bob: secret"]));
    bob.does("remove_member", &group, 1, json!({"user": "alice"})).await;
    browser.shows("#notice", "You are not in #ops any more.").await;
    browser.waits("an empty list", "$('#hits').childElementCount === 0").await;
    assert_eq!(browser.evaluates("$('#findings').textContent.includes('secret')").await, false);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_search_fits_a_phone() {
    let house = House::open().await;
    let mut bob = house.person("bob").await;
    let browser = Browser::start().await;
    browser.has_screen((360, 640), "dark").await;
    browser.registers(house.address(), "alice").await;
    bob.sends("alice", &format!("needle {}", "a_word_without_end_".repeat(20))).await;
    bob.searches("needle", 1).await;
    browser.clicks("#search-open").await;
    crate::narrow::fits(&browser).await;
    searches(&browser, "needle").await;
    browser.shows("#hits .where", "bob").await;
    crate::narrow::fits(&browser).await;
    browser.clicks("#hits button").await;
    browser.shows("#talk-name", "bob").await;
    browser.no_longer_sees("#sidebar").await;
    browser.clicks("#back").await;
    browser.waits("the hit", "document.activeElement === $('#hits button')").await;
    browser.types(key::ESCAPE).await;
    browser.has_focus("#find").await;
    browser.no_longer_sees("#search").await;
}
