//! Files in scripts.

use crate::headless::{Machine, WITH_PASSWORD};
use chat_tests::disk::{bytes, names, typed_file};
use chat_tests::{Fault, Halfway, House, Proxy, Way};
use serde_json::Value;
use std::fs;
use std::path::PathBuf;
use std::process::Output;

const MIB: usize = 1 << 20;

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// Uploads that a later run could go on with.
fn notes(machine: &Machine) -> usize {
    let mut folders = vec![machine.data().to_owned()];
    let mut count = 0;
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
            count += usize::from(entry.extension().is_some_and(|ending| ending == "upload"));
            folders.extend(entry.is_dir().then_some(entry));
        }
    }
    count
}

#[tokio::test]
async fn a_script_sends_files_and_another_saves_them() {
    let house = House::open().await;
    let (ci, bob) = (Machine::at(house.address(), "ci"), Machine::at(house.address(), "bob"));
    for machine in [&ci, &bob] {
        machine.prints(&["register"], &WITH_PASSWORD, "").await;
    }
    let folder = tempfile::tempdir().unwrap();
    let (log, picture) =
        (typed_file(&folder, "build.log", b"all is well\n"), typed_file(&folder, "p.png", &bytes(2 * MIB)));
    let acks =
        ci.prints(&["--json", "send", "bob", "two files", "--file", &log, "--file", &picture], &[], "").await;
    assert_eq!((&acks[0]["seq"], &acks[1]["seq"]), (&1.into(), &2.into()), "{acks:?}");
    assert_eq!(notes(&ci), 0);
    let lines = bob.prints(&["recv", "--from", "ci"], &[], "").await;
    assert_eq!((&lines[0]["text"], &lines[1]["text"]), (&"two files".into(), &"".into()));
    let about = &lines[0]["file"];
    assert_eq!(
        (&about["name"], &about["size"], &about["type"]),
        (&"build.log".into(), &12.into(), &"text/plain".into())
    );
    for field in ["id", "sha256"] {
        assert!(about[field].is_string(), "{about}");
    }
    assert_eq!(acks[0]["file"], *about);
    let target = tempfile::tempdir().unwrap();
    let to = target.path().to_str().unwrap();
    let saved = bob.prints(&["save", "--from", "ci", "--to", to], &[], "").await;
    assert_eq!(saved, [Value::from(format!("{to}/p.png"))], "the newest one");
    assert!(fs::read(target.path().join("p.png")).unwrap() == bytes(2 * MIB));
    let saved = bob.prints(&["--json", "save", "--from", "ci", "--entry", "1", "--to", to], &[], "").await;
    assert_eq!((&saved[0]["path"], &saved[0]["file"]), (&Value::from(format!("{to}/build.log")), about));
    let again = bob.prints(&["save", "--from", "ci", "--entry", "1", "--to", to], &[], "").await;
    assert_eq!(again, [Value::from(format!("{to}/build (2).log"))], "nothing is overwritten");
    let files = bob.prints(&["--json", "files", "--from", "ci"], &[], "").await;
    assert_eq!(files.iter().map(|line| &line["file"]["name"]).collect::<Vec<_>>(), ["build.log", "p.png"]);
    let history = bob.runs(&["history", "ci"], &[], "").await;
    let text = String::from_utf8(history.stdout).unwrap();
    assert!(text.contains("two files [file: build.log, 12 B, text/plain]"), "{text}");
}

#[tokio::test]
async fn a_script_sees_its_own_file_in_the_text_on_standard_input() {
    let house = House::open().await;
    let ann = Machine::at(house.address(), "ann");
    ann.prints(&["register"], &WITH_PASSWORD, "").await;
    let folder = tempfile::tempdir().unwrap();
    let path = typed_file(&folder, "x", b"x");
    ann.prints(&["send", "ann", "-", "--file", &path], &[], "from the pipe\n").await;
    let history = ann.prints(&["--json", "history", "ann"], &[], "").await;
    assert_eq!((&history[0]["text"], &history[0]["file"]["name"]), (&"from the pipe".into(), &"x".into()));
}

#[tokio::test]
async fn exit_codes_tell_what_went_wrong_with_files() {
    let house = House::open().await;
    let line = Proxy::to(house.address()).await;
    let ann = Machine::at(line.address(), "ann");
    ann.prints(&["register"], &WITH_PASSWORD, "").await;
    let folder = tempfile::tempdir().unwrap();
    let (small, large) =
        (typed_file(&folder, "small", b"x"), typed_file(&folder, "large", &vec![0; 8 * MIB + 1]));
    let nowhere = folder.path().join("nowhere").into_os_string().into_string().unwrap();
    let folder_itself = folder.path().to_str().unwrap();
    for (code, args) in [
        (2, &["send", "ann", "--file", &nowhere][..]),
        (2, &["send", "ann", "--file", folder_itself]),
        (2, &["send", "ann", "--file", &small, "--file", &nowhere]),
        (2, &["send", "ann", "--id", "x", "--file", &small, "--file", &small]),
        (2, &["send", "ann", "--lines", "--file", &small]),
        (5, &["send", "ann", "--file", &small, "--file", &large]),
        (5, &["send", "nobody", "--file", &small]),
        (5, &["save", "--from", "ann"]),
        (5, &["save", "--from", "ann", "--entry", "7"]),
        (5, &["save", "--from", "nobody"]),
    ] {
        let output = ann.runs(args, &[], "").await;
        assert_eq!(output.status.code(), Some(code), "{args:?}: {}", said(&output));
    }
    assert!(ann.prints(&["--json", "history", "ann"], &[], "").await.is_empty(), "nothing was sent");
    assert_eq!(notes(&ann), 0);
    let medium = typed_file(&folder, "medium", &bytes(MIB));
    line.plans(Way::Up, 500_000, Fault::Flip);
    let damaged = ann.runs(&["send", "ann", "--file", &medium], &[], "").await;
    assert_eq!(damaged.status.code(), Some(7), "{}", said(&damaged));
    assert!(ann.prints(&["--json", "history", "ann"], &[], "").await.is_empty(), "nothing was sent");
    ann.prints(&["send", "ann", "--file", &medium], &[], "").await;
    let target = tempfile::tempdir().unwrap();
    let to = target.path().to_str().unwrap();
    line.plans(Way::Down, 500_000, Fault::Flip);
    let damaged = ann.runs(&["save", "--from", "ann", "--to", to], &[], "").await;
    assert_eq!(damaged.status.code(), Some(7), "{}", said(&damaged));
    assert_eq!((names(target.path()), damaged.stdout.len()), (Vec::new(), 0));
    let no_folder = ann.runs(&["save", "--from", "ann", "--to", &nowhere], &[], "").await;
    assert_eq!(no_folder.status.code(), Some(1), "{}", said(&no_folder));
}

#[tokio::test]
async fn a_broken_line_is_taken_up_again() {
    let house = House::open().await;
    let line = Proxy::to(house.address()).await;
    let ann = Machine::at(line.address(), "ann");
    ann.prints(&["register"], &WITH_PASSWORD, "").await;
    let (folder, target) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let path = typed_file(&folder, "x.bin", &bytes(3 * MIB));
    line.plans(Way::Up, MIB as u64, Fault::Cut);
    let sent = ann.runs(&["send", "ann", "--file", &path], &[], "").await;
    assert!(sent.status.success(), "{}", said(&sent));
    assert_eq!(said(&sent), "", "there is no terminal to show progress on");
    line.plans(Way::Down, MIB as u64, Fault::Cut);
    ann.prints(&["save", "--from", "ann", "--to", target.path().to_str().unwrap()], &[], "").await;
    assert!(fs::read(target.path().join("x.bin")).unwrap() == bytes(3 * MIB));
    assert_eq!(line.faults_left(), 0);
}

#[tokio::test]
async fn a_killed_script_goes_on_when_it_is_run_again() {
    let house = House::open().await;
    let line = Proxy::to(house.address()).await;
    let ann = Machine::at(line.address(), "ann");
    ann.prints(&["register"], &WITH_PASSWORD, "").await;
    let folder = tempfile::tempdir().unwrap();
    let path = typed_file(&folder, "x.bin", &bytes(5 * MIB));
    let before = line.carried(Way::Up);
    line.plans(Way::Up, 3_000_000, Fault::Hold);
    let command = ["send", "ann", "--id", "report-7", "--timeout", "30s", "--file", &path];
    let first = Halfway::begins("chat-tui", &ann.args(&command));
    line.holds().await;
    assert!(first.dies().await);
    assert_eq!(notes(&ann), 1);
    ann.prints(&command, &[], "").await;
    let carried = line.carried(Way::Up) - before;
    // Not 3 MB more, whatever the server had not read yet.
    assert!(carried < 5 * MIB as u64 + 2_000_000, "{carried} bytes were carried");
    assert_eq!(notes(&ann), 0);
    // What the server has stored is known again, also by a client that has forgotten it.
    let again = ann.prints(&[&["--json"], &command[..]].concat(), &[], "").await;
    assert_eq!(again[0]["seq"], 1, "{again:?}");
    let other = typed_file(&folder, "y.bin", b"other");
    let conflict = ann.runs(&["send", "ann", "--id", "report-7", "--file", &other], &[], "").await;
    assert_eq!(conflict.status.code(), Some(5), "{}", said(&conflict));
    assert_eq!(ann.prints(&["--json", "history", "ann"], &[], "").await.len(), 1);
    assert_eq!(notes(&ann), 0);
}

#[tokio::test]
async fn a_killed_save_leaves_only_what_the_next_one_removes() {
    let house = House::open().await;
    let line = Proxy::to(house.address()).await;
    let ann = Machine::at(line.address(), "ann");
    ann.prints(&["register"], &WITH_PASSWORD, "").await;
    let (folder, target) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    ann.prints(&["send", "ann", "--file", &typed_file(&folder, "x.bin", &bytes(3 * MIB))], &[], "").await;
    line.plans(Way::Down, 2 * MIB as u64, Fault::Hold);
    let save = ["save", "--from", "ann", "--timeout", "30s", "--to", target.path().to_str().unwrap()];
    let first = Halfway::begins("chat-tui", &ann.args(&save));
    line.holds().await;
    assert!(first.dies().await);
    let left = names(target.path());
    assert!(matches!(&left[..], [name] if name.starts_with(".chat-")), "{left:?}");
    ann.prints(&save, &[], "").await;
    assert_eq!(names(target.path()), ["x.bin"]);
}

#[tokio::test]
async fn an_interrupted_save_leaves_nothing() {
    let house = House::open().await;
    let line = Proxy::to(house.address()).await;
    let ann = Machine::at(line.address(), "ann");
    ann.prints(&["register"], &WITH_PASSWORD, "").await;
    let (folder, target) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    ann.prints(&["send", "ann", "--file", &typed_file(&folder, "x.bin", &bytes(3 * MIB))], &[], "").await;
    line.plans(Way::Down, 2 * MIB as u64, Fault::Hold);
    let save = ["save", "--from", "ann", "--timeout", "30s", "--to", target.path().to_str().unwrap()];
    let saving = Halfway::begins("chat-tui", &ann.args(&save));
    line.holds().await;
    assert_eq!(saving.is_asked_to_stop().await, Some(128 + 15));
    assert_eq!(names(target.path()), Vec::<String>::new());
}

#[tokio::test]
async fn a_script_that_runs_out_of_time_says_how_to_go_on() {
    let house = House::open().await;
    let line = Proxy::to(house.address()).await;
    let ann = Machine::at(line.address(), "ann");
    ann.prints(&["register"], &WITH_PASSWORD, "").await;
    let folder = tempfile::tempdir().unwrap();
    let path: PathBuf = typed_file(&folder, "x.bin", &bytes(3 * MIB)).into();
    line.plans(Way::Up, MIB as u64, Fault::Hold);
    let path = path.to_str().unwrap();
    let late = ann.runs(&["send", "ann", "--timeout", "2s", "--file", path], &[], "").await;
    assert_eq!(late.status.code(), Some(6), "{}", said(&late));
    let told = said(&late);
    let told = told.split_once("again to ").unwrap_or_else(|| panic!("{told}")).1;
    let mut words = told.split(' ');
    let (Some(to), Some("with"), Some("--id"), Some(id)) =
        (words.next(), words.next(), words.next(), words.next())
    else {
        panic!("{told}")
    };
    assert_eq!(notes(&ann), 1);
    let before = line.carried(Way::Up);
    ann.prints(&["send", to, "--id", id, "--file", path], &[], "").await;
    assert!(line.carried(Way::Up) - before < 3 * MIB as u64, "it went on");
    assert_eq!(ann.prints(&["--json", "history", "ann"], &[], "").await.len(), 1);
    assert_eq!(notes(&ann), 0);
}
