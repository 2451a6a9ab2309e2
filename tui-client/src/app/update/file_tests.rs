//! What keys, transfers and the disk come to where files are concerned: here, sending them.

mod offer;
mod pictures;
mod save;

use super::*;
use crate::app::Overlay;
use crate::app::files::complete::Name;
use crate::app::files::pictures::{Picture, PictureKey, PictureState};
use crate::app::fixture::*;
use crate::app::{FileList, Notice, Saved};
use chat_client::Job;
use chat_client::SafeText;
use chat_client::files::{Subject, TransferChange, TransferError};
use chat_protocol::{ErrorCode, FileId};
use crossterm::event::{KeyCode, KeyModifiers};
use ratatui::layout::Size;
use ratatui_image::protocol::halfblocks::Halfblocks;
use ratatui_image::sliced::SlicedProtocol;
use std::path::PathBuf;
use std::sync::Arc;

const WIDE: (u16, u16) = (80, 24);

fn key(model: &mut Model, code: KeyCode) -> Vec<Effect> {
    press(model, code, KeyModifiers::NONE)
}

fn uploads(effects: &[Effect]) -> Vec<(String, String)> {
    let upload = |effect: &Effect| match effect {
        Effect::Upload(request) => {
            assert_eq!(number_of(&request.to), 1, "to bob");
            Some((request.path.to_string_lossy().into_owned(), request.text.clone()))
        }
        _ => None,
    };
    effects.iter().filter_map(upload).collect()
}

fn saves(effects: &[Effect]) -> Vec<(FileId, Option<String>)> {
    let save = |effect: &Effect| match effect {
        Effect::Save { file, to } => Some((file.id, to.clone())),
        _ => None,
    };
    effects.iter().filter_map(save).collect()
}

fn error(model: &Model) -> &str {
    match &model.notice {
        Some(Notice::Error(text)) => text,
        other => panic!("no error but {other:?}"),
    }
}

/// The shell has asked for the uploads among these, from this number on.
fn asked(model: &mut Model, effects: Vec<Effect>, first: u64) {
    let requests = effects.into_iter().filter_map(|effect| match effect {
        Effect::Upload(request) => Some(request),
        _ => None,
    });
    for (number, request) in (first..).zip(requests) {
        update(model, Msg::UploadAsked(TransferId::new(number), request));
    }
}

#[test]
fn a_file_is_sent_with_what_is_said_of_it() {
    let mut model = alice_with_files(WIDE);
    let effects = type_text(&mut model, "/send '~x y' see :tada: this\n");
    assert_eq!(uploads(&effects), [("~x y".to_owned(), "see 🎉 this".to_owned())]);
    let effects = type_text(&mut model, "/send ~/a.txt\n");
    assert_eq!(uploads(&effects), [("/home/ann/a.txt".to_owned(), String::new())]);
    assert!(model.composer.is_empty());
    let too_long = format!("/send a {}\n", "x".repeat(101));
    assert_eq!(uploads(&type_text(&mut model, &too_long)), []);
    assert!(error(&model).contains("too long"));
    let mut nobody = alice(Surface::Screen, WIDE);
    assert_eq!(uploads(&type_text(&mut nobody, "/send a\n")), []);
    assert!(error(&nobody).contains("to whom?"));
    assert_eq!(nobody.composer.text(), "/send a");
}

#[test]
fn a_file_is_not_sent_to_a_conversation_that_is_not_seen() {
    let mut model = alice_with_files((40, 12));
    key(&mut model, KeyCode::Esc);
    assert_eq!(uploads(&type_text(&mut model, "/send /a\n")), []);
    assert_eq!(uploads(&type_text(&mut model, "\n")), [("/a".to_owned(), String::new())]);
}

#[test]
fn an_uploaded_file_becomes_a_message_and_is_confirmed_once_it_is_kept() {
    let mut model = alice_with_files(WIDE);
    upload_begins(&mut model, 1, "a.bin", "look");
    assert_eq!(model.uploads_here().count(), 1);
    let (file, to, text) = (file(9, "a.bin", 3, "text/plain"), Target::To(name("bob")), "look".to_owned());
    let change = TransferChange::Uploaded { file, to, text, client_id: client_id("m1") };
    let effects = transfer(&mut model, 1, change, 0);
    assert_eq!(model.uploads_here().count(), 0);
    let [
        Effect::Send {
            client_id: Some(id), content: Content::Message { text, file: Some(file), .. }, ..
        },
    ] = &effects[..]
    else {
        panic!("{effects:?}")
    };
    assert_eq!((id.as_str(), text.as_str(), file.name.as_str()), ("m1", "look", "a.bin"));
    let kept = hear(&mut model, Event::Outbox(outgoing("m1", "bob", "look", None)));
    assert!(matches!(kept[..], [Effect::Sent(id)] if id.number() == 1));
    assert!(hear(&mut model, Event::Outbox(outgoing("m1", "bob", "look", None))).is_empty());
}

#[test]
fn a_file_whose_message_cannot_be_kept_is_forgotten() {
    let mut model = alice_with_files(WIDE);
    model.last_said = Some("something else".to_owned());
    upload_begins(&mut model, 1, "a.bin", "");
    let (file, to) = (file(9, "a.bin", 3, "text/plain"), Target::To(name("bob")));
    let change = TransferChange::Uploaded { file, to, text: String::new(), client_id: client_id("m1") };
    transfer(&mut model, 1, change, 0);
    let (job, message) = (Job::Queue(client_id("m1")), "the disk is full".to_owned());
    let effects = hear(&mut model, Event::Refused { job, code: ErrorCode::Unavailable, message });
    assert!(matches!(effects[..], [Effect::Unsent(id)] if id.number() == 1));
    assert!(model.composer.is_empty() && error(&model) == "the disk is full");
}

#[test]
fn what_cannot_even_begin_comes_back() {
    let mut model = alice_with_files(WIDE);
    let effects = type_text(&mut model, "/send /nosuch hi\n");
    asked(&mut model, effects, 1);
    let error = TransferError::NotAFile(PathBuf::from("/nosuch"));
    transfer(&mut model, 1, TransferChange::Failed { error }, 0);
    assert_eq!(model.composer.text(), "/send /nosuch hi");
    assert_eq!(self::error(&model), "/nosuch is not a file");
}

#[test]
fn a_failed_upload_can_be_tried_again_or_dropped() {
    let mut model = alice_with_files(WIDE);
    let effects = type_text(&mut model, "/send /a hi\n");
    asked(&mut model, effects, 1);
    let fail = |model: &mut Model, id| {
        upload_begins(model, id, "a", "hi");
        let error = TransferError::TooLarge { bytes: 9 << 20, bytes_max: 8 << 20 };
        transfer(model, id, TransferChange::Failed { error }, 0);
    };
    fail(&mut model, 1);
    assert_eq!(error(&model), "too large: 9.0 MiB, and the server takes 8.0 MiB at most");
    assert_eq!((model.uploads_here().count(), model.transfers.under_way().count()), (1, 0));
    let effects = type_text(&mut model, "/retry\n");
    assert_eq!(uploads(&effects), [("/a".to_owned(), "hi".to_owned())]);
    assert_eq!(model.uploads_here().count(), 0);
    asked(&mut model, effects, 2);
    fail(&mut model, 2);
    type_text(&mut model, "/discard\n");
    assert_eq!(model.uploads_here().count(), 0);
    type_text(&mut model, "/discard\n");
    assert_eq!(error(&model), "no message has failed");
}

/// Nobody asked for it in this process: it was in the journal.
#[test]
fn a_failed_upload_of_an_earlier_process_can_be_tried_again() {
    for error in [
        TransferError::Changed(PathBuf::from("/home/ann/a")),
        TransferError::Unreadable { path: PathBuf::from("/home/ann/a"), cause: "no such file".to_owned() },
        TransferError::NotAFile(PathBuf::from("/home/ann/a")),
    ] {
        let mut model = alice_with_files(WIDE);
        upload_begins(&mut model, 1, "a", "hi");
        transfer(&mut model, 1, TransferChange::Failed { error }, 0);
        assert_eq!(model.uploads_here().count(), 1);
        let effects = type_text(&mut model, "/retry\n");
        assert!(matches!(&effects[..], [Effect::Upload(UploadRequest { client_id: None, .. })]));
        assert_eq!(uploads(&effects), [("/home/ann/a".to_owned(), "hi".to_owned())]);
        assert_eq!(model.uploads_here().count(), 0);
        assert!(model.composer.is_empty() && model.notice.is_none());
    }
    let mut model = alice_with_files(WIDE);
    upload_begins(&mut model, 1, "a", "hi");
    transfer(&mut model, 1, TransferChange::Failed { error: TransferError::LoggedOut }, 0);
    assert!(type_text(&mut model, "/retry\n").is_empty());
    assert!(error(&model).contains("where that file is") && model.uploads_here().count() == 1);
}

#[test]
fn an_upload_that_is_tried_again_and_cannot_begin_is_not_lost() {
    let mut model = alice_with_files(WIDE);
    upload_begins(&mut model, 1, "a", "hi");
    let gone = || TransferError::Unreadable { path: PathBuf::from("/a"), cause: "no such file".to_owned() };
    transfer(&mut model, 1, TransferChange::Failed { error: gone() }, 0);
    type_text(&mut model, "something else\n");
    for id in 2..4 {
        let effects = type_text(&mut model, "/retry\n");
        assert_eq!(uploads(&effects), [("/a".to_owned(), "hi".to_owned())]);
        asked(&mut model, effects, id);
        transfer(&mut model, id, TransferChange::Failed { error: gone() }, 0);
        assert!(model.composer.is_empty(), "what was said meanwhile is not said twice");
        let failed: Vec<_> = model.uploads_here().collect();
        assert!(matches!(&failed[..], [transfer] if transfer.is_failed() && transfer.name == "a"));
    }
    type_text(&mut model, "/discard\n");
    assert_eq!(model.uploads_here().count(), 0);
}

#[test]
fn a_transfer_is_cancelled_by_number_or_the_last_one() {
    let mut model = alice_with_files(WIDE);
    upload_begins(&mut model, 1, "a", "");
    upload_begins(&mut model, 2, "b", "");
    for (typed, number) in [("/cancel #1\n", 1), ("/cancel 2\n", 2), ("/cancel\n", 2)] {
        let effects = type_text(&mut model, typed);
        assert!(matches!(effects[..], [Effect::CancelTransfer(id)] if id.number() == number), "{typed}");
    }
    transfer(&mut model, 2, TransferChange::Cancelled, 0);
    assert_eq!(model.notice, Some(Notice::Info("#2 was cancelled: b".to_owned())));
    assert_eq!(model.transfers.under_way().count(), 1);
    type_text(&mut model, "/cancel 7\n");
    assert_eq!(error(&model), "no transfer has the number 7");
}

#[test]
fn progress_has_a_rate_and_waiting_has_none() {
    let mut model = alice_with_files(WIDE);
    upload_begins(&mut model, 1, "a", "");
    for second in 0..=2 {
        let change = TransferChange::Progress { bytes_done: second << 20, bytes_total: 8 << 20 };
        transfer(&mut model, 1, change, second * 1000);
    }
    let pace = |model: &Model| model.transfers.under_way().next().unwrap().pace;
    assert_eq!(pace(&model).bytes_per_second, Some(1 << 20));
    assert_eq!(pace(&model).left.unwrap().as_secs(), 6);
    transfer(&mut model, 1, TransferChange::Waiting { cause: SafeText::line("gone") }, 3000);
    assert_eq!((pace(&model).bytes_per_second, pace(&model).left), (None, None));
}

#[test]
fn why_a_transfer_waits_is_told() {
    let mut model = alice_with_files(WIDE);
    upload_begins(&mut model, 1, "a", "");
    for cause in ["the connection broke", "the server is busy"] {
        transfer(&mut model, 1, TransferChange::Waiting { cause: SafeText::line(cause) }, 0);
        let state = &model.transfers.under_way().next().unwrap().state;
        assert_eq!(*state, crate::app::files::State::Waiting(SafeText::line(cause)));
    }
}

#[cfg(unix)]
#[test]
fn a_path_is_completed_with_tab_which_never_leaves_it() {
    let mut model = alice_with_files(WIDE);
    let effects = type_text(&mut model, "/send ~/D");
    assert!(matches!(&effects[..], [.., Effect::List(folder)] if folder == "/home/ann/"), "{effects:?}");
    key(&mut model, KeyCode::Tab);
    assert_eq!(model.chats.selected_id(), Some(conversation(1)));
    let name = |name: &str, is_folder| Name { name: name.to_owned(), is_folder };
    let names = vec![name("Documents", true), name("Downloads", true), name("x", false)];
    update(&mut model, Msg::Listed(Listing { folder: "/home/ann/".to_owned(), names }));
    key(&mut model, KeyCode::Down);
    let effects = key(&mut model, KeyCode::Tab);
    assert_eq!(model.composer.text(), "/send ~/Downloads/");
    assert!(matches!(&effects[..], [Effect::List(folder)] if folder == "/home/ann/Downloads/"));
    let names = vec![name("a b.txt", false)];
    update(&mut model, Msg::Listed(Listing { folder: "/home/ann/Downloads/".to_owned(), names }));
    // What stands there is taken as it stands.
    assert_eq!(
        uploads(&key(&mut model, KeyCode::Enter)),
        [("/home/ann/Downloads/".to_owned(), String::new())]
    );
}
