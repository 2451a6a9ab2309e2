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

#[test]
fn what_is_said_to_a_name_goes_to_the_conversation_that_is_known() {
    let mut bench = Bench::live(3);
    bench.session.handle_disconnected();
    bench.send("1");
    let queued = |event: &Event| matches!(event, Event::Outbox(outgoing) if outgoing.target == Target::Conversation(CHAT));
    assert!(bench.events.iter().any(queued), "so it is shown, and kept");
    assert_eq!(bench.session.known_as(&bobs()), Target::Conversation(CHAT));
    bench.session.handle_welcome(welcome(), bench.now);
    bench.drain();
    assert_eq!(sent(&mut bench), [to("1", CHAT)], "whoever is called bob by now");
}

#[test]
fn the_first_words_of_all_ask_once_who_is_meant() {
    let mut bench = Bench::new();
    bench.send("1");
    bench.send("2");
    bench.session.handle_welcome(welcome(), bench.now);
    bench.drain();
    let id = bench.asked_for("bob");
    assert_eq!(sent(&mut bench), []);
    bench.frame(opened(id, NEW));
    assert_eq!(bench.aimed, [to("1", NEW), to("2", NEW)], "from here on they are kept so");
    assert_eq!(sent(&mut bench), [to("1", NEW)]);
    // The answer is lost, and the name is another's when the connection is back.
    bench.session.handle_disconnected();
    bench.session.handle_welcome(welcome(), bench.now);
    bench.drain();
    assert_eq!(sent(&mut bench), [to("1", NEW)]);
}

#[test]
fn a_question_whose_answer_is_lost_or_comes_later_is_asked_again() {
    let mut bench = Bench::new();
    bench.send("1");
    bench.session.handle_welcome(welcome(), bench.now);
    bench.drain();
    bench.asked_for("bob");
    bench.session.handle_disconnected();
    bench.session.handle_welcome(welcome(), bench.now);
    bench.drain();
    let id = bench.asked_for("bob");
    let (code, message) = (ErrorCode::Busy, String::new());
    bench.frame(Frame::Error(Failure { id: Some(id), code, message, retry_after_ms: Some(500) }));
    bench.passes(Duration::from_millis(500));
    let id = bench.asked_for("bob");
    bench.frame(opened(id, NEW));
    assert_eq!(sent(&mut bench), [to("1", NEW)]);
}

#[test]
fn to_nobody_nothing_is_said() {
    let mut bench = Bench::new();
    bench.session.handle_welcome(welcome(), bench.now);
    bench.drain();
    bench.send("1");
    let id = bench.asked_for("bob");
    let (code, message) = (ErrorCode::UnknownUser, "nobody has this name".to_owned());
    bench.frame(Frame::Error(Failure { id: Some(id), code, message, retry_after_ms: None }));
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
    assert_eq!(bench.aimed, [to("2", NEW)], "what has failed stays so");
}

#[test]
fn a_name_and_its_conversation_are_one_line() {
    let mut bench = Bench::new();
    bench.send("1");
    bench.session.handle_welcome(welcome(), bench.now);
    bench.drain();
    let id = bench.asked_for("bob");
    // Bob was quicker.
    let asked = bench.asked(|call| matches!(call, Call::List(_)));
    bench.frame(Frame::Conversations { id: asked, conversations: vec![summary(1)], next: None });
    bench.changes("2", Content::text("by id"));
    assert_eq!(sent(&mut bench), [], "it does not overtake");
    bench.frame(opened(id, CHAT));
    assert_eq!(sent(&mut bench), [to("1", CHAT)]);
}
