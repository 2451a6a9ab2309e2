//! Groups: their header, what happens to them, how far messages are, and their lists.

use super::*;
use chat_protocol::{MemberChange, PublicGroup};

#[test]
fn a_group_has_its_header_and_what_happens_to_it_stands_between_the_messages() {
    let mut model = alice_in_ops((66, 16));
    let typing = |user: &str| Event::Typing { conversation: conversation(3), user: name(user), typing: true };
    hear(&mut model, typing("bob"));
    hear(&mut model, typing("eve"));
    assert_screen(
        &model,
        "
 alice           │#ops  3 members  what �runs
 … #ops          │
 ● bob           │── Monday, 2 March 2026 ────────────────────────
 ○ carol       1 │   alice made the group #ops
                 │   alice added bob and eve
                 │alice 09:03
                 │✓✓ hello all
                 │bob 09:04
                 │   hi
                 │   alice made bob an admin
                 │   thanks
                 │alice 09:07
                 │ ✓ any news?
                 │─ bob and eve are typing… ──────────────────────
                 │>
● connected                                     1 unread elsewhere
",
    );
}

#[test]
fn what_happens_to_a_group_is_not_unread_and_parts_no_headings() {
    let mut model = busy_alice((66, 14));
    hear(&mut model, Event::Summary(ops(5, 1, 3)));
    type_text(&mut model, "/msg #ops\n");
    let entries = vec![
        entry(3, 1, "bob", "one"),
        members_entry(2, "bob", MemberChange::Added, &["eve"]),
        entry(3, 3, "bob", "two"),
        members_entry(4, "eve", MemberChange::Left, &["eve"]),
        entry(3, 5, "eve", "three"),
    ];
    hear(&mut model, Event::Newest { conversation: conversation(3), entries, at_start: true });
    let shown = screen(&model);
    assert_eq!(shown.matches("│bob 09:0").count(), 1, "{shown}");
    let lines = ["   bob added eve\n", "   two\n", "   eve left\n", "── new ─", "eve 09:05\n", "   three\n"];
    let places: Vec<_> = lines.iter().map(|line| shown.find(line).expect(line)).collect();
    assert!(places.is_sorted(), "{shown}");
}

#[test]
fn the_picked_message_tells_how_many_have_read_it_and_who() {
    let mut model = alice_in_ops((100, 14));
    press(&mut model, KeyCode::Up, KeyModifiers::NONE);
    let shown = screen(&model);
    assert!(
        shown.contains("[7] read by 0 of 2  r reply  e edit  d delete  + react  w readers  Esc"),
        "{shown}"
    );
    press(&mut model, KeyCode::Up, KeyModifiers::NONE);
    let shown = screen(&model);
    assert!(shown.contains("[6] r reply  d delete  + react  w readers  Esc"), "an admin's: {shown}");
    press(&mut model, KeyCode::Char('w'), KeyModifiers::NONE);
    assert_screen(
        &model,
        "
 alice                  │#ops  3 members  what �runs
   #ops                 │   alice made the group #ops
 ● bob                  │   alice added bob and eve
 ○ carol              1 │alice 09:03
                        │✓✓ hello all  ╭ [6]: Esc closes ──╮
                        │bob 09:04     │ read by 1         │
                        │   hi         │   alice           │
                        │   alice made │ not yet at 1      │
                        │   thanks     │   eve             │
                        │alice 09:07   ╰───────────────────╯
                        │ ✓ any news?
                        │─ [6] r reply  d delete  + react  w readers  Esc ──────────────────────────
                        │>
● connected                                                                       1 unread elsewhere
",
    );
}

#[test]
fn members_are_listed_with_what_they_may_do() {
    let mut model = alice_in_ops((60, 10));
    type_text(&mut model, "/members\n");
    assert_screen(
        &model,
        "
 alice           │#ops  3 members  what �runs
   #ops          │bob 09:04
 ● bob           ╭ #ops: 3 members ───────╮
 ○ carol       1 │ ● alice         admin  │n
                 │ ● bob                  │
                 │ ○ eve                  │
                 ╰────────────────────────╯
                 │──────────────────────────────────────────
                 │>
● connected                               1 unread elsewhere
",
    );
}

#[test]
fn public_groups_are_listed() {
    let mut model = alice_in_ops((60, 10));
    let public = |number: u64, name: &str, topic: &str, members, joined| PublicGroup {
        conversation: conversation(number),
        name: name.parse().unwrap(),
        topic: topic.to_owned(),
        members,
        joined,
    };
    let long = "what\u{202e} runs where and since when, and who is to be called at night";
    let groups = vec![public(8, "all", "", 1, true), public(9, "prod", long, 12, false)];
    hear(&mut model, Event::Groups { groups, more: true });
    assert_screen(
        &model,
        "
 alice           │#ops  3 members  what �runs
   #ops          │bob 09:04
╭ Groups: Enter joins or opens ────────────────────────────╮
│ ● #all  1 member                                         │
│ ○ #prod  12 members  what� runs where and since when, a… │
│ ↓ shows more                                             │
╰──────────────────────────────────────────────────────────╯
                 │──────────────────────────────────────────
                 │>
● connected                               1 unread elsewhere
",
    );
}

#[test]
fn whoever_is_put_out_while_they_write_is_told_before_they_go_on() {
    let mut model = alice_in_ops((60, 10));
    type_text(&mut model, "half a sen");
    hear(&mut model, Event::Left(conversation(3)));
    assert_screen(
        &model,
        "
 alice           │bob  ● online
 ● bob           │alice 09:02
 ○ carol       1 │ ✓ hi :)
╭ Enter goes on ──────────────────────────────────────────╮
│ you are not in #ops any more; what you wrote there is   │
│ kept                                                    │
╰─────────────────────────────────────────────────────────╯
                 │──────────────────────────────────────────
                 │>
you are not in #ops any more
",
    );
}

#[test]
fn nothing_of_a_group_is_drawn_badly_at_any_size() {
    for size in [(1, 1), (5, 3), (2, 40), (12, 6), (300, 80)] {
        for typed in ["/members\n", "/readers\n", "/topic\n", "/leave\n", "half"] {
            let mut model = alice_in_ops(size);
            type_text(&mut model, typed);
            screen(&model);
            for code in [KeyCode::Down, KeyCode::PageDown, KeyCode::Up] {
                press(&mut model, code, KeyModifiers::NONE);
                screen(&model);
            }
            hear(&mut model, Event::Groups { groups: Vec::new(), more: false });
            screen(&model);
            hear(&mut model, Event::Left(conversation(3)));
            screen(&model);
        }
    }
}
