//! Groups: making and finding them, and who is in them.

use super::append::{claim, groups_of_each};
use super::conversations::{groups_of, joined};
use super::documents::{
    ConversationDocument, Database, GroupDocument, UserDocument, WatermarkDocument, WatermarkKey, key,
};
use super::marks;
use super::preferences::{blockers_of, hidden};
use super::queries::{self, search};
use crate::store::{AppendError, HIDDEN_MARKS, MemberRow, NewBody, NewEntry, NewGroup, StoredEntry, UserId};
use chat_protocol::limits::GROUPS_MAX;
use chat_protocol::{ClientId, ConversationId, GroupName, MemberChange, PublicGroup, Seq, UserName};
use futures_util::future::try_join;
use mongodb::bson::{Document, doc};
use mongodb::error::Result;
use std::collections::{BTreeSet, HashMap};

/// Makes room for a group's log, unless it is there. Nobody sees anything of it before its first entry, and whoever is interrupted
/// finds it again, for the id is always the same.
pub async fn prepare(db: &Database, new: &NewGroup) -> Result<std::result::Result<(), AppendError>> {
    let id = doc! {"_id": key(new.id)};
    if db.conversations.find_one(id.clone()).await?.is_some_and(|found| found.head > 0) {
        return Ok(Ok(()));
    }
    let blockers = blockers_of(db, new.maker).await?;
    if new.members.iter().any(|user| blockers.contains(user)) {
        return Ok(Err(AppendError::Blocked));
    }
    let users: Vec<_> = new.members.iter().chain([&new.maker]).map(|user| user.0).collect();
    if groups_of_each(db, &users).await?.values().any(|groups| *groups >= GROUPS_MAX) {
        return Ok(Err(AppendError::GroupFull));
    }
    if new.public && !claim(db, new.name.as_str(), new.id, Seq::ZERO.next()).await? {
        return Ok(Err(AppendError::NameTaken));
    }
    let group = Some(GroupDocument::unborn(new.maker.0, &new.name));
    let unborn = ConversationDocument {
        id: key(new.id),
        low: None,
        high: None,
        group,
        blockers: Vec::new(),
        first: 1,
        head: 0,
        activity: 0,
        sweeping: None,
    };
    let mut unborn: Document = mongodb::bson::serialize_to_document(&unborn)?;
    unborn.remove("_id");
    db.conversations.update_one(id, doc! {"$setOnInsert": unborn}).upsert(true).await?;
    Ok(Ok(()))
}

/// The first entries of a group's log.
pub fn first_entries(new: &NewGroup) -> Vec<NewEntry> {
    let others: BTreeSet<_> = new.members.iter().copied().filter(|user| *user != new.maker).collect();
    let first = entry(new, new.client_id.clone(), NewBody::Group(new.first()));
    let change = MemberChange::Added;
    let second = (!others.is_empty()).then(|| {
        let users = others.into_iter().collect();
        entry(new, new.second_id.clone(), NewBody::Members { change, users })
    });
    [first].into_iter().chain(second).collect()
}

fn entry(new: &NewGroup, client_id: ClientId, body: NewBody) -> NewEntry {
    NewEntry { conversation: new.id, sender: new.maker, client_id, at: new.at, body }
}

/// What is to be told of the first entries: those that are new.
pub fn told(
    maker: &UserName,
    entries: Vec<NewEntry>,
    outcomes: Vec<std::result::Result<crate::store::Appended, AppendError>>,
) -> std::result::Result<Vec<StoredEntry>, AppendError> {
    let mut told = Vec::new();
    let mut is_there = false;
    for (entry, outcome) in entries.into_iter().zip(outcomes) {
        let done = match outcome {
            Ok(done) => done,
            Err(AppendError::NotMember | AppendError::NotAllowed) if !is_there => {
                return Err(AppendError::IdConflict);
            }
            Err(error @ (AppendError::Unavailable | AppendError::Unknown)) => return Err(error),
            // It was made long ago, and its maker may not add these any more.
            Err(_) if is_there => continue,
            Err(error) => return Err(error),
        };
        is_there |= !done.is_fresh();
        let (seq, at, from, client_id) = (done.seq, done.at, maker.clone(), entry.client_id);
        told.extend(done.fresh.map(|body| StoredEntry { seq, at, from, client_id, body }));
    }
    Ok(told)
}

pub async fn public(db: &Database, name: &GroupName) -> Result<Option<ConversationId>> {
    let named = doc! {"group.public": true, "group.name": name.as_str()};
    Ok(db.conversations.find_one(named).await?.map(|found| found.conversation()))
}

/// The user's group with this name; of several the public one.
pub async fn named(db: &Database, user: UserId, name: &GroupName) -> Result<Option<ConversationId>> {
    let groups = groups_of(db, user).await?;
    let found = search(&db.conversations, queries::groups_named(&groups, name.as_str())).await?;
    Ok(found.first().map(ConversationDocument::conversation))
}

pub async fn public_groups(
    db: &Database,
    user: UserId,
    after: Option<GroupName>,
    limit: u32,
) -> Result<Vec<PublicGroup>> {
    let after = after.as_ref().map_or("", GroupName::as_str);
    let found = search(&db.conversations, queries::public_groups(after, limit)).await?;
    let place = |one: &ConversationDocument| WatermarkKey { conversation: one.id, user: user.0 };
    let places = marks::places(db, found.iter().map(place)).await?;
    let listed = |one: ConversationDocument| {
        let joined = places.get(&place(&one)).is_some_and(|place| place.role.is_some());
        let group = one.group.as_ref();
        group.map(|group| group.listed(one.conversation(), joined))
    };
    found.into_iter().filter_map(listed).collect()
}

pub async fn members(
    db: &Database,
    user: UserId,
    id: ConversationId,
    after: Option<UserName>,
    limit: u32,
) -> Result<Option<Vec<MemberRow>>> {
    let Some(joined) = joined(db, user, id).await?.filter(|joined| joined.role.is_some()) else {
        return Ok(None);
    };
    let places = search(&db.watermarks, queries::members_of(&[joined.document.id]));
    let (places, hidden) = try_join(places, hidden(db, user)).await?;
    let places: HashMap<_, _> = places.into_iter().map(|place| (place.id.user, place)).collect();
    let after = after.as_ref().map_or("", UserName::as_str);
    let named = queries::named_after(places.keys().copied(), after, limit);
    let row = |user: UserDocument| {
        let place = places.get(&user.id)?;
        Some(row(place, &user, hidden.contains(&UserId(user.id))))
    };
    search(&db.users, named).await?.into_iter().filter_map(row).collect::<Result<_>>().map(Some)
}

fn row(place: &WatermarkDocument, user: &UserDocument, is_hidden: bool) -> Result<MemberRow> {
    let (id, name, role) = (UserId(user.id), user.name()?, place.role.unwrap_or_default());
    let marks = if is_hidden { HIDDEN_MARKS } else { place.place().marks(user)? };
    Ok(MemberRow { id, name, role, marks, is_hidden })
}
