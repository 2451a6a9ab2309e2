//! The terminal as a screen. However the program ends, it is given back as it was.

use crossterm::event::{DisableBracketedPaste, DisableFocusChange, EnableBracketedPaste, EnableFocusChange};
use crossterm::terminal::{
    DisableLineWrap, EnableLineWrap, EnterAlternateScreen, LeaveAlternateScreen, disable_raw_mode,
    enable_raw_mode,
};
use crossterm::{cursor, execute};
use ratatui::Terminal;
use ratatui::backend::CrosstermBackend;
use std::cell::Cell;
use std::io::{self, BufWriter, Stdout};
use std::panic;
use std::sync::Once;
use std::sync::atomic::{AtomicBool, Ordering};

static HOOK: Once = Once::new();
/// Whether the terminal is to be given back.
static IS_TAKEN: AtomicBool = AtomicBool::new(false);

thread_local! {
    /// Whether a panic of this thread is expected, and nothing to end for.
    static IS_QUIET: Cell<bool> = const { Cell::new(false) };
}

/// Does work that may panic, such as reading what somebody has made for that; nothing when it has.
pub fn quietly<T>(work: impl FnOnce() -> T) -> Option<T> {
    IS_QUIET.set(true);
    let done = panic::catch_unwind(panic::AssertUnwindSafe(work));
    IS_QUIET.set(false);
    done.ok()
}

/// The screen, until it is dropped.
pub struct Screen {
    pub terminal: Terminal<CrosstermBackend<BufWriter<Stdout>>>,
}

impl Screen {
    pub fn enter() -> io::Result<Self> {
        HOOK.call_once(|| {
            let earlier = panic::take_hook();
            panic::set_hook(Box::new(move |info| {
                if IS_QUIET.get() {
                    return;
                }
                restore();
                earlier(info);
            }));
        });
        enable_raw_mode()?;
        IS_TAKEN.store(true, Ordering::SeqCst);
        let entered = execute!(
            io::stdout(),
            EnterAlternateScreen,
            // A character that is wider here than we think must not push a line's end into the next line.
            DisableLineWrap,
            EnableBracketedPaste,
            EnableFocusChange
        );
        let terminal =
            entered.and_then(|()| Terminal::new(CrosstermBackend::new(BufWriter::new(io::stdout()))));
        if terminal.is_err() {
            restore();
        }
        Ok(Self { terminal: terminal? })
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        restore();
    }
}

/// Once only: leaving the other screen again would put the cursor back, and what comes next over the panic's message.
/// What cannot be restored, because the terminal is gone, need not be.
fn restore() {
    if !IS_TAKEN.swap(false, Ordering::SeqCst) {
        return;
    }
    let _ = execute!(
        io::stdout(),
        DisableFocusChange,
        DisableBracketedPaste,
        EnableLineWrap,
        LeaveAlternateScreen,
        cursor::Show
    );
    let _ = disable_raw_mode();
}
