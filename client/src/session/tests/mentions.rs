//! Mentions: how many of the unread messages name the user.

use super::*;
use chat_protocol::{Preferences, Receipt};

/// A message of somebody's that names these.
fn naming(number: u64, from: &str, names: &[&str]) -> Entry {
    let mentions = names.iter().map(|name| name.parse().unwrap()).collect();
    let body = Body::Message(Message { mentions, ..Message::of("hey") });
    Entry { body, ..entry(number, from, &format!("{from}{number}")) }
}

/// What was told last: unread messages, and those of them that name the user.
fn counted(bench: &Bench) -> (u32, u32) {
    let mut summaries = bench.events.iter().filter_map(|event| match event {
        Event::Summary(summary) => Some((summary.unread, summary.mentions)),
        _ => None,
    });
    summaries.next_back().expect("a summary was told")
}

fn receipt(read: u64, unread: u32, mentions: u32) -> Frame {
    let user = "ann".parse().unwrap();
    Frame::Receipt(Receipt { conversation: CHAT, user, read: seq(read), unread, mentions })
}

#[test]
fn what_names_the_user_is_counted_until_it_is_read() {
    let mut bench = Bench::live(1);
    let cases: [(&str, &[&str], _); 5] = [
        ("bob", &["ann"], (1, 1)),
        ("bob", &[], (2, 1)),
        ("bob", &["bob", "eve"], (3, 1)),
        ("ann", &["ann"], (3, 1)),
        ("eve", &["bob", "ann"], (4, 2)),
    ];
    for (number, (from, names, expected)) in (2..).zip(cases) {
        bench.frame(Frame::Entry(naming(number, from, names)));
        assert_eq!(counted(&bench), expected, "{from} names {names:?}");
    }
    bench.frame(Frame::Entry(naming(6, "eve", &["ann"])));
    assert_eq!(counted(&bench), (4, 2), "it is known already");
    bench.frame(receipt(3, 2, 1));
    assert_eq!(counted(&bench), (2, 1));
    bench.frame(receipt(2, 4, 2));
    assert_eq!(counted(&bench), (2, 1), "an older one tells nothing");
    bench.frame(receipt(6, 0, 0));
    assert_eq!(counted(&bench), (0, 0));
}

#[test]
fn who_is_blocked_calls_nobody() {
    let mut bench = Bench::live(1);
    let blocked = Preferences { blocked: true, ..Preferences::default() };
    bench.frame(Frame::Preferences { conversation: CHAT, preferences: blocked });
    bench.frame(Frame::Entry(naming(2, "bob", &["ann"])));
    assert_eq!(counted(&bench), (1, 0));
    bench.frame(Frame::Entry(naming(3, "eve", &["ann"])));
    assert_eq!(counted(&bench), (2, 1));
}

#[test]
fn no_more_are_counted_than_the_server_counts() {
    let mut bench = Bench::live(1);
    let full = Summary { unread: limits::UNREAD_MAX, mentions: limits::UNREAD_MAX, ..summary(1) };
    bench.frame(Frame::Opened { id: "no".parse().unwrap(), summary: full });
    bench.frame(Frame::Entry(naming(2, "bob", &["ann"])));
    assert_eq!(counted(&bench), (limits::UNREAD_MAX, limits::UNREAD_MAX));
}

#[test]
fn a_summary_that_is_older_than_what_was_told_does_not_count() {
    let mut bench = Bench::live(1);
    bench.frame(Frame::Entry(naming(2, "bob", &["ann"])));
    bench.frame(Frame::Opened { id: "no".parse().unwrap(), summary: summary(1) });
    assert_eq!(counted(&bench), (1, 1));
    let newer = Summary { unread: 1, mentions: 0, ..summary(2) };
    bench.frame(Frame::Opened { id: "no".parse().unwrap(), summary: newer });
    assert_eq!(counted(&bench), (1, 0));
}

#[test]
fn how_many_are_left_when_one_is_deleted_is_asked() {
    let mut bench = Bench::live(1);
    let deletion = |number, target| {
        let body = Body::Deletion { target: seq(target) };
        Frame::Entry(Entry { body, ..entry(number, "bob", &format!("d{number}")) })
    };
    let asks = |bench: &Bench| bench.requests.iter().any(|one| matches!(one.call, Call::Open(_)));
    bench.frame(deletion(2, 1));
    assert!(!asks(&bench), "nothing names the user");
    bench.frame(Frame::Entry(naming(3, "bob", &["ann"])));
    bench.frame(receipt(2, 1, 1));
    bench.frame(deletion(4, 1));
    assert!(!asks(&bench), "what is deleted is read");
    bench.frame(deletion(5, 3));
    let id = bench.asked(|call| matches!(call, Call::Open(_)));
    let answer = Summary { read: seq(2), unread: 1, mentions: 0, ..summary(5) };
    bench.frame(Frame::Opened { id, summary: answer });
    assert_eq!(counted(&bench), (1, 0));
}

#[test]
fn what_the_user_has_sent_names_whom_the_server_says() {
    let mut bench = Bench::live(1);
    bench.command(Command::Follow { conversation: CHAT, after: seq(1) });
    bench.send("1");
    bench.events.clear();
    let id = bench.asked(|call| matches!(call, Call::Send(_)));
    let (client_id, mentions) = ("1".parse().unwrap(), vec!["bob".parse().unwrap()]);
    bench.frame(Frame::Ack { id, client_id, conversation: CHAT, seq: seq(2), at: 2, mentions });
    let told = bench.events.iter().find_map(|event| match event {
        Event::Newer { entries, .. } => Some(entries[0].body.clone()),
        _ => None,
    });
    let Some(Body::Message(message)) = told else { panic!("{:?}", bench.events) };
    assert_eq!(message.mentions, ["bob".parse().unwrap()]);
    assert_eq!(counted(&bench), (0, 0));
}
