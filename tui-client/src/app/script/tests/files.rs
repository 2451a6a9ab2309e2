//! Scripts that send files, save them or list them.

use super::*;
use chat_client::files::{Destination, TransferError};

/// Files to bob, of which the first is on its way: which conversation is his has been asked.
fn sending_files(files: &[(&str, u64, &str)]) -> Stage {
    let mut stage = send_files(files);
    stage.hears(welcome_with_files(100));
    stage.hears(Event::Opened(summary(1, "bob", 0, 0)));
    stage
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
