//! A log told in pieces: what is shown of it in the end.

use super::stretch::is_line;
use super::*;
use crate::app::fixture::*;
use proptest::prelude::*;
use proptest::sample::Index;
use std::ops::Range;

fn text(timeline: &Timeline, number: u64) -> &str {
    &timeline.message(seq(number)).unwrap().1.text
}

#[test]
fn changes_are_no_lines_and_their_numbers_count_all_the_same() {
    let mut timeline = Timeline::default();
    let page =
        vec![edit(3, "bob", 1, "one"), entry(1, 4, "bob", "four"), reaction(5, "alice", 4, "👍", false)];
    timeline.replace(page, false);
    assert_eq!(timeline.entries().len(), 1);
    assert_eq!(timeline.begin_older(), Some(seq(3)), "what is older stands before all that was loaded");
    assert_eq!(timeline.begin_older(), None, "it is on its way");
    assert_eq!(timeline.append(vec![edit(6, "bob", 4, "for"), entry(1, 7, "bob", "seven")]), 1);
    assert_eq!(text(&timeline, 4), "for");
    timeline.take_older(vec![edit(2, "bob", 1, "on")], false);
    assert_eq!(timeline.begin_older(), Some(seq(2)));
    timeline.take_older(vec![entry(1, 1, "bob", "one")], true);
    assert_eq!((timeline.entries().len(), timeline.begin_older()), (3, None));
}

#[test]
fn a_quote_follows_its_origin_whether_that_is_loaded_or_not() {
    let mut timeline = Timeline::default();
    let shown = |timeline: &Timeline, number| {
        let quote = timeline.message(seq(number)).unwrap().1.reply_to.clone().unwrap();
        timeline.current(&quote).text
    };
    timeline.replace(vec![reply(3, "bob", 1, "alice", "old", "yes")], false);
    timeline.append(vec![edit(4, "alice", 1, "newer")]);
    assert_eq!(shown(&timeline, 3), "newer");
    timeline.begin_older();
    timeline.take_older(vec![entry(1, 2, "alice", "x")], false);
    timeline.begin_older();
    timeline.take_older(vec![entry(1, 1, "alice", "newer")], true);
    // Queued before the change, acknowledged after it.
    timeline.append(vec![reply(5, "bob", 1, "alice", "old", "and yes")]);
    assert_eq!(shown(&timeline, 5), "newer");
    timeline.append(vec![deletion(6, "alice", 1)]);
    let quote = timeline.message(seq(5)).unwrap().1.reply_to.clone().unwrap();
    assert!(quote.deleted && timeline.current(&quote).deleted);
}

/// A part of the log as a server tells it: each message as it is at `head`.
fn page(log: &[Entry], part: Range<usize>, head: usize) -> Vec<Entry> {
    let mut folded = log[..head].to_vec();
    for change in &log[..head] {
        for entry in &mut folded {
            let Body::Message(message) = &mut entry.body else { continue };
            if change.body.target() == Some(entry.seq) {
                message.apply(change.seq, change.at, &change.from, &change.body);
            }
            if let Some(quote) = &mut message.reply_to {
                quote.apply(&change.body);
            }
        }
    }
    folded[part].to_vec()
}

/// What the log says next, by random numbers: a message, an answer, or a change of some earlier message.
fn next_entry(log: &[Entry], kind: u8, pick: usize) -> Entry {
    let at = log.len() as u64 + 1;
    let messages: Vec<_> = log.iter().filter(|entry| is_line(entry)).map(|entry| entry.seq.get()).collect();
    let Some(&target) = messages.get(pick % messages.len().max(1)) else {
        return entry(1, at, "bob", "first");
    };
    match kind {
        0..3 => entry(1, at, "bob", &format!("text {at}")),
        3 => {
            let origin = &page(log, target as usize - 1..target as usize, log.len())[0];
            let mut quote = Quote::of(origin.seq, origin.from.clone(), message_of(origin).unwrap());
            quote.deleted = message_of(origin).unwrap().deleted_at.is_some();
            let body = Body::Message(Message { reply_to: Some(Box::new(quote)), ..Message::of("answer") });
            Entry { body, ..entry(1, at, "alice", "") }
        }
        4..6 => edit(at, "bob", target, &format!("edit {at}")),
        6 => deletion(at, "bob", target),
        _ => reaction(at, ["alice", "bob"][pick % 2], target, ["👍", "🎉"][pick / 2 % 2], kind == 9),
    }
}

/// The messages as they are shown.
fn shown(timeline: &Timeline) -> Vec<(Seq, Message)> {
    let messages =
        timeline.entries().iter().filter_map(|entry| Some((entry.seq, message_of(entry)?.clone())));
    let current = |(seq, message): (Seq, Message)| {
        let reply_to = message.reply_to.as_ref().map(|quote| Box::new(timeline.current(quote)));
        (seq, Message { reply_to, ..message })
    };
    messages.map(current).collect()
}

proptest! {
    #[test]
    fn in_whatever_pieces_a_log_comes_it_says_the_same_in_the_end(
        choices in prop::collection::vec((0_u8..10, any::<usize>()), 1..60),
        newest in any::<Index>(),
        steps in prop::collection::vec((0_u8..6, any::<Index>(), any::<Index>()), 0..30),
    ) {
        let mut log: Vec<Entry> = Vec::new();
        for (kind, pick) in choices {
            let next = next_entry(&log, kind, pick);
            log.push(next);
        }
        let mut heard = newest.index(log.len()) + 1;
        let first = heard - 1;
        let mut timeline = Timeline::default();
        timeline.replace(page(&log, first..heard, heard), first == 0);
        for (kind, one, other) in steps {
            let later = heard + one.index(log.len() - heard + 1);
            match kind {
                // Pushes.
                0 => {
                    timeline.append(log[heard..later].to_vec());
                    heard = later;
                }
                // A page of what was missed, which may know more than it holds.
                1 => {
                    let end = heard + other.index(later - heard + 1);
                    timeline.append(page(&log, heard..end, later));
                    heard = end;
                }
                // An older page, which may know more than has been told.
                2 => if let Some(before) = timeline.begin_older() {
                    let end = before.get() as usize - 1;
                    let from = other.index(end);
                    timeline.take_older(page(&log, from..end, later), from == 0);
                },
                3 => if let Some(after) = timeline.begin_later() {
                    let from = after.get() as usize;
                    let end = (from + 1 + other.index(9)).min(later);
                    timeline.take_later(page(&log, from..end, later));
                },
                4 => timeline.show_newest(),
                // A message is gone to; its page may be too long to begin with it.
                _ => {
                    let sought = seq(other.index(heard) as u64 + 1);
                    timeline.begin_seek(sought);
                    let mut seek = timeline.seek();
                    while let Seek::Ask(before) = seek {
                        let end = (before.get() as usize - 1).min(later);
                        let from = end.saturating_sub(1 + one.index(9));
                        timeline.take_older(page(&log, from..end, later), from == 0);
                        seek = timeline.seek();
                    }
                    let is_message = is_line(&log[sought.get() as usize - 1]);
                    let found = if is_message { Seek::Found(sought) } else { Seek::Gone(sought) };
                    prop_assert_eq!(seek, found);
                }
            }
        }
        timeline.append(log[heard..].to_vec());
        let in_log = |stretch: &Stretch| {
            let (first, last) = (stretch.first().unwrap().get() as usize, stretch.last().unwrap().get() as usize);
            let mut whole = Timeline::default();
            whole.replace(page(&log, first - 1..last, log.len()), first == 1);
            whole
        };
        prop_assert_eq!(shown(&timeline), shown(&in_log(&timeline.shown)));
        timeline.show_newest();
        prop_assert_eq!(timeline.shown.last().unwrap().get() as usize, log.len());
        prop_assert_eq!(shown(&timeline), shown(&in_log(&timeline.shown)));
    }
}
