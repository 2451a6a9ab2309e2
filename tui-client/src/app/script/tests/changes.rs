//! Scripts that change messages, or look at what has changed.

use super::*;
use chat_client::Content;
use chat_protocol::{ChangeSettings, Message, Quote, Reactions, Summary, Version};

fn change(content: Content, json: bool) -> Stage {
    let target = Target::To(name("bob"));
    Stage::new(Script::Change(Change::new(target, client_id("c"), content, json, PATIENCE)))
}

fn edit(text: &str) -> Content {
    Content::Edit { seq: seq(2), text: text.to_owned() }
}

fn outbox(content: Content, state: OutgoingState) -> Event {
    let target = Target::Conversation(conversation(1));
    Event::Outbox(Outgoing { client_id: client_id("c"), target, content, state })
}

fn stored() -> OutgoingState {
    OutgoingState::Sent { conversation: conversation(1), seq: seq(5), at: MORNING }
}

fn is_open(asked: &[Msg]) -> bool {
    matches!(asked, [Msg::Ask(Command::Open(target))] if *target == Target::To(name("bob")))
}

fn body(at: u64, from: &str, body: Body) -> Entry {
    Entry { body, ..entry(1, at, from, "") }
}

#[test]
fn a_change_is_handed_over_once_its_conversation_is_known() {
    let mut stage = change(edit("new"), true);
    assert!(is_open(&stage.hears(welcome())));
    assert!(is_open(&stage.hears(welcome())), "again on the next connection");
    let asked = stage.hears(Event::Opened(summary(1, "bob", 4, 0)));
    let [Msg::Say { client_id: Some(id), target, content }] = &asked[..] else { panic!("{asked:?}") };
    assert_eq!(
        (id, target, content),
        (&client_id("c"), &Target::Conversation(conversation(1)), &edit("new"))
    );
    assert!(stage.hears(welcome()).is_empty(), "the library has it");
    assert_eq!(stage.script.handle_timeout(&stage.model, true).unwrap_err().code, exit::TIMEOUT);
    stage.hears(outbox(edit("new"), OutgoingState::Queued));
    assert_eq!(stage.ended, None);
    stage.hears(outbox(edit("new"), stored()));
    let id = conversation(1);
    let line = format!(r#"{{"conversation":"{id}","seq":5,"at":{MORNING},"client_id":"c"}}"#);
    assert_eq!((stage.printed, stage.ended), (vec![line], Some(Ok(()))));
}

#[test]
fn a_change_without_json_prints_nothing() {
    let mut stage = change(Content::Deletion { seq: seq(2) }, false);
    stage.hears(welcome());
    stage.hears(Event::Opened(summary(1, "bob", 4, 0)));
    stage.hears(outbox(Content::Deletion { seq: seq(2) }, stored()));
    assert_eq!((stage.printed.len(), stage.ended), (0, Some(Ok(()))));
}

#[test]
fn a_refused_change_is_a_failure() {
    let mut unknown = change(edit("new"), false);
    let (job, code) = (Job::Open(Target::To(name("bob"))), ErrorCode::UnknownUser);
    unknown.hears(Event::Refused { job, code, message: "nobody has this name".to_owned() });
    let mut refused = change(edit("new"), false);
    let (code, message) = (ErrorCode::NotYours, "it is not yours".to_owned());
    refused.hears(outbox(edit("new"), OutgoingState::Failed { code, message }));
    let mut too_long = change(edit(&"x".repeat(101)), false);
    too_long.hears(welcome());
    assert!(too_long.hears(Event::Opened(summary(1, "bob", 4, 0))).is_empty());
    for stage in [unknown, refused, too_long] {
        assert_eq!(stage.ended, Some(Err(exit::REFUSED)));
    }
}

#[test]
fn a_text_may_be_taken_away_from_a_file() {
    let mut stage = change(edit(""), false);
    assert_eq!(stage.hears(Event::Opened(summary(1, "bob", 4, 0))).len(), 1);
}

#[test]
fn a_reply_names_what_it_answers() {
    let quote = Quote { seq: seq(3), from: name("bob"), text: String::new(), file: None, deleted: false };
    let (target, texts) = (Target::To(name("bob")), vec!["yes".to_owned()]);
    let send = Send::new(target, texts, None, Some(Box::new(quote)), false, PATIENCE);
    let asked = Stage::new(Script::Send(send)).hears(welcome());
    let [Msg::Say { content: Content::Message { reply_to: Some(quote), .. }, .. }] = &asked[..] else {
        panic!("{asked:?}")
    };
    assert_eq!(quote.seq, seq(3));
}

#[test]
fn changes_are_printed_to_whoever_asks_for_them() {
    let target = seq(1);
    let emoji = "👍".to_owned();
    let news = |stage: &mut Stage| {
        stage.hears(Event::Summary(summary(1, "bob", 1, 0)));
        stage.hears(Event::Synced);
        let entries = vec![
            body(2, "bob", Body::Edit { target, text: "new".to_owned() }),
            body(3, "bob", Body::Reaction { target, emoji: emoji.clone(), removed: false }),
            body(4, "alice", Body::Reaction { target, emoji: emoji.clone(), removed: false }),
            entry(1, 5, "bob", "hi"),
            body(6, "bob", Body::Deletion { target }),
            body(7, "bob", Body::Unknown),
        ];
        stage.hears(Event::Newer { conversation: conversation(1), entries });
    };
    let mut plain = recv(None, Some(9));
    news(&mut plain);
    assert_eq!(plain.printed, ["hi"]);
    let mut whole = Stage::new(Script::Recv(Recv::new(None, Some(9), None, false, true)));
    news(&mut whole);
    assert_eq!(whole.printed.len(), 4, "{:?}", whole.printed);
    assert!(whole.printed[1].contains(r#""kind":"reaction","target":1,"emoji":"👍""#), "{:?}", whole.printed);
    assert_eq!(whole.reads.last(), Some(&(conversation(1), seq(6))));
}

/// They are no messages, so nobody counts them.
#[test]
fn changes_that_came_meanwhile_are_asked_for() {
    let caught_up = Summary { read: seq(4), ..summary(1, "bob", 9, 0) };
    for (changes, after) in [(false, 9), (true, 4)] {
        let mut stage = Stage::new(Script::Recv(Recv::new(None, None, None, false, changes)));
        let asked = stage.hears(Event::Summary(caught_up.clone()));
        let [Msg::Ask(Command::Follow { after: told, .. })] = &asked[..] else { panic!("{asked:?}") };
        assert_eq!(*told, seq(after));
    }
}

fn history(limit: u32) -> Stage {
    let (target, entries) = (Target::To(name("bob")), Vec::new());
    let history = History { target, limit, before: None, json: false, timeout: PATIENCE, entries };
    let mut stage = Stage::new(Script::History(history));
    stage.hears(Event::Connection(Connection::Live));
    stage.hears(Event::Opened(summary(1, "bob", 6, 0)));
    stage
}

#[test]
fn history_counts_messages_and_tells_them_as_they_are() {
    let mut stage = history(2);
    let emoji = "👍".to_owned();
    let reaction =
        |at| body(at, "alice", Body::Reaction { target: seq(2), emoji: emoji.clone(), removed: false });
    let asked = stage.hears(page(vec![reaction(5), reaction(6)], false));
    let [Msg::Ask(Command::Older { before, .. })] = &asked[..] else { panic!("{asked:?}") };
    assert_eq!(*before, seq(5), "there was no message among them");
    let quote = Quote::of(seq(1), name("bob"), &Message::of("a question\nof two lines, and rather long"));
    let reactions = vec![Reactions { emoji: emoji.clone(), users: vec![name("alice"), name("bob")] }];
    let (reply_to, edited_at) = (Some(Box::new(quote)), Some(MORNING));
    let whole = Message { reply_to, edited_at, reactions, ..Message::of("an\nanswer") };
    let deleted = Message { deleted_at: Some(MORNING), ..Message::default() };
    let entries = vec![
        entry(1, 1, "bob", "one too many"),
        body(2, "alice", Body::Message(whole)),
        body(3, "bob", Body::Message(deleted)),
        body(4, "bob", Body::Deletion { target: seq(3) }),
    ];
    stage.hears(page(entries, true));
    let expected = [
        "2026-03-02 09:02 alice: [to bob: a question of two lines, and r…] an\n    answer [edited] [👍 alice, bob]",
        "2026-03-02 09:03 bob: [deleted]",
    ];
    assert_eq!((&stage.printed[..], stage.ended), (&expected.map(str::to_owned)[..], Some(Ok(()))));
}

#[test]
fn all_versions_are_printed_in_order() {
    let version = |number: u64, text: &str| Version {
        seq: seq(number),
        at: MORNING + number * 60_000,
        text: text.to_owned(),
    };
    let told =
        |versions, more| Event::Versions { conversation: conversation(1), seq: seq(1), versions, more };
    let versions = Versions::new(Target::To(name("bob")), seq(1), false, PATIENCE);
    let mut stage = Stage::new(Script::Versions(versions));
    assert!(is_open(&stage.hears(welcome())));
    let before = |asked: Vec<Msg>| match &asked[..] {
        [Msg::Ask(Command::Versions { before, .. })] => *before,
        _ => panic!("{asked:?}"),
    };
    assert_eq!(before(stage.hears(Event::Opened(summary(1, "bob", 9, 0)))), None);
    assert_eq!(before(stage.hears(told(vec![version(7, "c\nd"), version(9, "e")], true))), Some(seq(7)));
    stage.hears(told(vec![version(1, "a")], false));
    let expected = ["2026-03-02 09:01 a", "2026-03-02 09:07 c\n    d", "2026-03-02 09:09 e"];
    assert_eq!((&stage.printed[..], stage.ended), (&expected.map(str::to_owned)[..], Some(Ok(()))));
}

#[test]
fn settings_are_printed_as_they_hold() {
    for (json, line) in [(false, "read-receipts off"), (true, r#"{"read_receipts":false}"#)] {
        let change = ChangeSettings { read_receipts: Some(false) };
        let mut stage = Stage::new(Script::Settings(Settings { change, json }));
        let asked = stage.hears(welcome());
        assert!(matches!(&asked[..], [Msg::Ask(Command::Settings(asked))] if *asked == change));
        stage.hears(Event::Settings(chat_protocol::Settings { read_receipts: false }));
        assert_eq!((stage.printed, stage.ended), (vec![line.to_owned()], Some(Ok(()))));
    }
}

/// Its sender may have changed it since; under its id it was sent all the same.
#[test]
fn a_file_that_was_edited_or_deleted_since_was_sent() {
    let conflict = Event::Outbox(outgoing("alice-2", "bob", "look", Some("used before")));
    let edited = Message {
        file: Some(Box::new(attachment("alice-2"))),
        edited_at: Some(MORNING),
        ..Message::of("new")
    };
    let deleted = Message { deleted_at: Some(MORNING), ..Message::default() };
    for message in [edited, deleted] {
        let mut stage = send_files(&[("alice-2", 5, "look")]);
        stage.hears(welcome_with_files(100));
        stage.moves(uploaded("alice-2", "look"));
        stage.hears(conflict.clone());
        stage.hears(Event::Opened(summary(1, "bob", 4, 0)));
        stage.hears(page(vec![body(2, "alice", Body::Message(message.clone()))], true));
        assert_eq!(stage.ended, Some(Ok(())), "{message:?}");
    }
}
