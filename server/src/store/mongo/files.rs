//! Uploads, files, and which bytes nobody needs any more.
//!
//! An account's document is never in a transaction, for one that is open outlives a killed server for up to a minute. Room is
//! set aside there together with the id that it is for, before the upload is written; and before one is removed its id is written
//! there as well. So whoever is interrupted leaves an id by which the collector finds out whether the room is still used.
//!
//! What has a content is counted in transactions: they hold that one content, and nothing else that a user would wait for.

use super::MongoStore;
use super::documents::{
    BlobDocument, Database, FileDocument, GarbageDocument, RoomDocument, UnsettledDocument, UploadDocument,
    WatermarkKey, binary, file_id, file_key, number, value,
};
use super::erasure::departed_among;
use super::fault::is_duplicate;
use super::queries::{self, Search};
use crate::fresh;
use crate::store::{
    Content, FileRow, FileStore, Finished, NewUpload, Progress, Quota, StoreResult, UploadRow, UserId, Writer,
};
use async_trait::async_trait;
use chat_protocol::{Attachment, FileId, UnixMillis};
use futures_util::TryStreamExt;
use mongodb::Collection;
use mongodb::bson::{self, Document, doc};
use mongodb::error::Result;
use mongodb::options::ReturnDocument;
use std::collections::HashSet;

/// Uploads and files that are given up at once.
const SWEPT_MAX: i64 = 200;
/// Whatever is begun is done or given up long before this, also where the clocks of two servers differ: in milliseconds.
const UNDER_WAY_MS: u64 = 10 * 60 * 1000;

#[async_trait]
impl FileStore for MongoStore {
    async fn begin_upload(&self, upload: NewUpload, quota: Quota) -> StoreResult<bool> {
        self.run(move |db| async move { begin(&db, upload, quota).await }).await
    }

    async fn upload(
        &self,
        owner: UserId,
        id: FileId,
        now: UnixMillis,
        writer: Option<Writer>,
    ) -> StoreResult<Option<UploadRow>> {
        self.run(move |db| async move { upload(&db, owner, id, now, writer).await }).await
    }

    async fn keep_progress(&self, id: FileId, writer: Writer, progress: Progress) -> StoreResult<bool> {
        self.run(move |db| async move {
            let change = doc! {"$set": {
                "offset": number(progress.offset),
                "hasher": binary(&progress.hasher),
                "tail": binary(&progress.tail),
                "expires_at": number(progress.expires_at),
            }};
            let held = doc! {"_id": file_key(id), "writer": writer.0};
            Ok(db.uploads.update_one(held, change).await?.matched_count > 0)
        })
        .await
    }

    async fn finish_upload(
        &self,
        id: FileId,
        writer: Writer,
        content: Content,
    ) -> StoreResult<Option<Finished>> {
        self.run(move |db| async move { finish(&db, id, writer, content).await }).await
    }

    async fn drop_upload(&self, owner: UserId, id: FileId) -> StoreResult<bool> {
        self.run(move |db| async move {
            let (upload, loose) = (
                doc! {"_id": file_key(id), "owner": owner.0},
                doc! {"_id": file_key(id), "owner": owner.0, "sends": 0_i64},
            );
            Ok(end_upload(&db, upload).await? || end_file(&db, loose).await?)
        })
        .await
    }

    async fn file(&self, user: UserId, id: FileId) -> StoreResult<Option<FileRow>> {
        self.run(move |db| async move { visible(&db, user, id).await }).await
    }

    async fn sweep_files(&self, now: UnixMillis, loose_before: UnixMillis) -> StoreResult<()> {
        let under_way = now.saturating_sub(UNDER_WAY_MS);
        while self
            .run(move |db| async move {
                let (expired, loose) =
                    (sweep_expired(&db, now).await?, sweep_loose(&db, loose_before, under_way).await?);
                Ok(expired || loose)
            })
            .await?
        {}
        self.run(move |db| async move { settle_old(&db, under_way).await }).await
    }

    async fn garbage(&self, limit: u32) -> StoreResult<Vec<FileId>> {
        self.run(move |db| async move {
            let found = db.garbage.find(doc! {}).limit(i64::from(limit)).await?;
            found.map_ok(|garbage| file_id(garbage.id)).try_collect().await
        })
        .await
    }

    async fn forget_garbage(&self, ids: Vec<FileId>) -> StoreResult<()> {
        self.run(move |db| async move {
            let gone = queries::with_ids(ids.into_iter().map(file_key)).filter;
            db.garbage.delete_many(gone).await.map(drop)
        })
        .await
    }

    async fn unknown_bytes(&self, ids: Vec<FileId>) -> StoreResult<Vec<FileId>> {
        self.run(move |db| async move {
            let wanted = || queries::with_ids(ids.iter().copied().map(file_key)).filter;
            let mut known: HashSet<i64> = HashSet::new();
            // In the order in which an id moves, so that one that becomes a content does not slip through between two looks.
            known.extend(ids_in(&db, "uploads", wanted()).await?);
            known.extend(ids_in(&db, "blobs", wanted()).await?);
            known.extend(ids_in(&db, "garbage", wanted()).await?);
            Ok(ids.into_iter().filter(|id| !known.contains(&file_key(*id))).collect())
        })
        .await
    }
}

async fn ids_in(db: &Database, collection: &str, filter: Document) -> Result<Vec<i64>> {
    let found = db.db.collection::<Document>(collection).find(filter).projection(doc! {"_id": 1}).await?;
    found.map_ok(|document| document.get_i64("_id").unwrap_or_default()).try_collect().await
}

async fn begin(db: &Database, upload: NewUpload, quota: Quota) -> Result<bool> {
    let (id, owner, charge) = (file_key(upload.id), upload.owner.0, number(Quota::charge(upload.size)));
    let room = number(quota.0).saturating_sub(charge);
    let has_room = doc! {"_id": owner, "$expr": {"$lte": [{"$ifNull": ["$file_bytes", 0_i64]}, room]}};
    let taken = doc! {"$inc": {"file_bytes": charge}, "$push": {"unsettled": unsettled(id, charge)}};
    if db.users.update_one(has_room, taken).await?.matched_count == 0 {
        return Ok(false);
    }
    db.uploads.insert_one(UploadDocument::new(upload)).await?;
    keep_room(db, owner, id).await?;
    Ok(true)
}

async fn upload(
    db: &Database,
    owner: UserId,
    id: FileId,
    now: UnixMillis,
    writer: Option<Writer>,
) -> Result<Option<UploadRow>> {
    let held = doc! {"_id": file_key(id), "owner": owner.0, "expires_at": {"$gt": number(now)}};
    let found = match writer {
        None => db.uploads.find_one(held).await?,
        Some(writer) => {
            let taken = doc! {"$set": {"writer": writer.0}};
            db.uploads.find_one_and_update(held, taken).return_document(ReturnDocument::After).await?
        }
    };
    found.map(UploadDocument::row).transpose()
}

async fn finish(db: &Database, id: FileId, writer: Writer, content: Content) -> Result<Option<Finished>> {
    loop {
        match finish_once(db, id, writer, content).await {
            // Somebody else brought the same content at the same moment; now it is there.
            Err(error) if is_duplicate(&error) => tokio::task::yield_now().await,
            done => return done,
        }
    }
}

async fn finish_once(
    db: &Database,
    id: FileId,
    writer: Writer,
    content: Content,
) -> Result<Option<Finished>> {
    let key = file_key(id);
    let (uploads, blobs, files, garbage) =
        (db.uploads.clone(), db.blobs.clone(), db.files.clone(), db.garbage.clone());
    let mut session = db.db.client().start_session().await?;
    session
        .start_transaction()
        .and_run2(async move |session| {
            let held = doc! {"_id": key, "writer": writer.0};
            let Some(upload) = uploads.find_one_and_delete(held).session(&mut *session).await? else {
                return Ok(None);
            };
            let one_more = doc! {"$inc": {"files": 1_i64}, "$setOnInsert": {"_id": key}};
            let home = blobs
                .find_one_and_update(doc! {"sha256": binary(content.hash.as_bytes())}, one_more)
                .upsert(true)
                .return_document(ReturnDocument::After)
                .session(&mut *session)
                .await?;
            let home = home.map_or(key, |home: BlobDocument| home.id);
            if home != key {
                garbage.insert_one(GarbageDocument { id: key }).session(&mut *session).await?;
            }
            let file = FileDocument::new(upload, content, home);
            files.insert_one(&file).session(&mut *session).await?;
            Ok(Some(Finished { attachment: file.attachment()?, fresh: home == key }))
        })
        .await
}

/// Gives up the upload that this is true of, if there is one.
pub async fn end_upload(db: &Database, which: Document) -> Result<bool> {
    let Some(upload) = db.uploads.find_one(which.clone()).await? else { return Ok(false) };
    let (id, charge) = (upload.id, charge(upload.size));
    unsettle(db, upload.owner, id, charge).await?;
    let mut this = which;
    this.insert("_id", id);
    if db.uploads.find_one_and_delete(this).await?.is_none() {
        // Somebody else gave it up and gives the room back, or it goes on and the collector sees that.
        return Ok(false);
    }
    // Whoever is interrupted here leaves bytes that nobody knows, and these are found in time.
    match db.garbage.insert_one(GarbageDocument { id }).await {
        Err(error) if !is_duplicate(&error) => return Err(error),
        _ => give_back_room(db, upload.owner, id, charge).await?,
    }
    Ok(true)
}

/// Forgets the file that this is true of, if there is one, and throws its bytes away when no other file has them.
pub async fn end_file(db: &Database, which: Document) -> Result<bool> {
    let Some(file) = db.files.find_one(which.clone()).await? else { return Ok(false) };
    let (id, object, charge) = (file.id, file.object, charge(file.size));
    unsettle(db, file.owner, id, charge).await?;
    let mut this = which;
    this.insert("_id", id);
    let (files, blobs, garbage) = (db.files.clone(), db.blobs.clone(), db.garbage.clone());
    let mut session = db.db.client().start_session().await?;
    let ended = session
        .start_transaction()
        .and_run2(async move |session| {
            if files.find_one_and_delete(this.clone()).session(&mut *session).await?.is_none() {
                return Ok(false);
            }
            let one_less = doc! {"$inc": {"files": -1_i64}};
            let left = blobs
                .find_one_and_update(doc! {"_id": object}, one_less)
                .return_document(ReturnDocument::After)
                .session(&mut *session)
                .await?;
            if left.is_some_and(|blob| blob.files == 0) {
                blobs.delete_one(doc! {"_id": object}).session(&mut *session).await?;
                garbage.insert_one(GarbageDocument { id: object }).session(&mut *session).await?;
            }
            Ok(true)
        })
        .await?;
    if ended {
        give_back_room(db, file.owner, id, charge).await?;
    }
    Ok(ended)
}

/// Gives up some of the uploads that have expired; true when there may be more.
async fn sweep_expired(db: &Database, now: UnixMillis) -> Result<bool> {
    let expired = doc! {"expires_at": {"$lte": number(now)}};
    let found: Vec<_> = db.uploads.find(expired.clone()).limit(SWEPT_MAX).await?.try_collect().await?;
    for upload in &found {
        let mut still = expired.clone();
        still.insert("_id", upload.id);
        end_upload(db, still).await?;
    }
    Ok(is_full(&found))
}

/// Forgets some of the files that nobody has sent for so long; true when there may be more. What was about to be sent is looked
/// for first, once it must have been.
async fn sweep_loose(db: &Database, loose_before: UnixMillis, under_way: UnixMillis) -> Result<bool> {
    let mut has_more = false;
    let unsent = doc! {"loose_since": {"$lt": number(loose_before)}, "sends": 0_i64};
    let sent = doc! {"loose_since": {"$lt": number(loose_before.min(under_way))}, "sends": {"$gt": 0_i64}};
    for loose in [unsent, sent] {
        let found: Vec<_> = db.files.find(loose).limit(SWEPT_MAX).await?.try_collect().await?;
        has_more |= is_full(&found);
        for FileDocument { id, sends, .. } in found {
            if sends > 0 && db.entries.find_one(doc! {"file.id": id}).await?.is_some() {
                let hangs = doc! {"$unset": {"loose_since": ""}};
                db.files.update_one(doc! {"_id": id}, hangs).await?;
            } else {
                end_file(db, doc! {"_id": id, "sends": sends}).await?;
            }
        }
    }
    Ok(has_more)
}

/// Whether as many were found as are looked for at once.
fn is_full<T>(found: &[T]) -> bool {
    found.len() as u64 == SWEPT_MAX.unsigned_abs()
}

/// Finds out about the room of those that were interrupted.
async fn settle_old(db: &Database, before: UnixMillis) -> Result<()> {
    let rooms: Collection<RoomDocument> = db.users.clone_with_type();
    let old = doc! {"unsettled.at": {"$lt": number(before)}};
    let found: Vec<_> = rooms.find(old).limit(SWEPT_MAX).await?.try_collect().await?;
    for RoomDocument { owner, unsettled, .. } in found {
        for UnsettledDocument { id, charge, .. } in
            unsettled.into_iter().filter(|one| one.at < number(before))
        {
            // In the order in which it moves from one to the other.
            let is_there = db.uploads.find_one(doc! {"_id": id}).await?.is_some()
                || db.files.find_one(doc! {"_id": id}).await?.is_some();
            if is_there {
                keep_room(db, owner, id).await?;
            } else {
                give_back_room(db, owner, id, charge).await?;
            }
        }
    }
    Ok(())
}

fn charge(size: i64) -> i64 {
    number(Quota::charge(size.unsigned_abs()))
}

fn unsettled(id: i64, charge: i64) -> bson::Bson {
    value(&UnsettledDocument { id, charge, at: number(fresh::now()) })
}

/// Writes down that this is about to go away.
async fn unsettle(db: &Database, owner: i64, id: i64, charge: i64) -> Result<()> {
    let settled = doc! {"_id": owner, "unsettled.id": {"$ne": id}};
    db.users.update_one(settled, doc! {"$push": {"unsettled": unsettled(id, charge)}}).await.map(drop)
}

/// It is there.
async fn keep_room(db: &Database, owner: i64, id: i64) -> Result<()> {
    db.users.update_one(doc! {"_id": owner}, doc! {"$pull": {"unsettled": {"id": id}}}).await.map(drop)
}

/// It is gone. Its room is given back once, however often this is asked.
async fn give_back_room(db: &Database, owner: i64, id: i64, charge: i64) -> Result<()> {
    let back = doc! {"$inc": {"file_bytes": -charge}, "$pull": {"unsettled": {"id": id}}};
    db.users.update_one(doc! {"_id": owner, "unsettled.id": id}, back).await.map(drop)
}

/// The file, if the user may see it.
async fn visible(db: &Database, user: UserId, id: FileId) -> Result<Option<FileRow>> {
    let Some(file) = db.files.find_one(doc! {"_id": file_key(id)}).await? else { return Ok(None) };
    if file.owner != user.0 && !hangs_where_user_is(db, user, id).await? {
        return Ok(None);
    }
    Ok(Some(FileRow { object: file_id(file.object), attachment: file.attachment()? }))
}

/// Whether the file hangs on an entry of a conversation in which the user is.
pub async fn hangs_where_user_is(db: &Database, user: UserId, id: FileId) -> Result<bool> {
    let found = db.entries.aggregate(queries::conversations_of_file(file_key(id))).await?;
    let conversations: Vec<Document> = found.try_collect().await?;
    let of = |one: &Document| {
        let place = one.get_document("_id").ok()?;
        Some((place.get_i64("c").ok()?, place.get_i64("by").ok()?, one.get_i64("last").ok()?))
    };
    let hangs: Vec<(i64, i64, i64)> = conversations.iter().filter_map(of).collect();
    let departed = departed_among(db, hangs.iter().map(|(_, by, _)| *by)).await?;
    let hangs = hangs.into_iter().filter(|(_, by, _)| !departed.contains(by));
    let lasts: Vec<(i64, i64)> = hangs.map(|(conversation, _, last)| (conversation, last)).collect();
    // What stands before the beginning of a log may not be taken away yet.
    let readable = |(conversation, last): &(i64, i64)| doc! {"_id": *conversation, "first": {"$lte": *last}};
    let readable: Vec<_> = lasts.iter().map(readable).collect();
    if readable.is_empty() {
        return Ok(false);
    }
    let found =
        queries::search(&db.conversations, Search { filter: doc! {"$or": readable}, ..Search::default() });
    let found = found.await?;
    if found.iter().any(|one| one.pair().contains(&user)) {
        return Ok(true);
    }
    let groups: HashSet<i64> = found.iter().filter(|one| one.group.is_some()).map(|one| one.id).collect();
    let sees = |(conversation, last): (i64, i64)| {
        let place = value(&WatermarkKey { conversation, user: user.0 });
        doc! {"_id": place, "role": {"$exists": true}, "first": {"$lte": last}}
    };
    let in_groups: Vec<_> = lasts.into_iter().filter(|(id, _)| groups.contains(id)).map(sees).collect();
    Ok(!in_groups.is_empty() && db.watermarks.find_one(doc! {"$or": in_groups}).await?.is_some())
}

/// What an entry keeps of its file, so that a page of the log needs no second look.
pub fn attached(attachment: &Attachment) -> super::documents::AttachedDocument {
    super::documents::AttachedDocument {
        id: file_key(attachment.id),
        name: attachment.name.clone(),
        size: number(attachment.size),
        media_type: attachment.media_type.clone(),
        sha256: binary(attachment.sha256.as_bytes()),
    }
}
