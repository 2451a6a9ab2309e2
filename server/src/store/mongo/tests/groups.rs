//! Groups where something goes wrong between two writes, or somebody else writes at the same moment.

use super::*;
use crate::store::mongo::documents::{EntryDocument, EntryKey};
use crate::store::mongo::groups::{first_entries, prepare};
use crate::store::{Appended, ConversationKind, PageRange};
use chat_protocol::{GroupChange, GroupName, MemberChange, Past, Role, Seq};

const OPS: ConversationId = ConversationId::from_bits(9);

async fn user(store: &MongoStore, name: &str) -> UserId {
    let new = NewUser { name: name.parse().unwrap(), password_hash: String::new(), at: 1 };
    store.create_user(new).await.unwrap().unwrap()
}

fn group(maker: UserId, members: &[UserId]) -> NewGroup {
    NewGroup {
        id: OPS,
        maker,
        client_id: "make".parse().unwrap(),
        second_id: "make-2".parse().unwrap(),
        name: "ops".parse().unwrap(),
        topic: String::new(),
        public: true,
        past: Past::None,
        members: members.to_vec(),
        at: 5,
    }
}

fn named(name: &str) -> NewBody {
    NewBody::Group(GroupChange { name: Some(name.parse().unwrap()), ..GroupChange::default() })
}

fn members(change: MemberChange, users: &[UserId]) -> NewBody {
    NewBody::Members { change, users: users.to_vec() }
}

fn said(text: &str) -> NewBody {
    NewBody::Message { text: text.to_owned(), file: None, reply_to: None }
}

fn entry(sender: UserId, client_id: &str, body: NewBody) -> NewEntry {
    NewEntry { conversation: OPS, sender, client_id: client_id.parse().unwrap(), at: 5, body }
}

async fn append(store: &MongoStore, entry: NewEntry) -> Result<Appended, AppendError> {
    store.append(vec![entry]).await.unwrap().remove(0)
}

/// Writes an entry as a server does that is killed before it takes effect.
async fn inserts(store: &MongoStore, number: i64, entry: &NewEntry) {
    let key = EntryKey { conversation: documents::key(OPS), seq: number };
    let send = (entry.sender, &entry.client_id);
    store.db.entries.insert_one(EntryDocument::new(key, 5, send, &entry.body, None)).await.unwrap();
}

async fn roles(store: &MongoStore, user: UserId) -> Option<Vec<(String, Role)>> {
    let found = store.group_members(user, OPS, None, 99).await.unwrap()?;
    Some(found.into_iter().map(|member| (member.name.to_string(), member.role)).collect())
}

async fn seen(store: &MongoStore, user: UserId) -> Option<chat_protocol::Group> {
    match store.conversation(user, OPS).await.unwrap()?.kind {
        ConversationKind::Group(group) => Some(group),
        ConversationKind::Direct(_) => panic!("a group"),
    }
}

async fn found(store: &MongoStore, name: &str) -> Option<ConversationId> {
    store.public_group(&name.parse::<GroupName>().unwrap()).await.unwrap()
}

fn is(name: &str, role: Role) -> (String, Role) {
    (name.to_owned(), role)
}

/// Whoever goes on: a message of somebody who was there, of one who has come with what nobody was shown, or a repeat of that.
#[tokio::test]
async fn what_a_killed_server_has_changed_takes_effect_before_it_is_shown() {
    for goes_on in ["message", "newcomer", "repeat"] {
        let store = opened(&super::fresh()).await;
        let (ann, bob, eve) =
            (user(&store, "ann").await, user(&store, "bob").await, user(&store, "eve").await);
        store.create_group(group(ann, &[bob])).await.unwrap().unwrap();
        append(&store, entry(ann, "1", said("hi"))).await.unwrap();
        let add = entry(ann, "add", members(MemberChange::Added, &[eve]));
        inserts(&store, 4, &add).await;
        inserts(&store, 5, &entry(ann, "role", members(MemberChange::Promoted, &[eve]))).await;
        inserts(&store, 6, &entry(ann, "out", members(MemberChange::Removed, &[bob]))).await;
        inserts(&store, 7, &entry(ann, "name", named("dev"))).await;
        assert_eq!(roles(&store, bob).await.unwrap().len(), 2, "nobody was shown that");
        assert_eq!(append(&store, entry(bob, "b", said("?"))).await, Err(AppendError::NotMember));
        let done = match goes_on {
            "message" => append(&store, entry(ann, "2", said("x"))).await,
            "newcomer" => append(&store, entry(eve, "2", said("x"))).await,
            _ => append(&store, add.clone()).await,
        };
        let done = done.unwrap();
        let mut told = done.members.to_vec();
        told.sort();
        let mut expected = vec![ann, eve];
        expected.sort();
        assert_eq!((told, done.gone.len()), (expected, 0), "{goes_on}");
        let both = vec![is("ann", Role::Admin), is("eve", Role::Admin)];
        assert_eq!(roles(&store, eve).await, Some(both), "{goes_on}");
        assert_eq!(roles(&store, bob).await, None, "{goes_on}");
        let row = store.conversation(eve, OPS).await.unwrap().unwrap();
        assert_eq!((row.span.first.get(), row.read.seq.get()), (4, 3), "{goes_on}");
        let group = seen(&store, eve).await.unwrap();
        assert_eq!((group.name.as_str(), group.members), ("dev", 2), "{goes_on}");
        assert_eq!((found(&store, "ops").await, found(&store, "dev").await), (None, Some(OPS)));
        store.close().await;
    }
}

/// A server that was held up does late what another one has done long ago, and more since.
#[tokio::test]
async fn an_effect_that_comes_late_brings_nobody_back() {
    let store = opened(&super::fresh()).await;
    let (ann, bob) = (user(&store, "ann").await, user(&store, "bob").await);
    store.create_group(group(ann, &[])).await.unwrap().unwrap();
    let document = store.db.conversations.find_one(doc! {}).await.unwrap().unwrap();
    let mut late = append::Group::of(&document, Vec::new()).unwrap();
    let key = |seq| EntryKey { conversation: documents::key(OPS), seq };
    let bodies = [members(MemberChange::Added, &[bob]), named("dev"), members(MemberChange::Removed, &[bob])];
    let mut changes = Vec::new();
    for (seq, body) in (2..).zip(&bodies) {
        changes.extend(late.take(key(seq), ann, body));
        append(&store, entry(ann, &seq.to_string(), body.clone())).await.unwrap();
    }
    append(&store, entry(ann, "back", named("ops"))).await.unwrap();
    let late = effects::Effects { deletions: Vec::new(), changes };
    effects::take_effect(&store.db, &late, 9).await.unwrap();
    assert_eq!(roles(&store, ann).await, Some(vec![is("ann", Role::Admin)]));
    assert_eq!(seen(&store, ann).await.unwrap().name.as_str(), "ops");
    let other = NewGroup { id: ConversationId::from_bits(10), ..group(bob, &[]) };
    assert_eq!(store.create_group(other).await.unwrap(), Err(AppendError::NameTaken));
    store.close().await;
}

/// Each of them remembers the group as it was when it wrote last.
#[tokio::test]
async fn two_servers_never_leave_a_group_without_an_admin() {
    let url = super::fresh();
    let servers = [opened(&url).await, opened(&url).await];
    let (ann, bob) = (user(&servers[0], "ann").await, user(&servers[0], "bob").await);
    servers[0].create_group(group(ann, &[bob])).await.unwrap().unwrap();
    for round in 0..8 {
        let id = |what: &str| format!("{what}{round}");
        append(&servers[0], entry(ann, &id("p"), members(MemberChange::Promoted, &[bob]))).await.unwrap();
        append(&servers[1], entry(bob, &id("m"), said("x"))).await.unwrap();
        let (one, other) = tokio::join!(
            append(&servers[0], entry(ann, &id("a"), members(MemberChange::Demoted, &[bob]))),
            append(&servers[1], entry(bob, &id("b"), members(MemberChange::Removed, &[ann]))),
        );
        let left = roles(&servers[0], bob).await.unwrap();
        match (one, other) {
            (Ok(_), Err(refusal)) => {
                assert_eq!(refusal, AppendError::NotAllowed);
                assert_eq!(left, [is("ann", Role::Admin), is("bob", Role::Member)]);
            }
            (Err(refusal), Ok(done)) => {
                assert_eq!((refusal, done.gone), (AppendError::NotMember, vec![ann]));
                assert_eq!(left, [is("bob", Role::Admin)]);
                let back = members(MemberChange::Added, &[ann]);
                append(&servers[1], entry(bob, &id("back"), back)).await.unwrap();
                let again = members(MemberChange::Promoted, &[ann]);
                append(&servers[0], entry(bob, &id("again"), again)).await.unwrap();
                append(&servers[0], entry(ann, &id("down"), members(MemberChange::Demoted, &[bob])))
                    .await
                    .unwrap();
            }
            both => panic!("{both:?}"),
        }
    }
    for server in servers {
        server.close().await;
    }
}

/// Whoever comes by one server is known to the other one at once, and whoever goes is not.
#[tokio::test]
async fn members_that_a_server_remembers_refuse_nobody_and_let_nobody_in() {
    let url = super::fresh();
    let servers = [opened(&url).await, opened(&url).await];
    let (ann, bob) = (user(&servers[0], "ann").await, user(&servers[0], "bob").await);
    servers[0].create_group(group(ann, &[])).await.unwrap().unwrap();
    for round in 0..6 {
        // A lane that is at work goes by what it remembers.
        let says = |number: u64| append(&servers[1], entry(ann, &format!("{round}-{number}"), said("x")));
        let joins =
            append(&servers[0], entry(bob, &format!("j{round}"), members(MemberChange::Joined, &[bob])));
        let (_, joined) = tokio::join!(futures_util::future::join_all((0..4).map(says)), joins);
        joined.unwrap();
        let says = (4..8).map(says);
        let (_, bobs) = tokio::join!(
            futures_util::future::join_all(says),
            append(&servers[1], entry(bob, &format!("b{round}"), said("hi"))),
        );
        let bobs = bobs.unwrap();
        let removes = members(MemberChange::Removed, &[bob]);
        append(&servers[0], entry(ann, &format!("r{round}"), removes)).await.unwrap();
        assert_eq!(
            append(&servers[1], entry(bob, &format!("late{round}"), said("?"))).await,
            Err(AppendError::NotMember)
        );
        let again = append(&servers[1], entry(bob, &format!("b{round}"), said("hi"))).await.unwrap();
        assert_eq!((again.seq, again.is_fresh()), (bobs.seq, false), "a repeat is told by whoever has left");
    }
    let page = servers[0].history(ann, OPS, PageRange::After(Seq::ZERO), 200).await.unwrap().unwrap();
    let mut is_in = false;
    for told in page.entries {
        match told.body {
            chat_protocol::Body::Members { change, .. } => is_in = change == MemberChange::Joined,
            _ => assert!(is_in || told.from.as_str() == "ann", "{} by {}", told.seq, told.from),
        }
    }
    for server in servers {
        server.close().await;
    }
}

/// The index knows all of the log, and each member finds what they see of it.
#[tokio::test]
async fn what_newcomers_do_not_see_they_do_not_find() {
    use crate::store::search::{SearchStore, Wanted};
    let store = opened(&super::fresh()).await;
    let (ann, bob) = (user(&store, "ann").await, user(&store, "bob").await);
    store.create_group(group(ann, &[])).await.unwrap().unwrap();
    append(&store, entry(ann, "1", said("plan one"))).await.unwrap();
    append(&store, entry(ann, "2", members(MemberChange::Added, &[bob]))).await.unwrap();
    append(&store, entry(ann, "3", said("plan two"))).await.unwrap();
    assert_eq!(store.index(vec![OPS], 99).await.unwrap(), []);
    let finds = async |user| {
        let terms = vec![crate::domain::Term { words: vec!["plan".to_owned()], is_prefix: false }];
        let wanted = Wanted { terms, ..Wanted::default() };
        let hits = store.search(user, wanted, None, 9).await.unwrap();
        hits.into_iter().map(|hit| hit.entry.seq.get()).collect::<Vec<_>>()
    };
    assert_eq!((finds(ann).await, finds(bob).await), (vec![4, 2], vec![4]));
    append(&store, entry(bob, "4", members(MemberChange::Left, &[bob]))).await.unwrap();
    assert!(finds(bob).await.is_empty());
    store.close().await;
}

#[tokio::test]
async fn a_group_that_was_half_made_is_finished_by_the_same_request() {
    let store = opened(&super::fresh()).await;
    let (ann, bob) = (user(&store, "ann").await, user(&store, "bob").await);
    prepare(&store.db, &group(ann, &[bob])).await.unwrap().unwrap();
    assert_eq!((found(&store, "ops").await, seen(&store, ann).await), (None, None), "nobody sees it");
    assert_eq!(
        append(&store, entry(bob, "steal", NewBody::Group(group(bob, &[]).first()))).await,
        Err(AppendError::NotMember)
    );
    let first = first_entries(&group(ann, &[bob])).remove(0);
    inserts(&store, 1, &first).await;
    let told = store.create_group(group(ann, &[bob])).await.unwrap().unwrap();
    assert_eq!(told.iter().map(|entry| entry.seq.get()).collect::<Vec<_>>(), [2]);
    assert_eq!(roles(&store, bob).await, Some(vec![is("ann", Role::Admin), is("bob", Role::Member)]));
    assert_eq!(store.create_group(group(ann, &[bob])).await.unwrap().unwrap(), []);
    store.close().await;
}

#[tokio::test]
async fn a_name_that_is_taken_back_was_never_free() {
    let store = opened(&super::fresh()).await;
    let (ann, bob) = (user(&store, "ann").await, user(&store, "bob").await);
    store.create_group(group(ann, &[])).await.unwrap().unwrap();
    let there_and_back = vec![entry(ann, "there", named("dev")), entry(ann, "back", named("ops"))];
    for outcome in store.append(there_and_back).await.unwrap() {
        outcome.unwrap();
    }
    assert_eq!(append(&store, entry(ann, "same", named("ops"))).await, Err(AppendError::NoChange));
    let other = |bits, name: &str| NewGroup {
        id: ConversationId::from_bits(bits),
        name: name.parse().unwrap(),
        ..group(bob, &[])
    };
    assert_eq!(store.create_group(other(10, "ops")).await.unwrap(), Err(AppendError::NameTaken));
    store.create_group(other(11, "dev")).await.unwrap().unwrap();
    store.close().await;
}

#[tokio::test]
async fn a_name_is_free_a_while_after_its_claim_came_to_nothing() {
    let store = opened(&super::fresh()).await;
    let (ann, bob) = (user(&store, "ann").await, user(&store, "bob").await);
    let other = NewGroup { id: ConversationId::from_bits(10), ..group(bob, &[]) };
    prepare(&store.db, &group(ann, &[])).await.unwrap().unwrap();
    assert_eq!(store.create_group(other.clone()).await.unwrap(), Err(AppendError::NameTaken));
    let long_ago = doc! {"$set": {"at": 1_i64}};
    store.db.group_names.update_many(doc! {}, long_ago.clone()).await.unwrap();
    store.create_group(other.clone()).await.unwrap().unwrap();
    assert_eq!(store.create_group(group(ann, &[])).await.unwrap(), Err(AppendError::NameTaken));
    // However old a claim is, a name that is in use is taken, also when nobody was shown that yet.
    store.db.group_names.update_many(doc! {}, long_ago).await.unwrap();
    store.db.conversations.update_one(doc! {"_id": 10_i64}, doc! {"$set": {"head": 0_i64}}).await.unwrap();
    assert_eq!(store.create_group(group(ann, &[])).await.unwrap(), Err(AppendError::NameTaken));
    store.close().await;
}

/// Before there were groups, the index of pairs was of all conversations.
#[tokio::test]
async fn the_index_of_pairs_becomes_one_of_those_that_have_one() {
    let url = super::fresh();
    let store = opened(&url).await;
    let conversations = || doc! {"dropIndexes": "conversations", "index": "direct"};
    store.db.db.run_command(conversations()).await.unwrap();
    let old = doc! {"key": {"low": 1, "high": 1}, "name": "low_high", "unique": true};
    store.db.db.run_command(doc! {"createIndexes": "conversations", "indexes": [old]}).await.unwrap();
    store.close().await;
    let store = opened(&url).await;
    let ann = user(&store, "ann").await;
    for id in [9, 10] {
        let id = ConversationId::from_bits(id);
        store.create_group(NewGroup { id, public: false, ..group(ann, &[]) }).await.unwrap().unwrap();
    }
    store.close().await;
}
