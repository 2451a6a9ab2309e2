//! One `mongod`.

use crate::guarded::Guarded;
use std::ffi::OsString;
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// Names the program; set by the test command.
const PROGRAM: &str = "CHAT_TESTS_MONGOD";
/// For a start, which takes a second or two on a quiet machine.
const START: Duration = Duration::from_secs(60);

/// A running `mongod`, alone or a member of a replica set.
pub struct Mongod {
    port: u16,
    folder: PathBuf,
    args: Vec<OsString>,
    process: Guarded,
}

impl Mongod {
    /// Starts one on a free port with an empty folder.
    pub fn start(args: &[&str]) -> Self {
        let args: Vec<OsString> = args.iter().map(Into::into).collect();
        let deadline = Instant::now() + START;
        loop {
            let folder = tempfile::tempdir().unwrap().keep();
            let port = free_port();
            let process = spawn(port, &folder, &args);
            if answers(port, &process) {
                return Self { port, folder, args, process };
            }
            // Somebody else may have taken the port in the meantime.
            let log = std::fs::read_to_string(folder.join("log")).unwrap_or_default();
            assert!(Instant::now() < deadline, "mongod does not start:\n{log}");
        }
    }

    /// Where it listens.
    pub fn address(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    /// Its folder, with `log` in it.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The id of its process.
    pub fn pid(&self) -> &str {
        self.process.pid()
    }

    /// Sends it a signal: `KILL`, `STOP`, `CONT`.
    pub fn signal(&self, name: &str) {
        assert!(self.process.signal(name), "mongod {} gets SIG{name}", self.process.pid());
    }

    /// Starts it again on its port and its folder after it was killed.
    pub fn restarts(&mut self) {
        let deadline = Instant::now() + START;
        loop {
            // A process that was killed just now may still hold the folder and the port.
            self.process.ends();
            self.process = spawn(self.port, &self.folder, &self.args);
            if answers(self.port, &self.process) {
                return;
            }
            assert!(Instant::now() < deadline, "mongod does not start again");
        }
    }
}

/// The program's path.
///
/// # Panics
/// There is none; a missing service is a failure.
fn program() -> PathBuf {
    if let Some(path) = std::env::var_os(PROGRAM) {
        return path.into();
    }
    let folders = std::env::var_os("PATH").unwrap_or_default();
    let found =
        std::env::split_paths(&folders).map(|folder| folder.join("mongod")).find(|path| path.is_file());
    found.unwrap_or_else(|| {
        panic!("these tests need a real mongod: run `tests/run`, which gets one, or set {PROGRAM}")
    })
}

fn spawn(port: u16, folder: &Path, args: &[OsString]) -> Guarded {
    let mut all: Vec<OsString> =
        ["--bind_ip", "127.0.0.1", "--nounixsocket", "--quiet", "--oplogSize", "256"]
            .iter()
            .map(Into::into)
            .collect();
    all.extend(
        ["--wiredTigerCacheSizeGB", "0.25", "--setParameter", "diagnosticDataCollectionEnabled=false"]
            .map(Into::into),
    );
    all.extend(["--port".into(), port.to_string().into()]);
    all.extend([
        "--dbpath".into(),
        folder.into(),
        "--logpath".into(),
        folder.join("log").into(),
        "--logappend".into(),
    ]);
    all.extend_from_slice(args);
    Guarded::start(folder, &program(), &all)
}

/// Waits until it accepts connections; false when it has ended instead.
fn answers(port: u16, process: &Guarded) -> bool {
    let deadline = Instant::now() + START;
    while process.signal("0") && Instant::now() < deadline {
        if TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_ok() {
            return true;
        }
        // There is nothing to wait on but the port itself.
        std::thread::sleep(Duration::from_millis(20));
    }
    false
}

fn free_port() -> u16 {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    listener.local_addr().unwrap().port()
}
