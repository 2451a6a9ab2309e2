//! Groups: who is in them, who may do what, and what each sees.

use super::changes::{does, saying};
use super::*;
use chat_protocol::{GroupChange, GroupName, MemberChange, Past, Role, limits};

fn name(text: &str) -> GroupName {
    text.parse().unwrap()
}

pub(super) fn new(maker: UserId, group: &str, members: &[UserId]) -> NewGroup {
    NewGroup {
        id: ConversationId::from_bits(u64::from_ne_bytes(rand())),
        maker,
        client_id: "make".parse().unwrap(),
        second_id: "make-2".parse().unwrap(),
        name: name(group),
        topic: format!("about {group}"),
        public: false,
        past: Past::All,
        members: members.to_vec(),
        at: 10,
    }
}

pub(super) async fn make(store: &impl Store, group: NewGroup) -> ConversationId {
    let id = group.id;
    store.create_group(group).await.unwrap().unwrap();
    id
}

pub(super) fn members(change: MemberChange, users: &[UserId]) -> NewBody {
    NewBody::Members { change, users: users.to_vec() }
}

/// Does it for certain; who is told, and who is gone.
async fn done(
    store: &impl Store,
    conversation: ConversationId,
    sender: UserId,
    body: NewBody,
) -> (Vec<UserId>, Vec<UserId>) {
    let Appended { members, gone, .. } = append(store, saying(conversation, sender, body)).await.unwrap();
    let mut members = members.to_vec();
    members.sort();
    (members, gone)
}

async fn group(store: &impl Store, user: UserId, id: ConversationId) -> Option<chat_protocol::Group> {
    match store.conversation(user, id).await.unwrap()?.kind {
        ConversationKind::Group(group) => Some(group),
        other => panic!("{other:?} is no group"),
    }
}

async fn roles(store: &impl Store, user: UserId, id: ConversationId) -> Vec<(String, Role)> {
    let found = store.group_members(user, id, None, 99).await.unwrap().unwrap();
    found.into_iter().map(|member| (member.name.to_string(), member.role)).collect()
}

fn sorted(mut users: Vec<UserId>) -> Vec<UserId> {
    users.sort();
    users
}

async fn three(store: &impl Store) -> (UserId, UserId, UserId) {
    (user(store, "ann").await, user(store, "bob").await, user(store, "eve").await)
}

pub async fn a_group_is_made_once(store: &impl Store) {
    let (ann, bob, eve) = three(store).await;
    let ops = new(ann, "ops", &[bob, ann, bob]);
    let entries = store.create_group(ops.clone()).await.unwrap().unwrap();
    let told: Vec<_> = entries.iter().map(|entry| (entry.seq.get(), entry.from.as_str())).collect();
    assert_eq!(told, [(1, "ann"), (2, "ann")]);
    let first = GroupChange {
        name: Some(name("ops")),
        topic: Some("about ops".to_owned()),
        past: Some(Past::All),
        public: Some(false),
        retention_days: None,
    };
    assert_eq!(entries[0].body, Body::Group(first));
    let added = Body::Members { change: MemberChange::Added, users: vec!["bob".parse().unwrap()] };
    assert_eq!(entries[1].body, added);
    assert_eq!(store.create_group(ops.clone()).await.unwrap().unwrap(), [], "the same again");
    let other = NewGroup { topic: "else".to_owned(), ..ops.clone() };
    assert_eq!(store.create_group(other).await.unwrap(), Err(AppendError::IdConflict));
    let seen = group(store, bob, ops.id).await.unwrap();
    assert_eq!((seen.name.as_str(), seen.topic.as_str(), seen.members), ("ops", "about ops", 2));
    assert_eq!((seen.role, seen.public, seen.past), (Role::Member, false, Past::All));
    assert_eq!(group(store, ann, ops.id).await.unwrap().role, Role::Admin);
    assert_eq!(group(store, eve, ops.id).await, None);
    let page = store.history(bob, ops.id, PageRange::Newest, 9).await.unwrap().unwrap();
    assert_eq!(page.entries, entries);
    assert_eq!(roles(store, bob, ops.id).await, [("ann".into(), Role::Admin), ("bob".into(), Role::Member)]);
    let alone = new(ann, "alone", &[]);
    assert_eq!(store.create_group(alone.clone()).await.unwrap().unwrap().len(), 1);
    let listed = store.conversations(ann, None, 9).await.unwrap();
    assert_eq!(sorted_ids(&listed), sorted_ids_of(&[ops.id, alone.id]));
}

fn sorted_ids(rows: &[ConversationRow]) -> Vec<u64> {
    sorted_ids_of(&rows.iter().map(|row| row.id).collect::<Vec<_>>())
}

fn sorted_ids_of(ids: &[ConversationId]) -> Vec<u64> {
    let mut bits: Vec<_> = ids.iter().map(|id| id.bits()).collect();
    bits.sort_unstable();
    bits
}

pub async fn names_of_public_groups_are_unique(store: &impl Store) {
    let (ann, bob, _) = three(store).await;
    let public = |maker, group| NewGroup { public: true, ..new(maker, group, &[]) };
    let ops = make(store, public(ann, "ops")).await;
    assert_eq!(store.create_group(public(bob, "ops")).await.unwrap(), Err(AppendError::NameTaken));
    make(store, new(bob, "ops", &[])).await;
    let dev = make(store, public(bob, "dev")).await;
    assert_eq!(store.public_group(&name("ops")).await.unwrap(), Some(ops));
    assert_eq!(store.public_group(&name("none")).await.unwrap(), None);
    let called = |name| NewBody::Group(GroupChange { name: Some(name), ..GroupChange::default() });
    assert_eq!(does(store, dev, bob, called(name("ops"))).await, Err(AppendError::NameTaken));
    assert_eq!(does(store, dev, bob, called(name("prod"))).await, Ok(2));
    assert_eq!(does(store, dev, bob, called(name("prod"))).await, Err(AppendError::NoChange));
    assert_eq!(does(store, ops, ann, called(name("dev"))).await, Ok(2), "the name was given up");
    for (who, group, found) in
        [(bob, "ops", true), (bob, "prod", true), (ann, "prod", false), (ann, "dev", true)]
    {
        let named = store.group_named(who, &name(group)).await.unwrap();
        assert_eq!(named.is_some(), found, "{who:?} {group}");
    }
    let listed = async |after: Option<&str>, limit| {
        let found = store.public_groups(bob, after.map(name), limit).await.unwrap();
        found.into_iter().map(|one| (one.name.to_string(), one.members, one.joined)).collect::<Vec<_>>()
    };
    let (dev_row, prod_row) = (("dev".to_owned(), 1, false), ("prod".to_owned(), 1, true));
    assert_eq!(listed(None, 9).await, [dev_row.clone(), prod_row.clone()]);
    assert_eq!(listed(None, 1).await, [dev_row]);
    assert_eq!(listed(Some("dev"), 9).await, [prod_row]);
    assert_eq!(listed(Some("prod"), 9).await, []);
    // The last one who goes closes it, and the name is free.
    does(store, dev, bob, members(MemberChange::Left, &[bob])).await.unwrap();
    assert_eq!(store.public_group(&name("prod")).await.unwrap(), None);
    make(store, public(ann, "prod")).await;
}

pub async fn members_come_and_go_with_their_entries(store: &impl Store) {
    let (ann, bob, eve) = three(store).await;
    let id = make(store, new(ann, "ops", &[])).await;
    let text = |text: &str| NewBody::Message { text: text.to_owned(), file: None, reply_to: None };
    assert_eq!(done(store, id, ann, text("alone")).await, (vec![ann], vec![]));
    assert_eq!(does(store, id, bob, text("let me in")).await, Err(AppendError::NotMember));
    let added = members(MemberChange::Added, &[bob, eve, ann, bob]);
    assert_eq!(done(store, id, ann, added.clone()).await, (sorted(vec![ann, bob, eve]), vec![]));
    assert_eq!(does(store, id, ann, added).await, Err(AppendError::NoChange));
    assert_eq!(done(store, id, bob, text("hi")).await.0, sorted(vec![ann, bob, eve]));
    let mark = store.conversation(bob, id).await.unwrap().unwrap().read;
    assert_eq!((mark.seq, mark.unread), (seq(2), 0), "what stood there is read");
    let mark = store.conversation(eve, id).await.unwrap().unwrap().read;
    assert_eq!(mark, ReadMark { seq: seq(2), unread: 1, mentions: 0 });
    let removed = members(MemberChange::Removed, &[eve]);
    assert_eq!(done(store, id, ann, removed.clone()).await, (sorted(vec![ann, bob]), vec![eve]));
    assert_eq!(does(store, id, ann, removed).await, Err(AppendError::NoChange));
    assert_eq!(store.history(eve, id, PageRange::Newest, 9).await.unwrap(), None);
    assert_eq!(store.conversation(eve, id).await.unwrap(), None);
    assert_eq!(store.group_members(eve, id, None, 9).await.unwrap(), None);
    assert_eq!(store.mark_read(eve, id, seq(1)).await.unwrap(), None);
    assert_eq!(store.listeners(eve, id).await.unwrap(), None);
    assert_eq!(store.versions(eve, id, seq(2), Seq::MAX, 9).await.unwrap(), None);
    assert_eq!(store.conversations(eve, None, 9).await.unwrap(), []);
    assert_eq!(does(store, id, eve, text("still here?")).await, Err(AppendError::NotMember));
    assert_eq!(done(store, id, bob, members(MemberChange::Left, &[bob])).await, (vec![ann], vec![bob]));
    assert_eq!(group(store, ann, id).await.unwrap().members, 1);
    // Whoever comes again begins anew.
    done(store, id, ann, members(MemberChange::Added, &[eve])).await;
    assert_eq!(store.conversation(eve, id).await.unwrap().unwrap().read.seq, seq(6));
    let page = store.history(eve, id, PageRange::Newest, 99).await.unwrap().unwrap();
    let told = page.entries.into_iter().filter_map(|entry| match entry.body {
        Body::Members { change, users } => Some((change, users.iter().map(ToString::to_string).collect())),
        _ => None,
    });
    let told: Vec<(MemberChange, Vec<String>)> = told.collect();
    let one = |change, user: &str| (change, vec![user.to_owned()]);
    assert_eq!(
        told[1..],
        [one(MemberChange::Removed, "eve"), one(MemberChange::Left, "bob"), one(MemberChange::Added, "eve"),]
    );
    assert_eq!(told[0].1.len(), 2, "ann was there");
}

/// Each act by a stranger, somebody who was in it, a member and an admin, in a private and in a public group.
pub async fn who_may_do_what_is_asked_at_the_commit(store: &impl Store) {
    use AppendError::{NotAllowed, NotMember, NotYours};
    let (ann, bob, eve) = three(store).await;
    let (out, fay) = (user(store, "out").await, user(store, "fay").await);
    for public in [false, true] {
        let label = if public { "public" } else { "private" };
        let id = make(store, NewGroup { public, ..new(ann, label, &[bob, out]) }).await;
        does(store, id, ann, members(MemberChange::Removed, &[out])).await.unwrap();
        say(store, id, ann, &["ann's"]).await;
        let topic = |text: &str| {
            NewBody::Group(GroupChange { topic: Some(text.to_owned()), ..GroupChange::default() })
        };
        let acts = [
            ("talk", NewBody::Message { text: "x".to_owned(), file: None, reply_to: None }),
            ("describe", topic("else")),
            ("add", members(MemberChange::Added, &[fay])),
            ("remove", members(MemberChange::Removed, &[ann])),
            ("promote", members(MemberChange::Promoted, &[bob])),
            ("delete", NewBody::Deletion { target: seq(4) }),
        ];
        for (act, body) in acts {
            for stranger in [eve, out] {
                assert_eq!(does(store, id, stranger, body.clone()).await, Err(NotMember), "{label} {act}");
            }
            let bobs = does(store, id, bob, body).await;
            match act {
                "talk" => assert!(bobs.is_ok(), "{label} {act}"),
                "add" if public => assert!(bobs.is_ok(), "{label} {act}"),
                "delete" => assert_eq!(bobs, Err(NotYours), "{label} {act}"),
                _ => assert_eq!(bobs, Err(NotAllowed), "{label} {act}"),
            }
        }
        let joined = does(store, id, eve, members(MemberChange::Joined, &[eve])).await;
        assert_eq!(joined.is_ok(), public, "{joined:?}");
        if !public {
            assert_eq!(joined, Err(NotMember));
        }
        does(store, id, ann, topic("new")).await.unwrap();
        assert_eq!(group(store, bob, id).await.unwrap().topic, "new");
        assert!(does(store, id, ann, NewBody::Deletion { target: seq(5) }).await.is_ok(), "an admin may");
        let notes = direct(store, ann, ann).await;
        for body in [topic("x"), members(MemberChange::Added, &[bob]), members(MemberChange::Left, &[ann])] {
            assert_eq!(does(store, notes, ann, body).await, Err(NotAllowed));
        }
    }
}

pub async fn somebody_is_always_in_charge(store: &impl Store) {
    use AppendError::{LastAdmin, NoChange, NotAllowed};
    let (ann, bob, eve) = three(store).await;
    let id = make(store, new(ann, "ops", &[bob, eve])).await;
    let left = |user| members(MemberChange::Left, &[user]);
    assert_eq!(does(store, id, ann, left(ann)).await, Err(LastAdmin));
    assert_eq!(does(store, id, ann, members(MemberChange::Demoted, &[ann])).await, Err(LastAdmin));
    assert_eq!(does(store, id, ann, members(MemberChange::Removed, &[ann])).await, Err(NotAllowed));
    assert_eq!(does(store, id, ann, members(MemberChange::Promoted, &[ann])).await, Err(NoChange));
    assert_eq!(does(store, id, ann, members(MemberChange::Demoted, &[bob])).await, Err(NoChange));
    let stranger = user(store, "stranger").await;
    assert_eq!(does(store, id, ann, members(MemberChange::Promoted, &[stranger])).await, Err(NoChange));
    does(store, id, ann, members(MemberChange::Promoted, &[bob])).await.unwrap();
    assert_eq!(group(store, bob, id).await.unwrap().role, Role::Admin);
    does(store, id, bob, members(MemberChange::Demoted, &[ann])).await.unwrap();
    assert_eq!(does(store, id, ann, members(MemberChange::Removed, &[eve])).await, Err(NotAllowed));
    does(store, id, ann, left(ann)).await.unwrap();
    does(store, id, eve, left(eve)).await.unwrap();
    assert_eq!(does(store, id, bob, left(bob)).await, Ok(7), "whoever is alone may go");
    assert_eq!(store.conversations(bob, None, 9).await.unwrap(), []);
}

pub async fn a_change_of_members_is_made_once(store: &impl Store) {
    let (ann, bob, eve) = three(store).await;
    let id = make(store, new(ann, "ops", &[bob])).await;
    let add = saying(id, ann, members(MemberChange::Added, &[bob, eve]));
    let leave = saying(id, bob, members(MemberChange::Left, &[bob]));
    let first =
        [append(store, add.clone()).await.unwrap().seq, append(store, leave.clone()).await.unwrap().seq];
    for (entry, seq) in [&add, &leave].into_iter().zip(first) {
        let again = append(store, entry.clone()).await.unwrap();
        assert_eq!((again.seq, again.is_fresh(), again.gone), (seq, false, vec![]));
    }
    for body in [members(MemberChange::Added, &[bob]), members(MemberChange::Removed, &[bob, eve])] {
        let other = NewEntry { body, ..add.clone() };
        assert_eq!(append(store, other).await, Err(AppendError::IdConflict));
    }
    assert_eq!(roles(store, ann, id).await.len(), 2, "bob is out, and stays so");
    // In one batch, each sees what the one before has done.
    let batch = vec![
        saying(id, ann, members(MemberChange::Added, &[bob])),
        saying(id, bob, NewBody::Message { text: "back".to_owned(), file: None, reply_to: None }),
        saying(id, ann, members(MemberChange::Removed, &[bob])),
        saying(id, bob, NewBody::Message { text: "?".to_owned(), file: None, reply_to: None }),
        saying(id, ann, members(MemberChange::Promoted, &[eve])),
        saying(id, ann, members(MemberChange::Left, &[ann])),
    ];
    let outcomes = store.append(batch).await.unwrap();
    let numbers: Vec<_> = outcomes.iter().map(|one| one.as_ref().map(|done| done.seq.get())).collect();
    assert_eq!(numbers, [Ok(5), Ok(6), Ok(7), Err(&AppendError::NotMember), Ok(8), Ok(9)]);
    assert_eq!(roles(store, eve, id).await, [("eve".to_owned(), Role::Admin)]);
}

pub async fn what_newcomers_see_of_the_past(store: &impl Store) {
    let (ann, bob, eve) = three(store).await;
    let id = make(store, NewGroup { past: Past::None, ..new(ann, "ops", &[bob]) }).await;
    say(store, id, ann, &["secret"]).await;
    does(store, id, ann, NewBody::Edit { target: seq(3), text: "still secret".to_owned() }).await.unwrap();
    let file = file(store, ann, 1).await;
    let with_file = NewBody::Message { text: String::new(), file: Some(file), reply_to: None };
    does(store, id, ann, with_file).await.unwrap();
    assert_eq!(does(store, id, ann, members(MemberChange::Added, &[eve])).await, Ok(6));
    say(store, id, ann, &["for all"]).await;
    let row = store.conversation(eve, id).await.unwrap().unwrap();
    assert_eq!((row.span.first, row.span.head, row.read.unread), (seq(6), seq(7), 1));
    for (range, expected) in [
        (PageRange::Newest, &[6, 7][..]),
        (PageRange::Before(seq(7)), &[6]),
        (PageRange::Before(seq(6)), &[]),
        (PageRange::After(Seq::ZERO), &[6, 7]),
        (PageRange::After(seq(6)), &[7]),
    ] {
        let page = store.history(eve, id, range, 9).await.unwrap().unwrap();
        let numbers: Vec<_> = page.entries.iter().map(|entry| entry.seq.get()).collect();
        assert_eq!((numbers, page.span.first), (expected.to_vec(), seq(6)), "{range:?}");
    }
    assert!(!sees(store, eve, file).await && sees(store, bob, file).await);
    assert_eq!(store.versions(eve, id, seq(3), Seq::MAX, 9).await.unwrap(), None);
    let thumb = |target| NewBody::Reaction { target: seq(target), emoji: "👍".to_owned(), removed: false };
    assert_eq!(does(store, id, eve, thumb(3)).await, Err(AppendError::UnknownMessage));
    let reply = NewBody::Message { text: "?".to_owned(), file: None, reply_to: Some(seq(3)) };
    assert_eq!(does(store, id, eve, reply).await, Err(AppendError::UnknownMessage));
    assert_eq!(does(store, id, eve, thumb(7)).await, Ok(8));
    let page = store.history(bob, id, PageRange::After(Seq::ZERO), 99).await.unwrap().unwrap();
    assert_eq!((page.entries.len(), page.span.first), (7, seq(2)), "bob came with the second entry");
    let all = NewBody::Group(GroupChange { past: Some(Past::All), ..GroupChange::default() });
    does(store, id, ann, all).await.unwrap();
    assert_eq!(
        store.conversation(eve, id).await.unwrap().unwrap().span.first,
        seq(6),
        "that is for the next"
    );
    let fay = user(store, "fay").await;
    does(store, id, ann, members(MemberChange::Added, &[fay])).await.unwrap();
    assert_eq!(store.conversation(fay, id).await.unwrap().unwrap().span.first, seq(1));
}

pub async fn small_groups_whisper_and_large_ones_do_not(store: &impl Store) {
    let (ann, bob, eve) = three(store).await;
    let id = make(store, new(ann, "ops", &[bob])).await;
    let aside = make(store, new(bob, "aside", &[eve, ann])).await;
    assert_eq!(sorted(store.peers(ann).await.unwrap()), sorted(vec![bob, eve]));
    assert_eq!(store.listeners(ann, id).await.unwrap(), Some(vec![bob]));
    say(store, id, ann, &["hi"]).await;
    let (_, receipts) = store.mark_read(bob, id, seq(3)).await.unwrap().unwrap();
    assert_eq!(receipts.to, [ann]);
    let marks = store.group_members(ann, id, None, 9).await.unwrap().unwrap()[1].marks;
    assert_eq!((marks.delivered, marks.read), (seq(3), Some(seq(3))));
    let mut crowd = Vec::new();
    for number in 0..limits::WHISPERING_MEMBERS_MAX {
        crowd.push(user(store, &format!("u{number}")).await);
    }
    for some in crowd.chunks(limits::ADDED_MAX) {
        does(store, aside, bob, members(MemberChange::Added, some)).await.unwrap();
    }
    assert_eq!(group(store, eve, aside).await.unwrap().members, 103);
    assert_eq!(store.peers(ann).await.unwrap(), [bob], "the crowd is not told");
    assert_eq!(store.peers(eve).await.unwrap(), []);
    assert_eq!(store.listeners(bob, aside).await.unwrap(), Some(vec![]));
    say(store, aside, ann, &["hello all"]).await;
    let (_, receipts) = store.mark_read(eve, aside, seq(99)).await.unwrap().unwrap();
    assert_eq!(receipts.to, []);
    let page = store.group_members(ann, aside, Some("u98".parse().unwrap()), 9).await.unwrap().unwrap();
    assert_eq!(page.iter().map(|one| one.name.as_str()).collect::<Vec<_>>(), ["u99"]);
}

pub async fn groups_and_people_are_in_one_list(store: &impl Store) {
    let (ann, bob, eve) = three(store).await;
    let mut expected = Vec::new();
    let at = |at, id: ConversationId| (at, id.bits().cast_signed());
    for (group, when) in [("a", 30), ("b", 10), ("c", 20)] {
        let id = make(store, NewGroup { at: 5, ..new(bob, group, &[ann]) }).await;
        append(store, NewEntry { at: when, ..message(id, bob, "1", group) }).await.unwrap();
        expected.push(at(when, id));
    }
    for (peer, when) in [(bob, 20), (eve, 30)] {
        let id = direct(store, ann, peer).await;
        append(store, NewEntry { at: when, ..message(id, ann, "1", "x") }).await.unwrap();
        expected.push(at(when, id));
    }
    let elsewhere = make(store, new(bob, "not-anns", &[eve])).await;
    expected.sort_by(|a, b| b.cmp(a));
    for limit in [1, 2, 9] {
        let (mut seen, mut after) = (Vec::new(), None);
        loop {
            let page = store.conversations(ann, after, limit).await.unwrap();
            seen.extend(page.iter().map(|row| at(row.activity, row.id)));
            let Some(last) = page.last() else { break };
            after = Some((last.activity, last.id));
        }
        assert_eq!(seen, expected, "pages of {limit}");
    }
    assert_eq!(store.conversation(ann, elsewhere).await.unwrap(), None);
}
