//! Formatted texts on the screen.

use super::super::draw;
use crate::app::Surface;
use crate::app::fixture::*;
use crate::app::{Model, Msg, update};
use chat_client::Event;
use crossterm::event::{KeyCode, KeyModifiers};
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::style::{Color, Modifier};

/// Alice, to whom bob has said this.
fn told(text: &str, size: (u16, u16)) -> Model {
    let mut model = alice(Surface::Screen, size);
    hear(&mut model, Event::Summary(summary(1, "bob", 1, 0)));
    hear(&mut model, Event::Synced);
    let entries = vec![entry(1, 1, "bob", text)];
    hear(&mut model, Event::Newest { conversation: conversation(1), entries, at_start: true });
    model
}

const TEXT: &str = "*one* **two** `three` 日本 2*3*4\n> said, and it is long\n> [here](https://example.org/a)\n```sh\n  ls -l\n```\nend";

/// The lines of the conversation.
fn conversation_lines(model: &Model) -> Vec<String> {
    let screen = super::screen(model);
    let main = |line: &str| match line.split_once('│').filter(|_| model.is_wide()) {
        Some((_, main)) => main.to_owned(),
        None => line.to_owned(),
    };
    let lines: Vec<_> = screen.lines().map(main).collect();
    let rule = lines.iter().rposition(|line| line.starts_with("────")).unwrap();
    lines[1..rule].to_vec()
}

#[test]
fn formatting_on_a_wide_screen() {
    let expected = [
        "",
        "── Monday, 2 March 2026 ───────────────────────────────────────────────────",
        "bob 09:01",
        "   one two `three` 日本 2*3*4",
        "   │ said, and it is long",
        "   │ here (https://example.org/a)",
        "   ▎ sh",
        "   ▎   ls -l",
        "   end",
    ];
    assert_eq!(conversation_lines(&told(TEXT, (100, 13))), expected);
}

#[test]
fn formatting_on_a_narrow_screen() {
    let expected = [
        "bob 09:01",
        "   one two `three` 日本 2*3*4",
        "   │ said, and it is long",
        "   │ here (https://example.org/a)",
        "   ▎ sh",
        "   ▎   ls -l",
        "   end",
    ];
    assert_eq!(conversation_lines(&told(TEXT, (34, 11))), expected);
}

#[test]
fn formatting_on_the_smallest_screen() {
    let mut model = told(TEXT, (20, 6));
    let mut seen = vec![conversation_lines(&model)];
    for _ in 0..12 {
        press(&mut model, KeyCode::PageUp, KeyModifiers::NONE);
        seen.push(conversation_lines(&model));
    }
    // At the top the screens repeat, and each has a line of the next.
    seen.dedup();
    seen.reverse();
    let mut seen = seen.concat();
    seen.dedup();
    assert_eq!(
        seen,
        [
            "── Monday, 2 March 2",
            "bob 09:01",
            "   one two `three`",
            "   日本 2*3*4",
            "   │ said, and it is",
            "   │ long",
            "   │ here",
            "   │ (https://exampl",
            "   │ e.org/a)",
            "   ▎ sh",
            "   ▎   ls -l",
            "   end",
        ]
    );
}

/// Each cell that shows one of these letters, with its style.
fn styles(model: &Model, letters: &str) -> Vec<(Color, Modifier)> {
    let (columns, rows) = model.size;
    let mut terminal = Terminal::new(TestBackend::new(columns, rows)).unwrap();
    terminal.draw(|frame| draw(frame, model)).unwrap();
    let buffer = terminal.backend().buffer();
    let cell = |letter: char| {
        let is_it = |cell: &&ratatui::buffer::Cell| cell.symbol() == letter.to_string();
        buffer.content.iter().find(is_it).map(|cell| (cell.fg, cell.modifier)).unwrap()
    };
    letters.chars().map(cell).collect()
}

#[test]
fn each_dress_has_its_style() {
    let model = told("*X* **Y** ***Z*** `W` [V](https://7.example) plain-Q", (80, 12));
    assert_eq!(
        styles(&model, "XYZWV7Q"),
        [
            (Color::Reset, Modifier::ITALIC),
            (Color::Reset, Modifier::BOLD),
            (Color::Reset, Modifier::ITALIC | Modifier::BOLD),
            (Color::Magenta, Modifier::empty()),
            (Color::Reset, Modifier::UNDERLINED),
            (Color::Reset, Modifier::DIM),
            (Color::Reset, Modifier::empty()),
        ],
    );
}

#[test]
fn the_help_tells_how_texts_are_formatted() {
    let mut model = told("x", (90, 90));
    update(&mut model, Msg::Key(crossterm::event::KeyEvent::new(KeyCode::F(1), KeyModifiers::NONE)));
    let shown = super::screen(&model);
    for part in ["*text* or _text_", "**text**", "> text", "[text](https://...)"] {
        assert!(shown.contains(part), "{part:?}: {shown}");
    }
}
