//! Groups: what the user does with them, how they learn that they are out of one, and the order of what they send there.

use super::*;
use crate::event::GroupCommand;
use chat_protocol::{
    ChangeGroup, CreateGroup, Group, GroupChange, GroupName, Join, Leave, Marks, MemberChange, MemberMarks,
    Past, Role,
};

const OPS: ConversationId = ConversationId::from_bits(7);

fn ops() -> GroupName {
    "ops".parse().unwrap()
}

fn group(head: u64, members: u32) -> Summary {
    let (public, past, role) = (true, Past::All, Role::Member);
    let kind = Kind::Group(Group {
        name: ops(),
        topic: String::new(),
        public,
        past,
        members,
        role,
        retention_days: None,
    });
    Summary { conversation: OPS, kind, last: None, ..summary(head) }
}

fn said(number: u64, from: &str, body: Body) -> Entry {
    Entry { conversation: OPS, body, ..entry(number, from, &format!("{from}{number}")) }
}

/// Logged in, with the group in the list, whose log ends at `head`.
fn live(head: u64) -> Bench {
    let mut bench = Bench::new();
    bench.connect();
    lists(&mut bench, vec![group(head, 3)], None);
    bench.events.clear();
    bench
}

fn lists(bench: &mut Bench, conversations: Vec<Summary>, next: Option<&str>) {
    let id = bench.asked(|call| matches!(call, Call::List(_)));
    bench.frame(Frame::Conversations { id, conversations, next: next.map(str::to_owned) });
}

fn summary_asked(bench: &mut Bench) -> RequestId {
    let asked = |call: &Call| matches!(call, Call::Open(open) if open.target == Target::Conversation(OPS));
    bench.asked(asked)
}

fn nobody_asks_for_it(bench: &Bench) -> bool {
    !bench.requests.iter().any(|request| matches!(request.call, Call::Open(_)))
}

fn refuses(bench: &mut Bench, id: RequestId, code: ErrorCode) {
    bench.frame(Frame::Error(Failure { id: Some(id), code, message: String::new(), retry_after_ms: None }));
}

fn is_left(bench: &mut Bench) -> bool {
    bench.events.drain(..).any(|event| event == Event::Left(OPS))
}

fn leave() -> Command {
    Command::Group(GroupCommand::Leave(Leave { conversation: OPS, client_id: "bye".parse().unwrap() }))
}

#[test]
fn whoever_is_put_out_is_told_once_and_hears_no_more() {
    let mut bench = live(2);
    bench.command(Command::Follow { conversation: OPS, after: seq(2) });
    bench.frame(Frame::Left { conversation: OPS });
    assert!(is_left(&mut bench));
    bench.frame(Frame::Left { conversation: OPS });
    bench.command(Command::Follow { conversation: OPS, after: seq(2) });
    bench.command(Command::Read { conversation: OPS, seq: seq(2) });
    assert_eq!((bench.events.len(), bench.requests.len()), (0, 0));
}

#[test]
fn whoever_comes_back_hears_again() {
    let mut bench = live(2);
    bench.frame(Frame::Left { conversation: OPS });
    let users = vec!["ann".parse().unwrap()];
    bench.frame(Frame::Entry(said(5, "bob", Body::Members { change: MemberChange::Added, users })));
    let id = summary_asked(&mut bench);
    bench.frame(Frame::Opened { id, summary: group(5, 3) });
    assert!(bench.events.contains(&Event::Summary(group(5, 3))));
    bench.command(Command::Follow { conversation: OPS, after: seq(4) });
    bench.gap_asked_after(4);
}

/// It was read while the user was a member, and came after they were told that they are none.
#[test]
fn a_summary_from_before_does_not_bring_a_group_back() {
    let mut bench = live(2);
    bench.frame(Frame::Entry(said(3, "bob", Body::Group(GroupChange::default()))));
    let id = summary_asked(&mut bench);
    bench.frame(Frame::Left { conversation: OPS });
    bench.events.clear();
    bench.frame(Frame::Opened { id, summary: group(3, 3) });
    assert!(bench.events.is_empty(), "{:?}", bench.events);
    let id = summary_asked(&mut bench);
    refuses(&mut bench, id, ErrorCode::UnknownConversation);
    assert!(bench.events.is_empty() && nobody_asks_for_it(&bench), "{:?}", bench.events);
}

#[test]
fn nor_does_the_answer_which_group_a_message_is_for() {
    let mut bench = Bench::live(2);
    bench.sends_to(Target::Group(ops()), "1", Content::text("x"));
    let id = bench.asked(|call| matches!(call, Call::Open(_)));
    bench.frame(Frame::Left { conversation: OPS });
    bench.frame(Frame::Opened { id, summary: group(3, 3) });
    assert!(!bench.session.conversations.contains_key(&OPS));
}

/// What they said is gone by no entry.
#[test]
fn a_log_begins_anew_after_a_member_has_gone_while_the_client_was_away() {
    let mut bench = live(2);
    bench.command(Command::Load(OPS));
    let newest = |call: &Call| matches!(call, Call::History(page) if page.after.is_none());
    let page = |id, entries, head| {
        Frame::Page(Page { id, conversation: OPS, entries, first: seq(1), head: seq(head) })
    };
    let id = bench.asked(newest);
    let says = |number| said(number, "bob", Body::Message(Message::of("hi")));
    bench.frame(page(id, vec![says(1), says(2)], 2));
    bench.session.handle_disconnected();
    bench.connect();
    lists(&mut bench, vec![group(3, 2)], None);
    let users = vec!["deleted-1".parse().unwrap()];
    let left = said(3, "deleted-1", Body::Members { change: MemberChange::Left, users });
    let id = bench.gap_asked_after(2);
    bench.frame(page(id, vec![left], 3));
    bench.asked(newest);
}

#[test]
fn a_group_that_is_not_listed_any_more_was_left_while_there_was_no_connection() {
    let mut bench = live(2);
    bench.session.handle_disconnected();
    bench.reconnect(4);
    assert!(!is_left(&mut bench), "it may have moved to a page that was read already");
    let id = summary_asked(&mut bench);
    refuses(&mut bench, id, ErrorCode::UnknownConversation);
    assert!(is_left(&mut bench));
    assert!(!bench.session.conversations.contains_key(&OPS));
    assert!(bench.session.conversations.contains_key(&CHAT));
}

#[test]
fn a_group_that_moves_while_the_list_is_read_is_kept() {
    let mut bench = live(2);
    bench.session.handle_disconnected();
    bench.connect();
    lists(&mut bench, vec![summary(4)], Some("next"));
    bench.frame(Frame::Entry(said(3, "bob", Body::Message(Message::of("hi")))));
    lists(&mut bench, Vec::new(), None);
    let id = summary_asked(&mut bench);
    bench.frame(Frame::Opened { id, summary: group(3, 3) });
    assert!(!is_left(&mut bench));
    assert_eq!(bench.session.conversations[&OPS].summary.head, seq(3));
}

#[test]
fn what_happens_to_a_group_is_asked_for_and_what_is_said_in_it_is_not() {
    let mut bench = live(2);
    bench.frame(Frame::Entry(said(3, "bob", Body::Message(Message::of("hi")))));
    assert!(nobody_asks_for_it(&bench));
    let users = vec!["eve".parse().unwrap()];
    bench.frame(Frame::Entry(said(4, "bob", Body::Members { change: MemberChange::Added, users })));
    let id = summary_asked(&mut bench);
    bench.frame(Frame::Opened { id, summary: Summary { unread: 1, ..group(4, 4) } });
    let Some(Event::Summary(told)) = bench.events.pop() else { panic!("{:?}", bench.events) };
    let Kind::Group(about) = told.kind else { panic!("a group stays one") };
    assert_eq!((about.members, told.unread, told.head), (4, 1, seq(4)));
}

#[test]
fn what_was_done_with_a_group_is_told_and_fetched() {
    let mut bench = live(2);
    bench.command(Command::Follow { conversation: OPS, after: seq(2) });
    let client_id: ClientId = "topic".parse().unwrap();
    let (name, topic, past) = (None, Some("what runs".to_owned()), None);
    let change = ChangeGroup {
        conversation: OPS,
        client_id: client_id.clone(),
        name,
        topic,
        past,
        retention_days: None,
    };
    bench.command(Command::Group(GroupCommand::Change(change)));
    let id = bench.asked(|call| matches!(call, Call::ChangeGroup(_)));
    bench.events.clear();
    let (conversation, number, at) = (OPS, seq(3), 3);
    bench.frame(Frame::Ack {
        id,
        client_id: client_id.clone(),
        conversation,
        seq: number,
        at,
        mentions: Vec::new(),
    });
    let told = [
        Event::GroupChanged { client_id: client_id.clone(), conversation, seq: number, at },
        Event::Done(Job::Group(client_id)),
    ];
    assert_eq!(bench.events[..], told);
    let page = bench.gap_asked_after(2);
    summary_asked(&mut bench);
    let entries = vec![said(3, "ann", Body::Group(GroupChange::default()))];
    bench.frame(Frame::Page(Page { id: page, conversation, entries, first: seq(1), head: number }));
    assert_eq!(bench.told(), [3]);
}

#[test]
fn a_joined_and_a_made_group_become_known() {
    let client_id: ClientId = "join".parse().unwrap();
    let mut bench = Bench::live(0);
    bench.command(Command::Group(GroupCommand::Join(Join { group: ops(), client_id: client_id.clone() })));
    let id = bench.asked(|call| matches!(call, Call::Join(_)));
    bench.frame(Frame::Ack { id, client_id, conversation: OPS, seq: seq(3), at: 3, mentions: Vec::new() });
    let id = summary_asked(&mut bench);
    bench.frame(Frame::Opened { id, summary: group(3, 2) });
    assert!(bench.events.contains(&Event::Summary(group(3, 2))));
    let mut bench = Bench::live(0);
    let (client_id, name, topic) = ("make".parse().unwrap(), ops(), String::new());
    let create = CreateGroup { client_id, name, topic, public: true, past: Past::All, members: Vec::new() };
    bench.command(Command::Group(GroupCommand::Create(create)));
    let id = bench.asked(|call| matches!(call, Call::CreateGroup(_)));
    bench.events.clear();
    bench.frame(Frame::Opened { id, summary: group(1, 1) });
    let done = Event::Done(Job::Group("make".parse().unwrap()));
    assert_eq!(bench.events[..], [Event::Opened(group(1, 1)), done, Event::Summary(group(1, 1))]);
}

#[test]
fn the_last_word_of_whoever_goes_is_that_they_are_gone() {
    let mut bench = live(2);
    bench.command(leave());
    let id = bench.asked(|call| matches!(call, Call::Leave(_)));
    bench.frame(Frame::Ack {
        id,
        client_id: "bye".parse().unwrap(),
        conversation: OPS,
        seq: seq(3),
        at: 3,
        mentions: Vec::new(),
    });
    bench.frame(Frame::Left { conversation: OPS });
    let id = summary_asked(&mut bench);
    refuses(&mut bench, id, ErrorCode::UnknownConversation);
    let lefts = bench.events.iter().filter(|event| **event == Event::Left(OPS)).count();
    assert_eq!((lefts, bench.events.last()), (1, Some(&Event::Left(OPS))));
}

#[test]
fn what_was_asked_of_a_group_ends_with_the_connection() {
    let mut bench = live(2);
    bench.command(leave());
    bench.session.handle_disconnected();
    bench.command(leave());
    let refused = |event: &Event| matches!(event, Event::Refused { job: Job::Group(id), code: ErrorCode::Unavailable, .. } if id.as_str() == "bye");
    assert_eq!(bench.events.iter().filter(|event| refused(event)).count(), 2);
}

#[test]
fn how_far_members_are_is_told_as_it_comes() {
    let mut bench = live(2);
    let marks = Marks { delivered: seq(2), read: Some(seq(1)) };
    let moved = MemberMarks { conversation: OPS, user: "bob".parse().unwrap(), marks };
    bench.frame(Frame::Marks(moved.clone()));
    assert_eq!(bench.events[..], [Event::Marks(moved)]);
}

#[test]
fn what_is_sent_to_a_group_stands_in_one_line_by_its_name_or_its_id() {
    let mut bench = live(2);
    bench.sends_to(Target::Group(ops()), "1", Content::text("x"));
    bench.sends_to(Target::Conversation(OPS), "2", Content::text("x"));
    bench.sends_to(Target::Conversation(OPS), "3", Content::Deletion { seq: seq(1) });
    bench.sends_to(Target::Group("other".parse().unwrap()), "4", Content::text("x"));
    let other = Target::Group("other".parse().unwrap());
    bench.asked(|call| matches!(call, Call::Open(open) if open.target == other));
    for (number, id, now) in [(3, "1", vec!["1"]), (4, "2", vec!["2"]), (5, "3", vec!["3"])] {
        assert_eq!(bench.sends(), now, "the group is one conversation");
        let (request, client_id) = ("99".parse().unwrap(), id.parse().unwrap());
        bench.frame(Frame::Ack {
            id: request,
            client_id,
            conversation: OPS,
            seq: seq(number),
            at: number,
            mentions: Vec::new(),
        });
    }
}

#[test]
fn a_change_needs_a_group_with_an_id() {
    let mut bench = live(2);
    bench.sends_to(Target::Group("other".parse().unwrap()), "1", Content::Deletion { seq: seq(1) });
    let failed = |event: &Event| {
        matches!(
            event,
            Event::Outbox(Outgoing {
                state: OutgoingState::Failed { code: ErrorCode::UnknownConversation, .. },
                ..
            })
        )
    };
    assert!(bench.events.iter().any(failed) && bench.requests.is_empty());
}
