//! Mentions, what is muted, put away or blocked, how long it is kept, and the end of an account.

use super::*;
use chat_protocol::{Body, Level, Message, Preferences, Summary};

fn prefers(model: &mut Model, summary: Summary, level: Level, archived: u64, blocked: bool) {
    let archived = chat_protocol::Seq::new(archived).unwrap_or_default();
    hear(model, Event::Summary(Summary { preferences: Preferences { level, archived, blocked }, ..summary }));
}

/// One of each kind: bob is blocked, carol muted, dave put away, and eve has mentioned alice.
fn alice_who_prefers(size: (u16, u16)) -> Model {
    let mut model = busy_alice(size);
    let bob = model.chats.get(conversation(1)).unwrap().summary.clone();
    prefers(&mut model, bob, Level::All, 0, true);
    prefers(&mut model, summary(2, "carol", 2, 2), Level::Mentions, 0, false);
    prefers(&mut model, summary(4, "dave", 3, 0), Level::All, 3, false);
    hear(&mut model, Event::Summary(Summary { mentions: 2, ..summary(6, "eve", 9, 5) }));
    model
}

#[test]
fn the_list_tells_what_one_prefers() {
    let mut model = alice_who_prefers((72, 10));
    assert_screen(
        &model,
        "
 alice           │bob  ⊘ blocked
 ○ eve      @2 5 │ ✓ hi :)
 ● bob         ⊘ │── new ───────────────────────────────────────────────
 ○ carol     ~ 2 │bob 09:03
 archived: 1     │   did you see 👩‍👩‍👧 and �[2J the �evil one?
                 │   two
                 │   lines
                 │──────────────────────────────────────────────────────
                 │> you have blocked bob; /unblock lets messages through
● connected                                        @2 5 unread elsewhere
",
    );
    press(&mut model, KeyCode::Char('a'), KeyModifiers::ALT);
    assert!(screen(&model).contains("\n ○ dave          │   two\n"), "{}", screen(&model));
    type_text(&mut model, "/msg carol\n/archived\n");
    assert!(screen(&model).contains("│carol  ○ last seen 2 Mar 09:00  ~ muted\n"), "{}", screen(&model));
    type_text(&mut model, "/msg dave\n");
    let shown = screen(&model);
    assert!(shown.contains("│dave  ○ last seen 2 Mar 09:00  archived\n"), "{shown}");
    assert!(shown.contains(" ○ dave "), "what is selected is in the list: {shown}");
}

#[test]
fn whoever_has_gone_is_not_written_to() {
    let mut model = busy_alice((72, 10));
    let failed = chat_client::OutgoingState::Failed {
        code: chat_protocol::ErrorCode::UnknownUser,
        message: "the other one has deleted their account".to_owned(),
    };
    let queued = outgoing("x", "bob", "for you alone", None);
    let target = chat_protocol::Target::Conversation(conversation(1));
    hear(&mut model, Event::Outbox(chat_client::Outgoing { target, state: failed, ..queued }));
    hear(&mut model, Event::Gone { user: name("bob"), now: name("deleted-1a2b") });
    assert_screen(
        &model,
        "
 alice           │deleted-1a2b  account deleted
 ○ deleted-1a2b  │   message deleted
 ○ carol       1 │   message deleted
                 │alice
                 │ ✗ for you alone
                 │   not sent: the other one has deleted their account
                 │   (/retry or /discard)
                 │──────────────────────────────────────────────────────
                 │> this account is deleted: nobody would read it
● connected                                           1 unread elsewhere
",
    );
}

#[test]
fn what_is_muted_is_dim_unless_it_mentions_one() {
    let mut model = alice_who_prefers((72, 10));
    let style = |model: &Model, row, column| {
        let mut terminal = Terminal::new(TestBackend::new(72, 10)).unwrap();
        terminal.draw(|frame| draw(frame, model)).unwrap();
        let cell = &terminal.backend().buffer()[(column, row)];
        (cell.fg, cell.modifier)
    };
    assert_eq!(style(&model, 3, 3), (Color::Reset, Modifier::DIM), "carol");
    assert_eq!(style(&model, 3, 15), (Color::Reset, Modifier::DIM), "her messages");
    assert_eq!(style(&model, 1, 3), (Color::Reset, Modifier::BOLD), "eve");
    let carol = Summary { mentions: 1, ..summary(2, "carol", 2, 2) };
    prefers(&mut model, carol, Level::Mentions, 0, false);
    assert_eq!(style(&model, 3, 3), (Color::Reset, Modifier::BOLD));
    assert!(screen(&model).contains(" ○ carol  ~ @1 2 │"), "{}", screen(&model));
    assert_eq!(style(&model, 3, 13), (Color::Yellow, Modifier::BOLD), "the mention");
    let carol = Summary { mentions: 1, ..summary(2, "carol", 2, 2) };
    prefers(&mut model, carol, Level::None, 0, false);
    assert_eq!(style(&model, 3, 13), (Color::Reset, Modifier::DIM), "it calls for nothing");
}

#[test]
fn whoever_is_mentioned_stands_out_and_oneself_the_most() {
    let mut model = busy_alice((72, 12));
    let message = |text: &str| Message { mentions: vec![name("alice"), name("carol")], ..Message::of(text) };
    let body = Body::Message(message("hey @alice, `@alice` ask @carol or @zoe"));
    newer(&mut model, vec![chat_protocol::Entry { body, ..entry(1, 5, "bob", "") }]);
    let mut terminal = Terminal::new(TestBackend::new(72, 12)).unwrap();
    terminal.draw(|frame| draw(frame, &model)).unwrap();
    let buffer = terminal.backend().buffer();
    let row =
        (0..12).find(|row| buffer[(21, *row)].symbol() == "h" && buffer[(25, *row)].symbol() == "@").unwrap();
    let style = |column: u16| (buffer[(column, row)].fg, buffer[(column, row)].modifier);
    assert_eq!(style(25), (Color::Yellow, Modifier::BOLD | Modifier::REVERSED));
    assert_eq!(style(30), (Color::Yellow, Modifier::BOLD | Modifier::REVERSED));
    assert_eq!(style(31), (Color::Reset, Modifier::empty()), "the comma is the sentence's");
    assert_eq!(style(34), (Color::Magenta, Modifier::empty()), "code names nobody");
    assert_eq!(style(46), (Color::Cyan, Modifier::empty()));
    assert_eq!(style(56), (Color::Reset, Modifier::empty()), "zoe is not there");
}

#[test]
fn the_header_tells_how_long_what_is_said_is_kept() {
    let mut model = alice_in_ops((72, 10));
    model.retention_days = Some(30);
    assert!(screen(&model).contains("│#ops  3 members  kept 30 days  what �runs\n"), "{}", screen(&model));
    type_text(&mut model, "/members\n");
    assert!(screen(&model).contains(" #ops: 3 members, kept 30 days "), "{}", screen(&model));
    press(&mut model, KeyCode::Esc, KeyModifiers::NONE);
    type_text(&mut model, "/msg bob\n");
    assert!(screen(&model).contains("│bob  ● online  kept 30 days\n"), "{}", screen(&model));
}

#[test]
fn the_end_of_an_account_is_asked_for_twice() {
    let mut model = busy_alice((72, 12));
    type_text(&mut model, "/delete-account\nali");
    assert_screen(
        &model,
        "
 alice           │bob  ● online
 ● bob           │   good morning
 ○ ca╭ Delete your account ──────────────────────────────────────╮
     │ All that you have said and sent is erased, for everybody  │
     │ and for ever. Your name is free for others then. Esc      │──────
     │ leaves everything as it is.                               │
     │ > Your name          ali                                  │
     │   Password                                                │
     ╰───────────────────────────────────────────────────────────╯
                 │──────────────────────────────────────────────────────
                 │>
● connected                                           1 unread elsewhere
",
    );
    type_text(&mut model, "ce\nsecret");
    let shown = screen(&model);
    assert!(
        shown.contains("   Your name          alice") && shown.contains(" > Password           ••••••"),
        "{shown}"
    );
    assert!(!shown.contains("secret"));
}

#[test]
fn whom_one_has_blocked_is_listed() {
    let mut model = busy_alice((40, 6));
    hear(&mut model, Event::Blocked(vec![name("bob"), name("eve")]));
    let shown = screen(&model);
    assert!(
        shown.contains(" Blocked: /unblock USER ") && shown.contains("│ bob ") && shown.contains("│ eve "),
        "{shown}"
    );
}
