//! Screens as text that a person can read.

use super::draw;
use crate::app::fixture::*;
use crate::app::{Model, Msg, Surface, update};
use chat_client::files::{Subject, TransferChange, TransferError};
use chat_client::{Connection, Content, Event, SafeText};
use chat_protocol::{Summary, Target, Version};
use crossterm::event::{KeyCode, KeyModifiers};
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::style::{Color, Modifier};
use std::time::Duration;

fn screen(model: &Model) -> String {
    let (columns, rows) = model.size;
    let mut terminal = Terminal::new(TestBackend::new(columns, rows)).unwrap();
    terminal.draw(|frame| draw(frame, model)).unwrap();
    let buffer = terminal.backend().buffer();
    let mut lines = String::new();
    for row in 0..rows {
        let mut line = String::new();
        let mut column = 0;
        while column < columns {
            let symbol = buffer[(column, row)].symbol();
            line.push_str(symbol);
            column += u16::try_from(unicode_width::UnicodeWidthStr::width(symbol)).unwrap().max(1);
        }
        lines.push_str(line.trim_end());
        lines.push('\n');
    }
    lines
}

fn assert_screen(model: &Model, expected: &str) {
    let shown = screen(model);
    assert_eq!(shown.trim_end(), expected.trim_matches('\n').trim_end(), "\n{shown}");
}

#[test]
fn two_panes_on_a_wide_screen() {
    let mut model = busy_alice((72, 16));
    hear(&mut model, Event::Outbox(outgoing("q", "bob", "on its way", None)));
    hear(&mut model, Event::Outbox(outgoing("f", "bob", "refused one", Some("no such luck"))));
    assert_screen(
        &model,
        "
 alice           │bob  ● online
 ● bob           │   good morning
 ○ carol       1 │alice 09:02
                 │ ✓ hi :)
                 │── new ───────────────────────────────────────────────
                 │bob 09:03
                 │   did you see 👩‍👩‍👧 and �[2J the �evil one?
                 │   two
                 │   lines
                 │alice
                 │ ◌ on its way
                 │ ✗ refused one
                 │   not sent: no such luck (/retry or /discard)
                 │──────────────────────────────────────────────────────
                 │>
● connected                                           1 unread elsewhere
",
    );
}

#[test]
fn whoever_types_stands_above_the_composer_and_in_the_list() {
    let mut model = busy_alice((60, 9));
    let types = |model: &mut Model, number, user: &str, typing| {
        let (conversation, user) = (conversation(number), name(user));
        hear(model, Event::Typing { conversation, user, typing });
    };
    types(&mut model, 1, "bob", true);
    types(&mut model, 2, "carol", true);
    assert_screen(
        &model,
        "
 alice           │bob  ● online
 … bob           │── new ───────────────────────────────────
 … carol       1 │bob 09:03
                 │   did you see 👩‍👩‍👧 and �[2J the �evil one?
                 │   two
                 │   lines
                 │─ bob is typing… ─────────────────────────
                 │>
● connected                               1 unread elsewhere
",
    );
    types(&mut model, 1, "bob", false);
    let shown = screen(&model);
    assert!(!shown.contains("typing") && shown.contains(" ● bob") && shown.contains(" … carol"), "{shown}");
    model.size = (30, 9);
    types(&mut model, 1, "bob", true);
    assert!(screen(&model).contains("─ bob is typing… ───"), "{}", screen(&model));
    press(&mut model, KeyCode::Esc, KeyModifiers::NONE);
    assert!(!screen(&model).contains("typing"), "the list alone is not the conversation: {}", screen(&model));
}

#[test]
fn one_pane_on_a_narrow_screen() {
    let mut model = busy_alice((40, 10));
    assert_screen(
        &model,
        "
bob  ● online
── new ─────────────────────────────────
bob 09:03
   did you see 👩‍👩‍👧 and �[2J the �evil
   one?
   two
   lines
────────────────────────────────────────
>
● connected           1 unread elsewhere
",
    );
    press(&mut model, KeyCode::Esc, KeyModifiers::NONE);
    assert_screen(
        &model,
        "
alice: conversations
 ● bob
 ○ carol                              1




────────────────────────────────────────
>
● connected           1 unread elsewhere
",
    );
}

#[test]
fn the_first_frame_needs_no_server() {
    let mut model = alice(Surface::Screen, (40, 6));
    assert_screen(
        &model,
        "chat\n\n\n────────────────────────────────────────\n>\n◌ connecting                     F1 help",
    );
    let (retry_in, reason) = (Duration::from_secs(1), "\u{1b}[31mno route".to_owned());
    hear(&mut model, Event::Connection(Connection::Waiting { retry_in, reason }));
    assert!(screen(&model).contains("✗ offline: �[31mno route"));
}

#[test]
fn the_reason_gives_way_to_what_is_unread() {
    for (columns, reason, expected) in [
        (60, "the server hung up", "✗ offline: the server hung up            20 unread elsewhere"),
        (45, "the server hung up", "✗ offline: the server h…  20 unread elsewhere"),
        (48, "the server hung up", "✗ offline: the server hung…  20 unread elsewhere"),
        (36, "the server hung up", "✗ offline        20 unread elsewhere"),
        (20, "the server hung up", "✗ offline  20 unread"),
        (16, "the server hung up", "✗      20 unread"),
        (8, "the server hung up", "✗"),
    ] {
        let mut model = busy_alice((columns, 8));
        hear(&mut model, Event::Summary(summary(2, "carol", 30, 20)));
        let (retry_in, reason) = (Duration::ZERO, reason.to_owned());
        hear(&mut model, Event::Connection(Connection::Waiting { retry_in, reason }));
        assert_eq!(screen(&model).lines().last(), Some(expected), "{columns}");
    }
}

#[test]
fn what_waits_elsewhere_is_told() {
    let mut model = alice(Surface::Screen, (60, 6));
    hear(&mut model, Event::Outbox(outgoing("a", "bob", "from yesterday", None)));
    assert!(screen(&model).contains("◌ 1 waiting elsewhere"), "{}", screen(&model));
    let mut model = busy_alice((72, 16));
    hear(&mut model, Event::Outbox(outgoing("b", "bob", "seen here", None)));
    assert!(!screen(&model).contains("waiting"));
    hear(&mut model, Event::Outbox(outgoing("c", "carol", "no", Some("nobody has this name"))));
    assert!(screen(&model).contains("✗ 1 not sent elsewhere"), "{}", screen(&model));
}

#[test]
fn the_help_can_be_read_on_a_narrow_screen() {
    let mut model = busy_alice((40, 10));
    press(&mut model, KeyCode::F(1), KeyModifiers::NONE);
    let mut seen = String::new();
    for _ in 0..250 {
        seen += &screen(&model);
        press(&mut model, KeyCode::Down, KeyModifiers::NONE);
    }
    for part in ["complete; else next, previous", "   conversation ", "   send a text that begins with a"] {
        assert!(seen.contains(part), "{part:?}: {seen}");
    }
}

/// A colour within what is reversed would be a block.
#[test]
fn the_selected_conversation_is_one_bar() {
    let model = busy_alice((72, 16));
    let mut terminal = Terminal::new(TestBackend::new(72, 16)).unwrap();
    terminal.draw(|frame| draw(frame, &model)).unwrap();
    let buffer = terminal.backend().buffer();
    for column in 0..model.sidebar_width() - 1 {
        let cell = &buffer[(column, 1)];
        assert_eq!((cell.fg, cell.modifier), (Color::Reset, Modifier::REVERSED), "column {column}");
    }
}

/// What one pastes was often written by others.
#[test]
fn what_is_pasted_is_drawn_harmlessly() {
    let mut model = busy_alice((40, 10));
    update(&mut model, Msg::Paste("a\u{1b}[2Jb\u{202e}c\u{200b}d\te".to_owned()));
    let shown = screen(&model);
    assert!(!shown.chars().any(|c| matches!(c, '\u{1b}' | '\u{202e}' | '\u{200b}' | '\t')), "{shown:?}");
    model.composer.set("/a\u{202e}b");
    press(&mut model, KeyCode::Enter, KeyModifiers::NONE);
    let shown = screen(&model);
    assert!(shown.contains("✗ there is no /a�b") && !shown.contains('\u{202e}'), "{shown:?}");
}

/// Input methods and screen readers look for the terminal's own cursor.
#[test]
fn the_cursor_stands_where_one_writes() {
    let mut model = busy_alice((40, 10));
    type_text(&mut model, "日本");
    let mut terminal = Terminal::new(TestBackend::new(40, 10)).unwrap();
    terminal.draw(|frame| draw(frame, &model)).unwrap();
    terminal.backend_mut().assert_cursor_position((6, 8));
}

#[test]
fn a_completion_lies_over_the_conversation() {
    let mut model = busy_alice((40, 10));
    type_text(&mut model, "look :tad");
    let shown = screen(&model);
    assert!(shown.contains(" 🎉 :tada:"), "{shown}");
    assert!(shown.contains("> look :tad"), "{shown}");
}

#[test]
fn the_size_is_shown_near_the_limit() {
    let mut model = busy_alice((40, 10));
    type_text(&mut model, &"x".repeat(101));
    assert!(screen(&model).contains("101/100"));
}

#[test]
fn without_a_connection_nobody_is_shown_as_online() {
    let mut model = busy_alice((80, 12));
    assert!(screen(&model).contains("● online"));
    let waiting = Connection::Waiting { retry_in: Duration::ZERO, reason: "gone".to_owned() };
    update(&mut model, Msg::Heard(Event::Connection(waiting)));
    let shown = screen(&model);
    assert!(shown.contains("presence not known") && !shown.contains('●'), "{shown}");
}

mod changes;
mod files;
mod formatting;
mod groups;
mod preferences;
mod search;
mod sizes;
