//! A question on the terminal, with a masked answer.

use super::signals::Signals;
use crate::exit::{self, Failure};
use chat_protocol::{Password, limits};
use crossterm::event::{Event, EventStream, KeyCode, KeyEvent, KeyEventKind, KeyModifiers};
use crossterm::terminal;
use futures_util::StreamExt;
use std::io::{self, IsTerminal, Write};

/// Raw mode, until it is dropped.
struct Raw;

impl Raw {
    fn enter() -> Result<Self, Failure> {
        terminal::enable_raw_mode().map_err(broken)?;
        Ok(Self)
    }
}

impl Drop for Raw {
    fn drop(&mut self) {
        let _ = terminal::disable_raw_mode();
    }
}

/// Asks for a password. Each letter shows as a dot.
pub async fn password(label: &str) -> Result<Password, Failure> {
    if !io::stdin().is_terminal() || !io::stderr().is_terminal() {
        let message = "not logged in, and no password: set CHAT_PASSWORD, CHAT_PASSWORD_FILE or CHAT_TOKEN";
        return Err(Failure::new(exit::LOGIN, message));
    }
    let answer = line(label, Some('•')).await?;
    Ok(Password::new(answer))
}

/// Asks yes or no; no is the default.
pub async fn yes(question: &str) -> Result<bool, Failure> {
    let answer = line(&format!("{question} [y/N] "), None).await?;
    Ok(matches!(answer.trim(), "y" | "Y" | "yes"))
}

async fn line(label: &str, mask: Option<char>) -> Result<String, Failure> {
    let raw = Raw::enter()?;
    let mut signals = Signals::new().map_err(broken)?;
    let mut keys = EventStream::new();
    let mut answer = String::new();
    show(label)?;
    let ended = loop {
        let event = tokio::select! {
            event = keys.next() => event,
            signal = signals.next() => break Err(Failure::new(128 + signal, "stopped")),
        };
        match event {
            Some(Ok(Event::Key(key))) if key.kind != KeyEventKind::Release => {
                if let Some(ended) = type_key(&mut answer, key, mask)? {
                    break ended;
                }
            }
            Some(Ok(_)) => {}
            Some(Err(error)) => break Err(broken(error)),
            None => break Err(Failure::new(exit::OTHER, "the terminal is gone")),
        }
    };
    show("\r\n")?;
    drop(raw);
    ended.map(|()| answer)
}

/// Takes a key; something when that was the last one.
fn type_key(
    answer: &mut String,
    key: KeyEvent,
    mask: Option<char>,
) -> Result<Option<Result<(), Failure>>, Failure> {
    match key.code {
        KeyCode::Enter => return Ok(Some(Ok(()))),
        KeyCode::Char('c' | 'd') if key.modifiers.contains(KeyModifiers::CONTROL) => {
            return Ok(Some(Err(Failure::new(130, "stopped"))));
        }
        KeyCode::Char('u') if key.modifiers.contains(KeyModifiers::CONTROL) => {
            show(&"\u{8} \u{8}".repeat(answer.chars().count()))?;
            answer.clear();
        }
        KeyCode::Char(c) if answer.len() < limits::PASSWORD_BYTES_MAX && !c.is_control() => {
            answer.push(c);
            show(mask.unwrap_or(c).encode_utf8(&mut [0; 4]))?;
        }
        KeyCode::Backspace if answer.pop().is_some() => show("\u{8} \u{8}")?,
        _ => {}
    }
    Ok(None)
}

fn show(text: &str) -> Result<(), Failure> {
    let mut out = io::stderr();
    out.write_all(text.as_bytes()).and_then(|()| out.flush()).map_err(broken)
}

fn broken(error: io::Error) -> Failure {
    Failure::new(exit::OTHER, format!("the terminal does not work: {error}"))
}
