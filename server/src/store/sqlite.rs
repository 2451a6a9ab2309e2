//! The embedded store: one SQLite file in WAL mode, one thread that writes, a few connections that read.
//!
//! Everything that writes goes through one queue. The writing thread takes all that waits, runs it in one transaction
//! and answers after the commit, so a commit's fsync is shared by as many as came while the one before was written.

mod about;
mod accounts;
mod append;
mod archive;
mod checkpoint;
mod conversations;
mod erasure;
mod expiry;
mod file;
mod files;
mod groups;
mod log;
mod marks;
mod membership;
mod mentions;
mod preferences;
mod readers;
mod search;
mod tail;
mod value;
mod wal;
mod writer;

use super::archive::{HALF_FILLED, Origin};
use super::search::Turns;
use super::{
    Account, AppendError, BatchOutcome, ConversationRow, DeviceRow, LAST_SEEN_STEP_MS, MemberRow, NewDevice,
    NewEntry, NewGroup, NewPreferences, NewUser, Page, PageRange, PreferError, Preferred, ReadMark, Receipts,
    Store, StoreError, StoreResult, StoredEntry, TokenHash, UserId,
};
use async_trait::async_trait;
use chat_protocol::{
    ChangeSettings, ConversationId, DeviceId, GroupName, PublicGroup, Seq, Settings, UnixMillis, UserName,
    Version,
};
use futures_util::future::BoxFuture;
use readers::Readers;
use rusqlite::Connection;
use std::path::Path;
use tokio::sync::Semaphore;
use value::store_error;
use writer::Writer;

/// Searches at once. More wait for their turn.
const SEARCHES_MAX: usize = 2;

/// The store in one SQLite file.
pub struct SqliteStore {
    writer: Writer,
    readers: Readers,
    /// Searches under way: fewer than reads, so that those who search never keep all others waiting.
    searches: Semaphore,
    turns: Turns,
}

impl SqliteStore {
    /// Opens the file, makes it if there is none, and brings an older one up to date.
    ///
    /// # Errors
    /// It cannot be read or written, is no database, comes from a newer version, or is half filled by a migration.
    pub fn open(path: &Path) -> StoreResult<Self> {
        let connection = file::open(path)?;
        match about::origin(&connection).map_err(store_error)? {
            Some(Origin { is_complete: false, .. }) => Err(StoreError::Refused(HALF_FILLED.to_owned())),
            _ => Ok(Self::over(connection, path)),
        }
    }

    /// Opens the file to be copied from or filled, half filled or not.
    ///
    /// # Errors
    /// As for [`SqliteStore::open`].
    pub fn open_archive(path: &Path) -> StoreResult<Self> {
        let connection = file::open(path)?;
        // A source that grows while it is copied can show a conversation before its members; the next round brings them,
        // and everything is compared at the end.
        connection.pragma_update(None, "foreign_keys", false).map_err(store_error)?;
        Ok(Self::over(connection, path))
    }

    fn over(connection: Connection, path: &Path) -> Self {
        Self {
            writer: Writer::start(connection),
            readers: Readers::new(path),
            searches: Semaphore::new(SEARCHES_MAX),
            turns: Turns::default(),
        }
    }
}

#[async_trait]
impl Store for SqliteStore {
    async fn create_user(&self, user: NewUser) -> StoreResult<Option<UserId>> {
        self.writer.run(move |db| accounts::create_user(db, &user)).await
    }

    async fn user(&self, name: &UserName) -> StoreResult<Option<Account>> {
        let name = name.clone();
        self.readers.run(move |db| accounts::user(db, &name)).await
    }

    async fn set_password(
        &self,
        user: UserId,
        hash: String,
        keep: Option<DeviceId>,
    ) -> StoreResult<Vec<DeviceId>> {
        self.writer.run(move |db| accounts::set_password(db, user, &hash, keep)).await
    }

    async fn set_last_seen(&self, user: UserId, at: UnixMillis) -> StoreResult<()> {
        self.writer.run(move |db| accounts::set_last_seen(db, user, at)).await
    }

    async fn change_settings(&self, user: UserId, change: ChangeSettings) -> StoreResult<Settings> {
        self.writer.run(move |db| accounts::change_settings(db, user, change)).await
    }

    async fn add_device(&self, device: NewDevice) -> StoreResult<()> {
        self.writer.run(move |db| accounts::add_device(db, &device)).await
    }

    async fn device_by_token(
        &self,
        token: TokenHash,
        now: UnixMillis,
    ) -> StoreResult<Option<(DeviceId, Account)>> {
        let Some(found) = self.readers.run(move |db| accounts::device_by_token(db, token)).await? else {
            return Ok(None);
        };
        let (device, last_seen, account) = found;
        if now >= last_seen + LAST_SEEN_STEP_MS {
            match self.writer.run(move |db| accounts::device_seen(db, device, now)).await {
                // A full disk keeps nobody out; the time is only for the list of devices.
                Ok(()) | Err(StoreError::Unavailable(_)) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(Some((device, account)))
    }

    async fn devices(&self, user: UserId) -> StoreResult<Vec<DeviceRow>> {
        self.readers.run(move |db| accounts::devices(db, user)).await
    }

    async fn remove_device(&self, user: UserId, device: DeviceId) -> StoreResult<bool> {
        self.writer.run(move |db| accounts::remove_device(db, user, device)).await
    }

    async fn open_direct(&self, a: UserId, b: UserId, fresh: ConversationId) -> StoreResult<ConversationId> {
        let (low, high) = (a.min(b), a.max(b));
        match self.readers.run(move |db| conversations::direct(db, low, high)).await? {
            Some(id) => Ok(id),
            None => self.writer.run(move |db| conversations::open_direct(db, low, high, fresh)).await,
        }
    }

    async fn conversation(&self, user: UserId, id: ConversationId) -> StoreResult<Option<ConversationRow>> {
        self.readers.run(move |db| conversations::conversation(db, user, id)).await
    }

    async fn conversations(
        &self,
        user: UserId,
        after: Option<(UnixMillis, ConversationId)>,
        limit: u32,
    ) -> StoreResult<Vec<ConversationRow>> {
        self.readers.run(move |db| conversations::list(db, user, after, limit)).await
    }

    async fn peers(&self, user: UserId) -> StoreResult<Vec<UserId>> {
        self.readers.run(move |db| conversations::peers(db, user)).await
    }

    async fn create_group(&self, group: NewGroup) -> StoreResult<Result<Vec<StoredEntry>, AppendError>> {
        self.writer.run(move |db| groups::create(db, &group)).await
    }

    async fn public_group(&self, name: &GroupName) -> StoreResult<Option<ConversationId>> {
        let name = name.clone();
        self.readers.run(move |db| groups::public(db, &name)).await
    }

    async fn group_named(&self, user: UserId, name: &GroupName) -> StoreResult<Option<ConversationId>> {
        let name = name.clone();
        self.readers.run(move |db| groups::named(db, user, &name)).await
    }

    async fn public_groups(
        &self,
        user: UserId,
        after: Option<GroupName>,
        limit: u32,
    ) -> StoreResult<Vec<PublicGroup>> {
        self.readers.run(move |db| groups::public_groups(db, user, after, limit)).await
    }

    async fn group_members(
        &self,
        user: UserId,
        group: ConversationId,
        after: Option<UserName>,
        limit: u32,
    ) -> StoreResult<Option<Vec<MemberRow>>> {
        self.readers.run(move |db| groups::members(db, user, group, after, limit)).await
    }

    async fn listeners(
        &self,
        user: UserId,
        conversation: ConversationId,
    ) -> StoreResult<Option<Vec<UserId>>> {
        self.readers.run(move |db| conversations::listeners(db, user, conversation)).await
    }

    async fn direct_with(&self, user: UserId, name: &UserName) -> StoreResult<Option<ConversationId>> {
        let name = name.clone();
        self.readers.run(move |db| conversations::direct_with(db, user, &name)).await
    }

    async fn history(
        &self,
        user: UserId,
        conversation: ConversationId,
        range: PageRange,
        limit: u32,
    ) -> StoreResult<Option<Page>> {
        self.readers.run(move |db| log::history(db, user, conversation, range, limit)).await
    }

    async fn versions(
        &self,
        user: UserId,
        conversation: ConversationId,
        message: Seq,
        before: Seq,
        limit: u32,
    ) -> StoreResult<Option<Vec<Version>>> {
        self.readers.run(move |db| log::versions(db, user, conversation, message, before, limit)).await
    }

    async fn mark_read(
        &self,
        user: UserId,
        conversation: ConversationId,
        seq: Seq,
    ) -> StoreResult<Option<(ReadMark, Receipts)>> {
        self.writer.run(move |db| marks::mark_read(db, user, conversation, seq)).await
    }

    async fn prefer(
        &self,
        user: UserId,
        conversation: ConversationId,
        change: NewPreferences,
    ) -> StoreResult<Option<Result<Preferred, PreferError>>> {
        self.writer.run(move |db| preferences::prefer(db, user, conversation, change)).await
    }

    async fn blocked(&self, user: UserId) -> StoreResult<Vec<UserName>> {
        self.readers.run(move |db| preferences::blocked(db, user)).await
    }

    async fn mark_delivered(
        &self,
        user: UserId,
        conversation: ConversationId,
        seq: Seq,
    ) -> StoreResult<Option<Receipts>> {
        self.writer.run(move |db| marks::mark_delivered(db, user, conversation, seq)).await
    }

    fn append(&self, batch: Vec<NewEntry>) -> BoxFuture<'static, BatchOutcome> {
        Box::pin(self.writer.queue(move |db| append::append(db, batch)))
    }

    async fn failed(&self) -> StoreError {
        self.writer.failed().await
    }

    async fn close(&self) {
        self.readers.close();
        self.writer.close().await;
    }
}

#[cfg(test)]
mod tests;
