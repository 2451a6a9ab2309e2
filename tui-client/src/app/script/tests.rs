//! Scripts, fed with events: what they print, ask for and end with.

mod changes;
mod files;
mod groups;

use super::*;
use crate::app::fixture::*;
use crate::app::{Surface, update};
use chat_client::{Content, Job, Outgoing, OutgoingState};
use chat_protocol::{Attachment, Body, ContentHash, Entry, FileId, Message, Target};

/// A script and the model that it looks at.
struct Stage {
    model: Model,
    script: Script,
    printed: Vec<String>,
    reads: Vec<(ConversationId, Seq)>,
    /// What is asked of the transfers.
    files: Vec<Step>,
    ended: Option<Result<(), u8>>,
}

impl Stage {
    fn new(script: Script) -> Self {
        let model = alice(Surface::Script, (80, 24));
        Self { model, script, printed: Vec::new(), reads: Vec::new(), files: Vec::new(), ended: None }
    }

    /// Lets something happen, and gives what the script asks for.
    fn hears(&mut self, event: Event) -> Vec<Msg> {
        update(&mut self.model, Msg::Heard(event.clone()));
        let steps = self.script.handle_event(&self.model, &event);
        self.takes(steps)
    }

    /// Lets something happen to the first transfer.
    fn moves(&mut self, change: TransferChange) -> Vec<Msg> {
        let steps = self.script.handle_transfer(&TransferEvent { id: TransferId::new(1), change });
        self.takes(steps)
    }

    fn takes(&mut self, steps: Vec<Step>) -> Vec<Msg> {
        let mut asked = Vec::new();
        for step in steps {
            match step {
                Step::Do(msg) => asked.push(msg),
                Step::Print { line, read } => {
                    let text =
                        serde_json::from_str::<serde_json::Value>(&line).map(|line| line["text"].clone());
                    self.printed
                        .push(text.ok().and_then(|text| text.as_str().map(str::to_owned)).unwrap_or(line));
                    self.reads.extend(read);
                }
                Step::Upload(_) | Step::Download(_) | Step::Sent(_) | Step::Unsent(_) => {
                    self.files.push(step)
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

fn peer(text: &str) -> Peer {
    text.parse().unwrap()
}

fn recv(from: Option<&str>, count: Option<u64>) -> Stage {
    Stage::new(Script::Recv(Recv::new(from.map(peer), count, None, false, false)))
}

fn page(entries: Vec<Entry>, at_start: bool) -> Event {
    Event::Older { conversation: conversation(1), entries, at_start }
}

fn attachment(name: &str) -> Attachment {
    let (name, media_type) = (name.to_owned(), "image/png".to_owned());
    Attachment {
        id: FileId::from_bits(7),
        name,
        size: 48_213,
        media_type,
        sha256: ContentHash::from_bytes([1; 32]),
    }
}

fn with_file(at: u64, from: &str, text: &str, file: &str) -> Entry {
    let body = Body::Message(Message { file: Some(Box::new(attachment(file))), ..Message::of(text) });
    Entry { body, ..entry(1, at, from, "") }
}

fn send_files(files: &[(&str, u64, &str)]) -> Stage {
    let file = |(path, size, text): &(&str, u64, &str)| FileToSend {
        path: (*path).into(),
        size: *size,
        text: (*text).to_owned(),
        client_id: client_id(path),
        reply_to: None,
    };
    let files = files.iter().map(file).collect();
    Stage::new(Script::SendFiles(SendFiles::new(Target::To(name("bob")), files, true, PATIENCE)))
}

fn welcome_with_files(bytes_max: u64) -> Event {
    let Event::Welcome(mut welcome) = welcome() else { unreachable!() };
    welcome.limits.file_bytes_max = bytes_max;
    Event::Welcome(welcome)
}

fn uploaded(file: &str, text: &str) -> TransferChange {
    let (to, text) = (Target::Conversation(conversation(1)), text.to_owned());
    TransferChange::Uploaded { file: attachment(file), to, text, client_id: client_id(file) }
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
fn what_the_log_does_not_have_any_more_is_not_waited_for() {
    let mut stage = recv(None, None);
    stage.hears(Event::Summary(summary(1, "bob", 4, 2)));
    stage.hears(Event::Synced);
    stage.hears_entries(1, &[(3, "bob", "first")]);
    assert!(stage.printed.is_empty(), "not all is there");
    // The server is back from an older backup.
    stage.hears(Event::Summary(summary(1, "bob", 3, 1)));
    assert_eq!(stage.printed, ["first"]);
    stage.is_confirmed(1, 3);
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
fn who_is_typing_is_not_printed() {
    let mut stage = recv(None, Some(1));
    stage.hears(Event::Summary(summary(1, "bob", 1, 0)));
    stage.hears(Event::Synced);
    let asked = stage.hears(Event::Typing { conversation: conversation(1), user: name("bob"), typing: true });
    assert_eq!((asked.len(), stage.printed.len(), stage.ended), (0, 0, None));
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
    Stage::new(Script::Send(Send::new(Target::To(name("bob")), texts, None, None, true, PATIENCE)))
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
fn all_that_is_sent_at_once_is_for_whoever_got_the_first_of_it() {
    let mut stage = send(&["x"; 65]);
    stage.hears(welcome());
    let next = stage.hears(stored(1));
    let here = Target::Conversation(conversation(1));
    assert!(matches!(&next[..], [Msg::Say { target, .. }] if *target == here), "{next:?}");
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
    let named = outgoing("x", "bob", "hi", None);
    let target = Target::Conversation(conversation(1));
    let here = Outgoing { target, ..named.clone() };
    for (underway, said) in
        [(named, "nothing was sent"), (here, "sent again to 0000000000000001 with --id x it is stored once")]
    {
        stage.hears(Event::Outbox(underway));
        let unknown = stage.script.handle_timeout(&stage.model, true).unwrap_err();
        assert!(unknown.code == exit::TIMEOUT && unknown.message.ends_with(said), "{}", unknown.message);
    }
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
    assert!(matches!(&asked[..], [Msg::Ask(Command::Older { before, .. })] if *before == seq(3)));
    stage.hears(older(vec![entry(1, 1, "bob", "a"), entry(1, 2, "bob", "b")], true));
    assert_eq!((stage.printed, stage.ended), (vec!["b".into(), "c".into(), "d".into()], Some(Ok(()))));
    assert!(stage.reads.is_empty());
}

#[test]
fn a_search_goes_on_until_there_is_enough() {
    let mut stage = Stage::new(Script::Search(Search::new("in:bob x".to_owned(), 3, false, PATIENCE)));
    stage.hears(Event::Summary(summary(1, "bob", 9, 0)));
    let asked = stage.hears(Event::Connection(Connection::Live));
    assert!(matches!(&asked[..], [Msg::Ask(Command::Search { cursor: None, limit: Some(3), .. })]));
    let found = |hits, next: Option<&str>| Event::Found {
        query: "in:bob x".to_owned(),
        cursor: None,
        hits,
        next: next.map(str::to_owned),
    };
    let hits = vec![entry(1, 9, "bob", "x\ny"), entry(1, 7, "bob", "x")];
    let asked = stage.hears(found(hits, Some("further")));
    let goes_on = |cursor: &Option<String>| cursor.as_deref() == Some("further");
    assert!(
        matches!(&asked[..], [Msg::Ask(Command::Search { cursor, limit: Some(1), .. })] if goes_on(cursor))
    );
    stage.hears(found(vec![entry(2, 1, "bob", "\u{1b}[2Jx")], Some("and further")));
    let printed: Vec<_> = stage.printed.iter().map(|line| &line[17..]).collect();
    assert_eq!(printed[..2], ["bob 9 bob: x\n    y", "bob 7 bob: x"]);
    assert!(printed[2].starts_with("? 1 bob: ") && !printed[2].contains('\u{1b}'), "{printed:?}");
    assert_eq!((stage.ended, stage.reads.len()), (Some(Ok(())), 0));
    let refused = Event::Refused {
        job: Job::Search("x".to_owned()),
        code: ErrorCode::BadField,
        message: "no".to_owned(),
    };
    let mut stage = Stage::new(Script::Search(Search::new("x".to_owned(), 3, false, PATIENCE)));
    stage.hears(refused);
    assert_eq!(stage.ended, Some(Err(exit::REFUSED)));
}
