//! What needs two stores but no process: sources that change, targets that somebody else wrote to.

use super::*;
use crate::blobs::Disk;
use crate::files::Hasher;
use crate::store::archive::{ConversationRecord, DeviceRecord, EntryRecord, Shelf, UserRecord};
use crate::store::{
    Content, FileStore, NewBody, NewDevice, NewEntry, NewUpload, NewUser, Quota, SqliteStore, Store,
    TokenHash, UserId, Writer,
};
use bytes::Bytes;
use chat_protocol::{ConversationId, DeviceId, FileId, Seq};
use futures_util::TryStreamExt;
use tempfile::TempDir;

/// More than a page, so that paging is a part of every story.
const MANY: u64 = 2_500;

struct Stores {
    folder: TempDir,
    source: SqliteStore,
    source_blobs: Disk,
    target: SqliteStore,
    target_blobs: Disk,
}

impl Stores {
    async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let open = |name| SqliteStore::open_archive(&folder.path().join(name)).unwrap();
        let (source, target) = (open("source.db"), open("target.db"));
        let disk = |name| Disk::open(&folder.path().join(name)).unwrap();
        let (source_blobs, target_blobs) = (disk("source"), disk("target"));
        let stores = Self { source, source_blobs, target, target_blobs, folder };
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
            let text = format!("number {number}");
            let body = NewBody::Message { text, file: None, reply_to: None };
            NewEntry { conversation, sender, client_id: number.to_string().parse().unwrap(), at: 3, body }
        };
        let outcome = self.source.append(numbers.map(entry).collect()).await.unwrap();
        assert!(outcome.iter().all(Result::is_ok));
    }

    fn places(&self) -> (Place<'_>, Place<'_>) {
        (
            Place { archive: &self.source, blobs: &self.source_blobs, name: "old".to_owned() },
            Place { archive: &self.target, blobs: &self.target_blobs, name: "new".to_owned() },
        )
    }

    async fn copies(&self) {
        let (source, target) = self.places();
        copy::everything(&source, &target, &mut Progress::default()).await.unwrap();
    }

    async fn compares(&self) -> Outcome {
        let (source, target) = self.places();
        verify::everything(&source, &target, &mut Progress::default()).await.unwrap()
    }

    async fn migrates(&self) -> Result<Verified, MigrateError> {
        let (source, target) = self.places();
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

/// It changes what was copied before: the next round brings it, and the comparison is content.
#[tokio::test]
async fn a_deletion_that_comes_while_everything_is_copied_is_no_fault() {
    let stores = Stores::new().await;
    let (ann, id) = (UserId(1), ConversationId::from_bits(1));
    let target = Seq::new(5).unwrap();
    let does = async |client_id: &str, body| {
        let client_id = client_id.parse().unwrap();
        let entry = NewEntry { conversation: id, sender: ann, client_id, at: 4, body };
        stores.source.append(vec![entry]).await.unwrap().remove(0).unwrap();
    };
    does("edit", NewBody::Edit { target, text: "edited".to_owned() }).await;
    stores.copies().await;
    does("delete", NewBody::Deletion { target }).await;
    assert!(matches!(stores.compares().await, Outcome::Changed(_)));
    stores.copies().await;
    assert!(matches!(stores.compares().await, Outcome::Equal(_)));
    let page = stores.target.entries(id, Seq::new(4).unwrap(), 1).await.unwrap();
    assert_eq!(page[0].body, NewBody::Message { text: String::new(), file: None, reply_to: None });
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
        body: NewBody::Message { text: "other".to_owned(), file: None, reply_to: None },
        attachment: None,
        mentions: Vec::new(),
    };
    stores.copies().await;
    stores.target.put_entries(vec![more(MANY + 1)]).await.unwrap();
    let Outcome::Faults(faults) = stores.compares().await else { panic!("an entry too many was not seen") };
    assert!(faults[0].contains("2500 entries in the source and 2501 in the target"), "{faults:?}");

    let stranger = NewUser { name: "eve".parse().unwrap(), password_hash: String::new(), at: 1 };
    stores.target.create_user(stranger).await.unwrap().unwrap();
    let (source, target) = stores.places();
    let error = copy::everything(&source, &target, &mut Progress::default()).await.unwrap_err();
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

/// A file of this content, sent in ann's notes under this number.
async fn sends_file(stores: &Stores, id: u64, content: &[u8], number: u64) -> FileId {
    let (id, ann) = (FileId::from_bits(id), UserId(1));
    let mut hasher = Hasher::default();
    hasher.add(&Bytes::copy_from_slice(content)).await;
    let (size, hash) = (content.len() as u64, hasher.finish());
    let (name, media_type) = ("x".to_owned(), "text/plain".to_owned());
    let upload = NewUpload { id, owner: ann, name, media_type, size, expires_at: 9 };
    assert!(stores.source.begin_upload(upload, Quota(1 << 30)).await.unwrap());
    let writer = Writer(1);
    stores.source.upload(ann, id, 1, Some(writer)).await.unwrap().unwrap();
    let mut part = stores.source_blobs.part(id, 0, &[]).await.unwrap();
    part.write(Bytes::copy_from_slice(content)).await.unwrap();
    let tail = part.save().await.unwrap();
    stores.source_blobs.keep(id, size, hash, &tail).await.unwrap();
    stores.source.finish_upload(id, writer, Content { hash, at: 1 }).await.unwrap().unwrap();
    let entry = NewEntry {
        conversation: ConversationId::from_bits(1),
        sender: ann,
        client_id: number.to_string().parse().unwrap(),
        at: 3,
        body: NewBody::Message { text: String::new(), file: Some(id), reply_to: None },
    };
    stores.source.append(vec![entry]).await.unwrap().remove(0).unwrap();
    id
}

async fn content(blobs: &Disk, id: FileId, size: u64) -> Vec<u8> {
    let pieces = blobs.read(id, 0..size).await.unwrap();
    pieces.try_fold(Vec::new(), |all, piece| async move { Ok([all, piece.to_vec()].concat()) }).await.unwrap()
}

#[tokio::test]
async fn files_come_along_with_their_contents() {
    let stores = Stores::new().await;
    let long = vec![b'l'; 700_000];
    let first = sends_file(&stores, 5, &long, MANY).await;
    // The same content has one home.
    sends_file(&stores, 6, &long, MANY + 1).await;
    let empty = sends_file(&stores, 7, b"", MANY + 2).await;
    // What an interrupted run has left is no hindrance.
    stores.target_blobs.part(first, 0, &[]).await.unwrap().write(Bytes::from_static(b"half")).await.unwrap();
    let verified = stores.migrates().await.unwrap();
    assert_eq!((verified.files.count, verified.content_bytes), (3, 700_000));
    assert!(content(&stores.target_blobs, first, 700_000).await == long);
    assert!(content(&stores.target_blobs, empty, 0).await.is_empty());
    let mut stored = stores.target_blobs.stored(std::time::Duration::ZERO).await.unwrap();
    stored.sort();
    assert_eq!(stored, [first, empty]);
    let notes =
        stores.target.entries(ConversationId::from_bits(1), Seq::new(MANY).unwrap(), 9).await.unwrap();
    let files: Vec<_> =
        notes.iter().filter_map(|entry| entry.attachment.as_ref()).map(|file| file.id.bits()).collect();
    assert_eq!(files, [5, 6, 7]);
}

#[tokio::test]
async fn bytes_that_were_changed_are_found_on_both_sides() {
    let stores = Stores::new().await;
    let id = sends_file(&stores, 5, b"hello", MANY).await;
    stores.copies().await;
    let flip = |folder: &str, to: &[u8]| {
        let path = stores.folder.path().join(folder).join("objects/00/0000000000000005");
        std::fs::write(path, to).unwrap();
    };
    flip("target", b"hellO");
    let Outcome::Faults(faults) = stores.compares().await else { panic!("a flipped byte was not seen") };
    assert_eq!(faults, [format!("file {id} has other bytes than its hash says")]);
    stores.target_blobs.remove(id).await.unwrap();
    let Outcome::Faults(faults) = stores.compares().await else { panic!("missing bytes were not seen") };
    assert_eq!(faults, [format!("the bytes of file {id} are not there")]);

    let stores = Stores::new().await;
    sends_file(&stores, 5, b"hello", MANY).await;
    std::fs::write(stores.folder.path().join("source/objects/00/0000000000000005"), b"hellO").unwrap();
    let error = stores.migrates().await.unwrap_err().to_string();
    assert!(error.contains("the bytes of file 0000000000000005 are damaged in the source"), "{error}");
    assert_eq!(stores.target_blobs.stored(std::time::Duration::ZERO).await.unwrap(), [id]);
    assert!(stores.target_blobs.read(id, 0..5).await.is_err(), "no half file is visible");
}
