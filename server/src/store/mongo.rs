//! The store in MongoDB: a replica set, majority writes that are journaled, majority reads.
//!
//! Sends are appended many at a time, by a few lanes that share the conversations out among themselves
//! ([`append`]). Everything else is a plain read or write. The driver's futures must not be dropped half-way, so each
//! operation runs in a task of its own, and whoever waits for it may leave.

mod about;
mod accounts;
mod append;
mod archive;
mod blanking;
mod changes;
mod connect;
mod conversations;
mod documents;
mod effects;
mod erasure;
mod expiry;
mod fault;
mod files;
mod groups;
mod log;
mod marks;
mod people;
mod preferences;
mod queries;
mod search;
mod updates;
mod url;

use super::archive::{HALF_FILLED, Origin};
use super::search::Turns;
use super::{
    Account, AppendError, BatchOutcome, ConversationRow, DeviceRow, MemberRow, NewDevice, NewEntry, NewGroup,
    NewPreferences, NewUser, Page, PageRange, PreferError, Preferred, ReadMark, Receipts, Store, StoreError,
    StoreResult, StoredEntry, TokenHash, UserId,
};
use crate::blobs::GridFs;
use append::Lanes;
use async_trait::async_trait;
use chat_protocol::{
    ChangeSettings, ConversationId, DeviceId, GroupName, PublicGroup, Seq, Settings, UnixMillis, UserName,
    Version,
};
use documents::Database;
use fault::store_error;
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::timeout;
use tokio_util::task::TaskTracker;

pub use connect::ConnectError;
pub use url::{BadMongoUrl, MongoUrl};

/// For one operation, from the search for a primary to its answer.
const OPERATION: Duration = Duration::from_secs(8);
/// For what is under way when the store closes.
const GOODBYE: Duration = Duration::from_secs(10);

/// The store in one database of MongoDB.
pub struct MongoStore {
    db: Arc<Database>,
    lanes: Lanes,
    operations: TaskTracker,
    turns: Turns,
}

impl MongoStore {
    /// Connects, and makes what is missing: collections, indexes, the schema's version.
    ///
    /// # Errors
    /// The database is away, or it must not be used, for example because a migration has filled half of it.
    pub async fn open(url: &MongoUrl) -> Result<Self, ConnectError> {
        let db = connect::connect(url).await?;
        match about::origin(&db).await.map_err(|error| connect::meaning(&error, &db))? {
            Some(Origin { is_complete: false, .. }) => Err(ConnectError::Refused(HALF_FILLED.to_owned())),
            _ => Ok(Self::over(db)),
        }
    }

    /// Connects to be copied from or filled, half filled or not.
    ///
    /// # Errors
    /// As for [`MongoStore::open`].
    pub async fn open_archive(url: &MongoUrl) -> Result<Self, ConnectError> {
        Ok(Self::over(connect::connect(url).await?))
    }

    fn over(db: Database) -> Self {
        let (db, operations) = (Arc::new(db), TaskTracker::new());
        Self { lanes: Lanes::start(Arc::clone(&db), &operations), db, operations, turns: Turns::default() }
    }

    /// The contents of files, in the same database.
    pub fn blobs(&self) -> GridFs {
        GridFs::new(&self.db.db, self.operations.clone())
    }

    /// Runs an operation to its end, whether or not somebody still waits for it.
    async fn run<T: Send + 'static, F: Future<Output = mongodb::error::Result<T>> + Send + 'static>(
        &self,
        work: impl FnOnce(Arc<Database>) -> F,
    ) -> StoreResult<T> {
        // Boxed, or the program would hold a task's code once more for each operation.
        let operation = self.operations.spawn(work(Arc::clone(&self.db)).boxed());
        match timeout(OPERATION, operation).await {
            Ok(Ok(done)) => done.map_err(store_error),
            Ok(Err(panicked)) => Err(StoreError::Refused(panicked.to_string())),
            Err(_) => Err(StoreError::Unavailable(format!("no answer within {} s", OPERATION.as_secs()))),
        }
    }
}

#[async_trait]
impl Store for MongoStore {
    async fn create_user(&self, user: NewUser) -> StoreResult<Option<UserId>> {
        self.run(|db| async move { accounts::create_user(&db, &user).await }).await
    }

    async fn user(&self, name: &UserName) -> StoreResult<Option<Account>> {
        let name = name.clone();
        self.run(|db| async move { accounts::user(&db, &name).await }).await
    }

    async fn set_password(
        &self,
        user: UserId,
        hash: String,
        keep: Option<DeviceId>,
    ) -> StoreResult<Vec<DeviceId>> {
        self.run(|db| async move { accounts::set_password(&db, user, hash, keep).await }).await
    }

    async fn set_last_seen(&self, user: UserId, at: UnixMillis) -> StoreResult<()> {
        self.run(|db| async move { accounts::set_last_seen(&db, user, at).await }).await
    }

    async fn change_settings(&self, user: UserId, change: ChangeSettings) -> StoreResult<Settings> {
        self.run(move |db| async move { accounts::change_settings(&db, user, change).await }).await
    }

    async fn add_device(&self, device: NewDevice) -> StoreResult<()> {
        self.run(|db| async move { accounts::add_device(&db, device).await }).await
    }

    async fn device_by_token(
        &self,
        token: TokenHash,
        now: UnixMillis,
    ) -> StoreResult<Option<(DeviceId, Account)>> {
        self.run(move |db| async move { accounts::device_by_token(&db, token, now).await }).await
    }

    async fn devices(&self, user: UserId) -> StoreResult<Vec<DeviceRow>> {
        self.run(move |db| async move { accounts::devices(&db, user).await }).await
    }

    async fn remove_device(&self, user: UserId, device: DeviceId) -> StoreResult<bool> {
        self.run(move |db| async move { accounts::remove_device(&db, user, device).await }).await
    }

    async fn open_direct(&self, a: UserId, b: UserId, fresh: ConversationId) -> StoreResult<ConversationId> {
        let (low, high) = (a.min(b), a.max(b));
        self.run(move |db| async move { conversations::open_direct(&db, low, high, fresh).await }).await
    }

    async fn conversation(&self, user: UserId, id: ConversationId) -> StoreResult<Option<ConversationRow>> {
        self.run(move |db| async move { conversations::conversation(&db, user, id).await }).await
    }

    async fn conversations(
        &self,
        user: UserId,
        after: Option<(UnixMillis, ConversationId)>,
        limit: u32,
    ) -> StoreResult<Vec<ConversationRow>> {
        self.run(move |db| async move { conversations::list(&db, user, after, limit).await }).await
    }

    async fn peers(&self, user: UserId) -> StoreResult<Vec<UserId>> {
        self.run(move |db| async move { conversations::peers(&db, user).await }).await
    }

    async fn create_group(&self, group: NewGroup) -> StoreResult<Result<Vec<StoredEntry>, AppendError>> {
        let new = group.clone();
        if let Err(refusal) = self.run(move |db| async move { groups::prepare(&db, &new).await }).await? {
            return Ok(Err(refusal));
        }
        let entries = groups::first_entries(&group);
        let outcomes = self.lanes.append(entries.clone()).await?;
        let maker = group.maker.0;
        let people = self.run(move |db| async move { people::People::read(&db, [maker].into_iter()).await });
        let maker = people.await?.one(maker).and_then(documents::UserDocument::name).map_err(store_error)?;
        Ok(groups::told(&maker, entries, outcomes))
    }

    async fn public_group(&self, name: &GroupName) -> StoreResult<Option<ConversationId>> {
        let name = name.clone();
        self.run(|db| async move { groups::public(&db, &name).await }).await
    }

    async fn group_named(&self, user: UserId, name: &GroupName) -> StoreResult<Option<ConversationId>> {
        let name = name.clone();
        self.run(move |db| async move { groups::named(&db, user, &name).await }).await
    }

    async fn public_groups(
        &self,
        user: UserId,
        after: Option<GroupName>,
        limit: u32,
    ) -> StoreResult<Vec<PublicGroup>> {
        self.run(move |db| async move { groups::public_groups(&db, user, after, limit).await }).await
    }

    async fn group_members(
        &self,
        user: UserId,
        group: ConversationId,
        after: Option<UserName>,
        limit: u32,
    ) -> StoreResult<Option<Vec<MemberRow>>> {
        self.run(move |db| async move { groups::members(&db, user, group, after, limit).await }).await
    }

    async fn listeners(
        &self,
        user: UserId,
        conversation: ConversationId,
    ) -> StoreResult<Option<Vec<UserId>>> {
        self.run(move |db| async move { conversations::listeners(&db, user, conversation).await }).await
    }

    async fn direct_with(&self, user: UserId, name: &UserName) -> StoreResult<Option<ConversationId>> {
        let name = name.clone();
        self.run(move |db| async move { conversations::direct_with(&db, user, &name).await }).await
    }

    async fn history(
        &self,
        user: UserId,
        conversation: ConversationId,
        range: PageRange,
        limit: u32,
    ) -> StoreResult<Option<Page>> {
        self.run(move |db| async move { log::history(&db, user, conversation, range, limit).await }).await
    }

    async fn versions(
        &self,
        user: UserId,
        conversation: ConversationId,
        message: Seq,
        before: Seq,
        limit: u32,
    ) -> StoreResult<Option<Vec<Version>>> {
        self.run(
            move |db| async move { log::versions(&db, user, conversation, message, before, limit).await },
        )
        .await
    }

    async fn mark_read(
        &self,
        user: UserId,
        conversation: ConversationId,
        seq: Seq,
    ) -> StoreResult<Option<(ReadMark, Receipts)>> {
        self.run(move |db| async move { marks::mark_read(&db, user, conversation, seq).await }).await
    }

    async fn prefer(
        &self,
        user: UserId,
        conversation: ConversationId,
        change: NewPreferences,
    ) -> StoreResult<Option<Result<Preferred, PreferError>>> {
        let preferred = self
            .run(move |db| async move { preferences::prefer(&db, user, conversation, change).await })
            .await;
        if change.blocked.is_some() {
            // What is sent from here on is held against what holds from here on.
            self.lanes.forget(conversation);
        }
        preferred
    }

    async fn blocked(&self, user: UserId) -> StoreResult<Vec<UserName>> {
        self.run(move |db| async move { preferences::blocked(&db, user).await }).await
    }

    async fn mark_delivered(
        &self,
        user: UserId,
        conversation: ConversationId,
        seq: Seq,
    ) -> StoreResult<Option<Receipts>> {
        self.run(move |db| async move { marks::mark_delivered(&db, user, conversation, seq).await }).await
    }

    fn append(&self, batch: Vec<NewEntry>) -> BoxFuture<'static, BatchOutcome> {
        self.lanes.append(batch)
    }

    async fn close(&self) {
        self.lanes.close();
        self.operations.close();
        if timeout(GOODBYE, self.operations.wait()).await.is_err() {
            tracing::warn!(operations = self.operations.len(), "the database left something unanswered");
        }
    }
}

#[cfg(test)]
mod tests;
