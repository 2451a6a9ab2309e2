//! The grammar of commands about groups.

use super::Typed;
use super::change::alone;
use chat_protocol::limits::RETENTION_DAYS_MAX;
use chat_protocol::{GroupName, Past, Role, UserName};

/// What is to be done with groups; where no name stands, with the selected one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum GroupTyped {
    Make {
        name: GroupName,
        public: bool,
        members: Vec<UserName>,
    },
    /// Show the public ones.
    List,
    Join(GroupName),
    Leave,
    Add(Vec<UserName>),
    Remove(UserName),
    SetRole(UserName, Role),
    Rename(GroupName),
    /// Another topic, none when it is empty; or the question what it is.
    Topic(Option<String>),
    SetPast(Past),
    /// How many days what is said is kept, 0 for as long as the server does; or the question how many.
    Retention(Option<u32>),
    Members,
}

/// Reads one of these commands; none when it is another one.
pub fn parse(name: &str, rest: &str) -> Option<Result<Typed, String>> {
    let number = super::change::numbered(rest);
    let typed = match name {
        "/group" => make(rest),
        "/groups" => nothing(name, GroupTyped::List, rest),
        "/join" => group_name(rest, "/join #NAME: which one? /groups lists them").map(GroupTyped::Join),
        "/leave" => nothing(name, GroupTyped::Leave, rest),
        "/add" => users(rest).and_then(|users| match users.is_empty() {
            true => Err("/add USER...: whom?".to_owned()),
            false => Ok(GroupTyped::Add(users)),
        }),
        "/remove" => user(rest, "/remove USER: whom?").map(GroupTyped::Remove),
        "/admin" => role(rest, "/admin USER: whom?", Role::Admin),
        "/unadmin" => role(rest, "/unadmin USER: whom?", Role::Member),
        "/rename" => group_name(rest, "/rename NAME: what is it to be called?").map(GroupTyped::Rename),
        "/topic" => Ok(GroupTyped::Topic(match rest {
            "" => None,
            "-" => Some(String::new()),
            topic => Some(topic.to_owned()),
        })),
        "/past" => match rest {
            "all" => Ok(GroupTyped::SetPast(Past::All)),
            "none" => Ok(GroupTyped::SetPast(Past::None)),
            _ => Err("/past all or /past none".to_owned()),
        },
        "/retention" => retention(rest).map(GroupTyped::Retention),
        "/members" => nothing(name, GroupTyped::Members, rest),
        "/readers" => return Some(alone(name, Typed::Readers(number.0), number.1)),
        _ => return None,
    };
    Some(typed.map(Typed::Group))
}

fn make(rest: &str) -> Result<GroupTyped, String> {
    const USAGE: &str = "/group [--public] NAME [MEMBER...]: what is it to be called?";
    let (public, rest) = match rest.strip_prefix("--public") {
        Some(rest) if rest.is_empty() || rest.starts_with(char::is_whitespace) => (true, rest.trim_start()),
        _ => (false, rest),
    };
    let (name, members) = rest.split_once(char::is_whitespace).unwrap_or((rest, ""));
    Ok(GroupTyped::Make { name: group_name(name, USAGE)?, public, members: users(members)? })
}

/// A group's name, as it is shown or without its `#`.
pub fn group_name(word: &str, usage: &str) -> Result<GroupName, String> {
    let name = word.strip_prefix('#').unwrap_or(word);
    if name.is_empty() { Err(usage.to_owned()) } else { name.parse().map_err(|error| format!("{error}")) }
}

/// Names between spaces or commas.
fn users(words: &str) -> Result<Vec<UserName>, String> {
    let words = words.split(|c: char| c.is_whitespace() || c == ',').filter(|word| !word.is_empty());
    words.map(|word| user(word, "whom?")).collect()
}

pub fn user(word: &str, usage: &str) -> Result<UserName, String> {
    let name = word.strip_prefix('@').unwrap_or(word);
    if name.is_empty() { Err(usage.to_owned()) } else { name.parse().map_err(|error| format!("{error}")) }
}

/// `30d`, `30` or `off`.
fn retention(rest: &str) -> Result<Option<u32>, String> {
    match rest {
        "" => return Ok(None),
        "off" => return Ok(Some(0)),
        _ => {}
    }
    let days = rest.strip_suffix('d').unwrap_or(rest).parse().ok();
    let days = days.filter(|days| (1..=RETENTION_DAYS_MAX).contains(days));
    days.map(Some).ok_or_else(|| format!("/retention 30d, up to {RETENTION_DAYS_MAX}d, or /retention off"))
}

fn role(rest: &str, usage: &str, role: Role) -> Result<GroupTyped, String> {
    user(rest, usage).map(|user| GroupTyped::SetRole(user, role))
}

fn nothing(name: &str, typed: GroupTyped, rest: &str) -> Result<GroupTyped, String> {
    if rest.is_empty() { Ok(typed) } else { Err(format!("{name} takes nothing after it")) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::command::parse;
    use crate::app::fixture::{name, seq};

    #[test]
    fn groups_are_made_and_changed_by_commands() {
        let group = |name: &str| name.parse::<GroupName>().unwrap();
        let make = |name: &str, public, members: &[&str]| {
            let members = members.iter().map(|member| member.parse().unwrap()).collect();
            GroupTyped::Make { name: group(name), public, members }
        };
        for (typed, expected) in [
            ("/group ops", make("ops", false, &[])),
            ("/group #ops  @bob, eve", make("ops", false, &["bob", "eve"])),
            ("/group --public ops", make("ops", true, &[])),
            ("/groups", GroupTyped::List),
            ("/join #ops", GroupTyped::Join(group("ops"))),
            ("/join ops", GroupTyped::Join(group("ops"))),
            ("/leave", GroupTyped::Leave),
            ("/add bob eve", GroupTyped::Add(vec![name("bob"), name("eve")])),
            ("/remove @bob", GroupTyped::Remove(name("bob"))),
            ("/admin bob", GroupTyped::SetRole(name("bob"), Role::Admin)),
            ("/unadmin bob", GroupTyped::SetRole(name("bob"), Role::Member)),
            ("/rename #prod", GroupTyped::Rename(group("prod"))),
            ("/topic what  runs", GroupTyped::Topic(Some("what  runs".to_owned()))),
            ("/topic -", GroupTyped::Topic(Some(String::new()))),
            ("/topic", GroupTyped::Topic(None)),
            ("/past none", GroupTyped::SetPast(Past::None)),
            ("/retention", GroupTyped::Retention(None)),
            ("/retention off", GroupTyped::Retention(Some(0))),
            ("/retention 30d", GroupTyped::Retention(Some(30))),
            ("/retention 7", GroupTyped::Retention(Some(7))),
            ("/members", GroupTyped::Members),
        ] {
            assert_eq!(parse(typed), Ok(Typed::Group(expected)), "{typed:?}");
        }
        assert_eq!(parse("/readers [3]"), Ok(Typed::Readers(Some(seq(3)))));
        for typed in [
            "/group",
            "/group --public",
            "/group Ops",
            "/group ops Bob",
            "/groups all",
            "/join",
            "/join #",
            "/leave now",
            "/add",
            "/add ,",
            "/remove bob eve",
            "/admin",
            "/rename a b",
            "/past some",
            "/retention 0",
            "/retention 30 d",
            "/retention 99999d",
            "/retention -1",
            "/retention for ever",
            "/members all",
            "/readers of it",
        ] {
            assert!(parse(typed).is_err(), "{typed:?}");
        }
    }
}
