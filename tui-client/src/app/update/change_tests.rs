//! Answering, editing, deleting, reacting: by keys and by commands.

use super::*;
use crate::app::fixture::*;
use crate::app::place::visible;
use crate::app::rows::Row;
use crate::app::{Notice, Overlay, Pane, Purpose};
use chat_client::{Job, Outgoing, OutgoingState};
use chat_protocol::{Body, ErrorCode, Message, Quote};
use crossterm::event::{KeyCode, KeyModifiers};

const WIDE: (u16, u16) = (80, 24);

pub(super) fn key(model: &mut Model, code: KeyCode) -> Vec<Effect> {
    press(model, code, KeyModifiers::NONE)
}

/// Without what others are told of the typing.
pub(super) fn done(effects: Vec<Effect>) -> Vec<Effect> {
    let is_told =
        |effect: &Effect| matches!(effect, Effect::Ask(Command::Typing { .. } | Command::Read { .. }));
    effects.into_iter().filter(|effect| !is_told(effect)).collect()
}

fn content(effects: Vec<Effect>) -> Content {
    let effects = done(effects);
    let [Effect::Send { client_id: None, target, content }] = &effects[..] else { panic!("{effects:?}") };
    assert_eq!(number_of(target), 1, "the conversation with bob");
    content.clone()
}

pub(super) fn error(model: &Model) -> &str {
    match &model.notice {
        Some(Notice::Error(text)) => text,
        notice => panic!("{notice:?}"),
    }
}

pub(super) fn picked(model: &Model) -> Option<u64> {
    crate::app::pick::picked(model).map(|pick| pick.seq.get())
}

fn answer(number: u64, from: &str, quoted: &str, text: &str) -> Content {
    let quote = Quote::of(seq(number), name(from), &Message::of(quoted));
    Content::Message { text: text.to_owned(), file: None, reply_to: Some(Box::new(quote)) }
}

fn new_text(number: u64, text: &str) -> Content {
    Content::Edit { seq: seq(number), text: text.to_owned() }
}

fn emoji(number: u64, emoji: &str, removed: bool) -> Content {
    Content::Reaction { seq: seq(number), emoji: emoji.to_owned(), removed }
}

#[test]
fn commands_change_a_message_by_its_number_or_a_likely_one() {
    for (typed, expected) in [
        ("/reply yes :tada:\n", answer(4, "bob", "two\nlines", "yes 🎉")),
        ("/reply 1 yes\n", answer(1, "bob", "good morning", "yes")),
        ("/edit hello\n", new_text(2, "hello")),
        ("/edit [2] 12 :wave:\n", new_text(2, "12 👋")),
        ("/delete\n", Content::Deletion { seq: seq(2) }),
        ("/react :tada:\n", emoji(4, "🎉", false)),
        ("/react 2 👍\n", emoji(2, "👍", false)),
    ] {
        let mut model = busy_alice(WIDE);
        assert_eq!(content(type_text(&mut model, typed)), expected, "{typed:?}");
        assert!(model.composer.is_empty(), "{typed:?}");
    }
}

#[test]
fn what_cannot_be_changed_is_told_and_stays_in_the_composer() {
    let too_long = format!("/edit {}\n", "x".repeat(101));
    for typed in [
        "/edit 1 mine now\n",
        "/edit 1\n",
        "/delete 4\n",
        "/delete 9\n",
        "/reply 10 gone\n",
        "/react thumbs up\n",
        "/react :nosuchthing:\n",
        "/unreact\n",
        "/unreact 4\n",
        "/versions\n",
        "/versions 2\n",
        &too_long,
    ] {
        let mut model = busy_alice(WIDE);
        newer(&mut model, vec![entry(1, 10, "bob", "oh"), deletion(11, "bob", 10)]);
        assert!(type_text(&mut model, typed).is_empty(), "{typed:?}");
        assert!(!error(&model).is_empty());
        assert_eq!(model.composer.text(), typed.trim_end());
    }
    let mut nobody = alice(Surface::Screen, WIDE);
    for typed in ["/edit x\n", "/reply\n", "/react 👍\n", "/delete\n"] {
        assert!(type_text(&mut nobody, typed).is_empty() && matches!(nobody.notice, Some(Notice::Error(_))));
        key(&mut nobody, KeyCode::F(1));
        nobody.overlay = None;
        nobody.composer.clear();
    }
}

#[test]
fn messages_are_offered_by_their_numbers() {
    let mut model = busy_alice(WIDE);
    newer(&mut model, vec![entry(1, 5, "bob", "oh"), deletion(6, "bob", 5)]);
    for (typed, expected) in [
        ("/edit ", vec!["[2] alice: hi :)"]),
        ("/reply ", vec!["[4] bob: two lines", "[3] bob: did you see 👩‍👩‍👧 and �[2J the �…"]),
        ("/reply hi", vec![]),
    ] {
        model.composer.clear();
        type_text(&mut model, typed);
        let items = model.composer.completion.iter().flat_map(|completion| &completion.items);
        let shown: Vec<_> = items.map(|(shown, _)| shown.as_str()).take(2).collect();
        assert_eq!(shown, expected, "{typed:?}");
    }
}

#[test]
fn reactions_are_taken_back() {
    let mut model = busy_alice(WIDE);
    newer(&mut model, vec![reaction(5, "alice", 3, "👍", false), reaction(6, "bob", 4, "👍", false)]);
    assert_eq!(content(type_text(&mut model, "/unreact\n")), emoji(3, "👍", true));
    assert!(type_text(&mut model, "/react 3 :+1:\n").is_empty(), "once is enough");
    assert!(error(&model).contains("already"));
    model.composer.clear();
    hear(&mut model, Event::Outbox(outgoing_change("x", emoji(3, "🎉", false), None)));
    assert!(type_text(&mut model, "/unreact\n").is_empty());
    assert!(error(&model).contains("/unreact 3 👍 or 🎉"), "what is on its way counts: {}", error(&model));
    model.composer.clear();
    assert_eq!(content(type_text(&mut model, "/unreact 3 :tada:\n")), emoji(3, "🎉", true));
}

#[test]
fn a_message_is_picked_by_keys_and_left_again() {
    let mut model = busy_alice(WIDE);
    newer(&mut model, vec![reaction(5, "bob", 1, "👍", false)]);
    for (code, expected) in [
        (KeyCode::Down, None),
        (KeyCode::Up, Some(4)),
        (KeyCode::Up, Some(3)),
        (KeyCode::PageUp, Some(3)),
        (KeyCode::Down, Some(4)),
        (KeyCode::Down, None),
        (KeyCode::Up, Some(4)),
        (KeyCode::Esc, None),
        (KeyCode::Up, Some(4)),
        (KeyCode::Char('x'), None),
    ] {
        key(&mut model, code);
        assert_eq!(picked(&model), expected, "{code:?}");
    }
    assert_eq!(model.composer.text(), "x");
    key(&mut model, KeyCode::Up);
    assert_eq!(picked(&model), None, "in a text the arrows move the cursor");
    model.composer.clear();
    key(&mut model, KeyCode::Up);
    assert!(press(&mut model, KeyCode::Char('c'), KeyModifiers::CONTROL).is_empty(), "first it is left");
    assert_eq!(picked(&model), None);
    key(&mut model, KeyCode::Up);
    update(&mut model, Msg::Paste("pasted".to_owned()));
    model.composer.clear();
    assert_eq!(picked(&model), None);
    key(&mut model, KeyCode::Up);
    key(&mut model, KeyCode::Tab);
    key(&mut model, KeyCode::BackTab);
    assert_eq!(picked(&model), None);
    (0..9).for_each(|_| drop(key(&mut model, KeyCode::Up)));
    assert_eq!(picked(&model), Some(1), "there is nothing above the first one");
}

#[test]
fn keys_do_something_with_the_picked_message() {
    let mut model = busy_alice(WIDE);
    let pick_own = |model: &mut Model| {
        key(model, KeyCode::Esc);
        (0..3).for_each(|_| drop(key(model, KeyCode::Up)));
        assert_eq!(picked(model), Some(2));
    };
    pick_own(&mut model);
    key(&mut model, KeyCode::Char('r'));
    assert_eq!(picked(&model), None);
    assert_eq!(content(type_text(&mut model, "hm\n")), answer(2, "alice", "hi :)", "hm"));
    assert_eq!(model.composer.purpose, Purpose::Say);

    pick_own(&mut model);
    key(&mut model, KeyCode::Char('e'));
    assert_eq!(model.composer.text(), "hi :)");
    assert_eq!(content(type_text(&mut model, "!\n")), new_text(2, "hi :)!"));

    pick_own(&mut model);
    key(&mut model, KeyCode::Char('d'));
    assert!(key(&mut model, KeyCode::Char('n')).is_empty() && picked(&model) == Some(2));
    key(&mut model, KeyCode::Char('d'));
    assert!(key(&mut model, KeyCode::Enter).is_empty(), "only y deletes");
    key(&mut model, KeyCode::Char('d'));
    assert_eq!(content(key(&mut model, KeyCode::Char('y'))), Content::Deletion { seq: seq(2) });

    pick_own(&mut model);
    key(&mut model, KeyCode::Char('+'));
    type_text(&mut model, "tad");
    assert_eq!(model.composer.completion.as_ref().unwrap().items[0].1, "🎉");
    assert_eq!(content(type_text(&mut model, "a:\n")), emoji(2, "🎉", false));

    newer(&mut model, vec![reaction(5, "alice", 2, "🎉", false)]);
    pick_own(&mut model);
    assert_eq!(content(key(&mut model, KeyCode::Char('-'))), emoji(2, "🎉", true));
    key(&mut model, KeyCode::Char('h'));
    assert!(error(&model).contains("was not edited"));
    key(&mut model, KeyCode::Up);
    key(&mut model, KeyCode::Char('e'));
    assert!(error(&model).contains("not yours") && picked(&model) == Some(1));
}

#[test]
fn what_was_begun_before_an_edit_comes_back() {
    let mut model = busy_alice(WIDE);
    type_text(&mut model, "/reply 1\n");
    type_text(&mut model, "half an answer");
    let purpose = model.composer.purpose.clone();
    model.composer.begin_edit(seq(2), "hi :)");
    assert_eq!(model.all_drafts()[&conversation(1)], "half an answer", "an edit is no draft");
    key(&mut model, KeyCode::Tab);
    assert!(model.composer.is_empty() && model.composer.purpose == Purpose::Say);
    assert_eq!(model.all_drafts()[&conversation(1)], "half an answer");
    key(&mut model, KeyCode::BackTab);
    assert_eq!(model.composer.text(), "hi :)");
    assert_eq!(content(type_text(&mut model, "!\n")), new_text(2, "hi :)!"));
    assert_eq!((model.composer.text().as_str(), &model.composer.purpose), ("half an answer", &purpose));
    key(&mut model, KeyCode::Tab);
    key(&mut model, KeyCode::BackTab);
    assert_eq!((model.composer.text().as_str(), &model.composer.purpose), ("half an answer", &purpose));
    key(&mut model, KeyCode::Esc);
    assert_eq!((model.composer.text().as_str(), &model.composer.purpose), ("half an answer", &Purpose::Say));
}

#[test]
fn an_edit_ends_with_enter_or_escape_and_empties_no_message() {
    let mut model = alice_with_files(WIDE);
    type_text(&mut model, "/edit 2\n");
    press(&mut model, KeyCode::Char('u'), KeyModifiers::CONTROL);
    assert!(done(type_text(&mut model, "\n")).is_empty());
    assert!(error(&model).contains("/delete"));
    assert!(matches!(model.composer.purpose, Purpose::Edit { .. }));
    key(&mut model, KeyCode::Esc);
    assert_eq!(model.composer.purpose, Purpose::Say);
    type_text(&mut model, "/edit 2\n");
    assert!(done(type_text(&mut model, "\n")).is_empty(), "the same text is no edit");
    assert_eq!(model.composer.purpose, Purpose::Say);
    newer(&mut model, vec![file_entry(8, "alice", "a.png", "image/png", "/look")]);
    type_text(&mut model, "/edit 8\n");
    assert_eq!(model.composer.text(), "//look", "it is no command");
    assert!(done(type_text(&mut model, "\n")).is_empty());
    type_text(&mut model, "/edit 8\n");
    press(&mut model, KeyCode::Char('u'), KeyModifiers::CONTROL);
    assert_eq!(content(type_text(&mut model, "\n")), new_text(8, ""), "the file is still there");
}

#[test]
fn a_change_that_cannot_be_kept_comes_back_as_its_command() {
    let mut model = busy_alice(WIDE);
    let refuse = |model: &mut Model| {
        let (job, message) = (Job::Queue(client_id("x")), "the disk is full".to_owned());
        hear(model, Event::Refused { job, code: ErrorCode::Unavailable, message });
    };
    for (typed, expected) in [
        ("/edit hello\n", "/edit 2 hello"),
        ("/reply yes\n", "/reply 4 yes"),
        ("/react :tada:\n", "/react 4 🎉"),
    ] {
        type_text(&mut model, typed);
        refuse(&mut model);
        assert_eq!(model.composer.text(), expected);
        model.composer.clear();
    }
}

#[test]
fn a_refused_change_can_be_tried_again_or_dropped() {
    let mut model = busy_alice(WIDE);
    hear(&mut model, Event::Outbox(outgoing_change("one", new_text(2, "hello"), Some("no"))));
    assert_eq!(error(&model), "not edited: no (/retry or /discard)");
    assert!(matches!(&type_text(&mut model, "/retry\n")[..], [Effect::Ask(Command::Retry(_))]));
    assert!(matches!(&type_text(&mut model, "/discard\n")[..], [Effect::Ask(Command::Discard(_))]));
    let gone =
        Outgoing { state: OutgoingState::Discarded, ..outgoing_change("one", new_text(2, "hello"), None) };
    hear(&mut model, Event::Outbox(gone));
    assert!(!visible(&model, 30).iter().any(|row| matches!(row, Row::Reason(_))));
}

#[test]
fn versions_are_asked_for_page_by_page() {
    let mut model = busy_alice((80, 8));
    newer(&mut model, vec![edit(5, "alice", 2, "hello")]);
    let asked = |effects: &[Effect]| match effects {
        [Effect::Ask(Command::Versions { seq, before, .. })] => {
            (seq.get(), before.map(chat_protocol::Seq::get))
        }
        effects => panic!("{effects:?}"),
    };
    assert_eq!(asked(&type_text(&mut model, "/versions\n")), (2, None));
    let versions = |numbers: std::ops::Range<u64>, more| Event::Versions {
        conversation: conversation(1),
        seq: seq(2),
        versions: numbers
            .map(|at| chat_protocol::Version { seq: seq(at), at: MORNING, text: "x".to_owned() })
            .collect(),
        more,
    };
    hear(&mut model, versions(60..70, true));
    key(&mut model, KeyCode::Down);
    assert!(key(&mut model, KeyCode::Up).is_empty());
    assert_eq!(asked(&key(&mut model, KeyCode::Up)), (2, Some(60)));
    hear(&mut model, versions(50..60, false));
    assert!(key(&mut model, KeyCode::Up).is_empty());
    let Some(Overlay::Versions(list)) = &model.overlay else { panic!() };
    assert_eq!(list.versions.len(), 20);
    (0..90).for_each(|_| drop(key(&mut model, KeyCode::Down)));
    let Some(Overlay::Versions(list)) = &model.overlay else { panic!() };
    assert_eq!(list.down, 40 - 6);
    key(&mut model, KeyCode::Esc);
    assert!(model.overlay.is_none());
    hear(&mut model, versions(50..60, false));
    newer(&mut model, vec![deletion(71, "alice", 2)]);
    assert!(model.overlay.is_none(), "nothing is left of a deleted message");
}

/// One's own answer that waits is shown with what it answers, as that is now.
#[test]
fn an_answer_on_its_way_follows_its_origin() {
    let mut model = busy_alice((40, 12));
    let waiting =
        Outgoing { content: answer(1, "bob", "good morning", "hm"), ..outgoing("x", "bob", "", None) };
    hear(&mut model, Event::Outbox(waiting));
    newer(&mut model, vec![edit(5, "bob", 1, "good evening")]);
    assert!(visible(&model, 20).contains(&Row::Reply("↳ bob: good evening".to_owned())));
    assert_eq!(model.pane, Pane::Chat);
    let Body::Message(message) = &model.selected_timeline().unwrap().entries()[0].body else { panic!() };
    assert_eq!(message.text, "good evening");
}
