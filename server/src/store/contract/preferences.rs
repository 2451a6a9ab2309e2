//! Preferences: what somebody wants of a conversation, and what stands between two of whom one has blocked the other.

use super::groups::new;
use super::*;
use chat_protocol::{Level, Marks, MemberChange, Preferences, limits};

async fn prefers(
    store: &impl Store,
    user: UserId,
    id: ConversationId,
    change: NewPreferences,
) -> Result<Preferred, PreferError> {
    store.prefer(user, id, change).await.unwrap().unwrap()
}

/// Blocks the other one, or does not any more; who is hidden or seen by that.
async fn blocks(store: &impl Store, user: UserId, id: ConversationId, blocked: bool) -> Option<UserId> {
    let change = NewPreferences { blocked: Some(blocked), ..NewPreferences::default() };
    let preferred = prefers(store, user, id, change).await.unwrap();
    assert_eq!(preferred.preferences.blocked, blocked);
    preferred.turned
}

async fn preferences(store: &impl Store, user: UserId, id: ConversationId) -> Preferences {
    let row = store.conversation(user, id).await.unwrap().unwrap();
    let listed = store.conversations(user, None, 9).await.unwrap();
    let listed = listed.into_iter().find(|one| one.id == id).unwrap();
    assert_eq!(listed, row, "the list tells what the row tells");
    row.preferences
}

fn does(conversation: ConversationId, sender: UserId, client_id: &str, body: NewBody) -> NewEntry {
    NewEntry { body, ..message(conversation, sender, client_id, "") }
}

pub async fn preferences_are_kept_and_nobody_elses(store: &impl Store) {
    let (ann, bob, eve) = (user(store, "ann").await, user(store, "bob").await, user(store, "eve").await);
    let chat = direct(store, ann, bob).await;
    say(store, chat, bob, &["1", "2", "3"]).await;
    let group = store.create_group(new(bob, "ops", &[ann])).await.unwrap().unwrap();
    assert_eq!(group.len(), 2);
    let group = store.group_named(ann, &"ops".parse().unwrap()).await.unwrap().unwrap();
    for (id, head) in [(chat, 3), (group, 2)] {
        let usual = Preferences::default();
        assert_eq!(preferences(store, ann, id).await, usual);
        let level = NewPreferences { level: Some(Level::Mentions), ..NewPreferences::default() };
        let muted = Preferences { level: Level::Mentions, ..usual };
        let told = Preferred { preferences: muted, turned: None };
        assert_eq!(prefers(store, ann, id, level).await, Ok(told));
        let away = NewPreferences { archived: Some(true), ..NewPreferences::default() };
        let put_away = Preferences { archived: seq(head), ..muted };
        assert_eq!(
            prefers(store, ann, id, away).await,
            Ok(Preferred { preferences: put_away, turned: None })
        );
        let nothing = prefers(store, ann, id, NewPreferences::default()).await.unwrap();
        assert_eq!(nothing.preferences, put_away, "what is not given stays");
        say(store, id, bob, &["more"]).await;
        store.mark_read(ann, id, seq(1)).await.unwrap().unwrap();
        assert_eq!(preferences(store, ann, id).await, put_away);
        assert_eq!(preferences(store, bob, id).await, usual, "it is nobody else's");
        let back = NewPreferences { level: Some(Level::None), archived: Some(false), blocked: None };
        let none = Preferences { level: Level::None, ..usual };
        assert_eq!(prefers(store, ann, id, back).await.unwrap().preferences, none);
        assert_eq!(store.prefer(eve, id, level).await.unwrap(), None);
    }
    let block = NewPreferences { blocked: Some(true), ..NewPreferences::default() };
    let notes = direct(store, ann, ann).await;
    for id in [group, notes] {
        for blocked in [true, false] {
            let block = NewPreferences { blocked: Some(blocked), ..block };
            assert_eq!(prefers(store, ann, id, block).await, Err(PreferError::NobodyToBlock));
        }
    }
    assert_eq!(store.prefer(ann, ConversationId::from_bits(7), block).await.unwrap(), None);
    assert_eq!(store.prefer(eve, chat, block).await.unwrap(), None);
    assert_eq!(store.blocked(ann).await.unwrap(), []);
    assert!(append(store, message(chat, bob, "after", "x")).await.is_ok(), "no stranger blocks anybody");
    let leaves = NewBody::Members { change: MemberChange::Left, users: vec![ann] };
    append(store, does(group, ann, "leave", leaves)).await.unwrap();
    let comes = NewBody::Members { change: MemberChange::Added, users: vec![ann] };
    append(store, does(group, bob, "back", comes)).await.unwrap();
    assert_eq!(preferences(store, ann, group).await, Preferences::default(), "who comes again begins anew");
}

/// Whoever of the two has done it, and whoever has the lower number.
pub async fn a_block_stands_between_two_and_nobody_else(store: &impl Store) {
    let (ann, bob, eve) = (user(store, "ann").await, user(store, "bob").await, user(store, "eve").await);
    let names = |names: &[&str]| names.iter().map(|name| name.parse().unwrap()).collect::<Vec<_>>();
    let chat = direct(store, ann, bob).await;
    let others = [direct(store, ann, eve).await, direct(store, bob, eve).await];
    say(store, chat, ann, &["1"]).await;
    say(store, chat, bob, &["2"]).await;
    for (round, (one, other)) in [(ann, bob), (bob, ann)].into_iter().enumerate() {
        let own = seq(if one == ann { 1 } else { 2 });
        let id = |what: &str| format!("{what}-{round}");
        assert_eq!(blocks(store, one, chat, true).await, Some(other));
        assert_eq!(blocks(store, one, chat, true).await, None, "it is so already");
        let blocker = if one == ann { "bob" } else { "ann" };
        assert_eq!(
            (store.blocked(one).await.unwrap(), store.blocked(other).await.unwrap()),
            (names(&[blocker]), vec![])
        );
        assert!(
            preferences(store, one, chat).await.blocked && !preferences(store, other, chat).await.blocked
        );
        let thumb = |removed| NewBody::Reaction { target: own, emoji: "👍".to_owned(), removed };
        for (place, sender) in [one, other].into_iter().enumerate() {
            let refused = [
                NewBody::Message { text: "x".to_owned(), file: None, reply_to: None },
                NewBody::Message { text: "x".to_owned(), file: None, reply_to: Some(own) },
                NewBody::Edit { target: own, text: "x".to_owned() },
                thumb(false),
                thumb(true),
            ];
            for (number, body) in refused.into_iter().enumerate() {
                let entry = does(chat, sender, &id(&format!("x-{place}-{number}")), body);
                assert_eq!(append(store, entry).await, Err(AppendError::Blocked));
            }
            let join = NewBody::Members { change: MemberChange::Joined, users: vec![sender] };
            assert_eq!(
                append(store, does(chat, sender, &id("join"), join)).await,
                Err(AppendError::NotAllowed)
            );
        }
        let others_own = NewBody::Deletion { target: own };
        assert_eq!(append(store, does(chat, other, &id("d"), others_own)).await, Err(AppendError::NotYours));
        assert_eq!(append(store, message(chat, eve, &id("e"), "x")).await, Err(AppendError::NotMember));
        for id in others {
            say(store, id, eve, &["elsewhere all goes on"]).await;
        }
        // Both read on.
        for reader in [one, other] {
            assert_eq!(
                store.history(reader, chat, PageRange::Newest, 9).await.unwrap().unwrap().entries.len(),
                2
            );
        }
        assert_eq!(blocks(store, other, chat, true).await, None, "it was between them already");
        assert_eq!(blocks(store, one, chat, false).await, None, "and still is");
        assert_eq!(append(store, message(chat, one, &id("still"), "x")).await, Err(AppendError::Blocked));
        assert_eq!(blocks(store, other, chat, false).await, Some(one));
        assert_eq!(blocks(store, other, chat, false).await, None);
        assert_eq!(
            (store.blocked(one).await.unwrap(), store.blocked(other).await.unwrap()),
            (vec![], vec![])
        );
    }
    for (sender, number, client_id) in [(ann, 1, "da"), (bob, 2, "db")] {
        blocks(store, sender, chat, true).await;
        let deletion = NewBody::Deletion { target: seq(number) };
        assert!(append(store, does(chat, sender, client_id, deletion)).await.unwrap().is_fresh());
        blocks(store, sender, chat, false).await;
    }
    assert_eq!(append(store, message(chat, ann, "again", "x")).await.unwrap().seq, seq(5));
}

/// P3: what was acknowledged stays so, whatever stands against it now.
pub async fn what_was_sent_before_a_block_is_still_sent(store: &impl Store) {
    let (ann, bob) = (user(store, "ann").await, user(store, "bob").await);
    let chat = direct(store, ann, bob).await;
    let first = append(store, message(chat, ann, "1", "hi")).await.unwrap();
    blocks(store, bob, chat, true).await;
    let batch =
        vec![message(chat, ann, "1", "hi"), message(chat, ann, "2", "hi"), message(chat, ann, "1", "ho")];
    let outcomes = store.append(batch).await.unwrap();
    let again = outcomes[0].as_ref().unwrap();
    assert_eq!((again.seq, again.is_fresh()), (first.seq, false));
    assert_eq!(outcomes[1], Err(AppendError::Blocked));
    assert_eq!(outcomes[2], Err(AppendError::IdConflict));
    blocks(store, bob, chat, false).await;
    assert_eq!(append(store, message(chat, ann, "2", "hi")).await.unwrap().seq, seq(2), "no number was used");
}

/// Also while so much is sent in the conversation that nobody would have to look where it ends.
pub async fn a_block_holds_from_its_answer_on(store: &impl Store) {
    let (ann, bob) = (user(store, "ann").await, user(store, "bob").await);
    let chat = direct(store, ann, bob).await;
    for round in 0..10 {
        let busy = async |sender: usize| {
            let mut outcomes = Vec::new();
            for number in 0..15 {
                let id = format!("{round}-{sender}-{number}");
                outcomes.push(append(store, message(chat, bob, &id, "x")).await.map(|done| done.seq));
            }
            outcomes
        };
        let block = async {
            append(store, message(chat, ann, &format!("{round}-ann"), "x")).await.unwrap();
            blocks(store, ann, chat, true).await;
            append(store, message(chat, bob, &format!("{round}-after"), "x")).await
        };
        let (outcomes, after) =
            futures_util::future::join(futures_util::future::join_all((0..4).map(busy)), block).await;
        assert_eq!(after, Err(AppendError::Blocked), "round {round}");
        for outcomes in outcomes {
            let stored = outcomes.iter().take_while(|outcome| outcome.is_ok()).count();
            assert!(
                outcomes[stored..].iter().all(|outcome| *outcome == Err(AppendError::Blocked)),
                "{outcomes:?}"
            );
        }
        blocks(store, ann, chat, false).await;
        assert!(append(store, message(chat, bob, &format!("{round}-after"), "x")).await.unwrap().is_fresh());
    }
}

pub async fn whoever_is_blocked_brings_nobody_into_a_group(store: &impl Store) {
    let (ann, bob, eve) = (user(store, "ann").await, user(store, "bob").await, user(store, "eve").await);
    let chat = direct(store, ann, bob).await;
    blocks(store, ann, chat, true).await;
    assert_eq!(store.create_group(new(bob, "ops", &[eve, ann])).await.unwrap(), Err(AppendError::Blocked));
    let made = new(bob, "ops", &[eve]);
    let id = made.id;
    store.create_group(made).await.unwrap().unwrap();
    let add = |users: &[UserId]| NewBody::Members { change: MemberChange::Added, users: users.to_vec() };
    assert_eq!(append(store, does(id, bob, "a", add(&[ann]))).await, Err(AppendError::Blocked));
    assert_eq!(append(store, does(id, bob, "b", add(&[eve, ann]))).await, Err(AppendError::Blocked));
    assert_eq!(append(store, does(id, bob, "c", add(&[eve]))).await, Err(AppendError::NoChange));
    let own = new(ann, "ops", &[bob]);
    let (own_id, group) = (own.id, store.create_group(own).await.unwrap().unwrap());
    assert_eq!(group.len(), 2, "whoever blocks may bring in whom they like");
    for (sender, text) in [(ann, "hi"), (bob, "ho")] {
        say(store, own_id, sender, &[text]).await;
    }
    blocks(store, ann, chat, false).await;
    assert!(append(store, does(id, bob, "a", add(&[ann]))).await.unwrap().is_fresh());
}

pub async fn whoever_is_hidden_is_told_of_nothing(store: &impl Store) {
    let (ann, bob, eve) = (user(store, "ann").await, user(store, "bob").await, user(store, "eve").await);
    let chat = direct(store, ann, bob).await;
    say(store, chat, ann, &["1", "2", "3", "4", "5", "6"]).await;
    let made = new(eve, "ops", &[ann, bob]);
    let group = made.id;
    store.create_group(made).await.unwrap().unwrap();
    for user in [ann, bob] {
        store.set_last_seen(user, 77).await.unwrap();
    }
    let nothing = Marks { delivered: Seq::ZERO, read: None };
    for (number, blocker) in (1..).zip([ann, bob]) {
        let other = if blocker == ann { bob } else { ann };
        store.mark_read(bob, chat, seq(2 * number - 1)).await.unwrap().unwrap();
        store.mark_read(bob, group, seq(1)).await.unwrap().unwrap();
        blocks(store, blocker, chat, true).await;
        for (one, another) in [(ann, bob), (bob, ann)] {
            assert_eq!(store.listeners(one, chat).await.unwrap(), Some(vec![]));
            assert_eq!(store.listeners(one, group).await.unwrap(), Some(vec![eve]));
            assert_eq!(store.peers(one).await.unwrap(), [eve]);
            let row = store.conversation(one, chat).await.unwrap().unwrap();
            let peer = peer_of(&row);
            assert_eq!((peer.is_hidden, peer.last_seen, peer.marks), (true, None, nothing));
            let members = store.group_members(one, group, None, 9).await.unwrap().unwrap();
            let hidden: Vec<_> = members.iter().filter(|member| member.is_hidden).collect();
            assert_eq!(
                hidden.iter().map(|member| (member.id, member.marks)).collect::<Vec<_>>(),
                [(another, nothing)]
            );
        }
        let heard = store.mark_read(bob, chat, seq(2 * number)).await.unwrap().unwrap().1;
        assert_eq!(heard.to, [], "in their own conversation nobody hears of it");
        let heard = store.mark_read(bob, group, seq(2)).await.unwrap().unwrap().1;
        assert_eq!(heard.to, if number == 1 { vec![eve] } else { vec![] });
        let members = store.group_members(eve, group, None, 9).await.unwrap().unwrap();
        assert!(members.iter().all(|member| !member.is_hidden), "it is between the two alone");
        assert_eq!(store.listeners(eve, group).await.unwrap().unwrap().len(), 2);
        blocks(store, blocker, chat, false).await;
        let row = store.conversation(other, chat).await.unwrap().unwrap();
        assert_eq!((peer_of(&row).is_hidden, peer_of(&row).last_seen), (false, Some(77)));
        assert_eq!(store.listeners(ann, chat).await.unwrap(), Some(vec![bob]));
        let row = store.conversation(ann, chat).await.unwrap().unwrap();
        assert_eq!(peer_of(&row).marks.read, Some(seq(2 * number)), "what was read meanwhile shows");
    }
}

pub async fn nobody_blocks_without_end(store: &impl Store) {
    let ann = user(store, "ann").await;
    let mut last = None;
    let numbers: Vec<_> = (0..limits::BLOCKED_MAX).collect();
    for some in numbers.chunks(100) {
        // Together, so that they share their commits.
        let blocked = some.iter().map(async |number| {
            let chat = direct(store, ann, user(store, &format!("u{number}")).await).await;
            blocks(store, ann, chat, true).await;
            chat
        });
        last = futures_util::future::join_all(blocked).await.pop();
    }
    let bob = user(store, "bob").await;
    let chat = direct(store, ann, bob).await;
    let block = NewPreferences { blocked: Some(true), level: Some(Level::None), archived: None };
    assert_eq!(prefers(store, ann, chat, block).await, Err(PreferError::TooManyBlocked));
    assert_eq!(store.conversation(ann, chat).await.unwrap().unwrap().preferences, Preferences::default());
    assert!(append(store, message(chat, bob, "1", "hi")).await.is_ok());
    // Those who are blocked by many are free to block.
    assert_eq!(blocks(store, bob, chat, true).await, Some(ann));
    blocks(store, ann, last.unwrap(), true).await;
    blocks(store, ann, last.unwrap(), false).await;
    assert!(prefers(store, ann, chat, block).await.is_ok());
    assert_eq!(store.blocked(ann).await.unwrap().len(), limits::BLOCKED_MAX);
}
