//! Edits, deletions, reactions and replies: what messages become by the entries that are about them.

use super::*;
use chat_protocol::{Message, Quote, Reactions, Version};

pub(super) fn edit(target: u64, text: &str) -> NewBody {
    NewBody::Edit { target: seq(target), text: text.to_owned() }
}

pub(super) fn deletion(target: u64) -> NewBody {
    NewBody::Deletion { target: seq(target) }
}

pub(super) fn reaction(target: u64, emoji: &str, removed: bool) -> NewBody {
    NewBody::Reaction { target: seq(target), emoji: emoji.to_owned(), removed }
}

fn reply(target: u64, text: &str) -> NewBody {
    NewBody::Message { text: text.to_owned(), file: None, reply_to: Some(seq(target)) }
}

pub(super) fn saying(conversation: ConversationId, sender: UserId, body: NewBody) -> NewEntry {
    let client_id = format!("{:032x}", u128::from(u64::from_ne_bytes(rand())));
    NewEntry { body, ..message(conversation, sender, &client_id, "") }
}

/// Appends something under a fresh id; its number.
pub(super) async fn does(
    store: &impl Store,
    conversation: ConversationId,
    sender: UserId,
    body: NewBody,
) -> Result<u64, AppendError> {
    append(store, saying(conversation, sender, body)).await.map(|done| done.seq.get())
}

async fn all(store: &impl Store, user: UserId, id: ConversationId) -> Vec<StoredEntry> {
    store.history(user, id, PageRange::After(Seq::ZERO), 200).await.unwrap().unwrap().entries
}

async fn told(store: &impl Store, user: UserId, id: ConversationId, number: u64) -> Message {
    let range = PageRange::Before(seq(number + 1));
    let mut page = store.history(user, id, range, 1).await.unwrap().unwrap();
    match page.entries.remove(0).body {
        Body::Message(message) => message,
        other => panic!("{other:?} is no message"),
    }
}

async fn talk(store: &impl Store) -> (UserId, UserId, ConversationId) {
    let (ann, bob) = (user(store, "ann").await, user(store, "bob").await);
    (ann, bob, direct(store, ann, bob).await)
}

pub async fn messages_are_told_as_they_have_become(store: &impl Store) {
    let (ann, bob, chat) = talk(store).await;
    say(store, chat, ann, &["helo", "second"]).await;
    assert_eq!(does(store, chat, ann, edit(1, "hello")).await, Ok(3));
    assert_eq!(does(store, chat, bob, reaction(1, "👍", false)).await, Ok(4));
    assert_eq!(does(store, chat, ann, reaction(1, "👍", false)).await, Ok(5));
    assert_eq!(does(store, chat, ann, reaction(1, "🎉", false)).await, Ok(6));
    assert_eq!(does(store, chat, bob, reaction(1, "👍", true)).await, Ok(7));
    let users = |name: &str| vec![name.parse().unwrap()];
    let reactions = ["👍", "🎉"].map(|emoji| Reactions { emoji: emoji.to_owned(), users: users("ann") });
    let expected = Message {
        edited_at: Some(10),
        reactions: reactions.to_vec(),
        changed: Some(seq(7)),
        ..Message::of("hello")
    };
    assert_eq!(told(store, bob, chat, 1).await, expected);
    assert_eq!(told(store, bob, chat, 2).await, Message::of("second"));
    let kinds: Vec<_> = all(store, bob, chat).await.into_iter().skip(2).map(|entry| entry.body).collect();
    let (target, thumb) = (seq(1), "👍".to_owned());
    let thumbs = |removed| Body::Reaction { target, emoji: thumb.clone(), removed };
    assert_eq!(kinds[0], Body::Edit { target, text: "hello".to_owned() });
    assert_eq!((&kinds[1], &kinds[4]), (&thumbs(false), &thumbs(true)));
    let row = store.conversation(bob, chat).await.unwrap().unwrap();
    assert_eq!((row.span.head, row.last.unwrap().body), (seq(7), thumbs(true)));
    say(store, chat, ann, &["last"]).await;
    does(store, chat, ann, edit(8, "very last")).await.unwrap();
    does(store, chat, ann, edit(8, "very last!")).await.unwrap();
    assert_eq!(told(store, bob, chat, 8).await.text, "very last!");
}

pub async fn an_answer_quotes_its_origin_as_it_has_become(store: &impl Store) {
    let (ann, bob, chat) = talk(store).await;
    say(store, chat, ann, &["question", "x", "y"]).await;
    let answer = append(store, saying(chat, bob, reply(1, "answer"))).await.unwrap();
    let quote = |text: &str| Quote {
        seq: seq(1),
        from: "ann".parse().unwrap(),
        text: text.to_owned(),
        file: None,
        deleted: false,
    };
    let Some(Body::Message(message)) = answer.fresh else { panic!("it was appended now") };
    assert_eq!(message.reply_to, Some(Box::new(quote("question"))), "the others are told with it");
    assert_eq!(told(store, ann, chat, 4).await.reply_to, Some(Box::new(quote("question"))));
    does(store, chat, ann, edit(1, "a better question")).await.unwrap();
    let second = append(store, saying(chat, bob, reply(1, "second answer"))).await.unwrap();
    let Some(Body::Message(message)) = second.fresh else { panic!("it was appended now") };
    assert_eq!(message.reply_to, Some(Box::new(quote("a better question"))));
    does(store, chat, ann, reaction(1, "👍", false)).await.unwrap();
    // Alone on its page, and on one with its origin.
    assert_eq!(told(store, ann, chat, 4).await.reply_to, Some(Box::new(quote("a better question"))));
    let Body::Message(message) = all(store, ann, chat).await.remove(3).body else { panic!("a message") };
    assert_eq!(message.reply_to, Some(Box::new(quote("a better question"))));
    does(store, chat, ann, deletion(1)).await.unwrap();
    let gone = Some(Box::new(Quote { deleted: true, ..quote("") }));
    assert_eq!(told(store, ann, chat, 4).await.reply_to, gone);
    let Body::Message(message) = all(store, ann, chat).await.remove(3).body else { panic!("a message") };
    assert_eq!((message.reply_to, message.text.as_str()), (gone, "answer"));
}

pub async fn nothing_is_left_of_a_deleted_message(store: &impl Store) {
    let (ann, bob, chat) = talk(store).await;
    say(store, chat, ann, &["secret"]).await;
    does(store, chat, ann, edit(1, "another secret")).await.unwrap();
    does(store, chat, bob, reaction(1, "👍", false)).await.unwrap();
    let answer = append(store, saying(chat, bob, reply(1, "ok"))).await.unwrap().seq.get();
    does(store, chat, bob, deletion(answer)).await.unwrap();
    assert_eq!(does(store, chat, ann, deletion(1)).await, Ok(6));
    let blank = |changed| Message { deleted_at: Some(10), changed: Some(seq(changed)), ..Message::default() };
    assert_eq!(told(store, bob, chat, 1).await, blank(6));
    assert_eq!(told(store, bob, chat, answer).await, blank(5), "it answers nothing any more");
    for entry in all(store, bob, chat).await {
        let shown = format!("{:?}", entry.body);
        assert!(!shown.contains("secret") && !shown.contains("ok"), "{shown}");
    }
    assert_eq!(store.versions(bob, chat, seq(1), Seq::MAX, 9).await.unwrap(), Some(vec![]));
}

pub async fn only_what_may_be_changed_is_changed(store: &impl Store) {
    use AppendError::{MessageDeleted, NotMember, NotYours, NothingLeft, UnknownMessage};
    let (ann, bob, chat) = talk(store).await;
    let eve = user(store, "eve").await;
    say(store, chat, ann, &["anns", "deleted"]).await;
    does(store, chat, ann, edit(1, "ann's")).await.unwrap();
    does(store, chat, ann, deletion(2)).await.unwrap();
    let all_of =
        |target| [edit(target, "x"), deletion(target), reaction(target, "👍", false), reply(target, "x")];
    for body in all_of(1) {
        assert_eq!(does(store, chat, eve, body).await, Err(NotMember));
    }
    for body in [edit(1, "x"), deletion(1)] {
        assert_eq!(does(store, chat, bob, body).await, Err(NotYours));
    }
    for target in [3, 4, 5, 99] {
        for body in all_of(target) {
            assert_eq!(does(store, chat, ann, body).await, Err(UnknownMessage), "{target} is no message");
        }
    }
    assert_eq!(does(store, chat, ann, reply(0, "x")).await, Err(UnknownMessage));
    for body in all_of(2) {
        assert_eq!(does(store, chat, ann, body).await, Err(MessageDeleted));
    }
    assert_eq!(does(store, chat, ann, edit(1, "")).await, Err(NothingLeft));
    assert_eq!(store.conversation(ann, chat).await.unwrap().unwrap().span.head, seq(4), "no number is spent");
}

pub async fn a_change_is_made_once(store: &impl Store) {
    let (ann, _, chat) = talk(store).await;
    say(store, chat, ann, &["one", "two"]).await;
    let changes =
        [edit(1, "uno"), reaction(1, "👍", false), reply(1, "x"), reaction(1, "👍", true), deletion(1)];
    let mut entries: Vec<_> = changes.into_iter().map(|body| saying(chat, ann, body)).collect();
    let mut first = Vec::new();
    for entry in &entries {
        first.push(append(store, entry.clone()).await.unwrap().seq);
    }
    for (entry, first) in entries.iter().zip(&first) {
        let again = append(store, entry.clone()).await.unwrap();
        assert_eq!((again.seq, again.is_fresh()), (*first, false), "{:?}", entry.body);
    }
    // What was blanked cannot be compared any more and counts as the same; all else is another change.
    entries[0].body = edit(1, "eins");
    assert_eq!(append(store, entries[0].clone()).await.map(|done| done.seq), Ok(first[0]));
    for (place, body) in [
        (0, edit(2, "uno")),
        (0, deletion(1)),
        (1, reaction(1, "🎉", false)),
        (1, reaction(1, "👍", true)),
        (2, reply(2, "x")),
        (2, reply(1, "y")),
        (4, deletion(2)),
    ] {
        let another = NewEntry { body, ..entries[place].clone() };
        assert_eq!(append(store, another.clone()).await, Err(AppendError::IdConflict), "{:?}", another.body);
    }
    let again = all(store, ann, chat).await;
    assert_eq!(again.len(), 7);
}

pub async fn changes_find_what_their_own_batch_has_sent(store: &impl Store) {
    let (ann, bob, chat) = talk(store).await;
    let batch = vec![
        saying(chat, ann, NewBody::Message { text: "helo".to_owned(), file: None, reply_to: None }),
        saying(chat, ann, edit(1, "hello")),
        saying(chat, bob, reply(1, "hi")),
        saying(chat, bob, reaction(1, "👍", false)),
        saying(chat, bob, edit(1, "no")),
        saying(chat, ann, deletion(1)),
        saying(chat, bob, reaction(1, "🎉", false)),
        saying(chat, bob, edit(3, "hi!")),
    ];
    let outcomes = store.append(batch).await.unwrap();
    let numbers: Vec<_> = outcomes.iter().map(|one| one.as_ref().map(|done| done.seq.get())).collect();
    let (not_yours, deleted) = (Err(&AppendError::NotYours), Err(&AppendError::MessageDeleted));
    assert_eq!(numbers, [Ok(1), Ok(2), Ok(3), Ok(4), not_yours, Ok(5), deleted, Ok(6)]);
    let Some(Body::Message(answer)) = &outcomes[2].as_ref().unwrap().fresh else { panic!("fresh") };
    assert_eq!(answer.reply_to.as_ref().unwrap().text, "hello");
    assert!(told(store, ann, chat, 1).await.deleted_at.is_some());
    assert_eq!(told(store, ann, chat, 3).await.text, "hi!");
}

pub async fn a_change_elsewhere_changes_nothing_here(store: &impl Store) {
    let (ann, _, chat) = talk(store).await;
    let notes = direct(store, ann, ann).await;
    say(store, chat, ann, &["here"]).await;
    say(store, notes, ann, &["there"]).await;
    does(store, notes, ann, edit(1, "THERE")).await.unwrap();
    does(store, notes, ann, deletion(1)).await.unwrap();
    assert_eq!(told(store, ann, chat, 1).await, Message::of("here"));
    say(store, notes, ann, &["far"]).await;
    assert_eq!(does(store, chat, ann, reply(4, "x")).await, Err(AppendError::UnknownMessage));
}

pub async fn versions_come_in_pages(store: &impl Store) {
    let (ann, bob, chat) = talk(store).await;
    let eve = user(store, "eve").await;
    say(store, chat, ann, &["v1", "another"]).await;
    for text in ["v2", "v3", "v4"] {
        does(store, chat, ann, edit(1, text)).await.unwrap();
    }
    does(store, chat, bob, reaction(1, "👍", false)).await.unwrap();
    let versions = async |before: Seq, limit| {
        let found = store.versions(bob, chat, seq(1), before, limit).await.unwrap().unwrap();
        found.into_iter().map(|Version { seq, text, .. }| (seq.get(), text)).collect::<Vec<_>>()
    };
    let expected = [(1, "v1"), (3, "v2"), (4, "v3"), (5, "v4")].map(|(seq, text)| (seq, text.to_owned()));
    assert_eq!(versions(Seq::MAX, 9).await, expected);
    assert_eq!(versions(Seq::MAX, 4).await, expected);
    assert_eq!(versions(Seq::MAX, 2).await, expected[2..]);
    assert_eq!(versions(seq(4), 1).await, expected[1..2]);
    assert_eq!(versions(seq(3), 9).await, expected[..1]);
    assert_eq!(versions(seq(1), 9).await, []);
    let never = store.versions(ann, chat, seq(2), Seq::MAX, 9).await.unwrap().unwrap();
    assert_eq!(never, [Version { seq: seq(2), at: 10, text: "another".to_owned() }]);
    for (who, id, number) in
        [(eve, chat, 1), (bob, chat, 3), (bob, chat, 99), (bob, direct(store, ann, ann).await, 1)]
    {
        assert_eq!(
            store.versions(who, id, seq(number), Seq::MAX, 9).await.unwrap(),
            None,
            "{who:?} {number}"
        );
    }
}

pub async fn a_deleted_message_lets_its_file_go(store: &impl Store) {
    let (ann, bob, chat) = talk(store).await;
    let id = file(store, ann, 1).await;
    let with_file = |text: &str| NewBody::Message { text: text.to_owned(), file: Some(id), reply_to: None };
    does(store, chat, ann, with_file("")).await.unwrap();
    assert_eq!(does(store, chat, ann, edit(1, "a title")).await, Ok(2));
    assert_eq!(does(store, chat, ann, edit(1, "")).await, Ok(3), "the file is left");
    does(store, chat, ann, with_file("again")).await.unwrap();
    does(store, chat, ann, deletion(1)).await.unwrap();
    assert_eq!(told(store, bob, chat, 1).await.file, None);
    assert!(sees(store, bob, id).await, "it hangs on another message");
    does(store, chat, ann, deletion(4)).await.unwrap();
    assert!(!sees(store, bob, id).await && sees(store, ann, id).await);
    store.sweep_files(100, 5).await.unwrap();
    assert!(sees(store, ann, id).await, "it is kept for a while");
    store.sweep_files(u64::MAX / 4, u64::MAX / 4).await.unwrap();
    assert!(!sees(store, ann, id).await);
    assert_eq!(garbage(store).await, [id]);
}

/// Whatever is done, a page tells what the fold of the log up to its head gives.
pub async fn random_changes_do_what_the_fold_does(store: &impl Store) {
    let (ann, bob, chat) = talk(store).await;
    let mut runner = TestRunner::default();
    let numbers = proptest::collection::vec((0..6_u8, 0..3_usize, any::<bool>(), 0..30_u64), 60);
    let steps = numbers.new_tree(&mut runner).unwrap().current();
    let names: HashMap<_, UserName> = [(ann, "ann".parse().unwrap()), (bob, "bob".parse().unwrap())].into();
    let mut log: Vec<StoredEntry> = Vec::new();
    for chunk in steps.chunks(5) {
        let entry = |(kind, emoji, is_ann, target): &(u8, usize, bool, u64)| {
            let sender = if *is_ann { ann } else { bob };
            let emoji = ["👍", "🎉", "❤️"][*emoji];
            let body = match kind {
                0 => NewBody::Message { text: format!("text {target}"), file: None, reply_to: None },
                1 => reply(*target, "reply"),
                2 => edit(*target, &format!("edited {target} {emoji}")),
                3 if *target % 3 == 0 => deletion(*target),
                _ => reaction(*target, emoji, *kind == 4),
            };
            saying(chat, sender, body)
        };
        let batch: Vec<_> = chunk.iter().map(entry).collect();
        let outcomes = store.append(batch.clone()).await.unwrap();
        for (entry, outcome) in batch.into_iter().zip(outcomes) {
            if let Ok(Appended { seq, at, fresh: Some(body), .. }) = outcome {
                let (from, client_id) = (names[&entry.sender].clone(), entry.client_id);
                log.push(StoredEntry { seq, at, from, client_id, body });
            }
        }
    }
    assert_eq!(
        log.iter().map(|entry| entry.seq.get()).collect::<Vec<_>>(),
        (1..=log.len() as u64).collect::<Vec<_>>()
    );
    let mut folded = log.clone();
    for change in &log {
        for entry in &mut folded {
            let Body::Message(message) = &mut entry.body else {
                if let (Body::Edit { target, text }, Body::Deletion { target: gone }) =
                    (&mut entry.body, &change.body)
                    && target == gone
                {
                    text.clear();
                }
                continue;
            };
            if change.body.target() == Some(entry.seq) {
                message.apply(change.seq, change.at, &change.from, &change.body);
            }
            if let Some(quote) = &mut message.reply_to {
                quote.apply(&change.body);
            }
        }
    }
    for limit in [200, 7, 1] {
        let (mut pages, mut after) = (Vec::new(), Seq::ZERO);
        loop {
            let page = store.history(bob, chat, PageRange::After(after), limit).await.unwrap().unwrap();
            let Some(last) = page.entries.last() else { break };
            after = last.seq;
            pages.extend(page.entries);
        }
        assert_eq!(pages, folded, "pages of {limit}, after {steps:?}");
    }
}
