//! What every store must do, told as stories. [`run_for!`] makes a test of each for one store.

mod changes;
mod departed;
mod erasure;
mod files;
mod groups;
mod marks;
mod mentions;
mod preferences;
mod retention;
mod search;

pub use changes::*;
pub use departed::*;
pub use erasure::*;
pub use files::*;
pub use groups::*;
pub use marks::*;
pub use mentions::*;
pub use preferences::*;
pub use retention::*;
pub use search::*;

use super::*;
use chat_protocol::{Body, ClientId};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use std::collections::HashMap;

/// Makes the contract's tests for the store that `$open` opens: an expression that gives a guard and a store.
macro_rules! run_for {
    ($open:expr) => {
        $crate::store::contract::run_for! { $open;
            accounts_have_unique_names, a_new_password_logs_other_devices_out, devices_come_and_go, last_seen_only_grows,
            two_people_have_one_conversation, numbers_have_no_holes, a_repeated_send_is_the_same_message,
            another_text_under_the_same_id_is_a_conflict, one_bad_entry_does_not_fail_its_batch,
            outsiders_see_and_write_nothing, whispers_reach_the_others_alone, history_comes_in_pages, the_list_is_ordered_and_paged,
            the_watermark_only_grows, time_never_runs_backwards, any_text_is_kept_exactly,
            appends_at_the_same_time_are_one_log, random_batches_do_what_the_model_does,
            an_upload_goes_on_where_it_was, the_last_writer_has_it, room_is_taken_once_and_given_back,
            the_same_content_has_one_home, content_that_comes_and_goes_at_once_is_never_lost,
            a_file_is_seen_where_it_hangs, one_bad_file_does_not_fail_its_batch, what_hangs_on_nothing_goes_in_time, one_sweep_gives_up_all_there_is,
            messages_are_told_as_they_have_become, an_answer_quotes_its_origin_as_it_has_become,
            nothing_is_left_of_a_deleted_message, only_what_may_be_changed_is_changed, a_change_is_made_once,
            changes_find_what_their_own_batch_has_sent, a_change_elsewhere_changes_nothing_here,
            versions_come_in_pages, a_deleted_message_lets_its_file_go, random_changes_do_what_the_fold_does,
            a_group_is_made_once, names_of_public_groups_are_unique, members_come_and_go_with_their_entries,
            who_may_do_what_is_asked_at_the_commit, somebody_is_always_in_charge, a_change_of_members_is_made_once,
            what_newcomers_see_of_the_past, small_groups_whisper_and_large_ones_do_not, groups_and_people_are_in_one_list,
            preferences_are_kept_and_nobody_elses, a_block_stands_between_two_and_nobody_else,
            what_was_sent_before_a_block_is_still_sent, a_block_holds_from_its_answer_on, whoever_is_blocked_brings_nobody_into_a_group,
            whoever_is_hidden_is_told_of_nothing, nobody_blocks_without_end,
            what_is_delivered_and_read_is_told_to_the_others, changes_are_not_counted_as_unread, nobody_hears_of_notes,
            a_message_is_found_by_what_it_says, what_is_found_follows_its_changes, nobody_finds_what_is_others,
            hits_come_in_pages_also_while_others_write, the_index_is_made_in_any_steps, random_searches_find_what_the_model_finds,
            groups_are_searched_by_those_who_see_them,
            a_log_begins_later_without_a_hole, mentions_go_with_their_messages, a_log_of_which_all_has_gone_goes_on, nothing_is_done_with_what_has_gone,
            what_has_gone_was_sent_all_the_same, files_go_with_their_messages, a_group_has_a_rule_and_its_members_stay,
            an_index_that_is_behind_brings_nothing_back, two_who_sweep_come_to_the_same,
            a_name_is_free_again_when_its_account_has_ended, nothing_is_told_of_what_the_departed_wrote,
            what_the_departed_wrote_is_taken_away_in_steps, files_of_the_departed_go_but_those_that_others_sent,
            somebody_is_in_charge_when_the_departed_have_left, no_block_outlives_an_account,
            nobody_talks_to_the_departed, what_was_sent_to_the_departed_is_still_sent, an_end_holds_from_its_answer_on, fellows_are_those_of_groups_of_any_size,
            those_who_are_there_are_mentioned, a_batch_mentions_those_who_are_there_by_then, mentions_are_unread_until_they_are_read,
            edits_mention_nobody_anew_and_deletions_take_back, one_message_mentions_so_many, what_is_found_tells_its_mentions,
            random_mentions_are_counted_as_the_model_counts, who_is_blocked_calls_nobody
        }
    };
    ($open:expr; $($story:ident),*) => {
        $(#[tokio::test]
        async fn $story() {
            let (_guard, store) = $open;
            $crate::store::contract::$story(&store).await;
            store.close().await;
        })*
    };
}
pub(super) use run_for;

async fn user(store: &impl Store, name: &str) -> UserId {
    let name = name.parse().unwrap();
    store.create_user(NewUser { name, password_hash: "hash".to_owned(), at: 1 }).await.unwrap().unwrap()
}

async fn direct(store: &impl Store, a: UserId, b: UserId) -> ConversationId {
    let fresh = ConversationId::from_bits(u64::from_ne_bytes(rand()));
    store.open_direct(a, b, fresh).await.unwrap()
}

fn rand() -> [u8; 8] {
    let mut bytes = [0; 8];
    getrandom::fill(&mut bytes).unwrap();
    bytes
}

fn message(conversation: ConversationId, sender: UserId, client_id: &str, text: &str) -> NewEntry {
    let body = NewBody::Message { text: text.to_owned(), file: None, reply_to: None };
    NewEntry { conversation, sender, client_id: client_id.parse().unwrap(), at: 10, body }
}

async fn append(store: &impl Store, entry: NewEntry) -> Result<Appended, AppendError> {
    store.append(vec![entry]).await.unwrap().remove(0)
}

async fn say(store: &impl Store, conversation: ConversationId, sender: UserId, texts: &[&str]) {
    for text in texts {
        let id = u64::from_ne_bytes(rand()).to_string();
        append(store, message(conversation, sender, &id, text)).await.unwrap();
    }
}

async fn texts(
    store: &impl Store,
    user: UserId,
    id: ConversationId,
    range: PageRange,
    limit: u32,
) -> Vec<String> {
    let page = store.history(user, id, range, limit).await.unwrap().unwrap();
    let text = |entry: StoredEntry| match entry.body {
        Body::Message(message) => message.text,
        other => panic!("{other:?} is no message"),
    };
    page.entries.into_iter().map(text).collect()
}

fn peer_of(row: &ConversationRow) -> &PeerRow {
    match &row.kind {
        ConversationKind::Direct(peer) => peer,
        ConversationKind::Group(group) => panic!("{group:?} has no peer"),
    }
}

fn seq(number: u64) -> Seq {
    Seq::new(number).unwrap()
}

async fn device(store: &impl Store, user: UserId, number: u8) -> DeviceId {
    let id = DeviceId::from_bits(u64::MAX - u64::from(number));
    let token = TokenHash([number; 32]);
    store.add_device(NewDevice { id, user, token, name: "a phone".to_owned(), at: 5 }).await.unwrap();
    id
}

async fn is_known(store: &impl Store, number: u8) -> bool {
    store.device_by_token(TokenHash([number; 32]), 6).await.unwrap().is_some()
}

pub async fn accounts_have_unique_names(store: &impl Store) {
    let ann = user(store, "ann").await;
    let again = NewUser { name: "ann".parse().unwrap(), password_hash: "other".to_owned(), at: 2 };
    assert_eq!(store.create_user(again).await.unwrap(), None);
    let account = store.user(&"ann".parse().unwrap()).await.unwrap().unwrap();
    assert_eq!((account.id, account.password_hash.as_str(), account.last_seen), (ann, "hash", None));
    assert_eq!(store.user(&"bob".parse().unwrap()).await.unwrap(), None);
    let twins = (0..2).map(|_| NewUser { name: "eve".parse().unwrap(), password_hash: String::new(), at: 3 });
    let made = futures_util::future::join_all(twins.map(|twin| store.create_user(twin))).await;
    assert_eq!(made.into_iter().filter(|made| made.as_ref().unwrap().is_some()).count(), 1);
}

pub async fn a_new_password_logs_other_devices_out(store: &impl Store) {
    let (ann, bob) = (user(store, "ann").await, user(store, "bob").await);
    let (phone, laptop, _bobs) =
        (device(store, ann, 1).await, device(store, ann, 2).await, device(store, bob, 3).await);
    assert_eq!(store.set_password(ann, "new".to_owned(), Some(phone)).await.unwrap(), [laptop]);
    assert_eq!(store.user(&"ann".parse().unwrap()).await.unwrap().unwrap().password_hash, "new");
    assert!(is_known(store, 1).await && !is_known(store, 2).await && is_known(store, 3).await);
    assert_eq!(store.set_password(ann, "newer".to_owned(), None).await.unwrap(), [phone]);
}

pub async fn devices_come_and_go(store: &impl Store) {
    let (ann, bob) = (user(store, "ann").await, user(store, "bob").await);
    let (phone, laptop) = (device(store, ann, 1).await, device(store, ann, 2).await);
    let (found, account) = store.device_by_token(TokenHash([1; 32]), 1_000_000).await.unwrap().unwrap();
    assert_eq!((found, account.id), (phone, ann));
    let rows = store.devices(ann).await.unwrap();
    let seen: HashMap<_, _> = rows.iter().map(|row| (row.id, (row.created_at, row.last_seen))).collect();
    assert_eq!(seen, HashMap::from([(phone, (5, 1_000_000)), (laptop, (5, 5))]));
    assert!(!store.remove_device(bob, phone).await.unwrap(), "it is not bob's");
    assert!(store.remove_device(ann, phone).await.unwrap());
    assert!(!store.remove_device(ann, phone).await.unwrap());
    assert!(!is_known(store, 1).await && is_known(store, 2).await);
}

pub async fn last_seen_only_grows(store: &impl Store) {
    let ann = user(store, "ann").await;
    for at in [7, 9, 8] {
        store.set_last_seen(ann, at).await.unwrap();
    }
    assert_eq!(store.user(&"ann".parse().unwrap()).await.unwrap().unwrap().last_seen, Some(9));
}

pub async fn two_people_have_one_conversation(store: &impl Store) {
    let (ann, bob) = (user(store, "ann").await, user(store, "bob").await);
    let both = futures_util::future::join(direct(store, ann, bob), direct(store, bob, ann)).await;
    assert_eq!(both.0, both.1);
    assert_ne!(direct(store, ann, ann).await, both.0);
    let row = store.conversation(ann, both.0).await.unwrap().unwrap();
    let peer = peer_of(&row);
    assert_eq!((peer.id, peer.name.as_str(), row.span.head), (bob, "bob", Seq::ZERO));
    let notes = direct(store, ann, ann).await;
    say(store, notes, ann, &["a note"]).await;
    assert_eq!(peer_of(&store.conversation(ann, notes).await.unwrap().unwrap()).id, ann);
    assert_eq!(store.peers(ann).await.unwrap(), [], "nothing was said to bob, and ann is no peer of her own");
    say(store, both.0, ann, &["hi"]).await;
    assert_eq!((store.peers(ann).await.unwrap(), store.peers(bob).await.unwrap()), (vec![bob], vec![ann]));
}

pub async fn numbers_have_no_holes(store: &impl Store) {
    let (ann, bob) = (user(store, "ann").await, user(store, "bob").await);
    let (chat, notes) = (direct(store, ann, bob).await, direct(store, ann, ann).await);
    let batch =
        vec![message(chat, ann, "1", "a"), message(notes, ann, "1", "n"), message(chat, bob, "1", "b")];
    let numbers: Vec<_> =
        store.append(batch).await.unwrap().into_iter().map(|done| done.unwrap().seq).collect();
    assert_eq!(numbers, [seq(1), seq(1), seq(2)]);
    let appended = append(store, message(chat, ann, "2", "c")).await.unwrap();
    assert_eq!((appended.seq, appended.is_fresh(), appended.members.len()), (seq(3), true, 2));
    assert_eq!(texts(store, bob, chat, PageRange::Newest, 9).await, ["a", "b", "c"]);
}

pub async fn a_repeated_send_is_the_same_message(store: &impl Store) {
    let (ann, bob) = (user(store, "ann").await, user(store, "bob").await);
    let chat = direct(store, ann, bob).await;
    let send = || message(chat, ann, "1", "hi");
    let batch = store.append(vec![send(), send()]).await.unwrap();
    let numbers: Vec<_> =
        batch.into_iter().map(Result::unwrap).map(|done| (done.seq, done.is_fresh())).collect();
    assert_eq!(numbers, [(seq(1), true), (seq(1), false)]);
    say(store, chat, bob, &["hello"]).await;
    let again = append(store, NewEntry { at: 99, ..send() }).await.unwrap();
    assert_eq!((again.seq, again.at, again.is_fresh()), (seq(1), 10, false));
    let bobs = append(store, message(chat, bob, "1", "hi")).await.unwrap();
    assert_eq!((bobs.seq, bobs.is_fresh()), (seq(3), true), "an id is the sender's own");
    assert_eq!(texts(store, ann, chat, PageRange::Newest, 9).await, ["hi", "hello", "hi"]);
}

pub async fn another_text_under_the_same_id_is_a_conflict(store: &impl Store) {
    let (ann, bob) = (user(store, "ann").await, user(store, "bob").await);
    let chat = direct(store, ann, bob).await;
    append(store, message(chat, ann, "1", "hi")).await.unwrap();
    assert_eq!(append(store, message(chat, ann, "1", "ho")).await, Err(AppendError::IdConflict));
    assert_eq!(texts(store, ann, chat, PageRange::Newest, 9).await, ["hi"]);
}

pub async fn one_bad_entry_does_not_fail_its_batch(store: &impl Store) {
    let (ann, bob, eve) = (user(store, "ann").await, user(store, "bob").await, user(store, "eve").await);
    let chat = direct(store, ann, bob).await;
    let nowhere = ConversationId::from_bits(7);
    let batch = vec![
        message(chat, ann, "1", "a"),
        message(chat, eve, "1", "let me in"),
        message(nowhere, ann, "2", "hello?"),
        message(chat, ann, "1", "b"),
        message(chat, ann, "3", "c"),
    ];
    let outcomes = store.append(batch).await.unwrap();
    let outcomes: Vec<_> = outcomes.into_iter().map(|done| done.map(|appended| appended.seq)).collect();
    let (outsider, conflict) = (Err(AppendError::NotMember), Err(AppendError::IdConflict));
    assert_eq!(outcomes, [Ok(seq(1)), outsider, outsider, conflict, Ok(seq(2))]);
}

pub async fn outsiders_see_and_write_nothing(store: &impl Store) {
    let (ann, bob, eve) = (user(store, "ann").await, user(store, "bob").await, user(store, "eve").await);
    let chat = direct(store, ann, bob).await;
    say(store, chat, ann, &["secret"]).await;
    for id in [chat, ConversationId::from_bits(7)] {
        assert_eq!(store.conversation(eve, id).await.unwrap(), None);
        assert_eq!(store.history(eve, id, PageRange::Newest, 9).await.unwrap(), None);
        assert_eq!(store.mark_read(eve, id, seq(1)).await.unwrap(), None);
    }
    assert_eq!(store.conversations(eve, None, 9).await.unwrap(), []);
    assert_eq!(store.peers(eve).await.unwrap(), []);
}

pub async fn whispers_reach_the_others_alone(store: &impl Store) {
    let (ann, bob, eve) = (user(store, "ann").await, user(store, "bob").await, user(store, "eve").await);
    let (talk, notes) = (direct(store, ann, bob).await, direct(store, ann, ann).await);
    assert_eq!(store.listeners(ann, talk).await.unwrap(), Some(vec![]), "nothing was ever said");
    say(store, talk, ann, &["hi"]).await;
    say(store, notes, ann, &["milk"]).await;
    assert_eq!(store.listeners(ann, talk).await.unwrap(), Some(vec![bob]));
    assert_eq!(store.listeners(bob, talk).await.unwrap(), Some(vec![ann]));
    assert_eq!(store.listeners(ann, notes).await.unwrap(), Some(vec![]));
    assert_eq!(store.listeners(eve, talk).await.unwrap(), None, "she is not in it");
    assert_eq!(store.listeners(ann, ConversationId::from_bits(1)).await.unwrap(), None);
    for (asks, with, found) in [
        (ann, "bob", Some(talk)),
        (bob, "ann", Some(talk)),
        (ann, "ann", Some(notes)),
        (eve, "ann", None),
        (eve, "nobody", None),
    ] {
        assert_eq!(store.direct_with(asks, &with.parse().unwrap()).await.unwrap(), found, "{asks:?} {with}");
    }
    assert!(store.conversations(eve, None, 10).await.unwrap().is_empty(), "asking makes none");
}

pub async fn history_comes_in_pages(store: &impl Store) {
    let (ann, bob) = (user(store, "ann").await, user(store, "bob").await);
    let chat = direct(store, ann, bob).await;
    let page = store.history(ann, chat, PageRange::Newest, 2).await.unwrap().unwrap();
    assert_eq!(page, Page { entries: vec![], span: Span { first: seq(1), head: Seq::ZERO } });
    say(store, chat, ann, &["1", "2", "3", "4", "5"]).await;
    let cases: [(PageRange, &[&str]); 8] = [
        (PageRange::Newest, &["4", "5"]),
        (PageRange::Before(seq(4)), &["2", "3"]),
        (PageRange::Before(seq(2)), &["1"]),
        (PageRange::Before(seq(1)), &[]),
        (PageRange::Before(seq(99)), &["4", "5"]),
        (PageRange::After(Seq::ZERO), &["1", "2"]),
        (PageRange::After(seq(4)), &["5"]),
        (PageRange::After(seq(5)), &[]),
    ];
    for (range, expected) in cases {
        assert_eq!(texts(store, bob, chat, range, 2).await, expected, "{range:?}");
    }
    let page = store.history(bob, chat, PageRange::After(seq(4)), 2).await.unwrap().unwrap();
    assert_eq!((page.entries[0].seq, page.entries[0].from.as_str(), page.span.head), (seq(5), "ann", seq(5)));
}

pub async fn the_list_is_ordered_and_paged(store: &impl Store) {
    let ann = user(store, "ann").await;
    let mut expected = Vec::new();
    for (name, at) in [("bob", 30), ("carl", 10), ("dora", 30), ("emil", 20)] {
        let chat = direct(store, user(store, name).await, ann).await;
        append(store, NewEntry { at, ..message(chat, ann, "1", name) }).await.unwrap();
        expected.push((at, chat.bits().cast_signed()));
    }
    let notes = direct(store, ann, ann).await;
    append(store, NewEntry { at: 25, ..message(notes, ann, "1", "note") }).await.unwrap();
    expected.push((25, notes.bits().cast_signed()));
    let silent = user(store, "silent").await;
    direct(store, ann, silent).await;
    expected.sort_by(|a, b| b.cmp(a));
    let (mut seen, mut after) = (Vec::new(), None);
    loop {
        let page = store.conversations(ann, after, 2).await.unwrap();
        seen.extend(page.iter().map(|row| (row.activity, row.id.bits().cast_signed())));
        let Some(last) = page.last() else { break };
        assert!(last.last.is_some());
        after = Some((last.activity, last.id));
    }
    assert_eq!(seen, expected);
}

pub async fn the_watermark_only_grows(store: &impl Store) {
    let (ann, bob) = (user(store, "ann").await, user(store, "bob").await);
    let chat = direct(store, ann, bob).await;
    say(store, chat, ann, &["1", "2"]).await;
    say(store, chat, bob, &["3"]).await;
    say(store, chat, ann, &["4"]).await;
    let unread = async |user| store.conversation(user, chat).await.unwrap().unwrap().read;
    let mark = |number, unread| ReadMark { seq: seq(number), unread, mentions: 0 };
    let unread_of = |unread| ReadMark { seq: Seq::ZERO, unread, mentions: 0 };
    assert_eq!((unread(bob).await, unread(ann).await), (unread_of(3), unread_of(1)));
    for (read, expected) in [(2, (2, 1)), (1, (2, 1)), (99, (4, 0))] {
        let (mark, _) = store.mark_read(bob, chat, seq(read)).await.unwrap().unwrap();
        assert_eq!((mark.seq.get(), mark.unread), expected);
    }
    assert_eq!(unread(bob).await, mark(4, 0));
    assert_eq!(store.conversations(ann, None, 1).await.unwrap()[0].read, unread_of(1));
}

pub async fn time_never_runs_backwards(store: &impl Store) {
    let ann = user(store, "ann").await;
    let notes = direct(store, ann, ann).await;
    for (id, at, expected) in [("1", 50, 50), ("2", 40, 50), ("3", 60, 60)] {
        let appended = append(store, NewEntry { at, ..message(notes, ann, id, "x") }).await.unwrap();
        assert_eq!(appended.at, expected);
    }
}

pub async fn any_text_is_kept_exactly(store: &impl Store) {
    let ann = user(store, "ann").await;
    let notes = direct(store, ann, ann).await;
    let long = "x".repeat(8192);
    let hostile = [
        r#"{"$ne":null}"#,
        "'; DROP TABLE users; --",
        "👩‍👩‍👧\u{202e}\u{1b}[2J\r\n\t",
        "\u{fffe}",
        long.as_str(),
    ];
    say(store, notes, ann, &hostile).await;
    assert_eq!(texts(store, ann, notes, PageRange::Newest, 9).await, hostile);
}

pub async fn appends_at_the_same_time_are_one_log(store: &impl Store) {
    let (ann, bob) = (user(store, "ann").await, user(store, "bob").await);
    let chat = direct(store, ann, bob).await;
    // The order of the calls is the order of the log, whichever future is awaited first; a dropped one is written too.
    let mut outcomes: Vec<_> = (0..20)
        .map(|number: u32| store.append(vec![message(chat, ann, &number.to_string(), &number.to_string())]))
        .collect();
    drop(outcomes.remove(3));
    outcomes.reverse();
    for outcome in outcomes {
        outcome.await.unwrap().remove(0).unwrap();
    }
    let expected: Vec<_> = (0..20).map(|number: u32| number.to_string()).collect();
    assert_eq!(texts(store, bob, chat, PageRange::Newest, 50).await, expected);
}

/// Random batches of sends by two people, some repeated, against a list in memory.
pub async fn random_batches_do_what_the_model_does(store: &impl Store) {
    let (ann, bob) = (user(store, "ann").await, user(store, "bob").await);
    let send = (any::<bool>(), 0..12_u8, 0..2_u8);
    let batches = proptest::collection::vec(proptest::collection::vec(send, 1..8), 1..12);
    let mut runner = TestRunner::default();
    for round in 0..16 {
        let peer = user(store, &format!("peer{round}")).await;
        let chat = direct(store, ann, peer).await;
        let _ = bob;
        let mut log: Vec<(UserId, ClientId, String)> = Vec::new();
        for batch in batches.new_tree(&mut runner).unwrap().current() {
            let entries: Vec<_> = batch
                .iter()
                .map(|(anns, id, text)| {
                    message(chat, if *anns { ann } else { peer }, &id.to_string(), &text.to_string())
                })
                .collect();
            let outcomes = store.append(entries.clone()).await.unwrap();
            for (entry, outcome) in entries.into_iter().zip(outcomes) {
                let NewBody::Message { text, .. } = entry.body else { unreachable!() };
                let known = log.iter().position(|(by, id, _)| (*by, id) == (entry.sender, &entry.client_id));
                let expected = match known {
                    Some(at) if log[at].2 == text => Ok((seq(at as u64 + 1), false)),
                    Some(_) => Err(AppendError::IdConflict),
                    None => {
                        log.push((entry.sender, entry.client_id, text));
                        Ok((seq(log.len() as u64), true))
                    }
                };
                assert_eq!(outcome.map(|appended| (appended.seq, appended.is_fresh())), expected);
            }
        }
        let expected: Vec<_> = log.into_iter().map(|(_, _, text)| text).collect();
        assert_eq!(texts(store, peer, chat, PageRange::After(Seq::ZERO), 200).await, expected);
    }
}
