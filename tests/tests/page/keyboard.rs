//! Everything with the keyboard alone.

use chat_tests::browser::key;
use chat_tests::{Browser, House, PASSWORD};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_page_is_used_without_a_mouse() {
    let house = House::open().await;
    let (mut bob, mut carol) = (house.person("bob").await, house.person("carol").await);
    let browser = Browser::start().await;
    browser.opens(house.address()).await;
    browser.has_focus("#door-name").await;
    browser.types(&format!("alice{}{PASSWORD}", key::TAB)).await;
    // Past the box that shows the password and the button, to the way to a new account, and then back in.
    browser.types(&key::TAB.repeat(3)).await;
    browser.has_focus("#door-other").await;
    browser.types(key::ENTER).await;
    browser.has_focus("#door-name").await;
    browser.types(key::ENTER).await;
    browser.is_live().await;
    let control_k = format!("{}k", key::CONTROL);
    for name in ["bob", "carol"] {
        browser.types(&control_k).await;
        browser.has_focus("#find").await;
        browser.types(&format!("{name}{}", key::ENTER)).await;
        browser.shows("#talk-name", name).await;
        browser.has_focus("#text").await;
        browser.types(&format!("to {name}{}{}{}", key::SHIFT, key::ENTER, key::RELEASE)).await;
        browser.types(&format!("second line{}", key::ENTER)).await;
    }
    bob.expects("alice", "to bob\nsecond line").await;
    carol.expects("alice", "to carol\nsecond line").await;
    browser.types(&format!("{}{}", key::ALT, key::DOWN)).await;
    browser.shows("#talk-name", "bob").await;
    browser.types(&format!("{}{}", key::ALT, key::UP)).await;
    browser.shows("#talk-name", "carol").await;
    browser.types(key::F1).await;
    browser.sees("#help").await;
    browser.types(key::ESCAPE).await;
    browser.no_longer_sees("#help").await;
    browser.has_focus("#text").await;
    // From the list into a conversation.
    browser.types(&control_k).await;
    browser.types(&key::DOWN.repeat(2)).await;
    browser.types(key::ENTER).await;
    browser.shows("#talk-name", "bob").await;
    // Everything that can be pressed can be reached, has a name, and shows that it has the focus.
    let nameless = "$$('button, input, textarea').filter((one) => one.checkVisibility() && !(one.textContent.trim() \
                    || one.getAttribute('aria-label') || one.labels?.length)).map((one) => one.id)";
    assert_eq!(browser.evaluates(nameless).await, serde_json::json!([]));
    let mut reached = std::collections::BTreeSet::new();
    for _ in 0..16 {
        browser.types(key::TAB).await;
        reached.insert(browser.evaluates("document.activeElement.id").await.as_str().unwrap().to_owned());
        // The body has the focus when it has left the page for the browser's own buttons.
        let shown = "document.activeElement === document.body || getComputedStyle(document.activeElement).outlineStyle";
        assert_ne!(browser.evaluates(shown).await, "none", "{reached:?}");
    }
    // A file on its way can be cancelled, and the way to it leads past the field.
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("notes.txt");
    std::fs::write(&path, "notes").unwrap();
    browser.chooses(&[&path]).await;
    browser.shows("#tray", "ready to send").await;
    browser.has_focus("#text").await;
    assert_eq!(browser.evaluates(nameless).await, serde_json::json!([]));
    let back = format!("{}{}", key::SHIFT, key::TAB);
    browser.types(&back).await;
    browser.has_focus("#attach").await;
    browser.types(&back).await;
    browser.has_focus("#tray .cancel").await;
    browser.types(key::ENTER).await;
    browser.no_longer_sees("#tray").await;
    browser.has_focus("#text").await;
    for id in ["account-open", "help-open", "find", "scroller", "attach", "text", "send"] {
        assert!(reached.contains(id), "{id} is not among {reached:?}");
    }
}
