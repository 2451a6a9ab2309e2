//! Mentions: who is named by whom, and how many of them are unread.

use super::changes::{deletion, does, edit, saying};
use super::groups::{make, members, new};
use super::search::{index, search};
use super::*;
use chat_protocol::{MemberChange, Message, limits};

async fn says(store: &impl Store, id: ConversationId, sender: UserId, text: &str) -> Vec<String> {
    let body = NewBody::Message { text: text.to_owned(), file: None, reply_to: None };
    let appended = append(store, saying(id, sender, body)).await.unwrap();
    mentioned(appended.fresh.expect("it is new"))
}

fn mentioned(body: Body) -> Vec<String> {
    let Body::Message(Message { mentions, .. }) = body else { panic!("{body:?} is no message") };
    mentions.iter().map(ToString::to_string).collect()
}

/// Unread messages, and those of them that mention the user.
async fn unread(store: &impl Store, user: UserId, id: ConversationId) -> (u32, u32) {
    let ReadMark { unread, mentions, .. } = store.conversation(user, id).await.unwrap().unwrap().read;
    (unread, mentions)
}

async fn reads(store: &impl Store, user: UserId, id: ConversationId, number: u64) -> (u32, u32) {
    let (ReadMark { unread, mentions, .. }, _) =
        store.mark_read(user, id, seq(number)).await.unwrap().unwrap();
    (unread, mentions)
}

pub async fn those_who_are_there_are_mentioned(store: &impl Store) {
    let (ann, bob) = (user(store, "ann").await, user(store, "bob").await);
    let (eve, dora) = (user(store, "eve").await, user(store, "d.ora-").await);
    let talk = direct(store, ann, bob).await;
    assert_eq!(says(store, talk, ann, "@bob, @eve and @nobody, says @ann").await, ["bob", "ann"]);
    assert_eq!(says(store, talk, bob, "`@ann` mail@ann.example").await, [""; 0]);
    assert_eq!((unread(store, ann, talk).await, unread(store, bob, talk).await), ((1, 0), (1, 1)));
    let notes = direct(store, ann, ann).await;
    assert_eq!(says(store, notes, ann, "@ann @bob").await, ["ann"]);
    assert_eq!(unread(store, ann, notes).await, (0, 0), "one does not call oneself");

    let ops = make(store, new(ann, "ops", &[bob, dora])).await;
    assert_eq!(says(store, ops, bob, "@d.ora-. @eve @ann @ann").await, ["d.ora-", "ann"]);
    let page = store.history(dora, ops, PageRange::Newest, 1).await.unwrap().unwrap();
    assert_eq!(mentioned(page.entries[0].body.clone()), ["d.ora-", "ann"], "in the order of the text");
    let listed = store.conversations(ann, None, 9).await.unwrap();
    let listed = listed.into_iter().find(|row| row.id == ops).unwrap();
    assert_eq!((listed.read.unread, listed.read.mentions), (1, 1));
    assert_eq!(mentioned(listed.last.unwrap().body), ["d.ora-", "ann"]);
    for (change, who) in [(MemberChange::Removed, dora), (MemberChange::Added, eve)] {
        append(store, saying(ops, ann, members(change, &[who]))).await.unwrap();
    }
    assert_eq!(says(store, ops, ann, "@d.ora- @eve").await, ["eve"], "who is gone is not called any more");
    assert_eq!(unread(store, eve, ops).await, (1, 1));
    append(store, saying(ops, ann, members(MemberChange::Added, &[dora]))).await.unwrap();
    assert_eq!(unread(store, dora, ops).await, (0, 0), "what was said before is read by who comes back");
}

pub async fn a_batch_mentions_those_who_are_there_by_then(store: &impl Store) {
    let (ann, bob, eve) = (user(store, "ann").await, user(store, "bob").await, user(store, "eve").await);
    let ops = make(store, new(ann, "ops", &[bob])).await;
    let said = |text: &str| NewBody::Message { text: text.to_owned(), file: None, reply_to: None };
    let bodies = [
        said("@eve @bob"),
        members(MemberChange::Added, &[eve]),
        said("@eve @bob"),
        members(MemberChange::Removed, &[bob]),
        said("@eve @bob"),
    ];
    let batch = bodies.into_iter().map(|body| saying(ops, ann, body)).collect();
    let outcomes = store.append(batch).await.unwrap().into_iter().map(Result::unwrap);
    let told: Vec<_> = outcomes.filter_map(|one| one.fresh).filter(|body| body.target().is_none()).collect();
    let told = told.into_iter().filter(|body| matches!(body, Body::Message(_))).map(mentioned);
    assert_eq!(told.collect::<Vec<_>>(), [vec!["bob"], vec!["eve", "bob"], vec!["eve"]]);
    assert_eq!(unread(store, eve, ops).await, (2, 2));
}

pub async fn mentions_are_unread_until_they_are_read(store: &impl Store) {
    let (ann, bob) = (user(store, "ann").await, user(store, "bob").await);
    let talk = direct(store, ann, bob).await;
    for text in ["@bob", "so", "@bob", "@bob"] {
        says(store, talk, ann, text).await;
    }
    says(store, talk, bob, "@bob @ann").await;
    assert_eq!((unread(store, bob, talk).await, unread(store, ann, talk).await), ((4, 3), (1, 1)));
    for (number, left) in [(1, (3, 2)), (2, (2, 2)), (1, (2, 2)), (4, (0, 0)), (99, (0, 0))] {
        assert_eq!(reads(store, bob, talk, number).await, left, "{number}");
        assert_eq!(unread(store, bob, talk).await, left);
    }
    let many = (0..limits::UNREAD_MAX + 5).map(|number| message(talk, ann, &number.to_string(), "@bob"));
    store.append(many.collect()).await.unwrap();
    assert_eq!(unread(store, bob, talk).await, (limits::UNREAD_MAX, limits::UNREAD_MAX));
}

pub async fn who_is_blocked_calls_nobody(store: &impl Store) {
    let (ann, bob, eve) = (user(store, "ann").await, user(store, "bob").await, user(store, "eve").await);
    let talk = direct(store, ann, bob).await;
    let ops = make(store, new(ann, "ops", &[bob, eve])).await;
    assert_eq!(says(store, ops, bob, "@ann @eve").await, ["ann", "eve"]);
    says(store, ops, eve, "@ann").await;
    let blocks = async |blocked| {
        let change = NewPreferences { blocked: Some(blocked), ..NewPreferences::default() };
        store.prefer(ann, talk, change).await.unwrap().unwrap().unwrap();
    };
    blocks(true).await;
    assert_eq!(says(store, ops, bob, "@ann @eve").await, ["ann", "eve"], "it is told as it stands there");
    assert_eq!((unread(store, ann, ops).await, unread(store, eve, ops).await), ((3, 1), (2, 2)));
    says(store, ops, ann, "@bob").await;
    assert_eq!(unread(store, bob, ops).await, (2, 1), "whoever blocks still calls");
    blocks(false).await;
    assert_eq!(unread(store, ann, ops).await, (3, 3));
}

pub async fn edits_mention_nobody_anew_and_deletions_take_back(store: &impl Store) {
    let (ann, bob) = (user(store, "ann").await, user(store, "bob").await);
    let talk = direct(store, ann, bob).await;
    for text in ["hi @bob", "hi", "@bob!"] {
        says(store, talk, ann, text).await;
    }
    does(store, talk, ann, edit(1, "hi")).await.unwrap();
    does(store, talk, ann, edit(2, "hi @bob")).await.unwrap();
    assert_eq!(unread(store, bob, talk).await, (3, 2));
    does(store, talk, ann, deletion(3)).await.unwrap();
    assert_eq!(unread(store, bob, talk).await, (3, 1));
    assert_eq!(reads(store, bob, talk, 1).await, (2, 0));
    let page = store.history(bob, talk, PageRange::Newest, 9).await.unwrap().unwrap();
    let told: Vec<_> = page.entries.into_iter().take(3).map(|entry| mentioned(entry.body)).collect();
    assert_eq!(told, [vec!["bob"], vec![], vec![]]);
    let again = append(store, message(talk, ann, "1", "@bob")).await.unwrap();
    does(store, talk, ann, deletion(again.seq.get())).await.unwrap();
    let repeated = append(store, message(talk, ann, "1", "@bob")).await.unwrap();
    assert_eq!((repeated.seq, repeated.is_fresh()), (again.seq, false));
    assert_eq!(unread(store, bob, talk).await, (3, 0), "what is sent again calls nobody again");
}

pub async fn one_message_mentions_so_many(store: &impl Store) {
    let ann = user(store, "ann").await;
    let mut others = Vec::new();
    for number in 0..=limits::MENTIONS_MAX {
        others.push(user(store, &format!("u{number}")).await);
    }
    let ops = make(store, new(ann, "ops", &others)).await;
    let all: Vec<_> = (0..others.len()).map(|number| format!("@u{number}")).collect();
    let told = says(store, ops, ann, &all.join(" ")).await;
    assert_eq!(told.len(), limits::MENTIONS_MAX);
    let calls = async |who: UserId| unread(store, who, ops).await;
    assert_eq!(calls(others[limits::MENTIONS_MAX - 1]).await, (1, 1));
    assert_eq!(calls(others[limits::MENTIONS_MAX]).await, (1, 0));
}

pub async fn what_is_found_tells_its_mentions(store: &impl Store) {
    let (ann, bob) = (user(store, "ann").await, user(store, "bob").await);
    let talk = direct(store, ann, bob).await;
    says(store, talk, ann, "lunch, @bob?").await;
    index(store).await;
    let hit = search(store, bob, "lunch", None, 9).await.remove(0);
    assert_eq!(mentioned(hit.entry.body), ["bob"]);
}

/// Random messages, deletions and readings of three people against a list in memory.
pub async fn random_mentions_are_counted_as_the_model_counts(store: &impl Store) {
    let names = ["ann", "bob", "eve"];
    let mut people = Vec::new();
    for name in names {
        people.push(user(store, name).await);
    }
    let step = (0..3_usize, 0..8_u8, 0..8_u8, 0..30_u64);
    let steps = proptest::collection::vec(step, 20..40);
    let mut runner = TestRunner::default();
    for round in 0..6 {
        let group = new(people[0], &format!("group{round}"), &people[1..]);
        let ops = make(store, group).await;
        let (mut log, mut read) = (vec![None; 2], [1, 1, 1]);
        for (who, act, named, number) in steps.new_tree(&mut runner).unwrap().current() {
            match act {
                0 => {
                    reads(store, people[who], ops, number.max(1)).await;
                    read[who] = read[who].max(number.max(1)).min(log.len() as u64);
                }
                1 => {
                    let is_own = |one: Option<&Option<(usize, u8)>>| {
                        one.is_some_and(|one| one.is_some_and(|(by, _)| by == who))
                    };
                    let target = number.max(1);
                    let at = usize::try_from(target).unwrap() - 1;
                    if is_own(log.get(at)) && does(store, ops, people[who], deletion(target)).await.is_ok() {
                        log[at] = log[at].map(|(by, _)| (by, 0));
                        log.push(None);
                    }
                }
                _ => {
                    let called = (0..3).filter(|one| named & (1 << one) != 0).map(|one| names[one]);
                    let text: String = called.map(|name| format!("@{name} ")).collect();
                    says(store, ops, people[who], &format!("{text}!")).await;
                    log.push(Some((who, named)));
                }
            }
            for (reader, user) in people.iter().enumerate() {
                let above = log.iter().zip(1..).filter(|(_, number)| *number > read[reader]);
                let others = above.filter_map(|(one, _)| *one).filter(|(by, _)| *by != reader);
                let others: Vec<_> = others.collect();
                let calls = others.iter().filter(|(_, named)| named & (1 << reader) != 0).count();
                let (told, mentions) = unread(store, *user, ops).await;
                assert_eq!((told as usize, mentions as usize), (others.len(), calls), "{reader}: {log:?}");
            }
        }
    }
}
