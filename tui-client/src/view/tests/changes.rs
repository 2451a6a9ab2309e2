//! Messages that were answered, edited, deleted and reacted to; how far one's own are; what can be done with one.

use super::*;

/// Alice with bob, at the end of the conversation.
fn changed(size: (u16, u16)) -> Model {
    let mut model = busy_alice(size);
    newer(
        &mut model,
        vec![
            edit(5, "bob", 4, "one line"),
            reply(6, "alice", 1, "bob", "good morning", "and to you"),
            reaction(7, "bob", 6, "👍", false),
            reaction(8, "alice", 6, "👍", false),
            reaction(9, "bob", 6, "🎉", false),
            entry(1, 10, "bob", "oh no"),
            deletion(11, "bob", 10),
            reply(12, "bob", 10, "bob", "", "never mind\u{202e}"),
        ],
    );
    newer(&mut model, vec![deletion(13, "bob", 10)]);
    model
}

#[test]
fn changes_stand_at_their_messages() {
    let mut model = changed((66, 18));
    assert_screen(
        &model,
        "
 alice           │bob  ● online
 ● bob           │alice 09:02
 ○ carol       1 │ ✓ hi :)
                 │── new ─────────────────────────────────────────
                 │bob 09:03
                 │   did you see 👩‍👩‍👧 and �[2J the �evil one?
                 │   one line (edited)
                 │alice 09:06
                 │   ↳ bob: good morning
                 │ ✓ and to you
                 │   [👍 2]  🎉 1
                 │bob 09:10
                 │   message deleted
                 │   ↳ message deleted
                 │   never mind�
                 │────────────────────────────────────────────────
                 │>
● connected                                     1 unread elsewhere
",
    );
    newer(&mut model, vec![edit(14, "bob", 1, "\u{1b}[1mGood morning to you all, and to the cat as well")]);
    let shown = screen(&model);
    assert!(shown.contains("   ↳ bob: �[1mGood morning to you all, and to t…\n"), "{shown}");
}

#[test]
fn a_message_is_sent_then_delivered_then_read() {
    let mut model = busy_alice((40, 12));
    for (delivered, read, mark) in
        [(0, None, " ✓ hi :)"), (2, None, "✓✓ hi :)"), (2, Some(1), "✓✓ hi :)"), (4, Some(2), "✓✓ hi :)")]
    {
        marks(&mut model, delivered, read);
        assert!(screen(&model).contains(mark), "{}", screen(&model));
    }
    let style = |model: &Model| {
        let mut terminal = Terminal::new(TestBackend::new(40, 12)).unwrap();
        terminal.draw(|frame| draw(frame, model)).unwrap();
        let buffer = terminal.backend().buffer();
        let cell = buffer.content.iter().find(|cell| cell.symbol() == "✓").unwrap();
        (cell.fg, cell.modifier)
    };
    assert_eq!(style(&model), (Color::Cyan, Modifier::BOLD), "what is read can be told without colours, too");
    marks(&mut model, 4, None);
    assert_eq!(style(&model), (Color::Reset, Modifier::DIM));
}

#[test]
fn what_is_changed_and_not_known_to_the_server_is_shown_so() {
    let mut model = busy_alice((66, 12));
    let edit = |text: &str| Content::Edit { seq: seq(2), text: text.to_owned() };
    let thumb = Content::Reaction { seq: seq(4), emoji: "👍".to_owned(), removed: false };
    hear(&mut model, Event::Outbox(outgoing_change("a", edit("hi"), None)));
    hear(&mut model, Event::Outbox(outgoing_change("b", edit("hi there"), None)));
    hear(&mut model, Event::Outbox(outgoing_change("c", thumb, None)));
    let elsewhere = Content::Deletion { seq: seq(99) };
    hear(&mut model, Event::Outbox(outgoing_change("d", elsewhere, None)));
    assert_screen(
        &model,
        "
 alice           │bob  ● online
 ● bob           │alice 09:02
 ○ carol       1 │ ◌ hi there (edited)
                 │── new ─────────────────────────────────────────
                 │bob 09:03
                 │   did you see 👩‍👩‍👧 and �[2J the �evil one?
                 │ ◌ two
                 │   lines
                 │   [👍 1]
                 │────────────────────────────────────────────────
                 │>
● connected                                  ◌ 1 waiting elsewhere
",
    );
    model.size = (66, 16);
    let why = "that is too\u{202e} long";
    hear(&mut model, Event::Outbox(outgoing_change("b", edit("hi there"), Some(why))));
    let shown = screen(&model);
    assert!(shown.contains("◌ hi (edited)"), "what was asked for before stays: {shown}");
    assert!(shown.contains("   not edited: that is too� long (/retry or"), "{shown}");
    assert!(shown.contains("✗ not edited: that is too� long (/retry or /discard)"), "{shown}");
}

#[test]
fn the_picked_message_tells_what_can_be_done_with_it() {
    let mut model = changed((66, 12));
    let up = |model: &mut Model| press(model, KeyCode::Up, KeyModifiers::NONE);
    up(&mut model);
    assert!(screen(&model).contains("│─ [12] r reply  + react  Enter origin  Esc ─"), "{}", screen(&model));
    up(&mut model);
    assert!(screen(&model).contains("│─ [10] Esc ─"), "nothing can be done with a deleted one");
    up(&mut model);
    assert!(
        screen(&model).contains("│─ [6] r reply  e edit  d delete  + react  Ent… ─"),
        "{}",
        screen(&model)
    );
    let mut terminal = Terminal::new(TestBackend::new(66, 12)).unwrap();
    terminal.draw(|frame| draw(frame, &model)).unwrap();
    let buffer = terminal.backend().buffer();
    let reversed = |row: u16| buffer[(22, row)].modifier.contains(Modifier::REVERSED);
    let rows: Vec<u16> = (0..12).filter(|row| reversed(*row)).collect();
    assert_eq!(rows, [2, 3, 4], "{}", screen(&model));
    press(&mut model, KeyCode::Char('d'), KeyModifiers::NONE);
    assert!(screen(&model).contains("│─ [6] delete this message? y/n ─"), "{}", screen(&model));
}

#[test]
fn what_is_answered_or_edited_stands_above_the_composer() {
    let mut model = busy_alice((40, 10));
    type_text(&mut model, "/reply 3\n");
    type_text(&mut model, "yes");
    assert_screen(
        &model,
        "
bob  ● online
bob 09:03
   did you see 👩‍👩‍👧 and �[2J the �evil
   one?
   two
   lines
────────────────────────────────────────
↳ answers [3] bob: did you see 👩‍👩‍👧 a… Esc
> yes
● connected           1 unread elsewhere
",
    );
    press(&mut model, KeyCode::Char('c'), KeyModifiers::CONTROL);
    model.composer.set("");
    type_text(&mut model, "/edit\n");
    let shown = screen(&model);
    assert!(shown.contains("✎ edits [2] Esc\n> hi :)\n"), "{shown}");
}

#[test]
fn what_an_edited_message_said_is_listed() {
    let mut model = busy_alice((40, 10));
    let version =
        |at: u64, text: &str| Version { seq: seq(at), at: MORNING + at * 60_000, text: text.to_owned() };
    let tell = |model: &mut Model, versions, more| {
        hear(model, Event::Versions { conversation: conversation(1), seq: seq(2), versions, more })
    };
    tell(&mut model, vec![version(8, "hi \u{1b}there"), version(9, "two\nlines")], true);
    assert_screen(
        &model,
        "
bob  ● online
── ne╭ What it said: Esc closes ──╮─────
bob 0│ ↑ shows earlier ones       │
   di│ 2 Mar 2026 09:08           │l
   on│   hi �there                │
   tw│ 2 Mar 2026 09:09           │
   li│   two                      │
─────│   lines                    │─────
>    ╰────────────────────────────╯
● connected           1 unread elsewhere
",
    );
}

#[test]
fn nothing_that_was_changed_is_drawn_badly_at_any_size() {
    for size in [(1, 1), (5, 3), (2, 40), (12, 6), (300, 80)] {
        let mut model = changed(size);
        for code in
            [KeyCode::Up, KeyCode::Up, KeyCode::Char('e'), KeyCode::Esc, KeyCode::Up, KeyCode::Char('r')]
        {
            press(&mut model, code, KeyModifiers::NONE);
            screen(&model);
        }
    }
}
