//! What has happened to a group, in words.

use super::days_words;
use chat_client::SafeText;
use chat_protocol::{Body, Entry, GroupChange, MemberChange, Past, UserName};

/// More names than these are counted.
const NAMES_MAX: usize = 10;

/// What an entry tells about the group itself; none when it is something else.
pub fn happened(entry: &Entry) -> Option<String> {
    let from = &entry.from;
    Some(match &entry.body {
        Body::Group(change) => format!("{from} {}", changed(change)),
        Body::Members { change, users } => moved(from, *change, users),
        _ => return None,
    })
}

fn changed(change: &GroupChange) -> String {
    if let (Some(public), Some(name)) = (change.public, &change.name) {
        let public = if public { "public " } else { "" };
        return format!("made the {public}group #{name}");
    }
    let name = change.name.as_ref().map(|name| format!("renamed the group: #{name}"));
    let topic = change.topic.as_ref().map(|topic| match topic.is_empty() {
        true => "took the topic away".to_owned(),
        false => format!("set the topic: {}", SafeText::line(topic)),
    });
    let past = change.past.map(|past| match past {
        Past::All => "shows newcomers what was said before".to_owned(),
        Past::None => "hides from newcomers what was said before".to_owned(),
    });
    let kept = change.retention_days.map(|days| match days {
        0 => "keeps what is said here as long as the server does".to_owned(),
        days => format!("keeps what is said here for {}", days_words(days)),
    });
    let parts: Vec<_> = [name, past, kept, topic].into_iter().flatten().collect();
    if parts.is_empty() { "changed the group".to_owned() } else { parts.join(", and ") }
}

fn moved(from: &UserName, change: MemberChange, users: &[UserName]) -> String {
    let who = names(users);
    let is_one = users.len() == 1;
    match change {
        MemberChange::Added => format!("{from} added {who}"),
        MemberChange::Joined => format!("{who} joined"),
        MemberChange::Removed => format!("{from} removed {who}"),
        MemberChange::Left => format!("{who} left"),
        MemberChange::Promoted if is_one => format!("{from} made {who} an admin"),
        MemberChange::Promoted => format!("{from} made {who} admins"),
        MemberChange::Demoted if users == std::slice::from_ref(from) => {
            format!("{from} is no admin any more")
        }
        MemberChange::Demoted => format!("{from} made {who} no admin any more"),
        MemberChange::Unknown => format!("{from} changed something that needs a newer client"),
    }
}

/// `ann, bob and eve`.
pub fn names(users: &[UserName]) -> String {
    let (last, before) = match users {
        [] => return "nobody".to_owned(),
        [one] => return one.to_string(),
        _ if users.len() > NAMES_MAX => {
            (format!("{} others", users.len() - NAMES_MAX + 1), &users[..NAMES_MAX - 1])
        }
        [before @ .., last] => (last.to_string(), before),
    };
    let before: Vec<&str> = before.iter().map(UserName::as_str).collect();
    format!("{} and {last}", before.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::fixture::{group_entry, members_entry, name};

    fn group(
        name: Option<&str>,
        topic: Option<&str>,
        past: Option<Past>,
        public: Option<bool>,
    ) -> GroupChange {
        let name = name.map(|name| name.parse().unwrap());
        GroupChange { name, topic: topic.map(str::to_owned), past, public, retention_days: None }
    }

    fn kept(days: u32) -> GroupChange {
        GroupChange { retention_days: Some(days), ..GroupChange::default() }
    }

    #[test]
    fn what_happens_to_a_group_is_told_in_words() {
        let long = "x".repeat(3);
        for (change, words) in [
            (group(Some("ops"), None, Some(Past::All), Some(false)), "ann made the group #ops"),
            (group(Some("ops"), Some("x"), None, Some(true)), "ann made the public group #ops"),
            (group(Some("prod"), None, None, None), "ann renamed the group: #prod"),
            (group(None, Some("a\u{202e}b"), None, None), "ann set the topic: a�b"),
            (group(None, Some(""), None, None), "ann took the topic away"),
            (group(None, None, Some(Past::None), None), "ann hides from newcomers what was said before"),
            (kept(0), "ann keeps what is said here as long as the server does"),
            (kept(1), "ann keeps what is said here for a day"),
            (kept(90), "ann keeps what is said here for 90 days"),
            (
                group(Some("prod"), Some(&long), None, None),
                "ann renamed the group: #prod, and set the topic: xxx",
            ),
        ] {
            assert_eq!(happened(&group_entry(1, "ann", change)).as_deref(), Some(words));
        }
        for (from, change, users, words) in [
            ("ann", MemberChange::Added, vec!["bob", "eve"], "ann added bob and eve"),
            ("bob", MemberChange::Joined, vec!["bob"], "bob joined"),
            ("ann", MemberChange::Removed, vec!["eve"], "ann removed eve"),
            ("bob", MemberChange::Left, vec!["bob"], "bob left"),
            ("ann", MemberChange::Promoted, vec!["bob"], "ann made bob an admin"),
            ("ann", MemberChange::Demoted, vec!["bob"], "ann made bob no admin any more"),
            ("ann", MemberChange::Demoted, vec!["ann"], "ann is no admin any more"),
        ] {
            assert_eq!(happened(&members_entry(1, from, change, &users)).as_deref(), Some(words));
        }
    }

    #[test]
    fn many_names_are_counted() {
        let users: Vec<_> = (0..12).map(|number| name(&format!("u{number}"))).collect();
        assert_eq!(names(&users[..3]), "u0, u1 and u2");
        assert_eq!(names(&users), "u0, u1, u2, u3, u4, u5, u6, u7, u8 and 3 others");
    }
}
