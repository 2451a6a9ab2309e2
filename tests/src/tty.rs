//! A program in a pseudo-terminal, and what its screen shows.

use crate::{PATIENCE, program};
use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};
use std::io::{Read, Write};
use std::num::NonZeroU16;
use std::sync::{Arc, Condvar, Mutex};
use std::time::Instant;

/// What has come from the program.
struct Output {
    screen: vt100::Parser,
    bytes: Vec<u8>,
}

/// A program in a terminal. It is killed when this is dropped.
pub struct Tty {
    output: Arc<(Mutex<Output>, Condvar)>,
    keyboard: Box<dyn Write + Send>,
    master: Box<dyn MasterPty + Send>,
    child: Box<dyn Child + Send + Sync>,
}

fn pty_size((cols, rows): (u16, u16)) -> PtySize {
    PtySize { rows, cols, pixel_width: 0, pixel_height: 0 }
}

fn cells(count: u16) -> NonZeroU16 {
    NonZeroU16::new(count).expect("a terminal has at least one cell")
}

impl Tty {
    /// Starts a program of this tree in a terminal of so many columns and rows.
    pub fn start(name: &str, args: &[&str], size: (u16, u16)) -> Self {
        let mut command = CommandBuilder::new(program(name));
        command.args(args);
        Self::run(command, size)
    }

    /// Starts any command. It sees nothing of the tester's own settings.
    pub fn run(mut command: CommandBuilder, size: (u16, u16)) -> Self {
        let pair = native_pty_system().openpty(pty_size(size)).unwrap();
        command.env("TERM", "xterm-256color");
        for setting in [
            "CHAT_PASSWORD",
            "CHAT_PASSWORD_FILE",
            "CHAT_TOKEN",
            "CHAT_USER",
            "CHAT_SERVER",
            "CHAT_DATA",
            "CHAT_DOWNLOADS",
            "CHAT_IMAGES",
            "CHAT_NO_TYPING",
            "NO_COLOR",
            // By which a program would know the tester's own terminal.
            "KONSOLE_VERSION",
            "LC_TERMINAL",
            "TERM_PROGRAM",
            "WEZTERM_EXECUTABLE",
        ] {
            command.env_remove(setting);
        }
        let child = pair.slave.spawn_command(command).unwrap();
        let output =
            Output { screen: vt100::Parser::new(cells(size.1), cells(size.0), 0), bytes: Vec::new() };
        let output = Arc::new((Mutex::new(output), Condvar::new()));
        let keyboard = pair.master.take_writer().unwrap();
        watch(pair.master.try_clone_reader().unwrap(), Arc::clone(&output));
        Self { output, keyboard, master: pair.master, child }
    }

    /// Presses keys.
    pub fn types(&mut self, keys: &str) {
        self.keyboard.write_all(keys.as_bytes()).unwrap();
        self.keyboard.flush().unwrap();
    }

    /// Waits until the screen shows this.
    pub fn shows(&self, text: &str) {
        self.waits(&format!("{text:?} on the screen"), |screen| screen.contents().contains(text));
    }

    /// Waits until the screen does not show this.
    pub fn no_longer_shows(&self, text: &str) {
        self.waits(&format!("no {text:?} on the screen"), |screen| !screen.contents().contains(text));
    }

    /// What the screen shows now.
    pub fn screen(&self) -> vt100::Screen {
        self.output.0.lock().unwrap().screen.screen().clone()
    }

    /// The process's id.
    pub fn pid(&self) -> u32 {
        self.child.process_id().expect("it runs")
    }

    /// Whether this has ever been written to the terminal.
    pub fn has_shown(&self, text: &str) -> bool {
        let output = self.output.0.lock().unwrap();
        output.bytes.windows(text.len()).any(|window| window == text.as_bytes())
    }

    /// How much the program has written so far.
    pub fn bytes_written(&self) -> usize {
        self.output.0.lock().unwrap().bytes.len()
    }

    /// Waits until this has been written to the terminal, whether or not it is to be seen.
    pub fn writes(&self, text: &str) {
        self.waits_for(&format!("{text:?} in the output"), |output| {
            output.bytes.windows(text.len()).any(|window| window == text.as_bytes())
        });
    }

    /// Waits until the terminal is an ordinary one again.
    pub fn is_given_back(&self) {
        self.waits("the terminal as it was", |screen| {
            !screen.alternate_screen() && !screen.hide_cursor() && !screen.bracketed_paste()
        });
    }

    /// Changes the terminal's size.
    pub fn resizes(&self, size: (u16, u16)) {
        self.output.0.lock().unwrap().screen.screen_mut().set_size(cells(size.1), cells(size.0));
        self.master.resize(pty_size(size)).unwrap();
    }

    /// Sends the program a signal.
    pub fn signal(&self, signal: &str) {
        let pid = self.pid().to_string();
        let sent = std::process::Command::new("kill").args(["-s", signal, &pid]).status().unwrap();
        assert!(sent.success());
    }

    /// Waits for the program's end and gives its exit code.
    pub fn ends(&mut self) -> u32 {
        self.child.wait().unwrap().exit_code()
    }

    /// Waits until the screen is so.
    pub fn waits(&self, what: &str, is_so: impl Fn(&vt100::Screen) -> bool) {
        self.waits_for(what, |output| is_so(output.screen.screen()));
    }

    fn waits_for(&self, what: &str, is_so: impl Fn(&Output) -> bool) {
        let (lock, changed) = &*self.output;
        let deadline = Instant::now() + PATIENCE;
        let mut output = lock.lock().unwrap();
        while !is_so(&output) {
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                let screen = output.screen.screen().contents();
                drop(output);
                panic!("waited in vain for {what}; the screen shows:\n{screen}");
            }
            output = changed.wait_timeout(output, left).unwrap().0;
        }
    }
}

impl Drop for Tty {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Takes in what the program writes, until it ends.
fn watch(mut reader: Box<dyn Read + Send>, output: Arc<(Mutex<Output>, Condvar)>) {
    std::thread::spawn(move || {
        let mut buffer = [0; 4096];
        while let Ok(count @ 1..) = reader.read(&mut buffer) {
            let mut output_now = output.0.lock().unwrap();
            output_now.screen.process(&buffer[..count]);
            output_now.bytes.extend_from_slice(&buffer[..count]);
            drop(output_now);
            output.1.notify_all();
        }
    });
}
