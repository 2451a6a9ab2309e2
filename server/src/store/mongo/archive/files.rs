//! Files and where their bytes are.

use super::super::documents::{Database, FileDocument, binary, damaged, file_id, file_key, number};
use super::super::queries::{search, with_ids};
use super::{MongoStore, becoming, from_key};
use crate::store::archive::{FileRecord, Shelf};
use crate::store::{Quota, StoreResult, UserId};
use async_trait::async_trait;
use chat_protocol::UnixMillis;
use futures_util::TryStreamExt;
use mongodb::bson::{Document, doc};
use mongodb::error::Result;

#[async_trait]
impl Shelf<FileRecord> for MongoStore {
    async fn page(&self, from: i64, limit: u32) -> StoreResult<Vec<FileRecord>> {
        self.persist(move |db| async move {
            search(&db.files, from_key(from, limit)).await?.into_iter().map(file).collect()
        })
        .await
    }

    async fn put(&self, rows: Vec<FileRecord>) -> StoreResult<()> {
        let objects: Vec<_> = rows.iter().map(|row| file_key(row.object)).collect();
        self.persist(|db| {
            let needed = with_ids(objects.iter().copied()).filter;
            async move { db.garbage.delete_many(needed).await.map(drop) }
        })
        .await?;
        // Contents first: a file is never in front of its bytes.
        let content = |row: &FileRecord| {
            let is = doc! {"_id": file_key(row.object), "sha256": binary(row.sha256.as_bytes())};
            becoming(is, doc! {"files": 0_i64})
        };
        self.put_rows(rows.clone(), content, |db| db.blobs.name().to_owned()).await?;
        let file = |row: &FileRecord| {
            let is = doc! {
                "_id": file_key(row.id), "owner": row.owner.0, "name": &row.name, "media_type": &row.media_type,
                "size": number(row.size), "sha256": binary(row.sha256.as_bytes()), "object": file_key(row.object),
            };
            // The collector looks whether an entry has it before it removes a file that was sent once.
            becoming(is, doc! {"sends": 1_i64})
        };
        self.put_rows(rows, file, |db| db.files.name().to_owned()).await
    }

    async fn remove(&self, keys: Vec<i64>) -> StoreResult<()> {
        self.persist(|db| {
            let keys = keys.clone();
            async move {
                if db.entries.find_one(doc! {"file.id": {"$in": &keys}}).await?.is_some() {
                    return Err(damaged("an entry has a file that the source has no more".to_owned()));
                }
                let which = with_ids(keys.into_iter());
                let gone = search(&db.files, which).await?;
                for file in gone {
                    db.files.delete_one(doc! {"_id": file.id}).await?;
                    release(&db, file.object).await?;
                }
                Ok(())
            }
        })
        .await
    }
}

fn file(document: FileDocument) -> Result<FileRecord> {
    let attachment = document.attachment()?;
    Ok(FileRecord {
        id: attachment.id,
        owner: UserId(document.owner),
        name: attachment.name,
        media_type: attachment.media_type,
        size: attachment.size,
        object: file_id(document.object),
        sha256: attachment.sha256,
    })
}

/// Throws a content's bytes away when no file has them any more.
async fn release(db: &Database, object: i64) -> Result<()> {
    if db.files.find_one(doc! {"object": object}).await?.is_none() {
        let it = doc! {"_id": object};
        db.garbage.update_one(it.clone(), doc! {"$setOnInsert": it.clone()}).upsert(true).await?;
        db.blobs.delete_one(it).await?;
    }
    Ok(())
}

/// Counts from the documents what the server counts as it goes. To do it again does no harm.
pub async fn count(db: &Database, now: UnixMillis) -> Result<()> {
    let kept = doc! {"$set": {"loose_since": number(now)}};
    db.files.update_many(doc! {}, kept).await?;
    db.blobs.update_many(doc! {}, doc! {"$set": {"files": 0_i64}}).await?;
    let one = doc! {"$sum": {"$toLong": 1}};
    counted(db, doc! {"_id": "$object", "files": one}, db.blobs.name()).await?;
    db.users.update_many(doc! {}, doc! {"$set": {"file_bytes": 0_i64}}).await?;
    let taken = doc! {"$sum": {"$max": ["$size", number(Quota::FILE_BYTES_MIN)]}};
    counted(db, doc! {"_id": "$owner", "file_bytes": taken}, db.users.name()).await
}

/// Groups all files, and writes what comes out into the documents that have the groups' ids.
async fn counted(db: &Database, group: Document, into: &str) -> Result<()> {
    let merge = doc! {"into": into, "on": "_id", "whenMatched": "merge", "whenNotMatched": "fail"};
    let pipeline = vec![doc! {"$group": group}, doc! {"$merge": merge}];
    db.files.aggregate(pipeline).await?.try_collect::<Vec<Document>>().await.map(drop)
}
