//! Watermarks: what has reached whom, what they have read, and who hears of it.

use super::*;
use chat_protocol::{ChangeSettings, Marks, Settings};

fn marks(delivered: u64, read: Option<u64>) -> Marks {
    Marks { delivered: seq(delivered), read: read.map(seq) }
}

async fn peer_marks(store: &impl Store, user: UserId, id: ConversationId) -> Marks {
    peer_of(&store.conversation(user, id).await.unwrap().unwrap()).marks
}

pub async fn what_is_delivered_and_read_is_told_to_the_others(store: &impl Store) {
    let (ann, bob, eve) = (user(store, "ann").await, user(store, "bob").await, user(store, "eve").await);
    let chat = direct(store, ann, bob).await;
    say(store, chat, ann, &["1", "2", "3", "4"]).await;
    assert_eq!(peer_marks(store, ann, chat).await, marks(0, Some(0)));
    let delivered = async |number| store.mark_delivered(bob, chat, seq(number)).await.unwrap().unwrap();
    let read = async |number| store.mark_read(bob, chat, seq(number)).await.unwrap().unwrap().1;
    let heard = |marks| Receipts { marks, to: vec![ann] };
    let unheard = |marks| Receipts { marks, to: vec![] };
    assert_eq!(delivered(2).await, heard(marks(2, Some(0))));
    assert_eq!(delivered(1).await, unheard(marks(2, Some(0))), "it never moves down");
    assert_eq!(read(1).await, heard(marks(2, Some(1))));
    assert_eq!(read(3).await, heard(marks(3, Some(3))), "what is read is delivered");
    assert_eq!(read(2).await, unheard(marks(3, Some(3))));
    assert_eq!(peer_marks(store, ann, chat).await, marks(3, Some(3)));
    let off = ChangeSettings { read_receipts: Some(false) };
    assert_eq!(store.change_settings(bob, off).await.unwrap(), Settings { read_receipts: false });
    assert_eq!(peer_marks(store, ann, chat).await, marks(3, None), "nor is what was told before");
    assert_eq!(read(4).await, heard(marks(4, None)), "that it has arrived is told");
    assert_eq!(read(4).await, unheard(marks(4, None)));
    let nothing = store.change_settings(bob, ChangeSettings::default()).await.unwrap();
    assert_eq!(nothing, Settings { read_receipts: false });
    let on = ChangeSettings { read_receipts: Some(true) };
    assert_eq!(store.change_settings(bob, on).await.unwrap(), Settings::default());
    assert_eq!(store.change_settings(ann, ChangeSettings::default()).await.unwrap(), Settings::default());
    assert_eq!(peer_marks(store, ann, chat).await, marks(4, Some(4)));
    assert_eq!(delivered(99).await, unheard(marks(4, Some(4))), "no further than the log");
    for id in [chat, ConversationId::from_bits(7)] {
        assert_eq!(store.mark_delivered(eve, id, seq(1)).await.unwrap(), None);
    }
    let listed = store.conversations(ann, None, 9).await.unwrap();
    assert_eq!(peer_of(&listed[0]).marks, marks(4, Some(4)));
}

pub async fn changes_are_not_counted_as_unread(store: &impl Store) {
    let (ann, bob) = (user(store, "ann").await, user(store, "bob").await);
    let chat = direct(store, ann, bob).await;
    say(store, chat, ann, &["1", "2"]).await;
    let target = seq(1);
    for (client_id, body) in [
        ("e", NewBody::Edit { target, text: "one".to_owned() }),
        ("r", NewBody::Reaction { target, emoji: "👍".to_owned(), removed: false }),
        ("d", NewBody::Deletion { target }),
    ] {
        append(store, NewEntry { body, ..message(chat, ann, client_id, "") }).await.unwrap();
    }
    let row = store.conversation(bob, chat).await.unwrap().unwrap();
    assert_eq!((row.read.unread, row.span.head), (2, seq(5)));
    let (mark, _) = store.mark_read(bob, chat, seq(1)).await.unwrap().unwrap();
    assert_eq!(mark, ReadMark { seq: seq(1), unread: 1, mentions: 0 });
}

pub async fn nobody_hears_of_notes(store: &impl Store) {
    let ann = user(store, "ann").await;
    let notes = direct(store, ann, ann).await;
    say(store, notes, ann, &["milk"]).await;
    let receipts = store.mark_delivered(ann, notes, seq(1)).await.unwrap().unwrap();
    assert_eq!(receipts.to, []);
    let (mark, receipts) = store.mark_read(ann, notes, seq(1)).await.unwrap().unwrap();
    assert_eq!((mark.seq, receipts.to), (seq(1), vec![]));
}
