//! What the user prefers, and what becomes of messages to somebody with whom there is a block.

use super::*;
use chat_protocol::{Level, Prefer, Preferences};

const MUTED: Preferences = Preferences { level: Level::Mentions, archived: Seq::ZERO, blocked: false };

fn told(preferences: Preferences) -> Event {
    Event::Preferences { conversation: CHAT, preferences }
}

fn prefer() -> Prefer {
    Prefer { target: Target::Conversation(CHAT), level: Some(Level::Mentions), archived: None, blocked: None }
}

fn refused(bench: &mut Bench, client_id: &str, code: ErrorCode) {
    let id = bench.asked(|call| client_id_of(call).is_some_and(|asked| asked.as_str() == client_id));
    let message = "there is a block between you".to_owned();
    bench.frame(Frame::Error(Failure { id: Some(id), code, message, retry_after_ms: None }));
}

#[test]
fn what_another_device_prefers_is_told_and_stands_in_the_summary() {
    let mut bench = Bench::live(5);
    bench.events.clear();
    bench.frame(Frame::Preferences { conversation: CHAT, preferences: MUTED });
    let expected = Summary { preferences: MUTED, ..summary(5) };
    assert_eq!(bench.events, [Event::Summary(expected), told(MUTED)]);
    bench.events.clear();
    let elsewhere = ConversationId::from_bits(77);
    bench.frame(Frame::Preferences { conversation: elsewhere, preferences: MUTED });
    assert_eq!(bench.events, [Event::Preferences { conversation: elsewhere, preferences: MUTED }]);
    bench.reconnect(5);
    assert!(bench.events.contains(&Event::Summary(summary(5))), "the list is what holds");
}

#[test]
fn what_is_preferred_is_told_before_it_is_done() {
    let mut bench = Bench::live(5);
    bench.command(Command::Prefer(prefer()));
    let id = bench.asked(|call| *call == Call::Prefer(prefer()));
    bench.events.clear();
    bench.frame(Frame::Opened { id, summary: Summary { preferences: MUTED, ..summary(5) } });
    let done = Event::Done(Job::Prefer(Target::Conversation(CHAT)));
    let place = |event: &Event| bench.events.iter().position(|told| told == event);
    assert!(place(&told(MUTED)).unwrap() < place(&done).unwrap(), "{:?}", bench.events);
    bench.command(Command::Prefer(prefer()));
    let id = bench.asked(|call| matches!(call, Call::Prefer(_)));
    let (code, message) = (ErrorCode::BadField, "no".to_owned());
    bench.frame(Frame::Error(Failure { id: Some(id), code, message: message.clone(), retry_after_ms: None }));
    let job = Job::Prefer(Target::Conversation(CHAT));
    assert_eq!(bench.events.last(), Some(&Event::Refused { job, code, message }));
}

#[test]
fn whom_the_user_has_blocked_is_told_and_refused_without_a_connection() {
    let mut bench = Bench::live(5);
    bench.command(Command::Blocked);
    let id = bench.asked(|call| matches!(call, Call::Blocked {}));
    let users: Vec<UserName> = vec!["bob".parse().unwrap()];
    bench.frame(Frame::Blocked { id: id.clone(), users: users.clone() });
    assert_eq!(bench.events.last(), Some(&Event::Blocked(users.clone())));
    bench.events.clear();
    bench.frame(Frame::Blocked { id, users });
    assert_eq!(bench.events, [], "nobody asked");
    bench.session.handle_disconnected();
    bench.command(Command::Blocked);
    let is_refused = |event: &Event| matches!(event, Event::Refused { job: Job::Blocked, .. });
    assert!(bench.events.iter().any(is_refused), "{:?}", bench.events);
}

/// It is not tried again with each connection, and what comes after it is not held up.
#[test]
fn a_message_that_meets_a_block_fails_for_good() {
    let mut bench = Bench::live(5);
    bench.send("1");
    bench.send("2");
    bench.events.clear();
    refused(&mut bench, "1", ErrorCode::Blocked);
    let failed = |event: &Event| match event {
        Event::Outbox(Outgoing { client_id, state: OutgoingState::Failed { code, message }, .. }) => {
            Some((client_id.to_string(), *code, message.clone()))
        }
        _ => None,
    };
    let told: Vec<_> = bench.events.iter().filter_map(failed).collect();
    let why = "there is a block between you".to_owned();
    assert_eq!(told, [("1".to_owned(), ErrorCode::Blocked, why)]);
    assert_eq!(bench.sends(), ["2"]);
    bench.session.handle_disconnected();
    bench.reconnect(5);
    bench.passes(Duration::from_secs(3600));
    assert_eq!(bench.sends(), ["2"], "the first one waits for its user");
    bench.command(Command::Retry("1".parse().unwrap()));
    refused_second(&mut bench);
}

/// Once there is no block any more, the user may try the same again.
fn refused_second(bench: &mut Bench) {
    assert_eq!(bench.sends(), [] as [&str; 0], "it is behind the others");
    bench.session.handle_disconnected();
    bench.reconnect(5);
    bench.acks("2", 6);
    assert_eq!(bench.sends(), ["1"]);
}
