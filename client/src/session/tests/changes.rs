//! Edits, deletions, reactions and replies: their order, their ends, and what they do to what is on its way.

use super::*;
use chat_protocol::Quote;

fn edit(number: u64, text: &str) -> Content {
    Content::Edit { seq: seq(number), text: text.to_owned() }
}

fn deletion(number: u64) -> Content {
    Content::Deletion { seq: seq(number) }
}

fn reaction(number: u64, removed: bool) -> Content {
    Content::Reaction { seq: seq(number), emoji: "👍".to_owned(), removed }
}

fn followed(head: u64) -> Bench {
    let mut bench = Bench::live(head);
    bench.command(Command::Follow { conversation: CHAT, after: seq(head) });
    bench.events.clear();
    bench
}

fn told_entries(bench: &mut Bench) -> Vec<Entry> {
    let entries = |event: Event| match event {
        Event::Newer { entries, .. } | Event::Older { entries, .. } | Event::Page { entries, .. } => entries,
        _ => Vec::new(),
    };
    bench.events.drain(..).flat_map(entries).collect()
}

fn states(bench: &mut Bench) -> Vec<(String, OutgoingState)> {
    let state = |event: Event| match event {
        Event::Outbox(outgoing) => Some((outgoing.client_id.to_string(), outgoing.state)),
        _ => None,
    };
    bench.events.drain(..).filter_map(state).collect()
}

#[test]
fn changes_queue_with_the_messages_of_their_conversation() {
    let mut bench = followed(1);
    bench.send("1");
    bench.changes("2", edit(1, "new"));
    bench.changes("3", reaction(1, false));
    bench.changes("4", deletion(1));
    bench.send("5");
    for (number, id) in ["1", "2", "3", "4", "5"].into_iter().enumerate() {
        assert_eq!(bench.requests.len(), 1, "one at a time");
        bench.acks(id, number as u64 + 2);
    }
    let bodies: Vec<_> = told_entries(&mut bench).into_iter().map(|entry| entry.body).collect();
    let (target, emoji) = (seq(1), "👍".to_owned());
    let expected = [
        Body::Message(Message::of("text 1")),
        Body::Edit { target, text: "new".to_owned() },
        Body::Reaction { target, emoji, removed: false },
        Body::Deletion { target },
        Body::Message(Message::of("text 5")),
    ];
    assert_eq!(bodies, expected, "each is told once it is in the log");
}

#[test]
fn a_change_on_its_way_goes_again_under_its_id_after_a_reconnect() {
    let mut bench = followed(1);
    bench.changes("1", edit(1, "new"));
    assert_eq!(bench.sends(), ["1"]);
    bench.session.handle_disconnected();
    bench.changes("2", reaction(1, true));
    bench.reconnect(1);
    assert_eq!(bench.requests.len(), 1);
    bench.acks("1", 2);
    assert_eq!(bench.sends(), ["2"]);
}

#[test]
fn a_refused_change_ends_and_holds_up_nobody() {
    let mut bench = followed(1);
    bench.changes("1", edit(1, "new"));
    bench.changes("2", deletion(1));
    let id = bench.asked(|call| matches!(call, Call::Edit(_)));
    let (code, message) = (ErrorCode::NotYours, "it is bob's".to_owned());
    bench.frame(Frame::Error(Failure { id: Some(id), code, message: message.clone(), retry_after_ms: None }));
    let failed = ("1".to_owned(), OutgoingState::Failed { code, message });
    assert_eq!(states(&mut bench).last(), Some(&failed));
    assert_eq!(bench.sends(), ["2"]);
}

#[test]
fn a_change_without_a_conversation_has_failed_at_once() {
    let mut bench = followed(1);
    let eves = Target::To("eve".parse().unwrap());
    for command in [
        Command::Send { client_id: "1".parse().unwrap(), target: eves, content: deletion(1) },
        Command::Retry("1".parse().unwrap()),
    ] {
        bench.session.handle_command(command, bench.now);
        let mut outputs = std::iter::from_fn(|| bench.session.next_output());
        assert_eq!(outputs.next(), Some(Output::Settled("1".parse().unwrap())), "the disk may forget it");
        let told = outputs.next();
        let Some(Output::Event(Event::Outbox(outgoing))) = told else { panic!("{told:?}") };
        let is_plain =
            matches!(&outgoing.state, OutgoingState::Failed { message, .. } if !message.is_empty());
        assert!(is_plain, "{outgoing:?}");
        assert_eq!(outputs.next(), None, "nothing is sent");
    }
    bench.send("2");
    assert_eq!(bench.sends(), ["2"]);
}

#[test]
fn only_messages_of_others_count_as_unread() {
    let mut bench = followed(1);
    let bodies = [
        Body::Edit { target: seq(1), text: "new".to_owned() },
        Body::Reaction { target: seq(1), emoji: "👍".to_owned(), removed: false },
        Body::Message(Message::of("more")),
        Body::Deletion { target: seq(1) },
        Body::Unknown,
    ];
    for (number, body) in (2..).zip(bodies) {
        bench.frame(Frame::Entry(Entry { body, ..entry(number, "bob", &format!("b{number}")) }));
    }
    let mut summaries = bench.events.iter().filter_map(|event| match event {
        Event::Summary(summary) => Some((summary.head.get(), summary.unread)),
        _ => None,
    });
    assert_eq!(summaries.next_back(), Some((6, 1)));
}

/// Between the reading of the page and its coming a push went by.
fn check_page_is_told_with_what_has_changed(asked: Command) {
    let mut bench = followed(5);
    bench.command(asked);
    let id = bench.asked(|call| matches!(call, Call::History(_)));
    let body = Body::Edit { target: seq(1), text: "new".to_owned() };
    let change = Entry { body, ..entry(6, "bob", "b6") };
    bench.frame(Frame::Entry(change.clone()));
    assert_eq!(told_entries(&mut bench), [change]);
    let quote = Quote::of(seq(1), "bob".parse().unwrap(), &Message::of("old"));
    let reply = Message { reply_to: Some(Box::new(quote)), ..Message::of("reply") };
    let entries = vec![entry(1, "bob", "b1"), Entry { body: Body::Message(reply), ..entry(2, "bob", "b2") }];
    bench.frame(Frame::Page(Page { id, conversation: CHAT, entries, first: seq(1), head: seq(5) }));
    let told = told_entries(&mut bench);
    let [Entry { body: Body::Message(first), .. }, Entry { body: Body::Message(second), .. }] = &told[..]
    else {
        panic!("{told:?}")
    };
    assert_eq!((first.text.as_str(), first.edited_at), ("new", Some(6)));
    assert_eq!(second.reply_to.as_ref().map(|quote| quote.text.as_str()), Some("new"));
}

#[test]
fn a_page_is_told_with_what_has_changed_since_it_was_read() {
    let (conversation, limit) = (CHAT, 2);
    check_page_is_told_with_what_has_changed(Command::Older { conversation, before: seq(3), limit });
    check_page_is_told_with_what_has_changed(Command::Page { conversation, after: Seq::ZERO, limit });
}

#[test]
fn a_reply_that_waits_quotes_what_stands_in_the_log_by_then() {
    let mut bench = followed(1);
    bench.send("1");
    let reply_to = Some(Box::new(Quote::of(seq(1), "bob".parse().unwrap(), &Message::of("old"))));
    bench.changes("2", Content::Message { text: "reply".to_owned(), file: None, reply_to });
    let body = Body::Edit { target: seq(1), text: "new".to_owned() };
    bench.frame(Frame::Entry(Entry { body, ..entry(2, "bob", "b2") }));
    bench.acks("1", 3);
    bench.acks("2", 4);
    let told = told_entries(&mut bench).pop();
    let Some(Entry { body: Body::Message(Message { reply_to: Some(quote), .. }), .. }) = told else {
        panic!("{told:?}")
    };
    assert_eq!((quote.seq, quote.text.as_str()), (seq(1), "new"));
}

#[test]
fn versions_and_settings_are_asked_and_told() {
    let mut bench = followed(1);
    bench.command(Command::Versions { conversation: CHAT, seq: seq(1), before: Some(seq(9)) });
    let id = bench.asked(|call| matches!(call, Call::Versions(asked) if asked.before == Some(seq(9))));
    let versions = vec![chat_protocol::Version { seq: seq(1), at: 1, text: "old".to_owned() }];
    bench.frame(Frame::Versions(Versions {
        id,
        conversation: CHAT,
        seq: seq(1),
        versions: versions.clone(),
        more: true,
    }));
    let told = Event::Versions { conversation: CHAT, seq: seq(1), versions, more: true };
    assert_eq!(bench.events.drain(..).next_back(), Some(told));
    bench.command(Command::Settings(chat_protocol::ChangeSettings { read_receipts: Some(false) }));
    let id = bench.asked(|call| matches!(call, Call::Settings(asked) if asked.read_receipts == Some(false)));
    let settings = chat_protocol::Settings { read_receipts: false };
    bench.frame(Frame::Settings { id, settings });
    assert_eq!(bench.events.drain(..).next_back(), Some(Event::Settings(settings)));
    bench.session.handle_disconnected();
    bench.command(Command::Versions { conversation: CHAT, seq: seq(1), before: None });
    bench.command(Command::Settings(chat_protocol::ChangeSettings::default()));
    bench.drain();
    let jobs = bench.events.iter().filter_map(|event| match event {
        Event::Refused { job, .. } => Some(job.clone()),
        _ => None,
    });
    assert_eq!(jobs.collect::<Vec<_>>(), [Job::Versions(CHAT, seq(1)), Job::Settings]);
}
