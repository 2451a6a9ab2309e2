//! Ending accounts.
//!
//! The one write of the account decides: whoever reads an entry looks at its sender's account as well. All that comes after it may
//! be interrupted and done again.

use super::MongoStore;
use super::blanking::references;
use super::conversations;
use super::documents::{
    ChangeKind, ConversationDocument, Database, EntryDocument, FileDocument, GoneDocument, UserDocument,
    WatermarkKey, key, number, unsigned, value,
};
use super::fault::is_duplicate;
use super::files::{end_file, end_upload};
use super::preferences::forget_blocks;
use super::queries::{self, Search, key_document, search};
use super::updates::update;
use crate::store::erasure::{Blanked, Departed, ErasureStore, Place, Seated, heir};
use crate::store::{StoreResult, UserId};
use async_trait::async_trait;
use chat_protocol::{ConversationId, Role, Seq, UnixMillis, UserName};
use mongodb::bson::{Bson, Document, doc};
use mongodb::error::Result;
use std::collections::BTreeSet;

/// Conversations that are looked at in one step.
const LOOKED_AT: u32 = 500;
/// The end of a log that none reaches.
const LAST_VERSION: i64 = i64::MAX;

#[async_trait]
impl ErasureStore for MongoStore {
    async fn fellows(&self, user: UserId) -> StoreResult<Vec<UserId>> {
        self.run(move |db| async move { conversations::fellows_of_all(&db, user).await }).await
    }

    async fn end_account(&self, user: UserId, name: &UserName, at: UnixMillis) -> StoreResult<bool> {
        let name = name.clone();
        let ended = self.run(move |db| async move { end_account(&db, user, &name, at).await }).await;
        // What is sent from here on is sent to nobody.
        self.lanes.forget_all();
        ended
    }

    async fn departed(&self, limit: u32) -> StoreResult<Vec<Departed>> {
        self.run(move |db| async move { departed(&db, limit).await }).await
    }

    async fn seats(&self, user: UserId) -> StoreResult<Vec<Seated>> {
        self.run(move |db| async move { seats(&db, user).await }).await
    }

    async fn blank_entries(&self, user: UserId, from: Option<Place>, limit: u32) -> StoreResult<Blanked> {
        self.run(move |db| async move { blank_entries(&db, user, from, limit).await }).await
    }

    async fn blank_belongings(&self, user: UserId) -> StoreResult<()> {
        self.run(move |db| async move { blank_belongings(&db, user).await }).await
    }

    async fn forget_departed(&self, user: UserId) -> StoreResult<()> {
        self.run(move |db| async move {
            let done = doc! {"$unset": {"erasing": ""}};
            db.users.update_one(doc! {"_id": user.0}, done).await.map(drop)
        })
        .await
    }
}

/// The one write logs all devices out, for they belong to an earlier password from then on.
async fn end_account(db: &Database, user: UserId, name: &UserName, at: UnixMillis) -> Result<bool> {
    let this = doc! {"_id": user.0, "erased_at": {"$exists": false}};
    let change = doc! {
        "$set": {
            "name": name.as_str(), "password_hash": "", "last_seen": Bson::Null, "erased_at": number(at), "erasing": true,
        },
        "$inc": {"password_version": 1_i64},
    };
    match db.users.update_one(this, change).await {
        Err(error) if is_duplicate(&error) => return Ok(false),
        Err(error) => return Err(error),
        Ok(done) if done.matched_count == 0 => {
            // A write that was repeated because its answer was lost meets itself.
            let found = db.users.find_one(doc! {"_id": user.0}).await?;
            if found.is_none_or(|found| found.name != name.as_str()) {
                return Ok(false);
            }
        }
        Ok(_) => {}
    }
    db.devices.delete_many(doc! {"user": user.0}).await?;
    Ok(true)
}

async fn departed(db: &Database, limit: u32) -> Result<Vec<Departed>> {
    let found = search(&db.users, queries::erasing(limit)).await?;
    let one = |user: UserDocument| {
        let at = user.erased_at.map(unsigned).transpose()?.unwrap_or_default();
        Ok(Departed { user: UserId(user.id), name: user.name()?, at })
    };
    found.into_iter().map(one).collect()
}

async fn seats(db: &Database, user: UserId) -> Result<Vec<Seated>> {
    let mut seats = Vec::new();
    for group in conversations::groups_of(db, user).await? {
        let heir = heir_of(db, group, user).await?;
        seats.push(Seated { group: ConversationId::from_bits(group.cast_unsigned()), heir });
    }
    Ok(seats)
}

async fn heir_of(db: &Database, group: i64, user: UserId) -> Result<Option<UserId>> {
    let places = search(&db.watermarks, queries::members_of(&[group])).await?;
    let others: Vec<_> = places.iter().filter(|place| place.id.user != user.0).collect();
    if others.iter().any(|place| place.role == Some(Role::Admin)) {
        return Ok(None);
    }
    let staying: Vec<_> = others.iter().map(|place| UserId(place.id.user)).collect();
    let mut filter = queries::between(group, 0, i64::MAX);
    filter.insert("kind", doc! {"$in": [value(&ChangeKind::Added), value(&ChangeKind::Joined)]});
    let comings = Search { filter, sort: doc! {"_id": 1}, hint: Some(doc! {"_id": 1}), ..Search::default() };
    let comings = search(&db.entries, comings).await?;
    let comings: Vec<Vec<_>> =
        comings.into_iter().map(|entry| entry.users.into_iter().map(UserId).collect()).collect();
    Ok(heir(&comings, &staying))
}

async fn blank_entries(db: &Database, user: UserId, from: Option<Place>, limit: u32) -> Result<Blanked> {
    let Some(account) = db.users.find_one(doc! {"_id": user.0}).await? else { return Ok(Blanked::default()) };
    // The index has them by who wrote them, so what was gone through is passed over fast.
    let from_key = from.map(|(conversation, _)| key(conversation));
    let page = search(&db.conversations, queries::conversations_from(from_key, LOOKED_AT)).await?;
    let ids: Vec<_> = page.iter().map(|one| one.id).collect();
    let found = search(&db.entries, queries::readable_of(user.0, &ids, limit)).await?;
    let entries = u32::try_from(found.len()).unwrap_or(u32::MAX);
    if !found.is_empty() {
        blank(db, &account, &found).await?;
    }
    let next = if entries >= limit {
        // There may be more in these.
        page.first().map(|one| one.conversation())
    } else {
        let last = page.last().filter(|_| page.len() >= LOOKED_AT as usize);
        last.and_then(|last| last.id.checked_add(1)).map(|id| ConversationId::from_bits(id.cast_unsigned()))
    };
    Ok(Blanked { entries, next: next.map(|conversation| (conversation, Seq::ZERO)) })
}

/// Each is told as it was told since the account ended: as gone by itself, at that time.
async fn blank(db: &Database, account: &UserDocument, entries: &[EntryDocument]) -> Result<()> {
    let files: BTreeSet<_> = entries.iter().filter_map(|entry| Some(entry.file.as_ref()?.id)).collect();
    if !files.is_empty() {
        // The other way round a crash in between would keep the file for ever. Nobody is left to send it again, so it is not
        // kept for a while either.
        let files = queries::with_ids(files.into_iter().map(Bson::from)).filter;
        db.files.update_many(files, doc! {"$set": {"loose_since": 0_i64}}).await?;
    }
    let taken = |entry: &EntryDocument| {
        let gone = GoneDocument { seq: entry.id.seq, at: account.erased_at.unwrap_or_default() };
        let change = doc! {
            "$set": {"text": "", "gone": value(&gone)},
            "$unset": references(),
        };
        doc! {"q": {"_id": key_document(entry.id)}, "u": change}
    };
    let taken: Vec<Document> = entries.iter().map(taken).collect();
    update(db, db.entries.name(), &taken).await?;
    // A document that no index step takes the place of, so that one which is late brings no words back.
    let wordless = |entry: &EntryDocument| {
        let id = key_document(entry.id);
        let words: Vec<String> = Vec::new();
        let document = doc! {"_id": id.clone(), "at": entry.at, "words": words, "version": LAST_VERSION};
        doc! {"q": {"_id": id}, "u": document, "upsert": true}
    };
    let messages = entries.iter().filter(|entry| entry.is_message());
    let wordless: Vec<Document> = messages.map(wordless).collect();
    if !wordless.is_empty() {
        update(db, db.search.name(), &wordless).await?;
    }
    Ok(())
}

async fn blank_belongings(db: &Database, user: UserId) -> Result<()> {
    for side in ["low", "high"] {
        let pairs = Search { filter: doc! {side: user.0}, ..Search::default() };
        let pairs = search(&db.conversations, pairs).await?;
        let place = |one: &ConversationDocument| value(&WatermarkKey { conversation: one.id, user: user.0 });
        let places = queries::with_ids(pairs.iter().map(place)).filter;
        db.watermarks.update_many(places, doc! {"$unset": {"level": "", "archived": ""}}).await?;
    }
    forget_blocks(db, user).await?;
    while end_upload(db, doc! {"owner": user.0}).await? {}
    // What was sent hangs on somebody's entry, or the collector finds that it does not.
    let sent = doc! {"$set": {"loose_since": 0_i64}};
    db.files
        .update_many(doc! {"owner": user.0, "sends": {"$gt": 0_i64}, "loose_since": {"$exists": true}}, sent)
        .await?;
    loop {
        let loose = doc! {"owner": user.0, "sends": 0_i64};
        let Some(FileDocument { id, .. }) = db.files.find_one(loose.clone()).await? else { return Ok(()) };
        let mut this = loose;
        this.insert("_id", id);
        end_file(db, this).await?;
    }
}

/// Those of these users who have an account no more.
pub async fn departed_among(db: &Database, users: impl Iterator<Item = i64>) -> Result<BTreeSet<i64>> {
    let users: BTreeSet<_> = users.collect();
    if users.is_empty() {
        return Ok(users);
    }
    let mut gone = queries::with_ids(users.into_iter());
    gone.filter.insert("erased_at", doc! {"$exists": true});
    Ok(search(&db.users, gone).await?.into_iter().map(|user| user.id).collect())
}
