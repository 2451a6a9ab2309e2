//! The terminal client without a screen, as scripts use it.

use chat_tests::{House, PASSWORD, run_program};
use serde_json::{Value, json};
use std::net::SocketAddr;
use std::path::Path;
use std::process::Output;
use tempfile::TempDir;

/// Somebody's machine: a data folder of its own, a server, a name.
pub struct Machine {
    server: String,
    user: &'static str,
    data: TempDir,
}

impl Machine {
    pub fn new(house: &House, user: &'static str) -> Self {
        Self::at(house.address(), user)
    }

    /// With the server, or what leads to it, at this address.
    pub fn at(server: SocketAddr, user: &'static str) -> Self {
        Self { server: format!("http://{server}"), user, data: tempfile::tempdir().unwrap() }
    }

    /// Its data folder.
    pub fn data(&self) -> &Path {
        self.data.path()
    }

    /// The whole command line.
    pub fn args<'a>(&'a self, args: &[&'a str]) -> Vec<&'a str> {
        let data = self.data.path().to_str().unwrap();
        [&["--server", &self.server, "--user", self.user, "--data", data], args].concat()
    }

    pub async fn runs(&self, args: &[&str], env: &[(&str, &str)], input: &str) -> Output {
        run_program("chat-tui", &self.args(args), env, input).await
    }

    /// Runs it and gives the lines of its output as JSON.
    pub async fn prints(&self, args: &[&str], env: &[(&str, &str)], input: &str) -> Vec<Value> {
        let output = self.runs(args, env, input).await;
        assert!(
            output.status.success(),
            "{args:?}: {} {}",
            output.status,
            String::from_utf8_lossy(&output.stderr)
        );
        let lines = String::from_utf8(output.stdout).unwrap();
        lines.lines().map(|line| serde_json::from_str(line).unwrap_or_else(|_| json!(line))).collect()
    }
}

pub const WITH_PASSWORD: [(&str, &str); 1] = [("CHAT_PASSWORD", PASSWORD)];

#[tokio::test]
async fn a_script_sends_and_another_receives() {
    let house = House::open().await;
    let (ci, bob) = (Machine::new(&house, "ci"), Machine::new(&house, "bob"));
    for machine in [&ci, &bob] {
        machine.prints(&["register"], &WITH_PASSWORD, "").await;
    }
    ci.prints(&["send", "bob", "build 42 passed"], &[], "").await;
    ci.prints(&["send", "bob"], &[], "from the pipe\nin two lines\n").await;
    let lines = bob.prints(&["recv", "--from", "ci", "--count", "2", "--timeout", "20s"], &[], "").await;
    let texts: Vec<_> = lines.iter().map(|line| line["text"].as_str().unwrap()).collect();
    assert_eq!(texts[0], "build 42 passed");
    assert!(texts[1].starts_with("from the pipe\nin two lines"), "{texts:?}");
    let again = bob.prints(&["recv", "--from", "ci"], &[], "").await;
    assert_eq!(again, Vec::<Value>::new(), "what was printed counts as read");
    let history = ci.prints(&["--json", "history", "bob"], &[], "").await;
    assert_eq!(history.len(), 2, "{history:?}");
}

#[tokio::test]
async fn exit_codes_tell_what_went_wrong() {
    let house = House::open().await;
    let ann = Machine::new(&house, "ann");
    assert_eq!(ann.runs(&["send", "bob", "x"], &[], "").await.status.code(), Some(3), "no login");
    ann.prints(&["register"], &WITH_PASSWORD, "").await;
    assert_eq!(ann.runs(&["send", "nobody", "x"], &[], "").await.status.code(), Some(5), "an unknown user");
    let waited = ann.runs(&["recv", "--count", "1", "--timeout", "300ms"], &[], "").await;
    assert_eq!(waited.status.code(), Some(6), "time ran out");
    assert_eq!(ann.runs(&["dance"], &[], "").await.status.code(), Some(2), "no such command");
    let wrong = [("CHAT_PASSWORD", "wrong password")];
    assert_eq!(ann.runs(&["login"], &wrong, "").await.status.code(), Some(3), "a wrong password");
    house.closes().await;
    let nobody_there = ann.runs(&["send", "ann", "x", "--timeout", "500ms"], &[], "").await;
    assert_eq!(nobody_there.status.code(), Some(4), "no server");
}

#[tokio::test]
async fn a_login_that_keeps_no_token_has_failed() {
    let house = House::open().await;
    let ann = Machine::new(&house, "ann");
    let folder = ann.data.path().join(format!("127.0.0.1_{}/ann", house.address().port()));
    // A token cannot take the place of a folder.
    std::fs::create_dir_all(folder.join("token")).unwrap();
    let registered = ann.runs(&["register"], &WITH_PASSWORD, "").await;
    assert_eq!(registered.status.code(), Some(1), "{registered:?}");
    let logged_in = ann.runs(&["login"], &WITH_PASSWORD, "").await;
    assert_eq!(logged_in.status.code(), Some(1), "{logged_in:?}");
    assert_eq!(std::fs::read_dir(&folder).unwrap().count(), 1, "no half token is left behind");
}

/// What waits in one user's outbox must not go out as somebody else.
#[tokio::test]
async fn a_token_of_somebody_else_is_refused() {
    let house = House::open().await;
    let (ann, bob) = (Machine::new(&house, "ann"), house.person("bob").await);
    let sent = ann.runs(&["send", "bob", "who am I?"], &[("CHAT_TOKEN", &bob.token)], "").await;
    assert_eq!(sent.status.code(), Some(3), "{sent:?}");
    let told = String::from_utf8(sent.stderr).unwrap();
    assert!(told.contains("belongs to bob"), "{told}");
}

#[tokio::test]
async fn input_without_an_end_is_refused() {
    let house = House::open().await;
    let ann = Machine::new(&house, "ann");
    ann.prints(&["register"], &WITH_PASSWORD, "").await;
    let refused = ann.runs(&["send", "ann"], &[], &"x".repeat(64 * 1024 * 1024 + 1)).await;
    assert_eq!(refused.status.code(), Some(5));
    let told = String::from_utf8(refused.stderr).unwrap();
    assert!(told.contains("longer than"), "{told}");
}

#[tokio::test]
async fn the_same_id_again_sends_once() {
    let house = House::open().await;
    let ann = Machine::new(&house, "ann");
    ann.prints(&["register"], &WITH_PASSWORD, "").await;
    for _ in 0..2 {
        ann.prints(&["send", "ann", "once", "--id", "build-42"], &[], "").await;
    }
    assert_eq!(ann.prints(&["--json", "history", "ann"], &[], "").await.len(), 1);
}

/// Formatting is for those who look at it.
#[tokio::test]
async fn scripts_send_and_print_texts_as_they_were_typed() {
    let house = House::open().await;
    let (ann, bob) = (Machine::new(&house, "ann"), Machine::new(&house, "bob"));
    for machine in [&ann, &bob] {
        machine.prints(&["register"], &WITH_PASSWORD, "").await;
    }
    let text = "**bold** \\*no\\* `x`\n> said\n```sh\n\tls *.rs\n```\n[a](https://b.example)";
    ann.prints(&["send", "bob", "-"], &[], text).await;
    let received = bob.prints(&["recv", "--count", "1", "--timeout", "20s"], &[], "").await;
    assert_eq!(received[0]["text"], text);
    let told = bob.prints(&["history", "ann", "--json"], &[], "").await;
    assert_eq!(told[0]["text"], text);
    let output = bob.runs(&["history", "ann"], &[], "").await;
    let shown = String::from_utf8(output.stdout).unwrap();
    for line in ["**bold** \\*no\\* `x`", "> said", "```sh", "ls *.rs", "[a](https://b.example)"] {
        assert!(shown.contains(line), "{line:?}: {shown}");
    }
}
