//! Changes of messages where something goes wrong between two writes, or somebody else writes at the same moment.

use super::*;
use crate::store::mongo::documents::{ChangeKind, EntryDocument, EntryKey, GoneDocument};
use crate::store::{Appended, ConversationKind, PageRange};
use chat_protocol::limits::{CHANGES_MAX, TEXT_BYTES_MAX};
use chat_protocol::{Message, Seq};

const NOTES: ConversationId = ConversationId::from_bits(1);

fn seq(number: u64) -> Seq {
    Seq::new(number).unwrap()
}

fn said(text: &str) -> NewBody {
    NewBody::Message { text: text.to_owned(), file: None, reply_to: None }
}

fn entry(sender: UserId, client_id: &str, body: NewBody) -> NewEntry {
    NewEntry { conversation: NOTES, sender, client_id: client_id.parse().unwrap(), at: 5, body }
}

async fn append(store: &MongoStore, entry: NewEntry) -> Result<Appended, AppendError> {
    store.append(vec![entry]).await.unwrap().remove(0)
}

/// Ann and her notes, which say something.
async fn noted(store: &MongoStore) -> UserId {
    let ann = makes_ann(store).await;
    store.open_direct(ann, ann, NOTES).await.unwrap();
    append(store, entry(ann, "message", said("secret"))).await.unwrap();
    let edit = NewBody::Edit { target: seq(1), text: "another secret".to_owned() };
    append(store, entry(ann, "edit", edit)).await.unwrap();
    ann
}

async fn first(store: &MongoStore, ann: UserId) -> Message {
    let page = store.history(ann, NOTES, PageRange::After(Seq::ZERO), 9).await.unwrap().unwrap();
    match page.entries.into_iter().next().unwrap().body {
        chat_protocol::Body::Message(message) => message,
        other => panic!("{other:?} is no message"),
    }
}

/// What is in the database, of the log's first entries.
async fn kept(store: &MongoStore) -> Vec<EntryDocument> {
    let filter = doc! {"_id.s": {"$lte": 3}};
    queries::search(
        &store.db.entries,
        queries::Search { filter, sort: doc! {"_id": 1}, ..Default::default() },
    )
    .await
    .unwrap()
}

/// Writes an entry as a server does that is killed before anybody is shown it.
async fn inserts(store: &MongoStore, number: i64, entry: &NewEntry) {
    let (key, send) = (EntryKey { conversation: 1, seq: number }, (entry.sender, &entry.client_id));
    let document = EntryDocument::new(key, 5, send, &entry.body, None);
    store.db.entries.insert_one(document).await.unwrap();
}

/// Whoever goes on: somebody else, whoever deleted, or whoever sent something after that.
#[tokio::test]
async fn a_deletion_of_a_killed_server_takes_away_before_it_is_shown() {
    for goes_on in ["else", "deletion", "after"] {
        let store = opened(&fresh()).await;
        let ann = noted(&store).await;
        // A lane that expects repeats looks them up, one that does not runs into them.
        if goes_on == "after" {
            append(&store, entry(ann, "message", said("secret"))).await.unwrap();
        }
        inserts(&store, 3, &entry(ann, "deletion", NewBody::Deletion { target: seq(1) })).await;
        inserts(&store, 4, &entry(ann, "after", said("x"))).await;
        assert_eq!(first(&store, ann).await.text, "another secret", "nobody was shown that it is gone");
        let body = if goes_on == "deletion" { NewBody::Deletion { target: seq(1) } } else { said("x") };
        let appended = append(&store, entry(ann, goes_on, body)).await.unwrap();
        assert_eq!((appended.is_fresh(), appended.seq.get() > 2), (goes_on == "else", true));
        let gone = Message { deleted_at: Some(5), changed: Some(seq(3)), ..Message::default() };
        assert_eq!(first(&store, ann).await, gone, "{goes_on}");
        let gone = Some(GoneDocument { seq: 3, at: 5 });
        let kept: Vec<_> = kept(&store).await.into_iter().map(|one| (one.text, one.gone)).collect();
        assert_eq!(kept, [(String::new(), gone), (String::new(), gone), (String::new(), None)], "{goes_on}");
        store.close().await;
    }
}

/// It is in the log and durable, so a reader may be told of it before its number is shown; half of it is never told.
#[tokio::test]
async fn what_is_taken_away_is_told_as_deleted_before_the_deletion_is_shown() {
    let store = opened(&fresh()).await;
    let ann = noted(&store).await;
    append(&store, entry(ann, "deletion", NewBody::Deletion { target: seq(1) })).await.unwrap();
    let heads = |head: i64| doc! {"$set": {"head": head}};
    store.db.conversations.update_one(doc! {}, heads(2)).await.unwrap();
    let gone = Message { deleted_at: Some(5), changed: Some(seq(3)), ..Message::default() };
    assert_eq!(first(&store, ann).await, gone);
    assert_eq!(store.versions(ann, NOTES, seq(1), Seq::MAX, 9).await.unwrap(), Some(vec![]));
    // The message was read before its text was taken away, and its edit after that.
    let unblanked = doc! {"$set": {"text": "secret"}, "$unset": {"gone": ""}};
    store.db.entries.update_one(doc! {"_id.s": 1}, unblanked).await.unwrap();
    assert_eq!(first(&store, ann).await, gone);
    store.close().await;
}

/// Each of them decides about what it has read, and the numbers decide who has read everything.
#[tokio::test]
async fn nothing_comes_after_a_deletion_whoever_writes_at_the_same_moment() {
    let url = fresh();
    let servers = [opened(&url).await, opened(&url).await];
    let ann = noted(&servers[0]).await;
    for round in 0..12 {
        let message = entry(ann, &format!("m{round}"), said("x"));
        let target = append(&servers[0], message).await.unwrap().seq;
        let change = |number: u64| match number % 3 {
            0 => NewBody::Edit { target, text: "y".to_owned() },
            1 => NewBody::Reaction { target, emoji: "👍".to_owned(), removed: false },
            _ => NewBody::Message { text: "z".to_owned(), file: None, reply_to: Some(target) },
        };
        let changes: Vec<_> = (0..9)
            .map(|number| append(&servers[1], entry(ann, &format!("c{round}-{number}"), change(number))))
            .collect();
        let deletes = append(&servers[0], entry(ann, &format!("d{round}"), NewBody::Deletion { target }));
        let (deleted, changed) = tokio::join!(deletes, futures_util::future::join_all(changes));
        let deleted = deleted.unwrap().seq;
        for outcome in changed {
            match outcome {
                Ok(appended) => assert!(appended.seq < deleted, "{} after {deleted}", appended.seq),
                Err(refusal) => assert_eq!(refusal, AppendError::MessageDeleted),
            }
        }
        let late = append(&servers[1], entry(ann, &format!("l{round}"), change(round))).await;
        assert_eq!(late, Err(AppendError::MessageDeleted));
    }
    for server in servers {
        server.close().await;
    }
}

#[tokio::test]
async fn a_message_that_was_changed_too_often_can_be_read_and_deleted() {
    let store = opened(&fresh()).await;
    let ann = noted(&store).await;
    let text = "x".repeat(TEXT_BYTES_MAX);
    let edit = |number: i64| {
        let body = NewBody::Edit { target: seq(1), text: text.clone() };
        let client_id = format!("e{number}").parse().unwrap();
        EntryDocument::new(EntryKey { conversation: 1, seq: number }, 5, (ann, &client_id), &body, None)
    };
    let last = i64::from(CHANGES_MAX) + 1;
    store.db.entries.insert_many((3..=last).map(edit)).await.unwrap();
    let reaction = NewBody::Reaction { target: seq(1), emoji: "👍".to_owned(), removed: false };
    assert_eq!(append(&store, entry(ann, "r", reaction)).await, Err(AppendError::LimitReached));
    let shown = first(&store, ann).await;
    assert_eq!((shown.text.len(), shown.changed.map(Seq::get)), (TEXT_BYTES_MAX, Some(last.cast_unsigned())));
    append(&store, entry(ann, "d", NewBody::Deletion { target: seq(1) })).await.unwrap();
    assert!(first(&store, ann).await.deleted_at.is_some());
    let left = doc! {"kind": documents::value(&ChangeKind::Edit), "text": {"$ne": ""}};
    assert_eq!(store.db.entries.count_documents(left).await.unwrap(), 0);
    store.close().await;
}

/// What an earlier version has written has no marks of what is delivered, and nothing about receipts.
#[tokio::test]
async fn documents_of_an_earlier_version_are_read_as_they_are() {
    let store = opened(&fresh()).await;
    let ann = noted(&store).await;
    store.mark_read(ann, NOTES, seq(1)).await.unwrap().unwrap();
    store.db.watermarks.update_many(doc! {}, doc! {"$unset": {"delivered": ""}}).await.unwrap();
    store.db.users.update_many(doc! {}, doc! {"$unset": {"read_receipts": ""}}).await.unwrap();
    let row = store.conversation(ann, NOTES).await.unwrap().unwrap();
    let ConversationKind::Direct(peer) = row.kind else { panic!("notes are no group") };
    assert_eq!((peer.marks.delivered, peer.marks.read), (seq(1), Some(seq(1))));
    assert!(
        store.change_settings(ann, chat_protocol::ChangeSettings::default()).await.unwrap().read_receipts
    );
    store.close().await;
}
