//! What only the MongoDB store must do; the rest is in the contract. On a real mongod.

use super::*;
use crate::store::erasure::ErasureStore;
use crate::store::{AppendError, Content, FileStore, NewBody, NewUpload, Quota, Writer};
use chat_protocol::{ContentHash, FileId};
use mongodb::bson::{Document, doc};

mod changes;
mod groups;
mod retention;

mod keeps_the_contract {
    use super::opened;
    use crate::store::Store;

    crate::store::contract::run_for!(((), opened(&super::fresh()).await));
}

mod is_an_archive {
    use crate::store::{MongoStore, Store};

    crate::store::archive::contract::run_for!(((), MongoStore::open_archive(&super::fresh()).await.unwrap()));
}

/// A database of its own.
fn fresh() -> MongoUrl {
    chat_test_services::fresh_mongodb().parse().unwrap()
}

async fn opened(url: &MongoUrl) -> MongoStore {
    MongoStore::open(url).await.unwrap()
}

/// Entries in one conversation, and in as many others, when the server is asked how it finds things.
const MANY: i64 = 3_000;

/// A database in which a search without an index would be noticed.
async fn crowded() -> Database {
    let url = fresh();
    drop(opened(&url).await);
    let db = connect::connect(&url).await.unwrap();
    let conversations = (0..MANY).map(|number| documents::ConversationDocument {
        id: number,
        low: Some(number % 7),
        high: Some(100 + number),
        group: None,
        // A few of them have blocked the other one.
        blockers: if number % 100 == 5 { vec![100 + number] } else { Vec::new() },
        first: 1,
        head: 1,
        activity: number,
        sweeping: (number % 1000 == 0).then_some(1),
    });
    db.conversations.insert_many(conversations).await.unwrap();
    let entry = |conversation, seq, client_id: String| documents::EntryDocument {
        id: documents::EntryKey { conversation, seq },
        at: seq,
        by: seq % 2,
        client_id,
        text: "x".to_owned(),
        file: None,
        kind: None,
        users: Vec::new(),
        target: None,
        reply_to: None,
        mentions: Vec::new(),
        gone: None,
    };
    // The partial indexes are to be chosen although nearly nothing is in them.
    let attached = documents::AttachedDocument {
        id: 7,
        name: "x".to_owned(),
        size: 1,
        media_type: "text/plain".to_owned(),
        sha256: documents::binary(&[7; 32]),
    };
    let file = documents::EntryDocument { file: Some(attached), ..entry(5, 2, "file".to_owned()) };
    db.entries.insert_one(file).await.unwrap();
    let mentioning = (0..20).map(|number| documents::EntryDocument {
        mentions: vec![0, 1, 2],
        ..entry(3, MANY + 1 + number, format!("mention{number}"))
    });
    db.entries.insert_many(mentioning).await.unwrap();
    crowd(&db).await;
    // Two changes of each of some messages, beyond what the other cases look at.
    let changes = (0..600).map(|number| documents::EntryDocument {
        kind: Some(if number < 300 { documents::ChangeKind::Edit } else { documents::ChangeKind::Reaction }),
        target: Some(1 + number % 300),
        ..entry(1 + number % 2, MANY + 1 + number, format!("change{number}"))
    });
    db.entries.insert_many(changes).await.unwrap();
    let chunks = (0..MANY).map(|n| doc! {"files_id": n / 10, "n": n % 10});
    db.db.collection::<Document>("fs.chunks").insert_many(chunks).await.unwrap();
    let files = (0..MANY).map(|id| doc! {"_id": id, "owner": 1_i64, "sends": 0_i64});
    db.files.clone_with_type::<Document>().insert_many(files).await.unwrap();
    // All have one word, one in ten another.
    let words = |number: i64| if number % 10 == 0 { vec!["all", "some"] } else { vec!["all"] };
    let indexed = (1..MANY)
        .map(|number| doc! {"_id": {"c": number % 3, "s": number}, "at": number, "words": words(number), "version": 1_i64});
    db.search.clone_with_type::<Document>().insert_many(indexed).await.unwrap();
    let long = (1..MANY).map(|seq| entry(1, seq, format!("c{seq}")));
    let others = (2..MANY).map(|conversation| entry(conversation, 1, "c".to_owned()));
    db.entries.insert_many(long.chain(others)).await.unwrap();
    db
}

/// Groups beyond all other conversations: each of the users is in some, and each group has some members.
async fn crowd(db: &Database) {
    let groups = (MANY..2 * MANY).map(|number| documents::ConversationDocument {
        id: number,
        low: None,
        high: None,
        group: Some(documents::GroupDocument {
            name: format!("group{number}"),
            topic: String::new(),
            public: number % 3 == 0,
            past: chat_protocol::Past::All,
            members: 4,
            since: 1,
            retention_days: u32::from(number % 1000 == 0),
            maker: None,
        }),
        blockers: Vec::new(),
        first: 1,
        head: 1,
        activity: number,
        sweeping: None,
    });
    db.conversations.insert_many(groups).await.unwrap();
    let place = |number: i64| {
        let id = doc! {"c": MANY + number / 4, "u": number % 4 + number / 40 * 4};
        let place = doc! {"_id": id, "read": 0_i64, "delivered": 0_i64, "since": 1_i64};
        // Every other one has left.
        let role = doc! {"role": "member", "first": 1_i64};
        if number % 2 == 0 { place.into_iter().chain(role).collect() } else { place }
    };
    let places: Vec<Document> = (0..4 * MANY).map(place).collect();
    db.watermarks.clone_with_type::<Document>().insert_many(places).await.unwrap();
}

/// Asks the server to explain a command; gives how many documents it looks at, and checks how it finds them.
async fn looked_at(db: &Database, command: Document) -> i64 {
    let explain = doc! {"explain": command.clone(), "verbosity": "executionStats"};
    let explained = db.db.run_command(explain).await.unwrap();
    let text = explained.to_string();
    let plan = &text[text.find("winningPlan").unwrap()..text.find("rejectedPlans").unwrap()];
    assert!(!plan.contains("COLLSCAN"), "{command} reads the whole collection: {plan}");
    let sorts = plan.contains("\"stage\": \"SORT\"");
    // What is chosen by its ids is bounded by their number, and sorted.
    let is_of_ids = command.get_document("filter").is_ok_and(|filter| filter.get_document("_id").is_ok());
    assert!(!sorts || is_of_ids, "{command} sorts by itself: {plan}");
    let stats = explained.get_document("executionStats").unwrap_or_else(|_| {
        let first = explained.get_array("stages").unwrap()[0].as_document().unwrap();
        first.get_document("$cursor").unwrap().get_document("executionStats").unwrap()
    });
    i64::from(stats.get_i32("totalDocsExamined").unwrap())
}

/// The newest of the messages with these words in these conversations.
fn candidates(words: &[&str], scope: &[i64]) -> queries::Search {
    let term = |word: &&str| crate::domain::Term { words: vec![(*word).to_owned()], is_prefix: false };
    let terms = words.iter().map(term).collect();
    let wanted = crate::store::search::Wanted { terms, ..Default::default() };
    search::find::candidates(&wanted, scope, u64::MAX, 20)
}

fn find(collection: &str, search: queries::Search) -> Document {
    doc! {
        "find": collection, "filter": search.filter, "sort": search.sort, "limit": search.limit,
        "hint": search.hint.unwrap_or_default(), "projection": search.projection,
    }
}

#[tokio::test]
async fn every_hot_query_is_answered_by_an_index_and_reads_no_more_than_it_gives() {
    let db = crowded().await;
    let key = |seq| queries::key_document(documents::EntryKey { conversation: 1, seq });
    let log = |conversation, seqs: std::ops::Range<i64>| {
        seqs.map(|seq| documents::EntryKey { conversation, seq }).collect::<Vec<_>>()
    };
    let of_batch = [log(1, 7..8), log(2, 8..9), log(9, 1..2)].concat();
    let ends = [log(1, MANY + 597..MANY + 598), log(2, MANY + 598..MANY + 599), log(9, 1..2)].concat();
    let unread = queries::unread((1, 2_900, MANY), 0, 10_000, 999);
    let mentions = queries::unread_mentions((3, MANY + 4, MANY + 14), 0, &[0], 999);
    let mentions = doc! {
        "aggregate": "entries", "pipeline": mentions, "cursor": {}, "hint": queries::mentions_keys(),
    };
    let first = MANY - 1;
    let cases = [
        ("the newest page", find("entries", queries::entries_before(1, MANY, 50)), 50),
        ("a page below", find("entries", queries::entries_before(1, 1_500, 50)), 50),
        ("a page above", find("entries", queries::entries_after(1, 1_500, MANY, 50)), 50),
        ("the last entries of a list", find("entries", queries::with_ids([key(7), key(8)].into_iter())), 2),
        (
            "what was sent before",
            doc! {"find": "entries", "filter": {"$or": [
                queries::by_client_ids(1, 1, &["c7".to_owned(), "c9".to_owned()]),
                queries::by_client_ids(5, 1, &["c".to_owned()]),
            ]}},
            3,
        ),
        ("what is about a page", find("entries", queries::about(&log(1, 51..101), i64::MAX)), 100),
        ("what is about it up to a head", find("entries", queries::about(&log(1, 51..101), MANY + 300)), 50),
        ("what is about what a batch changes", find("entries", queries::about(&of_batch, i64::MAX)), 4),
        ("what is about nothing", find("entries", queries::about(&log(7, 1..51), i64::MAX)), 0),
        ("what a message said", find("entries", queries::edits_before(log(1, 7..8)[0], i64::MAX, 50)), 2),
        ("what is beyond an end", find("entries", queries::beyond(&log(1, MANY + 597..MANY + 598))), 2),
        ("what is beyond the ends", find("entries", queries::beyond(&ends)), 3),
        ("unread", doc! {"aggregate": "entries", "pipeline": unread, "cursor": {}}, 99),
        ("unread mentions", mentions, 5),
        ("those with a name", find("users", queries::users_named(["a", "b"].into_iter())), 0),
        ("the list", find("conversations", queries::list_of_side("low", 3, i64::MAX, i64::MAX, 50)), 50),
        (
            "the list's next page",
            find("conversations", queries::list_of_side("low", 3, 1_501, 1_501, 50)),
            // The cursor itself is looked at too.
            51,
        ),
        (
            "the list's other half",
            find("conversations", queries::list_of_side("high", 1_100, first, first, 50)),
            1,
        ),
        ("peers", find("conversations", queries::active_of_side("high", 1_100)), 1),
        (
            "who is hidden from a user",
            find("conversations", queries::blocked_of_side("low", 5)),
            MANY / 700 + 1,
        ),
        ("who is hidden from another", find("conversations", queries::blocked_of_side("high", 1_105)), 1),
        ("the groups of a user", find("watermarks", queries::groups_of(8)), 10),
        (
            "how many they are",
            doc! {"aggregate": "watermarks", "pipeline": queries::count_groups_of(&[8, 12]), "cursor": {}},
            20,
        ),
        ("who is in a group", find("watermarks", queries::members_of(&[MANY + 7])), 4),
        ("who is or was in groups", find("watermarks", queries::places_in(&[MANY + 7, MANY + 9])), 8),
        (
            "the groups of a list",
            find(
                "conversations",
                queries::list_of_groups(&[MANY + 1, MANY + 2, MANY + 3], MANY + 2, MANY + 2, 9),
            ),
            3,
        ),
        ("public groups", find("conversations", queries::public_groups("group4", 9)), 9),
        (
            "a public group",
            doc! {"find": "conversations", "filter": {"group.public": true, "group.name": "group3003"}},
            1,
        ),
        ("logs in their order", find("conversations", queries::conversations_after(Some(7), 9)), 9),
        ("names of members", find("users", queries::named_after([1, 2].into_iter(), "a", 9)), 0),
        ("a pair", doc! {"find": "conversations", "filter": {"low": 3, "high": 110}}, 1),
        (
            "where a file hangs",
            doc! {"aggregate": "entries", "pipeline": queries::conversations_of_file(7), "cursor": {}},
            1,
        ),
        ("an entry with a file", doc! {"find": "entries", "filter": {"file.id": 7}}, 1),
        (
            "chunks of a content",
            doc! {"find": "fs.chunks", "filter": {"files_id": 7, "n": {"$gte": 2, "$lte": 3}}, "sort": {"n": 1}},
            2,
        ),
        ("a content", doc! {"find": "blobs", "filter": {"sha256": documents::binary(&[7; 32])}}, 0),
        ("loose files", doc! {"find": "files", "filter": {"loose_since": {"$lt": 9}, "sends": 0}}, 0),
        ("expired uploads", doc! {"find": "uploads", "filter": {"expires_at": {"$lte": 9}}}, 0),
        ("unsettled room", doc! {"find": "users", "filter": {"unsettled.at": {"$lt": 9}}}, 0),
        ("a search", find("search", candidates(&["all"], &[0, 1])), 20),
        ("a search for what is rare", find("search", candidates(&["some"], &[0, 1, 2])), 20),
        ("a search for what is not there", find("search", candidates(&["none"], &[0, 1, 2])), 0),
        ("a name", doc! {"find": "users", "filter": {"name": "ann"}}, 0),
        ("a token", doc! {"find": "devices", "filter": {"token_hash": "x"}}, 0),
        (
            "a user's devices",
            doc! {"find": "devices", "filter": {"user": 1}, "sort": {"created_at": 1, "_id": 1}},
            0,
        ),
    ];
    for (name, command, given) in cases {
        let looked_at = looked_at(&db, command).await;
        assert!(looked_at <= given, "{name} looks at {looked_at} documents to give {given}");
    }
}

#[tokio::test]
async fn indexes_are_unique_where_the_promises_rest_on_them() {
    let db = crowded().await;
    let first = db.entries.find_one(doc! {"_id": {"c": 1_i64, "s": 1_i64}}).await.unwrap().unwrap();
    let same_number = documents::EntryDocument { client_id: "other".to_owned(), ..first.clone() };
    let same_send =
        documents::EntryDocument { id: documents::EntryKey { conversation: 1, seq: MANY }, ..first };
    for twin in [same_number, same_send] {
        let refused = db.entries.insert_one(twin).await.unwrap_err();
        assert!(fault::is_duplicate(&refused), "{refused}");
    }
}

#[tokio::test]
async fn a_half_filled_database_is_opened_as_an_archive_only() {
    use crate::store::archive::{Archive, StoreId};
    let url = fresh();
    for is_complete in [false, true] {
        let store = MongoStore::open_archive(&url).await.unwrap();
        store.set_origin(Origin { store: StoreId("00".to_owned()), is_complete }).await.unwrap();
        store.close().await;
        assert_eq!(MongoStore::open(&url).await.is_ok(), is_complete);
    }
}

/// A device of an earlier password is logged out at once and removed a little later; it must not come back elsewhere.
#[tokio::test]
async fn devices_of_an_earlier_password_are_not_copied() {
    use crate::store::archive::{DeviceRecord, Shelf};
    use mongodb::bson::doc;
    let store = opened(&fresh()).await;
    let new = NewUser { name: "ann".parse().unwrap(), password_hash: "hash".to_owned(), at: 1 };
    let ann = store.create_user(new).await.unwrap().unwrap();
    for number in 1..=3 {
        let (id, token) = (DeviceId::from_bits(number), TokenHash([u8::try_from(number).unwrap(); 32]));
        store.add_device(NewDevice { id, user: ann, token, name: "phone".to_owned(), at: 1 }).await.unwrap();
    }
    // What is left when the change is interrupted before the devices are removed.
    store.db.users.update_one(doc! {}, doc! {"$inc": {"password_version": 1_i64}}).await.unwrap();
    store
        .db
        .devices
        .update_one(doc! {"_id": 3_i64}, doc! {"$inc": {"password_version": 1_i64}})
        .await
        .unwrap();
    let page: Vec<DeviceRecord> = store.page(i64::MIN, 1).await.unwrap();
    assert_eq!(page.iter().map(|device| device.id.bits()).collect::<Vec<_>>(), [3]);
    store.close().await;
}

/// Each of two servers remembers what it has read of a conversation. What one of them changes about ann, in her conversation with
/// bob, takes no number, and refuses him on the other one after a moment.
async fn takes_hold_elsewhere(
    refusal: AppendError,
    change: impl AsyncFnOnce(&MongoStore, UserId, ConversationId),
) {
    // So many that the lane is never idle: then it would look anew.
    const SENDERS: usize = 32;
    let url = fresh();
    let servers = [opened(&url).await, opened(&url).await];
    let ann = makes_ann(&servers[0]).await;
    let new = NewUser { name: "bob".parse().unwrap(), password_hash: "hash".to_owned(), at: 1 };
    let bob = servers[0].create_user(new).await.unwrap().unwrap();
    let chat = servers[0].open_direct(ann, bob, ConversationId::from_bits(1)).await.unwrap();
    let send = async |number: usize| {
        let body = NewBody::Message { text: "x".to_owned(), file: None, reply_to: None };
        let client_id = number.to_string().parse().unwrap();
        let entry = NewEntry { conversation: chat, sender: bob, client_id, at: 1, body };
        servers[1].append(vec![entry]).await.unwrap().remove(0).map(|appended| appended.seq)
    };
    let until_refused = async |first: usize| {
        let mut number = first;
        if first.is_multiple_of(2) {
            // Half of them come while what the others sent is shown, and then both take turns.
            servers[1].blocked(bob).await.unwrap();
        }
        while send(number).await.is_ok() {
            number += SENDERS;
        }
        send(number).await
    };
    let change = async {
        send(1_000_000).await.unwrap();
        change(&servers[0], ann, chat).await;
    };
    let senders = futures_util::future::join_all((0..SENDERS).map(until_refused));
    let (refusals, ()) =
        tokio::time::timeout(std::time::Duration::from_secs(30), futures_util::future::join(senders, change))
            .await
            .unwrap();
    assert_eq!(refusals, [Err(refusal); SENDERS]);
}

#[tokio::test]
async fn a_block_that_another_server_writes_down_holds_here_after_a_moment() {
    takes_hold_elsewhere(AppendError::Blocked, async |server, ann, chat| {
        let change = NewPreferences { blocked: Some(true), ..Default::default() };
        server.prefer(ann, chat, change).await.unwrap().unwrap().unwrap();
    })
    .await;
}

#[tokio::test]
async fn the_end_of_an_account_that_another_server_writes_down_holds_here_after_a_moment() {
    takes_hold_elsewhere(AppendError::PeerGone, async |server, ann, _| {
        assert!(server.end_account(ann, &"deleted-1".parse().unwrap(), 1).await.unwrap());
    })
    .await;
}

/// Each of two servers remembers where the log ended when it wrote last.
#[tokio::test]
async fn a_log_that_grew_elsewhere_is_read_again() {
    let url = fresh();
    let servers = [opened(&url).await, opened(&url).await];
    let ann = makes_ann(&servers[0]).await;
    let notes = servers[0].open_direct(ann, ann, ConversationId::from_bits(1)).await.unwrap();
    let send = async |server: usize, client_id: u64| {
        let body = NewBody::Message { text: "x".to_owned(), file: None, reply_to: None };
        let client_id = client_id.to_string().parse().unwrap();
        let entry = NewEntry { conversation: notes, sender: ann, client_id, at: 1, body };
        let appended = servers[server].append(vec![entry]).await.unwrap().remove(0).unwrap();
        (appended.seq.get(), appended.is_fresh())
    };
    for number in 1..=8 {
        let server = usize::from(number % 3 == 0);
        assert_eq!(send(server, number).await, (number, true));
        assert_eq!(send(1 - server, number).await, (number, false), "it was sent before, to the other");
    }
    for server in servers {
        server.close().await;
    }
}

/// A time that is long past what was begun at 0.
const LATER: UnixMillis = 1 << 40;
const EVERYTHING: Quota = Quota(1 << 30);

async fn makes_ann(store: &MongoStore) -> UserId {
    let new = NewUser { name: "ann".parse().unwrap(), password_hash: "hash".to_owned(), at: 1 };
    store.create_user(new).await.unwrap().unwrap()
}

async fn begins(store: &MongoStore, owner: UserId, id: u64) -> FileId {
    let id = FileId::from_bits(id);
    let (name, media_type) = ("x".to_owned(), "text/plain".to_owned());
    let upload = NewUpload { id, owner, name, media_type, size: 10_000, expires_at: 2 * LATER };
    assert!(store.begin_upload(upload, EVERYTHING).await.unwrap());
    id
}

async fn uploads(store: &MongoStore, owner: UserId, id: u64) -> FileId {
    let (id, writer) = (begins(store, owner, id).await, Writer(1));
    store.upload(owner, id, 1, Some(writer)).await.unwrap().unwrap();
    let content = Content { hash: ContentHash::from_bytes([u8::try_from(id.bits()).unwrap(); 32]), at: 1 };
    store.finish_upload(id, writer, content).await.unwrap().unwrap();
    id
}

/// What ann's files take, and how many of them are not settled.
async fn room(store: &MongoStore) -> (i64, usize) {
    let user = store.db.users.clone_with_type::<Document>().find_one(doc! {}).await.unwrap().unwrap();
    (user.get_i64("file_bytes").unwrap(), user.get_array("unsettled").unwrap().len())
}

#[tokio::test]
async fn whoever_is_interrupted_at_a_file_takes_no_room_for_ever() {
    let store = opened(&fresh()).await;
    let ann = makes_ann(&store).await;
    let (begun, whole) = (begins(&store, ann, 1).await, uploads(&store, ann, 2).await);
    assert_eq!(room(&store).await, (20_000, 0));
    // What a crash leaves before an upload is written or after it was removed, and before it is settled or was removed.
    for id in [7, documents::file_key(begun), documents::file_key(whole)] {
        let left = doc! {"unsettled": {"id": id, "charge": 10_000_i64, "at": 0_i64}};
        let taken = if id == 7 { 10_000_i64 } else { 0 };
        let crashed = doc! {"$inc": {"file_bytes": taken}, "$push": left};
        store.db.users.update_one(doc! {}, crashed).await.unwrap();
    }
    store.sweep_files(1, 0).await.unwrap();
    assert_eq!(room(&store).await, (30_000, 3), "they may be under way");
    store.sweep_files(LATER, 0).await.unwrap();
    assert_eq!(room(&store).await, (20_000, 0));
    for id in [begun, whole] {
        assert!(store.drop_upload(ann, id).await.unwrap());
    }
    assert_eq!(room(&store).await, (0, 0));
    store.close().await;
}

#[tokio::test]
async fn a_file_that_was_about_to_be_sent_stays_if_it_was() {
    let store = opened(&fresh()).await;
    let ann = makes_ann(&store).await;
    let notes = store.open_direct(ann, ann, ConversationId::from_bits(1)).await.unwrap();
    let (sent, lost) = (uploads(&store, ann, 1).await, uploads(&store, ann, 2).await);
    let send = |file, client_id: &str| NewEntry {
        conversation: notes,
        sender: ann,
        client_id: client_id.parse().unwrap(),
        at: 5,
        body: NewBody::Message { text: String::new(), file: Some(file), reply_to: None },
    };
    for _ in 0..2 {
        let outcomes = store.append(vec![send(sent, "1"), send(lost, "2")]).await.unwrap();
        assert!(outcomes.iter().all(Result::is_ok));
    }
    // What a crash leaves between the two writes of a send.
    store.db.entries.delete_one(doc! {"cid": "2"}).await.unwrap();
    assert!(!store.drop_upload(ann, lost).await.unwrap(), "it may be about to be sent");
    store.sweep_files(100, 100).await.unwrap();
    assert!(store.file(ann, lost).await.unwrap().is_some(), "that may be under way");
    store.sweep_files(LATER, LATER).await.unwrap();
    assert!(store.file(ann, lost).await.unwrap().is_none());
    assert!(store.file(ann, sent).await.unwrap().is_some());
    let settled = store.db.files.find_one(doc! {}).await.unwrap().unwrap();
    assert_eq!((settled.id, settled.loose_since, settled.sends), (documents::file_key(sent), None, 1));
    let late = store.append(vec![send(lost, "3")]).await.unwrap();
    assert_eq!(late[0].as_ref().unwrap_err(), &AppendError::UnknownFile);
    assert!(store.append(vec![send(sent, "4")]).await.unwrap()[0].is_ok());
    store.close().await;
}
