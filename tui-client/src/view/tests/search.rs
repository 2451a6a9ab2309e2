//! The list of messages that were looked for, and a hit among what was said around it.

use super::*;
use chat_client::Job;
use chat_protocol::{Entry, ErrorCode};

fn found(model: &mut Model, query: &str, hits: Vec<Entry>, next: Option<&str>) {
    let (query, next) = (query.to_owned(), next.map(str::to_owned));
    hear(model, Event::Found { query, cursor: None, hits, next });
}

fn control_f(model: &mut Model) {
    press(model, KeyCode::Char('f'), KeyModifiers::CONTROL);
}

/// Alice in a group, who looks for lunch.
fn alice_looks(size: (u16, u16)) -> Model {
    let mut model = alice_in_ops(size);
    type_text(&mut model, "/search lunch from:bob\n");
    model
}

fn hits() -> Vec<Entry> {
    let long = "so what about the plans that we made when we talked about lunch, are they still good?";
    vec![
        entry(3, 40, "bob", "lunch\nat \u{202e}noon"),
        entry(2, 30, "carol", long),
        Entry {
            conversation: conversation(1),
            ..file_entry(20, "bob", "Lunch menu.pdf", "application/pdf", "see")
        },
    ]
}

#[test]
fn what_a_query_is_made_of_is_told_to_who_has_none() {
    let mut model = busy_alice((60, 14));
    control_f(&mut model);
    assert_screen(
        &model,
        "
╭ Search: Enter looks, then goes to it ────────────────────╮
│>                                                         │
│ A query is made of                                       │
│ lunch noon        messages with all of these words       │
│ \"lunch at noon\"   with these words one after the other   │
│ lun*              with words that begin so               │
│ from:ann          what ann has sent                      │
│ in:ann  in:#ops   the conversation with ann; a group     │
│ after:2026-03-01  from that day on; before: up to it     │
│ has:file          messages with a file                   │
│                                                          │
│                                                          │
│                                                          │
╰──────────────────────────────────────────────────────────╯
",
    );
    model.size = (30, 8);
    let shown = screen(&model);
    assert!(shown.contains(" lunch noon        messages…"), "{shown}");
}

#[test]
fn hits_stand_with_where_who_and_when() {
    let mut model = alice_looks((60, 12));
    assert!(screen(&model).contains("│ …  "), "{}", screen(&model));
    found(&mut model, "lunch from:bob", hits(), Some("more"));
    press(&mut model, KeyCode::Down, KeyModifiers::NONE);
    assert_screen(
        &model,
        "
╭ Search: Enter looks, then goes to it ────────────────────╮
│> lunch from:bob                                          │
│ …                                                        │
│ #ops  bob  2 Mar 2026 09:40                              │
│   lunch at �noon                                         │
│ carol  carol  2 Mar 2026 09:30                           │
│   …we talked about lunch, are they still good?           │
│ bob  bob  2 Mar 2026 09:20                               │
│   📎 Lunch menu.pdf see                                  │
│                                                          │
│                                                          │
╰──────────────────────────────────────────────────────────╯
",
    );
    found_next(&mut model);
    assert!(screen(&model).contains("│ 4 found  "), "{}", screen(&model));
    // What is looked for is bold, in the selected one as well; there without a colour.
    let mut terminal = Terminal::new(TestBackend::new(60, 12)).unwrap();
    terminal.draw(|frame| draw(frame, &model)).unwrap();
    let buffer = terminal.backend().buffer();
    let dress = |column, row| (buffer[(column, row)].fg, buffer[(column, row)].modifier);
    assert_eq!(dress(4, 4), (Color::Yellow, Modifier::BOLD));
    assert_eq!(dress(10, 4), (Color::Reset, Modifier::empty()));
    assert_eq!(dress(23, 6), (Color::Reset, Modifier::BOLD | Modifier::REVERSED));
    assert_eq!(dress(5, 6), (Color::Reset, Modifier::REVERSED));
    assert_eq!(dress(58, 6), (Color::Reset, Modifier::REVERSED), "the bar reaches across the list");
}

/// The last page of what [`hits`] begins.
fn found_next(model: &mut Model) {
    let (query, cursor) = ("lunch from:bob".to_owned(), Some("more".to_owned()));
    let hits = vec![entry(1, 2, "bob", "lunch?")];
    hear(model, Event::Found { query, cursor, hits, next: None });
}

#[test]
fn no_hits_a_bad_query_and_no_connection_are_told_apart() {
    let mut model = alice_looks((60, 12));
    found(&mut model, "lunch from:bob", Vec::new(), None);
    assert!(screen(&model).contains("│ nothing was found  "));
    type_text(&mut model, "x");
    assert!(screen(&model).contains("│ Enter looks for it  "));
    for (code, message) in [
        (ErrorCode::BadField, "`from:` wants the name of a user"),
        (ErrorCode::Unavailable, "not connected to the server right now"),
    ] {
        press(&mut model, KeyCode::Enter, KeyModifiers::NONE);
        let job = Job::Search("lunch from:bobx".to_owned());
        hear(&mut model, Event::Refused { job, code, message: message.to_owned() });
        assert!(screen(&model).contains(&format!("│ ✗ {message}  ")), "{}", screen(&model));
    }
}

#[test]
fn a_hit_stands_among_what_was_said_around_it() {
    let mut model = busy_alice((72, 12));
    let newest: Vec<_> = (301..=350).map(|at| entry(1, at, "bob", "x")).collect();
    hear(&mut model, Event::Newest { conversation: conversation(1), entries: newest, at_start: false });
    type_text(&mut model, "/search lunch\n");
    found(&mut model, "lunch", vec![entry(1, 100, "bob", "text 100")], None);
    press(&mut model, KeyCode::Enter, KeyModifiers::NONE);
    let entries = (51..151).map(|at| entry(1, at, "bob", &format!("text {at}"))).collect();
    hear(&mut model, Event::Older { conversation: conversation(1), entries, at_start: false });
    assert_screen(
        &model,
        "
 alice           │bob  ● online
 ● bob           │   text 96
 ○ carol       1 │   text 97
                 │   text 98
                 │   text 99
                 │   text 100
                 │   text 101
                 │   text 102
                 │   text 103
                 │─ [100] r reply  + react  Esc back ───────────────────
                 │>
● connected                                           1 unread elsewhere
",
    );
    type_text(&mut model, "x");
    assert!(screen(&model).contains(" ↓ End: newest"), "{}", screen(&model));
}

#[test]
fn the_list_fits_any_screen() {
    for (columns, rows) in [(1, 1), (5, 3), (2, 40), (30, 4), (300, 80), (40, 5)] {
        let mut model = alice_looks((columns, rows));
        found(&mut model, "lunch from:bob", hits(), None);
        for _ in 0..3 {
            screen(&model);
            press(&mut model, KeyCode::Down, KeyModifiers::NONE);
        }
        type_text(&mut model, &"long query ".repeat(9));
        screen(&model);
    }
}
