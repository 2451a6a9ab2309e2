//! Formatted texts on the page: what they look like, where their links lead, and that nothing else comes of them.

use chat_tests::{Browser, House};
use serde_json::json;

/// The text of all elements that a selector finds.
async fn all(browser: &Browser, selector: &str) -> serde_json::Value {
    browser.evaluates(&format!("$$('{selector}').map((one) => one.textContent)")).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_text_is_shown_as_it_is_meant() {
    let house = House::open().await;
    let mut bob = house.person("bob").await;
    let browser = Browser::start().await;
    browser.registers(house.address(), "alice").await;
    browser.begins("bob").await;
    browser.says("*own* and `code`").await;
    bob.expects("alice", "*own* and `code`").await;
    browser.marks("own and code", "sent").await;
    let text =
        "*it* **bold** ***both*** `x*y` 2*3*4 \\*\n> quoted\n> *twice*\n```rs\nlet a =  1;\n\t*no*\n```\nend";
    bob.sends("alice", text).await;
    browser.shows(".text", "end").await;
    let newest = ".message:last-child .text";
    assert_eq!(all(&browser, &format!("{newest} em")).await, json!(["it", "both", "twice"]));
    assert_eq!(all(&browser, &format!("{newest} strong")).await, json!(["bold", "both"]));
    assert_eq!(all(&browser, &format!("{newest} > p code")).await, json!(["x*y"]));
    assert_eq!(
        all(&browser, &format!("{newest} > *")).await,
        json!(["it bold both x*y 2*3*4 *", "quoted\ntwice", "rslet a =  1;\n    *no*", "end"])
    );
    assert_eq!(all(&browser, &format!("{newest} pre code")).await, json!(["let a =  1;\n    *no*"]));
    browser.shows("#conversations .preview", "it bold both x*y 2*3*4 * quoted twice let a =  1;").await;
    browser.clicks("#help-open").await;
    browser.shows("#help", "a quote, at the beginning of a line").await;
    assert_eq!(browser.complaints().await, [""; 0]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_link_shows_where_it_leads_and_nothing_else_is_one() {
    let house = House::open().await;
    let mut eve = house.person("eve").await;
    let browser = Browser::start().await;
    browser.registers(house.address(), "alice").await;
    for text in [
        "see https://example.org/a_b_c.",
        "[https://good.example](https://evil.example/x)",
        "https://good.example@evil.example/",
        "https://аррӏе.com/",
        "[a](javascript:alert(1)) [b](data:text/html,x) [c](file:///etc/passwd) javascript:alert(1)",
        "[\"><img src=x onerror=window.owned=1>](https://example.org/\"onclick=x) **<img src=x onerror=window.owned=1>**",
        "[x](https://example.org/'onclick='window.owned=1)",
    ] {
        eve.sends("alice", text).await;
    }
    browser.clicks("#conversations button").await;
    browser.shows(".text", "x (example.org)").await;
    let links = "$$('#timeline a').map((one) => [one.textContent, one.parentElement.textContent, new URL(one.href).host])";
    assert_eq!(
        browser.evaluates(links).await,
        json!([
            ["https://example.org/a_b_c", "see https://example.org/a_b_c.", "example.org"],
            ["https://good.example", "https://good.example (evil.example)", "evil.example"],
            [
                "https://good.example@evil.example/",
                "https://good.example@evil.example/ (evil.example)",
                "evil.example"
            ],
            ["https://аррӏе.com/", "https://аррӏе.com/ (xn--80ak6aa92e.com)", "xn--80ak6aa92e.com"],
            ["x", "x (example.org)", "example.org"],
        ])
    );
    let attributes = "[...new Set($$('#timeline a').map((one) => one.getAttributeNames().sort() + ' ' + one.rel + ' ' + one.target))]";
    let expected = json!(["href,rel,target noopener noreferrer nofollow _blank"]);
    assert_eq!(browser.evaluates(attributes).await, expected);
    assert_eq!(browser.evaluates("$$('#timeline img, #timeline script').length").await, 0);
    assert_eq!(browser.evaluates("window.owned ?? null").await, json!(null));
    assert_eq!(browser.complaints().await, [""; 0]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn long_code_and_long_links_stay_in_their_place_on_a_phone() {
    let house = House::open().await;
    let mut bob = house.person("bob").await;
    let browser = Browser::start().await;
    browser.has_screen((360, 640), "light").await;
    browser.registers(house.address(), "alice").await;
    let long = "long_".repeat(60);
    bob.sends(
        "alice",
        &format!("> {long}\n```\n{long} {long}\nshort\n```\n`{long}` [x](https://example.org/{long})"),
    )
    .await;
    bob.sends("alice", &format!("https://{}example.org/{long}", "a.".repeat(100))).await;
    browser.clicks("#conversations button").await;
    browser.shows(".text", "short").await;
    let fits = "document.documentElement.scrollWidth <= 360 && $('#scroller').scrollWidth <= $('#scroller').clientWidth";
    browser.waits("nothing to be wider than the screen", fits).await;
    let scrolls = "(() => { const pre = $('.text pre'); pre.scrollLeft = 99; return pre.scrollWidth > pre.clientWidth && pre.scrollLeft === 99; })()";
    browser.waits("the code to scroll", scrolls).await;
}
