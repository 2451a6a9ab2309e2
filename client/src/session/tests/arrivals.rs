//! What has reached this client: when others are told, and when they know it anyway.

use super::*;
use chat_protocol::{Marks, MemberMarks, Receipt};

const GRACE: Duration = Duration::from_millis(200);
const REPEAT: Duration = Duration::from_secs(1);

fn unread(head: u64, unread: u32) -> Summary {
    Summary { unread, ..summary(head) }
}

fn lists(bench: &mut Bench, summary: Summary) {
    bench.connect();
    let id = bench.asked(|call| matches!(call, Call::List(_)));
    bench.frame(Frame::Conversations { id, conversations: vec![summary], next: None });
}

fn pushes(bench: &mut Bench, number: u64, from: &str) {
    bench.frame(Frame::Entry(entry(number, from, &format!("{from}{number}"))));
}

/// What others were told since this was last asked.
fn delivered(bench: &mut Bench) -> Vec<u64> {
    let told = |request: Request| match request.call {
        Call::Delivered(delivered) if delivered.conversation == CHAT => Some(delivered.seq.get()),
        _ => None,
    };
    bench.requests.drain(..).filter_map(told).collect()
}

#[test]
fn what_comes_is_told_once_in_a_while_and_only_the_last_of_it() {
    let mut bench = Bench::live(1);
    for number in 2..=9 {
        pushes(&mut bench, number, "bob");
    }
    assert_eq!(delivered(&mut bench), [0; 0]);
    assert_eq!(bench.session.deadline(), Some(bench.now + GRACE));
    bench.passes(GRACE);
    assert_eq!(delivered(&mut bench), [9]);
    assert_eq!(bench.session.deadline(), None, "there is nothing more to tell");
    pushes(&mut bench, 10, "bob");
    assert_eq!(bench.session.deadline(), Some(bench.now + REPEAT));
    pushes(&mut bench, 11, "bob");
    bench.passes(REPEAT);
    assert_eq!(delivered(&mut bench), [11]);
    pushes(&mut bench, 11, "bob");
    bench.passes(REPEAT);
    assert_eq!(delivered(&mut bench), [0; 0], "it was told");
}

#[test]
fn what_is_read_at_once_needs_no_other_word() {
    let mut bench = Bench::live(1);
    pushes(&mut bench, 2, "bob");
    bench.command(Command::Read { conversation: CHAT, seq: seq(2) });
    bench.passes(GRACE);
    assert_eq!(delivered(&mut bench), [0; 0]);
    pushes(&mut bench, 3, "bob");
    let user = "ann".parse().unwrap();
    bench.frame(Frame::Receipt(Receipt { conversation: CHAT, user, read: seq(3), unread: 0, mentions: 0 }));
    bench.passes(REPEAT);
    assert_eq!(delivered(&mut bench), [0; 0], "another device has read it");
}

#[test]
fn ones_own_messages_changes_and_notes_are_no_news_to_others() {
    let mut bench = Bench::live(1);
    pushes(&mut bench, 2, "ann");
    let body = Body::Deletion { target: seq(1) };
    bench.frame(Frame::Entry(Entry { body, ..entry(3, "bob", "b3") }));
    assert_eq!(bench.session.deadline(), None);
    let mut bench = Bench::new();
    let peer = Peer { user: "ann".parse().unwrap(), online: true, last_seen: None };
    let notes = Summary { kind: Kind::Direct { peer, peer_marks: None }, ..unread(4, 4) };
    lists(&mut bench, notes);
    assert_eq!(bench.session.deadline(), None);
}

#[test]
fn what_is_unread_after_a_reconnect_is_told_again() {
    let mut bench = Bench::new();
    for _ in 0..2 {
        lists(&mut bench, unread(5, 2));
        bench.passes(GRACE);
        assert_eq!(delivered(&mut bench), [5]);
        pushes(&mut bench, 5, "bob");
        bench.session.handle_disconnected();
        assert_eq!(bench.session.deadline(), None);
    }
    lists(&mut bench, unread(5, 0));
    assert_eq!(bench.session.deadline(), None, "all is read");
}

#[test]
fn a_page_may_bring_what_no_push_did() {
    let mut bench = Bench::live(2);
    bench.command(Command::Follow { conversation: CHAT, after: seq(1) });
    let id = bench.gap_asked_after(1);
    bench.page(id, 2..=4, 4);
    bench.passes(GRACE);
    assert_eq!(delivered(&mut bench), [4]);
}

#[test]
fn many_conversations_are_told_of_by_and_by() {
    let mut bench = Bench::new();
    bench.connect();
    let id = bench.asked(|call| matches!(call, Call::List(_)));
    let many =
        (1..=250).map(|number| Summary { conversation: ConversationId::from_bits(number), ..unread(5, 2) });
    bench.frame(Frame::Conversations { id, conversations: many.collect(), next: None });
    for told in [100, 100, 50] {
        bench.passes(GRACE);
        assert_eq!(bench.requests.drain(..).count(), told);
    }
    assert_eq!(bench.session.deadline(), None);
}

fn marks(delivered: u64, read: Option<u64>) -> Marks {
    Marks { delivered: seq(delivered), read: read.map(seq) }
}

#[test]
fn how_far_others_are_is_told_and_only_grows() {
    let moved = |user: &str, marks| {
        Frame::Marks(MemberMarks { conversation: CHAT, user: user.parse().unwrap(), marks })
    };
    let told = |bench: &mut Bench| {
        let last = bench.events.drain(..).rev().find_map(|event| match event {
            Event::Summary(Summary { kind: Kind::Direct { peer_marks, .. }, .. }) => Some(peer_marks),
            _ => None,
        });
        last.flatten()
    };
    let of_bob = |head, peer_marks| {
        let peer = Peer { user: "bob".parse().unwrap(), online: false, last_seen: None };
        Summary { kind: Kind::Direct { peer, peer_marks: Some(peer_marks) }, ..summary(head) }
    };
    let mut bench = Bench::new();
    lists(&mut bench, of_bob(9, marks(3, Some(2))));
    assert_eq!(told(&mut bench), Some(marks(3, Some(2))));
    bench.frame(moved("bob", marks(5, Some(4))));
    assert_eq!(told(&mut bench), Some(marks(5, Some(4))));
    bench.frame(moved("eve", marks(9, Some(9))));
    assert_eq!(told(&mut bench), None, "it is not her conversation");
    bench.command(Command::Open(Target::Conversation(CHAT)));
    let id = bench.asked(|call| matches!(call, Call::Open(_)));
    bench.frame(Frame::Opened { id, summary: of_bob(9, marks(4, Some(4))) });
    assert_eq!(told(&mut bench), Some(marks(5, Some(4))), "it was read before the push");
    bench.frame(moved("bob", marks(6, None)));
    assert_eq!(told(&mut bench), Some(marks(6, None)), "bob does not tell any more");
}

#[test]
fn a_silent_session_tells_nobody_what_has_come() {
    let mut bench = Bench::new();
    bench.session = Session::silent();
    lists(&mut bench, unread(9, 3));
    pushes(&mut bench, 10, "bob");
    bench.command(Command::Page { conversation: CHAT, after: Seq::ZERO, limit: 2 });
    let id = bench.gap_asked_after(0);
    bench.page(id, 1..=2, 10);
    assert_eq!(bench.session.deadline(), None);
    bench.passes(REPEAT);
    assert_eq!(delivered(&mut bench), [0; 0]);
}
