//! The conversation with somebody whose account has ended: it is read, and takes nothing new.

use super::changes::{deletion, does, edit, reaction};
use super::erasure::ends;
use super::groups::{make, new};
use super::*;

pub async fn nobody_talks_to_the_departed(store: &impl Store) {
    let [ann, bob, eve] = [user(store, "ann").await, user(store, "bob").await, user(store, "eve").await];
    // Whichever of the two has the lower number.
    let chats = [direct(store, ann, bob).await, direct(store, bob, eve).await];
    let group = make(store, new(bob, "ops", &[ann, eve])).await;
    for (chat, left) in chats.into_iter().zip([ann, eve]) {
        say(store, chat, left, &["mine"]).await;
        say(store, chat, bob, &["bob's"]).await;
    }
    say(store, group, bob, &["bob's"]).await;
    ends(store, bob).await;
    for (chat, left) in chats.into_iter().zip([ann, eve]) {
        let refused = [
            NewBody::Message { text: "x".to_owned(), file: None, reply_to: None },
            NewBody::Message { text: "x".to_owned(), file: None, reply_to: Some(seq(1)) },
            edit(1, "x"),
            reaction(1, "👍", false),
            reaction(1, "👍", true),
        ];
        for body in refused {
            // What bob had on its way comes too late as well.
            for sender in [left, bob] {
                let outcome = does(store, chat, sender, body.clone()).await;
                assert_eq!(outcome, Err(AppendError::PeerGone), "{body:?}");
            }
        }
        assert_eq!(texts(store, left, chat, PageRange::Newest, 9).await, ["mine", ""]);
        assert_eq!(does(store, chat, left, deletion(1)).await, Ok(3), "no number was used");
        assert_eq!(does(store, chat, left, edit(1, "x")).await, Err(AppendError::PeerGone));
    }
    say(store, group, ann, &["those who are left go on"]).await;
    let reply = NewBody::Message { text: "x".to_owned(), file: None, reply_to: Some(seq(3)) };
    for body in [reply, reaction(3, "👍", false)] {
        let refused = does(store, group, ann, body.clone()).await;
        assert_eq!(refused, Err(AppendError::MessageDeleted), "what bob said is gone: {body:?}");
    }
    say(store, direct(store, ann, eve).await, ann, &["so do others"]).await;
    say(store, direct(store, ann, ann).await, ann, &["and notes"]).await;
    let other = user(store, "bob").await;
    say(store, direct(store, ann, other).await, ann, &["whoever is called so now is somebody else"]).await;
}

/// P3: what was acknowledged stays so, whoever has gone since.
pub async fn what_was_sent_to_the_departed_is_still_sent(store: &impl Store) {
    let (ann, bob) = (user(store, "ann").await, user(store, "bob").await);
    let chat = direct(store, ann, bob).await;
    let first = append(store, message(chat, ann, "1", "hi")).await.unwrap();
    ends(store, bob).await;
    let batch =
        vec![message(chat, ann, "1", "hi"), message(chat, ann, "2", "hi"), message(chat, ann, "1", "ho")];
    let outcomes = store.append(batch).await.unwrap();
    let again = outcomes[0].as_ref().unwrap();
    assert_eq!((again.seq, again.is_fresh()), (first.seq, false));
    assert_eq!(outcomes[1..], [Err(AppendError::PeerGone), Err(AppendError::IdConflict)]);
}

/// Also while so much is sent in the conversation that nobody would have to look where it ends.
pub async fn an_end_holds_from_its_answer_on(store: &impl Store) {
    let ann = user(store, "ann").await;
    for round in 0..10 {
        let bob = user(store, &format!("bob-{round}")).await;
        let chat = direct(store, ann, bob).await;
        let busy = async |sender: usize| {
            let mut outcomes = Vec::new();
            for number in 0..15 {
                let id = format!("{sender}-{number}");
                outcomes.push(append(store, message(chat, ann, &id, "x")).await.map(|done| done.seq));
            }
            outcomes
        };
        let end = async {
            append(store, message(chat, bob, "last", "x")).await.unwrap();
            let name = format!("deleted-{round}").parse().unwrap();
            assert!(store.end_account(bob, &name, 77).await.unwrap());
            append(store, message(chat, ann, "after", "x")).await
        };
        let (outcomes, after) =
            futures_util::future::join(futures_util::future::join_all((0..4).map(busy)), end).await;
        assert_eq!(after, Err(AppendError::PeerGone), "round {round}");
        for outcomes in outcomes {
            let stored = outcomes.iter().take_while(|outcome| outcome.is_ok()).count();
            let refused = &outcomes[stored..];
            assert!(refused.iter().all(|outcome| *outcome == Err(AppendError::PeerGone)), "{outcomes:?}");
        }
    }
}
