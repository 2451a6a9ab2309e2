//! Looking for messages, and the way to them and back.

use super::*;
use crate::app::fixture::*;
use crate::app::pick::picked;
use crate::app::place::visible;
use crate::app::rows::Row;
use crate::app::{Notice, Overlay, Pane};
use chat_client::Job;
use chat_protocol::{Entry, ErrorCode};
use crossterm::event::{KeyCode, KeyModifiers};

const WIDE: (u16, u16) = (80, 24);

fn key(model: &mut Model, code: KeyCode) -> Vec<Effect> {
    press(model, code, KeyModifiers::NONE)
}

fn control(model: &mut Model, letter: char) -> Vec<Effect> {
    press(model, KeyCode::Char(letter), KeyModifiers::CONTROL)
}

/// The query and the cursor that the server is asked for, and nothing else.
fn asked(effects: &[Effect]) -> Option<(&str, Option<&str>)> {
    match effects {
        [] => None,
        [Effect::Ask(Command::Search { query, cursor, .. })] => Some((query, cursor.as_deref())),
        effects => panic!("{effects:?}"),
    }
}

fn found(
    model: &mut Model,
    query: &str,
    cursor: Option<&str>,
    hits: Vec<Entry>,
    next: Option<&str>,
) -> Vec<Effect> {
    let (query, cursor, next) = (query.to_owned(), cursor.map(str::to_owned), next.map(str::to_owned));
    hear(model, Event::Found { query, cursor, hits, next })
}

fn refused(model: &mut Model, query: &str, message: &str) {
    let (job, message) = (Job::Search(query.to_owned()), message.to_owned());
    hear(model, Event::Refused { job, code: ErrorCode::BadField, message });
}

/// Carol's messages under these numbers, the last one first.
fn hits(numbers: std::ops::Range<u64>) -> Vec<Entry> {
    numbers.rev().map(|at| entry(2, at, "carol", &format!("lunch {at}"))).collect()
}

/// Alice has looked for lunch, and carol has said it once, long ago.
fn alice_with_a_hit() -> Model {
    let mut model = busy_alice(WIDE);
    hear(&mut model, Event::Summary(summary(2, "carol", 900, 5)));
    type_text(&mut model, "/search lunch\n");
    found(&mut model, "lunch", None, hits(100..101), None);
    model
}

/// A page of carol's conversation.
fn page(numbers: std::ops::Range<u64>) -> Vec<Entry> {
    numbers.map(|at| entry(2, at, "carol", &format!("text {at}"))).collect()
}

/// The hit is gone to, and what is around it comes.
fn goes(model: &mut Model) {
    let effects = key(model, KeyCode::Enter);
    assert!(
        matches!(&effects[..], [Effect::Ask(Command::Load(id))] if *id == conversation(2)),
        "{effects:?}"
    );
    let newest = Event::Newest { conversation: conversation(2), entries: page(851..901), at_start: false };
    let effects = hear(model, newest);
    let [Effect::Ask(Command::Older { before, .. })] = &effects[..] else { panic!("{effects:?}") };
    assert_eq!(before.get(), 151);
    let older = Event::Older { conversation: conversation(2), entries: page(51..151), at_start: false };
    assert!(hear(model, older).is_empty(), "nothing of the end was seen, so nothing is read");
}

#[test]
fn what_is_typed_is_looked_for() {
    let mut model = busy_alice(WIDE);
    type_text(&mut model, "begun");
    assert!(control(&mut model, 'f').is_empty());
    assert!(asked(&key(&mut model, KeyCode::Enter)).is_none(), "nothing is looked for without a word");
    assert!(model.search.problem.is_some());
    type_text(&mut model, "  in:#ops lunsh");
    key(&mut model, KeyCode::Left);
    key(&mut model, KeyCode::Backspace);
    type_text(&mut model, "c");
    update(&mut model, Msg::Paste("\nnoon".to_owned()));
    assert_eq!(asked(&key(&mut model, KeyCode::Enter)), Some(("in:#ops lunc noonh", None)));
    control(&mut model, 'u');
    key(&mut model, KeyCode::Esc);
    assert!(model.overlay.is_none());
    assert_eq!(model.composer.text(), "begun", "what was begun is untouched");
    let effects = type_text(&mut model, "\u{8}");
    assert!(effects.iter().all(|effect| !matches!(effect, Effect::Send { .. })));
    control(&mut model, 'u');
    assert_eq!(asked(&type_text(&mut model, "/search from:bob  hm\n")), Some(("from:bob  hm", None)));
    assert!(matches!(model.overlay, Some(Overlay::Search)) && model.composer.is_empty());
}

#[test]
fn more_is_found_as_one_goes_down() {
    let mut model = busy_alice(WIDE);
    type_text(&mut model, "/search lunch\n");
    assert_eq!(asked(&found(&mut model, "lunch", None, hits(31..33), Some("a"))), Some(("lunch", Some("a"))));
    assert!(found(&mut model, "lunch", None, hits(1..9), None).is_empty(), "that page is there already");
    assert!(found(&mut model, "dinner", Some("a"), hits(1..9), None).is_empty(), "nobody asked for it");
    assert_eq!(model.search.hits().len(), 2);
    assert_eq!(asked(&found(&mut model, "lunch", Some("a"), hits(11..31), Some("b"))), None, "it is full");
    let asks: Vec<_> = (0..30).flat_map(|_| key(&mut model, KeyCode::Down)).collect();
    assert_eq!(asked(&asks), Some(("lunch", Some("b"))), "once");
    assert_eq!(model.search.selected, 21);
    found(&mut model, "lunch", Some("b"), hits(1..11), None);
    let asks: Vec<_> = (0..30).flat_map(|_| key(&mut model, KeyCode::PageDown)).collect();
    assert_eq!((asked(&asks), model.search.selected), (None, 31));
    key(&mut model, KeyCode::PageUp);
    assert_eq!(model.search.selected, 21);
    // Another query begins anew.
    type_text(&mut model, "*");
    assert_eq!(asked(&key(&mut model, KeyCode::Enter)), Some(("lunch*", None)));
    assert!(model.search.hits().is_empty());
}

#[test]
fn what_cannot_be_looked_for_is_told_where_it_was_typed() {
    let mut model = busy_alice(WIDE);
    type_text(&mut model, "/search has:cake\n");
    refused(&mut model, "lunch", "an answer to something else");
    assert_eq!(model.search.problem, None);
    refused(&mut model, "has:cake", "`has:` knows only \u{1b}`has:file`");
    assert!(
        model.search.problem.as_deref().is_some_and(|problem| problem.starts_with("`has:` knows only �"))
    );
    assert_eq!(asked(&key(&mut model, KeyCode::Enter)), Some(("has:cake", None)), "it can be tried again");
    control(&mut model, 'u');
    update(&mut model, Msg::Paste("x".repeat(300)));
    assert_eq!(asked(&key(&mut model, KeyCode::Enter)), None);
    assert!(model.search.problem.as_deref().is_some_and(|problem| problem.contains("300 of at most 256")));
}

#[test]
fn a_hit_is_shown_among_what_was_said_around_it_and_escape_leads_back() {
    let mut model = alice_with_a_hit();
    key(&mut model, KeyCode::Esc);
    press(&mut model, KeyCode::Up, KeyModifiers::NONE);
    let seen = |model: &Model| {
        // What was new is not so any more.
        let rows = visible(model, model.timeline_height()).into_iter();
        rows.filter(|row| *row != Row::New).collect::<Vec<_>>()
    };
    let before = seen(&model);
    control(&mut model, 'f');
    assert_eq!(model.search.hits().len(), 1, "what was found is there again");
    goes(&mut model);
    assert_eq!(model.chats.selected_id(), Some(conversation(2)));
    assert_eq!(picked(&model).map(|pick| pick.seq), Some(seq(100)));
    assert!(model.is_in_past());
    key(&mut model, KeyCode::Down);
    assert_eq!(picked(&model).map(|pick| pick.seq), Some(seq(101)));
    key(&mut model, KeyCode::Esc);
    assert_eq!(model.chats.selected_id(), Some(conversation(1)));
    assert_eq!(seen(&model), before);
    key(&mut model, KeyCode::Esc);
    assert_eq!(picked(&model), None);
    // Whoever comes back by themselves sees the end.
    let effects = type_text(&mut model, "/msg carol\n");
    assert!(!model.is_in_past() && picked(&model).is_none());
    assert!(
        matches!(&effects[..], [Effect::Ask(Command::Read { seq: read, .. })] if read.get() == 900),
        "{effects:?}"
    );
}

/// Escape leads back from a hit, and not from whatever the user does after they have looked at it.
#[test]
fn whoever_stays_is_not_led_away() {
    for stays in ["x", "\n", "/msg carol\n"] {
        let mut model = alice_with_a_hit();
        goes(&mut model);
        type_text(&mut model, stays);
        if stays == "\n" {
            key(&mut model, KeyCode::End);
        }
        key(&mut model, KeyCode::Esc);
        assert_eq!(model.chats.selected_id(), Some(conversation(2)), "{stays:?}");
    }
}

#[test]
fn on_a_narrow_screen_escape_leads_back_to_what_was_seen() {
    let mut model = alice_with_a_hit();
    update(&mut model, Msg::Resize(40, 12));
    key(&mut model, KeyCode::Esc);
    key(&mut model, KeyCode::Esc);
    assert_eq!(model.pane, Pane::List);
    control(&mut model, 'f');
    goes(&mut model);
    assert_eq!(model.pane, Pane::Chat);
    key(&mut model, KeyCode::Esc);
    assert_eq!((model.pane, model.chats.selected_id()), (Pane::List, Some(conversation(1))));
}

#[test]
fn a_hit_that_is_not_there_any_more_is_no_dead_end() {
    let mut model = alice_with_a_hit();
    let gone =
        Entry { body: chat_protocol::Body::Deletion { target: seq(100) }, ..entry(2, 901, "carol", "") };
    let other = Entry { body: chat_protocol::Body::Deletion { target: seq(100) }, ..entry(1, 5, "bob", "") };
    hear(&mut model, Event::Newer { conversation: conversation(1), entries: vec![other] });
    assert_eq!(model.search.hits().len(), 1);
    let mut summary = summary(2, "carol", 901, 0);
    summary.last = Some(gone);
    hear(&mut model, Event::Summary(summary));
    assert!(model.search.hits().is_empty(), "nothing is left of a deleted message");
    let mut model = alice_with_a_hit();
    key(&mut model, KeyCode::Enter);
    hear(
        &mut model,
        Event::Newest { conversation: conversation(2), entries: page(851..901), at_start: false },
    );
    let (job, message) = (Job::Page(conversation(2)), "not connected".to_owned());
    hear(&mut model, Event::Refused { job, code: ErrorCode::Unavailable, message });
    assert!(matches!(&model.notice, Some(Notice::Error(text)) if text.contains("cannot be loaded")));
    key(&mut model, KeyCode::Esc);
    assert_eq!(model.chats.selected_id(), Some(conversation(1)));
    // A conversation that was left is not known any more.
    let mut model = alice_in_ops(WIDE);
    type_text(&mut model, "/search hi\n");
    found(&mut model, "hi", None, vec![entry(3, 4, "bob", "hi"), entry(9, 1, "zoe", "hi")], None);
    hear(&mut model, Event::Left(conversation(3)));
    assert_eq!(model.search.hits().len(), 1);
    assert!(key(&mut model, KeyCode::Enter).is_empty());
    assert!(matches!(&model.notice, Some(Notice::Error(text)) if text.contains("not known")));
}
