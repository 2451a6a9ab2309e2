//! Talking.

use chat_tests::browser::key;
use chat_tests::{Browser, House, Person};
use serde_json::json;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_people_chat_live_in_both_directions() {
    let house = House::open().await;
    let (mut bob, mut carol) = (house.person("bob").await, house.person("carol").await);
    let browser = Browser::start().await;
    browser.registers(house.address(), "alice").await;
    browser.fills("#find", "nobody-at-all").await;
    browser.types(key::ENTER).await;
    browser.shows("#find-error", "Nobody is called nobody-at-all").await;
    browser.begins("bob").await;
    browser.shows("#talk-presence", "online").await;
    browser.says("hello :wave: bob").await;
    browser.marks("hello 👋 bob", "sent").await;
    bob.expects("alice", "hello 👋 bob").await;
    bob.sends("alice", "hi <b>alice</b>").await;
    browser.reads("hi <b>alice</b>").await;
    // What is seen is read, and its sender's list says so nowhere else.
    browser.waits("nothing to be unread", "document.title === 'bob – chat'").await;
    carol.sends("alice", "and me?").await;
    browser.shows("#conversations .badge", "1").await;
    browser.waits("the title to count", "document.title === '(1) bob – chat'").await;
    carol.sends("alice", "hello?").await;
    browser.clicks("#conversations li:first-child button").await;
    browser.sees(".new").await;
    browser.waits("both to be read", "document.title === 'carol – chat'").await;
    assert_eq!(browser.texts().await, ["and me?", "hello?"]);
    bob.vanishes_now();
    browser.waits("bob to go", "$$('#conversations .online').length === 1").await;
    browser.clicks("#conversations li:nth-child(2) button").await;
    browser.shows("#talk-presence", "last seen").await;
    assert_eq!(browser.complaints().await, [""; 0]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn emoji_are_completed_and_drafts_stay_where_they_belong() {
    let house = House::open().await;
    let (mut bob, _carol) = (house.person("bob").await, house.person("carol").await);
    let browser = Browser::start().await;
    browser.registers(house.address(), "alice").await;
    browser.begins("bob").await;
    browser
        .waits(
            "the table of emoji",
            "performance.getEntriesByName(location.origin + '/api/emoji.json').length",
        )
        .await;
    browser.types("at 10:30 :tad").await;
    browser.shows("#completion", ":tada:").await;
    browser.types(key::TAB).await;
    browser.waits("the emoji", "$('#text').value === 'at 10:30 🎉'").await;
    browser.types(" :smi").await;
    browser.shows("#completion", ":smile:").await;
    let second = browser.evaluates("$$('#completion .emoji')[1].textContent").await;
    browser.types(&format!("{}{}", key::DOWN, key::ENTER)).await;
    let expected = format!("at 10:30 🎉 {}", second.as_str().unwrap());
    browser.types(key::ENTER).await;
    bob.expects("alice", &expected).await;
    browser.types(":nosuch: :wav").await;
    browser.types(key::ESCAPE).await;
    browser.no_longer_sees("#completion").await;
    browser.begins("carol").await;
    assert_eq!(browser.evaluates("$('#text').value").await, "");
    browser.shows("#conversations .preview", "Draft: :nosuch: :wav").await;
    browser.begins("bob").await;
    assert_eq!(browser.evaluates("$('#text').value").await, ":nosuch: :wav");
    browser.reloads().await;
    browser.waits("the draft after a reload", "$('#text').value === ':nosuch: :wav'").await;
    browser.opens_tab().await;
    browser.opens(house.address()).await;
    browser.begins("bob").await;
    browser.waits("the draft in another tab", "$('#text').value === ':nosuch: :wav'").await;
    browser.clicks("#account-open").await;
    browser.shows("#logout-note", "What you have begun to write stays in this browser").await;
    browser.types(key::ESCAPE).await;
    browser.no_longer_sees("#account").await;
    browser.begins("alice").await;
    browser.shows("#talk-presence", "for yourself").await;
    browser.says("a note").await;
    browser.marks("a note", "sent").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn history_loads_on_the_way_up_and_keeps_its_place() {
    let house = House::open().await;
    let mut bob = house.person("bob").await;
    let browser = Browser::start().await;
    browser.registers(house.address(), "alice").await;
    for number in 1..=180 {
        bob.sends("alice", &format!("line {number}")).await;
    }
    browser.shows("#conversations .badge", "180").await;
    browser.clicks("#conversations button").await;
    // The first new message is in sight, not the last one.
    browser.reads("line 180").await;
    let seen = "$('.new').getBoundingClientRect().top > $('#scroller').getBoundingClientRect().top";
    browser.waits("the separator in sight", seen).await;
    browser.shows("#below", "new below").await;
    browser.clicks("#below").await;
    browser.waits("all to be read", "document.title === 'bob – chat'").await;
    browser.no_longer_sees("#below").await;
    // Afresh, only the newest page is there, and the others come one by one.
    browser.reloads().await;
    browser.reads("line 180").await;
    assert_eq!(browser.texts().await.len(), 50);
    let place = "(() => { const all = $$('.text'); window.mine = all[0]; $('#scroller').scrollTop = 0; \
                 window.top_before = mine.getBoundingClientRect().top; return 0; })()";
    browser.evaluates(place).await;
    browser.waits("the page before", "$$('.text').length === 100").await;
    let moved = browser.evaluates("Math.abs(mine.getBoundingClientRect().top - top_before)").await;
    assert!(moved.as_f64().unwrap() < 2.0, "what one was reading has moved by {moved} pixels");
    // While one reads old messages, a new one does not move them either.
    bob.sends("alice", "news").await;
    browser.shows("#below", "1 new below").await;
    for count in [150, 181] {
        browser.evaluates("$('#scroller').scrollTop = 0").await;
        browser.waits("more of the history", &format!("$$('.text').length >= {count}")).await;
    }
    let expected: Vec<_> =
        (1..=180).map(|number| format!("line {number}")).chain(["news".to_owned()]).collect();
    assert_eq!(browser.texts().await, expected);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_that_others_write_does_anything() {
    let house = House::open().await;
    let mut eve = house.person("eve").await;
    let browser = Browser::start().await;
    browser.registers(house.address(), "alice").await;
    let hostile = "<script>window.owned = 1</script><img src=x onerror='window.owned = 2'>\
                   \u{1b}[2J\u{1b}]0;owned\u{7}\u{202e}drow\u{2066}\u{200b}pay\u{ad}pal\r\nforged 👩\u{200d}👩\u{200d}👧 ❤\u{fe0f}";
    let harmless = "<script>window.owned = 1</script><img src=x onerror='window.owned = 2'>\
                    \u{fffd}[2J\u{fffd}]0;owned\u{fffd}\u{fffd}drow\u{fffd}\u{fffd}paypal\nforged 👩\u{200d}👩\u{200d}👧 ❤\u{fe0f}";
    eve.sends("alice", hostile).await;
    browser.shows("#conversations .preview", "<script>").await;
    let preview = browser.evaluates("$('#conversations .preview').textContent").await;
    assert_eq!(preview, harmless.replace('\n', " "));
    browser.clicks("#conversations button").await;
    browser.reads(harmless).await;
    eve.sends(
        "alice",
        "{{constructor}} javascript:alert(1) &lt;b&gt; \u{0301}\u{0301}\u{0301}\u{0301}\u{0301}\u{0301}",
    )
    .await;
    browser.reads("{{constructor}} javascript:alert(1) &lt;b&gt; \u{0301}\u{0301}\u{0301}\u{0301}").await;
    assert_eq!(browser.evaluates("window.owned ?? null").await, serde_json::Value::Null);
    assert_eq!(browser.evaluates("$$('#app script, #app img').length").await, 0);
    assert_eq!(browser.title().await, "eve – chat");
    let markup =
        "(() => { try { document.body.innerHTML = ''; return 'taken'; } catch { return 'refused'; } })()";
    assert_eq!(browser.evaluates(markup).await, "refused", "even the page itself could not");
    // What the browser says about that.
    assert_eq!(browser.complaints().await.len(), 1);
    assert_eq!(browser.complaints().await, [""; 0]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_nobody_looks_at_is_not_read() {
    let house = House::open().await;
    let mut bob = house.person("bob").await;
    let browser = Browser::start().await;
    browser.registers(house.address(), "alice").await;
    let mut phone = Person::logs_in(house.address(), "alice").await;
    bob.sends("alice", "one").await;
    browser.clicks("#conversations button").await;
    browser.reads("one").await;
    phone.expects("bob", "one").await;
    phone.push("receipt").await;
    let first = browser.tab().await;
    browser.opens_tab().await;
    bob.sends("alice", "two").await;
    phone.expects("bob", "two").await;
    assert_eq!(phone.opens("bob").await["unread"], 1);
    browser.closes_tab().await;
    browser.goes_to(&first).await;
    browser.reads("two").await;
    assert_eq!(phone.push("receipt").await["read"], 2);
    browser.sees(".new").await;
    assert_eq!(
        browser.evaluates("$('.new').nextElementSibling.querySelector('.text').textContent").await,
        "two"
    );
    // Nor is what comes below while one reads further up.
    let tall = "tall\n".repeat(60);
    bob.sends("alice", &tall).await;
    phone.push("receipt").await;
    browser.runs("document.getElementById('scroller').scrollTop = 0; return 0;", json!(0)).await;
    browser.shows("#below", "Newest").await;
    bob.sends("alice", "three").await;
    browser.shows("#below", "1 new below").await;
    assert_eq!(phone.opens("bob").await["unread"], 1);
    browser.clicks("#text").await;
    browser.types(&format!("{}{}", key::CONTROL, key::END)).await;
    assert_eq!(phone.push("receipt").await["read"], 4);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_long_conversation_is_a_window_in_the_page() {
    let house = House::open().await;
    let mut bob = house.person("bob").await;
    let browser = Browser::start().await;
    browser.registers(house.address(), "alice").await;
    for number in 1..=1150 {
        bob.sends("alice", &format!("line {number}")).await;
    }
    browser.clicks("#conversations button").await;
    browser.clicks("#below").await;
    browser.reads("line 1150").await;
    browser.has_focus("#text").await;
    let top = "(() => { $('#scroller').scrollTop = 0; return $('.text').textContent === 'line 1'; })()";
    browser.waits("the first line", top).await;
    let texts = browser.texts().await;
    assert_eq!((texts.len(), texts.last().unwrap().as_str()), (1000, "line 1000"), "the end was given up");
    // What comes meanwhile belongs further down.
    bob.sends("alice", "line 1151").await;
    browser.shows("#below", "1 new below").await;
    let bottom = "(() => { $('#scroller').scrollTop = 1e6; return $$('.text').at(-1).textContent === 'line 1151'; })()";
    browser.waits("the last line, page by page", bottom).await;
    let texts = browser.texts().await;
    let expected: Vec<_> = (152..=1151).map(|number| format!("line {number}")).collect();
    assert_eq!(texts, expected);
    bob.sends("alice", "line 1152").await;
    browser.reads("line 1152").await;
    browser.waits("it to be read", "document.title === 'bob – chat'").await;
}
