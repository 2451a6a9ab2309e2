//! Files in the terminal: completed, sent, cancelled, taken up again, dropped, listed, saved, shown.

use crate::{CONTROL_Q, ENTER, home, opens, registers, starts};
use chat_tests::disk::{bytes, names, typed_file};
use chat_tests::{Courier, Fault, House, Person, Proxy, RealServer, Tty, Way};
use serde_json::json;
use std::fs;
use std::net::SocketAddr;
use tempfile::TempDir;

const TAB: &str = "\t";
const ESCAPE: &str = "\x1b";
const CONTROL_C: &str = "\x03";
const MIB: usize = 1 << 20;
/// What some terminal has to say of itself: it knows kitty's pictures and sixels, and its characters are 10 x 20 points.
const ANSWERS: &str = "\x1b_Gi=31;OK\x1b\\\x1b[?62;4c\x1b[6;20;10t\x1b[0n";

fn pasted(text: &str) -> String {
    format!("\x1b[200~{text}\x1b[201~")
}

/// Somebody who talks with bob, in a terminal.
async fn talks(house: &House, home: &TempDir) -> (Tty, Person) {
    talks_over(house.address(), house, home).await
}

/// The same over a line of theirs.
async fn talks_over(line: SocketAddr, house: &House, home: &TempDir) -> (Tty, Person) {
    let bob = house.person("bob").await;
    let mut alice = registers(line, "alice", home, (80, 24));
    alice.types(&format!("/msg bob{ENTER}"));
    alice.shows("bob  ● online");
    (alice, bob)
}

/// Sends a file from outside of the terminal.
async fn sends_file(server: SocketAddr, person: &mut Person, to: &str, name: &str, content: &[u8]) {
    let file = Courier::new(server, &person.token).uploads(name, content).await;
    let client_id = format!("file-{}", file["id"].as_str().unwrap());
    let request = json!({"type": "send", "to": to, "client_id": client_id, "file": file["id"]});
    let ack = person.asks(request).await;
    assert_eq!(ack["type"], "ack", "{ack}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_path_is_completed_and_its_file_is_delivered() {
    let house = House::open().await;
    let (home, folder) = (home(), home());
    fs::create_dir(folder.path().join("my pictures")).unwrap();
    typed_file(&folder, "my pictures/a photo.png", &bytes(3000));
    typed_file(&folder, ".hidden", b"");
    typed_file(&folder, "other.txt", b"");
    let (mut alice, mut bob) = talks(&house, &home).await;
    alice.types(&format!("/send {}/", folder.path().display()));
    alice.shows("my pictures/");
    alice.shows("other.txt");
    assert!(!alice.screen().contents().contains(".hidden"));
    alice.types(&format!("my{TAB}"));
    alice.shows("a photo.png");
    alice.types(TAB);
    alice.shows(r"a\ photo.png");
    alice.types(&format!("look :tada:{ENTER}"));
    alice.shows("✓ 📎 a photo.png · 2.9 KiB · image/png [1]");
    let entry = bob.expects("alice", "look 🎉").await;
    assert_eq!((&entry["file"]["name"], &entry["file"]["size"]), (&json!("a photo.png"), &json!(3000)));
    alice.types(&format!("/send {}/other.txt{ENTER}", folder.path().display()));
    alice.shows("✓ 📎 other.txt · 0 B");
    for (wrong, why) in [("/nosuch/x", "cannot be read"), ("/", "is not a file")] {
        alice.types(&format!("/send {wrong}{ENTER}"));
        alice.shows(why);
        alice.types(CONTROL_C);
    }
    assert!(!alice.has_shown("\x1b[5n"), "the terminal is not asked anything that nobody wants to know");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_on_its_way_shows_how_far_it_is_and_can_be_cancelled() {
    let house = House::open().await;
    let (home, folder) = (home(), home());
    let path = typed_file(&folder, "large.bin", &bytes(4 * MIB));
    let line = Proxy::to(house.address()).await;
    let (mut alice, mut bob) = talks_over(line.address(), &house, &home).await;
    line.plans(Way::Up, 2 * MIB as u64, Fault::Hold);
    alice.types(&format!("/send {path}{ENTER}"));
    line.holds().await;
    alice.shows("↑ #1 large.bin ━");
    alice.shows("/4.0 MiB");
    alice.shows("◌ 📎 large.bin · 4.0 MiB");
    alice.types(&format!("/cancel #1{ENTER}"));
    alice.shows("#1 was cancelled: large.bin");
    alice.no_longer_shows("📎");
    alice.types(&format!("small talk{ENTER}"));
    bob.expects("alice", "small talk").await;
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_upload_outlives_a_lost_connection_and_a_crash_of_the_client() {
    let house = House::open().await;
    let (home, folder) = (home(), home());
    let path = typed_file(&folder, "large.bin", &bytes(4 * MIB));
    let line = Proxy::to(house.address()).await;
    let (mut alice, mut bob) = talks_over(line.address(), &house, &home).await;
    line.plans(Way::Up, MIB as u64, Fault::Cut);
    line.plans(Way::Up, 2 * MIB as u64, Fault::Hold);
    alice.types(&format!("/send {path} the whole of it{ENTER}"));
    line.holds().await;
    assert_eq!(line.faults_left(), 0, "the connection was lost before");
    alice.shows("↑ #1 large.bin ━");
    alice.signal("KILL");
    alice.ends();
    let alice = opens(line.address(), "alice", &home, (80, 24));
    alice.shows("✓ 📎 large.bin · 4.0 MiB");
    let entry = bob.expects("alice", "the whole of it").await;
    assert_eq!(entry["file"]["size"], 4 * MIB);
    assert_eq!(bob.reads_all("alice").await.len(), 1, "it is sent once");
    drop(alice);
    let alice = opens(line.address(), "alice", &home, (80, 24));
    alice.shows("✓ 📎 large.bin");
    assert_eq!(bob.reads_all("alice").await.len(), 1, "nothing is left to be taken up");
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_upload_whose_file_was_changed_while_the_client_was_gone_is_sent_again_when_asked() {
    let house = House::open().await;
    let (home, folder) = (home(), home());
    let path = typed_file(&folder, "large.bin", &bytes(4 * MIB));
    let line = Proxy::to(house.address()).await;
    let (mut alice, mut bob) = talks_over(line.address(), &house, &home).await;
    alice.types(&format!("hi{ENTER}"));
    bob.expects("alice", "hi").await;
    alice.shows("✓ hi");
    line.plans(Way::Up, MIB as u64, Fault::Hold);
    alice.types(&format!("/send {path} the whole of it{ENTER}"));
    line.holds().await;
    alice.signal("KILL");
    alice.ends();
    fs::write(&path, b"another").unwrap();
    let mut alice = opens(line.address(), "alice", &home, (80, 24));
    alice.shows("not sent: ");
    alice.types(&format!("/retry{ENTER}"));
    alice.shows("✓ 📎 large.bin · 7 B");
    let entry = bob.expects("alice", "the whole of it").await;
    assert_eq!(entry["file"]["size"], 7);
    assert_eq!(bob.reads_all("alice").await.len(), 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_a_server_an_upload_waits_and_says_why() {
    let mut server = RealServer::start(&[]).await;
    let (home, folder) = (home(), home());
    let path = typed_file(&folder, "note.txt", b"hello");
    let mut alice = registers(server.address(), "alice", &home, (80, 24));
    alice.types(&format!("/msg alice{ENTER}"));
    alice.shows("for yourself");
    server.stops().await;
    alice.shows("✗ offline");
    alice.types(&format!("/send {path}{ENTER}"));
    alice.shows("↑ #1 note.txt waits: ");
    alice.shows("◌ 📎 note.txt · 5 B · waits");
    server.crashes_and_restarts().await;
    alice.shows("✓ 📎 note.txt · 5 B");
    alice.no_longer_shows("↑ #1");
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_dropped_on_the_terminal_is_offered_and_sent_only_by_enter() {
    let house = House::open().await;
    let (home, folder) = (home(), home());
    let (one, two) = (typed_file(&folder, "one of us.txt", b"1"), typed_file(&folder, "two.txt", b"2"));
    let (mut alice, mut bob) = talks(&house, &home).await;
    alice.types(&pasted(&format!("'{one}' ")));
    alice.shows("Send this file to bob?");
    alice.types(ESCAPE);
    alice.no_longer_shows("Send this file");
    alice.shows("one of us.txt'");
    alice.types(CONTROL_C);
    alice.types(&pasted("/nosuch/file.txt"));
    alice.shows("> /nosuch/file.txt");
    alice.types(CONTROL_C);
    alice.types("/send ");
    alice.types(&pasted(&format!("'{one}' '{two}' ")));
    alice.shows("Send these 2 files to bob?");
    alice.types(ESCAPE);
    alice.no_longer_shows("Send these");
    alice.types(CONTROL_C);
    alice.types("draft");
    let address = format!("file://{}", one.replace(' ', "%20"));
    alice.types(&pasted(&format!("{address}\r\nfile://{two}\r\n")));
    alice.shows("Send these 2 files to bob?");
    assert!(!alice.screen().contents().contains("📎"), "nothing is sent without a yes");
    alice.types(ENTER);
    alice.shows("📎 one of us.txt · 1 B");
    alice.shows("📎 two.txt · 1 B");
    alice.shows("> draft");
    let mut sent = Vec::new();
    for _ in 0..2 {
        sent.push(bob.push("entry").await["file"]["name"].as_str().unwrap().to_owned());
    }
    sent.sort();
    assert_eq!(sent, ["one of us.txt", "two.txt"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_is_listed_and_saved_where_the_user_says_and_never_over_another() {
    let house = House::open().await;
    let (home, downloads) = (home(), home());
    let content = bytes(2 * MIB);
    let (alice, mut bob) = talks(&house, &home).await;
    sends_file(house.address(), &mut bob, "alice", "..%2F..%2Fevil.bin", &content).await;
    sends_file(house.address(), &mut bob, "alice", "note.txt", b"hello").await;
    alice.shows("📎 note.txt · 5 B · text/plain [2]");
    drop(alice);
    let folder = downloads.path().to_str().unwrap();
    let mut alice = starts(house.address(), "alice", &home, &["--downloads", folder], (80, 24));
    alice.shows("note.txt");
    alice.types(&format!("/save{ENTER}"));
    alice.shows("saved as ");
    alice.types(&format!("/files{ENTER}"));
    alice.shows("Files: Enter saves");
    alice.shows("2 files");
    // The one below the newest, after a look at it.
    alice.types(&format!("\x1b[B{ENTER}"));
    alice.no_longer_shows("Files: Enter saves");
    // Until it is whole, a file has a hidden name.
    alice.waits("two files that were saved", |_| names(downloads.path()) == ["evil.bin", "note.txt"]);
    assert_eq!(fs::read(downloads.path().join("evil.bin")).unwrap(), content);
    alice.types(&format!("/save note{ENTER}"));
    alice.shows("note (2).txt");
    alice.types(&format!("/save 2 note.txt{ENTER}"));
    alice.shows("exists already");
    alice.types(&format!("/save 2 other.txt{ENTER}"));
    alice.shows("other.txt");
    let all = ["evil.bin", "note (2).txt", "note.txt", "other.txt"];
    alice.waits("a file under a name of its own", |_| names(downloads.path()) == all);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_bit_that_changed_on_the_way_leaves_no_file() {
    let house = House::open().await;
    let (home, downloads) = (home(), home());
    let line = Proxy::to(house.address()).await;
    let mut bob = house.person("bob").await;
    drop(registers(line.address(), "alice", &home, (80, 24)));
    sends_file(house.address(), &mut bob, "alice", "large.bin", &bytes(2 * MIB)).await;
    let folder = downloads.path().to_str().unwrap();
    let mut alice = starts(line.address(), "alice", &home, &["--downloads", folder], (80, 24));
    alice.shows("📎 large.bin");
    line.plans(Way::Down, MIB as u64, Fault::Flip);
    alice.types(&format!("/save{ENTER}"));
    alice.shows("not saved: the file was damaged");
    assert_eq!(names(downloads.path()), Vec::<String>::new());
    alice.types(&format!("/save{ENTER}"));
    alice.shows("saved as");
}

/// A picture whose left half is red and whose right half is blue.
fn picture() -> Vec<u8> {
    let pixels = image::ImageBuffer::from_fn(40, 20, |x, _| {
        if x < 20 { image::Rgb([255_u8, 0, 0]) } else { image::Rgb([0, 0, 255]) }
    });
    let mut png = std::io::Cursor::new(Vec::new());
    image::DynamicImage::ImageRgb8(pixels).write_to(&mut png, image::ImageFormat::Png).unwrap();
    png.into_inner()
}

/// Whether a line has something red, and something blue behind it.
fn has_blocks(screen: &vt100::Screen) -> bool {
    let (rows, columns) = (screen.size().0.get(), screen.size().1.get());
    let find = |row, colour: vt100::Color| {
        (0..columns).find(|column| screen.cell(row, *column).is_some_and(|cell| cell.bgcolor() == colour))
    };
    let (red, blue) = (vt100::Color::Rgb(255, 0, 0), vt100::Color::Rgb(0, 0, 255));
    (0..rows).any(|row| find(row, red).zip(find(row, blue)).is_some_and(|(red, blue)| red < blue))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pictures_are_shown_when_they_are_wanted_by_a_terminal_that_says_nothing() {
    let house = House::open().await;
    let home = home();
    let (mut alice, mut bob) = talks(&house, &home).await;
    sends_file(house.address(), &mut bob, "alice", "p.png", &picture()).await;
    alice.shows("📎 p.png");
    assert!(!alice.has_shown("\x1b[5n"));
    alice.types(&format!("/view{ENTER}"));
    alice.shows("p.png: Esc closes");
    alice.waits("a picture of half blocks", has_blocks);
    alice.types(ESCAPE);
    alice.no_longer_shows("Esc closes");
    alice.waits("no picture", |screen| !has_blocks(screen));
    // The terminal's answer, much too late.
    alice.types(&format!("{ANSWERS}still here"));
    alice.shows("> still here");
    alice.types(&format!("{CONTROL_C}{CONTROL_Q}"));
    assert_eq!(alice.ends(), 0);
    let mut alice = starts(house.address(), "alice", &home, &["--images"], (40, 16));
    alice.waits("the terminal to be asked", |screen| screen.alternate_screen());
    // What is typed while it does not answer is not lost.
    alice.types("patience");
    alice.waits("a picture between the messages", has_blocks);
    alice.shows("📎 p.png");
    alice.shows("> patience");
    alice.resizes((20, 6));
    alice.waits("the picture on a small screen", has_blocks);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pictures_are_drawn_as_the_terminal_says_that_it_can() {
    let house = House::open().await;
    let home = home();
    let (alice, mut bob) = talks(&house, &home).await;
    drop(alice);
    sends_file(house.address(), &mut bob, "alice", "p.png", &picture()).await;
    for (answers, drawn) in [(ANSWERS, "\x1b_Gq=2"), ("\x1b[?62;4c\x1b[6;20;10t\x1b[0n", "\x1bP")] {
        let mut alice = starts(house.address(), "alice", &home, &["--images"], (60, 20));
        alice.writes("\x1b[5n");
        alice.types(answers);
        alice.writes(drawn);
        alice.types("fine");
        alice.shows("> fine");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_only_calls_itself_a_picture_is_told() {
    let house = House::open().await;
    let home = home();
    let (mut alice, mut bob) = talks(&house, &home).await;
    sends_file(house.address(), &mut bob, "alice", "p.png", b"<html>").await;
    alice.shows("📎 p.png");
    alice.types(&format!("/view 1{ENTER}"));
    alice.shows("It cannot be shown: it is not what it says that it is");
    alice.types(ESCAPE);
    alice.no_longer_shows("Esc closes");
    alice.types(&format!("/view 7{ENTER}"));
    alice.shows("no file here has the number 7");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_picture_that_was_damaged_on_its_way_is_not_decoded() {
    let house = House::open().await;
    let home = home();
    let line = Proxy::to(house.address()).await;
    let mut bob = house.person("bob").await;
    let mut alice = registers(line.address(), "alice", &home, (80, 24));
    // What says that it is a picture is enough to be got.
    sends_file(house.address(), &mut bob, "alice", "p.png", &bytes(MIB)).await;
    alice.shows("📎 p.png");
    line.plans(Way::Down, MIB as u64 / 2, Fault::Flip);
    alice.types(&format!("/view{ENTER}"));
    alice.shows("It cannot be shown: the file was damaged");
    assert_eq!(line.faults_left(), 0);
}
