//! Whatever happens, at whatever size: nothing panics, and nothing harmful is drawn.

use super::*;
use crate::app::files::Offered;
use crate::app::files::complete::{Listing, Name};
use chat_client::files::{TransferEvent, TransferId};
use chat_protocol::{Level, Preferences};
use crossterm::event::KeyEvent;
use proptest::prelude::*;
use std::time::Instant;

/// Whatever may happen.
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
