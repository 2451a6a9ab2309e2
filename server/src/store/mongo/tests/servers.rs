//! Two servers on one database, each of which remembers what it has read.

use super::*;
use crate::store::erasure::ErasureStore;

/// A message under a client id.
fn entry(conversation: ConversationId, sender: UserId, client_id: impl ToString) -> NewEntry {
    let body = NewBody::Message { text: "x".to_owned(), file: None, reply_to: None };
    NewEntry { conversation, sender, client_id: client_id.to_string().parse().unwrap(), at: 1, body }
}

/// Each of two servers remembers what it has read of a conversation. What one of them changes about ann, in her conversation with
/// bob, takes no number, and refuses him on the other one after a moment.
async fn takes_hold_elsewhere(
    refusal: AppendError,
    change: impl AsyncFnOnce(&MongoStore, UserId, ConversationId),
) {
    // So many that the lane is hardly ever idle.
    const SENDERS: usize = 32;
    let url = fresh();
    let servers = [opened(&url).await, opened(&url).await];
    let ann = makes_ann(&servers[0]).await;
    let new = NewUser { name: "bob".parse().unwrap(), password_hash: "hash".to_owned(), at: 1 };
    let bob = servers[0].create_user(new).await.unwrap().unwrap();
    let chat = servers[0].open_direct(ann, bob, ConversationId::from_bits(1)).await.unwrap();
    let send = async |number: usize| {
        servers[1]
            .append(vec![entry(chat, bob, number)])
            .await
            .unwrap()
            .remove(0)
            .map(|appended| appended.seq)
    };
    let until_refused = async |first: usize| {
        let mut number = first;
        if first.is_multiple_of(2) {
            // Half of them come while what the others sent is shown, and then both take turns.
            servers[1].blocked(bob).await.unwrap();
        }
        while send(number).await.is_ok() {
            number += SENDERS;
        }
        send(number).await
    };
    let change = async {
        send(1_000_000).await.unwrap();
        change(&servers[0], ann, chat).await;
    };
    let senders = futures_util::future::join_all((0..SENDERS).map(until_refused));
    let (refusals, ()) =
        tokio::time::timeout(std::time::Duration::from_secs(30), futures_util::future::join(senders, change))
            .await
            .unwrap();
    assert_eq!(refusals, [Err(refusal); SENDERS]);
}

#[tokio::test]
async fn a_block_that_another_server_writes_down_holds_here_after_a_moment() {
    takes_hold_elsewhere(AppendError::Blocked, async |server, ann, chat| {
        let change = NewPreferences { blocked: Some(true), ..Default::default() };
        server.prefer(ann, chat, change).await.unwrap().unwrap().unwrap();
    })
    .await;
}

#[tokio::test]
async fn the_end_of_an_account_that_another_server_writes_down_holds_here_after_a_moment() {
    takes_hold_elsewhere(AppendError::PeerGone, async |server, ann, _| {
        assert!(server.end_account(ann, &"deleted-1".parse().unwrap(), 1).await.unwrap());
    })
    .await;
}

/// How often something was looked up in a collection of this database.
async fn looked_up(store: &MongoStore, collection: &str) -> i64 {
    let top = store.db.db.client().database("admin").run_command(doc! {"top": 1}).await.unwrap();
    let name = format!("{}.{collection}", store.db.db.name());
    let of_it = top.get_document("totals").unwrap().get_document(&name).unwrap();
    i64::from(of_it.get_document("queries").unwrap().get_i32("count").unwrap())
}

/// One message after the other: the lane rests in between.
#[tokio::test]
async fn a_lively_conversation_is_not_read_for_each_message() {
    const MESSAGES: i64 = 40;
    let store = opened(&fresh()).await;
    let ann = makes_ann(&store).await;
    let notes = store.open_direct(ann, ann, ConversationId::from_bits(1)).await.unwrap();
    let looks = async || looked_up(&store, "conversations").await + looked_up(&store, "users").await;
    let before = looks().await;
    for number in 0..MESSAGES {
        store.append(vec![entry(notes, ann, number)]).await.unwrap().remove(0).unwrap();
    }
    let looks = looks().await - before;
    // Both once a second.
    assert!(looks < MESSAGES, "{looks}");
    store.close().await;
}

/// Each of two servers remembers where the log ended when it wrote last.
#[tokio::test]
async fn a_log_that_grew_elsewhere_is_read_again() {
    let url = fresh();
    let servers = [opened(&url).await, opened(&url).await];
    let ann = makes_ann(&servers[0]).await;
    let notes = servers[0].open_direct(ann, ann, ConversationId::from_bits(1)).await.unwrap();
    let send = async |server: usize, client_id: u64| {
        let appended =
            servers[server].append(vec![entry(notes, ann, client_id)]).await.unwrap().remove(0).unwrap();
        (appended.seq.get(), appended.is_fresh())
    };
    for number in 1..=8 {
        let server = usize::from(number % 3 == 0);
        assert_eq!(send(server, number).await, (number, true));
        assert_eq!(send(1 - server, number).await, (number, false), "it was sent before, to the other");
    }
    for server in servers {
        server.close().await;
    }
}
