//! Servers that are killed between moving the beginning of a log and taking away what stands before it.

use super::*;
use crate::store::retention::RetentionStore;

fn seq(number: u64) -> Seq {
    Seq::new(number).unwrap()
}

async fn says(store: &MongoStore, notes: ConversationId, ann: UserId, number: u64) -> NewEntry {
    let text = format!("secret {number}");
    let body = NewBody::Message { text, file: None, reply_to: None };
    let client_id = number.to_string().parse().unwrap();
    let entry = NewEntry { conversation: notes, sender: ann, client_id, at: number, body };
    store.append(vec![entry.clone()]).await.unwrap().remove(0).unwrap();
    entry
}

#[tokio::test]
async fn what_a_killed_server_has_left_is_taken_away_by_the_next_sweep() {
    let store = opened(&fresh()).await;
    let ann = makes_ann(&store).await;
    let notes = store.open_direct(ann, ann, ConversationId::from_bits(1)).await.unwrap();
    let mut sent = Vec::new();
    for number in 1..=4 {
        sent.push(says(&store, notes, ann, number).await);
    }
    let this = doc! {"_id": 1_i64};
    let halfway = doc! {"$set": {"first": 4_i64, "sweeping": 1_i64}};
    store.db.conversations.update_one(this.clone(), halfway).await.unwrap();
    let page = store.history(ann, notes, PageRange::Newest, 9).await.unwrap().unwrap();
    assert_eq!((page.span.first, page.entries.len()), (seq(4), 1), "nobody sees what is left");
    let found = store.beginnings(false, None, 9).await.unwrap().logs;
    assert!(found.len() == 1 && found[0].is_interrupted && found[0].at == Some(4), "{found:?}");
    let left = doc! {"text": {"$regex": "^secret"}};
    assert_eq!(store.db.entries.count_documents(left.clone()).await.unwrap(), 4);
    // Nothing is due by any rule: what was begun is taken to its end all the same.
    let ended = store.expire(notes, 0, 9, 9).await.unwrap();
    assert_eq!((ended.first, ended.more), (Some(seq(4)), false));
    assert_eq!(store.db.entries.count_documents(left).await.unwrap(), 1);
    assert_eq!(store.beginnings(false, None, 9).await.unwrap().logs, []);
    let found = store.db.conversations.find_one(this).await.unwrap().unwrap();
    assert_eq!((found.first, found.sweeping), (4, None));
    let again = store.append(sent).await.unwrap();
    let numbers: Vec<_> = again.into_iter().map(|done| done.map(|done| done.seq.get())).collect();
    assert_eq!(numbers, [Ok(1), Ok(2), Ok(3), Ok(4)]);
}
