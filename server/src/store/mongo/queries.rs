//! The queries that are asked often, and the indexes that answer them. A test asks the server to explain each.

use super::documents::{ChangeKind, EntryKey, value};
use futures_util::TryStreamExt;
use mongodb::bson::{Bson, Document, doc};
use mongodb::error::Result;
use mongodb::options::{FindOptions, Hint};
use mongodb::{ClientSession, Collection};
use serde::de::DeserializeOwned;
use std::collections::BTreeMap;

/// An index: its collection, its keys, whether they are unique.
pub type Index = (&'static str, fn() -> Document, bool);

/// All indexes but those of the `_id`, which keeps the numbers of a log unique.
pub const INDEXES: &[Index] = &[
    ("users", || doc! {"name": 1}, true),
    ("devices", || doc! {"token_hash": 1}, true),
    ("devices", || doc! {"user": 1, "created_at": 1, "_id": 1}, false),
    // A user's list is the merge of these two, as it is with SQLite.
    ("conversations", || doc! {"low": 1, "activity": 1, "_id": 1}, false),
    ("conversations", || doc! {"high": 1, "activity": 1, "_id": 1}, false),
    ("entries", || doc! {"_id.c": 1, "by": 1, "cid": 1}, true),
    ("uploads", || doc! {"expires_at": 1}, false),
    ("blobs", || doc! {"sha256": 1}, true),
    ("fs.chunks", || doc! {"files_id": 1, "n": 1}, true),
    ("search", search_keys, false),
];

/// An index of those documents alone that have a field: its collection, its keys, the field.
pub type PartialIndex = (&'static str, fn() -> Document, &'static str);

/// Messages without a file, which are nearly all entries, and files that hang on an entry are not in these and cost nothing.
pub const PARTIAL_INDEXES: &[PartialIndex] = &[
    ("entries", about_keys, "target"),
    ("entries", || doc! {"file.id": 1, "_id.c": 1}, "file.id"),
    ("entries", mentions_keys, "mentions"),
    ("files", || doc! {"loose_since": 1}, "loose_since"),
    ("users", || doc! {"unsettled.at": 1}, "unsettled.at"),
    ("watermarks", groups_of_user_keys, "role"),
    ("users", erasing_keys, "erasing"),
    ("conversations", public_keys, "group.public"),
    ("conversations", forgetting_keys, "group.retention_days"),
    ("conversations", sweeping_keys, "sweeping"),
    ("conversations", || doc! {"low": 1}, "blockers"),
    ("conversations", || doc! {"high": 1}, "blockers"),
];

/// The keys of the unique index of conversations between two people.
pub fn direct_keys() -> Document {
    doc! {"low": 1, "high": 1}
}

/// The keys of the index of the groups that somebody is in.
fn groups_of_user_keys() -> Document {
    doc! {"_id.u": 1, "_id.c": 1}
}

/// The keys of the index of public groups.
fn public_keys() -> Document {
    doc! {"group.public": 1, "group.name": 1}
}

/// The keys of the index of groups with a rule of how long their entries are kept.
fn forgetting_keys() -> Document {
    doc! {"group.retention_days": 1}
}

/// The keys of the index of conversations of which something is being taken away.
fn sweeping_keys() -> Document {
    doc! {"sweeping": 1}
}

/// The keys of the index of words: those of each conversation by time.
pub fn search_keys() -> Document {
    doc! {"_id.c": 1, "words": 1, "at": -1}
}

/// The keys of the index of what is about messages.
pub fn about_keys() -> Document {
    doc! {"_id.c": 1, "target": 1, "_id.s": 1}
}

/// The keys of the index of whom messages mention.
pub fn mentions_keys() -> Document {
    doc! {"mentions": 1, "_id.c": 1, "_id.s": 1, "by": 1}
}

/// The conversations in which a file hangs on an entry, by whom, and the number of the last one of these.
pub fn conversations_of_file(file: i64) -> Vec<Document> {
    let of_each = doc! {"_id": {"c": "$_id.c", "by": "$by"}, "last": {"$max": "$_id.s"}};
    vec![doc! {"$match": {"file.id": file}}, doc! {"$group": of_each}]
}

/// A search in one collection.
#[derive(Default)]
pub struct Search {
    pub filter: Document,
    pub sort: Document,
    pub limit: i64,
    /// The index to use, where the server might be led astray by what it has seen so far.
    pub hint: Option<Document>,
    /// What of the documents is given; all if it is empty.
    pub projection: Document,
}

impl Search {
    fn options(&self) -> FindOptions {
        let mut options = FindOptions::default();
        options.sort = Some(self.sort.clone());
        options.limit = Some(self.limit);
        options.projection = Some(self.projection.clone());
        options.hint = self.hint.clone().map(Hint::Keys);
        options
    }
}

/// All that is found.
pub async fn search<T: DeserializeOwned + Send + Sync + Unpin>(
    collection: &Collection<T>,
    search: Search,
) -> Result<Vec<T>> {
    let options = search.options();
    collection.find(search.filter).with_options(options).await?.try_collect().await
}

/// All that is found, at no earlier moment than what the session has read before, whichever server that was asked of.
pub async fn search_on<T: DeserializeOwned + Send + Sync + Unpin>(
    session: &mut ClientSession,
    collection: &Collection<T>,
    search: Search,
) -> Result<Vec<T>> {
    let options = search.options();
    let mut found = collection.find(search.filter).with_options(options).session(&mut *session).await?;
    found.stream(session).try_collect().await
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
    Search {
        filter,
        sort: doc! {"activity": -1, "_id": -1},
        limit: i64::from(limit),
        hint,
        ..Search::default()
    }
}

/// The conversations that have entries, on one side of the pair.
pub fn active_of_side(side: &str, user: i64) -> Search {
    let filter = doc! {side: user, "activity": {"$gt": 0}};
    Search { filter, hint: Some(doc! {side: 1, "activity": 1, "_id": 1}), ..Search::default() }
}

/// The conversations on one side of the pair in which one of the two has blocked the other.
pub fn blocked_of_side(side: &str, user: i64) -> Search {
    let filter = doc! {side: user, "blockers": {"$exists": true}};
    Search { filter, hint: Some(doc! {side: 1}), ..Search::default() }
}

/// Those of these groups that have entries, the most recently active first. They are few enough to be sorted.
pub fn list_of_groups(groups: &[i64], activity: i64, id: i64, limit: u32) -> Search {
    Search {
        filter: doc! {"_id": {"$in": groups}, "$or": [
            {"activity": {"$gt": 0, "$lt": activity}},
            {"activity": activity, "_id": {"$lt": id}},
        ]},
        sort: doc! {"activity": -1, "_id": -1},
        limit: i64::from(limit),
        hint: Some(doc! {"_id": 1}),
        ..Search::default()
    }
}

/// The places of somebody in the groups that they are in, without what they have read there.
pub fn groups_of(user: i64) -> Search {
    Search {
        filter: doc! {"_id.u": user, "role": {"$exists": true}},
        projection: doc! {"_id": 1},
        hint: Some(groups_of_user_keys()),
        ..Search::default()
    }
}

/// Counts the groups that each of these users is in.
pub fn count_groups_of(users: &[i64]) -> Vec<Document> {
    vec![
        doc! {"$match": {"_id.u": {"$in": users}, "role": {"$exists": true}}},
        doc! {"$group": {"_id": "$_id.u", "groups": {"$sum": 1}}},
    ]
}

/// The places of all who are or were in these groups.
pub fn places_in(groups: &[i64]) -> Search {
    let of_group = |group: &i64| {
        let (low, high) = (doc! {"c": *group, "u": Bson::MinKey}, doc! {"c": *group, "u": Bson::MaxKey});
        doc! {"_id": {"$gt": low, "$lt": high}}
    };
    let filter = any_of(groups.iter().map(of_group).collect());
    Search { filter, hint: Some(doc! {"_id": 1}), ..Search::default() }
}

/// The places of those who are in these groups.
pub fn members_of(groups: &[i64]) -> Search {
    let mut members = places_in(groups);
    members.filter.insert("role", doc! {"$exists": true});
    members
}

/// Some of these users, by name, after one. They are few enough to be sorted.
pub fn named_after(users: impl Iterator<Item = i64>, after: &str, limit: u32) -> Search {
    let mut named = with_ids(users);
    named.filter.insert("name", doc! {"$gt": after});
    let (sort, limit, hint) = (doc! {"name": 1}, i64::from(limit), Some(doc! {"_id": 1}));
    Search { sort, limit, hint, ..named }
}

/// Those of these groups that have a name, a public one first. They are few enough to be looked through.
pub fn groups_named(groups: &[i64], name: &str) -> Search {
    Search {
        filter: doc! {"_id": {"$in": groups}, "group.name": name},
        sort: doc! {"group.public": -1, "_id": 1},
        limit: 1,
        hint: Some(doc! {"_id": 1}),
        ..Search::default()
    }
}

/// The public groups by name, after one.
pub fn public_groups(after: &str, limit: u32) -> Search {
    Search {
        filter: doc! {"group.public": true, "group.name": {"$gt": after}},
        sort: doc! {"group.name": 1},
        limit: i64::from(limit),
        hint: Some(public_keys()),
        ..Search::default()
    }
}

/// The keys of the index of those whose accounts have ended and of whom something may be left.
fn erasing_keys() -> Document {
    doc! {"erasing": 1}
}

/// Those of whom something may be left.
pub fn erasing(limit: u32) -> Search {
    Search {
        filter: doc! {"erasing": {"$exists": true}, "erased_at": {"$exists": true}},
        limit: i64::from(limit),
        hint: Some(erasing_keys()),
        ..Search::default()
    }
}

/// The conversations from one on, in the order of their keys.
pub fn conversations_from(from: Option<i64>, limit: u32) -> Search {
    let mut those = conversations_after(None, limit);
    those.filter = from.map(|from| doc! {"_id": {"$gte": from}}).unwrap_or_default();
    those
}

/// Of somebody's messages and edits in these conversations those of which anything may be left.
pub fn readable_of(user: i64, conversations: &[i64], limit: u32) -> Search {
    Search {
        filter: doc! {
            "_id.c": {"$in": conversations}, "by": user,
            "kind": {"$in": [Bson::Null, value(&ChangeKind::Edit)]}, "gone": {"$exists": false},
        },
        limit: i64::from(limit),
        hint: Some(doc! {"_id.c": 1, "by": 1, "cid": 1}),
        ..Search::default()
    }
}

/// All conversations after one, in the order of their keys.
pub fn conversations_after(after: Option<i64>, limit: u32) -> Search {
    Search {
        filter: after.map(|after| doc! {"_id": {"$gt": after}}).unwrap_or_default(),
        sort: doc! {"_id": 1},
        limit: i64::from(limit),
        ..Search::default()
    }
}

/// Those that have a rule of how long their entries are kept. They are few enough to be sorted.
pub fn groups_that_forget(after: Option<i64>, limit: u32) -> Search {
    having("group.retention_days", forgetting_keys(), after, limit)
}

/// Those of which something is being taken away. They are few enough to be sorted.
pub fn sweeping_after(after: Option<i64>, limit: u32) -> Search {
    having("sweeping", sweeping_keys(), after, limit)
}

fn having(field: &str, keys: Document, after: Option<i64>, limit: u32) -> Search {
    let mut those = conversations_after(after, limit);
    those.filter.insert(field, doc! {"$exists": true});
    Search { hint: Some(keys), ..those }
}

/// The documents with these `_id`s.
pub fn with_ids<T: Into<Bson>>(ids: impl Iterator<Item = T>) -> Search {
    let ids: Vec<Bson> = ids.map(Into::into).collect();
    Search { filter: doc! {"_id": {"$in": ids}}, ..Search::default() }
}

/// Entries between two numbers of a log, both left out.
pub fn between(conversation: i64, after: i64, before: i64) -> Document {
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
        ..Search::default()
    }
}

/// What follows places in several logs, up to a number of each, in the order of the keys; of what it says nothing.
pub fn places_after(spans: &[(EntryKey, i64)], limit: u32) -> Search {
    let of_log =
        |(after, upto): &(EntryKey, i64)| between(after.conversation, after.seq, upto.saturating_add(1));
    Search {
        filter: any_of(spans.iter().map(of_log).collect()),
        sort: doc! {"_id": 1},
        limit: i64::from(limit),
        projection: doc! {"kind": 1, "target": 1},
        hint: Some(doc! {"_id": 1}),
    }
}

/// The highest numbers below `before`.
pub fn entries_before(conversation: i64, before: i64, limit: u32) -> Search {
    Search {
        filter: between(conversation, 0, before),
        sort: doc! {"_id": -1},
        limit: i64::from(limit),
        ..Search::default()
    }
}

/// Counts messages of others above a number and up to `head`: of the `scan_max` next ones, up to `count_max`.
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
        doc! {"$match": {"by": {"$ne": user}, "kind": {"$exists": false}}},
        doc! {"$limit": count_max},
        doc! {"$count": "unread"},
    ]
}

/// Counts those that mention the user, up to `count_max`, but for what these have sent.
pub fn unread_mentions(
    (conversation, read, head): (i64, i64, i64),
    user: i64,
    senders: &[i64],
    count_max: i64,
) -> Vec<Document> {
    vec![
        doc! {"$match": {
            "mentions": user, "_id.c": conversation, "_id.s": {"$gt": read, "$lte": head},
            "by": {"$nin": senders},
        }},
        doc! {"$limit": count_max},
        doc! {"$count": "unread"},
    ]
}

/// The accounts with these names.
pub fn users_named<'a>(names: impl Iterator<Item = &'a str>) -> Search {
    let names: Vec<&str> = names.collect();
    Search { filter: doc! {"name": {"$in": names}}, hint: Some(doc! {"name": 1}), ..Search::default() }
}

/// The entries that a sender made under these ids.
pub fn by_client_ids(conversation: i64, sender: i64, client_ids: &[String]) -> Document {
    doc! {"_id.c": conversation, "by": sender, "cid": {"$in": client_ids}}
}

/// What is about these messages, each named by its conversation and number, up to a number of each conversation's log. An edit
/// comes without its text: a message may have thousands of them.
pub fn about(messages: &[EntryKey], head: impl Fn(i64) -> i64) -> Search {
    let mut logs: BTreeMap<i64, Vec<i64>> = BTreeMap::new();
    for message in messages {
        logs.entry(message.conversation).or_default().push(message.seq);
    }
    let of_log = |(conversation, targets): (i64, Vec<i64>)| {
        doc! {"_id.c": conversation, "target": {"$in": targets}, "_id.s": {"$lte": head(conversation)}}
    };
    let filter = any_of(logs.into_iter().map(of_log).collect());
    let text = doc! {"$cond": [{"$eq": ["$kind", value(&ChangeKind::Edit)]}, "", "$text"]};
    let projection = doc! {"at": 1, "by": 1, "cid": 1, "kind": 1, "target": 1, "text": text};
    Search { filter, projection, hint: Some(about_keys()), ..Search::default() }
}

/// The last edits of a message below a number, the highest number first.
pub fn edits_before(message: EntryKey, before: i64, limit: u32) -> Search {
    Search {
        filter: doc! {
            "_id.c": message.conversation, "target": message.seq, "_id.s": {"$lt": before},
            "kind": value(&ChangeKind::Edit),
        },
        sort: doc! {"_id.s": -1},
        limit: i64::from(limit),
        hint: Some(about_keys()),
        ..Search::default()
    }
}

/// What stands in logs beyond the given numbers; of what it says only that about groups.
pub fn beyond(ends: &[EntryKey]) -> Search {
    let of_log = |end: &EntryKey| between(end.conversation, end.seq, i64::MAX);
    Search {
        filter: any_of(ends.iter().map(of_log).collect()),
        projection: doc! {"at": 1, "by": 1, "cid": 1, "kind": 1, "target": 1, "users": 1, "text": {
            "$cond": [{"$eq": ["$kind", value(&ChangeKind::Group)]}, "$text", ""],
        }},
        hint: Some(doc! {"_id": 1}),
        ..Search::default()
    }
}

fn any_of(mut filters: Vec<Document>) -> Document {
    if filters.len() == 1 {
        filters.remove(0)
    } else {
        doc! {"$or": filters}
    }
}
