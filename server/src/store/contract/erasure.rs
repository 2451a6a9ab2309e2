//! Accounts that end: what others see of it at once, and what is taken away step by step.

use super::changes::{deletion, does, edit, reaction, saying};
use super::files::{file, garbage, sees};
use super::groups::{make, members, new};
use super::search::{index, numbers};
use super::*;
use crate::store::erasure::{Blanked, Seated};
use chat_protocol::{MemberChange, Message, Role, limits};

const ENDED: u64 = 77;

fn name(text: &str) -> UserName {
    text.parse().unwrap()
}

pub(super) async fn ends(store: &impl Store, user: UserId) -> UserName {
    let tombstone = name("deleted-1a2b");
    assert!(store.end_account(user, &tombstone, ENDED).await.unwrap());
    tombstone
}

/// Takes away what is left, in steps of so many; how many entries that were.
async fn buried(store: &impl Store, user: UserId, limit: u32) -> u32 {
    let (mut from, mut count, mut steps) = (None, 0, 0);
    loop {
        let Blanked { entries, next } = store.blank_entries(user, from, limit).await.unwrap();
        assert!(entries <= limit);
        (count, from, steps) = (count + entries, next, steps + 1);
        assert!(steps < 100, "it comes to an end");
        if from.is_none() {
            break;
        }
    }
    store.blank_belongings(user).await.unwrap();
    count
}

async fn entries(store: &impl Store, user: UserId, chat: ConversationId) -> Vec<StoredEntry> {
    store.history(user, chat, PageRange::After(Seq::ZERO), 99).await.unwrap().unwrap().entries
}

fn message_of(entry: &StoredEntry) -> &Message {
    match &entry.body {
        Body::Message(message) => message,
        other => panic!("{other:?} is no message"),
    }
}

/// What is told of a message with this number whose sender has gone.
fn gone(number: u64) -> Message {
    Message { deleted_at: Some(ENDED), changed: Some(seq(number)), ..Message::default() }
}

pub async fn a_name_is_free_again_when_its_account_has_ended(store: &impl Store) {
    let (ann, bob) = (user(store, "ann").await, user(store, "bob").await);
    let chat = direct(store, ann, bob).await;
    say(store, chat, bob, &["hi"]).await;
    device(store, bob, 1).await;
    device(store, ann, 2).await;
    store.set_last_seen(bob, 5).await.unwrap();
    assert!(!store.end_account(bob, &name("ann"), ENDED).await.unwrap(), "that is somebody's name");
    let tombstone = ends(store, bob).await;
    assert!(!store.end_account(bob, &name("deleted-2"), ENDED).await.unwrap(), "it has ended");
    for freed in ["bob", "deleted-1a2b"] {
        assert_eq!(store.user(&name(freed)).await.unwrap(), None, "nobody is called {freed}");
        assert_eq!(store.direct_with(ann, &name(freed)).await.unwrap(), None);
    }
    assert!(!is_known(store, 1).await && is_known(store, 2).await);
    assert_eq!(store.devices(bob).await.unwrap(), []);
    store.set_last_seen(bob, 99).await.unwrap();
    let row = store.conversation(ann, chat).await.unwrap().unwrap();
    let peer = peer_of(&row);
    assert_eq!((peer.id, &peer.name, peer.last_seen), (bob, &tombstone, None));
    let other = user(store, "bob").await;
    assert_ne!(other, bob);
    assert_ne!(direct(store, ann, other).await, chat, "whoever is called so now is somebody else");
    let left = store.departed(9).await.unwrap();
    assert_eq!(
        left.iter().map(|one| (one.user, one.name.as_str(), one.at)).collect::<Vec<_>>(),
        [(bob, "deleted-1a2b", ENDED)]
    );
    store.forget_departed(bob).await.unwrap();
    assert_eq!(store.departed(9).await.unwrap(), []);
}

pub async fn nothing_is_told_of_what_the_departed_wrote(store: &impl Store) {
    let (ann, bob) = (user(store, "ann").await, user(store, "bob").await);
    let chat = direct(store, ann, bob).await;
    say(store, chat, bob, &["a secret word"]).await;
    does(store, chat, bob, edit(1, "another secret word")).await.unwrap();
    let reply = NewBody::Message { text: "no word".to_owned(), file: None, reply_to: Some(seq(1)) };
    append(store, saying(chat, ann, reply.clone())).await.unwrap();
    does(store, chat, bob, reaction(3, "👍", false)).await.unwrap();
    index(store).await;
    assert_eq!(numbers(store, ann, "word").await, [3, 1]);
    ends(store, bob).await;
    // At once, and just the same when the store has come to it.
    for _ in 0..2 {
        let log = entries(store, ann, chat).await;
        let senders: Vec<_> = log[..4].iter().map(|entry| entry.from.as_str()).collect();
        assert_eq!(senders, ["deleted-1a2b", "deleted-1a2b", "ann", "deleted-1a2b"]);
        assert_eq!(message_of(&log[0]), &gone(1));
        assert_eq!(log[1].body, Body::Edit { target: seq(1), text: String::new() });
        let answer = message_of(&log[2]);
        let quote = answer.reply_to.as_ref().unwrap();
        assert_eq!((quote.text.as_str(), quote.deleted, quote.from.as_str()), ("", true, "deleted-1a2b"));
        assert_eq!(answer.reactions[0].users, [name("deleted-1a2b")], "reactions stay");
        assert_eq!(store.versions(ann, chat, seq(1), Seq::MAX, 9).await.unwrap(), Some(vec![]));
        assert_eq!(numbers(store, ann, "word").await, [3]);
        assert_eq!(does(store, chat, ann, deletion(1)).await, Err(AppendError::MessageDeleted));
        buried(store, bob, 9).await;
        index(store).await;
    }
    let notes = direct(store, ann, ann).await;
    say(store, notes, ann, &["x"]).await;
    let row =
        store.conversations(ann, None, 9).await.unwrap().into_iter().find(|row| row.id == chat).unwrap();
    assert_eq!(row.read.unread, 1, "a message that is gone still has its number");
}

pub async fn what_the_departed_wrote_is_taken_away_in_steps(store: &impl Store) {
    let (ann, bob) = (user(store, "ann").await, user(store, "bob").await);
    let (chat, notes, others) =
        (direct(store, ann, bob).await, direct(store, bob, bob).await, direct(store, ann, ann).await);
    for number in 0..7 {
        say(store, chat, bob, &[&format!("secret {number}")]).await;
        say(store, chat, ann, &["mine"]).await;
    }
    does(store, chat, bob, edit(1, "secret still")).await.unwrap();
    does(store, chat, bob, deletion(3)).await.unwrap();
    does(store, chat, bob, reaction(2, "👍", false)).await.unwrap();
    say(store, notes, bob, &["milk", "bread"]).await;
    say(store, others, ann, &["not bob's"]).await;
    ends(store, bob).await;
    let before = entries(store, ann, chat).await;
    // Six of the seven messages are left, with the edit and the notes.
    assert_eq!(buried(store, bob, 3).await, 9);
    assert_eq!(buried(store, bob, 3).await, 0, "nothing is left");
    let log = entries(store, ann, chat).await;
    assert_eq!(log, before, "what is told of it stays the same");
    assert_eq!(message_of(&log[2]), &gone(3), "what was deleted before is gone with all else");
    let own: Vec<_> = log.iter().filter(|entry| entry.from.as_str() == "ann").collect();
    assert!(own.iter().all(|entry| message_of(entry).text == "mine") && own.len() == 7);
    assert_eq!(texts(store, ann, others, PageRange::Newest, 9).await, ["not bob's"]);
    assert_eq!(does(store, chat, ann, deletion(2)).await, Ok(18), "the log goes on");
}

pub async fn files_of_the_departed_go_but_those_that_others_sent(store: &impl Store) {
    let (ann, bob) = (user(store, "ann").await, user(store, "bob").await);
    let chat = direct(store, ann, bob).await;
    let [only, both, unsent] =
        [file(store, bob, 1).await, file(store, bob, 2).await, file(store, bob, 3).await];
    let anns = file(store, ann, 4).await;
    let with = |id: &str, by, file| {
        let body = NewBody::Message { text: String::new(), file: Some(file), reply_to: None };
        NewEntry { body, ..message(chat, by, id, "") }
    };
    for entry in [with("1", bob, only), with("2", bob, both), with("3", ann, both), with("4", ann, anns)] {
        append(store, entry).await.unwrap();
    }
    ends(store, bob).await;
    assert!(!sees(store, ann, only).await && sees(store, ann, both).await && sees(store, ann, anns).await);
    buried(store, bob, 2).await;
    // Ten minutes later, which is what anything under way is given.
    store.sweep_files(10_000_000, 1).await.unwrap();
    let mut expected = vec![only, unsent];
    expected.sort();
    assert_eq!(garbage(store).await, expected);
    assert!(sees(store, ann, both).await && sees(store, ann, anns).await);
}

pub async fn somebody_is_in_charge_when_the_departed_have_left(store: &impl Store) {
    let (ann, bob, eve) = (user(store, "ann").await, user(store, "bob").await, user(store, "eve").await);
    let alone = make(store, new(ann, "alone", &[])).await;
    let led = make(
        store,
        NewGroup {
            client_id: "led".parse().unwrap(),
            second_id: "led-2".parse().unwrap(),
            ..new(ann, "led", &[eve])
        },
    )
    .await;
    does(store, led, ann, members(MemberChange::Added, &[bob])).await.unwrap();
    let shared = NewGroup {
        client_id: "sh".parse().unwrap(),
        second_id: "sh-2".parse().unwrap(),
        ..new(bob, "shared", &[ann, eve])
    };
    let shared = make(store, shared).await;
    does(store, shared, bob, members(MemberChange::Promoted, &[ann])).await.unwrap();
    let mut seats = store.seats(ann).await.unwrap();
    seats.sort_by_key(|seat| seat.group);
    let seat = |group, heir| Seated { group, heir };
    let mut expected = vec![seat(alone, None), seat(led, Some(eve)), seat(shared, None)];
    expected.sort_by_key(|seat| seat.group);
    assert_eq!(seats, expected);
    ends(store, ann).await;
    for Seated { group, heir } in seats {
        if let Some(heir) = heir {
            does(store, group, ann, members(MemberChange::Promoted, &[heir])).await.unwrap();
        }
        does(store, group, ann, members(MemberChange::Left, &[ann])).await.unwrap();
    }
    assert_eq!(store.seats(ann).await.unwrap(), []);
    let told: Vec<_> = store.group_members(bob, led, None, 9).await.unwrap().unwrap();
    let told: Vec<_> = told.into_iter().map(|one| (one.name.to_string(), one.role)).collect();
    assert_eq!(told, [("bob".to_owned(), Role::Member), ("eve".to_owned(), Role::Admin)]);
    let last = entries(store, bob, led).await.pop().unwrap();
    let users = vec![name("deleted-1a2b")];
    assert_eq!(
        (last.from, last.body),
        (users[0].clone(), Body::Members { change: MemberChange::Left, users })
    );
    assert_eq!(store.public_groups(bob, None, 9).await.unwrap(), []);
}

/// Nobody could take it back by a name, and it would count towards those whom one can block.
pub async fn no_block_outlives_an_account(store: &impl Store) {
    let [ann, bob, eve] = [user(store, "ann").await, user(store, "bob").await, user(store, "eve").await];
    let pairs = [(ann, bob), (bob, eve), (ann, eve)];
    for (by, whom) in pairs {
        let chat = direct(store, by, whom).await;
        let change = NewPreferences { blocked: Some(true), ..NewPreferences::default() };
        store.prefer(by, chat, change).await.unwrap().unwrap().unwrap();
    }
    ends(store, bob).await;
    buried(store, bob, 9).await;
    assert_eq!(store.blocked(ann).await.unwrap(), [name("eve")], "what is between others stays");
    assert_eq!(store.blocked(bob).await.unwrap(), []);
    let chat = direct(store, ann, bob).await;
    assert!(!store.conversation(ann, chat).await.unwrap().unwrap().preferences.blocked);
    let chat = direct(store, eve, bob).await;
    assert!(!store.conversation(eve, chat).await.unwrap().unwrap().preferences.blocked);
}

pub async fn fellows_are_those_of_groups_of_any_size(store: &impl Store) {
    let (ann, bob) = (user(store, "ann").await, user(store, "bob").await);
    let mut crowd = Vec::new();
    for number in 0..limits::WHISPERING_MEMBERS_MAX {
        crowd.push(user(store, &format!("u{number}")).await);
    }
    make(store, new(ann, "crowd", &crowd)).await;
    let chat = direct(store, ann, bob).await;
    assert!(!store.fellows(ann).await.unwrap().contains(&bob), "nothing was ever said to bob");
    say(store, chat, ann, &["hi"]).await;
    let mut fellows = store.fellows(ann).await.unwrap();
    fellows.sort();
    crowd.push(bob);
    crowd.sort();
    assert_eq!(fellows, crowd);
    assert_eq!(store.peers(ann).await.unwrap(), [bob], "of a large group one hears nothing");
    assert_eq!(store.fellows(bob).await.unwrap(), [ann]);
}
