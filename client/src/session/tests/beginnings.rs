//! Logs that begin further on while somebody listens.

use super::*;

fn begins(number: u64) -> Frame {
    Frame::Begins { conversation: CHAT, first: seq(number) }
}

fn page(id: RequestId, numbers: std::ops::RangeInclusive<u64>, first: u64, head: u64) -> Frame {
    let entries = numbers.map(|number| entry(number, "bob", &format!("b{number}"))).collect();
    Frame::Page(Page { id, conversation: CHAT, entries, first: seq(first), head: seq(head) })
}

fn told(bench: &mut Bench) -> Vec<Event> {
    std::mem::take(&mut bench.events)
}

fn older(bench: &mut Bench, before: u64) -> RequestId {
    bench.command(Command::Older { conversation: CHAT, before: seq(before), limit: 50 });
    bench.asked(|call| matches!(call, Call::History(_)))
}

#[test]
fn what_is_gone_is_told_once_and_no_page_brings_it_back() {
    let mut bench = Bench::live(9);
    let id = older(&mut bench, 8);
    told(&mut bench);
    bench.frame(begins(6));
    let events = told(&mut bench);
    assert_eq!(events[0], Event::Begins { conversation: CHAT, first: seq(6) });
    assert!(
        matches!(&events[1], Event::Summary(summary) if summary.first == seq(6) && summary.last.is_some())
    );
    bench.frame(begins(6));
    bench.frame(begins(3));
    bench.frame(Frame::Begins { conversation: ConversationId::from_bits(77), first: seq(2) });
    assert_eq!(told(&mut bench), [], "it only moves on, and what is not known has nothing to lose");
    bench.frame(page(id, 3..=7, 1, 9));
    let kept = (6..=7).map(|number| entry(number, "bob", &format!("b{number}"))).collect();
    assert_eq!(told(&mut bench), [Event::Older { conversation: CHAT, entries: kept, at_start: true }]);
}

#[test]
fn the_last_entry_goes_as_well_and_the_log_goes_on() {
    let mut bench = Bench::live(9);
    bench.command(Command::Follow { conversation: CHAT, after: seq(9) });
    told(&mut bench);
    bench.frame(begins(10));
    let is_empty = |event: &Event| matches!(event, Event::Summary(summary) if summary.last.is_none());
    assert!(told(&mut bench).iter().any(is_empty));
    bench.frame(Frame::Entry(entry(10, "bob", "b10")));
    let newer = Event::Newer { conversation: CHAT, entries: vec![entry(10, "bob", "b10")] };
    assert!(told(&mut bench).contains(&newer));
}

#[test]
fn what_went_while_the_client_was_away_is_found_with_the_list() {
    let mut bench = Bench::live(9);
    bench.command(Command::Follow { conversation: CHAT, after: seq(2) });
    let _ = bench.asked(|call| matches!(call, Call::History(_)));
    bench.session.handle_disconnected();
    bench.drain();
    bench.connect();
    told(&mut bench);
    let id = bench.asked(|call| matches!(call, Call::List(_)));
    let summary = Summary { first: seq(8), ..summary(9) };
    bench.frame(Frame::Conversations { id, conversations: vec![summary], next: None });
    assert_eq!(told(&mut bench)[0], Event::Begins { conversation: CHAT, first: seq(8) });
    let id = bench.asked(|call| matches!(call, Call::History(_)));
    bench.frame(page(id, 8..=9, 8, 9));
    let entries = [8, 9].map(|number| entry(number, "bob", &format!("b{number}"))).to_vec();
    let newer = Event::Newer { conversation: CHAT, entries };
    assert!(told(&mut bench).contains(&newer), "it goes on where the log begins");
}

#[test]
fn how_many_are_unread_is_asked_anew() {
    let mut bench = Bench::live(9);
    bench.frame(Frame::Entry(entry(10, "bob", "b10")));
    bench.requests.clear();
    bench.frame(begins(6));
    bench.asked(|call| matches!(call, Call::Open(_)));
}
