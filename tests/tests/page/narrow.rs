//! On a screen of 360 pixels, as the smallest phones have.

use crate::files::{PNG, sends_file, write};
use chat_tests::browser::key;
use chat_tests::disk::bytes;
use chat_tests::{Browser, House};
use serde_json::json;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_screen_fits_a_phone() {
    let house = House::open().await;
    let (mut bob, mut longest) = (house.person("bob").await, house.person(&"w".repeat(32)).await);
    let browser = Browser::start().await;
    browser.has_screen((360, 640), "light").await;
    browser.opens(house.address()).await;
    browser.clicks("#door-other").await;
    browser.enters_door(&"m".repeat(32), "x").await;
    browser.sees("#door-error").await;
    fits(&browser).await;
    browser.registers(house.address(), &"m".repeat(32)).await;
    fits(&browser).await;
    let word = "a_word_without_end_".repeat(100);
    bob.sends(&"m".repeat(32), &word).await;
    longest.sends(&"m".repeat(32), &"👩\u{200d}👩\u{200d}👧".repeat(60)).await;
    browser.shows("#conversations", "bob").await;
    fits(&browser).await;
    assert!(!sees(&browser, "#talk").await, "the list is a screen of its own");
    browser.clicks("#conversations li:nth-child(2) button").await;
    browser.reads(&word).await;
    fits(&browser).await;
    assert!(!sees(&browser, "#sidebar").await, "so is the conversation");
    browser.types(&format!("{}{}", "long ".repeat(60), key::ENTER)).await;
    browser.marks(&"long ".repeat(60), "sent").await;
    browser.types(&"more ".repeat(60)).await;
    fits(&browser).await;
    browser.types(":wa").await;
    browser.sees("#completion").await;
    fits(&browser).await;
    browser.types(key::ESCAPE).await;
    browser.types(key::ESCAPE).await;
    browser.sees("#find").await;
    browser.has_focus("#find").await;
    browser.clicks("#conversations li:nth-child(2) button").await;
    browser.shows("#talk-name", "www").await;
    fits(&browser).await;
    browser.goes_back().await;
    browser.sees("#find").await;
    browser.clicks("#conversations li:nth-child(1) button").await;
    browser.clicks("#back").await;
    browser.sees("#find").await;
    for (opener, dialog) in [("#help-open", "#help"), ("#account-open", "#account")] {
        browser.clicks(opener).await;
        browser.sees(dialog).await;
        fits(&browser).await;
        browser.types(key::ESCAPE).await;
        browser.no_longer_sees(dialog).await;
    }
    assert_eq!(browser.complaints().await, [""; 0]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn files_fit_a_phone() {
    let house = House::open().await;
    let mut bob = house.person("bob").await;
    let folder = tempfile::tempdir().unwrap();
    let long = write(folder.path(), &format!("{}.tar.gz", "backup_".repeat(20)), &bytes(300));
    let picture = write(folder.path(), "picture.png", &PNG);
    let browser = Browser::start().await;
    browser.has_screen((360, 640), "dark").await;
    browser.registers(house.address(), "alice").await;
    browser.begins("bob").await;
    browser.chooses(&[&long, &picture]).await;
    browser.waits("both to be ready", "$$('#tray .upload.whole').length === 2").await;
    fits(&browser).await;
    browser.says(&"text ".repeat(30)).await;
    browser.waits("both to be sent", "$$('.message.sent .file[href]').length === 2").await;
    sends_file(&house, &mut bob, "alice", "another.png", &PNG).await;
    browser.waits("the pictures", "$$('.picture.shown').length === 2").await;
    fits(&browser).await;
    browser.clicks(".picture").await;
    browser.sees("#viewer-picture img").await;
    fits(&browser).await;
    browser.types(key::ESCAPE).await;
    browser.clicks("#back").await;
    browser.shows("#conversations .preview", "📎 another.png").await;
    fits(&browser).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_done_to_messages_fits_a_phone() {
    let house = House::open().await;
    let mut bob = house.person("bob").await;
    let browser = Browser::start().await;
    browser.has_screen((360, 640), "light").await;
    browser.registers(house.address(), "alice").await;
    browser.begins("bob").await;
    browser.says("x").await;
    browser.marks("x", "sent").await;
    let conversation = bob.opens("alice").await["conversation"].clone();
    let word = "a_word_without_end_".repeat(20);
    let answer =
        json!({"type": "send", "conversation": conversation, "client_id": "1", "text": word, "reply_to": 1});
    bob.asks(answer).await;
    let answer =
        json!({"type": "send", "conversation": conversation, "client_id": "2", "text": "y", "reply_to": 2});
    bob.asks(answer).await;
    for (number, emoji) in
        ["👍", "🎉", "😄", "😮", "👀", "✅", "🍜", "🚀", "🙏", "🔥"].into_iter().enumerate()
    {
        let id = format!("r{number}");
        let react =
            json!({"type": "react", "conversation": conversation, "seq": 1, "client_id": id, "emoji": emoji});
        bob.asks(react).await;
    }
    browser.waits("all of it", "$$('.chip').length === 10 && $$('.quote').length === 2").await;
    fits(&browser).await;
    browser.clicks(".quote").await;
    // A finger's touch, which gives the message the focus.
    browser.clicks(".mine .bubble").await;
    for (act, dialog) in [("react", "#picker"), ("delete", "#deleting")] {
        browser.clicks(&format!(".mine .tools [data-act={act}]")).await;
        browser.sees(dialog).await;
        fits(&browser).await;
        browser.types(key::ESCAPE).await;
        browser.no_longer_sees(dialog).await;
        browser.clicks(".mine .bubble").await;
    }
    browser.clicks(".mine .tools [data-act=edit]").await;
    browser.sees("#aim").await;
    fits(&browser).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn groups_fit_a_phone() {
    let house = House::open().await;
    let (long, name) = ("w".repeat(32), "m".repeat(32));
    house.person(&long).await;
    let browser = Browser::start().await;
    browser.has_screen((360, 640), "dark").await;
    browser.registers(house.address(), "alice").await;
    browser.clicks("#new-group-open").await;
    browser.fills("#new-group-name", &name).await;
    browser.fills("#new-group-topic", &"topic_".repeat(80)).await;
    browser.fills("#new-group-members", &long).await;
    browser.clicks("#new-group-public").await;
    fits(&browser).await;
    browser.clicks("#new-group-make").await;
    browser.shows("#talk-name", &name).await;
    browser.shows(".happening", &format!("You added {long}")).await;
    fits(&browser).await;
    browser.clicks("#group-open").await;
    browser.shows("#members-list", &long).await;
    fits(&browser).await;
    browser.clicks("#leave-group").await;
    browser.sees("#leaving").await;
    fits(&browser).await;
    browser.types(&key::ESCAPE.repeat(2)).await;
    browser.no_longer_sees("#group").await;
    browser.clicks("#back").await;
    browser.shows("#conversations .name", &name).await;
    fits(&browser).await;
    browser.clicks("#browse-open").await;
    browser.shows("#browse-list", &name).await;
    fits(&browser).await;
    assert_eq!(browser.complaints().await, [""; 0]);
}

/// Nothing reaches beyond the right edge, and nothing has to be scrolled sideways.
pub async fn fits(browser: &Browser) {
    assert_eq!(browser.evaluates("innerWidth").await, 360);
    let wide = "$$('body, body *').filter((one) => one.checkVisibility() && !one.closest('.unseen, .unseen-text, .who b') \
                && (one.getBoundingClientRect().right > 360.5 \
                || (one.scrollWidth > one.clientWidth + 1 && getComputedStyle(one).overflowX === 'auto'))) \
                .map((one) => `${one.tagName} ${one.id} ${one.className}`)";
    assert_eq!(browser.evaluates(wide).await, serde_json::json!([]));
    let page = "document.documentElement.scrollWidth <= document.documentElement.clientWidth";
    assert_eq!(browser.evaluates(page).await, true);
}

async fn sees(browser: &Browser, selector: &str) -> bool {
    browser.evaluates(&format!("$('{selector}').checkVisibility()")).await == true
}
