//! Conversations: the list, and who is in them.

use super::documents::{
    ConversationDocument, Database, EntryDocument, EntryKey, WatermarkDocument, WatermarkKey, damaged, key,
    number, unsigned, value,
};
use super::fault::is_duplicate;
use super::people::People;
use super::preferences::hidden;
use super::queries::{self, key_document, search};
use super::{log, marks};
use crate::store::{ConversationKind, ConversationRow, HIDDEN_MARKS, PeerRow, UserId};
use chat_protocol::{ConversationId, Preferences, Role, UnixMillis, UserName};
use futures_util::future::{try_join, try_join3};
use futures_util::{StreamExt, TryStreamExt, stream};
use mongodb::bson::doc;
use mongodb::error::Result;
use std::collections::{BTreeSet, HashMap};

/// Unread counts of one page of the list that are asked for at the same time.
const COUNTS_AT_ONCE: usize = 8;

pub async fn open_direct(
    db: &Database,
    low: UserId,
    high: UserId,
    fresh: ConversationId,
) -> Result<ConversationId> {
    let pair = doc! {"low": low.0, "high": high.0};
    loop {
        if let Some(found) = db.conversations.find_one(pair.clone()).await? {
            return Ok(found.conversation());
        }
        match db.conversations.insert_one(ConversationDocument::direct(fresh, low, high)).await {
            Ok(_) => return Ok(fresh),
            // Somebody else made it just now; it is found once a majority has it.
            Err(error) if is_duplicate(&error) => tokio::task::yield_now().await,
            Err(error) => return Err(error),
        }
    }
}

/// A conversation as somebody is in it.
pub struct Joined {
    pub document: ConversationDocument,
    /// The first entry that they see.
    pub first: i64,
    /// What they may do in a group.
    pub role: Option<Role>,
}

impl Joined {
    /// As a place in it tells; `None` when the user is not in it.
    fn of(document: ConversationDocument, user: UserId, place: Option<&WatermarkDocument>) -> Option<Self> {
        if document.group.is_none() {
            let is_in = document.pair().contains(&user);
            return is_in.then_some(Self { first: document.first, role: None, document });
        }
        let place = place?;
        let first = document.first.max(place.first.unwrap_or_default());
        Some(Self { first, role: Some(place.role?), document })
    }
}

/// The conversation, if the user is in it.
pub async fn joined(db: &Database, user: UserId, id: ConversationId) -> Result<Option<Joined>> {
    let Some(found) = db.conversations.find_one(doc! {"_id": key(id)}).await? else { return Ok(None) };
    let place = match found.group {
        Some(_) => db.watermarks.find_one(doc! {"_id": value(&place_of(&found, user.0))}).await?,
        None => None,
    };
    Ok(Joined::of(found, user, place.as_ref()))
}

/// Everyone who is in a group.
pub async fn members(db: &Database, group: i64) -> Result<Vec<UserId>> {
    let found = search(&db.watermarks, queries::members_of(&[group])).await?;
    Ok(found.into_iter().map(|place| UserId(place.id.user)).collect())
}

/// Everyone else in it who is to hear what happens there and is not stored, but for those who are hidden from the user; nobody in
/// a large group.
pub async fn others(db: &Database, one: &ConversationDocument, user: UserId) -> Result<Vec<UserId>> {
    let members = match &one.group {
        None if one.is_blocked() => Vec::new(),
        None => one.pair(),
        Some(group) if group.is_large() => Vec::new(),
        Some(_) => {
            let (members, hidden) = try_join(self::members(db, one.id), hidden(db, user)).await?;
            members.into_iter().filter(|member| !hidden.contains(member)).collect()
        }
    };
    Ok(members.into_iter().filter(|member| *member != user).collect())
}

pub async fn conversation(
    db: &Database,
    user: UserId,
    id: ConversationId,
) -> Result<Option<ConversationRow>> {
    match db.conversations.find_one(doc! {"_id": key(id)}).await? {
        Some(document) => Ok(rows(db, user, vec![document]).await?.pop()),
        None => Ok(None),
    }
}

pub async fn list(
    db: &Database,
    user: UserId,
    after: Option<(UnixMillis, ConversationId)>,
    limit: u32,
) -> Result<Vec<ConversationRow>> {
    let (activity, id) = after.map_or((i64::MAX, i64::MAX), |(activity, id)| (number(activity), key(id)));
    let side = |side| search(&db.conversations, queries::list_of_side(side, user.0, activity, id, limit));
    let groups = async {
        let groups = groups_of(db, user).await?;
        if groups.is_empty() {
            return Ok(Vec::new());
        }
        search(&db.conversations, queries::list_of_groups(&groups, activity, id, limit)).await
    };
    let (lows, highs, groups) = try_join3(side("low"), side("high"), groups).await?;
    // A conversation with oneself is on both sides.
    let highs = highs.into_iter().filter(|one| one.low != one.high);
    let mut page: Vec<_> = lows.into_iter().chain(highs).chain(groups).collect();
    page.sort_by_key(|one| std::cmp::Reverse((one.activity, one.id)));
    page.truncate(limit as usize);
    rows(db, user, page).await
}

/// The groups that the user is in.
pub async fn groups_of(db: &Database, user: UserId) -> Result<Vec<i64>> {
    let places = search(&db.watermarks, queries::groups_of(user.0)).await?;
    Ok(places.into_iter().map(|place| place.id.conversation).collect())
}

pub async fn peers(db: &Database, user: UserId) -> Result<Vec<UserId>> {
    let (peers, hidden) = try_join(others_of(db, user, fellows(db, user, false)), hidden(db, user)).await?;
    Ok(peers.into_iter().filter(|peer| !hidden.contains(peer)).collect())
}

/// As [`peers`], with everyone in large groups and behind blocks.
pub async fn fellows_of_all(db: &Database, user: UserId) -> Result<Vec<UserId>> {
    others_of(db, user, fellows(db, user, true)).await
}

/// Everyone who has a conversation with the user, or is among these.
async fn others_of(
    db: &Database,
    user: UserId,
    fellows: impl Future<Output = Result<Vec<i64>>>,
) -> Result<Vec<UserId>> {
    let side = |side| search(&db.conversations, queries::active_of_side(side, user.0));
    let (lows, highs, fellows) = try_join3(side("low"), side("high"), fellows).await?;
    let pairs =
        lows.into_iter().filter_map(|one| one.high).chain(highs.into_iter().filter_map(|one| one.low));
    let peers: BTreeSet<_> = pairs.chain(fellows).filter(|peer| *peer != user.0).collect();
    Ok(peers.into_iter().map(UserId).collect())
}

/// Everyone in the groups that the user is in, in the large ones only if these are wanted too.
async fn fellows(db: &Database, user: UserId, of_all: bool) -> Result<Vec<i64>> {
    let groups = groups_of(db, user).await?;
    if groups.is_empty() {
        return Ok(Vec::new());
    }
    let found = search(&db.conversations, queries::with_ids(groups.into_iter())).await?;
    let hears = |one: &ConversationDocument| {
        one.activity > 0 && one.group.as_ref().is_some_and(|group| of_all || !group.is_large())
    };
    let small: Vec<_> = found.iter().filter(|one| hears(one)).map(|one| one.id).collect();
    if small.is_empty() {
        return Ok(Vec::new());
    }
    let places = search(&db.watermarks, queries::members_of(&small)).await?;
    Ok(places.into_iter().map(|place| place.id.user).collect())
}

pub async fn listeners(db: &Database, user: UserId, id: ConversationId) -> Result<Option<Vec<UserId>>> {
    match joined(db, user, id).await? {
        None => Ok(None),
        Some(Joined { document, .. }) if document.head == 0 => Ok(Some(Vec::new())),
        Some(Joined { document, .. }) => others(db, &document, user).await.map(Some),
    }
}

pub async fn direct_with(db: &Database, user: UserId, name: &UserName) -> Result<Option<ConversationId>> {
    let peer = db.users.find_one(doc! {"name": name.as_str(), "erased_at": {"$exists": false}}).await?;
    let Some(peer) = peer else { return Ok(None) };
    let pair = doc! {"low": user.0.min(peer.id), "high": user.0.max(peer.id)};
    Ok(db.conversations.find_one(pair).await?.map(|found| found.conversation()))
}

/// Those of the conversations that the user is in, as they see them, in their order.
async fn rows(
    db: &Database,
    user: UserId,
    documents: Vec<ConversationDocument>,
) -> Result<Vec<ConversationRow>> {
    let places_in = |one: &ConversationDocument| {
        let members = one.pair().into_iter().map(|member| member.0);
        members.chain(one.group.as_ref().map(|_| user.0)).map(|of| place_of(one, of)).collect::<Vec<_>>()
    };
    let last = |one: &ConversationDocument| key_document(EntryKey { conversation: one.id, seq: one.head });
    let (places, lasts) = try_join(
        marks::places(db, documents.iter().flat_map(places_in)),
        search(&db.entries, queries::with_ids(documents.iter().map(last))),
    )
    .await?;
    let peers = documents.iter().flat_map(ConversationDocument::pair).map(|member| member.0);
    let people = People::read(db, lasts.iter().flat_map(EntryDocument::people).chain(peers)).await?;
    let lasts = lasts.into_iter().map(|last| (last.id.conversation, last)).collect();
    let seen = Seen { user, places, lasts, people };
    let joined = documents.into_iter().filter_map(|one| {
        let place = seen.places.get(&place_of(&one, user.0));
        Joined::of(one, user, place)
    });
    stream::iter(joined.collect::<Vec<_>>())
        .map(|one| seen.row(db, one))
        .buffered(COUNTS_AT_ONCE)
        .try_collect()
        .await
}

/// What has been read about a user's conversations.
struct Seen {
    user: UserId,
    places: HashMap<WatermarkKey, WatermarkDocument>,
    lasts: HashMap<i64, EntryDocument>,
    people: People,
}

impl Seen {
    async fn row(&self, db: &Database, joined: Joined) -> Result<ConversationRow> {
        let span = log::span(&joined)?;
        let Joined { document: one, first, role } = joined;
        let place = |member| {
            self.places.get(&place_of(&one, member)).map(WatermarkDocument::place).unwrap_or_default()
        };
        let read = place(self.user.0).read;
        let read = marks::read_mark(db, self.user, &one, read).await?;
        let kind = match (&one.group, one.peer_of(self.user)) {
            (Some(group), _) => ConversationKind::Group(group.seen(role.unwrap_or_default())?),
            (None, Some(peer)) => {
                let is_hidden = one.is_blocked();
                let marks = place(peer).marks(self.people.one(peer)?)?;
                let marks = if is_hidden { HIDDEN_MARKS } else { marks };
                let peer = self.people.one(peer)?;
                let last_seen = peer.last_seen.filter(|_| !is_hidden).map(unsigned).transpose()?;
                ConversationKind::Direct(PeerRow {
                    id: UserId(peer.id),
                    name: peer.name()?,
                    last_seen,
                    marks,
                    is_hidden,
                })
            }
            (None, None) => return Err(damaged(format!("conversation {} is of nobody", one.id))),
        };
        let last = match self.lasts.get(&one.id) {
            Some(last) if last.id.seq >= first => log::last(db, &self.people, last.clone()).await?,
            _ => None,
        };
        Ok(ConversationRow {
            id: one.conversation(),
            kind,
            span,
            read,
            preferences: self.preferences(&one)?,
            activity: unsigned(one.activity)?,
            last,
        })
    }

    fn preferences(&self, one: &ConversationDocument) -> Result<Preferences> {
        let blocked = one.blockers.contains(&self.user.0);
        match self.places.get(&place_of(one, self.user.0)) {
            Some(place) => place.preferences(blocked),
            None => Ok(Preferences { blocked, ..Preferences::default() }),
        }
    }
}

fn place_of(one: &ConversationDocument, user: i64) -> WatermarkKey {
    WatermarkKey { conversation: one.id, user }
}
