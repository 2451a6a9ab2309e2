//! Which pictures the terminal can draw: it is asked once, when the first one is wanted.
//!
//! The question is `ratatui-image`'s, but not its way of asking: that leaves a thread behind which takes the user's next
//! keys when a terminal does not answer.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use ratatui_image::FontSize;
use ratatui_image::picker::cap_parser::{Parser, QueryStdioOptions, Response};
use ratatui_image::picker::{Picker, ProtocolType};
use std::env;
use std::io;
#[cfg(unix)]
use std::io::Write;
use std::time::Duration;
#[cfg(unix)]
use std::time::Instant;

/// For the terminal's answers. Every terminal answers the last of the questions.
const ANSWER_TIME: Duration = Duration::from_secs(1);
/// How the one answer begins that a keyboard's reader would take for keys.
const KITTY_ANSWER: &str = "Gi=31;";

/// What was learnt.
pub struct Graphics {
    pub picker: Picker,
    /// Keys that were pressed meanwhile.
    pub typed: String,
    /// The terminal may answer later.
    pub is_late: bool,
}

/// Asks the terminal. Nobody else may read it meanwhile. One that does not answer in time gets half blocks.
pub fn ask() -> Graphics {
    let is_tmux = Picker::halfblocks().tmux_detected();
    let (answers, typed) = answers(is_tmux).unwrap_or_default();
    let is_late = !answers.contains(&Response::Status);
    let font_size = answers.iter().find_map(|answer| match answer {
        Response::CellSize(Some((width, height))) => Some(FontSize::new(*width, *height)),
        _ => None,
    });
    // Without the size of a character only half blocks have their place.
    let picker = font_size.or_else(cell_size).map(|font_size| with_size(font_size, &answers));
    let pixels = picker.filter(|picker| picker.protocol_type() != ProtocolType::Halfblocks);
    Graphics { picker: pixels.unwrap_or_else(blocks), typed, is_late }
}

#[allow(deprecated)] // It is the way to make one without a question.
fn with_size(font_size: FontSize, answers: &[Response]) -> Picker {
    let mut picker = Picker::from_fontsize(font_size);
    if answers.contains(&Response::Kitty) {
        picker.set_protocol_type(ProtocolType::Kitty);
    } else if answers.contains(&Response::Sixel) {
        picker.set_protocol_type(ProtocolType::Sixel);
    }
    picker
}

/// A character shows two points, one above the other: no more of a picture is lost than has to be.
fn blocks() -> Picker {
    let mut picker = with_size(FontSize::new(1, 2), &[]);
    picker.set_protocol_type(ProtocolType::Halfblocks);
    picker
}

/// What some terminals tell without being asked.
fn cell_size() -> Option<FontSize> {
    let size = crossterm::terminal::window_size().ok()?;
    let side = |pixels: u16, cells: u16| pixels.checked_div(cells).filter(|side| *side > 0);
    Some(FontSize::new(side(size.width, size.columns)?, side(size.height, size.rows)?))
}

fn question(is_tmux: bool) -> String {
    let is_set = |name| env::var(name).is_ok_and(|value| !value.is_empty());
    let mut options = QueryStdioOptions::default();
    // WezTerm is better at iTerm2's way, Konsole's other ways have faults.
    if is_set("WEZTERM_EXECUTABLE") || is_set("KONSOLE_VERSION") {
        options.blacklist_protocols = vec![ProtocolType::Kitty, ProtocolType::Sixel];
    }
    Parser::query(is_tmux, options)
}

#[cfg(unix)]
fn answers(is_tmux: bool) -> io::Result<(Vec<Response>, String)> {
    use rustix::event::{PollFd, PollFlags, Timespec, poll};

    let mut out = io::stdout();
    out.write_all(question(is_tmux).as_bytes())?;
    out.flush()?;
    let terminal = io::stdin();
    let deadline = Instant::now() + ANSWER_TIME;
    let mut reader = Reader::default();
    let mut bytes = [0; 256];
    while !reader.is_complete() {
        let left = deadline.saturating_duration_since(Instant::now());
        let left = Timespec { tv_sec: left.as_secs().cast_signed(), tv_nsec: left.subsec_nanos().into() };
        if poll(&mut [PollFd::new(&terminal, PollFlags::IN)], Some(&left))? == 0 {
            break;
        }
        // Past the standard library's buffer, which nobody else reads from.
        match rustix::io::read(&terminal, &mut bytes)? {
            0 => break,
            count => bytes[..count].iter().for_each(|byte| reader.read(*byte)),
        }
    }
    Ok((reader.answers, String::from_utf8_lossy(&reader.typed).into_owned()))
}

#[cfg(not(unix))]
fn answers(_is_tmux: bool) -> io::Result<(Vec<Response>, String)> {
    Ok((vec![Response::Status], String::new()))
}

/// Tells the answers from what the user types meanwhile.
#[derive(Default)]
struct Reader {
    parser: Parser,
    answers: Vec<Response>,
    typed: Vec<u8>,
    place: Place,
}

/// Where in a control sequence the next byte stands (ECMA-48).
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum Place {
    #[default]
    Outside,
    Escape,
    /// Up to a byte from `@` to `~`.
    Csi,
    /// Up to the string terminator.
    String,
    StringEscape,
}

impl Reader {
    fn read(&mut self, byte: u8) {
        self.answers.extend(self.parser.push(char::from(byte)));
        self.place = match (self.place, byte) {
            (Place::String, 0x1b) => Place::StringEscape,
            (_, 0x1b) => Place::Escape,
            (Place::Escape, b'[') => Place::Csi,
            (Place::Escape, b'_' | b'P' | b']') => Place::String,
            (Place::Csi, b'@'..=b'~') | (Place::Escape | Place::StringEscape, _) => Place::Outside,
            (Place::String, 0x07) => Place::Outside,
            (place @ (Place::Csi | Place::String), _) => place,
            (Place::Outside, byte) => {
                if byte >= b' ' && byte != 0x7f {
                    self.typed.push(byte);
                }
                Place::Outside
            }
        };
    }

    fn is_complete(&self) -> bool {
        self.answers.contains(&Response::Status)
    }
}

/// Swallows an answer that comes too late, so that it does not become a text.
#[derive(Debug, Default)]
pub struct LateAnswer {
    is_expected: bool,
    /// Characters of the answer that have come.
    come: Option<usize>,
}

impl LateAnswer {
    pub fn expect(&mut self) {
        self.is_expected = true;
    }

    /// Whether a key is none, but a part of the answer.
    pub fn swallows(&mut self, key: &KeyEvent) -> bool {
        if !self.is_expected {
            return false;
        }
        let is_alt = key.modifiers.contains(KeyModifiers::ALT);
        self.come = match (self.come, key.code) {
            (None, KeyCode::Char('_')) if is_alt => Some(0),
            (Some(_), KeyCode::Char('\\')) if is_alt => {
                *self = Self::default();
                return true;
            }
            (Some(count), KeyCode::Char(c)) if !is_alt => {
                let is_answer = KITTY_ANSWER.chars().nth(count).is_none_or(|expected| expected == c);
                is_answer.then_some(count + 1)
            }
            _ => None,
        };
        self.come.is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_are_told_from_keys() {
        let mut reader = Reader::default();
        for byte in "h\x1b_Gi=31;OK\x1b\\\x1b[?62;4cé\x1b[6;20;10t\x1b[A!\r\x1b[0n".bytes() {
            reader.read(byte);
        }
        let expected =
            [Response::Kitty, Response::Sixel, Response::CellSize(Some((10, 20))), Response::Status];
        assert_eq!(reader.answers, expected);
        assert_eq!(String::from_utf8(reader.typed).unwrap(), "hé!");
    }

    #[test]
    fn a_late_answer_is_no_text() {
        let keys = |text: &'static str| {
            text.chars().scan(false, |alt, c| {
                let key = match c {
                    '\x1b' => None,
                    c => {
                        let modifiers = if *alt { KeyModifiers::ALT } else { KeyModifiers::NONE };
                        Some(KeyEvent::new(KeyCode::Char(c), modifiers))
                    }
                };
                *alt = c == '\x1b';
                Some(key)
            })
        };
        for (expected, typed, left) in [
            (true, "a\x1b_Gi=31;OK\x1b\\b", "ab"),
            (true, "a\x1b_hello", "ahello"),
            (false, "\x1b_Gi=31;x", "_Gi=31;x"),
        ] {
            let mut late = LateAnswer::default();
            if expected {
                late.expect();
            }
            let kept: String = keys(typed)
                .flatten()
                .filter(|key| !late.swallows(key))
                .filter_map(|key| key.code.as_char())
                .collect();
            assert_eq!(kept, left, "{typed:?}");
        }
    }
}
