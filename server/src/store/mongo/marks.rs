//! Watermarks: how far each member of a conversation is.

use super::conversations::{Joined, joined, others};
use super::documents::{
    ConversationDocument, Database, Place, WatermarkDocument, WatermarkKey, number, seq, value,
};
use super::people::People;
use super::preferences::blocks_of;
use super::queries;
use crate::store::{ReadMark, Receipts, UNREAD_SCAN_MAX, UserId};
use chat_protocol::{ConversationId, Seq, limits};
use futures_util::TryStreamExt;
use futures_util::future::try_join;
use mongodb::action::Aggregate;
use mongodb::bson::{Document, doc};
use mongodb::error::Result;
use mongodb::options::{Hint, ReturnDocument};
use std::collections::HashMap;

pub async fn mark_read(
    db: &Database,
    user: UserId,
    id: ConversationId,
    upto: Seq,
) -> Result<Option<(ReadMark, Receipts)>> {
    let Some(one) = joined(db, user, id).await? else { return Ok(None) };
    let upto = number(upto.get()).min(one.document.head);
    let moved = moved(db, user, &one, Place { read: upto, delivered: upto }).await?;
    let Some((place, receipts)) = moved else { return Ok(None) };
    Ok(Some((read_mark(db, user, &one.document, place.read).await?, receipts)))
}

pub async fn mark_delivered(
    db: &Database,
    user: UserId,
    id: ConversationId,
    upto: Seq,
) -> Result<Option<Receipts>> {
    let Some(one) = joined(db, user, id).await? else { return Ok(None) };
    let upto = number(upto.get()).min(one.document.head);
    let moved = moved(db, user, &one, Place { read: 0, delivered: upto }).await?;
    Ok(moved.map(|(_, receipts)| receipts))
}

/// Moves the user up to a place, and finds who is to hear of it; `None` when they have left meanwhile.
async fn moved(db: &Database, user: UserId, one: &Joined, to: Place) -> Result<Option<(Place, Receipts)>> {
    let Joined { document, role, .. } = one;
    let mut mark = doc! {"_id": value(&WatermarkKey { conversation: document.id, user: user.0 })};
    if role.is_some() {
        mark.insert("role", doc! {"$exists": true});
    }
    let change = doc! {"$max": {"read": to.read, "delivered": to.delivered}};
    let moving = async {
        let change = db.watermarks.find_one_and_update(mark, change).upsert(role.is_none());
        change.return_document(ReturnDocument::Before).await
    };
    let (before, people) = try_join(moving, People::read(db, [user.0].into_iter())).await?;
    if before.is_none() && role.is_some() {
        return Ok(None);
    }
    let before = before.as_ref().map(WatermarkDocument::place).unwrap_or_default();
    let (after, person) = (before.max(to), people.one(user.0)?);
    let (known, marks) = (before.marks(person)?, after.marks(person)?);
    let to = if marks == known { Vec::new() } else { others(db, document, user).await? };
    Ok(Some((after, Receipts { marks, to })))
}

/// The place of each member of each conversation, as far as they have one.
pub async fn places(
    db: &Database,
    keys: impl Iterator<Item = WatermarkKey>,
) -> Result<HashMap<WatermarkKey, WatermarkDocument>> {
    let found = queries::search(&db.watermarks, queries::with_ids(keys.map(|key| value(&key)))).await?;
    Ok(found.into_iter().map(|mark| (mark.id, mark)).collect())
}

/// A read watermark, with what stands above it.
pub async fn read_mark(
    db: &Database,
    user: UserId,
    one: &ConversationDocument,
    read: i64,
) -> Result<ReadMark> {
    let (scan_max, count_max) = (i64::from(UNREAD_SCAN_MAX), i64::from(limits::UNREAD_MAX));
    let from = read.max(one.first - 1);
    let (mut unread, mut mentions, span) = (0, 0, (one.id, from, one.head));
    if one.head > from {
        unread = counted(db.entries.aggregate(queries::unread(span, user.0, scan_max, count_max))).await?;
    }
    if unread > 0 {
        mentions = unread_mentions(db, user, span).await?;
    }
    Ok(ReadMark { seq: seq(read)?, unread, mentions })
}

/// Messages of others that mention the user. Those whom the user has blocked call nobody; who they are is only asked when
/// somebody calls.
async fn unread_mentions(db: &Database, user: UserId, span: (i64, i64, i64)) -> Result<u32> {
    let of_others = count_mentions(db, user, span, &[user.0]).await?;
    if of_others == 0 {
        return Ok(0);
    }
    let mut silent: Vec<_> = blocks_of(db, user).await?.into_iter().map(|blocked| blocked.0).collect();
    if silent.is_empty() {
        return Ok(of_others);
    }
    silent.push(user.0);
    count_mentions(db, user, span, &silent).await
}

async fn count_mentions(db: &Database, user: UserId, span: (i64, i64, i64), silent: &[i64]) -> Result<u32> {
    let count = queries::unread_mentions(span, user.0, silent, i64::from(limits::UNREAD_MAX));
    counted(db.entries.aggregate(count).hint(Hint::Keys(queries::mentions_keys()))).await
}

async fn counted(count: Aggregate<'_>) -> Result<u32> {
    let counted: Option<Document> = count.await?.try_next().await?;
    // Nothing to count gives no document at all.
    let unread = counted.map_or(Ok(0), |counted| counted.get_i32("unread"));
    Ok(unread.ok().and_then(|unread| u32::try_from(unread).ok()).unwrap_or(0))
}
