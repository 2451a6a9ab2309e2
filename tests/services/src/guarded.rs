//! A process that ends when its owner does, even when the owner is killed.

use std::ffi::OsString;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

/// Starts the program, tells its id, and kills it once the pipe on its standard input is closed.
const GUARD: &str =
    r#""$@" >/dev/null 2>&1 & pid=$!; echo $pid; read -r _; kill -9 $pid 2>/dev/null; wait $pid"#;

/// A running process and its guard.
pub struct Guarded {
    pid: String,
    guard: Child,
}

impl Guarded {
    pub fn start(program: &Path, args: &[OsString]) -> Self {
        let mut sh = Command::new("sh");
        sh.args(["-c", GUARD, "guard"]).arg(program).args(args);
        sh.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut guard = sh.spawn().expect("a shell starts");
        let mut pid = String::new();
        BufReader::new(guard.stdout.take().unwrap()).read_line(&mut pid).unwrap();
        Self { pid: pid.trim().to_owned(), guard }
    }

    pub fn pid(&self) -> &str {
        &self.pid
    }

    /// Sends a signal, for example `STOP`; whether there is still a process to get it.
    pub fn signal(&self, name: &str) -> bool {
        let mut kill = Command::new("kill");
        kill.args([&format!("-{name}"), &self.pid]).stderr(Stdio::null());
        kill.status().expect("kill runs").success()
    }
}

impl Guarded {
    /// Kills the process, and waits until it is gone with all that it held.
    pub fn ends(&mut self) {
        drop(self.guard.stdin.take());
        let _ = self.guard.wait();
    }
}

impl Drop for Guarded {
    fn drop(&mut self) {
        self.ends();
    }
}
