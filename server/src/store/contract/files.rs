//! Files: uploads, what they become, who may see them, and what becomes garbage.

use super::*;
use chat_protocol::{ContentHash, FileId, Message};
use futures_util::future::join_all;

const ROOMY: Quota = Quota(1 << 40);
const ANNS: Writer = Writer(1);

fn fresh_id() -> FileId {
    FileId::from_bits(u64::from_ne_bytes(rand()))
}

fn new(owner: UserId, size: u64) -> NewUpload {
    let (name, media_type) = ("../a \"name\"".to_owned(), "image/png".to_owned());
    NewUpload { id: fresh_id(), owner, name, media_type, size, expires_at: 100 }
}

fn content(byte: u8) -> Content {
    Content { hash: ContentHash::from_bytes([byte; 32]), at: 50 }
}

/// A file with this content.
pub(super) async fn file(store: &impl Store, owner: UserId, byte: u8) -> FileId {
    let upload = new(owner, 10_000);
    let id = upload.id;
    assert!(store.begin_upload(upload, ROOMY).await.unwrap());
    store.upload(owner, id, 1, Some(ANNS)).await.unwrap().unwrap();
    store.finish_upload(id, ANNS, content(byte)).await.unwrap().unwrap();
    id
}

fn with_file(entry: NewEntry, file: FileId) -> NewEntry {
    let NewBody::Message { text, reply_to, .. } = entry.body else { panic!("files hang on messages") };
    NewEntry { body: NewBody::Message { text, file: Some(file), reply_to }, ..entry }
}

pub(super) async fn sees(store: &impl Store, user: UserId, id: FileId) -> bool {
    store.file(user, id).await.unwrap().is_some()
}

/// What is garbage, all of which is then forgotten.
pub(super) async fn garbage(store: &impl Store) -> Vec<FileId> {
    let mut garbage = store.garbage(99).await.unwrap();
    garbage.sort();
    store.forget_garbage(garbage.clone()).await.unwrap();
    assert_eq!(store.garbage(99).await.unwrap(), []);
    garbage
}

pub async fn an_upload_goes_on_where_it_was(store: &impl Store) {
    let (ann, bob) = (user(store, "ann").await, user(store, "bob").await);
    let upload = new(ann, 10);
    let id = upload.id;
    assert!(store.begin_upload(upload, ROOMY).await.unwrap());
    let row = store.upload(ann, id, 1, None).await.unwrap().unwrap();
    assert_eq!((row.id, row.size, row.name.as_str(), row.progress.offset), (id, 10, "../a \"name\"", 0));
    assert_eq!(store.upload(bob, id, 1, Some(ANNS)).await.unwrap(), None, "it is not bob's");
    let progress = Progress { offset: 5, hasher: vec![1, 2], tail: vec![0, 255], expires_at: 200 };
    assert!(!store.keep_progress(id, ANNS, progress.clone()).await.unwrap(), "nobody has taken it");
    store.upload(ann, id, 1, Some(ANNS)).await.unwrap().unwrap();
    assert!(store.keep_progress(id, ANNS, progress.clone()).await.unwrap());
    assert_eq!(store.upload(ann, id, 150, None).await.unwrap().unwrap().progress, progress);
    assert_eq!(store.upload(ann, id, 200, None).await.unwrap(), None, "it has expired");
}

pub async fn the_last_writer_has_it(store: &impl Store) {
    let ann = user(store, "ann").await;
    let upload = new(ann, 10);
    let id = upload.id;
    assert!(store.begin_upload(upload, ROOMY).await.unwrap());
    let later = Writer(-7);
    for writer in [ANNS, later] {
        store.upload(ann, id, 1, Some(writer)).await.unwrap().unwrap();
    }
    assert!(!store.keep_progress(id, ANNS, Progress::default()).await.unwrap());
    assert_eq!(store.finish_upload(id, ANNS, content(1)).await.unwrap(), None);
    assert!(store.finish_upload(id, later, content(1)).await.unwrap().unwrap().fresh);
    assert_eq!(store.finish_upload(id, later, content(1)).await.unwrap(), None, "it is one no more");
    assert_eq!(store.upload(ann, id, 1, None).await.unwrap(), None);
    assert!(sees(store, ann, id).await);
}

pub async fn room_is_taken_once_and_given_back(store: &impl Store) {
    let (ann, bob) = (user(store, "ann").await, user(store, "bob").await);
    let quota = Quota(5 * 10_000);
    let uploads: Vec<_> = (0..20).map(|_| new(ann, 10_000)).collect();
    let begun = join_all(uploads.iter().map(|upload| store.begin_upload(upload.clone(), quota))).await;
    let begun: Vec<_> = begun.into_iter().map(Result::unwrap).collect();
    assert_eq!(begun.iter().filter(|begun| **begun).count(), 5);
    assert!(!store.begin_upload(new(ann, 0), quota).await.unwrap(), "nothing counts as well");
    assert!(store.begin_upload(new(bob, 10_000), quota).await.unwrap());
    let mut kept = uploads.iter().zip(begun).filter(|(_, begun)| *begun).map(|(upload, _)| upload.id);
    assert!(store.drop_upload(ann, kept.next().unwrap()).await.unwrap());
    assert!(store.begin_upload(new(ann, 10_000), quota).await.unwrap());
    assert!(!store.begin_upload(new(ann, 0), quota).await.unwrap());
    store.sweep_files(100, 0).await.unwrap();
    assert!(store.begin_upload(new(ann, 50_000), quota).await.unwrap(), "all that expired is given back");
    assert_eq!(garbage(store).await.len(), 7);
}

pub async fn the_same_content_has_one_home(store: &impl Store) {
    let (ann, bob) = (user(store, "ann").await, user(store, "bob").await);
    let (one, two, other) = (file(store, ann, 1).await, file(store, bob, 1).await, file(store, ann, 2).await);
    assert_eq!(garbage(store).await, [two], "its bytes were there");
    let home = async |user, id| store.file(user, id).await.unwrap().unwrap().object;
    assert_eq!((home(ann, one).await, home(bob, two).await, home(ann, other).await), (one, one, other));
    assert!(store.drop_upload(ann, one).await.unwrap());
    assert_eq!(garbage(store).await, [], "bob's file needs them");
    assert!(!store.drop_upload(ann, two).await.unwrap(), "it is bob's");
    assert!(store.drop_upload(bob, two).await.unwrap());
    assert_eq!(garbage(store).await, [one]);
    let again = file(store, bob, 1).await;
    assert_eq!(home(bob, again).await, again, "it is brought anew");
    let stranger = fresh_id();
    assert_eq!(store.unknown_bytes(vec![again, stranger, other]).await.unwrap(), [stranger]);
}

pub async fn content_that_comes_and_goes_at_once_is_never_lost(store: &impl Store) {
    let ann = user(store, "ann").await;
    for round in 0..10 {
        let old = file(store, ann, round).await;
        let (fresh, dropped) = tokio::join!(file(store, ann, round), store.drop_upload(ann, old));
        assert!(dropped.unwrap());
        let home = store.file(ann, fresh).await.unwrap().unwrap().object;
        assert!(!garbage(store).await.contains(&home), "round {round}");
    }
}

pub async fn a_file_is_seen_where_it_hangs(store: &impl Store) {
    let (ann, bob, eve) = (user(store, "ann").await, user(store, "bob").await, user(store, "eve").await);
    let (chat, other) = (direct(store, ann, bob).await, direct(store, bob, eve).await);
    let id = file(store, ann, 1).await;
    assert!(sees(store, ann, id).await && !sees(store, bob, id).await);
    let bobs = append(store, with_file(message(chat, bob, "1", ""), id)).await;
    assert_eq!(bobs, Err(AppendError::UnknownFile), "bob may not see it yet");
    let sent = append(store, with_file(message(chat, ann, "1", ""), id)).await.unwrap();
    let Some(Body::Message(told)) = sent.fresh else { panic!("it was appended now") };
    let attachment = told.file.unwrap();
    assert_eq!((attachment.id, attachment.size, attachment.sha256), (id, 10_000, content(1).hash));
    assert!(sees(store, bob, id).await && !sees(store, eve, id).await);
    let page = store.history(bob, chat, PageRange::Newest, 9).await.unwrap().unwrap();
    assert_eq!(page.entries[0].body, Body::Message(Message { file: Some(attachment), ..Message::default() }));
    let passed = append(store, with_file(message(other, bob, "1", "look"), id)).await.unwrap();
    assert_eq!((passed.seq, sees(store, eve, id).await), (seq(1), true));
    assert!(!sees(store, ann, fresh_id()).await);
}

pub async fn one_bad_file_does_not_fail_its_batch(store: &impl Store) {
    let ann = user(store, "ann").await;
    let notes = direct(store, ann, ann).await;
    let (one, two) = (file(store, ann, 1).await, file(store, ann, 2).await);
    let send = |client_id, file| with_file(message(notes, ann, client_id, ""), file);
    let batch = vec![
        send("1", one),
        send("2", fresh_id()),
        message(notes, ann, "3", "x"),
        send("1", one),
        send("1", two),
        message(notes, ann, "1", "another"),
        send("3", one),
    ];
    for fresh in [true, false] {
        let outcomes = store.append(batch.clone()).await.unwrap();
        let outcomes: Vec<_> =
            outcomes.into_iter().map(|one| one.map(|one| (one.seq, one.is_fresh()))).collect();
        let conflict = Err(AppendError::IdConflict);
        let expected = [
            Ok((seq(1), fresh)),
            Err(AppendError::UnknownFile),
            Ok((seq(2), fresh)),
            Ok((seq(1), false)),
            conflict,
            conflict,
            conflict,
        ];
        assert_eq!(outcomes, expected);
    }
}

pub async fn one_sweep_gives_up_all_there_is(store: &impl Store) {
    const MORE_THAN_ONE_STEP: usize = 201;
    let ann = user(store, "ann").await;
    let uploads: Vec<_> = (0..MORE_THAN_ONE_STEP).map(|_| new(ann, 5)).collect();
    for upload in &uploads {
        assert!(store.begin_upload(upload.clone(), ROOMY).await.unwrap());
    }
    store.sweep_files(100, 0).await.unwrap();
    assert_eq!(store.garbage(999).await.unwrap().len(), MORE_THAN_ONE_STEP);
    for upload in uploads {
        assert!(store.upload(ann, upload.id, 1, None).await.unwrap().is_none());
    }
}

pub async fn what_hangs_on_nothing_goes_in_time(store: &impl Store) {
    let ann = user(store, "ann").await;
    let notes = direct(store, ann, ann).await;
    let (sent, unsent) = (file(store, ann, 1).await, file(store, ann, 2).await);
    append(store, with_file(message(notes, ann, "1", ""), sent)).await.unwrap();
    store.sweep_files(1, 50).await.unwrap();
    assert!(sees(store, ann, unsent).await, "it has time until then");
    store.sweep_files(1, 51).await.unwrap();
    assert!(sees(store, ann, sent).await && !sees(store, ann, unsent).await);
    assert!(!store.drop_upload(ann, sent).await.unwrap(), "what was sent stays");
    assert_eq!(garbage(store).await, [unsent]);
    let late = append(store, with_file(message(notes, ann, "2", ""), unsent)).await;
    assert_eq!(late, Err(AppendError::UnknownFile));
}
