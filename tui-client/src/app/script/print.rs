//! Lines for standard output. A terminal that shows them is safe, whatever somebody wrote.

use crate::app::Model;
use crate::app::files::{attachment, size};
use crate::app::rows::text_of;
use chat_client::SafeText;
use chat_protocol::{Attachment, Entry};
use serde::Serialize;
use std::fmt::Write;

/// One JSON object on one line. What a terminal could stumble over is escaped; whoever reads JSON gets it exactly.
pub fn json(value: &impl Serialize) -> String {
    let plain = serde_json::to_string(value).expect("what is printed has string keys only");
    if plain.is_ascii() && !plain.contains('\u{7f}') {
        return plain;
    }
    let mut escaped = String::with_capacity(plain.len() + 16);
    for c in plain.chars() {
        if is_harmless(c) {
            escaped.push(c);
            continue;
        }
        for unit in c.encode_utf16(&mut [0; 2]) {
            write!(escaped, "\\u{unit:04x}").expect("a string takes everything");
        }
    }
    escaped
}

fn is_harmless(c: char) -> bool {
    let mut buffer = [0; 4];
    let text: &str = c.encode_utf8(&mut buffer);
    SafeText::new(text).as_str() == text
}

/// A message for people: its further lines are indented, so that none can look like another message.
pub fn plain(model: &Model, entry: &Entry) -> String {
    format!("{} {}", time(model, entry), said(entry))
}

/// As [`plain`], with the conversation and the number under which it stands there.
pub fn placed(model: &Model, entry: &Entry) -> String {
    let chat = model.chats.get(entry.conversation);
    let title = chat.map_or_else(|| "?".to_owned(), |chat| chat.title(&model.me));
    format!("{} {title} {} {}", time(model, entry), entry.seq, said(entry))
}

fn time(model: &Model, entry: &Entry) -> String {
    (model.local_time)(entry.at).format("%Y-%m-%d %H:%M").to_string()
}

fn said(entry: &Entry) -> String {
    let text = SafeText::new(text_of(entry)).as_str().replace('\n', "\n    ");
    let file = attachment(entry).map(|file| format!("[file: {}]", file_for_people(file)));
    let said: Vec<_> =
        Some(text).filter(|text| !text.is_empty() || file.is_none()).into_iter().chain(file).collect();
    format!("{}: {}", entry.from, said.join(" "))
}

/// A file's name, size and type.
pub fn file_for_people(file: &Attachment) -> String {
    let (name, media_type) = (SafeText::line(&file.name), SafeText::line(&file.media_type));
    format!("{name}, {}, {media_type}", size::bytes(file.size))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_keeps_the_text_and_harms_no_terminal() {
        let text = "a\u{1b}[2J\u{9b}\u{202e}\u{200b}\u{7f}é👨‍👩‍👧\u{e0041}\n\"";
        let line = json(&text);
        assert!(!line.chars().any(|c| c.is_control() || !is_harmless(c)), "{line:?}");
        assert!(line.contains('é') && line.contains('👨'));
        assert_eq!(serde_json::from_str::<String>(&line).unwrap(), text);
    }
}
