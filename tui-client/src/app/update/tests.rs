//! What keys and events come to.

use super::*;
use crate::app::fixture::*;
use crate::app::place::visible;
use crate::app::rows::Row;
use crate::app::{Notice, Overlay, Pane};
use chat_client::{Connection, Job, Outgoing, OutgoingState};
use chat_protocol::{ErrorCode, Seq, Summary};
use crossterm::event::{KeyCode, KeyModifiers};

const WIDE: (u16, u16) = (80, 24);

/// The numbers of the conversations to which texts were sent, and the texts.
fn sent(effects: &[Effect]) -> Vec<(u64, String)> {
    effects
        .iter()
        .filter_map(|effect| match effect {
            Effect::Send { target, content: Content::Message { text, .. }, .. } => {
                Some((number_of(target), text.clone()))
            }
            _ => None,
        })
        .collect()
}

fn reads(effects: &[Effect]) -> Vec<Seq> {
    let read = |effect: &Effect| match effect {
        Effect::Ask(Command::Read { seq, .. }) => Some(*seq),
        _ => None,
    };
    effects.iter().filter_map(read).collect()
}

#[test]
fn enter_sends_and_slashes_are_commands() {
    let mut model = busy_alice(WIDE);
    for (typed, expected) in [
        ("hello\n", vec![(1, "hello")]),
        ("wave :wave: ok\n", vec![(1, "wave 👋 ok")]),
        ("//quit\n", vec![(1, "/quit")]),
        ("\n", vec![]),
        ("/msg carol  hi\n", vec![(2, "hi")]),
        ("to carol now\n", vec![(2, "to carol now")]),
    ] {
        let effects = type_text(&mut model, typed);
        let expected: Vec<_> = expected.iter().map(|(to, text)| (*to, text.to_string())).collect();
        assert_eq!(sent(&effects), expected, "{typed:?}");
        assert!(model.composer.is_empty(), "{typed:?}");
    }
}

#[test]
fn what_cannot_be_done_stays_in_the_composer() {
    let too_long = "x".repeat(101) + "\n";
    for typed in ["/nosuch\n", "/msg Bob hi\n", "/revoke 9\n", "/retry\n", &too_long] {
        let mut model = busy_alice(WIDE);
        assert_eq!(sent(&type_text(&mut model, typed)), vec![], "{typed:?}");
        assert!(matches!(model.notice, Some(Notice::Error(_))), "{typed:?}");
        assert_eq!(model.composer.text(), typed.trim_end());
    }
}

#[test]
fn an_unknown_name_is_asked_for_and_its_text_comes_back() {
    let mut model = busy_alice(WIDE);
    let effects = type_text(&mut model, "/msg dave hello there\n");
    assert_eq!(sent(&effects), vec![]);
    let target = Target::To(name("dave"));
    assert!(matches!(&effects[..], [Effect::Ask(Command::Open(open))] if *open == target));
    let (job, message) = (Job::Open(target), "nobody has this name".to_owned());
    hear(&mut model, Event::Refused { job, code: ErrorCode::UnknownUser, message });
    assert_eq!(model.composer.text(), "/msg dave hello there");
    type_text(&mut model, "\n");
    let effects = hear(&mut model, Event::Opened(summary(9, "dave", 0, 0)));
    assert_eq!(sent(&effects), vec![(9, "hello there".to_owned())]);
    assert_eq!(model.chats.selected_id(), Some(conversation(9)));
}

#[test]
fn what_is_written_stays_where_it_was_written_whatever_the_other_one_is_called_later() {
    let mut model = busy_alice(WIDE);
    let effects = type_text(&mut model, "for you alone\n");
    let [.., Effect::Send { target, .. }, _] = &effects[..] else { panic!("{effects:?}") };
    let queued = Outgoing { target: target.clone(), ..outgoing("x", "bob", "for you alone", None) };
    hear(&mut model, Event::Outbox(queued));
    hear(&mut model, Event::Gone { user: name("bob"), now: name("deleted-1") });
    hear(&mut model, Event::Summary(summary(7, "bob", 0, 0)));
    assert_eq!(model.outgoing_here().count(), 1);
    assert!(!model.chats.get(conversation(7)).unwrap().is_target(&model.outgoing[0].target));
}

#[test]
fn notes_are_the_conversation_with_oneself() {
    let mut model = busy_alice(WIDE);
    let effects = type_text(&mut model, "/notes milk\n");
    let target = Target::To(name("alice"));
    assert!(matches!(&effects[..], [.., Effect::Ask(Command::Open(open))] if *open == target));
    let effects = hear(&mut model, Event::Opened(summary(9, "alice", 0, 0)));
    assert_eq!(sent(&effects), vec![(9, "milk".to_owned())]);
    assert_eq!(model.chats.selected().unwrap().title(&model.me), "notes");
}

#[test]
fn ctrl_k_goes_to_the_name_that_is_offered() {
    let mut model = busy_alice(WIDE);
    press(&mut model, KeyCode::Char('k'), KeyModifiers::CONTROL);
    type_text(&mut model, "ca\n");
    assert_eq!(model.chats.selected_id(), Some(conversation(2)));
    assert!(model.composer.is_empty());
    let effects = type_text(&mut model, "/msg bo\n");
    let target = Target::To(name("bo"));
    assert!(
        matches!(&effects[..], [.., Effect::Ask(Command::Open(open))] if *open == target),
        "what is typed without Ctrl+K is taken as it stands"
    );
}

#[test]
fn who_writes_before_the_list_is_there_loses_neither_that_nor_an_earlier_draft() {
    let mut model = alice(Surface::Screen, WIDE);
    model.drafts.insert(conversation(1), "from before".to_owned());
    type_text(&mut model, "quick");
    hear(&mut model, Event::Summary(summary(1, "bob", 4, 2)));
    hear(&mut model, Event::Summary(summary(2, "carol", 2, 1)));
    hear(&mut model, Event::Synced);
    assert_eq!((model.chats.selected_id(), model.composer.text().as_str()), (Some(conversation(1)), "quick"));
    assert_eq!(model.all_drafts()[&conversation(1)], "from before\nquick");
    press(&mut model, KeyCode::Tab, KeyModifiers::NONE);
    press(&mut model, KeyCode::Tab, KeyModifiers::NONE);
    assert_eq!(model.composer.text(), "from before\nquick");
}

#[test]
fn what_is_begun_stays_with_its_conversation() {
    let mut model = busy_alice(WIDE);
    type_text(&mut model, "for bob");
    press(&mut model, KeyCode::Tab, KeyModifiers::NONE);
    assert_eq!(model.chats.selected_id(), Some(conversation(2)));
    assert!(model.composer.is_empty());
    type_text(&mut model, "for carol");
    press(&mut model, KeyCode::BackTab, KeyModifiers::NONE);
    assert_eq!(model.composer.text(), "for bob");
    press(&mut model, KeyCode::Char('k'), KeyModifiers::CONTROL);
    type_text(&mut model, "carol\n");
    assert_eq!(model.composer.text(), "for carol");
}

#[test]
fn what_is_seen_is_read_and_only_that() {
    let mut model = busy_alice(WIDE);
    assert_eq!(model.chats.get(conversation(1)).unwrap().summary.unread, 0);
    let newer =
        |at| Event::Newer { conversation: conversation(1), entries: vec![entry(1, at, "bob", "more")] };
    assert_eq!(reads(&hear(&mut model, newer(5))), vec![seq(5)]);
    update(&mut model, Msg::Focus(false));
    assert_eq!(reads(&hear(&mut model, newer(6))), vec![]);
    assert_eq!(reads(&update(&mut model, Msg::Focus(true))), vec![seq(6)]);
    press(&mut model, KeyCode::F(1), KeyModifiers::NONE);
    assert_eq!(reads(&hear(&mut model, newer(7))), vec![]);
    assert_eq!(reads(&press(&mut model, KeyCode::Esc, KeyModifiers::NONE)), vec![seq(7)]);
}

#[test]
fn whoever_has_scrolled_up_keeps_their_place() {
    let mut model = busy_alice((80, 10));
    press(&mut model, KeyCode::PageUp, KeyModifiers::NONE);
    let seen = visible(&model, 5);
    let entries = vec![entry(1, 5, "bob", "new")];
    assert_eq!(reads(&hear(&mut model, Event::Newer { conversation: conversation(1), entries })), vec![]);
    assert_eq!(model.selected_timeline().unwrap().scroll.new_below, 1);
    assert_eq!(visible(&model, 5), seen);
    hear(&mut model, Event::Outbox(outgoing("x", "bob", "from another hour", None)));
    assert_eq!(visible(&model, 5), seen);
    assert_eq!(reads(&press(&mut model, KeyCode::End, KeyModifiers::NONE)), vec![seq(5)]);
    assert!(model.selected_timeline().unwrap().scroll.is_at_bottom());
}

#[test]
fn scrolling_up_asks_once_for_what_is_older() {
    let mut model = busy_alice(WIDE);
    let entries = (51..=100).map(|at| entry(1, at, "bob", "x")).collect();
    hear(&mut model, Event::Newest { conversation: conversation(1), entries, at_start: false });
    let mut asked = 0;
    for _ in 0..10 {
        asked += press(&mut model, KeyCode::PageUp, KeyModifiers::NONE).len();
    }
    assert_eq!(asked, 1);
    let older = (1..=50).map(|at| entry(1, at, "bob", "x")).collect();
    hear(&mut model, Event::Older { conversation: conversation(1), entries: older, at_start: true });
    let seqs: Vec<_> =
        model.selected_timeline().unwrap().entries().iter().map(|entry| entry.seq.get()).collect();
    assert_eq!(seqs, (1..=100).collect::<Vec<_>>());
    assert_eq!(press(&mut model, KeyCode::PageUp, KeyModifiers::NONE).len(), 0);
}

/// Up to the first line and down to the last, page by page, at any size: each line is seen, and none is skipped.
#[test]
fn paging_skips_nothing() {
    for (height, outgoing_count) in [(6, 0), (9, 3), (24, 1), (50, 0)] {
        let mut model = busy_alice((30, height));
        // No line is like another.
        let text = |at: u64| (0..=at % 40).map(|word| format!("word-{at}-{word} ")).collect::<String>();
        let entries = (1..=60).map(|at| entry(1, at, ["bob", "alice"][at as usize % 2], &text(at))).collect();
        hear(&mut model, Event::Newest { conversation: conversation(1), entries, at_start: true });
        for number in 0..outgoing_count {
            hear(&mut model, Event::Outbox(outgoing(&number.to_string(), "bob", &text(139 + number), None)));
        }
        let shown = model.timeline_height();
        let all = visible(&model, usize::MAX);
        let bottom = |model: &Model| {
            let screen = visible(model, shown);
            assert_eq!(screen.len(), shown.min(all.len()));
            (0..=all.len() - screen.len()).find(|at| all[*at..].starts_with(&screen)).expect("lines in a row")
        };
        let mut at = bottom(&model);
        assert_eq!(at, all.len() - shown);
        for (key, step) in [(KeyCode::PageUp, -1), (KeyCode::PageDown, 1)] {
            for _ in 0..all.len() / (shown - 1) + 2 {
                press(&mut model, key, KeyModifiers::NONE);
                let wanted = at.saturating_add_signed(step * (shown as isize - 1)).min(all.len() - shown);
                at = bottom(&model);
                assert_eq!(at, wanted, "height {height}");
            }
        }
        assert!(model.selected_timeline().unwrap().scroll.is_at_bottom());
    }
}

#[test]
fn a_message_that_was_refused_can_be_tried_again_or_dropped() {
    let mut model = busy_alice(WIDE);
    hear(&mut model, Event::Outbox(outgoing("one", "bob", "hm", Some("no"))));
    let effects = type_text(&mut model, "/retry\n");
    assert!(matches!(&effects[..], [Effect::Ask(Command::Retry(id))] if id.as_str() == "one"));
    let effects = type_text(&mut model, "/discard\n");
    assert!(matches!(&effects[..], [Effect::Ask(Command::Discard(id))] if id.as_str() == "one"));
    let gone =
        chat_client::Outgoing { state: OutgoingState::Discarded, ..outgoing("one", "bob", "hm", None) };
    hear(&mut model, Event::Outbox(gone));
    assert!(model.outgoing.is_empty());
}

#[test]
fn a_message_that_cannot_be_kept_comes_back() {
    let mut model = busy_alice(WIDE);
    type_text(&mut model, "precious\n");
    let (job, message) = (Job::Queue(client_id("x")), "the disk is full".to_owned());
    hear(&mut model, Event::Refused { job, code: ErrorCode::Unavailable, message });
    assert_eq!(model.composer.text(), "precious");
}

#[test]
fn control_c_clears_first_and_quits_then() {
    let mut model = busy_alice(WIDE);
    type_text(&mut model, "half");
    let control_c = |model: &mut Model| press(model, KeyCode::Char('c'), KeyModifiers::CONTROL);
    assert!(!control_c(&mut model).iter().any(|effect| matches!(effect, Effect::Quit)));
    assert!(model.composer.is_empty());
    assert!(matches!(control_c(&mut model)[..], [Effect::Quit]));
    assert!(matches!(type_text(&mut model, "/quit\n")[..], [Effect::Quit]));
}

#[test]
fn a_narrow_screen_shows_one_thing_and_sends_only_what_is_seen() {
    let mut model = busy_alice((40, 10));
    press(&mut model, KeyCode::Esc, KeyModifiers::NONE);
    assert_eq!(model.pane, Pane::List);
    type_text(&mut model, "hm");
    assert_eq!(sent(&type_text(&mut model, "\n")), vec![]);
    assert_eq!(model.pane, Pane::Chat);
    assert_eq!(sent(&type_text(&mut model, "\n")).len(), 1);
}

#[test]
fn the_end_of_the_connection_is_the_end() {
    let mut model = busy_alice(WIDE);
    let ended = chat_client::Ended::LoggedOut;
    let effects = hear(&mut model, Event::Connection(Connection::Ended(ended.clone())));
    assert!(matches!(&effects[..], [Effect::Over(over)] if *over == ended));
}

#[test]
fn a_new_password_is_typed_twice() {
    let mut model = busy_alice(WIDE);
    type_text(&mut model, "/passwd\n");
    type_text(&mut model, "oldoldold\nnewnewnew\nnewnewwen\n");
    assert!(matches!(model.overlay, Some(Overlay::Password(_))));
    assert!(matches!(model.notice, Some(Notice::Error(_))));
    let effects = type_text(&mut model, "newnewnew\nnewnewnew\n");
    assert!(
        matches!(&effects[..], [Effect::Ask(Command::ChangePassword { new, .. })] if new.expose() == "newnewnew")
    );
    assert!(model.overlay.is_none());
}

#[test]
fn the_first_conversation_of_all_is_shown_when_it_arrives() {
    let mut model = alice(Surface::Screen, (40, 10));
    hear(&mut model, Event::Synced);
    let effects = hear(&mut model, Event::Summary(summary(1, "bob", 1, 1)));
    assert!(matches!(effects[..], [Effect::Ask(Command::Load(_))]));
    hear(&mut model, Event::Summary(summary(2, "carol", 2, 1)));
    assert_eq!(model.chats.selected_id(), Some(conversation(1)));
}

#[test]
fn what_could_not_be_done_offline_is_no_news_once_the_connection_is_back() {
    let mut model = busy_alice(WIDE);
    let waiting = Connection::Waiting { retry_in: std::time::Duration::ZERO, reason: "gone".to_owned() };
    update(&mut model, Msg::Heard(Event::Connection(waiting)));
    assert!(!model.knows_presence());
    model.notice = Some(Notice::Error("not connected".to_owned()));
    update(&mut model, Msg::Heard(Event::Connection(Connection::Live)));
    assert!(model.notice.is_none() && model.knows_presence());
}

#[test]
fn a_notice_gives_way_to_what_happens() {
    let waiting = || Connection::Waiting { retry_in: std::time::Duration::ZERO, reason: "gone".to_owned() };
    let happens = [
        (Connection::Live, Event::Connection(waiting()), true),
        (waiting(), Event::Connection(Connection::CatchingUp), true),
        (waiting(), Event::Connection(Connection::Connecting), false),
        (Connection::Connecting, Event::Connection(waiting()), false),
        (Connection::CatchingUp, Event::Connection(Connection::Live), false),
        // Carol has said something; she has been read elsewhere; bob is on the screen.
        (Connection::Live, Event::Summary(summary(2, "carol", 3, 2)), true),
        (Connection::Live, Event::Summary(summary(2, "carol", 2, 0)), false),
        (Connection::Live, Event::Summary(summary(1, "bob", 5, 3)), false),
    ];
    for (before, event, gives_way) in happens {
        let mut model = busy_alice(WIDE);
        model.connection = before;
        model.notice = Some(Notice::Info("saved as ~/a".to_owned()));
        hear(&mut model, event.clone());
        assert_eq!(model.notice.is_none(), gives_way, "{event:?}");
    }
}

#[test]
fn what_is_said_before_a_conversation_is_open_is_all_said_in_order() {
    let mut model = busy_alice(WIDE);
    let asked = type_text(&mut model, "/msg dan one\n/msg erin hi\n/msg dan two\n/msg dan three\n");
    let opens = asked.iter().filter(|effect| matches!(effect, Effect::Ask(Command::Open(_)))).count();
    assert_eq!((opens, sent(&asked).len()), (2, 0));
    let effects = hear(&mut model, Event::Opened(summary(7, "dan", 0, 0)));
    let expected = ["one", "two", "three"].map(|text| (7, text.to_owned()));
    assert_eq!(sent(&effects), expected);
    let effects = hear(&mut model, Event::Opened(summary(9, "erin", 0, 0)));
    assert_eq!(sent(&effects), [(9, "hi".to_owned())]);
}

/// The last thing one did before leaving may not have counted as read, and one's own words are never new.
#[test]
fn what_is_new_is_marked_also_behind_ones_own_words() {
    let mut model = alice(Surface::Screen, WIDE);
    hear(&mut model, Event::Summary(Summary { unread: 1, read: seq(1), ..summary(1, "bob", 4, 0) }));
    hear(&mut model, Event::Synced);
    let from = [(1, "bob"), (2, "alice"), (3, "alice"), (4, "bob"), (5, "bob")];
    let entries = from.map(|(at, from)| entry(1, at, from, &format!("text {at}"))).to_vec();
    hear(&mut model, Event::Newest { conversation: conversation(1), entries, at_start: true });
    let rows = visible(&model, 20);
    let marks: Vec<_> =
        rows.iter().enumerate().filter(|(_, row)| **row == Row::New).map(|(at, _)| at).collect();
    let fourth =
        rows.iter().position(|row| matches!(row, Row::Text { runs, .. } if runs[0].text == "text 4"));
    assert_eq!(marks, [fourth.unwrap() - 2], "{rows:?}");
}
