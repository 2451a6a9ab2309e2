//! When others are told that the user is typing.

use super::*;
use crate::app::fixture::*;
use crossterm::event::{KeyCode, KeyModifiers};

const WIDE: (u16, u16) = (80, 24);

/// The conversation with bob.
const BOBS: u64 = 1;

/// Where it was told, and whether it was that it is over.
fn told(effects: &[Effect]) -> Vec<(u64, bool)> {
    let told = |effect: &Effect| match effect {
        Effect::Ask(Command::Typing { target, stopped }) => Some((number_of(target), *stopped)),
        _ => None,
    };
    effects.iter().filter_map(told).collect()
}

fn begins(number: u64) -> (u64, bool) {
    (number, false)
}

fn ends(number: u64) -> (u64, bool) {
    (number, true)
}

#[test]
fn each_change_of_a_message_is_told_and_its_end_once() {
    let mut model = busy_alice(WIDE);
    assert_eq!(told(&type_text(&mut model, "hi")), [begins(BOBS), begins(BOBS)]);
    assert_eq!(
        told(&press(&mut model, KeyCode::Left, KeyModifiers::NONE)),
        [],
        "the cursor alone says nothing"
    );
    assert_eq!(told(&update(&mut model, Msg::Paste(" there".to_owned()))), [begins(BOBS)]);
    assert_eq!(told(&type_text(&mut model, "\n")), [ends(BOBS)]);
    assert_eq!(told(&type_text(&mut model, "\n")), []);
    type_text(&mut model, "x");
    assert_eq!(told(&press(&mut model, KeyCode::Backspace, KeyModifiers::NONE)), [ends(BOBS)]);
    type_text(&mut model, "x");
    assert_eq!(told(&press(&mut model, KeyCode::Char('c'), KeyModifiers::CONTROL)), [ends(BOBS)]);
}

#[test]
fn commands_blanks_and_notes_to_oneself_are_told_to_nobody() {
    let mut model = busy_alice(WIDE);
    assert_eq!(told(&type_text(&mut model, "/msg carol hello")), []);
    press(&mut model, KeyCode::Char('c'), KeyModifiers::CONTROL);
    assert_eq!(told(&type_text(&mut model, "  ")), []);
    press(&mut model, KeyCode::Char('c'), KeyModifiers::CONTROL);
    assert_eq!(told(&type_text(&mut model, "//a")), [begins(BOBS), begins(BOBS)], "two slashes are a text");
    press(&mut model, KeyCode::Char('c'), KeyModifiers::CONTROL);
    hear(&mut model, Event::Summary(summary(3, "alice", 1, 0)));
    type_text(&mut model, "/msg alice\n");
    assert_eq!(told(&type_text(&mut model, "milk")), []);
}

#[test]
fn going_elsewhere_ends_it_and_a_draft_is_no_typing() {
    let mut model = busy_alice(WIDE);
    type_text(&mut model, "half a");
    assert_eq!(told(&press(&mut model, KeyCode::Tab, KeyModifiers::NONE)), [ends(BOBS)]);
    assert_eq!(told(&press(&mut model, KeyCode::BackTab, KeyModifiers::SHIFT)), []);
    assert_eq!(model.composer.text(), "half a");
    assert_eq!(told(&type_text(&mut model, "b")), [begins(BOBS)]);
    assert_eq!(told(&press(&mut model, KeyCode::Char('k'), KeyModifiers::CONTROL)), [ends(BOBS)]);
}

#[test]
fn whoever_does_not_want_it_tells_nobody() {
    let mut model = busy_alice(WIDE);
    model.typing.is_told = false;
    assert_eq!(told(&type_text(&mut model, "hello\n")), []);
}
