//! Logs that end further back than was known: the server came back from an older backup.

use super::*;

/// What a listener asked for, and the entries that it holds then.
fn listens(bench: &mut Bench, command: &Command, numbers: std::ops::RangeInclusive<u64>) {
    let head = *numbers.end();
    bench.command(command.clone());
    let id = bench.asked(|call| matches!(call, Call::History(_)));
    bench.page(id, numbers, head);
}

fn load() -> Command {
    Command::Load(CHAT)
}

fn follow(after: u64) -> Command {
    Command::Follow { conversation: CHAT, after: seq(after) }
}

fn history(call: &Call) -> bool {
    matches!(call, Call::History(_))
}

fn asks_for_pages(bench: &Bench) -> bool {
    bench.requests.iter().any(|request| history(&request.call))
}

fn last_summary(bench: &Bench) -> &Summary {
    let told = bench.events.iter().rev().find_map(|event| match event {
        Event::Summary(summary) => Some(summary),
        _ => None,
    });
    told.expect("a summary was told")
}

#[test]
fn nothing_is_asked_for_that_an_older_backup_does_not_have() {
    for (known, head) in [(9, 5_u64), (9000, 5000), (9, 0)] {
        let mut bench = Bench::live(known);
        bench.session.handle_disconnected();
        bench.reconnect(head);
        listens(&mut bench, &load(), head.saturating_sub(2).max(1)..=head);
        assert!(!asks_for_pages(&bench), "{known} were known, {head} are there");
        bench.told();
        bench.frame(Frame::Entry(entry(head + 1, "bob", "new")));
        assert_eq!(bench.told(), [head + 1]);
    }
}

#[test]
fn a_page_tells_where_the_log_ends_when_nothing_came_meanwhile() {
    for (known, head) in [(9, 5_u64), (9000, 5000), (9, 0)] {
        let mut bench = Bench::live(known);
        listens(&mut bench, &load(), head.saturating_sub(2).max(1)..=head);
        assert!(!asks_for_pages(&bench), "{known} were known, {head} are there");
        let id = bench.asked(|call| matches!(call, Call::Open(_)));
        bench.frame(Frame::Opened { id, summary: Summary { unread: 3, ..summary(head) } });
        assert_eq!((last_summary(&bench).head, last_summary(&bench).unread), (seq(head), 3));
        bench.told();
        bench.frame(Frame::Entry(entry(head + 1, "bob", "new")));
        assert_eq!(bench.told(), [head + 1]);
    }
}

#[test]
fn an_empty_page_ends_a_gap_that_cannot_be_closed() {
    for (command, is_anew) in [(load(), true), (follow(0), false)] {
        let mut bench = Bench::live(4);
        listens(&mut bench, &command, 1..=4);
        bench.frame(Frame::Entry(entry(9, "bob", "b9")));
        let id = bench.gap_asked_after(4);
        bench.told();
        bench.page(id, 1..1, 3);
        if is_anew {
            let id = bench.asked(|call| matches!(call, Call::History(page) if page.after.is_none()));
            bench.page(id, 1..=3, 3);
            assert_eq!(bench.told(), [1, 2, 3], "what is shown is read anew");
        }
        assert!(!asks_for_pages(&bench));
        bench.frame(Frame::Entry(entry(4, "bob", "new")));
        assert_eq!(bench.told(), [4], "it goes on where the log ends");
    }
}

#[test]
fn what_came_while_a_page_was_asked_for_is_fetched() {
    let mut bench = Bench::live(4);
    listens(&mut bench, &load(), 1..=4);
    bench.frame(Frame::Entry(entry(6, "bob", "b6")));
    let id = bench.gap_asked_after(4);
    bench.frame(Frame::Entry(entry(7, "bob", "b7")));
    bench.page(id, 5..=6, 6);
    let id = bench.gap_asked_after(6);
    bench.page(id, 7..=7, 7);
    assert_eq!(bench.told(), [1, 2, 3, 4, 5, 6, 7]);
    assert!(!asks_for_pages(&bench));
}

#[test]
fn who_listens_while_an_older_backup_comes_back_hears_what_is_said_from_then_on() {
    for (command, is_anew) in [(load(), true), (follow(0), false)] {
        let mut bench = Bench::live(9);
        listens(&mut bench, &command, 1..=9);
        bench.command(Command::Read { conversation: CHAT, seq: seq(9) });
        bench.session.handle_disconnected();
        bench.requests.clear();
        bench.reconnect(5);
        assert_eq!(last_summary(&bench), &summary(5), "the server says what is");
        let reads_ahead = |request: &Request| matches!(&request.call, Call::Read(read) if read.seq > seq(5));
        assert!(!bench.requests.iter().any(reads_ahead), "what comes next is not read yet");
        bench.told();
        if is_anew {
            let id = bench.asked(|call| matches!(call, Call::History(page) if page.after.is_none()));
            bench.page(id, 1..=5, 5);
            assert_eq!(bench.told(), [1, 2, 3, 4, 5]);
        }
        for number in 6..=7 {
            bench.frame(Frame::Entry(entry(number, "bob", &format!("new{number}"))));
        }
        assert_eq!(bench.told(), [6, 7]);
        assert!(!asks_for_pages(&bench));
    }
}

#[test]
fn a_list_from_before_a_push_takes_nothing_back() {
    let mut bench = Bench::live(9);
    listens(&mut bench, &load(), 1..=9);
    bench.session.handle_disconnected();
    bench.connect();
    let id = bench.asked(|call| matches!(call, Call::List(_)));
    bench.told();
    bench.frame(Frame::Entry(entry(10, "bob", "b10")));
    bench.frame(Frame::Conversations { id, conversations: vec![summary(9)], next: None });
    assert_eq!(last_summary(&bench).head, seq(10));
    assert_eq!(bench.told(), [10]);
    assert!(!asks_for_pages(&bench));
}

#[test]
fn a_page_that_the_user_asked_for_tells_it_too() {
    let older = Command::Older { conversation: CHAT, before: seq(9), limit: 50 };
    let later = Command::Page { conversation: CHAT, after: seq(7), limit: 50 };
    for (asked, numbers) in [(older, 1..4), (later, 1..1)] {
        let mut bench = Bench::live(9);
        listens(&mut bench, &load(), 9..=9);
        bench.command(asked);
        let id = bench.asked(history);
        bench.page(id, numbers, 3);
        bench.told();
        let id = bench.asked(|call| matches!(call, Call::History(page) if page.after.is_none()));
        bench.page(id, 1..=3, 3);
        assert_eq!(bench.told(), [1, 2, 3], "what is shown is read anew");
        assert!(!asks_for_pages(&bench));
    }
}
