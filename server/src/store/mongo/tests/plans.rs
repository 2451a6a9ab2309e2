//! How the server finds what it is asked for, and that what must be there only once is.

use super::*;
use mongodb::bson::Document;

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
        ("what is about a page", find("entries", queries::about(&log(1, 51..101), |_| i64::MAX)), 100),
        (
            "what is about it up to a head",
            find("entries", queries::about(&log(1, 51..101), |_| MANY + 300)),
            50,
        ),
        ("what is about what a batch changes", find("entries", queries::about(&of_batch, |_| i64::MAX)), 4),
        ("what is about nothing", find("entries", queries::about(&log(7, 1..51), |_| i64::MAX)), 0),
        ("what a message said", find("entries", queries::edits_before(log(1, 7..8)[0], i64::MAX, 50)), 2),
        ("what is beyond an end", find("entries", queries::beyond(&log(1, MANY + 597..MANY + 598))), 2),
        ("what is beyond the ends", find("entries", queries::beyond(&ends)), 3),
        (
            "what is not in the index of words",
            find("entries", queries::places_after(&[(log(1, 7..8)[0], MANY), (log(2, 9..10)[0], 60)], 40)),
            40,
        ),
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
