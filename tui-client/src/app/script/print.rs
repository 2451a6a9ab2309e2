//! Lines for standard output. A terminal that shows them is safe, whatever somebody wrote.

use crate::app::Model;
use crate::app::files::size;
use crate::app::rows::text_of;
use chat_client::SafeText;
use chat_protocol::{
    Attachment, Body, ClientId, ConversationId, Entry, Message, Quote, Reactions, Seq, UnixMillis, UserName,
    Version,
};
use serde::Serialize;
use std::fmt::{Display, Write};

/// How much of what it answers stands before a message for people, in characters.
const QUOTE_CHARS: usize = 30;

/// What `--json` prints of what was stored.
#[derive(Serialize)]
pub struct Ack<'a> {
    pub conversation: ConversationId,
    pub seq: Seq,
    pub at: UnixMillis,
    pub client_id: &'a ClientId,
}

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
    format!("{} {}: {}", time(model, entry.at), entry.from, said_by(entry))
}

/// As [`plain`], with the conversation and the number under which it stands there.
pub fn placed(model: &Model, entry: &Entry) -> String {
    let chat = model.chats.get(entry.conversation);
    let title = chat.map_or_else(|| "?".to_owned(), |chat| chat.title(&model.me));
    format!("{} {title} {} {}: {}", time(model, entry.at), entry.seq, entry.from, said_by(entry))
}

fn said_by(entry: &Entry) -> String {
    match &entry.body {
        Body::Message(message) => said(message),
        _ => indented(text_of(entry)),
    }
}

/// A version of a message, likewise.
pub fn version_for_people(model: &Model, version: &Version) -> String {
    format!("{} {}", time(model, version.at), indented(&version.text))
}

fn said(message: &Message) -> String {
    if message.deleted_at.is_some() {
        return "[deleted]".to_owned();
    }
    let text = Some(indented(&message.text)).filter(|text| !text.is_empty() || message.file.is_none());
    let answered = message.reply_to.as_deref().map(answered);
    let file = message.file.as_ref().map(|file| format!("[file: {}]", file_for_people(file)));
    let edited = message.edited_at.map(|_| "[edited]".to_owned());
    let reactions = message.reactions.iter().map(reacted);
    let parts = answered.into_iter().chain(text).chain(file).chain(edited).chain(reactions);
    parts.collect::<Vec<_>>().join(" ")
}

fn answered(quote: &Quote) -> String {
    let words = match &quote.file {
        _ if quote.deleted => "deleted".to_owned(),
        Some(file) if quote.text.is_empty() => file.clone(),
        _ => quote.text.clone(),
    };
    let words = match words.char_indices().nth(QUOTE_CHARS) {
        Some((cut, _)) => format!("{}…", &words[..cut]),
        None => words,
    };
    format!("[to {}: {}]", quote.from, SafeText::line(&words))
}

fn reacted(Reactions { emoji, users }: &Reactions) -> String {
    let users: Vec<_> = users.iter().map(UserName::as_str).collect();
    format!("[{} {}]", SafeText::line(emoji), users.join(", "))
}

fn indented(text: &str) -> String {
    SafeText::new(text).as_str().replace('\n', "\n    ")
}

fn time(model: &Model, at: UnixMillis) -> impl Display {
    (model.local_time)(at).format("%Y-%m-%d %H:%M")
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
