//! What needs two stores but no process: sources that change, targets that somebody else wrote to.

use super::*;
use crate::store::archive::{ConversationRecord, DeviceRecord, EntryRecord, Shelf, UserRecord};
use crate::store::{
    FileStore, NewDevice, NewEntry, NewUpload, NewUser, Quota, SqliteStore, Store, TokenHash, UserId,
};
use chat_protocol::{Body, ConversationId, DeviceId, FileId, Seq};
use tempfile::TempDir;

/// More than a page, so that paging is a part of every story.
const MANY: u64 = 2_500;

struct Stores {
    _folder: TempDir,
    source: SqliteStore,
    target: SqliteStore,
}

impl Stores {
    async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let open = |name| SqliteStore::open_archive(&folder.path().join(name)).unwrap();
        let (source, target) = (open("source.db"), open("target.db"));
        let stores = Self { source, target, _folder: folder };
        let ann = stores.makes("ann").await;
        let notes = stores.source.open_direct(ann, ann, ConversationId::from_bits(1)).await.unwrap();
        stores.says(ann, notes, 0..MANY).await;
        stores
    }

    async fn makes(&self, name: &str) -> UserId {
        let user = NewUser { name: name.parse().unwrap(), password_hash: "hash".to_owned(), at: 1 };
        let id = self.source.create_user(user).await.unwrap().unwrap();
        let bits = id.0.cast_unsigned();
        let token = TokenHash([u8::try_from(bits).unwrap(); 32]);
        let device =
            NewDevice { id: DeviceId::from_bits(bits), user: id, token, name: "phone".to_owned(), at: 2 };
        self.source.add_device(device).await.unwrap();
        id
    }

    async fn says(&self, sender: UserId, conversation: ConversationId, numbers: std::ops::Range<u64>) {
        let entry = |number: u64| {
            let body = Body::Message { text: format!("number {number}"), file: None };
            NewEntry {
                conversation,
                sender,
                client_id: number.to_string().parse().unwrap(),
                at: 3,
                body,
                file: None,
            }
        };
        let outcome = self.source.append(numbers.map(entry).collect()).await.unwrap();
        assert!(outcome.iter().all(Result::is_ok));
    }

    async fn copies(&self) {
        copy::everything(&self.source, &self.target, &mut Progress::default()).await.unwrap();
    }

    async fn compares(&self) -> Outcome {
        verify::everything(&self.source, &self.target, &mut Progress::default()).await.unwrap()
    }

    async fn migrates(&self) -> Result<Verified, MigrateError> {
        let source = Place { archive: &self.source, name: "old".to_owned() };
        let target = Place { archive: &self.target, name: "new".to_owned() };
        migrate(&source, &target, &mut Progress::default()).await
    }
}

#[tokio::test]
async fn a_source_that_changes_meanwhile_is_followed() {
    let stores = Stores::new().await;
    let source = &stores.source;
    let ann = UserId(1);
    stores.copies().await;
    assert!(matches!(stores.compares().await, Outcome::Equal(_)));
    // Whatever a server does between copying and comparing is noticed, and the next round brings it.
    let bob = stores.makes("bob").await;
    assert!(matches!(stores.compares().await, Outcome::Changed("devices")));
    stores.copies().await;
    let talk = source.open_direct(ann, bob, ConversationId::from_bits(u64::MAX)).await.unwrap();
    assert!(matches!(stores.compares().await, Outcome::Changed("conversations")));
    stores.copies().await;
    stores.says(bob, talk, 0..MANY).await;
    stores.says(ann, ConversationId::from_bits(1), MANY..MANY + 3).await;
    assert!(matches!(stores.compares().await, Outcome::Changed("conversations")));
    stores.copies().await;
    source.mark_read(ann, talk, Seq::new(9).unwrap()).await.unwrap();
    assert!(matches!(stores.compares().await, Outcome::Changed("conversations")));
    stores.copies().await;
    assert_eq!(source.set_password(ann, "new".to_owned(), None).await.unwrap().len(), 1);
    assert!(
        matches!(stores.compares().await, Outcome::Changed("devices")),
        "a revoked device must not come back"
    );
    stores.copies().await;
    source.set_last_seen(bob, 99).await.unwrap();
    assert!(matches!(stores.compares().await, Outcome::Changed("users")));
    let verified = stores.migrates().await.err().map(|error| error.to_string());
    assert!(verified.is_some_and(|error| error.contains("holds data already")), "it was never marked");
}

#[tokio::test]
async fn it_says_what_was_verified_and_marks_the_target() {
    let stores = Stores::new().await;
    let verified = stores.migrates().await.unwrap();
    assert_eq!((verified.users.count, verified.devices.count), (1, 1));
    assert_eq!((verified.conversations.count, verified.entries), (1, MANY));
    let origin = stores.target.origin().await.unwrap().unwrap();
    assert_eq!((origin.store, origin.is_complete), (stores.source.id().await.unwrap(), true));
    assert!(matches!(stores.migrates().await, Err(MigrateError::Done(_))));
}

#[tokio::test]
async fn what_somebody_else_wrote_into_the_target_is_an_error() {
    let stores = Stores::new().await;
    let id = ConversationId::from_bits(1);
    let more = |number: u64| EntryRecord {
        conversation: id,
        seq: Seq::new(number).unwrap(),
        at: 1,
        sender: UserId(1),
        client_id: "other".parse().unwrap(),
        body: Body::Message { text: "other".to_owned(), file: None },
    };
    stores.copies().await;
    stores.target.put_entries(vec![more(MANY + 1)]).await.unwrap();
    let Outcome::Faults(faults) = stores.compares().await else { panic!("an entry too many was not seen") };
    assert!(faults[0].contains("2500 entries in the source and 2501 in the target"), "{faults:?}");

    let stranger = NewUser { name: "eve".parse().unwrap(), password_hash: String::new(), at: 1 };
    stores.target.create_user(stranger).await.unwrap().unwrap();
    let error = copy::everything(&stores.source, &stores.target, &mut Progress::default()).await.unwrap_err();
    assert!(error.to_string().contains("1 users that the source does not"), "{error}");
}

#[tokio::test]
async fn a_hole_in_the_source_is_named_and_never_copied_as_whole() {
    let stores = Stores::new().await;
    let rows: Vec<ConversationRecord> = stores.source.page(i64::MIN, 1).await.unwrap();
    let head = Seq::new(MANY + 2).unwrap();
    let damaged = ConversationRecord { head, ..rows[0].clone() };
    stores.source.put(vec![damaged]).await.unwrap();
    let error = stores.migrates().await.unwrap_err().to_string();
    assert!(error.contains("0000000000000001 has a hole in the source: 2500 of 2502"), "{error}");
    let origin = stores.target.origin().await.unwrap().unwrap();
    assert!(!origin.is_complete);
}

#[tokio::test]
async fn rows_of_both_stores_meet_by_their_keys() {
    use crate::store::archive::{Pair, Pairs};
    let stores = Stores::new().await;
    stores.makes("bob").await;
    let users: Vec<UserRecord> = stores.source.page(i64::MIN, 9).await.unwrap();
    let eve = UserRecord { id: UserId(-5), name: "eve".parse().unwrap(), ..users[0].clone() };
    stores.target.put(vec![users[1].clone(), eve.clone()]).await.unwrap();
    let mut pairs = Pairs::<UserRecord, _>::of(&stores.source, &stores.target);
    let mut met = Vec::new();
    while let Some(pair) = pairs.next().await.unwrap() {
        met.push(pair);
    }
    let both = Pair::Both(users[1].clone(), users[1].clone());
    assert_eq!(met, [Pair::Target(eve), Pair::Source(users[0].clone()), both]);
    assert!(Pairs::<DeviceRecord, _>::of(&stores.target, &stores.target).next().await.unwrap().is_none());
}

#[tokio::test]
async fn a_source_that_holds_files_is_refused_and_nothing_is_changed() {
    let stores = Stores::new().await;
    let (name, media_type) = ("x".to_owned(), "text/plain".to_owned());
    let upload =
        NewUpload { id: FileId::from_bits(1), owner: UserId(1), name, media_type, size: 1, expires_at: 9 };
    assert!(stores.source.begin_upload(upload, Quota(1 << 20)).await.unwrap());
    let refused = stores.migrates().await.unwrap_err().to_string();
    assert_eq!(refused, "old holds files, and this version does not move files yet");
    assert_eq!(stores.target.origin().await.unwrap(), None);
    assert!(stores.target.is_empty().await.unwrap());
}
