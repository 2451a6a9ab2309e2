//! The queries that are asked often, and the indexes that answer them. A test asks the server to explain each.

use super::documents::EntryKey;
use mongodb::bson::{Bson, Document, doc};

/// An index: its collection, its keys, whether they are unique.
pub type Index = (&'static str, fn() -> Document, bool);

/// All indexes but those of the `_id`, which keeps the numbers of a log unique.
pub const INDEXES: &[Index] = &[
    ("users", || doc! {"name": 1}, true),
    ("devices", || doc! {"token_hash": 1}, true),
    ("devices", || doc! {"user": 1, "created_at": 1, "_id": 1}, false),
    ("conversations", || doc! {"low": 1, "high": 1}, true),
    // A user's list is the merge of these two, as it is with SQLite.
    ("conversations", || doc! {"low": 1, "activity": 1, "_id": 1}, false),
    ("conversations", || doc! {"high": 1, "activity": 1, "_id": 1}, false),
    ("entries", || doc! {"_id.c": 1, "by": 1, "cid": 1}, true),
    ("uploads", || doc! {"expires_at": 1}, false),
    ("blobs", || doc! {"sha256": 1}, true),
    ("fs.chunks", || doc! {"files_id": 1, "n": 1}, true),
];

/// An index of those documents alone that have a field: its collection, its keys, the field.
pub type PartialIndex = (&'static str, fn() -> Document, &'static str);

/// Entries without a file, which are nearly all, and files that hang on an entry are not in these and cost nothing.
pub const PARTIAL_INDEXES: &[PartialIndex] = &[
    ("entries", || doc! {"file.id": 1, "_id.c": 1}, "file.id"),
    ("files", || doc! {"loose_since": 1}, "loose_since"),
    ("users", || doc! {"unsettled.at": 1}, "unsettled.at"),
];

/// The conversations in which a file hangs on an entry.
pub fn conversations_of_file(file: i64) -> Vec<Document> {
    vec![doc! {"$match": {"file.id": file}}, doc! {"$group": {"_id": "$_id.c"}}]
}

/// A search in one collection.
#[derive(Default)]
pub struct Search {
    pub filter: Document,
    pub sort: Document,
    pub limit: i64,
    /// The index to use, where the server might be led astray by what it has seen so far.
    pub hint: Option<Document>,
}

/// A user's conversations that have entries, on one side of the pair, the most recently active first.
pub fn list_of_side(side: &str, user: i64, activity: i64, id: i64, limit: u32) -> Search {
    let below = doc! {"$or": [
        {"activity": {"$gt": 0, "$lt": activity}},
        {"activity": activity, "_id": {"$lt": id}},
    ]};
    let mut filter = doc! {side: user, "activity": {"$gt": 0, "$lte": activity}};
    filter.extend(below);
    let hint = Some(doc! {side: 1, "activity": 1, "_id": 1});
    Search { filter, sort: doc! {"activity": -1, "_id": -1}, limit: i64::from(limit), hint }
}

/// The conversations that have entries, on one side of the pair.
pub fn active_of_side(side: &str, user: i64) -> Search {
    let filter = doc! {side: user, "activity": {"$gt": 0}};
    Search { filter, hint: Some(doc! {side: 1, "activity": 1, "_id": 1}), ..Search::default() }
}

/// The documents with these `_id`s.
pub fn with_ids<T: Into<Bson>>(ids: impl Iterator<Item = T>) -> Search {
    let ids: Vec<Bson> = ids.map(Into::into).collect();
    Search { filter: doc! {"_id": {"$in": ids}}, ..Search::default() }
}

/// Entries between two numbers of a log, both left out.
fn between(conversation: i64, after: i64, before: i64) -> Document {
    let (low, high) = (EntryKey { conversation, seq: after }, EntryKey { conversation, seq: before });
    doc! {"_id": {"$gt": key_document(low), "$lt": key_document(high)}}
}

/// An entry's `_id`. Its fields stand in the order of [`EntryKey`], for the database compares them in their order.
pub fn key_document(key: EntryKey) -> Document {
    doc! {"c": key.conversation, "s": key.seq}
}

/// The lowest numbers above `after`, up to `head`.
pub fn entries_after(conversation: i64, after: i64, head: i64, limit: u32) -> Search {
    Search {
        filter: between(conversation, after, head.saturating_add(1)),
        sort: doc! {"_id": 1},
        limit: i64::from(limit),
        hint: None,
    }
}

/// The highest numbers below `before`.
pub fn entries_before(conversation: i64, before: i64, limit: u32) -> Search {
    Search {
        filter: between(conversation, 0, before),
        sort: doc! {"_id": -1},
        limit: i64::from(limit),
        hint: None,
    }
}

/// Counts entries of others above a number and up to `head`: of the `scan_max` next ones, up to `count_max`.
pub fn unread(
    (conversation, read, head): (i64, i64, i64),
    user: i64,
    scan_max: i64,
    count_max: i64,
) -> Vec<Document> {
    vec![
        doc! {"$match": between(conversation, read, head.saturating_add(1))},
        doc! {"$sort": {"_id": 1}},
        doc! {"$limit": scan_max},
        doc! {"$match": {"by": {"$ne": user}}},
        doc! {"$limit": count_max},
        doc! {"$count": "unread"},
    ]
}

/// The entries that a sender made under these ids.
pub fn by_client_ids(conversation: i64, sender: i64, client_ids: &[String]) -> Document {
    doc! {"_id.c": conversation, "by": sender, "cid": {"$in": client_ids}}
}
