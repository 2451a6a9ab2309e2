//! Uploads, files, and which bytes nobody needs any more. What changes more than one document is a transaction; counters that
//! are written by all who depend on them make two such transactions meet.

use super::MongoStore;
use super::documents::{
    BlobDocument, Database, FileDocument, GarbageDocument, UploadDocument, binary, file_id, file_key, number,
};
use super::fault::is_duplicate;
use super::queries;
use crate::store::{
    Content, FileRow, FileStore, Finished, NewUpload, Progress, Quota, StoreResult, UploadRow, UserId, Writer,
};
use async_trait::async_trait;
use chat_protocol::{Attachment, FileId, UnixMillis};
use futures_util::TryStreamExt;
use mongodb::ClientSession;
use mongodb::bson::{Document, doc};
use mongodb::error::Result;
use mongodb::options::ReturnDocument;
use std::collections::HashSet;

/// Uploads and files that are given up at once.
const SWEPT_MAX: i64 = 200;

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
                doc! {"_id": file_key(id), "owner": owner.0, "entries": 0_i64},
            );
            Ok(end_upload(&db, upload).await? || end_file(&db, loose).await?)
        })
        .await
    }

    async fn file(&self, user: UserId, id: FileId) -> StoreResult<Option<FileRow>> {
        self.run(move |db| async move {
            let mut session = db.client.start_session().await?;
            visible(&db, &mut session, user, id).await
        })
        .await
    }

    async fn sweep_files(&self, now: UnixMillis, loose_before: UnixMillis) -> StoreResult<()> {
        self.run(move |db| async move {
            let expired = doc! {"expires_at": {"$lte": number(now)}};
            let found: Vec<_> =
                db.uploads.find(expired.clone()).limit(SWEPT_MAX).await?.try_collect().await?;
            for upload in found {
                let mut still = expired.clone();
                still.insert("_id", upload.id);
                end_upload(&db, still).await?;
            }
            let loose = doc! {"loose_since": {"$lt": number(loose_before)}};
            let found: Vec<_> = db.files.find(loose.clone()).limit(SWEPT_MAX).await?.try_collect().await?;
            for file in found {
                let mut still = loose.clone();
                still.insert("_id", file.id);
                end_file(&db, still).await?;
            }
            Ok(())
        })
        .await
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
            // In the order in which an id moves, so that none slips through between two looks.
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
    let charge = number(Quota::charge(upload.size));
    let room = number(quota.0).saturating_sub(charge);
    let owner = doc! {"_id": upload.owner.0, "$expr": {"$lte": [{"$ifNull": ["$file_bytes", 0_i64]}, room]}};
    let (users, uploads) = (db.users.clone(), db.uploads.clone());
    let document = UploadDocument::new(upload);
    let mut session = db.client.start_session().await?;
    session
        .start_transaction()
        .and_run2(async move |session| {
            let taken = doc! {"$inc": {"file_bytes": charge}};
            let updated = users.update_one(owner.clone(), taken).session(&mut *session).await?;
            if updated.matched_count == 0 {
                return Ok(false);
            }
            uploads.insert_one(&document).session(&mut *session).await?;
            Ok(true)
        })
        .await
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
    let mut session = db.client.start_session().await?;
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
async fn end_upload(db: &Database, which: Document) -> Result<bool> {
    let (users, uploads, garbage) = (db.users.clone(), db.uploads.clone(), db.garbage.clone());
    let mut session = db.client.start_session().await?;
    session
        .start_transaction()
        .and_run2(async move |session| {
            let ended = uploads.find_one_and_delete(which.clone()).session(&mut *session).await?;
            let Some(UploadDocument { id, owner, size, .. }) = ended else { return Ok(false) };
            garbage.insert_one(GarbageDocument { id }).session(&mut *session).await?;
            users.update_one(doc! {"_id": owner}, room_back(size)).session(&mut *session).await?;
            Ok(true)
        })
        .await
}

/// Forgets the file that this is true of, if there is one, and throws its bytes away when no other file has them.
async fn end_file(db: &Database, which: Document) -> Result<bool> {
    let (users, files, blobs, garbage) =
        (db.users.clone(), db.files.clone(), db.blobs.clone(), db.garbage.clone());
    let mut session = db.client.start_session().await?;
    session
        .start_transaction()
        .and_run2(async move |session| {
            let ended = files.find_one_and_delete(which.clone()).session(&mut *session).await?;
            let Some(FileDocument { owner, size, object, .. }) = ended else { return Ok(false) };
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
            users.update_one(doc! {"_id": owner}, room_back(size)).session(&mut *session).await?;
            Ok(true)
        })
        .await
}

fn room_back(size: i64) -> Document {
    doc! {"$inc": {"file_bytes": -number(Quota::charge(size.unsigned_abs()))}}
}

/// The file, if the user may see it, as the session sees it.
pub async fn visible(
    db: &Database,
    session: &mut ClientSession,
    user: UserId,
    id: FileId,
) -> Result<Option<FileRow>> {
    let found = db.files.find_one(doc! {"_id": file_key(id)}).session(&mut *session).await?;
    let Some(file) = found else { return Ok(None) };
    if file.owner != user.0 && !hangs_where_user_is(db, session, user, id).await? {
        return Ok(None);
    }
    Ok(Some(FileRow { object: file_id(file.object), attachment: file.attachment()? }))
}

async fn hangs_where_user_is(
    db: &Database,
    session: &mut ClientSession,
    user: UserId,
    id: FileId,
) -> Result<bool> {
    let mut found =
        db.entries.aggregate(queries::conversations_of_file(file_key(id))).session(&mut *session).await?;
    let conversations: Vec<Document> = found.stream(&mut *session).try_collect().await?;
    let ids: Vec<i64> = conversations.iter().filter_map(|one| one.get_i64("_id").ok()).collect();
    let joined = doc! {"_id": {"$in": ids}, "$or": [{"low": user.0}, {"high": user.0}]};
    Ok(db.conversations.find_one(joined).session(session).await?.is_some())
}

/// So many more entries have the file; false when it is gone.
pub async fn hang(db: &Database, session: &mut ClientSession, id: FileId, count: i64) -> Result<bool> {
    let change = doc! {"$inc": {"entries": count}, "$unset": {"loose_since": ""}};
    let hung = db.files.update_one(doc! {"_id": file_key(id)}, change).session(session).await?;
    Ok(hung.matched_count > 0)
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
