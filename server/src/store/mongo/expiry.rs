//! Letting logs begin later.
//!
//! A conversation's document moves its beginning first, and keeps in `sweeping` from which entry on there may be something left of
//! what went: only then is it taken away. So nobody ever reads half of it, and whoever is interrupted leaves a mark by which the
//! next one goes on. To do it again does no harm, and two at the same time come to the same.

use super::blanking::references;
use super::documents::{
    ChangeKind, ConversationDocument, Database, EntryKey, GoneDocument, key, number, seq, unsigned, value,
};
use super::queries::{self, Search, key_document, search};
use super::{MongoStore, conversations};
use crate::store::retention::{Beginning, Beginnings, Expired, RetentionStore};
use crate::store::{StoreResult, UserId};
use async_trait::async_trait;
use chat_protocol::{ConversationId, UnixMillis};
use mongodb::bson::{Bson, Document, doc};
use mongodb::error::Result;
use mongodb::options::ReturnDocument;
use std::collections::{BTreeSet, HashMap};

#[async_trait]
impl RetentionStore for MongoStore {
    async fn beginnings(
        &self,
        all: bool,
        after: Option<ConversationId>,
        limit: u32,
    ) -> StoreResult<Beginnings> {
        self.run(move |db| async move { beginnings(&db, all, after, limit).await }).await
    }

    async fn expire(
        &self,
        conversation: ConversationId,
        before: UnixMillis,
        now: UnixMillis,
        limit: u32,
    ) -> StoreResult<Expired> {
        self.run(move |db| async move { expire(&db, conversation, before, now, limit).await }).await
    }
}

async fn beginnings(
    db: &Database,
    all: bool,
    after: Option<ConversationId>,
    limit: u32,
) -> Result<Beginnings> {
    let after = after.map(key);
    let page = if all {
        search(&db.conversations, queries::conversations_after(after, limit)).await?
    } else {
        let mut page = search(&db.conversations, queries::groups_that_forget(after, limit)).await?;
        page.extend(search(&db.conversations, queries::sweeping_after(after, limit)).await?);
        page.sort_unstable_by_key(|one| one.id);
        page.dedup_by_key(|one| one.id);
        page.truncate(limit as usize);
        page
    };
    let firsts = page.iter().map(|one| key_document(EntryKey { conversation: one.id, seq: one.first }));
    let firsts = Search { projection: doc! {"at": 1}, ..queries::with_ids(firsts) };
    let firsts: Vec<AtDocument> = search(&db.entries.clone_with_type(), firsts).await?;
    let times: HashMap<_, _> = firsts.into_iter().map(|first| (first.id.conversation, first)).collect();
    let beginning = |one: &ConversationDocument| {
        // What nobody was shown yet does not go.
        let first = times.get(&one.id).filter(|first| first.id.seq <= one.head);
        Ok(Beginning {
            conversation: one.conversation(),
            at: first.map(|first| unsigned(first.at)).transpose()?,
            retention_days: one.group.as_ref().map_or(0, |group| group.retention_days),
            is_interrupted: one.sweeping.is_some(),
        })
    };
    let next = page.last().filter(|_| page.len() >= limit as usize).map(ConversationDocument::conversation);
    Ok(Beginnings { logs: page.iter().map(beginning).collect::<Result<_>>()?, next })
}

/// An entry's place and time.
#[derive(serde::Deserialize)]
struct AtDocument {
    #[serde(rename = "_id")]
    id: EntryKey,
    at: i64,
}

async fn expire(
    db: &Database,
    id: ConversationId,
    before: UnixMillis,
    now: UnixMillis,
    limit: u32,
) -> Result<Expired> {
    let this = doc! {"_id": key(id)};
    let Some(found) = db.conversations.find_one(this.clone()).await? else { return Ok(Expired::default()) };
    let next = queries::entries_after(found.id, found.first - 1, found.head, limit);
    let next = Search { projection: doc! {"at": 1}, ..next };
    let next: Vec<AtDocument> = search(&db.entries.clone_with_type(), next).await?;
    // A log's times never run backwards.
    let due: Vec<_> = next.iter().take_while(|entry| entry.at < number(before)).collect();
    let more = due.len() >= limit as usize;
    let begins = due.last().map_or(found.first, |last| last.id.seq + 1);
    let change = if begins > found.first {
        doc! {"$max": {"first": begins}, "$min": {"sweeping": found.first}}
    } else if found.sweeping.is_some() {
        doc! {"$max": {"first": begins}}
    } else {
        return Ok(Expired::default());
    };
    let change = db.conversations.find_one_and_update(this, change);
    let Some(moved) = change.return_document(ReturnDocument::After).await? else {
        return Ok(Expired::default());
    };
    let (from, below) = (moved.sweeping.unwrap_or(moved.first), moved.first);
    blank(db, moved.id, (from, below), number(now)).await?;
    let done = doc! {"_id": moved.id, "first": below};
    db.conversations.update_one(done, doc! {"$unset": {"sweeping": ""}}).await?;
    Ok(Expired { first: Some(seq(below)?), members: members(db, &moved).await?, more })
}

async fn members(db: &Database, one: &ConversationDocument) -> Result<Vec<UserId>> {
    if one.group.is_none() {
        return Ok(one.pair());
    }
    conversations::members(db, one.id).await
}

/// Takes away what the entries from one number on and below another one say, and all that was made of it. What says who is in a
/// group has no text of anybody's and stays.
pub async fn blank(db: &Database, conversation: i64, (from, below): (i64, i64), now: i64) -> Result<()> {
    if from >= below {
        return Ok(());
    }
    let range = || queries::between(conversation, from - 1, below);
    let with_file = Search {
        filter: and(range(), doc! {"file": {"$exists": true}}),
        projection: doc! {"file.id": 1},
        hint: Some(doc! {"_id": 1}),
        ..Search::default()
    };
    let files: Vec<Document> = search(&db.entries.clone_with_type(), with_file).await?;
    let files: BTreeSet<i64> =
        files.iter().filter_map(|entry| entry.get_document("file").ok()?.get_i64("id").ok()).collect();
    if !files.is_empty() {
        // The other way round a crash in between would keep the file for ever.
        let files = queries::with_ids(files.into_iter().map(Bson::from)).filter;
        db.files.update_many(files, doc! {"$max": {"loose_since": now}}).await?;
    }
    let group = value(&ChangeKind::Group);
    // What a group is called and about is read as JSON, also where nothing is left of it.
    for (which, text) in [(doc! {"kind": {"$ne": &group}}, ""), (doc! {"kind": &group}, "{}")] {
        let change = doc! {
            "$set": {"text": text, "gone": value(&GoneDocument::EXPIRED)},
            "$unset": references(),
        };
        db.entries
            .update_many(and(range(), which), change)
            .hint(mongodb::options::Hint::Keys(doc! {"_id": 1}))
            .await?;
    }
    db.search.delete_many(range()).await.map(drop)
}

fn and(mut filter: Document, more: Document) -> Document {
    filter.extend(more);
    filter
}
