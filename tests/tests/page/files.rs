//! Files that are chosen, dropped and pasted, and what others see of them.

use chat_tests::browser::key;
use chat_tests::disk::bytes;
use chat_tests::{Browser, Courier, House, Person};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};

/// 8 by 6 pixels of one colour.
pub const PNG: [u8; 74] = [
    0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0x00, 0x00, 0x00, 0x0d, 0x49, 0x48, 0x44, 0x52, 0x00,
    0x00, 0x00, 0x08, 0x00, 0x00, 0x00, 0x06, 0x08, 0x02, 0x00, 0x00, 0x00, 0x71, 0x67, 0x48, 0xac, 0x00,
    0x00, 0x00, 0x11, 0x49, 0x44, 0x41, 0x54, 0x78, 0xda, 0x63, 0xe0, 0x2f, 0xcb, 0xc3, 0x8a, 0x18, 0x06,
    0x52, 0x02, 0x00, 0x48, 0xb9, 0x2d, 0x91, 0xa8, 0x46, 0x42, 0xbf, 0x00, 0x00, 0x00, 0x00, 0x49, 0x45,
    0x4e, 0x44, 0xae, 0x42, 0x60, 0x82,
];

/// A file on the disk, to be chosen.
pub fn write(folder: &Path, name: &str, content: &[u8]) -> PathBuf {
    let path = folder.join(name);
    std::fs::write(&path, content).unwrap();
    path
}

/// What the tray says of its files, from the top down.
pub async fn tray(browser: &Browser) -> Value {
    browser.evaluates("$$('#tray .upload').map((one) => one.querySelector('.file-name').textContent)").await
}

/// Sends a file as somebody who has it already; its id.
pub async fn sends_file(house: &House, person: &mut Person, to: &str, name: &str, content: &[u8]) -> String {
    let file = Courier::new(house.address(), &person.token).uploads(name, content).await;
    let send = json!({"type": "send", "to": to, "client_id": file["id"], "file": file["id"]});
    assert_eq!(person.asks(send).await["type"], "ack");
    file["id"].as_str().unwrap().to_owned()
}

/// Puts files made in the page under the hand of whoever drags or pastes: `data`.
const CARRY: &str = "const data = new DataTransfer();
    for (const [name, type, content] of input.files ?? []) data.items.add(new File([new Uint8Array(content)], name, { type }));
    for (const [type, text] of input.texts ?? []) data.items.add(text, type);
    const happens = (type, at, more = {}) => !document.querySelector(at).dispatchEvent(
      new DragEvent(type, { dataTransfer: data, bubbles: true, cancelable: true, ...more }));
    const pastes = (at) => !document.querySelector(at).dispatchEvent(
      new ClipboardEvent('paste', { clipboardData: data, bubbles: true, cancelable: true }));";

async fn carries(browser: &Browser, input: Value, act: &str) -> Value {
    browser.runs(&format!("{CARRY} {act}"), input).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn files_are_chosen_and_go_with_a_text() {
    let house = House::with(|config| config.limits.file_bytes_max = 300_000).await;
    let mut bob = house.person("bob").await;
    let bobs = Courier::new(house.address(), &bob.token);
    let folder = tempfile::tempdir().unwrap();
    let content = bytes(200_000);
    let (first, second) =
        (write(folder.path(), "first.bin", &content), write(folder.path(), "second.txt", b"two\n"));
    let (large, empty) =
        (write(folder.path(), "large.iso", &bytes(300_001)), write(folder.path(), "empty", b""));
    let browser = Browser::start().await;
    browser.registers(house.address(), "alice").await;
    browser.begins("bob").await;
    browser.clicks("#attach").await;
    browser.chooses(&[&first]).await;
    browser.shows("#tray", "first.bin").await;
    browser.shows("#tray", "195 KiB, ready to send").await;
    browser.shows("#tray-news", "first.bin: uploaded").await;
    browser.has_focus("#text").await;
    // Nothing has gone out yet; it does with the text.
    browser.says("look at this").await;
    browser.marks("look at this", "sent").await;
    browser.no_longer_sees("#tray").await;
    let entry = bob.expects("alice", "look at this").await;
    assert_eq!((&entry["file"]["name"], &entry["file"]["size"]), (&json!("first.bin"), &json!(200_000)));
    assert!(bobs.gets(entry["file"]["id"].as_str().unwrap(), &[]).await.bytes == content);
    browser.shows("#conversations .preview", "You: look at this").await;
    browser.shows(".message.sent .file", "195 KiB, file").await;
    let (name, got) = browser.downloads(".message .file").await;
    assert_eq!((name.as_str(), got == content), ("first.bin", true));
    // Several at once, with nothing to say, in their order; one that is too large is told before a byte of it goes.
    browser.chooses(&[&second, &large, &empty]).await;
    browser.shows("#composer-error", "large.iso has 300,001 bytes, and a file is at most 293 KiB here").await;
    browser.waits("two to be ready", "$$('#tray .upload.whole').length === 2").await;
    browser.types(key::ENTER).await;
    for (name, size) in [("second.txt", 4), ("empty", 0)] {
        let entry = bob.expects("alice", "").await;
        assert_eq!((&entry["file"]["name"], &entry["file"]["size"]), (&json!(name), &json!(size)));
    }
    browser.waits("all to be sent", "$$('.message.sent').length === 3 && !$('.message.queued')").await;
    browser.shows("#conversations .preview", "You: 📎 empty").await;
    assert_eq!(tray(&browser).await, json!([]));
    let kept = "Object.keys(localStorage).filter((key) => /outbox|upload/.test(key))";
    assert_eq!(browser.evaluates(kept).await, json!([]));
    // The other side, and after a reload: the same.
    browser.reloads().await;
    browser.waits("the messages", "$$('.message.sent .file[href]').length === 3").await;
    assert_eq!(browser.texts().await, ["look at this", "", ""]);
    assert_eq!(browser.complaints().await, [""; 0]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn files_are_dropped_and_pasted() {
    let house = House::open().await;
    let mut bob = house.person("bob").await;
    let browser = Browser::start().await;
    browser.registers(house.address(), "alice").await;
    // Where nobody is talked to, a file that is dropped does not take the page away.
    let files = json!({"files": [["a.png", "image/png", PNG.to_vec()], ["b.txt", "text/plain", [104, 105]]]});
    let dropped = carries(&browser, files.clone(), "return happens('drop', '#find');").await;
    assert_eq!(dropped, true);
    browser.begins("bob").await;
    let texts = json!({"texts": [["text/plain", "a text"]]});
    assert_eq!(carries(&browser, texts.clone(), "return happens('dragover', '#scroller');").await, false);
    browser.no_longer_sees("#drop").await;
    carries(&browser, files.clone(), "return happens('dragenter', '#scroller');").await;
    browser.shows("#drop", "Drop to send to bob").await;
    carries(
        &browser,
        files.clone(),
        "return happens('dragleave', '#scroller', { relatedTarget: document.body });",
    )
    .await;
    browser.no_longer_sees("#drop").await;
    carries(&browser, files, "happens('dragenter', '#scroller'); return happens('drop', '#scroller');").await;
    browser.no_longer_sees("#drop").await;
    browser.waits("both to be ready", "$$('#tray .upload.whole').length === 2").await;
    assert_eq!(tray(&browser).await, json!(["a.png", "b.txt"]));
    // A picture is pasted; what is copied from a table is not one, though it brings one along.
    let picture = json!({"files": [["image.png", "image/png", PNG.to_vec()]]});
    assert_eq!(carries(&browser, picture.clone(), "return pastes('#text');").await, true);
    browser.waits("the pasted one", "$$('#tray .upload.whole').length === 3").await;
    let mut table = picture.clone();
    table["texts"] = json!([["text/plain", "1\t2"], ["text/html", "<table>"]]);
    assert_eq!(carries(&browser, table, "return pastes('#text');").await, false);
    assert_eq!(carries(&browser, texts, "return pastes('#text');").await, false);
    assert_eq!(carries(&browser, picture, "return pastes('#find');").await, false);
    browser.clicks("#send").await;
    for name in ["a.png", "b.txt"] {
        assert_eq!(bob.expects("alice", "").await["file"]["name"], name);
    }
    let name = bob.expects("alice", "").await["file"]["name"].as_str().unwrap().to_owned();
    assert!(name.starts_with("picture 20") && name.ends_with(".png"), "{name}");
    browser.waits("two pictures", "$$('.picture.shown img').length === 2").await;
    browser.waits("one text", "$$('.message.sent .file').length === 3").await;
    assert_eq!(browser.complaints().await, [""; 0]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn only_pictures_are_shown_and_nothing_runs() {
    let house = House::open().await;
    let mut eve = house.person("eve").await;
    let browser = Browser::start().await;
    browser.registers(house.address(), "alice").await;
    let script = "<script>parent.owned = 1</script>";
    let svg = format!(
        "<svg xmlns='http://www.w3.org/2000/svg' width='9' height='9'><script>owned = 1</script>{script}</svg>"
    );
    let html = format!("<!doctype html>{script}");
    let mut bomb = PNG;
    bomb[16..24].copy_from_slice(&[0, 0, 0xea, 0x60, 0, 0, 0xea, 0x60]);
    let polyglot = format!("GIF89a/*\0\0\0\0*/=1;owned=1;/*{script}");
    let hostile = [
        ("drawing.svg", svg.as_bytes()),
        ("drawing.png", svg.as_bytes()),
        ("page.html", html.as_bytes()),
        ("page.png", html.as_bytes()),
        ("page.jpg", html.as_bytes()),
        ("polyglot.gif", polyglot.as_bytes()),
        ("bomb.png", &bomb),
        ("broken.png", &PNG[..40]),
        ("empty.webp", b""),
    ];
    for (name, content) in hostile {
        sends_file(&house, &mut eve, "alice", name, content).await;
    }
    sends_file(&house, &mut eve, "alice", "picture.png", &PNG).await;
    browser.shows("#conversations .preview", "📎 picture.png").await;
    browser.clicks("#conversations button").await;
    browser.waits("all of them", "$$('.message .file[href]').length === 10").await;
    // In sight or not: each is looked at once somebody comes to it.
    let looked = "(() => { for (const one of $$('.picture:not(.shown)')) one.scrollIntoView(); \
                  return $$('.picture').length === 1 && $('.picture.shown'); })()";
    browser.waits("one picture, and nothing else", looked).await;
    let shown = "$('.picture').closest('.message').querySelector('.file-name').textContent";
    assert_eq!(browser.evaluates(shown).await, "picture.png");
    assert_eq!(browser.evaluates("$('.picture img').naturalWidth").await, 8);
    assert_eq!(browser.evaluates("window.owned ?? null").await, Value::Null);
    assert_eq!(
        browser.evaluates("$$('#app svg script, #app object, #app embed, #app iframe').length").await,
        0
    );
    // A picture opens large, and a click beside it closes it.
    browser.clicks(".picture").await;
    browser.shows("#viewer-name", "picture.png").await;
    let (name, got) = browser.downloads("#viewer-download").await;
    assert_eq!((name.as_str(), got.as_slice()), ("picture.png", PNG.as_slice()));
    browser.types(key::ESCAPE).await;
    browser.no_longer_sees("#viewer").await;
    browser.has_focus(".picture").await;
    // What is got is what was sent, whatever it is, and it is not opened.
    let (name, got) = browser.downloads(".message:has([title=\"page.html\"]) .file").await;
    assert_eq!((name.as_str(), got.as_slice()), ("page.html", html.as_bytes()));
    browser.is_live().await;
    assert_eq!(browser.complaints().await, [""; 0]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_name_does_anything() {
    let house = House::open().await;
    let mut eve = house.person("eve").await;
    let browser = Browser::start().await;
    browser.has_screen((360, 640), "dark").await;
    browser.registers(house.address(), "alice").await;
    let long = format!("{}.txt", "w".repeat(251));
    let names = [
        ("..%2F..%2Fetc%2Fpasswd", "../../etc/passwd"),
        ("photo%E2%80%AEgnp.exe", "photo\u{fffd}gnp.exe"),
        ("%3Cimg%20src=x%20onerror=owned=1%3E.png", "<img src=x onerror=owned=1>.png"),
        ("%D7%A9%D7%9C%D7%95%D7%9D.pdf", "שלום.pdf"),
        (long.as_str(), long.as_str()),
    ];
    for (name, _) in names {
        sends_file(&house, &mut eve, "alice", name, b"x").await;
    }
    browser.clicks("#conversations button").await;
    browser.waits("all of them", "$$('.message .file[href]').length === 5").await;
    let shown = browser.evaluates("$$('.file-name').map((one) => one.textContent)").await;
    assert_eq!(shown, json!(names.map(|(_, shown)| shown)));
    assert_eq!(browser.evaluates("$$('.file-name').map((one) => one.title)").await, shown);
    assert_eq!(browser.evaluates("window.owned ?? null").await, Value::Null);
    // Each ending is in sight, behind its name.
    let ends = "$$('.file-name').map((one) => { \
                const [stem, ending] = [...one.children].map((part) => part.getBoundingClientRect()); \
                return stem.width > 0 && ending.left >= stem.right - 1 && ending.right <= innerWidth; })";
    assert_eq!(browser.evaluates(ends).await, json!(vec![true; 5]));
    assert_eq!(browser.complaints().await, [""; 0]);
}
