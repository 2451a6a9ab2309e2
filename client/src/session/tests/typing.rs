//! Leases of others, and how often they are told of the user.

use super::*;
use chat_protocol::{NotifyTyping, Presence, Typing};

const LEASE: Duration = Duration::from_millis(limits::TYPING_LEASE_MS);
const REPEAT: Duration = Duration::from_millis(limits::TYPING_REPEAT_MS);

fn bob() -> UserName {
    "bob".parse().unwrap()
}

fn bob_types(bench: &mut Bench, lease_ms: u64) {
    bench.frame(Frame::Typing(Typing { conversation: CHAT, user: bob(), lease_ms }));
}

/// Whether bob was told to begin or to stop typing, each time.
fn told(bench: &mut Bench) -> Vec<bool> {
    let typing = |event: Event| match event {
        Event::Typing { conversation: CHAT, user, typing } if user == bob() => Some(typing),
        _ => None,
    };
    bench.events.drain(..).filter_map(typing).collect()
}

fn types(bench: &mut Bench, target: &Target, stopped: bool) {
    bench.command(Command::Typing { target: target.clone(), stopped });
}

/// What others were told: where, and whether it was that the user has stopped.
fn notices(bench: &mut Bench) -> Vec<(Target, bool)> {
    let notice = |request: Request| match request.call {
        Call::Typing(NotifyTyping { target, stopped }) => Some((target, stopped)),
        _ => None,
    };
    bench.requests.drain(..).filter_map(notice).collect()
}

#[test]
fn a_lease_holds_until_it_runs_out_and_is_told_once() {
    let mut bench = Bench::live(1);
    bob_types(&mut bench, limits::TYPING_LEASE_MS);
    assert_eq!(told(&mut bench), [true]);
    bench.now += LEASE / 2;
    bob_types(&mut bench, limits::TYPING_LEASE_MS);
    assert_eq!(told(&mut bench), [false; 0], "it is no news");
    assert_eq!(bench.session.deadline(), Some(bench.now + LEASE));
    bench.passes(LEASE - Duration::from_millis(1));
    assert_eq!(told(&mut bench), [false; 0]);
    bench.passes(Duration::from_millis(1));
    assert_eq!(told(&mut bench), [false]);
    assert_eq!(bench.session.deadline(), None, "nothing wakes whoever has nothing to show");
}

#[test]
fn an_entry_a_stop_a_departure_and_a_lost_connection_end_it() {
    let ends: [fn(&mut Bench); 4] = [
        |bench| bench.frame(Frame::Entry(entry(2, "bob", "b2"))),
        |bench| bob_types(bench, 0),
        |bench| {
            let peer = Peer { user: bob(), online: false, last_seen: None };
            bench.frame(Frame::Presence(Presence { peer }));
        },
        |bench| {
            bench.session.handle_disconnected();
            bench.drain();
        },
    ];
    for (number, end) in ends.into_iter().enumerate() {
        let mut bench = Bench::live(1);
        bob_types(&mut bench, limits::TYPING_LEASE_MS);
        assert_eq!(told(&mut bench), [true], "{number}");
        end(&mut bench);
        assert_eq!(told(&mut bench), [false], "{number}");
        assert_eq!(bench.session.typists.deadline(), None, "{number}");
    }
}

#[test]
fn what_does_not_concern_them_ends_nothing_and_strangers_are_passed_over() {
    let mut bench = Bench::live(1);
    bob_types(&mut bench, limits::TYPING_LEASE_MS);
    bench.frame(Frame::Entry(entry(2, "ann", "a2")));
    assert_eq!(told(&mut bench), [true]);
    let elsewhere = ConversationId::from_bits(9);
    bench.frame(Frame::Typing(Typing { conversation: elsewhere, user: bob(), lease_ms: 6000 }));
    bench.frame(Frame::Typing(Typing { conversation: CHAT, user: "ann".parse().unwrap(), lease_ms: 6000 }));
    assert!(bench.events.is_empty(), "an unknown conversation, and oneself: {:?}", bench.events);
    bob_types(&mut bench, u64::MAX);
    assert!(bench.session.deadline() <= Some(bench.now + Duration::from_secs(60)), "no lease is for ever");
}

#[test]
fn others_are_told_once_in_a_while_and_of_the_end() {
    let (by_name, bobs) = (Target::To(bob()), Target::Conversation(CHAT));
    let mut bench = Bench::live(1);
    for _ in 0..50 {
        types(&mut bench, &bobs, false);
        types(&mut bench, &by_name, false);
    }
    assert_eq!(notices(&mut bench), [(bobs.clone(), false)], "by name or by id it is one conversation");
    bench.now += REPEAT;
    types(&mut bench, &bobs, false);
    types(&mut bench, &bobs, false);
    assert_eq!(notices(&mut bench), [(bobs.clone(), false)]);
    types(&mut bench, &bobs, true);
    types(&mut bench, &bobs, true);
    assert_eq!(notices(&mut bench), [(bobs.clone(), true)]);
    types(&mut bench, &bobs, false);
    bench.now += LEASE;
    types(&mut bench, &bobs, true);
    assert_eq!(notices(&mut bench), [(bobs, false)], "they have stopped believing it by themselves");
}

#[test]
fn a_message_and_another_conversation_end_it() {
    let (bobs, eves) = (Target::Conversation(CHAT), Target::To("eve".parse().unwrap()));
    let mut bench = Bench::live(1);
    types(&mut bench, &bobs, false);
    types(&mut bench, &eves, false);
    let expected = [(bobs.clone(), false), (bobs.clone(), true), (eves.clone(), false)];
    assert_eq!(notices(&mut bench), expected);
    bench.send("1");
    assert_eq!(notices(&mut bench), [], "it went to bob");
    types(&mut bench, &bobs, false);
    bench.requests.clear();
    bench.send("2");
    assert_eq!(notices(&mut bench), [(bobs, true)]);
}

#[test]
fn nobody_is_told_without_a_connection_and_a_refusal_is_no_news() {
    let bobs = Target::Conversation(CHAT);
    let mut bench = Bench::live(1);
    types(&mut bench, &bobs, false);
    let id = bench.asked(|call| matches!(call, Call::Typing(_)));
    bench.events.clear();
    let (code, message) = (ErrorCode::UnknownType, "an older server".to_owned());
    bench.frame(Frame::Error(Failure { id: Some(id), code, message, retry_after_ms: None }));
    assert!(bench.events.is_empty());
    bench.session.handle_disconnected();
    types(&mut bench, &bobs, false);
    assert_eq!(notices(&mut bench), []);
    bench.reconnect(1);
    types(&mut bench, &bobs, false);
    assert_eq!(notices(&mut bench), [(bobs, false)], "the new connection has told nobody yet");
}
