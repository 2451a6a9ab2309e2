//! The grammar of what is typed: a message, or a command with a slash.

use chat_protocol::UserName;

/// A command: its name, its arguments and what it does, for the help.
pub const COMMANDS: &[(&str, &str, &str)] = &[
    ("/msg", "NAME [TEXT]", "open a conversation, and say something"),
    ("/help", "", "show keys and commands"),
    ("/retry", "", "send the messages again that failed"),
    ("/discard", "", "forget the messages that failed"),
    ("/devices", "", "list the devices that are logged in"),
    ("/revoke", "N", "log device N of the list out"),
    ("/passwd", "", "change the password"),
    ("/logout", "", "log this device out, and quit"),
    ("/quit", "", "quit"),
];

/// What the user typed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Typed {
    /// Nothing but space.
    Nothing,
    /// A message.
    Text(String),
    Msg(UserName, Option<String>),
    Help,
    Retry,
    Discard,
    Devices,
    Revoke(usize),
    Passwd,
    Logout,
    Quit,
}

/// Reads what was typed. Only what begins with one slash is a command; two slashes say one.
///
/// # Errors
/// A line for the user; nothing is ever sent that was meant as a command.
pub fn parse(text: &str) -> Result<Typed, String> {
    if let Some(text) = text.strip_prefix("//") {
        return Ok(Typed::Text(format!("/{text}")));
    }
    if !text.starts_with('/') {
        let is_empty = text.trim().is_empty();
        return Ok(if is_empty { Typed::Nothing } else { Typed::Text(text.trim_end().to_owned()) });
    }
    let (name, rest) = text.split_once(char::is_whitespace).unwrap_or((text, ""));
    let rest = rest.trim();
    let typed = match name {
        "/msg" => return msg(rest),
        "/revoke" => {
            return rest
                .parse()
                .map(Typed::Revoke)
                .map_err(|_| "/revoke N: the number from /devices".to_owned());
        }
        "/help" => Typed::Help,
        "/retry" => Typed::Retry,
        "/discard" => Typed::Discard,
        "/devices" => Typed::Devices,
        "/passwd" => Typed::Passwd,
        "/logout" => Typed::Logout,
        "/quit" => Typed::Quit,
        _ => return Err(unknown(name)),
    };
    if rest.is_empty() { Ok(typed) } else { Err(format!("{name} takes nothing after it")) }
}

fn msg(rest: &str) -> Result<Typed, String> {
    let (name, text) = rest.split_once(char::is_whitespace).unwrap_or((rest, ""));
    let name = name.strip_prefix('@').unwrap_or(name);
    if name.is_empty() {
        return Err("/msg NAME [TEXT]: to whom?".to_owned());
    }
    let user = name.parse().map_err(|error| format!("{error}"))?;
    let text = text.trim();
    Ok(Typed::Msg(user, (!text.is_empty()).then(|| text.to_owned())))
}

fn unknown(name: &str) -> String {
    let nearest = COMMANDS.iter().map(|(known, ..)| (distance(name, known), *known)).min();
    match nearest {
        Some((distance, known)) if distance <= 2 => {
            format!("there is no {name}; did you mean {known}? (// sends a slash)")
        }
        _ => format!("there is no {name}; /help lists the commands (// sends a slash)"),
    }
}

/// How many letters to add, leave out or change (Levenshtein 1966).
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, from) in a.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, to) in b.iter().enumerate() {
            let changed = diagonal + usize::from(from != *to);
            diagonal = row[j + 1];
            row[j + 1] = changed.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_typed_is_a_message_or_a_command() {
        let text = |text: &str| Ok(Typed::Text(text.to_owned()));
        let bob: UserName = "bob".parse().unwrap();
        for (typed, expected) in [
            ("", Ok(Typed::Nothing)),
            (" \n ", Ok(Typed::Nothing)),
            ("hi ", text("hi")),
            (" /quit", text(" /quit")),
            ("//quit", text("/quit")),
            ("//", text("/")),
            ("/quit", Ok(Typed::Quit)),
            ("/help ", Ok(Typed::Help)),
            ("/msg bob", Ok(Typed::Msg(bob.clone(), None))),
            ("/msg @bob  hi there ", Ok(Typed::Msg(bob.clone(), Some("hi there".to_owned())))),
            ("/revoke 2", Ok(Typed::Revoke(2))),
        ] {
            assert_eq!(parse(typed), expected, "{typed:?}");
        }
    }

    #[test]
    fn a_wrong_command_is_an_error_and_never_a_message() {
        for typed in [
            "/",
            "/nosuch",
            "/quit now",
            "/msg",
            "/msg Bob",
            "/msg a\u{202e}",
            "/revoke",
            "/revoke x",
            "/Quit",
        ] {
            assert!(parse(typed).is_err(), "{typed:?}");
        }
        assert!(parse("/qiut").unwrap_err().contains("/quit"));
    }
}
