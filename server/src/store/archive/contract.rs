//! What every store must do as an archive, told as stories. [`run_for!`] makes a test of each for one store.

mod files;

pub use files::*;

use super::*;
use crate::store::{NewBody, PageRange, TokenHash, UserId};
use chat_protocol::{DeviceId, GroupChange, Level, MemberChange, Past, Preferences, Role};

/// Makes the tests for the store that `$open` opens: an expression that gives a guard and a store.
macro_rules! run_for {
    ($open:expr) => {
        $crate::store::archive::contract::run_for! { $open;
            rows_are_kept_exactly, what_changes_is_changed_and_the_rest_is_refused, pages_come_in_the_order_of_the_keys,
            a_log_goes_on_where_it_ends, preferences_are_kept_exactly, groups_are_kept_exactly, every_kind_of_entry_is_kept_exactly, mentions_are_counted_where_they_were_written, a_log_that_begins_later_loses_what_came_before, what_the_departed_wrote_is_nobodys, a_deletion_takes_away_what_came_before_it,
            entries_may_come_again_but_not_others_in_their_place, devices_can_be_removed_alone,
            a_server_reads_what_was_written, a_store_is_marked_and_knows_whether_it_is_empty, files_are_kept_exactly_and_counted, a_file_that_is_removed_leaves_its_content_to_others
        }
    };
    ($open:expr; $($story:ident),*) => {
        $(#[tokio::test]
        async fn $story() {
            let (_guard, store) = $open;
            $crate::store::archive::contract::$story(&store).await;
            store.close().await;
        })*
    };
}
pub(in crate::store) use run_for;

const TALK: ConversationId = ConversationId::from_bits(u64::MAX - 5);
const NOTES: ConversationId = ConversationId::from_bits(7);
const ANN: UserId = UserId(4);
const BOB: UserId = UserId(i64::MAX - 3);

fn user(id: UserId, name: &str) -> UserRecord {
    let name = name.parse().unwrap();
    UserRecord {
        id,
        name,
        password_hash: format!("hash of {}", id.0),
        created_at: 3,
        last_seen: None,
        read_receipts: true,
        erased_at: None,
    }
}

fn device(bits: u64, user: UserId) -> DeviceRecord {
    let token = TokenHash([u8::try_from(bits & 0xff).unwrap(); 32]);
    DeviceRecord {
        id: DeviceId::from_bits(bits),
        user,
        token,
        name: "a phone".into(),
        created_at: 5,
        last_seen: 9,
    }
}

fn conversation(id: ConversationId, low: UserId, high: UserId) -> ConversationRecord {
    let mut members = vec![MemberRecord::new(low), MemberRecord::new(high)];
    members.dedup();
    let kind = KindRecord::Direct(low, high);
    ConversationRecord { id, kind, members, first: seq(1), head: Seq::ZERO, activity: 0 }
}

fn entry(number: u64, text: &str) -> EntryRecord {
    EntryRecord {
        conversation: TALK,
        seq: seq(number),
        at: 100 + number,
        sender: if number.is_multiple_of(2) { ANN } else { BOB },
        client_id: format!("c-{number}").parse().unwrap(),
        body: NewBody::Message { text: text.to_owned(), file: None, reply_to: None },
        attachment: None,
        mentions: Vec::new(),
    }
}

fn seq(number: u64) -> Seq {
    Seq::new(number).unwrap()
}

async fn all<R: Record>(store: &impl Shelf<R>) -> Vec<R> {
    store.page(i64::MIN, BATCH_ROWS).await.unwrap()
}

/// Two people who have talked, from the fifth entry to the seventh.
async fn filled(store: &impl Archive) -> (Vec<UserRecord>, Vec<DeviceRecord>, Vec<ConversationRecord>) {
    let users = vec![user(ANN, "ann"), UserRecord { last_seen: Some(8), ..user(BOB, "bob") }];
    let devices = vec![device(u64::MAX, BOB), device(1, ANN)];
    let (first, head) = (seq(5), seq(7));
    let marks = MarksRecord { read: seq(6), delivered: seq(7) };
    let members = vec![MemberRecord::new(ANN), MemberRecord { marks, ..MemberRecord::new(BOB) }];
    let talk = ConversationRecord { first, head, activity: 107, members, ..conversation(TALK, ANN, BOB) };
    let conversations = vec![talk, conversation(NOTES, ANN, ANN)];
    store.put(users.clone()).await.unwrap();
    store.put(devices.clone()).await.unwrap();
    store.put(conversations.clone()).await.unwrap();
    store
        .put_entries(vec![entry(5, "five"), entry(6, "\u{1f44b} $six \u{202e}"), entry(7, "")])
        .await
        .unwrap();
    (users, devices, conversations)
}

pub async fn rows_are_kept_exactly(store: &impl Archive) {
    let (users, devices, conversations) = filled(store).await;
    for _ in 0..2 {
        assert_eq!(all::<UserRecord>(store).await, users);
        assert_eq!(all::<DeviceRecord>(store).await, devices);
        assert_eq!(all::<ConversationRecord>(store).await, conversations);
        let log = store.entries(TALK, Seq::ZERO, 10).await.unwrap();
        assert_eq!(log, [entry(5, "five"), entry(6, "\u{1f44b} $six \u{202e}"), entry(7, "")]);
        // The same again changes nothing.
        filled(store).await;
    }
}

pub async fn what_changes_is_changed_and_the_rest_is_refused(store: &impl Archive) {
    let (users, devices, conversations) = filled(store).await;
    let ann = UserRecord {
        password_hash: "new".into(),
        last_seen: Some(11),
        read_receipts: false,
        ..users[0].clone()
    };
    let phone = DeviceRecord { last_seen: 12, ..devices[1].clone() };
    let talk = ConversationRecord {
        head: seq(9),
        activity: 120,
        members: vec![
            MemberRecord { marks: MarksRecord { read: seq(8), delivered: seq(9) }, ..MemberRecord::new(ANN) },
            MemberRecord::new(BOB),
        ],
        ..conversations[0].clone()
    };
    store.put(vec![ann.clone()]).await.unwrap();
    store.put(vec![phone.clone()]).await.unwrap();
    store.put(vec![talk.clone()]).await.unwrap();
    assert_eq!(all::<UserRecord>(store).await[0], ann);
    assert_eq!(all::<DeviceRecord>(store).await[1], phone);
    assert_eq!(all::<ConversationRecord>(store).await[0], talk);

    let other_name = UserRecord { name: "eve".parse().unwrap(), ..ann.clone() };
    let other_token = DeviceRecord { token: TokenHash([77; 32]), ..phone.clone() };
    let other_member = ConversationRecord { kind: KindRecord::Direct(ANN, ANN), ..talk.clone() };
    let taken_name = user(UserId(99), "bob");
    for error in [
        store.put(vec![taken_name, other_name.clone()]).await.unwrap_err(),
        store.put(vec![other_name]).await.unwrap_err(),
        store.put(vec![other_token]).await.unwrap_err(),
        store.put(vec![other_member]).await.unwrap_err(),
    ] {
        assert!(matches!(error, StoreError::Refused(_)), "{error}");
    }
    assert_eq!(all::<UserRecord>(store).await.len(), 2);
    assert_eq!(all::<UserRecord>(store).await[0], ann);
}

pub async fn pages_come_in_the_order_of_the_keys(store: &impl Archive) {
    let ids = [u64::MAX, 1 << 63, 0, 1, (1 << 63) - 1];
    store.put(vec![user(ANN, "ann")]).await.unwrap();
    // Each has another token.
    let devices = ids
        .iter()
        .zip(0..)
        .map(|(id, number)| DeviceRecord { token: TokenHash([number; 32]), ..device(*id, ANN) });
    store.put(devices.collect()).await.unwrap();
    let mut sorted: Vec<_> = ids.iter().map(|id| id.cast_signed()).collect();
    sorted.sort_unstable();
    let rows = all::<DeviceRecord>(store).await;
    assert_eq!(rows.iter().map(Record::key).collect::<Vec<_>>(), sorted);
    let page: Vec<DeviceRecord> = store.page(sorted[1], 2).await.unwrap();
    assert_eq!(page, rows[1..3]);
    let page: Vec<DeviceRecord> = store.page(sorted[3] + 1, 9).await.unwrap();
    assert_eq!(page, rows[4..]);
}

pub async fn a_log_goes_on_where_it_ends(store: &impl Archive) {
    filled(store).await;
    assert_eq!(store.ends(vec![NOTES, TALK]).await.unwrap(), [Seq::ZERO, seq(7)]);
    store.put_entries(vec![entry(8, "eight"), entry(9, "nine")]).await.unwrap();
    assert_eq!(store.ends(vec![TALK, NOTES]).await.unwrap(), [seq(9), Seq::ZERO]);
    let page = store.entries(TALK, seq(6), 2).await.unwrap();
    assert_eq!(page, [entry(7, ""), entry(8, "eight")]);
    assert_eq!(store.entries(NOTES, Seq::ZERO, 2).await.unwrap(), []);
}

/// What stands before the beginning of a log in the source has gone there since it was copied.
pub async fn a_log_that_begins_later_loses_what_came_before(store: &impl Archive) {
    let (.., conversations) = filled(store).await;
    let talk = ConversationRecord { first: seq(7), ..conversations[0].clone() };
    for _ in 0..2 {
        store.put(vec![talk.clone()]).await.unwrap();
        let log = store.entries(TALK, Seq::ZERO, 10).await.unwrap();
        assert_eq!(log, [entry(5, ""), entry(6, ""), entry(7, "")]);
        store.put_entries(vec![entry(6, ""), entry(7, "")]).await.unwrap();
    }
    assert_eq!(all::<ConversationRecord>(store).await[0], talk);
    let again = |number: u64, text: &str| {
        let EntryRecord { conversation, sender, client_id, at, .. } = entry(number, "");
        let body = NewBody::Message { text: text.to_owned(), file: None, reply_to: None };
        crate::store::NewEntry { conversation, sender, client_id, at, body }
    };
    let outcomes = store.append(vec![again(5, "five"), again(7, "seven")]).await.unwrap();
    assert_eq!(outcomes[0].as_ref().map(|done| done.seq), Ok(seq(5)), "it is known for ever");
    assert_eq!(outcomes[1].as_ref().err(), Some(&crate::store::AppendError::IdConflict));
}

/// An account that has ended in the source since it was copied, and whose name is another one's there.
pub async fn what_the_departed_wrote_is_nobodys(store: &impl Archive) {
    let (users, ..) = filled(store).await;
    let gone = UserRecord { erased_at: Some(50), name: "deleted-1a".parse().unwrap(), ..users[1].clone() };
    let other = user(UserId(9), "bob");
    for _ in 0..2 {
        store.put(vec![other.clone(), gone.clone()]).await.unwrap();
        let mut told = all::<UserRecord>(store).await;
        told.sort_by_key(|user| user.id);
        assert_eq!(told, [users[0].clone(), other.clone(), gone.clone()]);
        let log = store.entries(TALK, Seq::ZERO, 10).await.unwrap();
        assert_eq!(log, [entry(5, ""), entry(6, "\u{1f44b} $six \u{202e}"), entry(7, "")]);
        store.put_entries(vec![entry(5, ""), entry(7, "")]).await.unwrap();
    }
    assert_eq!(store.user(&"bob".parse().unwrap()).await.unwrap().unwrap().id, other.id);
    let left: Vec<_> = store.departed(9).await.unwrap().into_iter().map(|one| (one.user, one.at)).collect();
    assert_eq!(left, [(BOB, 50)], "the server that runs here takes the rest away");
}

pub async fn preferences_are_kept_exactly(store: &impl Archive) {
    let (_, _, conversations) = filled(store).await;
    let muted = Preferences { level: Level::Mentions, archived: seq(6), blocked: false };
    let blocking = Preferences { level: Level::None, archived: Seq::ZERO, blocked: true };
    let mut hashes = Vec::new();
    for [ann, bob] in [
        [muted, Preferences::default()],
        [Preferences::default(), blocking],
        [blocking, muted],
        [blocking, blocking],
        [Preferences::default(), Preferences { archived: seq(1), ..Preferences::default() }],
        [Preferences::default(); 2],
    ] {
        let mut talk = conversations[0].clone();
        (talk.members[0].preferences, talk.members[1].preferences) = (ann, bob);
        for _ in 0..2 {
            store.put(vec![talk.clone()]).await.unwrap();
            assert_eq!(all::<ConversationRecord>(store).await[0], talk);
        }
        assert_eq!(store.conversation(ANN, TALK).await.unwrap().unwrap().preferences, ann);
        assert_eq!(store.conversation(BOB, TALK).await.unwrap().unwrap().preferences, bob);
        assert_eq!(store.blocked(BOB).await.unwrap().len(), usize::from(bob.blocked));
        let mut digest = Digest::default();
        talk.digest(&mut digest);
        hashes.push(digest.finish().to_string());
    }
    hashes.sort();
    hashes.dedup();
    assert_eq!(hashes.len(), 6, "no two of them are the same to a comparison");
}

pub async fn groups_are_kept_exactly(store: &impl Archive) {
    filled(store).await;
    let id = ConversationId::from_bits(u64::MAX - 3);
    let kind = |name: &str, topic: &str, past, retention_days| KindRecord::Group {
        name: name.parse().unwrap(),
        topic: topic.to_owned(),
        public: true,
        past,
        retention_days,
    };
    let marks = MarksRecord { read: seq(2), delivered: seq(3) };
    let admin = MemberRecord { role: Role::Admin, marks, ..MemberRecord::new(ANN) };
    let preferences = Preferences { level: Level::None, archived: seq(2), blocked: false };
    let newcomer = MemberRecord { first: seq(2), preferences, ..MemberRecord::new(BOB) };
    let mut ops = ConversationRecord {
        id,
        kind: kind("ops", "\u{202e}about", Past::None, 90),
        members: vec![admin, newcomer],
        first: seq(1),
        head: seq(3),
        activity: 200,
    };
    let log = |at, body| EntryRecord { conversation: id, body, ..entry(at, "") };
    let change = GroupChange { topic: Some("\u{202e}about".to_owned()), ..GroupChange::default() };
    let entries = vec![
        log(1, NewBody::Group(GroupChange { name: Some("ops".parse().unwrap()), ..change.clone() })),
        log(2, NewBody::Members { change: MemberChange::Added, users: vec![BOB, ANN] }),
        log(3, NewBody::Group(change)),
    ];
    for _ in 0..2 {
        store.put(vec![ops.clone()]).await.unwrap();
        store.put_entries(entries.clone()).await.unwrap();
        assert_eq!(
            all::<ConversationRecord>(store).await.into_iter().find(|row| row.id == id),
            Some(ops.clone())
        );
        assert_eq!(store.entries(id, Seq::ZERO, 9).await.unwrap(), entries);
    }
    assert_eq!(store.public_group(&"ops".parse().unwrap()).await.unwrap(), Some(id));
    assert_eq!(store.conversation(BOB, id).await.unwrap().unwrap().span.first, seq(2));
    // Whoever has left since does not stay.
    ops.kind = kind("dev", "", Past::All, 0);
    ops.members.pop();
    store.put(vec![ops.clone()]).await.unwrap();
    assert_eq!(all::<ConversationRecord>(store).await.into_iter().find(|row| row.id == id), Some(ops));
    assert_eq!(store.conversation(BOB, id).await.unwrap(), None);
    assert_eq!(store.public_group(&"ops".parse().unwrap()).await.unwrap(), None);
    assert_eq!(store.public_groups(ANN, None, 9).await.unwrap()[0].members, 1);
}

pub async fn every_kind_of_entry_is_kept_exactly(store: &impl Archive) {
    filled(store).await;
    let (target, text) = (seq(6), "\u{202e}👋".to_owned());
    let bodies = [
        NewBody::Message { text: text.clone(), file: None, reply_to: Some(target) },
        NewBody::Edit { target, text: text.clone() },
        NewBody::Reaction { target, emoji: "👋".to_owned(), removed: false },
        NewBody::Reaction { target, emoji: "👋".to_owned(), removed: true },
        NewBody::Edit { target, text: String::new() },
        NewBody::Deletion { target: seq(5) },
    ];
    let mut rows: Vec<_> =
        (8..).zip(bodies).map(|(at, body)| EntryRecord { body, ..entry(at, "") }).collect();
    let mentioning = |at, users: &[UserId]| EntryRecord { mentions: users.to_vec(), ..entry(at, "same") };
    rows.extend([mentioning(14, &[]), mentioning(15, &[BOB, ANN]), mentioning(16, &[ANN, BOB])]);
    store.put_entries(rows.clone()).await.unwrap();
    store.put_entries(rows.clone()).await.unwrap();
    assert_eq!(store.entries(TALK, seq(7), 99).await.unwrap(), rows);
    let mut hashes: Vec<_> = rows
        .iter()
        .map(|row| {
            let mut digest = Digest::default();
            EntryRecord { seq: seq(1), at: 1, sender: ANN, client_id: "a".parse().unwrap(), ..row.clone() }
                .digest(&mut digest);
            digest.finish().to_string()
        })
        .collect();
    hashes.sort();
    hashes.dedup();
    assert_eq!(hashes.len(), rows.len(), "no two of them are the same to a comparison");
}

pub async fn mentions_are_counted_where_they_were_written(store: &impl Archive) {
    filled(store).await;
    let mentioning = |at| EntryRecord { mentions: vec![ANN, BOB], ..entry(at, "@ann @bob") };
    let deletion = EntryRecord { body: NewBody::Deletion { target: seq(11) }, ..entry(12, "") };
    for _ in 0..2 {
        store.put_entries(vec![mentioning(8), mentioning(9), mentioning(10)]).await.unwrap();
        let gone =
            if store.ends(vec![TALK]).await.unwrap()[0] < seq(12) { mentioning(11) } else { entry(11, "") };
        store.put_entries(vec![gone]).await.unwrap();
        store.put_entries(vec![deletion.clone()]).await.unwrap();
        let (mut talk, members) =
            (conversation(TALK, ANN, BOB), vec![MemberRecord::new(ANN), MemberRecord::new(BOB)]);
        (talk.members, talk.first, talk.head, talk.activity) = (members, seq(5), seq(12), 112);
        store.put(vec![talk]).await.unwrap();
        let counted = async |user| store.conversation(user, TALK).await.unwrap().unwrap().read.mentions;
        // The even ones are ann's own, and the last one is deleted.
        assert_eq!((counted(ANN).await, counted(BOB).await), (1, 2));
    }
}

pub async fn a_deletion_takes_away_what_came_before_it(store: &impl Archive) {
    filled(store).await;
    let target = seq(6);
    let edit =
        |text: &str| EntryRecord { body: NewBody::Edit { target, text: text.to_owned() }, ..entry(8, "") };
    store.put_entries(vec![edit("secret")]).await.unwrap();
    let deletion = EntryRecord { body: NewBody::Deletion { target }, ..entry(9, "") };
    store.put_entries(vec![deletion.clone()]).await.unwrap();
    let expected = [entry(6, ""), entry(7, ""), edit(""), deletion];
    assert_eq!(store.entries(TALK, seq(5), 9).await.unwrap(), expected);
}

pub async fn entries_may_come_again_but_not_others_in_their_place(store: &impl Archive) {
    filled(store).await;
    store.put_entries(vec![entry(7, ""), entry(8, "eight")]).await.unwrap();
    assert_eq!(store.ends(vec![TALK]).await.unwrap(), [seq(8)]);
    let same_client_id = EntryRecord { seq: seq(10), ..entry(8, "eight") };
    for other in [
        entry(8, "another text"),
        EntryRecord { at: 1, ..entry(8, "eight") },
        EntryRecord { sender: BOB, ..entry(8, "eight") },
        same_client_id,
    ] {
        let error = store.put_entries(vec![other]).await.unwrap_err();
        assert!(matches!(error, StoreError::Refused(_)), "{error}");
        assert!(!error.to_string().contains("eight") && !error.to_string().contains('\n'), "{error}");
    }
    assert_eq!(store.entries(TALK, seq(7), 9).await.unwrap(), [entry(8, "eight")]);
}

pub async fn devices_can_be_removed_alone(store: &impl Archive) {
    let (users, devices, _) = filled(store).await;
    Shelf::<DeviceRecord>::remove(store, vec![devices[0].key(), 12345]).await.unwrap();
    assert_eq!(all::<DeviceRecord>(store).await, devices[1..]);
    Shelf::<UserRecord>::remove(store, vec![users[0].key()]).await.unwrap_err();
    assert_eq!(all::<UserRecord>(store).await, users);
}

pub async fn a_server_reads_what_was_written(store: &impl Archive) {
    filled(store).await;
    let page = store.history(ANN, TALK, PageRange::Newest, 9).await.unwrap().unwrap();
    let read: Vec<_> =
        page.entries.iter().map(|entry| (entry.seq.get(), entry.at, entry.from.as_str())).collect();
    assert_eq!(read, [(5, 105, "bob"), (6, 106, "ann"), (7, 107, "bob")]);
    assert_eq!((page.span.first, page.span.head), (seq(5), seq(7)));
    let row = store.conversation(BOB, TALK).await.unwrap().unwrap();
    assert_eq!((row.read.seq, row.activity), (seq(6), 107));
    assert!(matches!(row.kind, crate::store::ConversationKind::Direct(peer) if peer.id == ANN));
    assert!(store.device_by_token(TokenHash([1; 32]), 10).await.unwrap().is_some());
    assert_eq!(store.mark_read(ANN, TALK, seq(7)).await.unwrap().unwrap().0.seq, seq(7));
    let fresh = ConversationId::from_bits(1);
    assert_eq!(store.open_direct(BOB, ANN, fresh).await.unwrap(), TALK);
    let new = crate::store::NewUser { name: "eve".parse().unwrap(), password_hash: String::new(), at: 1 };
    // A new password logs out what was copied as well.
    assert_eq!(store.set_password(ANN, "new".to_owned(), None).await.unwrap(), [DeviceId::from_bits(1)]);
    assert_eq!(all::<DeviceRecord>(store).await.len(), 1);
    let eve = store.create_user(new).await.unwrap().unwrap();
    assert!(eve != ANN && eve != BOB);
}

pub async fn a_store_is_marked_and_knows_whether_it_is_empty(store: &impl Archive) {
    let id = store.id().await.unwrap();
    assert_eq!((store.id().await.unwrap(), id.0.len()), (id, 16));
    assert_eq!(store.origin().await.unwrap(), None);
    for is_complete in [false, true] {
        let origin = Origin { store: StoreId("00000000000000aa".to_owned()), is_complete };
        store.set_origin(origin.clone()).await.unwrap();
        assert_eq!(store.origin().await.unwrap(), Some(origin));
    }
    assert!(store.is_empty().await.unwrap(), "a mark is no row");
    store.put(vec![user(ANN, "ann")]).await.unwrap();
    assert!(!store.is_empty().await.unwrap());
}
