//! The grammar of what is typed: a message, or a command with a slash.

mod change;
mod group;
mod prefer;

pub use group::GroupTyped;
pub use prefer::PreferTyped;

use super::files::words::{self, Word};
use super::files::{Which, is_place};
use chat_protocol::{GroupName, Seq, UserName};

/// A command: its name, its arguments and what it does, for the help.
pub const COMMANDS: &[(&str, &str, &str)] = &[
    ("/msg", "NAME|#NAME [TEXT]", "open a conversation, and say something"),
    ("/notes", "[TEXT]", "open your notes, and write one down"),
    ("/search", "[QUERY]", "look for messages; Enter goes to one"),
    ("/reply", "[N] [TEXT]", "answer message N, or the last one of others"),
    ("/edit", "[N] [TEXT]", "edit your message N, or your last one"),
    ("/delete", "[N]", "delete your message N, or your last one"),
    ("/react", "[N] EMOJI", "react to message N, or the last one of others"),
    ("/unreact", "[N] [EMOJI]", "take a reaction back"),
    ("/versions", "[N]", "show what an edited message said before"),
    ("/group", "[--public] NAME [USER...]", "make a group"),
    ("/groups", "", "list the groups that anybody can join"),
    ("/join", "#NAME", "join a public group"),
    ("/leave", "", "leave this group"),
    ("/members", "", "list the members of this group"),
    ("/readers", "[N]", "show who has read message N, or your last one"),
    ("/add", "USER...", "add others to this group"),
    ("/remove", "USER", "remove a member from this group"),
    ("/admin", "USER", "make a member an admin"),
    ("/unadmin", "USER", "make an admin a member like all others"),
    ("/rename", "NAME", "call this group otherwise"),
    ("/topic", "[TEXT]", "say what this group is about; - for nothing"),
    ("/past", "all|none", "what newcomers see of what was said before"),
    ("/retention", "DAYS|off", "how long what is said in this group is kept"),
    ("/mute", "[all|mentions|none]", "say what this conversation calls you for"),
    ("/unmute", "", "let it call you for each message"),
    ("/archive", "", "put this conversation away"),
    ("/unarchive", "", "take it back into the list"),
    ("/archived", "", "show in the list what is put away, or hide it"),
    ("/block", "[USER]", "let nothing pass between the two of you"),
    ("/unblock", "[USER]", "let it pass again"),
    ("/blocked", "", "list whom you have blocked"),
    ("/send", "PATH [TEXT]", "send a file; Tab completes its path"),
    ("/cancel", "[N]", "stop transfer #N, or the last one"),
    ("/save", "[N|NAME] [TO]", "save a file: the last one, by number or name"),
    ("/files", "", "list the conversation's files"),
    ("/view", "[N|NAME]", "show a picture"),
    ("/help", "", "show keys and commands"),
    ("/retry", "", "send the messages again that failed"),
    ("/discard", "", "forget the messages that failed"),
    ("/receipts", "on|off", "tell others what you have read, or not"),
    ("/devices", "", "list the devices that are logged in"),
    ("/revoke", "N", "log device N of the list out"),
    ("/passwd", "", "change the password"),
    ("/delete-account", "", "erase yourself and all that you have said"),
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
    /// The conversation of a group that the user is in.
    MsgGroup(GroupName, Option<String>),
    /// The conversation with oneself.
    Notes(Option<String>),
    /// A message is answered: the one with this number, or else a likely one. Without a text one is to be written; so with
    /// the edit.
    Reply(Option<Seq>, Option<String>),
    Edit(Option<Seq>, Option<String>),
    Delete(Option<Seq>),
    /// With an emoji or its shortcode.
    React(Option<Seq>, String),
    Unreact(Option<Seq>, Option<String>),
    Versions(Option<Seq>),
    /// Who has read the message with this number, or the user's last one.
    Readers(Option<Seq>),
    Group(GroupTyped),
    Prefer(PreferTyped),
    /// Who is blocked.
    Blocked,
    /// Show what is put away, or hide it.
    Archived,
    DeleteAccount,
    /// Read receipts on or off; or the question which of it.
    Receipts(Option<bool>),
    /// A file, and what is said with it.
    Send(FilePath, String),
    /// The transfer with this number, or the last one.
    Cancel(Option<u32>),
    /// A file, and where to: none for the usual folder.
    Save(Which, Option<FilePath>),
    Files,
    View(Which),
    /// What is to be looked for, if it is known already.
    Search(Option<String>),
    Help,
    Retry,
    Discard,
    Devices,
    Revoke(usize),
    Passwd,
    Logout,
    Quit,
}

/// A path as it was written; where the home folder is decides what it means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FilePath(String);

impl FilePath {
    /// The path that is meant.
    ///
    /// # Errors
    /// A line for the user.
    pub fn resolve(&self, home: Option<&str>) -> Result<String, String> {
        let word = words::first(&self.0).ok_or("a path is missing")?;
        word.path(home)
    }
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
    let (name, written) = text.split_once(char::is_whitespace).unwrap_or((text, ""));
    let rest = written.trim();
    if let Some(typed) = read_by_part(name, rest) {
        return typed;
    }
    let typed = match name {
        "/msg" => return msg(rest),
        "/notes" => return Ok(Typed::Notes(said(rest))),
        "/search" => return Ok(Typed::Search(said(rest))),
        // A path may end in a space that is escaped.
        "/send" => return send(written),
        "/save" => return save(written),
        "/view" => return view(rest),
        "/cancel" => return cancel(rest),
        "/revoke" => {
            return rest
                .parse()
                .map(Typed::Revoke)
                .map_err(|_| "/revoke N: the number from /devices".to_owned());
        }
        "/blocked" => Typed::Blocked,
        "/archived" => Typed::Archived,
        "/delete-account" => Typed::DeleteAccount,
        "/files" => Typed::Files,
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

/// Commands of which there are many like them.
fn read_by_part(name: &str, rest: &str) -> Option<Result<Typed, String>> {
    change::parse(name, rest).or_else(|| group::parse(name, rest)).or_else(|| prefer::parse(name, rest))
}

fn msg(rest: &str) -> Result<Typed, String> {
    let (name, text) = rest.split_once(char::is_whitespace).unwrap_or((rest, ""));
    if name.starts_with('#') {
        let group = group::group_name(name, "/msg #NAME [TEXT]: to which group?")?;
        return Ok(Typed::MsgGroup(group, said(text.trim())));
    }
    let name = name.strip_prefix('@').unwrap_or(name);
    if name.is_empty() {
        return Err("/msg NAME [TEXT]: to whom?".to_owned());
    }
    let user = name.parse().map_err(|error| format!("{error}"))?;
    Ok(Typed::Msg(user, said(text.trim())))
}

/// What is to be said at once; none when there is nothing.
fn said(text: &str) -> Option<String> {
    (!text.is_empty()).then(|| text.to_owned())
}

fn send(rest: &str) -> Result<Typed, String> {
    let path = words::first(rest).ok_or("/send PATH [TEXT]: which file?")?;
    Ok(Typed::Send(file_path(&path)?, path.rest.trim().to_owned()))
}

fn save(rest: &str) -> Result<Typed, String> {
    let words = words::all(rest).ok_or("a quote is open")?;
    Ok(match &words[..] {
        [] => Typed::Save(Which::Last, None),
        [to] if is_place(&to.text) => Typed::Save(Which::Last, Some(file_path(to)?)),
        [file] => Typed::Save(Which::new(&file.text), None),
        [file, to] => Typed::Save(Which::new(&file.text), Some(file_path(to)?)),
        _ => return Err("/save [N|NAME] [TO]: a name with spaces stands in quotes".to_owned()),
    })
}

fn view(rest: &str) -> Result<Typed, String> {
    let words = words::all(rest).ok_or("a quote is open")?;
    match &words[..] {
        [] => Ok(Typed::View(Which::Last)),
        [file] => Ok(Typed::View(Which::new(&file.text))),
        _ => Err("/view [N|NAME]: a name with spaces stands in quotes".to_owned()),
    }
}

fn cancel(rest: &str) -> Result<Typed, String> {
    if rest.is_empty() {
        return Ok(Typed::Cancel(None));
    }
    let number = rest.strip_prefix('#').unwrap_or(rest).parse();
    number
        .map(|number| Typed::Cancel(Some(number)))
        .map_err(|_| "/cancel N: the number that the transfer has above the line".to_owned())
}

fn file_path(word: &Word<'_>) -> Result<FilePath, String> {
    // Whatever is wrong with it is told now, and not when somebody looks for its home.
    word.path(None)?;
    Ok(FilePath(word.raw.to_owned()))
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
            ("/msg #ops  hi ", Ok(Typed::MsgGroup("ops".parse().unwrap(), Some("hi".to_owned())))),
            ("/notes", Ok(Typed::Notes(None))),
            ("/notes  milk,  eggs ", Ok(Typed::Notes(Some("milk,  eggs".to_owned())))),
            ("/revoke 2", Ok(Typed::Revoke(2))),
            ("/files", Ok(Typed::Files)),
            ("/view", Ok(Typed::View(Which::Last))),
            ("/view 'a b.png'", Ok(Typed::View(Which::Name("a b.png".to_owned())))),
            ("/cancel", Ok(Typed::Cancel(None))),
            ("/cancel #3", Ok(Typed::Cancel(Some(3)))),
            ("/save", Ok(Typed::Save(Which::Last, None))),
            ("/save 12", Ok(Typed::Save(Which::Number(12), None))),
            ("/save [12]", Ok(Typed::Save(Which::Number(12), None))),
        ] {
            assert_eq!(parse(typed), expected, "{typed:?}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_path_may_be_followed_by_a_text() {
        for (typed, path, text) in [
            ("/send ~/a", "/home/ann/a", ""),
            ("/send  'a b'  look  at it ", "a b", "look  at it"),
            (r"/send a\ b\ ", "a b ", ""),
            (r"/send a\ b c", "a b", "c"),
            ("/send file:///a%20b hi", "/a b", "hi"),
        ] {
            let Ok(Typed::Send(written, said)) = parse(typed) else { panic!("{typed}") };
            let resolved = written.resolve(Some("/home/ann"));
            assert_eq!((resolved.as_deref(), said.as_str()), (Ok(path), text), "{typed}");
        }
        for (typed, which, to) in [
            ("/save ~/x/", Which::Last, Some("/home/ann/x/")),
            ("/save .", Which::Last, Some(".")),
            ("/save 7 b.txt", Which::Number(7), Some("b.txt")),
            ("/save 'a b.txt' c", Which::Name("a b.txt".to_owned()), Some("c")),
        ] {
            let Ok(Typed::Save(file, path)) = parse(typed) else { panic!("{typed}") };
            let path = path.map(|path| path.resolve(Some("/home/ann")).unwrap());
            assert_eq!((file, path.as_deref()), (which, to), "{typed}");
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
            "/msg #",
            "/msg #Ops",
            "/msg a\u{202e}",
            "/revoke",
            "/revoke x",
            "/Quit",
            "/send",
            "/send 'open",
            "/send file://elsewhere/x",
            "/save a b c",
            "/save 'open",
            "/view a b",
            "/cancel x",
            "/files all",
        ] {
            assert!(parse(typed).is_err(), "{typed:?}");
        }
        assert!(parse("/qiut").unwrap_err().contains("/quit"));
    }
}
