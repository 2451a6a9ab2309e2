//! Searching: all stores find the same messages, in the same order, and for those alone who may see them.

use super::changes::{deletion, does, edit, reaction};
use super::files::file;
use super::*;
use crate::domain::{Query, Within};
use crate::store::search::{Hit, Place, Wanted};
use chat_protocol::{MemberChange, Past};
use std::collections::BTreeMap;

/// Indexes all that is in the logs.
pub(super) async fn index(store: &impl Store) {
    let mut after = None;
    loop {
        let found = store.unindexed(after, 3).await.unwrap();
        let mut left = found.conversations;
        while !left.is_empty() {
            left = store.index(left, 7).await.unwrap();
        }
        after = found.next;
        if after.is_none() {
            break;
        }
    }
}

/// What a user means with a query.
async fn wanted(store: &impl Store, user: UserId, query: &str) -> Wanted {
    let query = Query::parse(query).unwrap();
    let sender = match &query.from {
        Some(name) => store.user(name).await.unwrap().map(|account| account.id),
        None => None,
    };
    let conversation = match &query.within {
        Some(Within::With(name)) => store.direct_with(user, name).await.unwrap(),
        Some(Within::Group(name)) => store.group_named(user, name).await.unwrap(),
        None => None,
    };
    Wanted::of(query, sender, conversation)
}

pub(super) async fn search(
    store: &impl Store,
    user: UserId,
    query: &str,
    after: Option<Place>,
    limit: u32,
) -> Vec<Hit> {
    let wanted = wanted(store, user, query).await;
    store.search(user, wanted, after, limit).await.unwrap()
}

/// All hits, by their conversations and numbers.
async fn found(store: &impl Store, user: UserId, query: &str) -> Vec<(ConversationId, u64)> {
    let hits = search(store, user, query, None, 50).await;
    hits.into_iter().map(|hit| (hit.conversation, hit.entry.seq.get())).collect()
}

pub(super) async fn numbers(store: &impl Store, user: UserId, query: &str) -> Vec<u64> {
    found(store, user, query).await.into_iter().map(|(_, number)| number).collect()
}

/// A second after the one before, each.
async fn says_at(store: &impl Store, conversation: ConversationId, sender: UserId, at: u64, text: &str) {
    let id = u64::from_ne_bytes(rand()).to_string();
    append(store, NewEntry { at, ..message(conversation, sender, &id, text) }).await.unwrap();
}

const DAY: u64 = 86_400_000;

pub async fn a_message_is_found_by_what_it_says(store: &impl Store) {
    let (ann, bob) = (user(store, "ann").await, user(store, "bob").await);
    let chat = direct(store, ann, bob).await;
    direct(store, ann, ann).await;
    let texts = [
        "Lunch at noon?",
        "Crème brûlée for lunch, noon is fine",
        "東京タワーに行きました",
        "안녕하세요 여러분",
        "great 👍🏽 👍",
        "👨‍👩‍👧 and 🇩🇪",
        "see https://example.com/menu.pdf",
        "don't LUNCH me; launch!",
        "نص عَرَبِيّ ОБЕД Łódź",
        "ที่นี่ดีมาก",
        "?!",
        "noon at lunch",
    ];
    for (number, text) in (0..).zip(texts) {
        let sender = if number % 2 == 0 { ann } else { bob };
        says_at(store, chat, sender, (number + 1) * DAY, text).await;
    }
    let with_file = NewBody::Message {
        text: "the lunch card".to_owned(),
        file: Some(file(store, bob, 1).await),
        reply_to: None,
    };
    let entry = NewEntry { at: 20 * DAY, body: with_file, ..message(chat, bob, "file", "") };
    append(store, entry).await.unwrap();
    index(store).await;
    let cases: &[(&str, &[u64])] = &[
        ("lunch", &[13, 12, 8, 2, 1]),
        ("LUNCH noon", &[12, 2, 1]),
        ("\"lunch at noon\"", &[1]),
        ("\"at lunch\" noon", &[12]),
        ("\"noon lunch\"", &[]),
        ("creme", &[2]),
        ("Brûlée", &[2]),
        ("brule", &[]),
        ("brul*", &[2]),
        ("lau* lun*", &[8]),
        ("\"for lun\"", &[]),
        ("東京", &[3]),
        ("京東", &[]),
        ("タワー", &[3]),
        ("行*", &[3]),
        ("안녕", &[4]),
        ("녕안", &[]),
        ("👍", &[5]),
        ("👍🏿 great", &[5]),
        ("👨‍👩‍👧", &[6]),
        ("👧", &[]),
        ("🇩🇪", &[6]),
        ("🇩", &[]),
        ("example.com", &[7]),
        ("menu", &[7]),
        ("don't", &[8]),
        ("dont", &[]),
        ("عربي", &[9]),
        ("обед lodz", &[9]),
        ("ดีมาก", &[10]),
        ("name", &[13]),
        ("\"card a\"", &[]),
        ("card name", &[13]),
        ("has:file", &[13]),
        ("has:file noon", &[]),
        ("from:bob lunch", &[13, 12, 8, 2]),
        ("from:ann lunch in:bob", &[1]),
        ("in:ann lunch", &[]),
        ("from:ann after:1970-01-11", &[11]),
        ("before:1970-01-03", &[1]),
        ("after:1970-01-12 before:1970-01-14", &[12, 11]),
        ("before:1970-01-01", &[]),
        ("lunch before:1970-01-04 after:1970-01-03", &[2]),
        ("u1 c0 file meta", &[]),
        ("not or and near", &[]),
    ];
    for (query, expected) in cases {
        assert_eq!(numbers(store, ann, query).await, *expected, "{query}");
    }
    assert_eq!(numbers(store, bob, "in:ann crème").await, [2]);
    let hit = search(store, ann, "card", None, 1).await.remove(0);
    let page = store.history(ann, chat, PageRange::Newest, 1).await.unwrap().unwrap();
    assert_eq!((hit.conversation, &hit.entry), (chat, &page.entries[0]), "it is told as everywhere");
}

pub async fn what_is_found_follows_its_changes(store: &impl Store) {
    let (ann, bob) = (user(store, "ann").await, user(store, "bob").await);
    let chat = direct(store, ann, bob).await;
    say(store, chat, ann, &["first draft", "second draft", "third"]).await;
    index(store).await;
    assert_eq!(numbers(store, bob, "draft").await, [2, 1]);
    does(store, chat, ann, edit(1, "final")).await.unwrap();
    does(store, chat, ann, edit(3, "a draft at last")).await.unwrap();
    does(store, chat, ann, deletion(2)).await.unwrap();
    assert_eq!(numbers(store, bob, "draft").await, [0; 0], "what the index says is looked up");
    for round in 0..2 {
        index(store).await;
        assert_eq!(numbers(store, bob, "draft").await, [3], "{round}");
        assert_eq!(numbers(store, bob, "final").await, [1]);
        assert_eq!(numbers(store, bob, "second").await, [0; 0]);
        assert_eq!(numbers(store, bob, "from:ann").await, [3, 1]);
    }
    does(store, chat, bob, reaction(3, "👍", false)).await.unwrap();
    does(store, chat, ann, edit(3, "nothing")).await.unwrap();
    does(store, chat, ann, edit(3, "the last draft")).await.unwrap();
    // Before anything of it is indexed: all at once.
    say(store, chat, bob, &["gone draft"]).await;
    let gone = store.history(bob, chat, PageRange::Newest, 1).await.unwrap().unwrap().span.head.get();
    does(store, chat, bob, edit(gone, "another draft")).await.unwrap();
    does(store, chat, bob, deletion(gone)).await.unwrap();
    index(store).await;
    assert_eq!(numbers(store, bob, "draft").await, [3]);
    assert_eq!(numbers(store, bob, "nothing").await, [0; 0]);
    assert_eq!(numbers(store, bob, "👍").await, [0; 0], "a reaction is no message");
    let hit = search(store, bob, "last", None, 1).await.remove(0);
    let Body::Message(told) = hit.entry.body else { panic!("a message") };
    assert_eq!((told.text.as_str(), told.reactions.len()), ("the last draft", 1));
    let card =
        NewBody::Message { text: String::new(), file: Some(file(store, ann, 1).await), reply_to: None };
    let number = does(store, chat, ann, card).await.unwrap();
    index(store).await;
    assert_eq!(numbers(store, bob, "has:file name").await, [number]);
    does(store, chat, ann, deletion(number)).await.unwrap();
    index(store).await;
    assert_eq!(numbers(store, bob, "has:file").await, [0; 0]);
}

pub async fn nobody_finds_what_is_others(store: &impl Store) {
    let (ann, bob, eve) = (user(store, "ann").await, user(store, "bob").await, user(store, "eve").await);
    let (chat, notes) = (direct(store, ann, bob).await, direct(store, ann, ann).await);
    let evil = direct(store, eve, bob).await;
    say(store, chat, ann, &["a secret"]).await;
    say(store, notes, ann, &["my secret"]).await;
    say(store, evil, eve, &["what secret?"]).await;
    index(store).await;
    let theirs = |store, user| found(store, user, "secret");
    let sorted = |mut found: Vec<(ConversationId, u64)>| {
        found.sort();
        found
    };
    assert_eq!(sorted(theirs(store, ann).await), sorted(vec![(chat, 1), (notes, 1)]));
    assert_eq!(sorted(theirs(store, bob).await), sorted(vec![(chat, 1), (evil, 1)]));
    assert_eq!(theirs(store, eve).await, [(evil, 1)]);
    assert_eq!(found(store, ann, "in:ann secret").await, [(notes, 1)]);
    for conversation in [chat, notes, ConversationId::from_bits(7)] {
        let there = Wanted { conversation: Some(conversation), ..wanted(store, eve, "secret").await };
        assert_eq!(store.search(eve, there, None, 9).await.unwrap(), []);
        let all = Wanted { conversation: Some(conversation), ..Wanted::default() };
        assert_eq!(store.search(eve, all, None, 9).await.unwrap(), []);
    }
    assert_eq!(found(store, eve, "from:ann").await, []);
    let dora = user(store, "dora").await;
    assert_eq!(found(store, dora, "secret").await, []);
    // Of somebody with more conversations than are named to the index.
    let mut batch = Vec::new();
    for number in 0..=u64::from(crate::store::search::SCOPE_MAX) {
        let other = user(store, &format!("other{number}")).await;
        let talk = direct(store, dora, other).await;
        batch.push(message(talk, other, "1", if number == 3 { "our secret" } else { "hello" }));
    }
    store.append(batch).await.unwrap();
    index(store).await;
    assert_eq!(found(store, dora, "secret").await.len(), 1);
    assert_eq!(search(store, dora, "before:1970-01-02", None, 500).await.len(), 201);
    assert_eq!(found(store, dora, "from:ann").await, []);
}

/// Page after page, each with at least one hit.
async fn paged(store: &impl Store, user: UserId, query: &str, limit: u32) -> Vec<(ConversationId, u64)> {
    let (mut all, mut after) = (Vec::new(), None);
    loop {
        let page = search(store, user, query, after, limit).await;
        let is_last = page.len() < limit as usize;
        after = page.last().map(Hit::place).or(after);
        all.extend(page.into_iter().map(|hit| (hit.conversation, hit.entry.seq.get())));
        if is_last {
            return all;
        }
    }
}

pub async fn hits_come_in_pages_also_while_others_write(store: &impl Store) {
    let (ann, bob) = (user(store, "ann").await, user(store, "bob").await);
    let (chat, notes) = (direct(store, ann, bob).await, direct(store, ann, ann).await);
    for number in 0..40 {
        // Many are of the same time, in both conversations.
        let (conversation, at) = if number % 3 == 0 { (notes, number / 10) } else { (chat, number / 10) };
        says_at(store, conversation, ann, 10 + at, if number % 4 == 0 { "other" } else { "one" }).await;
    }
    index(store).await;
    let all = found(store, ann, "one").await;
    assert_eq!(all.len(), 30);
    for limit in [1, 2, 7, 29, 30, 31] {
        assert_eq!(paged(store, ann, "one", limit).await, all, "{limit}");
    }
    let first = search(store, ann, "one", None, 10).await;
    says_at(store, chat, bob, 99, "one more").await;
    does(store, all[12].0, ann, deletion(all[12].1)).await.unwrap();
    index(store).await;
    let rest = search(store, ann, "one", first.last().map(Hit::place), 50).await;
    let rest: Vec<_> = rest.into_iter().map(|hit| (hit.conversation, hit.entry.seq.get())).collect();
    let expected: Vec<_> = all[10..].iter().filter(|hit| **hit != all[12]).copied().collect();
    assert_eq!(rest, expected, "nothing twice, nothing left out");
}

pub async fn the_index_is_made_in_any_steps(store: &impl Store) {
    let (ann, bob) = (user(store, "ann").await, user(store, "bob").await);
    let chat = direct(store, ann, bob).await;
    assert_eq!(store.unindexed(None, 9).await.unwrap(), Default::default());
    say(store, chat, ann, &["one", "one", "one", "one"]).await;
    does(store, chat, ann, edit(1, "two")).await.unwrap();
    assert_eq!(store.unindexed(None, 9).await.unwrap().conversations, [chat]);
    assert_eq!(store.index(vec![chat], 1).await.unwrap(), [chat], "there is more");
    assert_eq!(numbers(store, bob, "two").await, [1]);
    let twins = (0..4).map(|_| store.index(vec![chat], 3));
    for left in futures_util::future::join_all(twins).await {
        left.unwrap();
    }
    index(store).await;
    assert_eq!(store.unindexed(None, 9).await.unwrap(), Default::default());
    assert_eq!(store.index(vec![chat], 9).await.unwrap(), [], "there is nothing more");
    assert_eq!(numbers(store, bob, "one").await, [4, 3, 2]);
    assert_eq!(numbers(store, bob, "two").await, [1]);
}

/// Messages by their places, as they have become.
type Model = BTreeMap<Place, (UserId, String)>;

fn modelled(model: &Model, mine: &[ConversationId], wanted: &Wanted) -> Vec<(ConversationId, u64)> {
    let text = |text: &str| crate::domain::words(text);
    let fits = |(place, (sender, said)): &(&Place, &(UserId, String))| {
        mine.contains(&place.conversation)
            && wanted.sender.is_none_or(|wanted| wanted == *sender)
            && wanted.conversation.is_none_or(|wanted| wanted == place.conversation)
            && wanted.since.is_none_or(|since| place.at >= since)
            && wanted.until.is_none_or(|until| place.at < until)
            && wanted.terms.iter().all(|term| term.is_in(&text(said)))
    };
    model.iter().rev().filter(fits).map(|(place, _)| (place.conversation, place.seq.get())).collect()
}

pub async fn random_searches_find_what_the_model_finds(store: &impl Store) {
    const WORDS: [&str; 8] = ["ann", "tea", "teapot", "é", "東", "👍", "x1", "long"];
    let people = [user(store, "ann").await, user(store, "bob").await, user(store, "eve").await];
    let [ann, bob, eve] = people;
    let talks = [
        (direct(store, ann, bob).await, [ann, bob]),
        (direct(store, bob, eve).await, [bob, eve]),
        (direct(store, ann, ann).await, [ann, ann]),
    ];
    let mut runner = TestRunner::default();
    let step = (0..3_usize, 0..2_usize, 0..10_u8, proptest::collection::vec(0..8_usize, 1..4), 1..20_u64);
    let steps = proptest::collection::vec(step, 120).new_tree(&mut runner).unwrap().current();
    let mut model = Model::new();
    for (number, (talk, side, kind, words, target)) in (0_u64..).zip(steps) {
        let (conversation, members) = talks[talk];
        let sender = members[side];
        let text = words.into_iter().map(|word| WORDS[word]).collect::<Vec<_>>().join(" ");
        let body = match kind {
            0 | 1 => edit(target, &text),
            2 => deletion(target),
            _ => NewBody::Message { text: text.clone(), file: None, reply_to: None },
        };
        let entry =
            NewEntry { at: number / 4 * DAY / 4, ..super::changes::saying(conversation, sender, body) };
        let Ok(done) = append(store, entry).await else { continue };
        let changed =
            model.keys().find(|at| (at.conversation, at.seq.get()) == (conversation, target)).copied();
        match (kind, changed) {
            (0 | 1, Some(place)) => model.insert(place, (sender, text)),
            (2, Some(place)) => model.remove(&place),
            _ => model.insert(Place { at: done.at, conversation, seq: done.seq }, (sender, text)),
        };
        if number % 25 == 0 {
            index(store).await;
        }
    }
    index(store).await;
    let query = (0..8_usize, 0..8_usize, 0..7_u8, 0..3_usize, 1..9_u64);
    let queries = proptest::collection::vec(query, 60).new_tree(&mut runner).unwrap().current();
    for (one, two, kind, asks, day) in queries {
        let (one, two) = (WORDS[one], WORDS[two]);
        let query = match kind {
            0 => one.to_owned(),
            1 => format!("{one} {two}"),
            2 => format!("\"{one} {two}\""),
            3 => format!("from:bob {one}"),
            4 => format!("before:1970-01-0{day} {one}"),
            5 => format!("after:1970-01-0{day} from:ann"),
            _ => "te* long".to_owned(),
        };
        let asks = people[asks];
        let mine: Vec<_> =
            talks.iter().filter(|(_, members)| members.contains(&asks)).map(|(talk, _)| *talk).collect();
        let expected = modelled(&model, &mine, &wanted(store, asks, &query).await);
        assert_eq!(paged(store, asks, &query, 3).await, expected, "{query}");
    }
}

/// A member of a group finds what they see of it, and nobody else finds anything.
pub async fn groups_are_searched_by_those_who_see_them(store: &impl Store) {
    let (ann, bob, eve) = (user(store, "ann").await, user(store, "bob").await, user(store, "eve").await);
    let group = |name: &str, past, members: &[UserId]| NewGroup {
        id: ConversationId::from_bits(u64::from_ne_bytes(rand())),
        maker: ann,
        client_id: "make".parse().unwrap(),
        second_id: "make-2".parse().unwrap(),
        name: name.parse().unwrap(),
        topic: "lunch".to_owned(),
        public: false,
        past,
        members: members.to_vec(),
        at: 10,
    };
    let (open, closed) = (group("ops", Past::All, &[bob]), group("dev", Past::None, &[bob]));
    let (ops, dev) = (open.id, closed.id);
    for group in [open, closed] {
        store.create_group(group).await.unwrap().unwrap();
    }
    says_at(store, ops, ann, 20, "lunch one").await;
    says_at(store, dev, ann, 30, "lunch two").await;
    let change = |change, user| NewBody::Members { change, users: vec![user] };
    for id in [ops, dev] {
        let entry = message(id, ann, "add", "");
        append(store, NewEntry { body: change(MemberChange::Added, eve), at: 40, ..entry }).await.unwrap();
    }
    says_at(store, dev, bob, 50, "lunch three").await;
    index(store).await;
    assert_eq!(found(store, bob, "lunch").await, [(dev, 5), (dev, 3), (ops, 3)]);
    assert_eq!(found(store, eve, "lunch").await, [(dev, 5), (ops, 3)], "of one she sees no past");
    assert_eq!(found(store, eve, "has:file").await, []);
    assert_eq!(found(store, eve, "in:#dev from:bob").await, [(dev, 5)]);
    assert_eq!(found(store, bob, "in:#ops lunch").await, [(ops, 3)]);
    let removal = NewEntry { body: change(MemberChange::Removed, eve), ..message(dev, ann, "remove", "") };
    append(store, removal).await.unwrap();
    assert_eq!(found(store, eve, "lunch").await, [(ops, 3)]);
    assert_eq!(found(store, eve, "from:bob").await, []);
}
