//! The examples of `docs/protocol.md`, typed to a real server: what the document says is what the server does.

use chat_protocol::{CloseCode, ErrorCode};
use chat_tests::{House, Wire};
use serde_json::{Map, Value};
use std::collections::HashMap;

const DOCUMENT: &str = include_str!("../../../docs/protocol.md");

/// The lines of all fenced blocks, each with the name of its connection.
fn examples() -> Vec<(&'static str, &'static str)> {
    let mut connection = None;
    let mut lines = Vec::new();
    for line in DOCUMENT.lines() {
        match (line.strip_prefix("```"), connection) {
            (Some(_), Some(_)) => connection = None,
            (Some(name), None) => connection = Some(name),
            // What is typed into a shell is not typed here.
            (None, Some("sh")) => {}
            (None, Some(name)) => lines.push((name, line)),
            (None, None) => {}
        }
    }
    lines
}

/// The values that the document names with a `$`.
#[derive(Default)]
struct Names(HashMap<String, Value>);

impl Names {
    /// What is typed: each name that is known gives way to its value.
    fn fill(&self, text: &str) -> String {
        // The longest first, so that `$laptop` leaves `$laptop_seen` alone.
        let mut names: Vec<_> = self.0.iter().collect();
        names.sort_by_key(|(name, _)| std::cmp::Reverse(name.len()));
        let fill = |text: String, (name, value): (&String, &Value)| {
            text.replace(&format!("\"{name}\""), &value.to_string())
        };
        names.into_iter().fold(text.to_owned(), fill)
    }

    /// Whether the frame is as the document says. A name that is new takes its value from the frame.
    fn matches(&mut self, expected: &Value, got: &Value) -> bool {
        match (expected, got) {
            (Value::String(name), got) if name.starts_with('$') => {
                self.0.entry(name.clone()).or_insert_with(|| got.clone()) == got
            }
            (Value::Object(expected), Value::Object(got)) => self.object_matches(expected, got),
            (Value::Array(expected), Value::Array(got)) => {
                expected.len() == got.len() && expected.iter().zip(got).all(|(e, g)| self.matches(e, g))
            }
            (expected, got) => expected == got,
        }
    }

    fn object_matches(&mut self, expected: &Map<String, Value>, got: &Map<String, Value>) -> bool {
        let open = expected.contains_key("...");
        let named = expected.len() - usize::from(open);
        let fields = expected.iter().filter(|(key, _)| *key != "...");
        (open || named == got.len())
            && fields.fold(true, |fine, (key, value)| {
                fine && got.get(key).is_some_and(|got| self.matches(value, got))
            })
    }
}

/// `...` at the end of an object becomes a field of that name.
fn parse(line: &str) -> Value {
    let json = line.replace(",...}", r#","...":true}"#);
    serde_json::from_str(&json)
        .unwrap_or_else(|error| panic!("the document's line {line} is no JSON: {error}"))
}

#[tokio::test]
async fn the_server_does_what_the_document_says() {
    let house = House::open().await;
    let (mut names, mut wires) = (Names::default(), HashMap::new());
    for (connection, line) in examples() {
        if !wires.contains_key(connection) {
            wires.insert(connection, Wire::dial(house.address()).await);
        }
        let wire = wires.get_mut(connection).unwrap();
        match line.split_at(2) {
            ("> ", typed) => {
                let typed = names.fill(typed);
                if typed.contains(r#""type":"search""#) {
                    until_indexed(wire, &typed).await;
                }
                wire.types(typed).await;
            }
            ("< ", heard) => hears(wire, &mut names, &parse(heard)).await,
            ("! ", "closes") => drop(wires.remove(connection)),
            ("! ", closed) => {
                let code = closed.strip_prefix("closed ").and_then(|code| code.parse().ok());
                assert_eq!(wire.close_code().await, code, "{connection}: {line}");
            }
            _ => panic!("the document's line {line:?} is neither typed nor heard"),
        }
    }
}

/// Asks the same until something is found, for the index follows what was said. A query that is refused is refused at once.
async fn until_indexed(wire: &mut Wire, search: &str) {
    loop {
        wire.types(search.to_owned()).await;
        let frame = wire.hears().await;
        let is_found = frame["hits"].as_array().is_some_and(|hits| !hits.is_empty());
        if is_found || frame["type"] == "error" {
            return;
        }
    }
}

/// Presence comes when it likes, so it is passed over unless it is what the document waits for.
async fn hears(wire: &mut Wire, names: &mut Names, expected: &Value) {
    loop {
        let frame = wire.hears().await;
        if frame["type"] == "presence"
            && (expected["type"] != "presence" || frame["online"] != expected["online"])
        {
            continue;
        }
        assert!(
            names.matches(expected, &frame),
            "the document says\n  {expected}\nthe server says\n  {frame}"
        );
        return;
    }
}

#[test]
fn the_tables_of_codes_are_complete() {
    use ErrorCode::*;
    let codes = [
        BadJson,
        BinaryFrame,
        FrameTooLarge,
        UnknownType,
        BadField,
        VersionUnsupported,
        Unauthenticated,
        AlreadyAuthenticated,
        BadCredentials,
        NameTaken,
        RegistrationClosed,
        UnknownUser,
        UnknownConversation,
        UnknownGroup,
        NotAllowed,
        NoChange,
        LastAdmin,
        UnknownMessage,
        MessageDeleted,
        NotYours,
        Blocked,
        LimitReached,
        UnknownDevice,
        UnknownFile,
        FileTooLarge,
        QuotaExceeded,
        WrongOffset,
        WrongChecksum,
        IdConflict,
        RateLimited,
        Busy,
        Unavailable,
        Internal,
    ];
    for code in codes {
        let on_the_wire = serde_json::to_value(code).unwrap();
        let row = DOCUMENT
            .lines()
            .find(|line| line.starts_with(&format!("| `{}` |", on_the_wire.as_str().unwrap())));
        let row = row.unwrap_or_else(|| panic!("{code:?} is not in the document"));
        let again = row.ends_with("yes, later |") || row.ends_with("yes, then |");
        assert_eq!(again, code.is_retryable(), "{row}");
    }
    let closes = [
        CloseCode::Normal,
        CloseCode::Restart,
        CloseCode::LoginFailed,
        CloseCode::Revoked,
        CloseCode::Silent,
        CloseCode::Lagging,
        CloseCode::TooMany,
    ];
    for code in closes {
        assert!(DOCUMENT.contains(&format!("\n| {} |", code.number())), "{code:?} is not in the document");
    }
}
