//! Scripts, fed with events: what they print, ask for and end with.

use super::*;
use crate::app::fixture::*;
use crate::app::{Surface, update};
use chat_client::{Job, Outgoing, OutgoingState};
use chat_protocol::Target;

/// A script and the model that it looks at.
struct Stage {
    model: Model,
    script: Script,
    printed: Vec<String>,
    reads: Vec<(ConversationId, Seq)>,
    ended: Option<Result<(), u8>>,
}

impl Stage {
    fn new(script: Script) -> Self {
        let model = alice(Surface::Script, (80, 24));
        Self { model, script, printed: Vec::new(), reads: Vec::new(), ended: None }
    }

    /// Lets something happen, and gives what the script asks for.
    fn hears(&mut self, event: Event) -> Vec<Msg> {
        update(&mut self.model, Msg::Heard(event.clone()));
        let mut asked = Vec::new();
        for step in self.script.handle_event(&self.model, &event) {
            match step {
                Step::Do(msg) => asked.push(msg),
                Step::Print { line, read } => {
                    let text =
                        serde_json::from_str::<serde_json::Value>(&line).map(|line| line["text"].clone());
                    self.printed
                        .push(text.ok().and_then(|text| text.as_str().map(str::to_owned)).unwrap_or(line));
                    self.reads.extend(read);
                }
                Step::End(ended) => self.ended = Some(ended.map_err(|failure| failure.code)),
            }
        }
        asked
    }

    fn hears_entries(&mut self, number: u64, entries: &[(u64, &str, &str)]) {
        let entries = entries.iter().map(|(at, from, text)| entry(number, *at, from, text)).collect();
        self.hears(Event::Newer { conversation: conversation(number), entries });
    }

    fn is_confirmed(&mut self, number: u64, at: u64) {
        self.hears(Event::Done(Job::Read(conversation(number), seq(at))));
    }
}

fn recv(from: Option<&str>, count: Option<u64>) -> Stage {
    Stage::new(Script::Recv(Recv::new(from.map(name), count, None, false)))
}

#[test]
fn what_is_unread_is_printed_by_time_and_then_confirmed() {
    let mut stage = recv(None, None);
    stage.hears(Event::Summary(summary(1, "bob", 4, 2)));
    stage.hears(Event::Summary(summary(2, "carol", 5, 1)));
    stage.hears(Event::Synced);
    stage.hears_entries(2, &[(5, "carol", "last")]);
    assert!(stage.printed.is_empty(), "not all is there");
    stage.hears_entries(1, &[(3, "bob", "first"), (4, "bob", "second")]);
    assert_eq!(stage.printed, ["first", "second", "last"]);
    assert_eq!(stage.ended, None, "the server does not know yet");
    stage.is_confirmed(1, 4);
    stage.is_confirmed(2, 5);
    assert_eq!(stage.ended, Some(Ok(())));
}

#[test]
fn with_nothing_unread_it_ends_at_once() {
    let mut stage = recv(None, None);
    stage.hears(Event::Summary(summary(1, "bob", 4, 0)));
    stage.hears(Event::Synced);
    assert_eq!((stage.printed.len(), stage.ended), (0, Some(Ok(()))));
}

#[test]
fn no_more_than_the_count_is_printed_or_read() {
    let mut stage = recv(Some("bob"), Some(2));
    let asked = stage.hears(Event::Summary(summary(2, "carol", 2, 2)));
    assert!(asked.is_empty(), "only bob was asked for");
    stage.hears(Event::Summary(summary(1, "bob", 3, 1)));
    stage.hears(Event::Synced);
    stage.hears_entries(1, &[(3, "bob", "a")]);
    assert_eq!(stage.printed, ["a"]);
    stage.hears_entries(1, &[(4, "alice", "my own"), (5, "bob", "b"), (6, "bob", "c")]);
    assert_eq!(stage.printed, ["a", "b"]);
    assert_eq!(stage.reads, [(conversation(1), seq(3)), (conversation(1), seq(5))]);
    stage.is_confirmed(1, 5);
    assert_eq!(stage.ended, Some(Ok(())));
}

#[test]
fn too_few_in_time_is_a_failure() {
    let mut stage = recv(None, Some(1));
    stage.hears(Event::Synced);
    let code = |connected| stage.script.handle_timeout(&stage.model, connected).unwrap_err().code;
    assert_eq!((code(true), code(false)), (exit::TIMEOUT, exit::UNREACHABLE));
}

fn send(texts: &[&str]) -> Stage {
    let texts = texts.iter().map(|text| (*text).to_owned()).collect();
    Stage::new(Script::Send(Send::new(Target::To(name("bob")), texts, None, true, PATIENCE)))
}

fn stored(at: u64) -> Event {
    let state = OutgoingState::Sent { conversation: conversation(1), seq: seq(at), at: MORNING };
    Event::Outbox(Outgoing { state, ..outgoing("x", "bob", "hi", None) })
}

#[test]
fn a_send_ends_when_all_is_stored() {
    let mut stage = send(&["one", "two"]);
    assert_eq!(stage.hears(welcome()).len(), 2);
    stage.hears(stored(1));
    assert_eq!(stage.ended, None);
    assert_eq!(stage.hears(welcome()).len(), 0, "a reconnect sends nothing twice");
    stage.hears(stored(2));
    assert_eq!((stage.ended, stage.printed.len()), (Some(Ok(())), 2));
}

#[test]
fn many_messages_may_take_as_long_as_they_move() {
    let stage = send(&["one", "two"]);
    assert!(stage.script.has_moved(&stored(1)));
    for event in
        [welcome(), Event::Outbox(outgoing("x", "bob", "hi", None)), Event::Connection(Connection::Live)]
    {
        assert!(!stage.script.has_moved(&event), "{event:?}");
    }
}

#[test]
fn nothing_is_sent_when_one_text_is_too_long() {
    let mut stage = send(&["fine", &"x".repeat(101)]);
    assert_eq!(stage.hears(welcome()).len(), 0);
    assert_eq!(stage.ended, Some(Err(exit::REFUSED)));
    let mut nothing = send(&[]);
    nothing.hears(welcome());
    assert_eq!(nothing.ended, Some(Ok(())));
}

#[test]
fn a_refused_and_an_unknown_send_have_their_codes() {
    let mut stage = send(&["hi"]);
    stage.hears(welcome());
    stage.hears(Event::Outbox(outgoing("x", "bob", "hi", None)));
    let unknown = stage.script.handle_timeout(&stage.model, true).unwrap_err();
    assert_eq!(unknown.code, exit::TIMEOUT);
    assert!(unknown.message.contains("--id x"), "{}", unknown.message);
    stage.hears(Event::Outbox(outgoing("x", "bob", "hi", Some("nobody has this name"))));
    assert_eq!(stage.ended, Some(Err(exit::REFUSED)));
}

#[test]
fn history_pages_backwards_and_prints_forwards() {
    let (target, entries) = (Target::To(name("bob")), Vec::new());
    let history = History { target, limit: 3, before: None, json: true, timeout: PATIENCE, entries };
    let mut stage = Stage::new(Script::History(history));
    assert_eq!(stage.hears(Event::Connection(Connection::Live)).len(), 1);
    stage.hears(Event::Opened(summary(1, "bob", 4, 0)));
    let older = |entries, at_start| Event::Older { conversation: conversation(1), entries, at_start };
    let asked = stage.hears(older(vec![entry(1, 3, "bob", "c"), entry(1, 4, "bob", "d")], false));
    assert!(matches!(&asked[..], [Msg::Ask(Command::Older { limit: 1, before, .. })] if *before == seq(3)));
    stage.hears(older(vec![entry(1, 2, "bob", "b")], false));
    assert_eq!((stage.printed, stage.ended), (vec!["b".into(), "c".into(), "d".into()], Some(Ok(()))));
    assert!(stage.reads.is_empty());
}
