//! A process that ends when its owner does, even when the owner is killed, and its folder with it.

use std::ffi::OsString;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};

/// Starts the program, tells its id, and kills it once the pipe on its standard input is closed. Then it removes the folder,
/// unless a line has come before.
const GUARD: &str = r#"folder=$1; shift; "$@" >/dev/null 2>&1 & pid=$!; echo $pid
    read -r keep; kill -9 $pid 2>/dev/null; wait $pid; [ -n "$keep" ] || rm -rf -- "$folder""#;

/// A running process and its guard. A shared one is never dropped, for it is static: only the guard sees its end.
pub struct Guarded {
    pid: String,
    guard: Child,
}

impl Guarded {
    /// Starts a program that keeps everything in this folder.
    pub fn start(folder: &Path, program: &Path, args: &[OsString]) -> Self {
        let mut sh = Command::new("sh");
        sh.args(["-c", GUARD, "guard"]).arg(folder).arg(program).args(args);
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
    /// Kills the process and leaves its folder, and waits until all else is gone that it held.
    pub fn ends(&mut self) {
        if let Some(mut keep) = self.guard.stdin.take() {
            let _ = keep.write_all(b"keep\n");
        }
        let _ = self.guard.wait();
    }
}

impl Drop for Guarded {
    fn drop(&mut self) {
        drop(self.guard.stdin.take());
        let _ = self.guard.wait();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn start(folder: &Path) -> Guarded {
        Guarded::start(folder, Path::new("sleep"), &["1000".into()])
    }

    #[test]
    fn the_folder_goes_with_the_owner_and_not_before() {
        let folder = tempfile::tempdir().unwrap().keep();
        let mut first = start(&folder);
        std::fs::write(folder.join("kept"), "").unwrap();
        first.ends();
        assert!(!first.signal("0"), "it has ended");
        let second = start(&folder);
        drop(first);
        assert!(folder.join("kept").exists(), "it can be started again");
        drop(second);
        assert!(!folder.exists(), "nothing is left");
    }
}
