//! Files where a server is killed between two writes.

use super::*;
use crate::store::{Content, FileStore, NewUpload, Quota, Writer};
use chat_protocol::{ContentHash, FileId};
use mongodb::bson::Document;

/// A time that is long past what was begun at 0.
const LATER: UnixMillis = 1 << 40;
const EVERYTHING: Quota = Quota(1 << 30);

async fn begins(store: &MongoStore, owner: UserId, id: u64) -> FileId {
    let id = FileId::from_bits(id);
    let (name, media_type) = ("x".to_owned(), "text/plain".to_owned());
    let upload = NewUpload { id, owner, name, media_type, size: 10_000, expires_at: 2 * LATER };
    assert!(store.begin_upload(upload, EVERYTHING).await.unwrap());
    id
}

async fn uploads(store: &MongoStore, owner: UserId, id: u64) -> FileId {
    let (id, writer) = (begins(store, owner, id).await, Writer(1));
    store.upload(owner, id, 1, Some(writer)).await.unwrap().unwrap();
    let content = Content { hash: ContentHash::from_bytes([u8::try_from(id.bits()).unwrap(); 32]), at: 1 };
    store.finish_upload(id, writer, content).await.unwrap().unwrap();
    id
}

/// What ann's files take, and how many of them are not settled.
async fn room(store: &MongoStore) -> (i64, usize) {
    let user = store.db.users.clone_with_type::<Document>().find_one(doc! {}).await.unwrap().unwrap();
    (user.get_i64("file_bytes").unwrap(), user.get_array("unsettled").unwrap().len())
}

#[tokio::test]
async fn whoever_is_interrupted_at_a_file_takes_no_room_for_ever() {
    let store = opened(&fresh()).await;
    let ann = makes_ann(&store).await;
    let (begun, whole) = (begins(&store, ann, 1).await, uploads(&store, ann, 2).await);
    assert_eq!(room(&store).await, (20_000, 0));
    // What a crash leaves before an upload is written or after it was removed, and before it is settled or was removed.
    for id in [7, documents::file_key(begun), documents::file_key(whole)] {
        let left = doc! {"unsettled": {"id": id, "charge": 10_000_i64, "at": 0_i64}};
        let taken = if id == 7 { 10_000_i64 } else { 0 };
        let crashed = doc! {"$inc": {"file_bytes": taken}, "$push": left};
        store.db.users.update_one(doc! {}, crashed).await.unwrap();
    }
    store.sweep_files(1, 0).await.unwrap();
    assert_eq!(room(&store).await, (30_000, 3), "they may be under way");
    store.sweep_files(LATER, 0).await.unwrap();
    assert_eq!(room(&store).await, (20_000, 0));
    for id in [begun, whole] {
        assert!(store.drop_upload(ann, id).await.unwrap());
    }
    assert_eq!(room(&store).await, (0, 0));
    store.close().await;
}

#[tokio::test]
async fn a_file_that_was_about_to_be_sent_stays_if_it_was() {
    let store = opened(&fresh()).await;
    let ann = makes_ann(&store).await;
    let notes = store.open_direct(ann, ann, ConversationId::from_bits(1)).await.unwrap();
    let (sent, lost) = (uploads(&store, ann, 1).await, uploads(&store, ann, 2).await);
    let send = |file, client_id: &str| NewEntry {
        conversation: notes,
        sender: ann,
        client_id: client_id.parse().unwrap(),
        at: 5,
        body: NewBody::Message { text: String::new(), file: Some(file), reply_to: None },
    };
    for _ in 0..2 {
        let outcomes = store.append(vec![send(sent, "1"), send(lost, "2")]).await.unwrap();
        assert!(outcomes.iter().all(Result::is_ok));
    }
    // What a crash leaves between the two writes of a send.
    store.db.entries.delete_one(doc! {"cid": "2"}).await.unwrap();
    assert!(!store.drop_upload(ann, lost).await.unwrap(), "it may be about to be sent");
    store.sweep_files(100, 100).await.unwrap();
    assert!(store.file(ann, lost).await.unwrap().is_some(), "that may be under way");
    store.sweep_files(LATER, LATER).await.unwrap();
    assert!(store.file(ann, lost).await.unwrap().is_none());
    assert!(store.file(ann, sent).await.unwrap().is_some());
    let settled = store.db.files.find_one(doc! {}).await.unwrap().unwrap();
    assert_eq!((settled.id, settled.loose_since, settled.sends), (documents::file_key(sent), None, 1));
    let late = store.append(vec![send(lost, "3")]).await.unwrap();
    assert_eq!(late[0].as_ref().unwrap_err(), &AppendError::UnknownFile);
    assert!(store.append(vec![send(sent, "4")]).await.unwrap()[0].is_ok());
    store.close().await;
}
