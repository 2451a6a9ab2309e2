//! Scripts, fed with events: what they print, ask for and end with.

mod changes;
mod groups;

use super::*;
use crate::app::fixture::*;
use crate::app::{Surface, update};
use chat_client::files::{Destination, TransferError};
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

/// Files to bob, of which the first is on its way: which conversation is his has been asked.
fn sending_files(files: &[(&str, u64, &str)]) -> Stage {
    let mut stage = send_files(files);
    stage.hears(welcome_with_files(100));
    stage.hears(Event::Opened(summary(1, "bob", 0, 0)));
    stage
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
fn files_go_one_after_the_other_each_as_a_message() {
    let mut stage = sending_files(&[("a", 5, "look"), ("b", 6, "")]);
    let is_upload = |step: &Step, id: &str| matches!(step, Step::Upload(request) if request.client_id == Some(client_id(id)));
    assert!(matches!(&stage.files[..], [one] if is_upload(one, "a")));
    let said = stage.moves(uploaded("a", "look"));
    let carries = |said: &[Msg], name: &str| matches!(said, [Msg::Say { content: Content::Message { file: Some(file), .. }, .. }] if file.name == name);
    assert!(carries(&said, "a"));
    assert!(stage.hears(welcome_with_files(100)).is_empty(), "a reconnect sends nothing twice");
    stage.hears(stored(1));
    assert!(matches!(&stage.files[1..], [Step::Sent(_), two] if is_upload(two, "b")));
    assert!(stage.printed[0].contains("sha256"), "{:?}", stage.printed);
    stage.moves(uploaded("b", ""));
    stage.hears(stored(2));
    assert_eq!((stage.ended, stage.printed.len()), (Some(Ok(())), 2));
}

/// A file may take hours, and be gone on with the next day.
#[test]
fn a_file_is_for_whoever_has_the_name_when_it_begins() {
    let mut stage = send_files(&[("a", 5, "")]);
    for _ in 0..2 {
        let asked = stage.hears(welcome_with_files(100));
        let bob = Target::To(name("bob"));
        assert!(matches!(&asked[..], [Msg::Ask(Command::Open(target))] if *target == bob), "{asked:?}");
        assert_eq!(stage.files.len(), 0);
        assert_eq!(out_of_time(&stage), "no answer in time: nothing was sent");
    }
    let here = Target::Conversation(conversation(1));
    stage.hears(Event::Opened(summary(1, "bob", 0, 0)));
    assert!(matches!(&stage.files[..], [Step::Upload(request)] if request.to == here), "{:?}", stage.files);
    assert!(out_of_time(&stage).contains("; again to 0000000000000001 with --id a it goes on"));
    let said = stage.moves(uploaded("a", ""));
    assert!(matches!(&said[..], [Msg::Say { target, .. }] if *target == here), "{said:?}");
    assert!(out_of_time(&stage).contains("; sent again to 0000000000000001 with --id a it is stored once"));
}

fn out_of_time(stage: &Stage) -> String {
    stage.script.handle_timeout(&stage.model, true).unwrap_err().message
}

#[test]
fn no_file_is_sent_to_a_name_that_nobody_has() {
    let mut stage = send_files(&[("a", 5, "")]);
    stage.hears(welcome_with_files(100));
    let refused = |code| {
        let job = Job::Open(Target::To(name("bob")));
        Event::Refused { job, code, message: "nobody has this name".to_owned() }
    };
    stage.hears(refused(ErrorCode::Unavailable));
    assert_eq!(stage.ended, None);
    stage.hears(refused(ErrorCode::UnknownUser));
    assert_eq!((stage.files.len(), stage.ended), (0, Some(Err(exit::REFUSED))));
}

#[test]
fn nothing_is_sent_when_one_file_is_too_large() {
    let mut stage = send_files(&[("a", 5, ""), ("b", 101, "")]);
    assert!(stage.hears(welcome_with_files(100)).is_empty(), "nobody is asked for");
    assert_eq!((stage.files.len(), stage.ended), (0, Some(Err(exit::REFUSED))));
}

#[test]
fn each_end_of_a_transfer_has_its_code() {
    for (error, code) in [
        (TransferError::Damaged, exit::DAMAGED),
        (TransferError::Gone, exit::REFUSED),
        (TransferError::LoggedOut, exit::LOGIN),
        (TransferError::NotAFile("x".into()), exit::USAGE),
        (TransferError::Exists("x".into()), exit::OTHER),
    ] {
        let mut stage = sending_files(&[("a", 5, "")]);
        stage.moves(TransferChange::Failed { error });
        assert_eq!(stage.ended, Some(Err(code)));
    }
}

#[test]
fn a_refused_message_leaves_no_file() {
    let mut stage = sending_files(&[("a", 5, "")]);
    stage.moves(uploaded("a", ""));
    let state = OutgoingState::Failed { code: ErrorCode::UnknownUser, message: "nobody".to_owned() };
    stage.hears(Event::Outbox(Outgoing { state, ..outgoing("a", "bob", "", None) }));
    assert!(matches!(stage.files[1..], [Step::Unsent(_)]));
    assert_eq!(stage.ended, Some(Err(exit::REFUSED)));
}

/// The file was uploaded again, so the server takes the same message for another one.
#[test]
fn what_an_earlier_run_has_sent_is_found_and_not_refused() {
    let conflict = Event::Outbox(outgoing("alice-2", "bob", "look", Some("used before")));
    for (text, file, ended) in [
        ("look", "alice-2", Ok(())),
        ("look", "other", Err(exit::REFUSED)),
        ("!", "alice-2", Err(exit::REFUSED)),
    ] {
        let mut stage = sending_files(&[("alice-2", 5, "look")]);
        stage.moves(uploaded("alice-2", "look"));
        assert_eq!(stage.hears(conflict.clone()).len(), 1, "the conversation is asked for");
        stage.hears(Event::Opened(summary(1, "bob", 4, 0)));
        let entries = vec![entry(1, 3, "bob", "c"), entry(1, 4, "bob", "d")];
        let older = |entries, at_start| Event::Older { conversation: conversation(1), entries, at_start };
        assert_eq!(stage.hears(older(entries, false)).len(), 1, "and the page before");
        stage.hears(older(vec![entry(1, 1, "bob", "a"), with_file(2, "alice", text, file)], true));
        assert!(
            stage.files.iter().any(|step| matches!(step, Step::Unsent(_))),
            "the second one is not wanted"
        );
        assert_eq!(stage.ended, Some(ended), "{text} {file}");
    }
}

fn save(entry: Option<u64>) -> Stage {
    let mut stage =
        Stage::new(Script::Save(Save::new(peer("bob"), entry.map(seq), "x".into(), false, PATIENCE)));
    assert_eq!(stage.hears(Event::Connection(Connection::Live)).len(), 1);
    assert_eq!(stage.hears(Event::Opened(summary(1, "bob", 4, 0))).len(), 1);
    stage
}

fn page(entries: Vec<Entry>, at_start: bool) -> Event {
    Event::Older { conversation: conversation(1), entries, at_start }
}

#[test]
fn the_newest_file_of_theirs_is_saved() {
    let mut stage = save(None);
    let mine = with_file(4, "alice", "", "mine.png");
    let asked = stage.hears(page(vec![entry(1, 3, "bob", "c"), mine], false));
    assert!(matches!(&asked[..], [Msg::Ask(Command::Older { before, .. })] if *before == seq(3)));
    stage.hears(page(vec![with_file(1, "bob", "", "old.png"), with_file(2, "bob", "", "new.png")], true));
    let Step::Download(request) = &stage.files[0] else { panic!("{:?}", stage.files) };
    assert_eq!(
        (request.attachment.name.as_str(), &request.to),
        ("new.png", &Destination::Folder("x".into()))
    );
    assert!(stage.hears(Event::Connection(Connection::Live)).is_empty(), "a reconnect saves nothing twice");
    stage.moves(TransferChange::Saved { path: "x/new.png".into() });
    assert_eq!((stage.printed, stage.ended), (vec!["x/new.png".to_owned()], Some(Ok(()))));
}

#[test]
fn what_is_not_there_cannot_be_saved() {
    for (wanted, entries) in [
        (None, vec![entry(1, 1, "bob", "a")]),
        (Some(1), vec![entry(1, 1, "bob", "a")]),
        (Some(9), vec![entry(1, 1, "bob", "a")]),
    ] {
        let mut stage = save(wanted);
        stage.hears(page(entries, true));
        assert_eq!((stage.files.len(), stage.ended), (0, Some(Err(exit::REFUSED))), "{wanted:?}");
    }
}

#[test]
fn files_are_listed_in_the_order_of_the_log() {
    let files = Files::new(peer("bob"), 2, false, PATIENCE);
    let mut stage = Stage::new(Script::Files(files));
    stage.hears(Event::Connection(Connection::Live));
    stage.hears(Event::Opened(summary(1, "bob", 4, 0)));
    stage.hears(page(vec![with_file(3, "bob", "", "b\u{202e}"), with_file(4, "alice", "", "mine")], false));
    stage.hears(page(vec![with_file(1, "bob", "", "too old"), with_file(2, "bob", "", "a")], true));
    let expected =
        ["2 2026-03-02 09:02 a, 47 KiB, image/png", "3 2026-03-02 09:03 b\u{fffd}, 47 KiB, image/png"];
    assert_eq!((&stage.printed[..], stage.ended), (&expected.map(str::to_owned)[..], Some(Ok(()))));
}
