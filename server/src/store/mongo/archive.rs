//! The database as a whole, row by row.

mod conversations;
mod entries;
mod files;

use super::documents::{
    Database, DeviceDocument, UserDocument, damaged, device_key, number, token_hash, unsigned,
};
use super::queries::{Search, search, with_ids};
use super::updates::update;
use super::{MongoStore, about};
use crate::store::archive::{
    Archive, ConversationRecord, DeviceRecord, EntryRecord, Origin, Record, Shelf, StoreId, UserRecord,
    is_another,
};
use crate::store::{StoreError, StoreResult, TokenHash, UserId};
use async_trait::async_trait;
use chat_protocol::{ConversationId, Seq, UnixMillis};
use entries::{end, put_entries};
use futures_util::{StreamExt, TryStreamExt, stream};
use mongodb::bson::{Document, doc};
use mongodb::error::Result;
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{Instant, sleep};

/// Ends of logs that are asked for at the same time.
const ENDS_AT_ONCE: usize = 8;
/// For a database that is away for a moment, as in an election. Whatever is asked here may be asked twice.
const PATIENCE: Duration = Duration::from_secs(45);
const PAUSE: Duration = Duration::from_millis(500);

impl MongoStore {
    /// Does it, and again for a while when the database is away.
    async fn persist<T: Send + 'static, F: Future<Output = Result<T>> + Send + 'static>(
        &self,
        work: impl Fn(Arc<Database>) -> F + Send + Sync,
    ) -> StoreResult<T> {
        let give_up = Instant::now() + PATIENCE;
        loop {
            match self.run(&work).await {
                Err(StoreError::Unavailable(_)) if Instant::now() < give_up => sleep(PAUSE).await,
                done => return done,
            }
        }
    }
}

#[async_trait]
impl Archive for MongoStore {
    async fn id(&self) -> StoreResult<StoreId> {
        self.persist(|db| async move { about::id(&db).await }).await
    }

    async fn origin(&self) -> StoreResult<Option<Origin>> {
        self.persist(|db| async move { about::origin(&db).await }).await
    }

    async fn set_origin(&self, origin: Origin) -> StoreResult<()> {
        let origin = Arc::new(origin);
        self.persist(|db| {
            let origin = Arc::clone(&origin);
            async move { about::set_origin(&db, &origin).await }
        })
        .await
    }

    async fn is_empty(&self) -> StoreResult<bool> {
        self.persist(|db| async move { about::is_empty(&db).await }).await
    }

    async fn ends(&self, conversations: Vec<ConversationId>) -> StoreResult<Vec<Seq>> {
        let conversations = Arc::new(conversations);
        self.persist(|db| {
            let conversations = Arc::clone(&conversations);
            async move {
                let ends = conversations.iter().map(|id| end(&db, *id)).collect::<Vec<_>>();
                stream::iter(ends).buffered(ENDS_AT_ONCE).try_collect().await
            }
        })
        .await
    }

    async fn entries(
        &self,
        conversation: ConversationId,
        after: Seq,
        limit: u32,
    ) -> StoreResult<Vec<EntryRecord>> {
        self.persist(move |db| async move { entries::page(&db, conversation, after, limit).await }).await
    }

    async fn put_entries(&self, entries: Vec<EntryRecord>) -> StoreResult<()> {
        let entries = Arc::new(entries);
        self.persist(|db| {
            let entries = Arc::clone(&entries);
            async move { put_entries(&db, &entries).await }
        })
        .await
    }

    async fn count_files(&self, now: UnixMillis) -> StoreResult<()> {
        self.persist(move |db| async move { files::count(&db, now).await }).await
    }
}

#[async_trait]
impl Shelf<UserRecord> for MongoStore {
    async fn page(&self, from: i64, limit: u32) -> StoreResult<Vec<UserRecord>> {
        self.persist(move |db| async move {
            search(&db.users, from_key(from, limit)).await?.into_iter().map(user).collect()
        })
        .await
    }

    async fn put(&self, rows: Vec<UserRecord>) -> StoreResult<()> {
        let change = |row: &UserRecord| {
            let mut is = doc! {"_id": row.id.0, "created_at": number(row.created_at)};
            let last_seen = row.last_seen.map(number);
            // Logged-out devices are not copied, so all that come belong to the password of now.
            let mut becomes = doc! {
                "password_hash": &row.password_hash, "password_version": 0_i64, "last_seen": last_seen,
                "read_receipts": row.read_receipts,
            };
            match row.erased_at {
                None => drop(is.insert("name", row.name.as_str())),
                // What is left of somebody who has gone is taken away by the server that runs here.
                Some(at) => {
                    becomes.extend(doc! {"name": row.name.as_str(), "erased_at": number(at), "erasing": true})
                }
            }
            becoming(is, becomes)
        };
        // A name that one of them has given up may be another one's by now.
        let (gone, there): (Vec<_>, Vec<_>) = rows.into_iter().partition(|row| row.erased_at.is_some());
        let rows = [gone, there].concat();
        self.put_rows(rows, change, |db| db.users.name().to_owned()).await
    }
}

#[async_trait]
impl Shelf<DeviceRecord> for MongoStore {
    async fn page(&self, from: i64, limit: u32) -> StoreResult<Vec<DeviceRecord>> {
        self.persist(move |db| async move { devices(&db, from, limit).await }).await
    }

    async fn put(&self, rows: Vec<DeviceRecord>) -> StoreResult<()> {
        let change = |row: &DeviceRecord| {
            let is = doc! {
                "_id": device_key(row.id), "user": row.user.0, "token_hash": token_hash(row.token),
                "name": &row.name, "created_at": number(row.created_at),
            };
            becoming(is, doc! {"password_version": 0_i64, "last_seen": number(row.last_seen)})
        };
        self.put_rows(rows, change, |db| db.devices.name().to_owned()).await
    }

    async fn remove(&self, keys: Vec<i64>) -> StoreResult<()> {
        self.persist(|db| {
            let gone = with_ids(keys.iter().copied()).filter;
            async move { db.devices.delete_many(gone).await.map(drop) }
        })
        .await
    }
}

#[async_trait]
impl Shelf<ConversationRecord> for MongoStore {
    async fn page(&self, from: i64, limit: u32) -> StoreResult<Vec<ConversationRecord>> {
        self.persist(move |db| async move { conversations::page(&db, from, limit).await }).await
    }

    async fn put(&self, rows: Vec<ConversationRecord>) -> StoreResult<()> {
        let members = Arc::new(rows.clone());
        self.put_rows(rows, conversations::change, |db| db.conversations.name().to_owned()).await?;
        self.persist(|db| {
            let rows = Arc::clone(&members);
            async move { conversations::put_members(&db, &rows).await }
        })
        .await
    }
}

impl MongoStore {
    /// Writes rows by updates that name all of a row that never changes: the key of another row is then a duplicate.
    async fn put_rows<R: Record>(
        &self,
        rows: Vec<R>,
        change: impl Fn(&R) -> Document,
        collection: fn(&Database) -> String,
    ) -> StoreResult<()> {
        let changes: Arc<Vec<_>> = Arc::new(rows.iter().map(change).collect());
        let taken = self.persist(|db| {
            let changes = Arc::clone(&changes);
            async move { update(&db, &collection(&db), &changes).await }
        });
        match taken.await?.and_then(|place| rows.get(place)) {
            Some(row) => Err(StoreError::Refused(is_another(row))),
            None => Ok(()),
        }
    }
}

fn becoming(is: Document, becomes: Document) -> Document {
    doc! {"q": is, "u": {"$set": becomes}, "upsert": true}
}

fn from_key(from: i64, limit: u32) -> Search {
    Search {
        filter: doc! {"_id": {"$gte": from}},
        sort: doc! {"_id": 1},
        limit: i64::from(limit),
        ..Search::default()
    }
}

fn user(document: UserDocument) -> Result<UserRecord> {
    Ok(UserRecord {
        id: UserId(document.id),
        name: document.name()?,
        created_at: unsigned(document.created_at)?,
        last_seen: document.last_seen.map(unsigned).transpose()?,
        read_receipts: document.read_receipts,
        erased_at: document.erased_at.map(unsigned).transpose()?,
        password_hash: document.password_hash,
    })
}

/// Those that are logged in: a device of an earlier password is only still to be removed. A page is full as long as there
/// are more of them.
async fn devices(db: &Database, mut from: i64, limit: u32) -> Result<Vec<DeviceRecord>> {
    let mut records = Vec::new();
    loop {
        let documents = search(&db.devices, from_key(from, limit)).await?;
        let users = with_ids(documents.iter().map(|device| device.user));
        let users = search(&db.users, users).await?;
        let versions: HashMap<_, _> =
            users.into_iter().map(|user| (user.id, user.password_version)).collect();
        let next = documents.last().and_then(|last| last.id.checked_add(1));
        for document in documents {
            let is_valid =
                versions.get(&document.user).is_some_and(|version| document.password_version >= *version);
            if is_valid {
                records.push(device(document)?);
            }
        }
        records.truncate(limit as usize);
        match next {
            Some(next) if records.len() < limit as usize => from = next,
            _ => return Ok(records),
        }
    }
}

fn device(document: DeviceDocument) -> Result<DeviceRecord> {
    let token = document.token_hash.bytes.as_slice().try_into();
    Ok(DeviceRecord {
        id: document.id(),
        user: UserId(document.user),
        token: TokenHash(token.map_err(|_| damaged("a token's hash has another length".to_owned()))?),
        created_at: unsigned(document.created_at)?,
        last_seen: unsigned(document.last_seen)?,
        name: document.name,
    })
}
