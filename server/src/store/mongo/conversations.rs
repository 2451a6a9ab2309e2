//! Conversations: the list, and who is in them.

use super::documents::{ConversationDocument, Database, EntryKey, WatermarkKey, key, number, seq, unsigned};
use super::fault::is_duplicate;
use super::people::People;
use super::queries::{self, key_document, search};
use super::{log, marks};
use crate::store::{ConversationRow, ReadMark, UserId};
use chat_protocol::{ConversationId, UnixMillis, UserName};
use futures_util::future::try_join3;
use futures_util::{StreamExt, TryStreamExt, stream};
use mongodb::bson::doc;
use mongodb::error::Result;
use std::collections::HashMap;

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
        let (id, low, high) = (key(fresh), low.0, high.0);
        let document = ConversationDocument { id, low, high, first: 1, head: 0, activity: 0 };
        match db.conversations.insert_one(document).await {
            Ok(_) => return Ok(fresh),
            // Somebody else made it just now; it is found once a majority has it.
            Err(error) if is_duplicate(&error) => tokio::task::yield_now().await,
            Err(error) => return Err(error),
        }
    }
}

/// The conversation, if the user is in it.
pub async fn joined(db: &Database, user: UserId, id: ConversationId) -> Result<Option<ConversationDocument>> {
    let found = db.conversations.find_one(doc! {"_id": key(id)}).await?;
    Ok(found.filter(|conversation| conversation.has(user)))
}

pub async fn conversation(
    db: &Database,
    user: UserId,
    id: ConversationId,
) -> Result<Option<ConversationRow>> {
    match joined(db, user, id).await? {
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
    let (lows, highs) = futures_util::future::try_join(side("low"), side("high")).await?;
    // A conversation with oneself is on both sides.
    let mut page: Vec<_> =
        lows.into_iter().chain(highs.into_iter().filter(|one| one.low != one.high)).collect();
    page.sort_by_key(|one| std::cmp::Reverse((one.activity, one.id)));
    page.truncate(limit as usize);
    rows(db, user, page).await
}

pub async fn peers(db: &Database, user: UserId) -> Result<Vec<UserId>> {
    let side = |side| search(&db.conversations, queries::active_of_side(side, user.0));
    let (lows, highs) = futures_util::future::try_join(side("low"), side("high")).await?;
    let peers = lows.into_iter().map(|one| one.high).chain(highs.into_iter().map(|one| one.low));
    Ok(peers.filter(|peer| *peer != user.0).map(UserId).collect())
}

pub async fn listeners(db: &Database, user: UserId, id: ConversationId) -> Result<Option<Vec<UserId>>> {
    let others = |one: ConversationDocument| {
        one.members().into_iter().filter(|member| one.head > 0 && *member != user).collect()
    };
    Ok(joined(db, user, id).await?.map(others))
}

pub async fn direct_with(db: &Database, user: UserId, name: &UserName) -> Result<Option<ConversationId>> {
    let Some(peer) = db.users.find_one(doc! {"name": name.as_str()}).await? else { return Ok(None) };
    let pair = doc! {"low": user.0.min(peer.id), "high": user.0.max(peer.id)};
    Ok(db.conversations.find_one(pair).await?.map(|found| found.conversation()))
}

/// The conversations as `user` sees them, in their order.
async fn rows(
    db: &Database,
    user: UserId,
    documents: Vec<ConversationDocument>,
) -> Result<Vec<ConversationRow>> {
    let marks = |one: &ConversationDocument| {
        one.members().into_iter().map(|member| watermark(one, member.0)).collect::<Vec<_>>()
    };
    let last = |one: &ConversationDocument| key_document(EntryKey { conversation: one.id, seq: one.head });
    let (places, lasts, people) = try_join3(
        marks::places(db, documents.iter().flat_map(marks)),
        search(&db.entries, queries::with_ids(documents.iter().map(last))),
        People::read(db, documents.iter().flat_map(ConversationDocument::members).map(|member| member.0)),
    )
    .await?;
    let lasts: HashMap<_, _> = lasts.into_iter().map(|last| (last.id.conversation, last)).collect();
    let place =
        |one: &ConversationDocument, member| places.get(&watermark(one, member)).copied().unwrap_or_default();
    stream::iter(documents)
        .map(async |one| {
            let read = place(&one, user.0).read;
            let unread = if one.head > read { marks::unread(db, user, &one, read).await? } else { 0 };
            let peer = people.one(if one.low == user.0 { one.high } else { one.low })?;
            let last = match lasts.get(&one.id) {
                Some(last) => log::last(db, &people, last.clone()).await?,
                None => None,
            };
            Ok(ConversationRow {
                id: one.conversation(),
                peer: UserId(peer.id),
                peer_name: peer.name()?,
                peer_last_seen: peer.last_seen.map(unsigned).transpose()?,
                span: log::span(&one)?,
                read: ReadMark { seq: seq(read)?, unread },
                peer_marks: place(&one, peer.id).marks(peer)?,
                activity: unsigned(one.activity)?,
                last,
            })
        })
        .buffered(COUNTS_AT_ONCE)
        .try_collect()
        .await
}

fn watermark(one: &ConversationDocument, user: i64) -> WatermarkKey {
    WatermarkKey { conversation: one.id, user }
}
