//! Files as the client library moves them, over lines that break, hang and change bits.

mod mover;

use chat_client::files::{Destination, DownloadRequest, TransferChange, TransferError};
use chat_protocol::{Attachment, ErrorCode};
use chat_tests::disk::{bytes, file, names, other_bytes};
use chat_tests::{Courier, Fault, House, Person, Proxy, RealServer, Way, in_time};
use mover::{Mover, stops, welcome};
use serde_json::{Value, json};
use std::fs;
use std::path::Path;

/// A request's head, and what else is said beside the bytes of a file.
const TALK: u64 = 16 * 1024;
/// What a server may not have read yet of a connection that broke. It is far less than what would be sent twice.
const UNREAD: u64 = 2_000_000;
const MIB: usize = 1 << 20;

/// Uploads that are still to be taken up.
fn notes(journal: &Path) -> usize {
    names(journal).iter().filter(|name| name.ends_with(".upload")).count()
}

/// Under which id the server knows the one upload that is to be taken up.
fn begun(journal: &Path) -> String {
    let note = names(journal).into_iter().find(|name| name.ends_with(".upload")).unwrap();
    let text = fs::read_to_string(journal.join(note)).unwrap();
    let line: Value = serde_json::from_str(text.lines().next_back().unwrap()).unwrap();
    line["begun"].as_str().unwrap().to_owned()
}

async fn sends(person: &mut Person, to: &str, file: &Attachment) -> Value {
    let send = json!({"type": "send", "to": to, "client_id": file.id, "file": file.id});
    let ack = person.asks(send).await;
    assert_eq!(ack["type"], "ack", "{ack}");
    ack
}

/// A file that ann has sent to bob, by hand.
async fn sent_to_bob(house: &House, ann: &mut Person, name: &str, content: &[u8]) -> Attachment {
    let file = Courier::new(house.address(), &ann.token).uploads(name, content).await;
    let file: Attachment = serde_json::from_value(file).unwrap();
    sends(ann, "bob", &file).await;
    file
}

#[tokio::test]
async fn a_file_goes_from_disk_to_disk() {
    let house = House::open().await;
    let (mut ann, mut bob) = (house.person("ann").await, house.person("bob").await);
    let folder = tempfile::tempdir().unwrap();
    for (name, content) in [("holiday 🏖.png", bytes(3_000_000)), ("empty.txt", Vec::new())] {
        let mut anns = Mover::new(house.address(), &ann);
        anns.uploads(&file(&folder, name, &content));
        let (_, sent, _) = anns.uploaded().await;
        sends(&mut ann, "bob", &sent).await;
        let entry = bob.expects("ann", "").await;
        assert_eq!(entry["file"], serde_json::to_value(&sent).unwrap(), "it is known as the server knows it");
        let mut bobs = Mover::new(house.address(), &bob);
        let target = tempfile::tempdir().unwrap();
        bobs.downloads(&sent, target.path());
        let path = bobs.saved().await;
        assert_eq!(path, target.path().join(name));
        assert!(fs::read(&path).unwrap() == content);
        assert_eq!(names(target.path()), [name]);
    }
}

#[tokio::test]
async fn an_upload_goes_on_after_each_break_and_sends_nothing_twice() {
    let house = House::open().await;
    let ann = house.person("ann").await;
    let (folder, content) = (tempfile::tempdir().unwrap(), bytes(5 * MIB));
    let line = Proxy::to(house.address()).await;
    line.plans(Way::Up, 1_000_000, Fault::Cut);
    line.plans(Way::Up, 2_500_000, Fault::Cut);
    let mut anns = Mover::new(line.address(), &ann);
    anns.uploads(&file(&folder, "x.bin", &content));
    let (_, sent, _) = anns.uploaded().await;
    assert_eq!(line.faults_left(), 0);
    let carried = line.carried(Way::Up);
    assert!(carried < (5 * MIB) as u64 + UNREAD, "{carried} bytes were carried");
    let got = Courier::new(house.address(), &ann.token).gets(&sent.id.to_string(), &[]).await;
    assert!(got.bytes == content);
}

#[tokio::test]
async fn a_download_goes_on_after_each_break_and_gets_nothing_twice() {
    let house = House::open().await;
    let (mut ann, bob) = (house.person("ann").await, house.person("bob").await);
    let content = bytes(5 * MIB);
    let sent = sent_to_bob(&house, &mut ann, "x.bin", &content).await;
    let line = Proxy::to(house.address()).await;
    line.plans(Way::Down, 100, Fault::Cut);
    line.plans(Way::Down, 1_000_000, Fault::Cut);
    line.plans(Way::Down, 2_500_000, Fault::Cut);
    let target = tempfile::tempdir().unwrap();
    let mut bobs = Mover::new(line.address(), &bob);
    bobs.downloads(&sent, target.path());
    assert!(fs::read(bobs.saved().await).unwrap() == content);
    assert_eq!(line.faults_left(), 0);
    let carried = line.carried(Way::Down);
    assert!(carried < (5 * MIB) as u64 + TALK, "{carried} bytes were carried");
}

#[tokio::test]
async fn a_changed_bit_is_an_error_and_leaves_no_file() {
    // Room for one such file only.
    let house = House::with(|config| config.limits.user_bytes_max = 4 * MIB as u64).await;
    let (mut ann, bob) = (house.person("ann").await, house.person("bob").await);
    let (folder, content) = (tempfile::tempdir().unwrap(), bytes(3 * MIB));
    let path = file(&folder, "x.bin", &content);
    let line = Proxy::to(house.address()).await;
    line.plans(Way::Up, 2_000_000, Fault::Flip);
    let mut anns = Mover::new(line.address(), &ann);
    anns.uploads(&path);
    assert_eq!(anns.failed().await, TransferError::Damaged);
    assert_eq!(line.faults_left(), 0);
    anns.uploads(&path);
    let (_, sent, _) = anns.uploaded().await;
    sends(&mut ann, "bob", &sent).await;
    let target = tempfile::tempdir().unwrap();
    line.plans(Way::Down, 2_000_000, Fault::Flip);
    let mut bobs = Mover::new(line.address(), &bob);
    bobs.downloads(&sent, target.path());
    assert_eq!(bobs.failed().await, TransferError::Damaged);
    assert_eq!(names(target.path()), Vec::<String>::new());
    bobs.downloads(&sent, target.path());
    assert!(fs::read(bobs.saved().await).unwrap() == content);
}

#[tokio::test]
async fn what_is_given_up_leaves_nothing_on_either_side() {
    let house = House::with(|config| config.limits.user_bytes_max = 4 * MIB as u64).await;
    let (mut ann, bob) = (house.person("ann").await, house.person("bob").await);
    let (folder, content) = (tempfile::tempdir().unwrap(), bytes(3 * MIB));
    let (path, journal) = (file(&folder, "x.bin", &content), folder.path().join("uploads"));
    let line = Proxy::to(house.address()).await;
    line.plans(Way::Up, 2_000_000, Fault::Hold);
    let mut anns = Mover::remembering(line.address(), &ann, &journal);
    let first = anns.uploads(&path);
    line.holds().await;
    assert_eq!(notes(&journal), 1);
    anns.transfers.cancel(first);
    assert_eq!(anns.end().await, (first, TransferChange::Cancelled));
    assert_eq!(notes(&journal), 0);
    anns.uploads(&path);
    let (_, sent, _) = anns.uploaded().await;
    sends(&mut ann, "bob", &sent).await;
    let target = tempfile::tempdir().unwrap();
    line.plans(Way::Down, 2_000_000, Fault::Hold);
    let mut bobs = Mover::new(line.address(), &bob);
    let get = bobs.downloads(&sent, target.path());
    line.holds().await;
    assert_eq!(names(target.path()).len(), 1, "what has come is hidden");
    bobs.transfers.cancel(get);
    assert_eq!(bobs.end().await, (get, TransferChange::Cancelled));
    assert_eq!(names(target.path()), Vec::<String>::new());
}

#[tokio::test]
async fn what_an_unsent_message_would_have_carried_is_given_up() {
    let house = House::with(|config| config.limits.user_bytes_max = 4 * MIB as u64).await;
    let ann = house.person("ann").await;
    let folder = tempfile::tempdir().unwrap();
    let path = file(&folder, "x.bin", &bytes(3 * MIB));
    let mut anns = Mover::new(house.address(), &ann);
    for _ in 0..2 {
        anns.uploads(&path);
        let (id, ..) = anns.uploaded().await;
        anns.transfers.unsent(id);
        in_time("the server to know", anns.transfers.idle()).await;
    }
}

#[tokio::test]
async fn the_next_process_goes_on_with_an_upload() {
    let house = House::open().await;
    let ann = house.person("ann").await;
    let (folder, content) = (tempfile::tempdir().unwrap(), bytes(5 * MIB));
    let (path, journal) = (file(&folder, "x.bin", &content), folder.path().join("uploads"));
    let line = Proxy::to(house.address()).await;
    line.plans(Way::Up, 3_000_000, Fault::Hold);
    let first = Mover::remembering(line.address(), &ann, &journal);
    first.uploads(&path);
    line.holds().await;
    // Beside a process that lives, another one takes up nothing.
    let beside = Mover::remembering(line.address(), &ann, &journal);
    in_time("nothing to do", beside.transfers.idle()).await;
    drop(beside);
    stops(first).await;
    let there =
        Courier::new(house.address(), &ann.token).offset(&format!("/api/uploads/{}", begun(&journal))).await;
    assert!(there > 3_000_000 - UNREAD, "{there} bytes had come");
    let before = line.carried(Way::Up);
    let mut second = Mover::remembering(line.address(), &ann, &journal);
    let TransferChange::Started { name, bytes_total, .. } = second.news().await else {
        panic!("not started")
    };
    assert_eq!((name.as_str(), bytes_total), ("x.bin", 5 * MIB as u64));
    let (_, sent, client_id) = second.uploaded().await;
    let carried = line.carried(Way::Up) - before;
    assert!(carried < (5 * MIB) as u64 - there + TALK, "{carried} bytes were carried");
    let got = Courier::new(house.address(), &ann.token).gets(&sent.id.to_string(), &[]).await;
    assert!(got.bytes == content);
    // It ends before the outbox has the message: the third one tells the same again, without a byte on the line.
    stops(second).await;
    let carried = line.carried(Way::Up);
    let mut third = Mover::remembering(line.address(), &ann, &journal);
    let (id, again, same_id) = third.uploaded().await;
    assert_eq!((again, same_id), (sent, client_id));
    assert_eq!(line.carried(Way::Up), carried);
    third.transfers.sent(id);
    assert_eq!(notes(&journal), 0);
}

#[tokio::test]
async fn the_server_may_be_killed_in_the_middle() {
    let mut server = RealServer::start(&["--max-file-size", "64MiB"]).await;
    let (mut ann, bob) =
        (Person::registers(server.address(), "ann").await, Person::registers(server.address(), "bob").await);
    let (folder, content) = (tempfile::tempdir().unwrap(), bytes(20 * MIB));
    let line = Proxy::to(server.address()).await;
    line.plans(Way::Up, 10 * MIB as u64, Fault::Hold);
    let mut anns = Mover::new(line.address(), &ann);
    anns.transfers.handle_welcome(&welcome(64 << 20));
    anns.uploads(&file(&folder, "x.bin", &content));
    line.holds().await;
    server.crashes_and_restarts().await;
    let (_, sent, _) = anns.uploaded().await;
    ann = ann.again(server.address()).await;
    sends(&mut ann, "bob", &sent).await;
    line.plans(Way::Down, 10 * MIB as u64, Fault::Hold);
    let target = tempfile::tempdir().unwrap();
    let mut bobs = Mover::new(line.address(), &bob);
    bobs.downloads(&sent, target.path());
    line.holds().await;
    server.crashes_and_restarts().await;
    line.lets_go();
    assert!(fs::read(bobs.saved().await).unwrap() == content);
}

#[tokio::test]
async fn an_upload_waits_for_the_next_login() {
    let house = House::open().await;
    let ann = house.person("ann").await;
    let folder = tempfile::tempdir().unwrap();
    let journal = folder.path().join("uploads");
    let mut nobody = house.person("nobody").await;
    nobody.token = "not a token".to_owned();
    let mut logged_out = Mover::remembering(house.address(), &nobody, &journal);
    logged_out.uploads(&file(&folder, "x.bin", b"content"));
    assert_eq!(logged_out.failed().await, TransferError::LoggedOut);
    stops(logged_out).await;
    let mut anns = Mover::remembering(house.address(), &ann, &journal);
    assert_eq!(anns.uploaded().await.1.name, "x.bin");
}

#[tokio::test]
async fn a_file_that_changes_meanwhile_is_not_sent() {
    let house = House::open().await;
    let ann = house.person("ann").await;
    let folder = tempfile::tempdir().unwrap();
    let path = file(&folder, "x.bin", &bytes(3 * MIB));
    let line = Proxy::to(house.address()).await;
    line.plans(Way::Up, 2_000_000, Fault::Hold);
    let journal = folder.path().join("uploads");
    let first = Mover::remembering(line.address(), &ann, &journal);
    first.uploads(&path);
    line.holds().await;
    stops(first).await;
    fs::write(&path, other_bytes(3 * MIB + 1, 1)).unwrap();
    let mut second = Mover::remembering(line.address(), &ann, &journal);
    assert_eq!(second.failed().await, TransferError::Changed(path));
    assert_eq!(notes(&journal), 0);
}

#[tokio::test]
async fn what_cannot_be_sent_is_refused_before_a_byte_is() {
    let house = House::open().await;
    let ann = house.person("ann").await;
    let folder = tempfile::tempdir().unwrap();
    let line = Proxy::to(house.address()).await;
    let mut anns = Mover::new(line.address(), &ann);
    anns.uploads(&file(&folder, "large", &bytes(8 * MIB + 1)));
    assert!(matches!(anns.failed().await, TransferError::TooLarge { .. }));
    anns.uploads(folder.path());
    assert!(matches!(anns.failed().await, TransferError::NotAFile(_)));
    anns.uploads(&folder.path().join("nowhere"));
    assert!(matches!(anns.failed().await, TransferError::Unreadable { .. }));
    assert_eq!(line.carried(Way::Up), 0);
    // What the server finds too large is its word, should the client not know.
    anns.transfers.handle_welcome(&welcome(u64::MAX));
    anns.uploads(&folder.path().join("large"));
    let refused = anns.failed().await;
    assert!(matches!(refused, TransferError::Refused { code: ErrorCode::FileTooLarge, .. }), "{refused:?}");
}

#[tokio::test]
async fn hostile_names_stay_in_the_folder_and_overwrite_nothing() {
    let house = House::open().await;
    let (mut ann, bob) = (house.person("ann").await, house.person("bob").await);
    let around = tempfile::tempdir().unwrap();
    let target = around.path().join("a/b");
    fs::create_dir_all(&target).unwrap();
    fs::write(target.join("taken.txt"), "mine").unwrap();
    #[cfg(unix)]
    std::os::unix::fs::symlink(around.path().join("aim"), target.join("link.txt")).unwrap();
    let mut bobs = Mover::new(house.address(), &bob);
    let names_of_others = [
        "..%2f..%2f..%2fescape.txt",
        "%2fetc%2fpasswd",
        "..",
        "C:%5cwindows%5cx.exe",
        ".bashrc",
        "-rf",
        "gpj.%e2%80%aeexe",
        "con.txt",
        "taken.txt",
        "link.txt",
        &"x".repeat(4000),
    ];
    for (number, name) in names_of_others.iter().enumerate() {
        let content = format!("content {number}");
        let sent = sent_to_bob(&house, &mut ann, name, content.as_bytes()).await;
        bobs.downloads(&sent, &target);
        let path = bobs.saved().await;
        assert_eq!(path.parent(), Some(target.as_path()), "{name}");
        assert_eq!(fs::read_to_string(&path).unwrap(), content, "{name}");
        assert!(!fs::symlink_metadata(&path).unwrap().is_symlink(), "{name}");
    }
    assert_eq!(names(around.path()), ["a"]);
    assert_eq!(names(&around.path().join("a")), ["b"]);
    let saved = names(&target);
    for name in [
        "bashrc",
        "escape.txt",
        "file",
        "gpj._exe",
        "link (2).txt",
        "passwd",
        "rf",
        "taken (2).txt",
        "x.exe",
        "_con.txt",
    ] {
        assert!(saved.iter().any(|saved| saved == name), "{name} in {saved:?}");
    }
    assert_eq!(fs::read_to_string(target.join("taken.txt")).unwrap(), "mine");
    let taken = Destination::File(target.join("taken.txt"));
    let attachment = sent_to_bob(&house, &mut ann, "y", b"y").await;
    bobs.transfers.download(DownloadRequest { attachment, to: taken });
    assert!(matches!(bobs.failed().await, TransferError::Exists(_)));
}

#[tokio::test]
async fn what_one_may_not_see_cannot_be_saved() {
    let house = House::open().await;
    let (ann, eve) = (house.person("ann").await, house.person("eve").await);
    let file = Courier::new(house.address(), &ann.token).uploads("x", b"secret").await;
    let target = tempfile::tempdir().unwrap();
    let mut eves = Mover::new(house.address(), &eve);
    eves.downloads(&serde_json::from_value(file).unwrap(), target.path());
    assert_eq!(eves.failed().await, TransferError::Gone);
    assert_eq!(names(target.path()), Vec::<String>::new());
}

#[tokio::test]
async fn twenty_files_go_at_once() {
    let house = House::open().await;
    let (mut ann, bob) = (house.person("ann").await, house.person("bob").await);
    let (folder, target) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let mut anns = Mover::new(house.address(), &ann);
    let contents: Vec<_> = (0..20).map(|number| other_bytes(100_000 + number, number)).collect();
    for (number, content) in contents.iter().enumerate() {
        anns.uploads(&file(&folder, &format!("{number}.bin"), content));
    }
    let mut sent = Vec::new();
    for _ in 0..20 {
        sent.push(anns.uploaded().await.1);
    }
    let mut bobs = Mover::new(house.address(), &bob);
    for file in &sent {
        sends(&mut ann, "bob", file).await;
        bobs.downloads(file, target.path());
    }
    for _ in 0..20 {
        bobs.saved().await;
    }
    assert_eq!(names(target.path()).len(), 20);
    for (number, content) in contents.iter().enumerate() {
        assert!(fs::read(target.path().join(format!("{number}.bin"))).unwrap() == *content, "{number}");
    }
}
