//! A name is somebody's for now; a conversation is what it is for ever.

use super::*;

const NEW: ConversationId = ConversationId::from_bits(9);

fn bobs() -> Target {
    Target::To("bob".parse().unwrap())
}

/// The conversation with somebody called bob, to whom nothing was said yet.
fn opened(id: RequestId, conversation: ConversationId) -> Frame {
    Frame::Opened { id, summary: Summary { conversation, ..summary(0) } }
}

/// Where the messages went that were sent since the last look.
fn sent(bench: &mut Bench) -> Vec<(String, Target)> {
    let send = |request: Request| match request.call {
        Call::Send(send) => Some((send.client_id.to_string(), send.target)),
        _ => None,
    };
    bench.requests.drain(..).filter_map(send).collect()
}

fn to(id: &str, conversation: ConversationId) -> (String, Target) {
    (id.to_owned(), Target::Conversation(conversation))
}

fn later(id: RequestId) -> Frame {
    let (code, message) = (ErrorCode::Busy, String::new());
    Frame::Error(Failure { id: Some(id), code, message, retry_after_ms: Some(500) })
}

fn nobody(id: RequestId) -> Frame {
    let (code, message) = (ErrorCode::UnknownUser, "nobody has this name".to_owned());
    Frame::Error(Failure { id: Some(id), code, message, retry_after_ms: None })
}

fn gone() -> Frame {
    Frame::Gone { user: "bob".parse().unwrap(), now: "deleted-1".parse().unwrap() }
}

/// Something waits for bob, with whom nothing was said yet, and the server is asked who that is.
fn asks_for_bob() -> (Bench, RequestId) {
    let mut bench = Bench::new();
    bench.connect();
    bench.send("1");
    let id = bench.asked_for("bob");
    (bench, id)
}

/// Nobody else is asked for, and nothing was sent.
fn has_failed_with_bob(bench: &mut Bench) {
    assert_eq!(bench.kept.last(), Some(&("1".to_owned(), Target::To("deleted-1".parse().unwrap()))));
    let id = bench.asked_for("deleted-1");
    bench.frame(nobody(id));
    assert!(bench.session.outgoing.ready(bench.now).is_empty());
    assert_eq!(sent(bench), []);
}

#[test]
fn what_is_said_to_a_name_goes_to_the_conversation_that_is_known() {
    let mut bench = Bench::live(3);
    bench.session.handle_disconnected();
    bench.send("1");
    let queued = |event: &Event| matches!(event, Event::Outbox(outgoing) if outgoing.target == Target::Conversation(CHAT));
    assert!(bench.events.iter().any(queued), "so it is shown, and kept");
    assert_eq!(bench.session.known_as(&bobs()), Target::Conversation(CHAT));
    bench.connect();
    assert_eq!(sent(&mut bench), [to("1", CHAT)], "whoever is called bob by now");
}

#[test]
fn the_first_words_of_all_ask_once_who_is_meant() {
    let mut bench = Bench::new();
    bench.send("1");
    bench.send("2");
    bench.connect();
    let id = bench.asked_for("bob");
    assert_eq!(sent(&mut bench), []);
    bench.frame(opened(id, NEW));
    assert_eq!(bench.kept, [to("1", NEW), to("2", NEW)], "from here on they are kept so");
    assert_eq!(sent(&mut bench), [to("1", NEW)]);
    // The answer is lost, and the name is another's when the connection is back.
    bench.session.handle_disconnected();
    bench.connect();
    assert_eq!(sent(&mut bench), [to("1", NEW)]);
}

#[test]
fn a_question_whose_answer_is_lost_or_comes_later_is_asked_again() {
    let (mut bench, _) = asks_for_bob();
    bench.session.handle_disconnected();
    bench.connect();
    let id = bench.asked_for("bob");
    bench.frame(later(id));
    bench.passes(Duration::from_millis(500));
    let id = bench.asked_for("bob");
    bench.frame(opened(id, NEW));
    assert_eq!(sent(&mut bench), [to("1", NEW)]);
}

#[test]
fn to_nobody_nothing_is_said() {
    let (mut bench, id) = asks_for_bob();
    bench.frame(nobody(id));
    let failed = |event: &Event| {
        matches!(
            event,
            Event::Outbox(Outgoing { state: OutgoingState::Failed { code: ErrorCode::UnknownUser, .. }, .. })
        )
    };
    assert!(bench.events.iter().any(failed));
    bench.send("2");
    let id = bench.asked_for("bob");
    bench.frame(opened(id, NEW));
    assert_eq!(sent(&mut bench), [to("2", NEW)]);
    assert_eq!(bench.kept, [to("2", NEW)], "what has failed stays so");
}

#[test]
fn a_name_and_its_conversation_are_one_line() {
    let (mut bench, id) = asks_for_bob();
    // Bob was quicker.
    let asked = bench.asked(|call| matches!(call, Call::List(_)));
    bench.frame(Frame::Conversations { id: asked, conversations: vec![summary(1)], next: None });
    bench.changes("2", Content::text("by id"));
    assert_eq!(sent(&mut bench), [], "it does not overtake");
    bench.frame(opened(id, CHAT));
    assert_eq!(sent(&mut bench), [to("1", CHAT)]);
}

#[test]
fn what_waits_for_the_name_of_somebody_who_has_gone_is_for_nobody_else() {
    let (mut bench, id) = asks_for_bob();
    bench.frame(later(id));
    bench.frame(gone());
    bench.passes(Duration::from_millis(500));
    has_failed_with_bob(&mut bench);
}

#[test]
fn an_answer_that_crosses_with_a_departure_may_be_about_somebody_else() {
    let (mut bench, id) = asks_for_bob();
    bench.frame(gone());
    bench.frame(opened(id, NEW));
    has_failed_with_bob(&mut bench);
}

#[test]
fn what_has_failed_is_for_nobody_else_either() {
    let (mut bench, id) = asks_for_bob();
    bench.frame(nobody(id));
    bench.frame(gone());
    bench.command(Command::Retry("1".parse().unwrap()));
    bench.asked_for("deleted-1");
}

#[test]
fn what_waits_for_a_name_is_for_the_conversation_that_is_told_of() {
    let mut bench = Bench::new();
    bench.send("1");
    bench.connect();
    let list = bench.asked(|call| matches!(call, Call::List(_)));
    bench.frame(Frame::Conversations { id: list, conversations: vec![summary(1)], next: None });
    assert_eq!(bench.kept, [to("1", CHAT)]);
    // The answer is lost, and the name is another's when the connection is back.
    bench.session.handle_disconnected();
    bench.requests.clear();
    bench.connect();
    assert_eq!(sent(&mut bench), [to("1", CHAT)]);
}

#[test]
fn what_comes_behind_a_name_does_not_overtake_it() {
    let mut bench = Bench::new();
    bench.send("1");
    bench.sends_to(Target::Conversation(CHAT), "2", Content::text("by id"));
    bench.connect();
    assert_eq!(sent(&mut bench), [], "it may be the same conversation");
}

#[test]
fn what_has_failed_is_tried_again_in_the_conversation_that_is_known_by_then() {
    let (mut bench, id) = asks_for_bob();
    bench.frame(nobody(id));
    bench.reconnect(1);
    assert_eq!(bench.kept, [], "it is not kept");
    bench.command(Command::Retry("1".parse().unwrap()));
    assert_eq!(sent(&mut bench), [to("1", CHAT)]);
}

#[test]
fn where_two_go_by_one_name_the_server_says_who_is_meant() {
    let mut bench = Bench::live(1);
    let id = "99".parse().unwrap();
    bench.frame(opened(id, NEW));
    bench.send("1");
    let id = bench.asked_for("bob");
    bench.frame(opened(id, NEW));
    assert_eq!(sent(&mut bench), [to("1", NEW)]);
}

/// Else a client that is killed would send it a second time, perhaps to somebody else.
#[test]
fn nothing_goes_before_the_disk_knows_where() {
    let (mut bench, id) = asks_for_bob();
    bench.send("2");
    bench.is_disk_full = true;
    bench.frame(opened(id, NEW));
    bench.passes(Duration::from_secs(1));
    bench.session.handle_disconnected();
    bench.connect();
    assert_eq!(sent(&mut bench), []);
    bench.is_disk_full = false;
    bench.passes(Duration::from_secs(1));
    assert_eq!(sent(&mut bench), [to("1", NEW)]);
    assert_eq!(bench.kept, [to("1", NEW), to("2", NEW)]);
}
