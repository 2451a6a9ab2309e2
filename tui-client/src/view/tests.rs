//! Screens as text that a person can read, and every size.

use super::draw;
use crate::app::files::Offered;
use crate::app::files::complete::{Listing, Name};
use crate::app::fixture::*;
use crate::app::{Model, Msg, Surface, update};
use chat_client::files::{Subject, TransferChange, TransferError, TransferEvent, TransferId};
use chat_client::{Connection, Content, Event, SafeText};
use chat_protocol::{Level, Preferences, Summary, Target, Version};
use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use proptest::prelude::*;
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::style::{Color, Modifier};
use std::time::{Duration, Instant};

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

/// Whatever may happen, with every size.
fn msgs() -> impl Strategy<Value = Msg> {
    let keys = prop_oneof![
        any::<char>().prop_map(KeyCode::Char),
        "[/:a-z ]".prop_map(|text| KeyCode::Char(text.chars().next().unwrap())),
        prop::sample::select(vec![
            KeyCode::Enter,
            KeyCode::Tab,
            KeyCode::BackTab,
            KeyCode::Esc,
            KeyCode::Up,
            KeyCode::Down,
            KeyCode::PageUp,
            KeyCode::PageDown,
            KeyCode::End,
            KeyCode::Home,
            KeyCode::Backspace,
            KeyCode::Delete,
            KeyCode::F(1),
        ]),
    ];
    let modifiers = prop::sample::select(vec![
        KeyModifiers::NONE,
        KeyModifiers::NONE,
        KeyModifiers::ALT,
        KeyModifiers::CONTROL,
        KeyModifiers::SHIFT,
    ]);
    prop_oneof![
        8 => (keys, modifiers).prop_map(|(code, modifiers)| Msg::Key(KeyEvent::new(code, modifiers))),
        1 => ".{0,200}".prop_map(Msg::Paste),
        1 => "[a\u{200b}\u{202e}\u{2066}\n\t]{0,20}".prop_map(Msg::Paste),
        2 => (1_u16..130, 1_u16..50).prop_map(|(columns, rows)| Msg::Resize(columns, rows)),
        1 => any::<bool>().prop_map(Msg::Focus),
        2 => (1_u64..4, 5_u64..50, r"(.{0,80}|[a-c *_`\[\]()>\\\n👋字]{0,80}|(```a?|> |\n|a |https://a\.b/){0,20})").prop_map(|(number, at, text)| {
            let entries = vec![entry(number, at, "bob", &text)];
            Msg::Heard(Event::Newer { conversation: conversation(number), entries })
        }),
        1 => (1_u64..4, "[a-c]", 0_u64..9).prop_map(|(number, peer, head)| {
            Msg::Heard(Event::Summary(summary(number, &peer, head, 0)))
        }),
        1 => ".{0,60}".prop_map(|text| Msg::Heard(Event::Outbox(outgoing("x", "bob", &text, Some(&text))))),
        3 => file_msgs(),
        3 => change_msgs(),
        3 => past_msgs(),
    ]
}

/// Whatever leads to what is old, takes it away, or says what is preferred.
fn past_msgs() -> impl Strategy<Value = Msg> {
    let pages = (1_u64..60, 0_u64..30, any::<bool>()).prop_map(|(from, count, is_older)| {
        let entries = (from..from + count).map(|at| entry(1, at, "bob", "old @alice")).collect();
        let (conversation, head) = (conversation(1), self::seq(60));
        Msg::Heard(match is_older {
            true => Event::Older { conversation, entries, at_start: from == 1 },
            false => Event::Page { conversation, entries, head },
        })
    });
    let preferred =
        (1_u64..4, 0_u64..9, any::<bool>(), 0_usize..3).prop_map(|(number, archived, blocked, level)| {
            let level = [Level::All, Level::Mentions, Level::None][level];
            let archived = chat_protocol::Seq::new(archived).unwrap_or_default();
            let preferences = Preferences { level, archived, blocked };
            Msg::Heard(Event::Summary(Summary { preferences, mentions: 1, ..summary(number, "bob", 5, 2) }))
        });
    let found = prop::collection::vec((1_u64..4, 1_u64..60, ".{0,40}"), 0..9).prop_map(|hits| {
        let hits = hits.into_iter().map(|(number, at, text)| entry(number, at, "bob", &text)).collect();
        Msg::Heard(Event::Found { query: "a".to_owned(), cursor: None, hits, next: Some("b".to_owned()) })
    });
    prop_oneof![
        3 => pages,
        1 => preferred,
        3 => found,
        1 => (1_u64..60).prop_map(|first| {
            Msg::Heard(Event::Begins { conversation: conversation(1), first: self::seq(first) })
        }),
        1 => Just(Msg::Heard(Event::Gone { user: name("bob"), now: name("deleted-1") })),
        3 => prop::sample::select(vec!["/search a", "/archived", "/blocked", "/delete-account", "hi @b"])
            .prop_map(|typed| Msg::Paste(typed.to_owned())),
        3 => Just(Msg::Key(KeyEvent::new(KeyCode::Enter, KeyModifiers::NONE))),
        1 => prop::sample::select(vec![('f', KeyModifiers::CONTROL), ('a', KeyModifiers::ALT)])
            .prop_map(|(key, held)| Msg::Key(KeyEvent::new(KeyCode::Char(key), held))),
    ]
}

/// Whatever may change a message.
fn change_msgs() -> impl Strategy<Value = Msg> {
    let entries = (1_u64..30, 1_u64..30, ".{0,40}", 0..5).prop_map(|(at, target, text, kind)| match kind {
        0 => edit(at, "bob", target, &text),
        1 => deletion(at, "bob", target),
        2 => reply(at, "alice", target, "bob", &text, &text),
        _ => reaction(at, "bob", target, &text, at % 2 == 0),
    });
    let changes = (1_u64..9, ".{0,20}", 0..3, any::<bool>()).prop_map(|(seq, text, kind, fails)| {
        let seq = self::seq(seq);
        let content = match kind {
            0 => Content::Edit { seq, text: text.clone() },
            1 => Content::Deletion { seq },
            _ => Content::Reaction { seq, emoji: text.clone(), removed: false },
        };
        outgoing_change(&format!("change-{kind}"), content, fails.then_some(&text))
    });
    prop_oneof![
        4 => entries.prop_map(|entry| {
            Msg::Heard(Event::Newer { conversation: conversation(1), entries: vec![entry] })
        }),
        2 => changes.prop_map(|outgoing| Msg::Heard(Event::Outbox(outgoing))),
        1 => prop::collection::vec((1_u64..50, ".{0,40}"), 0..9).prop_map(|versions| {
            let versions = versions.into_iter();
            let versions = versions.map(|(at, text)| Version { seq: self::seq(at), at, text }).collect();
            Msg::Heard(Event::Versions { conversation: conversation(1), seq: self::seq(2), versions, more: true })
        }),
        2 => prop::sample::select(vec!["/reply", "/edit", "/delete", "/versions 2", "/react :+1:"])
            .prop_map(|typed| Msg::Paste(typed.to_owned())),
        4 => prop::sample::select(vec!['r', 'e', 'd', 'y', '+', '-', 'h'])
            .prop_map(|key| Msg::Key(KeyEvent::new(KeyCode::Char(key), KeyModifiers::NONE))),
    ]
}

/// Whatever files may bring.
fn file_msgs() -> impl Strategy<Value = Msg> {
    let changes = prop_oneof![
        (".{0,60}", any::<u64>(), any::<bool>()).prop_map(|(name, bytes_total, is_upload)| {
            let subject = match is_upload {
                true => Subject::Upload { to: Target::To(self::name("bob")), text: name.clone() },
                false => Subject::Download(file(7, &name, bytes_total, "image/png")),
            };
            TransferChange::Started { subject, name, bytes_total }
        }),
        any::<(u64, u64)>()
            .prop_map(|(bytes_done, bytes_total)| TransferChange::Progress { bytes_done, bytes_total }),
        ".{0,40}".prop_map(|cause| TransferChange::Waiting { cause: SafeText::line(&cause) }),
        ".{0,40}".prop_map(|path| TransferChange::Saved { path: path.into() }),
        ".{0,40}".prop_map(|path| TransferChange::Failed { error: TransferError::Exists(path.into()) }),
    ];
    #[allow(clippy::disallowed_methods)] // Any instant will do.
    let now = Instant::now();
    prop_oneof![
        3 => (1_u64..5, changes)
            .prop_map(move |(id, change)| Msg::Transfer(TransferEvent { id: TransferId::new(id), change }, now)),
        2 => (5_u64..50, ".{0,80}", ".{0,20}").prop_map(|(at, name, text)| {
            let entries = vec![file_entry(at, "bob", &name, "image/png", &text)];
            Msg::Heard(Event::Newer { conversation: conversation(1), entries })
        }),
        1 => (0_u8..4).prop_map(|command| {
            let typed = ["/files", "/view", "/send ", "/tmp/a /tmp/b"][usize::from(command)];
            Msg::Paste(typed.to_owned())
        }),
        1 => prop::collection::vec((".{1,80}", any::<u64>()), 0..30).prop_map(|files| {
            Msg::PasteChecked(files.into_iter().map(|(path, bytes)| Offered { path, bytes }).collect())
        }),
        1 => prop::collection::vec(".{1,30}", 0..60).prop_map(|names| {
            let names = names.into_iter().map(|name| Name { name, is_folder: true }).collect();
            Msg::Listed(Listing { folder: String::new(), names })
        }),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, ..ProptestConfig::default() })]

    #[test]
    fn nothing_panics_at_any_size(msgs in prop::collection::vec(msgs(), 0..60), columns in 1_u16..100, rows in 1_u16..40) {
        let mut model = busy_alice((columns, rows));
        for msg in msgs {
            update(&mut model, msg);
            let shown = screen(&model);
            let hidden = |c: char| matches!(c, '\u{200b}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
            let harmful = |c: char| (c.is_control() && c != '\n') || hidden(c);
            prop_assert!(!shown.chars().any(harmful), "{shown:?}");
        }
    }
}

#[test]
fn odd_sizes_are_drawn() {
    for size in [(1, 1), (5, 3), (2, 40), (300, 1), (300, 80), (40, 10), (59, 24), (60, 24)] {
        let mut model = busy_alice(size);
        screen(&model);
        for key in [KeyCode::F(1), KeyCode::Esc, KeyCode::Esc, KeyCode::PageUp, KeyCode::Char(':')] {
            press(&mut model, key, KeyModifiers::NONE);
            screen(&model);
        }
    }
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
