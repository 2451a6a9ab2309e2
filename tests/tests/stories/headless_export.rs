//! A user takes all that is theirs: as a script, whatever happens meanwhile.

use crate::headless::Machine;
use chat_tests::disk::{bytes, names, other_bytes};
use chat_tests::{Courier, Fault, Halfway, House, Person, Proxy, RealServer, Way};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Output;
use tempfile::TempDir;

/// More than two pages.
const MESSAGES: u64 = 430;

/// Ann and bob, who have much to say to each other, and what ann notes for herself.
struct Talk {
    ann: Person,
    bob: Person,
    conversation: Value,
    /// How often a file was hung on a message.
    hung: u32,
}

impl Talk {
    async fn takes_place(server: SocketAddr) -> Self {
        let (mut ann, mut bob) =
            (Person::registers(server, "ann").await, Person::registers(server, "bob").await);
        let conversation = ann.opens("bob").await["conversation"].clone();
        for number in 1..=MESSAGES {
            let speaker = if number % 3 == 0 { &mut ann } else { &mut bob };
            let peer = if number % 3 == 0 { "bob" } else { "ann" };
            speaker.sends(peer, &format!("message {number}\n\u{1b}[2J é 👍")).await;
        }
        bob.does("edit", &conversation, 1, json!({"text": "another text"})).await;
        ann.does("react", &conversation, 1, json!({"emoji": "👍"})).await;
        ann.does("react", &conversation, 2, json!({"emoji": "🎉"})).await;
        ann.does("react", &conversation, 2, json!({"emoji": "🎉", "removed": true})).await;
        ann.does("delete", &conversation, 3, json!({})).await;
        let reply = json!({"type": "send", "to": "ann", "client_id": "r", "text": "yes", "reply_to": 6});
        assert_eq!(bob.asks(reply).await["type"], "ack");
        Self { ann, bob, conversation, hung: 0 }
    }

    /// Bob sends a file; gives its id.
    async fn sends_file(&mut self, server: SocketAddr, name: &str, content: &[u8]) -> String {
        let file = Courier::new(server, &self.bob.token).uploads(name, content).await["id"].clone();
        self.hangs(&file).await;
        file.as_str().unwrap().to_owned()
    }

    async fn hangs(&mut self, file: &Value) {
        self.hung += 1;
        let client_id = format!("file-{}", self.hung);
        let send = json!({"type": "send", "to": "ann", "client_id": client_id, "file": file});
        let ack = self.bob.asks(send).await;
        assert_eq!(ack["type"], "ack", "{ack}");
    }
}

/// Somebody's machine, and a place for exports.
struct Exporter {
    machine: Machine,
    token: String,
    place: TempDir,
}

impl Exporter {
    fn of(person: &Person, server: SocketAddr) -> Self {
        let machine = Machine::at(server, "ann");
        Self { machine, token: person.token.clone(), place: tempfile::tempdir().unwrap() }
    }

    fn folder(&self, name: &str) -> PathBuf {
        self.place.path().join(name)
    }

    async fn runs(&self, name: &str, more: &[&str]) -> Output {
        let folder = self.folder(name);
        let args = [&["--json", "export", "--to", folder.to_str().unwrap()], more].concat();
        self.machine.runs(&args, &[("CHAT_TOKEN", &self.token)], "").await
    }

    /// Runs it to a good end; what it says.
    async fn exports(&self, name: &str, more: &[&str]) -> Value {
        let output = self.runs(name, more).await;
        assert!(output.status.success(), "{} {}", output.status, said(&output));
        serde_json::from_slice(&output.stdout).unwrap()
    }

    /// Logs in as a device that is kept, so that a process needs no environment.
    async fn logs_in(&self) {
        let env = [("CHAT_PASSWORD", chat_tests::PASSWORD)];
        self.machine.prints(&["login"], &env, "").await;
    }

    fn begins(&self, name: &str) -> Halfway {
        let folder = self.folder(name);
        Halfway::begins("chat-tui", &self.machine.args(&["export", "--to", folder.to_str().unwrap()]))
    }

    fn log(&self, name: &str, conversation: &Value) -> PathBuf {
        let log = format!("messages/{}.jsonl", conversation.as_str().unwrap());
        self.folder(name).join(log)
    }

    fn complete(&self, name: &str) -> Value {
        serde_json::from_slice(&fs::read(self.folder(name).join("complete.json")).unwrap()).unwrap()
    }
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

fn lines(path: &Path) -> Vec<Value> {
    fs::read_to_string(path).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// All that is in a folder, but for the file that tells the time.
fn tree(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let (mut found, mut folders) = (BTreeMap::new(), vec![folder.to_owned()]);
    while let Some(next) = folders.pop() {
        for path in fs::read_dir(next).unwrap().map(|entry| entry.unwrap().path()) {
            if path.is_dir() {
                folders.push(path);
            } else if !path.ends_with("account.json") {
                found.insert(path.strip_prefix(folder).unwrap().to_owned(), fs::read(&path).unwrap());
            }
        }
    }
    found
}

fn assert_same(one: &Path, other: &Path) {
    let (one, other) = (tree(one), tree(other));
    assert_eq!(one.keys().collect::<Vec<_>>(), other.keys().collect::<Vec<_>>());
    for (path, content) in &one {
        assert!(other[path] == *content, "{} differs", path.display());
    }
}

/// What the server tells of a log, page by page.
async fn read(person: &mut Person, conversation: &Value) -> Vec<Value> {
    let (mut all, mut after) = (Vec::new(), 0);
    loop {
        let page = json!({"type": "history", "conversation": conversation, "after": after, "limit": 200});
        let page = person.asks(page).await;
        all.extend(page["entries"].as_array().unwrap().clone());
        after = all.last().map_or(0, |entry| entry["seq"].as_u64().unwrap());
        if after >= page["head"].as_u64().unwrap() {
            return all;
        }
    }
}

#[tokio::test]
async fn all_that_is_theirs_is_in_the_folder_and_nobody_is_told() {
    let server = RealServer::start(&[]).await;
    let address = server.address();
    let mut talk = Talk::takes_place(address).await;
    let (photo, again) = (bytes(700_000), bytes(10));
    let id = talk.sends_file(address, "..%2F..%2Fphoto.png", &photo).await;
    talk.hangs(&json!(id)).await;
    let other = talk.sends_file(address, "photo.png", &again).await;
    let empty = talk.sends_file(address, "empty", b"").await;
    talk.ann.sends("ann", "a note").await;
    let notes = talk.ann.opens("ann").await["conversation"].clone();
    let exporter = Exporter::of(&talk.ann, address);
    let told = exporter.exports("all", &[]).await;
    let head = MESSAGES + 6 + 4;
    let folder = exporter.folder("all");
    let expected = json!({"path": folder, "conversations": 2, "entries": head + 1, "files": 3, "bytes": 700_010, "missing": 0});
    assert_eq!(told, expected);
    assert_eq!(names(&folder), ["account.json", "complete.json", "conversations.jsonl", "files", "messages"]);
    let log = lines(&exporter.log("all", &talk.conversation));
    assert_eq!(log, read(&mut talk.ann, &talk.conversation).await);
    let kinds: Vec<_> =
        log[MESSAGES as usize..].iter().map(|entry| entry["kind"].as_str().unwrap()).collect();
    assert_eq!(kinds[..6], ["edit", "reaction", "reaction", "reaction", "deletion", "message"]);
    let raw = fs::read(exporter.log("all", &talk.conversation)).unwrap();
    assert!(!raw.contains(&0x1b), "a terminal that shows it is safe");
    assert_eq!(lines(&exporter.log("all", &notes))[0]["text"], "a note");
    let files = folder.join("files");
    assert!(fs::read(files.join(&id).join("photo.png")).unwrap() == photo, "its name is made safe");
    assert!(fs::read(files.join(&other).join("photo.png")).unwrap() == again);
    assert_eq!(fs::read(files.join(&empty).join("empty")).unwrap(), b"");
    assert_eq!(names(&files).len(), 3, "each once");
    let summaries = lines(&folder.join("conversations.jsonl"));
    assert_eq!(summaries.len(), 2);
    let summary = summaries.iter().find(|summary| summary["conversation"] == talk.conversation).unwrap();
    assert_eq!((&summary["head"], &summary["peer"]), (&json!(head), &json!({"user": "bob"})));
    let account: Value = serde_json::from_slice(&fs::read(folder.join("account.json")).unwrap()).unwrap();
    assert_eq!((&account["user"], &account["settings"]), (&json!("ann"), &json!({"read_receipts": true})));
    assert_eq!(account["devices"].as_array().unwrap().len(), 1, "{account}");
    assert!(account["at"].is_u64() && !account.to_string().contains(&talk.ann.token), "{account}");
    let heads = BTreeMap::from([(talk.conversation.as_str().unwrap(), head), (notes.as_str().unwrap(), 1)]);
    let complete = exporter.complete("all");
    assert_eq!((&complete["heads"], &complete["missing"]), (&json!(heads), &json!([])));
    let marks = talk.bob.opens("ann").await["peer_marks"].clone();
    assert_eq!(marks, json!({"delivered": 0, "read": 0}), "to export is not to read");
    assert_eq!(talk.ann.opens("bob").await["read"], 0);
    let again = exporter.runs("all", &[]).await;
    assert_eq!(again.status.code(), Some(2), "{}", said(&again));
    assert!(said(&again).contains("complete"), "{}", said(&again));
    exporter.exports("without", &["--no-files"]).await;
    assert_eq!(names(&exporter.folder("without").join("files")), [""; 0]);
    assert_eq!(exporter.complete("without")["without_files"], true);
}

#[cfg(unix)]
#[tokio::test]
async fn all_of_it_is_for_its_owner_only() {
    use std::os::unix::fs::PermissionsExt;
    let server = RealServer::start(&[]).await;
    let mut ann = Person::registers(server.address(), "ann").await;
    let file = Courier::new(server.address(), &ann.token).uploads("x", b"x").await["id"].clone();
    ann.asks(json!({"type": "send", "to": "ann", "client_id": "f", "file": file})).await;
    let exporter = Exporter::of(&ann, server.address());
    fs::create_dir(exporter.folder("open")).unwrap();
    fs::set_permissions(exporter.folder("open"), fs::Permissions::from_mode(0o755)).unwrap();
    for name in ["open", "new/below"] {
        exporter.exports(name, &[]).await;
        let mut paths = vec![exporter.folder(name)];
        let mut seen = 0;
        while let Some(path) = paths.pop() {
            seen += 1;
            let expected = if path.is_dir() { 0o700 } else { 0o600 };
            let mode = fs::metadata(&path).unwrap().permissions().mode() & 0o777;
            assert_eq!(mode, expected, "{}", path.display());
            if path.is_dir() {
                paths.extend(fs::read_dir(path).unwrap().map(|entry| entry.unwrap().path()));
            }
        }
        assert_eq!(seen, 9, "the folder, three files, two folders, a log, a file in its folder");
    }
}

#[tokio::test]
async fn pages_end_where_logs_do() {
    let server = RealServer::start(&[]).await;
    let mut ann = Person::registers(server.address(), "ann").await;
    for (peer, count) in [("bob", 1), ("carol", 199), ("dora", 200), ("erik", 201), ("ann", 400)] {
        if peer != "ann" {
            Person::registers(server.address(), peer).await;
        }
        ann.opens(peer).await;
        for number in 1..=count {
            ann.sends(peer, &number.to_string()).await;
        }
    }
    let exporter = Exporter::of(&ann, server.address());
    let told = exporter.exports("all", &[]).await;
    assert_eq!((&told["conversations"], &told["entries"]), (&json!(5), &json!(1001)));
    for summary in lines(&exporter.folder("all").join("conversations.jsonl")) {
        let log = lines(&exporter.log("all", &summary["conversation"]));
        let numbers: Vec<_> = log.iter().map(|entry| entry["seq"].as_u64().unwrap()).collect();
        assert_eq!(numbers, (1..=summary["head"].as_u64().unwrap()).collect::<Vec<_>>());
    }
}

#[tokio::test]
async fn a_killed_export_goes_on_when_it_is_run_again() {
    let server = RealServer::start(&[]).await;
    let mut talk = Talk::takes_place(server.address()).await;
    talk.sends_file(server.address(), "large.bin", &bytes(700_000)).await;
    talk.sends_file(server.address(), "small.bin", &other_bytes(1000, 7)).await;
    talk.ann.sends("ann", "a note").await;
    let line = Proxy::to(server.address()).await;
    let exporter = Exporter::of(&talk.ann, line.address());
    exporter.logs_in().await;
    let log = exporter.log("killed", &talk.conversation);
    // Within the list, within the second page, there again, and within a file.
    let mut sizes = Vec::new();
    for after in [1000, 50_000, 30_000, 400_000] {
        line.plans(Way::Down, after, Fault::Hold);
        let running = exporter.begins("killed");
        line.holds().await;
        assert!(running.dies().await);
        sizes.push(fs::metadata(&log).map_or(0, |about| about.len()));
        // What a machine leaves that has lost its power.
        if log.exists() {
            let torn = fs::read_to_string(&log).unwrap() + "{\"conversation\":";
            fs::write(&log, torn).unwrap();
        }
        assert!(!exporter.folder("killed").join("complete.json").exists());
    }
    assert!(sizes.is_sorted() && sizes[1] > 0 && sizes[3] > sizes[1], "{sizes:?}");
    exporter.exports("killed", &[]).await;
    exporter.exports("whole", &[]).await;
    assert_same(&exporter.folder("killed"), &exporter.folder("whole"));
}

#[tokio::test]
async fn an_interrupted_export_leaves_no_half_file() {
    let server = RealServer::start(&[]).await;
    let mut talk = Talk::takes_place(server.address()).await;
    let id = talk.sends_file(server.address(), "large.bin", &bytes(700_000)).await;
    let line = Proxy::to(server.address()).await;
    let exporter = Exporter::of(&talk.ann, line.address());
    exporter.logs_in().await;
    line.plans(Way::Down, 400_000, Fault::Hold);
    let running = exporter.begins("stopped");
    line.holds().await;
    let other = exporter.runs("stopped", &[]).await;
    assert_eq!(other.status.code(), Some(2), "one at a time: {}", said(&other));
    assert_eq!(running.is_asked_to_stop().await, Some(128 + 15));
    assert_eq!(names(&exporter.folder("stopped").join("files").join(id)), [""; 0]);
    exporter.exports("stopped", &[]).await;
}

#[tokio::test]
async fn an_export_outlives_a_crash_of_the_server() {
    let mut server = RealServer::start(&[]).await;
    let mut talk = Talk::takes_place(server.address()).await;
    talk.sends_file(server.address(), "large.bin", &bytes(700_000)).await;
    let line = Proxy::to(server.address()).await;
    let exporter = Exporter::of(&talk.ann, line.address());
    exporter.logs_in().await;
    for after in [50_000, 400_000] {
        line.plans(Way::Down, after, Fault::Hold);
        let running = exporter.begins(&format!("after {after}"));
        line.holds().await;
        server.crashes_and_restarts().await;
        line.lets_go();
        let (succeeded, said) = running.ends().await;
        assert!(succeeded, "{said:?}");
    }
    exporter.exports("whole", &[]).await;
    for after in [50_000, 400_000] {
        assert_same(&exporter.folder(&format!("after {after}")), &exporter.folder("whole"));
    }
}

#[tokio::test]
async fn a_folder_that_holds_something_else_stays_as_it_is() {
    let server = RealServer::start(&[]).await;
    let ann = Person::registers(server.address(), "ann").await;
    let exporter = Exporter::of(&ann, server.address());
    let of_somebody = json!({"format": 1, "user": "bob", "server": format!("http://{}", server.address())});
    for (name, content) in [
        ("thesis.txt", "mine".to_owned()),
        ("account.json", "mine".to_owned()),
        ("account.json", of_somebody.to_string()),
        ("conversations.jsonl", "mine".to_owned()),
        ("complete.json", "{}".to_owned()),
    ] {
        let folder = exporter.folder(name);
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join(name), &content).unwrap();
        let refused = exporter.runs(name, &[]).await;
        assert_eq!(refused.status.code(), Some(2), "{}", said(&refused));
        assert!(said(&refused).contains("another folder") || said(&refused).contains("empty folder"));
        assert_eq!(fs::read_to_string(folder.join(name)).unwrap(), content);
        assert_eq!(names(&folder), [name], "nothing was put beside it");
    }
    #[cfg(unix)]
    {
        fs::create_dir(exporter.folder("linked")).unwrap();
        let aim = exporter.folder("thesis.txt");
        std::os::unix::fs::symlink(&aim, exporter.folder("linked").join("messages")).unwrap();
        assert_eq!(exporter.runs("linked", &[]).await.status.code(), Some(2), "no link is followed");
        assert_eq!(names(&aim), ["thesis.txt"]);
    }
    let file = exporter.folder("thesis.txt").join("thesis.txt");
    let refused = exporter.runs(file.to_str().unwrap(), &[]).await;
    assert_eq!(refused.status.code(), Some(1), "{}", said(&refused));
}

/// The bytes of a file on the server's disk.
fn object(store: &Path, content: &[u8]) -> PathBuf {
    let found = tree(store).into_iter().find(|(_, bytes)| bytes == content);
    store.join(found.expect("the server has it").0)
}

#[tokio::test]
async fn a_file_that_the_server_has_lost_does_not_keep_the_others_back() {
    let store = tempfile::tempdir().unwrap();
    // The bytes are to be found on this disk.
    let url = format!("sqlite:{}", store.path().join("chat.db").display());
    let server = RealServer::start(&["--store", &url]).await;
    let mut talk = Talk::takes_place(server.address()).await;
    let (first, second, third) = (bytes(3000), other_bytes(3000, 1), other_bytes(3000, 2));
    let mut ids = Vec::new();
    for (name, content) in [("first", &first), ("second", &second), ("third", &third)] {
        ids.push(talk.sends_file(server.address(), name, content).await);
    }
    let exporter = Exporter::of(&talk.ann, server.address());
    fs::remove_file(object(store.path(), &first)).unwrap();
    let lost = exporter.runs("lost", &[]).await;
    assert_eq!(lost.status.code(), Some(5), "{}", said(&lost));
    let damaged = object(store.path(), &second);
    fs::write(&damaged, &third).unwrap();
    let broken = exporter.runs("damaged", &[]).await;
    assert_eq!(broken.status.code(), Some(7), "{}", said(&broken));
    for (name, missing) in [("lost", &ids[..1]), ("damaged", &ids[..2])] {
        let complete = exporter.complete(name);
        let told: Vec<_> = complete["missing"].as_array().unwrap().iter().collect();
        let found: Vec<_> = told.iter().map(|missing| missing["file"]["id"].as_str().unwrap()).collect();
        assert_eq!(found, missing, "{complete}");
        assert!(told.iter().all(|missing| missing["seq"].is_u64() && missing["why"].is_string()));
        assert_eq!(complete["files"], 3 - missing.len());
        assert_eq!(names(&exporter.folder(name).join("files")).len(), 3 - missing.len());
        assert_eq!(lines(&exporter.log(name, &talk.conversation)).len() as u64, MESSAGES + 6 + 3);
    }
    // The server's owner finds a copy.
    fs::write(&damaged, &second).unwrap();
    fs::remove_file(exporter.folder("damaged").join("complete.json")).unwrap();
    let tried = exporter.runs("damaged", &[]).await;
    assert_eq!(tried.status.code(), Some(5), "{}", said(&tried));
    assert_eq!(exporter.complete("damaged")["files"], 2);
}

#[tokio::test]
async fn what_happened_between_two_runs_follows_in_the_log() {
    let house = House::open().await;
    let mut talk = Talk::takes_place(house.address()).await;
    let file = talk.sends_file(house.address(), "regretted", b"bytes").await;
    let exporter = Exporter::of(&talk.ann, house.address());
    exporter.exports("all", &["--no-files"]).await;
    let before = fs::read_to_string(exporter.log("all", &talk.conversation)).unwrap();
    let seq = MESSAGES + 7;
    talk.bob.does("delete", &talk.conversation, seq, json!({})).await;
    talk.bob.sends("ann", "after that").await;
    fs::remove_file(exporter.folder("all").join("complete.json")).unwrap();
    let told = exporter.exports("all", &[]).await;
    assert_eq!((&told["files"], &told["missing"]), (&json!(0), &json!(0)), "it was taken away, not lost");
    assert!(!exporter.folder("all").join("files").join(file).exists());
    let after = fs::read_to_string(exporter.log("all", &talk.conversation)).unwrap();
    let more = after.strip_prefix(&before).expect("what is written stays");
    let more: Vec<Value> = more.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!((&more[0]["kind"], &more[0]["target"]), (&json!("deletion"), &json!(seq)));
    assert_eq!((more.len(), &more[1]["text"]), (2, &json!("after that")));
}

#[tokio::test]
async fn exit_codes_tell_what_went_wrong_with_an_export() {
    let mut server = RealServer::start(&[]).await;
    let ann = Person::registers(server.address(), "ann").await;
    let line = Proxy::to(server.address()).await;
    let mut exporter = Exporter::of(&ann, line.address());
    line.plans(Way::Down, 100, Fault::Hold);
    let late = exporter.runs("late", &["--timeout", "500ms"]).await;
    assert!(matches!(late.status.code(), Some(4 | 6)), "{} {}", late.status, said(&late));
    exporter.exports("late", &[]).await;
    exporter.token = "0".repeat(64);
    assert_eq!(exporter.runs("nobody", &[]).await.status.code(), Some(3));
    server.stops().await;
    let nobody_there = exporter.runs("nobody", &["--timeout", "300ms"]).await;
    assert_eq!(nobody_there.status.code(), Some(4), "{}", said(&nobody_there));
}
