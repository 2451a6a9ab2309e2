//! What keys, transfers and the disk come to where files are concerned.

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
            assert_eq!(request.to, Target::To(name("bob")));
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
    let [Effect::Send { client_id: Some(id), text, file: Some(file), .. }] = &effects[..] else {
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

#[test]
fn a_file_is_saved_by_default_by_number_or_by_name() {
    let to = |path: &str| Some(path.to_owned());
    for (typed, file, to) in [
        // The last one of somebody else.
        ("/save", 6, None),
        ("/save 5", 5, None),
        ("/save HARB", 5, None),
        ("/save 'a report with a long name.pdf' b.pdf", 6, to("b.pdf")),
        ("/save ~/x/", 6, to("/home/ann/x/")),
        ("/save [7] .", 7, to(".")),
    ] {
        let mut model = alice_with_files(WIDE);
        let effects = type_text(&mut model, &format!("{typed}\n"));
        assert_eq!(saves(&effects), [(FileId::from_bits(file), to)], "{typed}");
    }
    for typed in ["/save 4", "/save nosuch", "/view 6", "/view 99"] {
        let mut model = alice_with_files(WIDE);
        assert!(type_text(&mut model, &format!("{typed}\n")).is_empty());
        assert!(!error(&model).is_empty());
        assert_eq!(model.composer.text(), typed);
    }
}

#[test]
fn what_has_become_of_a_save_is_told() {
    let mut model = alice_with_files(WIDE);
    let begins = |model: &mut Model, id| {
        let subject = Subject::Download(file(6, "r.pdf", 60_000, "application/pdf"));
        let change = TransferChange::Started { subject, name: "r.pdf".to_owned(), bytes_total: 60_000 };
        transfer(model, id, change, 0);
    };
    begins(&mut model, 1);
    assert!(saves(&type_text(&mut model, "/save 6\n")).is_empty());
    assert_eq!(error(&model), "it is being saved already: #1");
    let path = PathBuf::from("/home/ann/Downloads/r.pdf");
    transfer(&mut model, 1, TransferChange::Saved { path }, 0);
    assert_eq!(model.notice, Some(Notice::Info("saved as ~/Downloads/r.pdf".to_owned())));
    assert_eq!(model.saves[&FileId::from_bits(6)], Saved::At("~/Downloads/r.pdf".to_owned()));
    begins(&mut model, 2);
    transfer(&mut model, 2, TransferChange::Failed { error: TransferError::Damaged }, 0);
    assert!(matches!(model.saves[&FileId::from_bits(6)], Saved::Failed(_)));
    assert_eq!(model.transfers.under_way().count(), 0);
}

#[test]
fn the_list_of_files_saves_and_shows_the_selected_one() {
    let mut model = alice_with_files(WIDE);
    let selected = |model: &Model| match model.overlay {
        Some(Overlay::Files(FileList { selected, .. })) => selected.map(|seq| seq.get()),
        _ => None,
    };
    type_text(&mut model, "/files\n");
    assert_eq!(selected(&model), Some(7));
    for (code, expected) in [
        (KeyCode::Down, 6),
        (KeyCode::End, 5),
        (KeyCode::Down, 5),
        (KeyCode::Home, 7),
        (KeyCode::Up, 7),
        (KeyCode::PageDown, 5),
    ] {
        key(&mut model, code);
        assert_eq!(selected(&model), Some(expected), "{code:?}");
    }
    let effects = key(&mut model, KeyCode::Char('v'));
    assert!(matches!(&effects[..], [Effect::Picture { .. }]));
    assert!(matches!(model.overlay, Some(Overlay::Picture(_))));
    key(&mut model, KeyCode::Esc);
    type_text(&mut model, "/files\n");
    key(&mut model, KeyCode::Char('v'));
    assert!(error(&model).contains("not a PNG") && selected(&model) == Some(7));
    assert_eq!(saves(&key(&mut model, KeyCode::Enter)), [(FileId::from_bits(7), None)]);
    assert!(model.overlay.is_none());
}

/// A conversation may be very long and have no files at all.
#[test]
fn the_list_of_files_looks_back_some_pages_and_then_asks() {
    let mut model = alice_with_files(WIDE);
    let entries = vec![file_entry(5000, "bob", "x", "text/plain", "")];
    hear(&mut model, Event::Newest { conversation: conversation(1), entries, at_start: false });
    let is_older = |effects: &[Effect]| matches!(effects, [Effect::Ask(Command::Older { .. })]);
    let mut asked = usize::from(is_older(&type_text(&mut model, "/files\n")));
    let mut before = 5000;
    let mut answer = |model: &mut Model| {
        before -= 1;
        let entries = vec![entry(1, before, "bob", "no file")];
        hear(model, Event::Older { conversation: conversation(1), entries, at_start: false })
    };
    for _ in 0..30 {
        asked += usize::from(is_older(&answer(&mut model)));
    }
    assert_eq!(asked, 10);
    assert!(is_older(&key(&mut model, KeyCode::Down)), "who goes on at its end looks further");
    let entries = vec![file_entry(1, "bob", "first", "text/plain", "")];
    let effects = hear(&mut model, Event::Older { conversation: conversation(1), entries, at_start: true });
    assert!(effects.is_empty());
    key(&mut model, KeyCode::Down);
    assert_eq!(saves(&key(&mut model, KeyCode::Enter)), [(FileId::from_bits(1), None)]);
}

fn offered(paths: &[(&str, u64)]) -> Msg {
    Msg::PasteChecked(
        paths.iter().map(|(path, bytes)| Offered { path: (*path).to_owned(), bytes: *bytes }).collect(),
    )
}

#[cfg(unix)]
#[test]
fn a_paste_of_files_is_offered_and_sent_only_by_enter() {
    let pasted = |model: &mut Model, text: &str| update(model, Msg::Paste(text.to_owned()));
    let mut model = alice_with_files(WIDE);
    type_text(&mut model, "draft ");
    let effects = pasted(&mut model, "'/a b' /c ");
    let expected = vec!["/a b".to_owned(), "/c".to_owned()];
    assert!(
        matches!(&effects[..], [Effect::CheckPaste(readings), ..] if readings[0] == expected),
        "{effects:?}"
    );
    assert_eq!(model.composer.text(), "draft '/a b' /c ", "it is a text until something else is known");
    update(&mut model, offered(&[("/a b", 1), ("/c", 2)]));
    assert!(matches!(model.overlay, Some(Overlay::Offer(_))));
    let effects = key(&mut model, KeyCode::Enter);
    assert_eq!(uploads(&effects), [("/a b".to_owned(), String::new()), ("/c".to_owned(), String::new())]);
    assert_eq!(model.composer.text(), "draft ");

    for (code, left) in [(KeyCode::Esc, "/c"), (KeyCode::Char('x'), "/cx"), (KeyCode::Tab, "/c")] {
        let mut model = alice_with_files(WIDE);
        pasted(&mut model, "/c");
        update(&mut model, offered(&[("/c", 2)]));
        assert!(uploads(&key(&mut model, code)).is_empty());
        assert_eq!(model.composer.text(), left, "{code:?}");
    }
}

#[cfg(unix)]
#[test]
fn several_files_that_are_pasted_behind_send_are_offered_as_without_it() {
    let both = || vec!["/a b".to_owned(), "/c".to_owned()];
    let all = [("/a b".to_owned(), String::new()), ("/c".to_owned(), String::new())];
    for (typed, pastes) in [
        ("/send ", &["'/a b' /c "][..]),
        ("/send", &[" '/a b' /c"]),
        ("/send   ", &["/a b\r\n/c\r\n"]),
        ("/send ", &["'/a b' ", "/c "]),
    ] {
        let mut model = alice_with_files(WIDE);
        type_text(&mut model, typed);
        let effects: Vec<_> =
            pastes.iter().flat_map(|text| update(&mut model, Msg::Paste((*text).to_owned()))).collect();
        assert!(
            matches!(&effects[..], [Effect::CheckPaste(readings)] if readings[..] == [both()]),
            "{effects:?}"
        );
        assert!(uploads(&key(&mut model, KeyCode::Enter)).is_empty(), "the second is no text");
        update(&mut model, offered(&[("/a b", 1), ("/c", 2)]));
        assert!(matches!(model.overlay, Some(Overlay::Offer(_))));
        assert_eq!(uploads(&key(&mut model, KeyCode::Enter)), all);
        assert!(model.composer.is_empty());
    }
    let mut model = alice_with_files(WIDE);
    type_text(&mut model, "/send ");
    update(&mut model, Msg::Paste("'/a b' /c".to_owned()));
    update(&mut model, offered(&[("/a b", 1), ("/c", 2)]));
    key(&mut model, KeyCode::Esc);
    assert_eq!(model.composer.text(), "'/a b' /c", "as without the command");
    let mut model = alice_with_files(WIDE);
    type_text(&mut model, "/send ");
    update(&mut model, Msg::Paste("/a /c".to_owned()));
    update(&mut model, offered(&[]));
    assert_eq!(model.composer.text(), "/send /a /c");
    let sent = uploads(&key(&mut model, KeyCode::Enter));
    assert_eq!(sent, [("/a".to_owned(), "/c".to_owned())], "these are not all files");
}

#[cfg(unix)]
#[test]
fn a_paste_is_not_offered_when_it_is_too_late_or_too_large_or_no_file() {
    let mut model = alice_with_files(WIDE);
    update(&mut model, Msg::Paste("/c".to_owned()));
    type_text(&mut model, "!");
    update(&mut model, offered(&[("/c", 2)]));
    assert!(model.overlay.is_none(), "the user has gone on writing");
    let mut model = alice_with_files(WIDE);
    update(&mut model, Msg::Paste("/c".to_owned()));
    update(&mut model, offered(&[]));
    assert!(model.overlay.is_none(), "it is not there");
    assert!(update(&mut model, Msg::Paste(" and a text".to_owned())).is_empty());
    let mut model = alice_with_files(WIDE);
    type_text(&mut model, "/send ");
    assert!(update(&mut model, Msg::Paste("/c".to_owned())).is_empty(), "it belongs to the command");
    assert_eq!(uploads(&key(&mut model, KeyCode::Enter)), [("/c".to_owned(), String::new())]);
    let mut model = alice_with_files(WIDE);
    model.file_bytes_max = 10;
    update(&mut model, Msg::Paste("/a\n/b".to_owned()));
    update(&mut model, offered(&[("/a", 10), ("/b", 11)]));
    assert!(uploads(&key(&mut model, KeyCode::Enter)).is_empty());
    assert!(error(&model).contains("too large") && matches!(model.overlay, Some(Overlay::Offer(_))));
    let mut model = alice_with_files(WIDE);
    update(&mut model, Msg::Paste("/c".to_owned()));
    assert!(
        key(&mut model, KeyCode::Enter).is_empty(),
        "before the answer it is no more than a wrong command"
    );
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

/// Many small ones fit a screen, and none of them may push out another that is seen.
#[test]
fn pictures_give_way_when_they_cover_more_than_a_screen() {
    let mut known = crate::app::files::pictures::Pictures::default();
    let key = |id| PictureKey { file: FileId::from_bits(id), room: Size::new(60, 16) };
    let mut shows = |id, size| {
        let blocks = Halfblocks::new(image::DynamicImage::new_rgb8(1, 1), size).unwrap();
        known.ask(key(id));
        let picture = Picture { protocol: SlicedProtocol::Halfblocks(blocks) };
        known.set(key(id), PictureState::Ready(Arc::new(picture)));
        (0..=id).filter(|id| known.get(key(*id)).is_some()).count()
    };
    assert_eq!((0..100).map(|id| shows(id, Size::new(60, 1))).last(), Some(100));
    assert_eq!(shows(100, Size::new(300, 80)), 1, "one may be larger than all others");
    assert_eq!((101..140).map(|id| shows(id, Size::new(60, 16))).last(), Some(17));
}

fn pictures(effects: &[Effect]) -> Vec<(FileId, Size)> {
    let picture = |effect: &Effect| match effect {
        Effect::Picture { key, .. } => Some((key.file, key.room)),
        _ => None,
    };
    effects.iter().filter_map(picture).collect()
}

#[test]
fn pictures_are_got_when_they_are_wanted_and_seen_and_only_once() {
    let mut model = alice_with_files(WIDE);
    model.notice = None;
    assert!(pictures(&key(&mut model, KeyCode::PageUp)).is_empty(), "nobody wants them");
    let mut model = alice_with_files(WIDE);
    model.pictures.is_on = true;
    let room = model.picture_room();
    let wanted = pictures(&update(&mut model, Msg::Focus(true)));
    assert_eq!(wanted, [(FileId::from_bits(5), room)]);
    assert!(pictures(&update(&mut model, Msg::Focus(true))).is_empty());
    let wanted = pictures(&update(&mut model, Msg::Resize(50, 20)));
    assert_eq!(wanted, [(FileId::from_bits(5), model.picture_room())], "made anew for another size");
    let entries = (8..40).map(|at| entry(1, at, "bob", "more")).collect();
    hear(&mut model, Event::Newer { conversation: conversation(1), entries });
    assert!(pictures(&update(&mut model, Msg::Resize(70, 20))).is_empty(), "it is not on the screen");
    let entries = vec![file_entry(40, "bob", "bomb.png", "image/png", "")];
    hear(&mut model, Event::Newer { conversation: conversation(1), entries });
    let large = Box::new(file(41, "large.png", 9 << 20, "image/png"));
    let body = chat_protocol::Body::Message { text: String::new(), file: Some(large) };
    let entries = vec![chat_protocol::Entry { body, ..entry(1, 41, "bob", "") }];
    let wanted = pictures(&hear(&mut model, Event::Newer { conversation: conversation(1), entries }));
    assert!(wanted.is_empty(), "too large to be got for its picture");
}

#[test]
fn a_picture_on_the_whole_screen_is_got_on_demand() {
    let mut model = alice_with_files(WIDE);
    let wanted = pictures(&type_text(&mut model, "/view\n"));
    let room = screen_room(&model);
    assert_eq!(wanted, [(FileId::from_bits(5), room)]);
    let key_of = PictureKey { file: FileId::from_bits(5), room };
    update(&mut model, Msg::Picture(key_of, PictureState::Failed("no".to_owned())));
    assert!(matches!(model.pictures.get(key_of), Some(PictureState::Failed(_))));
    key(&mut model, KeyCode::Esc);
    assert!(model.overlay.is_none() && model.pictures.get(key_of).is_none(), "it is not kept");
    update(&mut model, Msg::Picture(key_of, PictureState::Failed("late".to_owned())));
    assert!(model.pictures.get(key_of).is_none(), "nobody waits for it any more");
    model.pictures.has_no_colours = true;
    assert!(pictures(&type_text(&mut model, "/view\n")).is_empty());
    assert!(error(&model).contains("NO_COLOR"));
}
