//! The terminal client in a real terminal, with a real server: what people see and press.
#![allow(clippy::disallowed_methods)] // The shell of the tests.
#![allow(clippy::unwrap_used, clippy::expect_used)] // A story that cannot go on panics.

#[path = "terminal/changes.rs"]
mod changes;
#[path = "terminal/drafts.rs"]
mod drafts;
#[path = "terminal/files.rs"]
mod files;
#[path = "terminal/groups.rs"]
mod groups;
#[path = "terminal/mentions.rs"]
mod mentions;
#[path = "terminal/names.rs"]
mod names;
#[path = "terminal/preferences.rs"]
mod preferences;
#[path = "terminal/restored.rs"]
mod restored;
#[path = "terminal/retention.rs"]
mod retention;
#[path = "terminal/search.rs"]
mod search;
#[path = "terminal/typing.rs"]
mod typing;

use chat_tests::{House, PASSWORD, RealServer, Tty, program, run_program};
use portable_pty::CommandBuilder;
use std::net::SocketAddr;
use tempfile::TempDir;

const ENTER: &str = "\r";
const CONTROL_Q: &str = "\x11";

/// A folder of its own, as on a computer of its own.
fn home() -> TempDir {
    tempfile::tempdir().unwrap()
}

fn opens(server: SocketAddr, name: &str, home: &TempDir, size: (u16, u16)) -> Tty {
    starts(server, name, home, &[], size)
}

/// Opens it with more flags.
fn starts(server: SocketAddr, name: &str, home: &TempDir, flags: &[&str], size: (u16, u16)) -> Tty {
    let server = server.to_string();
    let data = home.path().to_str().unwrap();
    let args = [&["--server", &server, "--user", name, "--data", data], flags].concat();
    Tty::start("chat-tui", &args, size)
}

/// Makes the account from the first screen on, as a person does.
fn registers(server: SocketAddr, name: &str, home: &TempDir, size: (u16, u16)) -> Tty {
    let mut tty = opens(server, name, home, size);
    tty.shows(&format!("Password of {name}"));
    tty.types(&format!("{PASSWORD}{ENTER}"));
    tty.shows("[y/N]");
    tty.types(&format!("y{ENTER}"));
    tty.shows("once more");
    tty.types(&format!("{PASSWORD}{ENTER}"));
    tty.shows("● connected");
    tty
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_people_chat_in_their_terminals() {
    let house = House::open().await;
    let (home_a, home_b) = (home(), home());
    let mut alice = registers(house.address(), "alice", &home_a, (80, 24));
    let mut bob = registers(house.address(), "bob", &home_b, (40, 10));
    assert!(!alice.has_shown(PASSWORD), "a password is masked");
    alice.types(&format!("/msg bob{ENTER}"));
    alice.shows("● online");
    alice.types(&format!("hello :wave: bob{ENTER}"));
    alice.shows("✓ hello 👋 bob");
    bob.shows("hello 👋 bob");
    bob.types(&format!("/msg alice hi :tada:{ENTER}"));
    alice.shows("hi 🎉");
    bob.types(CONTROL_Q);
    assert_eq!(bob.ends(), 0);
    alice.shows("○ last seen");
    alice.types(&format!("are you there?{ENTER}"));
    alice.shows("✓ are you there?");
    let bob = opens(house.address(), "bob", &home_b, (40, 10));
    bob.shows("are you there?");
    bob.shows("── new ──");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn commands_are_never_sent_and_help_is_near() {
    let house = House::open().await;
    let home = home();
    let mut alice = registers(house.address(), "alice", &home, (80, 24));
    alice.types("\x1bOP");
    alice.shows("Esc closes");
    alice.types("x");
    alice.no_longer_shows("Esc closes");
    alice.types(&format!("/msg alice{ENTER}"));
    alice.shows("for yourself");
    alice.types(&format!("/qiut{ENTER}"));
    alice.shows("did you mean /quit?");
    alice.types(&format!("\x03//quit{ENTER}"));
    alice.shows("✓ /quit");
    alice.types(&format!("/quit{ENTER}"));
    assert_eq!(alice.ends(), 0);
    alice.is_given_back();
    assert!(alice.has_shown("\x1b[?7l") && alice.has_shown("\x1b[?7h"), "lines wrap again");
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_terminal_is_given_back_on_a_signal() {
    let house = House::open().await;
    let home = home();
    for (signal, code) in [("TERM", 143), ("HUP", 129), ("INT", 130)] {
        let name = format!("user-{}", signal.to_lowercase());
        let mut user = registers(house.address(), &name, &home, (80, 24));
        user.signal(signal);
        assert_eq!(user.ends(), code);
        user.is_given_back();
    }
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_queued_survives_a_crash_of_both_and_is_sent_once() {
    let mut server = RealServer::start(&[]).await;
    let (home_a, home_b) = (home(), home());
    let env = [("CHAT_PASSWORD", PASSWORD)];
    let address = server.address().to_string();
    let data = home_b.path().to_str().unwrap();
    let as_bob = |rest: &[&str]| {
        let args = ["--server", &address, "--user", "bob", "--data", data];
        args.iter().chain(rest).map(|arg| (*arg).to_owned()).collect::<Vec<_>>()
    };
    let run = async |rest: &[&str]| {
        let args = as_bob(rest);
        let args: Vec<_> = args.iter().map(String::as_str).collect();
        let output = run_program("chat-tui", &args, &env, "").await;
        assert!(output.status.success(), "{output:?}");
        String::from_utf8(output.stdout).unwrap()
    };
    run(&["register"]).await;
    let mut alice = registers(server.address(), "alice", &home_a, (80, 24));
    alice.types(&format!("/msg bob first{ENTER}"));
    alice.shows("✓ first");
    server.stops().await;
    alice.shows("✗ offline");
    alice.types(&format!("second{ENTER}"));
    alice.shows("◌ second");
    alice.signal("KILL");
    alice.ends();
    server.crashes_and_restarts().await;
    let alice = opens(server.address(), "alice", &home_a, (80, 24));
    alice.shows("✓ second");
    alice.shows("✓ first");
    let received = run(&["recv", "--count", "2", "--timeout", "20s"]).await;
    let texts: Vec<_> = received
        .lines()
        .map(|line| {
            serde_json::from_str::<serde_json::Value>(line).unwrap()["text"].as_str().unwrap().to_owned()
        })
        .collect();
    assert_eq!(texts, ["first", "second"]);
    assert_eq!(run(&["recv"]).await, "");
}

/// A disk that is full takes half a message. It is refused, and what is queued once there is room again is safe.
#[cfg(unix)]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_disk_refuses_a_message_and_loses_no_other() {
    let mut server = RealServer::start(&[]).await;
    let home = home();
    let mut alice = registers(server.address(), "alice", &home, (80, 24));
    alice.types(&format!("/msg alice first{ENTER}"));
    alice.shows("✓ first");
    alice.types(CONTROL_Q);
    alice.ends();
    server.stops().await;
    // No file grows beyond eight blocks of 512 bytes; the signal that says so is ignored, so that writing fails.
    let mut command = CommandBuilder::new("sh");
    command.args(["-c", r#"trap "" XFSZ; ulimit -f 8; exec "$0" "$@""#]);
    command.arg(program("chat-tui"));
    command.args(["--server", &server.address().to_string(), "--user", "alice", "--data"]);
    command.arg(home.path());
    let mut alice = Tty::run(command, (80, 24));
    alice.shows("✗ offline");
    server.crashes_and_restarts().await;
    alice.shows("✓ first");
    server.stops().await;
    alice.shows("✗ offline");
    alice.types(&format!("\x1b[200~{}\x1b[201~{ENTER}", "large ".repeat(800)));
    alice.shows("cannot be kept on disk");
    alice.types("\x03");
    alice.types(&format!("small{ENTER}"));
    alice.shows("◌ small");
    alice.signal("KILL");
    alice.ends();
    server.crashes_and_restarts().await;
    let alice = opens(server.address(), "alice", &home, (80, 24));
    alice.shows("✓ small");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_that_others_write_harms_the_terminal() {
    let house = House::open().await;
    let (home, mut eve) = (home(), house.person("eve").await);
    let alice = registers(house.address(), "alice", &home, (80, 24));
    eve.sends("alice", "a\u{1b}]0;owned\u{7}b\u{1b}[2J\u{9b}31mc\u{202e}d\rforged\u{200b}👩\u{200d}👧").await;
    alice.shows("forged");
    // The test's own terminal does not join emoji, but it gets them whole.
    assert!(alice.has_shown("👩\u{200d}👧"));
    assert!(!alice.has_shown("\u{1b}]0;"), "the title is not touched");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn formatted_texts_are_shown_so_and_sent_as_they_were_typed() {
    let house = House::open().await;
    let (home, mut bob) = (home(), house.person("bob").await);
    let mut alice = registers(house.address(), "alice", &home, (80, 24));
    alice.types(&format!("/msg bob *so* or **so**, 2*3*4{ENTER}"));
    alice.shows("✓ so or so, 2*3*4");
    bob.expects("alice", "*so* or **so**, 2*3*4").await;
    bob.sends(
        "alice",
        "> said\n```\n  *code*\n```\n[here](https://example.org/a) https://a.example@b.example",
    )
    .await;
    alice.shows("  │ said");
    alice.shows("  ▎   *code*");
    alice.shows("  here (https://example.org/a)");
    alice.shows("(https://b.example/)");
    let screen = alice.screen();
    let row = (0..24).find(|row| screen.contents_between(*row, 0, *row, 80).contains("so or so")).unwrap();
    let style = |letter: &str, nth: usize| {
        let is_it = |column: &u16| screen.cell(row, *column).is_some_and(|cell| cell.contents() == letter);
        let cell = screen.cell(row, (0..80).filter(is_it).nth(nth).unwrap()).unwrap();
        (cell.bold(), cell.italic())
    };
    // The first s of each word; the r of "or" between them.
    assert_eq!([style("s", 0), style("r", 0), style("s", 1)], [(false, true), (false, false), (true, false)]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn any_size_will_do() {
    let house = House::open().await;
    let home = home();
    let mut alice = registers(house.address(), "alice", &home, (80, 24));
    for (number, size) in [(1, 1), (5, 3), (300, 80), (2, 50), (40, 10)].into_iter().enumerate() {
        alice.resizes(size);
        alice.types(&format!("/msg alice size {number}{ENTER}"));
    }
    alice.shows("✓ size 4");
    alice.resizes((40, 24));
    (0..5).for_each(|number| alice.shows(&format!("✓ size {number}")));
}
