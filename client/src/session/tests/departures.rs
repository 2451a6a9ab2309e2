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

#[test]
fn who_went_while_the_client_was_away_is_found_with_the_list() {
    let mut bench = Bench::live(3);
    bench.session.handle_disconnected();
    bench.drain();
    bench.session.handle_welcome(welcome(), bench.now);
    bench.drain();
    bench.events.clear();
    let id = bench.asked(|call| matches!(call, Call::List(_)));
    let peer = Peer { user: name("deleted-1a2b"), online: false, last_seen: None };
    let mut later = Summary { kind: Kind::Direct { peer, peer_marks: None }, ..summary(3) };
    later.last.as_mut().unwrap().forget_user(&name("bob"), &name("deleted-1a2b"));
    bench.frame(Frame::Conversations { id, conversations: vec![later], next: None });
    assert_eq!(bench.events[0], Event::Gone { user: name("bob"), now: name("deleted-1a2b") });
    assert_eq!(last_peer(&bench), Some(("deleted-1a2b".to_owned(), true)));
}
