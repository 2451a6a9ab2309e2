//! Logs that begin later: what has gone is gone for all, and its numbers and ids are not.

use super::changes::{deletion, does, edit, reaction, saying};
use super::files::{file, garbage, sees};
use super::groups::{make, members, new};
use super::search::{index, numbers};
use super::*;
use crate::store::retention::{Beginning, Expired};
use chat_protocol::{GroupChange, MemberChange};

/// Messages of a sender with these texts, sent at these times.
async fn says_at(store: &impl Store, chat: ConversationId, sender: UserId, texts: &[(&str, u64)]) {
    for (text, at) in texts {
        append(store, NewEntry { at: *at, ..message(chat, sender, &text.replace(' ', "-"), text) })
            .await
            .unwrap();
    }
}

async fn expire(store: &impl Store, chat: ConversationId, before: u64, limit: u32) -> Option<(u64, bool)> {
    let Expired { first, more, .. } = store.expire(chat, before, 100, limit).await.unwrap();
    first.map(|first| (first.get(), more))
}

async fn beginning(store: &impl Store, all: bool, chat: ConversationId) -> Option<Beginning> {
    let (mut after, mut found) = (None, Vec::new());
    loop {
        let page = store.beginnings(all, after, 1).await.unwrap();
        found.extend(page.logs);
        after = page.next;
        if after.is_none() {
            return found.into_iter().find(|log| log.conversation == chat);
        }
    }
}

pub async fn a_log_begins_later_without_a_hole(store: &impl Store) {
    let (ann, bob) = (user(store, "ann").await, user(store, "bob").await);
    let (chat, notes) = (direct(store, ann, bob).await, direct(store, ann, ann).await);
    says_at(store, notes, ann, &[("note", 10)]).await;
    says_at(store, chat, ann, &[("a", 10), ("b", 20), ("c", 30), ("d", 40)]).await;
    assert_eq!(expire(store, chat, 10, 9).await, None, "nothing is older than the first one");
    assert_eq!(expire(store, ConversationId::from_bits(1), 99, 9).await, None, "there is none");
    assert_eq!(beginning(store, true, chat).await.unwrap().at, Some(10));
    let gone = store.expire(chat, 31, 100, 2).await.unwrap();
    let (mut told, mut both) = (gone.members, vec![ann, bob]);
    told.sort();
    both.sort();
    assert_eq!((gone.first, gone.more, told), (Some(seq(3)), true, both));
    let row = store.conversation(bob, chat).await.unwrap().unwrap();
    assert_eq!((row.span, row.read.unread), (Span { first: seq(3), head: seq(4) }, 2));
    assert_eq!(expire(store, chat, 31, 2).await, Some((4, false)));
    assert_eq!(expire(store, chat, 31, 2).await, None);
    let span = Span { first: seq(4), head: seq(4) };
    let cases: [(PageRange, &[&str]); 5] = [
        (PageRange::Newest, &["d"]),
        (PageRange::Before(seq(4)), &[]),
        (PageRange::Before(seq(9)), &["d"]),
        (PageRange::After(Seq::ZERO), &["d"]),
        (PageRange::After(seq(4)), &[]),
    ];
    for (range, expected) in cases {
        assert_eq!(texts(store, bob, chat, range, 9).await, expected, "{range:?}");
        let page = store.history(bob, chat, range, 9).await.unwrap().unwrap();
        assert_eq!(page.span, span, "{range:?}");
    }
    let (mark, _) = store.mark_read(bob, chat, seq(1)).await.unwrap().unwrap();
    assert_eq!((mark.seq, mark.unread), (seq(1), 1), "what is gone is not unread");
    assert_eq!(texts(store, ann, notes, PageRange::Newest, 9).await, ["note"], "another log is not touched");
    assert_eq!(beginning(store, true, chat).await.unwrap().at, Some(40));
    assert_eq!(beginning(store, false, chat).await, None, "it has no rule of its own");
}

pub async fn mentions_go_with_their_messages(store: &impl Store) {
    let (ann, bob) = (user(store, "ann").await, user(store, "bob").await);
    let chat = direct(store, ann, bob).await;
    for (number, at) in [(1, 10), (2, 20), (3, 30)] {
        let id = number.to_string();
        append(store, NewEntry { at, ..message(chat, ann, &id, "look, @bob") }).await.unwrap();
    }
    let mentions = async || store.conversation(bob, chat).await.unwrap().unwrap().read.mentions;
    assert_eq!(mentions().await, 3);
    assert_eq!(expire(store, chat, 25, 9).await, Some((3, false)));
    assert_eq!(mentions().await, 1);
    let (mark, _) = store.mark_read(bob, chat, seq(1)).await.unwrap().unwrap();
    assert_eq!((mark.unread, mark.mentions), (1, 1));
    assert_eq!(expire(store, chat, 99, 9).await, Some((4, false)));
    assert_eq!(mentions().await, 0);
}

pub async fn a_log_of_which_all_has_gone_goes_on(store: &impl Store) {
    let (ann, bob) = (user(store, "ann").await, user(store, "bob").await);
    let chat = direct(store, ann, bob).await;
    says_at(store, chat, ann, &[("a", 10), ("b", 20)]).await;
    assert_eq!(expire(store, chat, 99, 2).await, Some((3, true)));
    assert_eq!(expire(store, chat, 99, 2).await, None);
    let row = store.conversations(bob, None, 9).await.unwrap().remove(0);
    let span = Span { first: seq(3), head: seq(2) };
    assert_eq!((row.span, row.read.unread, row.last), (span, 0, None));
    let page = store.history(bob, chat, PageRange::Newest, 9).await.unwrap().unwrap();
    assert_eq!(page, Page { entries: vec![], span });
    assert_eq!(beginning(store, true, chat).await.unwrap().at, None);
    assert_eq!(append(store, message(chat, bob, "new", "c")).await.unwrap().seq, seq(3));
    assert_eq!(texts(store, ann, chat, PageRange::After(Seq::ZERO), 9).await, ["c"]);
}

pub async fn nothing_is_done_with_what_has_gone(store: &impl Store) {
    let (ann, bob) = (user(store, "ann").await, user(store, "bob").await);
    let chat = direct(store, ann, bob).await;
    says_at(store, chat, ann, &[("gone forever", 10)]).await;
    let reply = |text: &str| NewBody::Message { text: text.to_owned(), file: None, reply_to: Some(seq(1)) };
    append(store, NewEntry { at: 30, ..saying(chat, bob, reply("here to stay")) }).await.unwrap();
    append(store, NewEntry { at: 30, ..saying(chat, ann, edit(1, "gone for good")) }).await.unwrap();
    append(store, NewEntry { at: 30, ..saying(chat, bob, edit(2, "here for good")) }).await.unwrap();
    index(store).await;
    assert_eq!(numbers(store, bob, "good").await, [2, 1]);
    assert_eq!(expire(store, chat, 30, 9).await, Some((2, false)));
    assert_eq!(numbers(store, bob, "good").await, [2]);
    let page = store.history(ann, chat, PageRange::After(Seq::ZERO), 9).await.unwrap().unwrap();
    let Body::Message(answer) = &page.entries[0].body else { panic!("{page:?}") };
    assert_eq!((answer.text.as_str(), &answer.reply_to), ("here for good", &None), "nothing is quoted");
    assert_eq!(page.entries.len(), 3, "what was about it keeps its number");
    assert_eq!(store.versions(ann, chat, seq(1), Seq::MAX, 9).await.unwrap(), None);
    for body in [edit(1, "x"), deletion(1), reaction(1, "👍", false), reply("x")] {
        let refused = does(store, chat, ann, body.clone()).await;
        assert_eq!(refused, Err(AppendError::UnknownMessage), "{body:?}");
    }
    assert_eq!(does(store, chat, ann, reaction(2, "👍", false)).await, Ok(5));
}

pub async fn what_has_gone_was_sent_all_the_same(store: &impl Store) {
    let (ann, bob) = (user(store, "ann").await, user(store, "bob").await);
    let chat = direct(store, ann, bob).await;
    let sent = [
        message(chat, ann, "message", "a"),
        NewEntry { body: edit(1, "b"), ..message(chat, ann, "edit", "") },
        NewEntry { body: reaction(1, "👍", false), ..message(chat, bob, "reaction", "") },
        NewEntry { body: deletion(1), ..message(chat, ann, "deletion", "") },
    ];
    store.append(sent.to_vec()).await.unwrap().into_iter().for_each(|done| drop(done.unwrap()));
    says_at(store, chat, ann, &[("later", 20)]).await;
    assert_eq!(expire(store, chat, 20, 9).await, Some((5, false)));
    let again: Vec<_> = store.append(sent.to_vec()).await.unwrap().into_iter().map(Result::unwrap).collect();
    let numbers: Vec<_> = again.iter().map(|done| (done.seq.get(), done.is_fresh())).collect();
    assert_eq!(numbers, [(1, false), (2, false), (3, false), (4, false)]);
    let other = NewEntry { body: edit(5, "x"), ..message(chat, ann, "message", "") };
    assert_eq!(append(store, other).await, Err(AppendError::IdConflict), "it was a message");
    assert_eq!(append(store, message(chat, ann, "later", "x")).await, Err(AppendError::IdConflict));
}

pub async fn files_go_with_their_messages(store: &impl Store) {
    let (ann, bob) = (user(store, "ann").await, user(store, "bob").await);
    let chat = direct(store, ann, bob).await;
    let [first, both] = [file(store, ann, 1).await, file(store, ann, 2).await];
    let with = |id: &str, at, file| {
        let body = NewBody::Message { text: String::new(), file: Some(file), reply_to: None };
        NewEntry { at, body, ..message(chat, ann, id, "") }
    };
    for entry in [with("1", 10, first), with("2", 10, both), with("3", 30, both)] {
        append(store, entry).await.unwrap();
    }
    assert_eq!(expire(store, chat, 30, 9).await, Some((3, false)));
    assert!(!sees(store, bob, first).await && sees(store, bob, both).await);
    // It was let go at 100; for the collector to look also where something was sent just now, a long time passes.
    let later = 10_000_000_000;
    store.sweep_files(later, 100).await.unwrap();
    assert_eq!(garbage(store).await, [], "it is kept for a while");
    store.sweep_files(later, later - 1).await.unwrap();
    assert_eq!(garbage(store).await, [first]);
    assert!(sees(store, bob, both).await, "it hangs on another message");
}

pub async fn a_group_has_a_rule_and_its_members_stay(store: &impl Store) {
    let (ann, bob, eve) = (user(store, "ann").await, user(store, "bob").await, user(store, "eve").await);
    let made = new(ann, "ops", &[bob]);
    let ops = make(store, made.clone()).await;
    let rule = |days| NewBody::Group(GroupChange { retention_days: Some(days), ..GroupChange::default() });
    assert_eq!(does(store, ops, bob, rule(9)).await, Err(AppendError::NotAllowed), "admins may");
    assert_eq!(does(store, ops, ann, rule(0)).await, Err(AppendError::NoChange));
    let sets = saying(ops, ann, rule(9));
    assert_eq!(append(store, sets.clone()).await.unwrap().seq, seq(3));
    let told = |row: Option<ConversationRow>| match row.unwrap().kind {
        ConversationKind::Group(group) => (group.name.to_string(), group.topic, group.retention_days),
        other => panic!("{other:?}"),
    };
    let expected = ("ops".to_owned(), "about ops".to_owned(), Some(9));
    assert_eq!(told(store.conversation(bob, ops).await.unwrap()), expected);
    let log = beginning(store, false, ops).await.unwrap();
    assert_eq!((log.at, log.retention_days, log.is_interrupted), (Some(10), 9, false));
    assert_eq!(beginning(store, true, ops).await, Some(log));
    assert_eq!(expire(store, ops, 99, 9).await, Some((4, false)));
    assert_eq!(told(store.conversation(bob, ops).await.unwrap()), expected, "what it is called stays");
    assert_eq!(store.group_members(bob, ops, None, 9).await.unwrap().unwrap().len(), 2);
    assert_eq!(store.create_group(made).await.unwrap(), Ok(vec![]), "it was made all the same");
    assert!(!append(store, sets).await.unwrap().is_fresh());
    assert_eq!(does(store, ops, eve, rule(7)).await, Err(AppendError::NotMember));
    assert_eq!(does(store, ops, ann, members(MemberChange::Added, &[eve])).await, Ok(4));
    let page = store.history(eve, ops, PageRange::Newest, 9).await.unwrap().unwrap();
    assert_eq!((page.entries.len(), page.span.first), (1, seq(4)));
    assert_eq!(does(store, ops, ann, rule(0)).await, Ok(5));
    assert_eq!(told(store.conversation(bob, ops).await.unwrap()).2, None);
    assert_eq!(beginning(store, false, ops).await, None);
}

pub async fn an_index_that_is_behind_brings_nothing_back(store: &impl Store) {
    let (ann, bob) = (user(store, "ann").await, user(store, "bob").await);
    let chat = direct(store, ann, bob).await;
    says_at(store, chat, ann, &[("one word", 10), ("two word", 20)]).await;
    assert_eq!(expire(store, chat, 20, 9).await, Some((2, false)));
    index(store).await;
    assert_eq!(numbers(store, bob, "word").await, [2]);
    says_at(store, chat, ann, &[("three word", 30)]).await;
    let (expired, indexed) =
        futures_util::future::join(store.expire(chat, 30, 100, 9), store.index(vec![chat], 9)).await;
    assert_eq!((expired.unwrap().first, indexed.is_ok()), (Some(seq(3)), true));
    index(store).await;
    assert_eq!(numbers(store, bob, "word").await, [3]);
}

pub async fn two_who_sweep_come_to_the_same(store: &impl Store) {
    let (ann, bob) = (user(store, "ann").await, user(store, "bob").await);
    let chat = direct(store, ann, bob).await;
    for number in 0..40_u64 {
        let text = number.to_string();
        append(store, NewEntry { at: number, ..message(chat, ann, &text, &text) }).await.unwrap();
    }
    let sweep = async || {
        let mut at = 0;
        while let Some((first, _)) = expire(store, chat, 30, 7).await {
            assert!(first >= at, "it only grows");
            at = first;
        }
    };
    let writing = async {
        for number in 0..10 {
            say(store, chat, bob, &[&format!("new {number}")]).await;
        }
    };
    futures_util::future::join3(sweep(), sweep(), writing).await;
    let page = store.history(ann, chat, PageRange::After(Seq::ZERO), 99).await.unwrap().unwrap();
    assert_eq!(page.span, Span { first: seq(31), head: seq(50) });
    let numbers: Vec<_> = page.entries.iter().map(|entry| entry.seq.get()).collect();
    assert_eq!(numbers, (31..=50).collect::<Vec<_>>());
    assert!(!beginning(store, true, chat).await.unwrap().is_interrupted);
}
