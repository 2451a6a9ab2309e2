//! Makes docs/terminal.svg: two people chat in the real terminal client over the real server, and what their terminals
//! show at the end is drawn.
#![allow(clippy::unwrap_used, clippy::expect_used)] // A tool for ourselves.

mod svg;

use chat_tests::{PASSWORD, RealServer, Tty, run_program};
use std::net::SocketAddr;
use std::path::PathBuf;
use tempfile::TempDir;

const ALICE_SIZE: (u16, u16) = (76, 22);
const BOB_SIZE: (u16, u16) = (42, 22);

#[tokio::main]
async fn main() {
    let output = std::env::args_os().nth(1).map_or_else(|| PathBuf::from("docs/terminal.svg"), PathBuf::from);
    let server = RealServer::start(&[]).await;
    let town = Town::with(server.address(), &["alice", "bob", "carol", "dave", "erin", "ci"]).await;
    town.says("dave", "erin", "hello").await;
    town.says("erin", "alice", "Slides are in the usual place.").await;
    town.says("dave", "alice", "Can you look at the backup job today?").await;
    town.says("alice", "dave", "Done, it runs again.").await;
    town.says("ci", "alice", "build 41 failed: 2 tests").await;
    town.says("ci", "alice", "build 42 passed").await;
    town.says("carol", "alice", "Lunch?").await;
    // The newest conversation of all is the one that is opened.
    town.says("bob", "alice", "Morning! Is the release still on for today?").await;
    let carol = town.opens("carol", BOB_SIZE);
    carol.shows("● connected");
    let mut alice = town.opens("alice", ALICE_SIZE);
    alice.shows("Is the release still on");
    let mut bob = town.opens("bob", BOB_SIZE);
    bob.shows("✓ Morning!");
    alice.shows("● online");
    let mut talk = |from_alice: bool, lines: &[&str]| {
        let (speaker, listener) = if from_alice { (&mut alice, &mut bob) } else { (&mut bob, &mut alice) };
        speaker.types(&lines.join("\n"));
        speaker.types("\r");
        let begins = lines[0].split(" :").next().expect("a first part");
        listener.shows(begins);
        speaker.shows(&format!("✓ {begins}"));
    };
    talk(true, &["Morning :wave: Yes, the build just went green."]);
    talk(
        true,
        &["Changes since 0.9:", "  * clients catch up by themselves", "  * scripts wait until it is stored"],
    );
    talk(false, &["Nice :rocket: I pulled the plug twice, not one message got lost."]);
    talk(false, &["And Zoë reads along from her :snake: script."]);
    talk(true, &["Then tag it :tada:"]);
    bob.types("On it :sparkles:");
    alice.shows("Then tag it 🎉");
    bob.shows("On it ✨");
    let drawing = svg::drawing(&[("alice — chat-tui", &alice.screen()), ("bob — chat-tui", &bob.screen())]);
    std::fs::write(&output, drawing).unwrap_or_else(|error| panic!("{}: {error}", output.display()));
}

/// Some people with accounts, each with a computer of their own.
struct Town {
    server: String,
    homes: TempDir,
}

impl Town {
    async fn with(server: SocketAddr, people: &[&str]) -> Self {
        let town = Self { server: server.to_string(), homes: tempfile::tempdir().unwrap() };
        for name in people {
            town.runs(name, &["register"]).await;
        }
        town
    }

    fn args(&self, name: &str) -> Vec<String> {
        let home = self.homes.path().join(name).to_str().unwrap().to_owned();
        ["--server", &self.server, "--user", name, "--data", &home].map(str::to_owned).to_vec()
    }

    async fn runs(&self, name: &str, rest: &[&str]) {
        let args = self.args(name);
        let args: Vec<_> = args.iter().map(String::as_str).chain(rest.iter().copied()).collect();
        let output = run_program("chat-tui", &args, &[("CHAT_PASSWORD", PASSWORD)], "").await;
        assert!(output.status.success(), "{output:?}");
    }

    async fn says(&self, from: &str, to: &str, text: &str) {
        self.runs(from, &["send", to, text]).await;
    }

    fn opens(&self, name: &str, size: (u16, u16)) -> Tty {
        let args = self.args(name);
        Tty::start("chat-tui", &args.iter().map(String::as_str).collect::<Vec<_>>(), size)
    }
}
