//! Going to a message, scrolling, and the pages that come for it.

use super::change_tests::{done, error, key, picked};
use super::*;
use crate::app::fixture::*;
use crate::app::place::visible;
use crate::app::rows::Row;
use chat_client::Job;
use chat_protocol::ErrorCode;
use crossterm::event::KeyCode;

const WIDE: (u16, u16) = (80, 24);

/// Bob's messages under these numbers, as a page of older ones.
fn older(numbers: std::ops::Range<u64>, at_start: bool) -> Event {
    let entries = numbers.map(|at| entry(1, at, "bob", &format!("text {at}"))).collect();
    Event::Older { conversation: conversation(1), entries, at_start }
}

/// Alice sees the end of a long log: an answer to message 110.
fn before_an_answer() -> Model {
    let mut model = busy_alice(WIDE);
    let mut entries: Vec<_> = (301..=349).map(|at| entry(1, at, "bob", "x")).collect();
    entries.push(reply(350, "bob", 110, "alice", "the plan", "agreed"));
    hear(&mut model, Event::Newest { conversation: conversation(1), entries, at_start: false });
    key(&mut model, KeyCode::Up);
    model
}

/// The numbers of the messages on the screen, from the first to the last.
fn texts_seen(model: &Model) -> Vec<String> {
    let text = |row: &Row| match row {
        Row::Text { runs, .. } => Some(runs.iter().map(|run| run.text.as_str()).collect()),
        Row::Picked(row) => match &**row {
            Row::Text { runs, .. } => Some(runs.iter().map(|run| run.text.as_str()).collect()),
            _ => None,
        },
        _ => None,
    };
    visible(model, model.timeline_height()).iter().filter_map(text).collect()
}

#[test]
fn the_origin_of_a_reply_is_shown_among_what_was_said_around_it() {
    let mut model = before_an_answer();
    assert_eq!(picked(&model), Some(350));
    let effects = key(&mut model, KeyCode::Enter);
    assert!(
        matches!(&effects[..], [Effect::Ask(Command::Older { before, limit: 100, .. })] if before.get() == 161)
    );
    assert!(hear(&mut model, older(61..161, false)).is_empty());
    assert_eq!(picked(&model), Some(110));
    let seen = texts_seen(&model);
    let at = seen.iter().position(|text| text == "text 110").expect("it is seen");
    assert!(at > 4 && at + 4 < seen.len(), "it stands among others: {seen:?}");
    key(&mut model, KeyCode::Enter);
    assert!(error(&model).contains("answers no other"));
    key(&mut model, KeyCode::End);
    assert!(picked(&model).is_none() && model.selected_timeline().unwrap().is_at_end());
    assert_eq!(texts_seen(&model).last().map(String::as_str), Some("agreed"));
}

/// What is older and what is later comes as one scrolls, until the end is reached, where new messages come.
#[test]
fn from_an_old_message_one_scrolls_in_both_directions() {
    let mut model = before_an_answer();
    key(&mut model, KeyCode::Enter);
    hear(&mut model, older(61..161, false));
    newer(&mut model, vec![entry(1, 351, "bob", "meanwhile"), edit(352, "bob", 112, "edited")]);
    assert!(texts_seen(&model).iter().any(|text| text.starts_with("edited")), "{:?}", texts_seen(&model));
    assert!(!texts_seen(&model).contains(&"meanwhile".to_owned()));
    assert_eq!(model.selected_timeline().unwrap().scroll.new_below, 1);
    let (mut asked, mut read, mut last) = (Vec::new(), Vec::new(), 160);
    for _ in 0..40 {
        let effects = key(&mut model, KeyCode::PageDown);
        for effect in effects {
            match effect {
                Effect::Ask(Command::Page { after, .. }) => {
                    asked.push(after.get());
                    let entries =
                        (last + 1..=last + 60).map(|at| entry(1, at, "bob", &format!("text {at}"))).collect();
                    last += 60;
                    read.extend(hear(
                        &mut model,
                        Event::Page { conversation: conversation(1), entries, head: seq(352) },
                    ));
                }
                effect => read.push(effect),
            }
        }
    }
    assert_eq!(asked, [160, 220, 280], "the last page touches what was loaded before");
    assert!(
        matches!(&read[..], [Effect::Ask(Command::Read { seq: read, .. })] if *read == seq(351)),
        "{read:?}"
    );
    assert_eq!(texts_seen(&model).last().map(String::as_str), Some("meanwhile"));
    let before = |effects: Vec<Effect>| match &effects[..] {
        [Effect::Ask(Command::Older { before, .. })] => Some(before.get()),
        _ => None,
    };
    let asked = (0..40).find_map(|_| before(key(&mut model, KeyCode::PageUp)));
    assert_eq!(asked, Some(61));
    hear(&mut model, older(1..61, true));
    (0..40).for_each(|_| assert!(key(&mut model, KeyCode::PageUp).is_empty()));
    assert_eq!(texts_seen(&model)[0], "text 1");
}

/// What is asked for around an old message and what was asked for before it must not be taken for each other.
#[test]
fn pages_are_put_where_they_belong() {
    let mut model = before_an_answer();
    (0..3).for_each(|_| drop(key(&mut model, KeyCode::PageUp)));
    assert!(key(&mut model, KeyCode::Enter).is_empty(), "a page is on its way");
    let effects = hear(&mut model, older(201..301, false));
    assert!(matches!(&effects[..], [Effect::Ask(Command::Older { before, .. })] if before.get() == 161));
    // Whoever has gone back does not get it any more.
    key(&mut model, KeyCode::End);
    hear(&mut model, older(61..161, false));
    assert!(picked(&model).is_none() && model.selected_timeline().unwrap().is_at_end());
    let numbers: Vec<_> =
        model.selected_timeline().unwrap().entries().iter().map(|entry| entry.seq.get()).collect();
    assert_eq!(numbers, (201..=350).collect::<Vec<_>>());
}

/// Messages that wait here stand at the end of the conversation and nowhere else; whoever sends one is there.
#[test]
fn who_sends_is_at_the_end() {
    let mut model = before_an_answer();
    hear(&mut model, Event::Outbox(outgoing("q", "bob", "waits", None)));
    key(&mut model, KeyCode::Enter);
    hear(&mut model, older(61..161, false));
    assert!(!visible(&model, 500).iter().any(|row| format!("{row:?}").contains("waits")));
    type_text(&mut model, "hm\n");
    assert!(model.selected_timeline().unwrap().is_at_end());
    assert_eq!(texts_seen(&model).last().map(String::as_str), Some("waits"));
}

#[test]
fn a_search_ends_with_escape_or_when_the_message_cannot_be_had() {
    let start = || {
        let mut model = before_an_answer();
        key(&mut model, KeyCode::Enter);
        model
    };
    let mut model = start();
    key(&mut model, KeyCode::Esc);
    assert!(hear(&mut model, older(61..161, false)).is_empty());
    assert_eq!(picked(&model), Some(350), "the answer is where the user came from");
    let mut model = start();
    hear(&mut model, older(120..161, true));
    assert!(error(&model).contains("not there any more"));
    let mut model = start();
    let (job, message) = (Job::Page(conversation(1)), "not connected".to_owned());
    hear(&mut model, Event::Refused { job, code: ErrorCode::Unavailable, message });
    assert!(error(&model).contains("cannot be loaded right now"));
    // Long texts make short pages.
    let mut model = start();
    let effects = hear(&mut model, older(140..161, false));
    assert!(matches!(&effects[..], [Effect::Ask(Command::Older { before, .. })] if before.get() == 111));
    hear(&mut model, older(101..111, false));
    assert_eq!(picked(&model), Some(110));
}

#[test]
fn the_picked_message_is_always_on_the_screen() {
    for height in [6, 9, 24] {
        let mut model = busy_alice((30, height));
        let text = |at: u64| (0..=at % 40).map(|word| format!("word-{at}-{word} ")).collect::<String>();
        let entries = (1..=60).map(|at| entry(1, at, ["bob", "alice"][at as usize % 2], &text(at))).collect();
        hear(&mut model, Event::Newest { conversation: conversation(1), entries, at_start: true });
        for (code, expected) in
            (1..=60).rev().map(|at| (KeyCode::Up, at)).chain((2..=60).map(|at| (KeyCode::Down, at)))
        {
            key(&mut model, code);
            assert_eq!(picked(&model), Some(expected));
            let seen = visible(&model, model.timeline_height());
            let first_line = seen.iter().find_map(|row| match row {
                Row::Picked(row) => Some(row),
                _ => None,
            });
            let Some(Row::Text { runs, .. }) = first_line.map(|row| &**row) else {
                panic!("{expected}: {seen:?}")
            };
            assert!(runs[0].text.starts_with(&format!("word-{expected}-0")), "{expected}: {seen:?}");
        }
    }
}

/// Reactions to something old may be all that has happened lately.
#[test]
fn a_page_without_messages_is_not_all_that_is_seen() {
    let mut model = busy_alice(WIDE);
    let entries = (101..=150).map(|at| reaction(at, "bob", 1, "👍", at % 2 == 0)).collect();
    let effects = hear(&mut model, Event::Newest { conversation: conversation(1), entries, at_start: false });
    let before = |effects: Vec<Effect>| match &done(effects)[..] {
        [Effect::Ask(Command::Older { before, .. })] => before.get(),
        effects => panic!("{effects:?}"),
    };
    assert_eq!(before(effects), 101);
    let older = |from: u64| Event::Older {
        conversation: conversation(1),
        entries: (from..from + 10).map(|at| entry(1, at, "bob", "x")).collect(),
        at_start: false,
    };
    assert_eq!(before(hear(&mut model, older(91))), 91);
    assert!(done(hear(&mut model, older(81))).is_empty(), "the screen is full");
}

#[test]
fn only_messages_count_as_new_below() {
    let mut model = busy_alice((80, 10));
    key(&mut model, KeyCode::PageUp);
    newer(
        &mut model,
        vec![reaction(5, "bob", 2, "👍", false), entry(1, 6, "bob", "new"), edit(7, "bob", 6, "newer")],
    );
    assert_eq!(model.selected_timeline().unwrap().scroll.new_below, 1);
    let reads = key(&mut model, KeyCode::End);
    assert!(matches!(&reads[..], [Effect::Ask(Command::Read { seq: read, .. })] if *read == seq(6)));
    assert!(
        newer(&mut model, vec![reaction(8, "bob", 2, "🎉", false)]).is_empty(),
        "there is nothing more to read"
    );
}
