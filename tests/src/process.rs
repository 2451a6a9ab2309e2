//! The real programs, as processes.

use crate::{Shelf, ground, in_time};
use chat_server::StoreLocation;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Output, Stdio};
use std::sync::OnceLock;
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines};
use tokio::process::{Child, ChildStderr, Command};

/// What a real server writes to standard error, beside its data.
const LOG: &str = "log";
/// Set by `tests/run`, which has just built everything.
const BUILT: &str = "CHAT_TESTS_BUILT";

/// The path of `chat-server` or `chat-tui`, built from this tree as the tests themselves were.
pub fn program(name: &str) -> PathBuf {
    let test = std::env::current_exe().unwrap();
    let folder =
        test.ancestors().find(|folder| folder.join(".cargo-lock").exists() || folder.ends_with("debug"));
    let folder = folder.unwrap_or_else(|| test.parent().unwrap().parent().unwrap());
    build_once(folder.ends_with("release"));
    folder.join(format!("{name}{}", std::env::consts::EXE_SUFFIX))
}

fn build_once(release: bool) {
    static DONE: OnceLock<()> = OnceLock::new();
    DONE.get_or_init(|| {
        if std::env::var_os(BUILT).is_some() {
            return;
        }
        let mut cargo = std::process::Command::new(env!("CARGO"));
        cargo.current_dir(env!("CARGO_MANIFEST_DIR")).args([
            "build",
            "-q",
            "-p",
            "chat-server",
            "-p",
            "chat-tui",
        ]);
        if release {
            cargo.arg("--release");
        }
        assert!(cargo.status().expect("cargo starts").success(), "the programs do not build");
    });
}

/// Runs a program to its end, with this on its standard input.
pub async fn run_program(name: &str, args: &[&str], env: &[(&str, &str)], input: &str) -> Output {
    let mut child = command(name)
        .args(args)
        .envs(env.iter().copied())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program starts");
    let mut stdin = child.stdin.take().unwrap();
    // A program that ends without reading it all has seen enough.
    let _ = stdin.write_all(input.as_bytes()).await;
    drop(stdin);
    in_time(&format!("the end of {name} {args:?}"), child.wait_with_output()).await.unwrap()
}

/// A program in the middle of what it does.
pub struct Halfway {
    child: Child,
    // It may go on speaking.
    said: Lines<BufReader<ChildStderr>>,
}

impl Halfway {
    /// Runs a program until a line of its standard error begins with `mark`, or until it has nothing more to say.
    pub async fn run(name: &str, args: &[&str], mark: &str) -> Self {
        let mut child = command(name);
        child.args(args).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
        let mut child = child.spawn().expect("the program starts");
        let mut said = BufReader::new(child.stderr.take().unwrap()).lines();
        while let Some(line) = in_time(mark, said.next_line()).await.unwrap() {
            if line.starts_with(mark) {
                break;
            }
        }
        Self { child, said }
    }

    /// Runs a program, whatever it says.
    pub fn begins(name: &str, args: &[&str]) -> Self {
        let mut child = command(name);
        child.args(args).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
        let mut child = child.spawn().expect("the program starts");
        let said = BufReader::new(child.stderr.take().unwrap()).lines();
        Self { child, said }
    }

    /// Kills it; whether it was still there to be killed.
    pub async fn dies(mut self) -> bool {
        self.child.start_kill().unwrap();
        let ended = in_time("the process to be gone", self.child.wait()).await.unwrap();
        ended.code().is_none()
    }

    /// Asks it to stop with SIGTERM; its exit code.
    pub async fn is_asked_to_stop(mut self) -> Option<i32> {
        let pid = self.child.id().expect("it runs").to_string();
        assert!(Command::new("kill").args(["-TERM", &pid]).status().await.unwrap().success());
        in_time("the process to be gone", self.child.wait()).await.unwrap().code()
    }

    /// Waits until it ends by itself; tells whether it succeeded, and what else it said.
    pub async fn ends(mut self) -> (bool, Vec<String>) {
        let mut said = Vec::new();
        while let Some(line) = in_time("the program's end", self.said.next_line()).await.unwrap() {
            said.push(line);
        }
        let ended = in_time("the program's end", self.child.wait()).await.unwrap();
        (ended.success(), said)
    }
}

/// A program that sees nothing of the tester's own settings.
fn command(name: &str) -> Command {
    plain(Command::new(program(name)))
}

/// The same, started by this line of the shell as `"$@"`.
fn shell(line: &str, name: &str) -> Command {
    let mut command = plain(Command::new("sh"));
    command.args(["-c", line, "sh"]).arg(program(name));
    command
}

fn plain(mut command: Command) -> Command {
    for (key, _) in std::env::vars_os() {
        if key.to_string_lossy().starts_with("CHAT_") || key == "XDG_DATA_HOME" {
            command.env_remove(key);
        }
    }
    command.kill_on_drop(true);
    command
}

/// The real `chat-server`, which can be killed and started again on its data and its port.
pub struct RealServer {
    address: SocketAddr,
    settings: Settings,
    data: TempDir,
    child: Child,
}

/// How it is started.
#[derive(Default)]
struct Settings {
    args: Vec<String>,
    env: Vec<(String, String)>,
    /// In KiB. A write beyond that fails.
    file_max: Option<u32>,
}

impl RealServer {
    /// Starts it on a free port.
    pub async fn start(args: &[&str]) -> Self {
        Self::start_with(args, &[]).await
    }

    /// Starts it with something in its environment.
    pub async fn start_with(args: &[&str], env: &[(&str, &str)]) -> Self {
        let mut args: Vec<_> = args.iter().map(|arg| (*arg).to_owned()).collect();
        if !args.iter().any(|arg| arg == "--store")
            && let Some(url) = ground::fresh_store()
        {
            args.extend(["--store".to_owned(), url]);
        }
        let env = env.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
        Self::spawn(Settings { args, env, file_max: None }).await
    }

    /// Starts it on a folder in which something may be already; it keeps everything there, unless a flag says otherwise.
    pub async fn start_in(data: TempDir, args: &[&str]) -> Self {
        let args = args.iter().map(|arg| (*arg).to_owned()).collect();
        Self::spawn_in(data, Settings { args, ..Settings::default() }).await
    }

    /// Starts it on SQLite where no file grows beyond so many KiB.
    #[cfg(unix)]
    pub async fn start_with_files_up_to(kib: u32) -> Self {
        Self::spawn(Settings { file_max: Some(kib), ..Settings::default() }).await
    }

    /// The same with these flags.
    #[cfg(unix)]
    pub async fn start_on_a_small_disk(kib: u32, args: &[&str]) -> Self {
        let args = args.iter().map(|arg| (*arg).to_owned()).collect();
        Self::spawn(Settings { args, file_max: Some(kib), ..Settings::default() }).await
    }

    async fn spawn(settings: Settings) -> Self {
        Self::spawn_in(tempfile::tempdir().unwrap(), settings).await
    }

    async fn spawn_in(data: TempDir, settings: Settings) -> Self {
        let (child, address) = spawn("127.0.0.1:0", data.path(), &settings).await;
        ground::until_it_serves(address).await;
        Self { address, settings, data, child }
    }

    /// Starts it without waiting until it serves: its database may be away.
    pub async fn starts_anyway(args: &[&str]) -> Self {
        let data = tempfile::tempdir().unwrap();
        let args = args.iter().map(|arg| (*arg).to_owned()).collect();
        let settings = Settings { args, ..Settings::default() };
        let (child, address) = spawn("127.0.0.1:0", data.path(), &settings).await;
        Self { address, settings, data, child }
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Where it keeps everything.
    pub fn data(&self) -> &Path {
        self.data.path()
    }

    /// What it keeps everything in.
    pub fn store_location(&self) -> StoreLocation {
        Shelf::location(self.data.path(), &self.settings.args)
    }

    /// Its store, past the server.
    pub async fn shelf(&self) -> Shelf {
        Shelf::open(&self.store_location()).await
    }

    /// The process's id.
    pub fn pid(&self) -> u32 {
        self.child.id().expect("it runs")
    }

    /// Kills it in the middle of whatever it does, and starts it again at the same place.
    pub async fn crashes_and_restarts(&mut self) {
        self.restarts_after(|_| {}).await;
    }

    /// The same, and while it is gone something is done with the folder where it keeps everything.
    pub async fn restarts_after(&mut self, work: impl FnOnce(&Path)) {
        self.child.start_kill().unwrap();
        in_time("the process to be gone", self.child.wait()).await.unwrap();
        work(self.data.path());
        let listen = self.address.to_string();
        (self.child, self.address) = spawn(&listen, self.data.path(), &self.settings).await;
        ground::until_it_serves(self.address).await;
    }

    /// All that it has logged.
    pub fn log(&self) -> String {
        std::fs::read_to_string(self.data.path().join(LOG)).unwrap()
    }

    /// Waits until it ends by itself.
    pub async fn ends(&mut self) -> std::process::ExitStatus {
        in_time("the server's end", self.child.wait()).await.unwrap()
    }

    /// Asks it to stop with SIGTERM and tells how it ended.
    pub async fn stops(&mut self) -> std::process::ExitStatus {
        let asked = Command::new("kill").args(["-TERM", &self.pid().to_string()]).status().await.unwrap();
        assert!(asked.success());
        self.ends().await
    }
}

async fn spawn(listen: &str, data: &Path, settings: &Settings) -> (Child, SocketAddr) {
    let mut command = match settings.file_max {
        // The shell counts in blocks of 512 bytes. Ignored, the signal leaves an error, as a broken disk would.
        Some(kib) => shell(&format!("trap '' XFSZ; ulimit -f {}; exec \"$@\"", kib * 2), "chat-server"),
        None => command("chat-server"),
    };
    let log = std::fs::OpenOptions::new().create(true).append(true).open(data.join(LOG)).unwrap();
    command.args(["--listen", listen]).arg("--data").arg(data).args(&settings.args);
    command.envs(settings.env.iter().map(|(key, value)| (key, value)));
    command.stdout(Stdio::piped()).stderr(log).stdin(Stdio::null());
    let mut child = command.spawn().expect("chat-server starts");
    let mut line = String::new();
    let mut stdout = BufReader::new(child.stdout.take().unwrap());
    in_time("the server's first line", stdout.read_line(&mut line)).await.unwrap();
    let address = line.trim().rsplit(' ').next().and_then(|address| address.parse().ok());
    let address = address.unwrap_or_else(|| panic!("the first line tells the address, but was {line:?}"));
    (child, address)
}
