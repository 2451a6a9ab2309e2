//! The store: accounts, devices, conversations and their logs, behind one trait.
//!
//! It is the truth and the arbiter: numbers without holes, client ids unique for ever, membership at the moment of
//! the write. It knows nothing of sockets, sessions or who is online. Every implementation passes the same
//! contract suite.

pub mod archive;
#[cfg(test)]
mod contract;
pub mod erasure;
mod files;
mod fold;
mod model;
mod mongo;
pub mod retention;
pub mod search;
mod sqlite;
mod target;

pub use model::account::{Account, DeviceRow, NewDevice, NewUser, TokenHash, UserId};
pub use model::conversation::{
    ConversationKind, ConversationRow, HIDDEN_MARKS, MemberRow, NewGroup, NewPreferences, PeerRow,
    PreferError, Preferred, ReadMark, Receipts,
};
pub use model::file::{Content, FileRow, Finished, NewUpload, Progress, Quota, UploadRow, Writer};
pub use model::log::{AppendError, Appended, NewBody, NewEntry, Page, PageRange, Span, StoredEntry};

use erasure::ErasureStore;
pub use files::FileStore;
use retention::RetentionStore;
use search::SearchStore;
use target::Target;

pub use mongo::{BadMongoUrl, ConnectError, MongoStore, MongoUrl};
pub use sqlite::SqliteStore;

use async_trait::async_trait;
use chat_protocol::{
    ChangeSettings, ConversationId, DeviceId, GroupName, PublicGroup, Seq, Settings, UnixMillis, UserName,
    Version,
};
use futures_util::future::BoxFuture;

/// A device that connects again within this time is not written down again.
const LAST_SEEN_STEP_MS: u64 = 60_000;
/// Entries that are looked at to count the unread ones. Somebody who has written more than this since they last read
/// gets a count that is too low.
const UNREAD_SCAN_MAX: u32 = 10_000;

/// Why the store did not do as asked.
#[derive(Debug, Clone, thiserror::Error)]
pub enum StoreError {
    /// It may work later: the disk is full, or the store cannot be reached. Nothing was written, or it is harmless to do
    /// it again.
    #[error("the store cannot be written right now: {0}")]
    Unavailable(String),
    /// What was asked broke a rule of the store that the caller should have kept; nothing was written.
    #[error("the store refused: {0}")]
    Refused(String),
    /// A commit or an fsync failed, or the file is damaged: what is durable is unknown, so the server must stop.
    #[error("the store failed: {0}")]
    Fatal(String),
}

/// The result of anything that the store does.
pub type StoreResult<T> = Result<T, StoreError>;

/// What each entry of an appended batch came to, in the batch's order.
pub type BatchOutcome = StoreResult<Vec<Result<Appended, AppendError>>>;

/// Everything that outlives the server's process.
#[async_trait]
pub trait Store: FileStore + SearchStore + RetentionStore + ErasureStore {
    // Accounts.

    /// Makes an account; `None` when the name is taken.
    async fn create_user(&self, user: NewUser) -> StoreResult<Option<UserId>>;
    /// The account with this name, unless it has ended.
    async fn user(&self, name: &UserName) -> StoreResult<Option<Account>>;
    /// Replaces the password hash and removes all devices of the user but `keep`. Returns the removed devices.
    async fn set_password(
        &self,
        user: UserId,
        hash: String,
        keep: Option<DeviceId>,
    ) -> StoreResult<Vec<DeviceId>>;
    /// Remembers when the user was last there. Never moves backwards.
    async fn set_last_seen(&self, user: UserId, at: UnixMillis) -> StoreResult<()>;
    /// Changes what is given of the user's settings, and tells all of them.
    async fn change_settings(&self, user: UserId, change: ChangeSettings) -> StoreResult<Settings>;

    // Devices.

    /// Adds a device of a user.
    async fn add_device(&self, device: NewDevice) -> StoreResult<()>;
    /// The device with this token, and whose it is; marks the device as seen at `now`.
    async fn device_by_token(
        &self,
        token: TokenHash,
        now: UnixMillis,
    ) -> StoreResult<Option<(DeviceId, Account)>>;
    /// The user's devices, the oldest first.
    async fn devices(&self, user: UserId) -> StoreResult<Vec<DeviceRow>>;
    /// Removes a device; false when the user has no such device.
    async fn remove_device(&self, user: UserId, device: DeviceId) -> StoreResult<bool>;

    // Conversations.

    /// The one-to-one conversation of two users (or of one with oneself), made with the id `fresh` when there is none.
    async fn open_direct(&self, a: UserId, b: UserId, fresh: ConversationId) -> StoreResult<ConversationId>;
    /// The conversation as `user` sees it; `None` when there is none or the user is not in it.
    async fn conversation(&self, user: UserId, id: ConversationId) -> StoreResult<Option<ConversationRow>>;
    /// The user's conversations that have entries, the most recently active first: at most `limit`, from below
    /// `after` (the [`ConversationRow::activity`] and id of the last row of the page before).
    async fn conversations(
        &self,
        user: UserId,
        after: Option<(UnixMillis, ConversationId)>,
        limit: u32,
    ) -> StoreResult<Vec<ConversationRow>>;
    /// Everyone who shares a conversation that has entries with the user, once each, without the user and whoever is hidden
    /// from them. Groups of more than `limits::WHISPERING_MEMBERS_MAX` do not count.
    async fn peers(&self, user: UserId) -> StoreResult<Vec<UserId>>;
    /// Makes a group. Gives the entries of its log, to be told to those who are in it; none when it is there already.
    async fn create_group(&self, group: NewGroup) -> StoreResult<Result<Vec<StoredEntry>, AppendError>>;
    /// The public group with this name.
    async fn public_group(&self, name: &GroupName) -> StoreResult<Option<ConversationId>>;
    /// The group with this name that the user is in; of several the public one.
    async fn group_named(&self, user: UserId, name: &GroupName) -> StoreResult<Option<ConversationId>>;
    /// The public groups, by name: at most `limit`, those after a name.
    async fn public_groups(
        &self,
        user: UserId,
        after: Option<GroupName>,
        limit: u32,
    ) -> StoreResult<Vec<PublicGroup>>;
    /// A group's members, by name: at most `limit`, those after a name. `None` when the user is in no such group.
    async fn group_members(
        &self,
        user: UserId,
        group: ConversationId,
        after: Option<UserName>,
        limit: u32,
    ) -> StoreResult<Option<Vec<MemberRow>>>;
    /// Whom a whisper of the user's in this conversation reaches: everyone in it but the user and whoever is hidden from them,
    /// and nobody before its first entry or in a group of more than `limits::WHISPERING_MEMBERS_MAX`. `None` when there is no such conversation or the user is not in it.
    async fn listeners(&self, user: UserId, conversation: ConversationId)
    -> StoreResult<Option<Vec<UserId>>>;
    /// The one-to-one conversation of the user with whoever has this name; `None` when there is none, or nobody has it.
    async fn direct_with(&self, user: UserId, name: &UserName) -> StoreResult<Option<ConversationId>>;
    /// A page of the log, its messages as they are at the page's head; `None` when there is no such conversation or the user
    /// is not in it.
    async fn history(
        &self,
        user: UserId,
        conversation: ConversationId,
        range: PageRange,
        limit: u32,
    ) -> StoreResult<Option<Page>>;
    /// What a message said: up to `limit` versions that were said below `before`, the last ones, in ascending order. `None`
    /// when there is no such message or the user is not in the conversation. A deleted message has no versions.
    async fn versions(
        &self,
        user: UserId,
        conversation: ConversationId,
        message: Seq,
        before: Seq,
        limit: u32,
    ) -> StoreResult<Option<Vec<Version>>>;
    /// Moves the user's read watermark up to `seq` (at most the head), and with it that of what is delivered. They never
    /// move down. Tells what holds now; `None` when there is no such conversation or the user is not in it.
    async fn mark_read(
        &self,
        user: UserId,
        conversation: ConversationId,
        seq: Seq,
    ) -> StoreResult<Option<(ReadMark, Receipts)>>;
    /// Changes what is given of what the user prefers about a conversation; `None` when there is no such conversation or the
    /// user is not in it. While one of two people has blocked the other, both are hidden from each other, and in their own
    /// conversation nothing can be appended but the deletion of what one has sent.
    async fn prefer(
        &self,
        user: UserId,
        conversation: ConversationId,
        change: NewPreferences,
    ) -> StoreResult<Option<Result<Preferred, PreferError>>>;
    /// Whom the user has blocked, by name.
    async fn blocked(&self, user: UserId) -> StoreResult<Vec<UserName>>;
    /// Moves the watermark of what has reached the user up to `seq` (at most the head). It never moves down. `None` when there
    /// is no such conversation or the user is not in it.
    async fn mark_delivered(
        &self,
        user: UserId,
        conversation: ConversationId,
        seq: Seq,
    ) -> StoreResult<Option<Receipts>>;

    // The log.

    /// Appends a batch in its order, in one durable commit. The batch takes its place in the store's order during
    /// the call; the returned future ends when the commit has, and may be dropped without undoing it.
    ///
    /// Who may do what is for `domain::may` to say. Changes of members take effect with their entry: who comes gets
    /// it, who goes does not. A newcomer has read what stands before it, and sees of it what the group lets them.
    ///
    /// An entry that fails does not fail its batch. A file hangs on as many messages as refer to it, and a sender must be able
    /// to see it. A repeated (conversation, sender, client id) is no error when
    /// the body is the same: it tells the first one's number, and nothing fresh. What was blanked since counts as the same.
    /// What the log begins after exists for no further entry.
    ///
    /// Only a message's sender may edit or delete it, and nobody changes or answers a deleted one. A message takes
    /// `limits::CHANGES_MAX` edits and reactions and `limits::REACTIONS_MAX` different emoji, and it can always be deleted.
    fn append(&self, batch: Vec<NewEntry>) -> BoxFuture<'static, BatchOutcome>;

    /// Waits until the store has failed for good, whoever asked for what failed, and tells why. A store that is only
    /// ever unavailable waits for ever.
    async fn failed(&self) -> StoreError {
        std::future::pending().await
    }

    /// Ends the store cleanly after everything begun is done. The last call.
    async fn close(&self);
}
