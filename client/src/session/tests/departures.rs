//! Somebody's account ends while others listen.

use super::*;

fn name(text: &str) -> chat_protocol::UserName {
    text.parse().unwrap()
}

fn gone() -> Frame {
    Frame::Gone { user: name("bob"), now: name("deleted-1a2b") }
}

fn last_peer(bench: &Bench) -> Option<(String, bool)> {
    let mut summaries = bench.events.iter().filter_map(|event| match event {
        Event::Summary(summary) => Some(summary),
        _ => None,
    });
    let Some(Summary { kind: Kind::Direct { peer, .. }, last: Some(last), .. }) = summaries.next_back()
    else {
        return None;
    };
    let Body::Message(message) = &last.body else { return None };
    assert_eq!(last.from, peer.user);
    Some((peer.user.to_string(), message.deleted_at.is_some() && message.text.is_empty()))
}

#[test]
fn what_is_kept_of_them_has_another_name() {
    let mut bench = Bench::live(3);
    bench.events.clear();
    bench.frame(gone());
    let told = Event::Gone { user: name("bob"), now: name("deleted-1a2b") };
    assert_eq!(bench.events[0], told, "first of all");
    assert_eq!(last_peer(&bench), Some(("deleted-1a2b".to_owned(), true)));
    bench.events.clear();
    bench.frame(gone());
    assert_eq!(bench.events, [told], "once more, there is nothing of bob to be changed");
}

#[test]
fn a_block_ends_with_the_account() {
    let mut bench = Bench::live(3);
    let preferences = chat_protocol::Preferences { blocked: true, ..Default::default() };
    bench.frame(Frame::Preferences { conversation: CHAT, preferences });
    bench.frame(gone());
    let mut summaries = bench.events.iter().rev().filter_map(|event| match event {
        Event::Summary(summary) => Some(summary.preferences.blocked),
        _ => None,
    });
    assert_eq!(summaries.next(), Some(false));
}

/// The conversation as the server tells of it once bob has gone.
fn theirs(head: u64) -> Summary {
    let peer = Peer { user: name("deleted-1a2b"), online: false, last_seen: None };
    let mut later = Summary { kind: Kind::Direct { peer, peer_marks: None }, ..summary(head) };
    later.last.as_mut().unwrap().forget_user(&name("bob"), &name("deleted-1a2b"));
    later
}

/// What comes with the list of a new connection.
fn comes_back(bench: &mut Bench, conversations: Vec<Summary>) {
    bench.session.handle_disconnected();
    bench.connect();
    bench.events.clear();
    let id = bench.asked(|call| matches!(call, Call::List(_)));
    bench.frame(Frame::Conversations { id, conversations, next: None });
}

fn has_gone_from_here() -> Event {
    Event::PeerGone { conversation: CHAT, user: name("bob"), now: name("deleted-1a2b") }
}

#[test]
fn who_went_while_the_client_was_away_is_found_with_the_list() {
    let mut bench = Bench::live(3);
    comes_back(&mut bench, vec![theirs(3)]);
    assert_eq!(bench.events[0], has_gone_from_here());
    assert_eq!(last_peer(&bench), Some(("deleted-1a2b".to_owned(), true)));
}

#[test]
fn whoever_has_the_name_by_then_is_somebody_else() {
    let mut bench = Bench::live(3);
    let others = Summary { conversation: ConversationId::from_bits(9), ..summary(4) };
    let told = |bench: &Bench| -> Vec<Event> {
        let is_news =
            |event: &&Event| matches!(event, Event::Summary(_) | Event::Gone { .. } | Event::PeerGone { .. });
        bench.events.iter().filter(is_news).cloned().collect()
    };
    let both = [Event::Summary(others.clone()), Event::Summary(theirs(3))];
    comes_back(&mut bench, vec![others.clone(), theirs(3)]);
    assert_eq!(told(&bench), [both[0].clone(), has_gone_from_here(), both[1].clone()]);
    comes_back(&mut bench, vec![others.clone(), theirs(3)]);
    assert_eq!(told(&bench), both, "once");
    comes_back(&mut bench, vec![theirs(3), others]);
    assert_eq!(told(&bench), [both[1].clone(), both[0].clone()], "in whichever order");
    bench.events.clear();
    bench.frame(gone());
    assert_eq!(told(&bench), [], "nor by a push that comes later");
}

#[test]
fn a_summary_from_before_does_not_bring_them_back() {
    let mut bench = Bench::live(3);
    bench.frame(gone());
    bench.events.clear();
    bench.frame(Frame::Opened { id: "99".parse().unwrap(), summary: summary(3) });
    assert_eq!(bench.events, [Event::Summary(theirs(3))]);
}
