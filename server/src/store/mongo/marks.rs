//! Watermarks: how far each member of a conversation is.

use super::conversations::joined;
use super::documents::{
    ConversationDocument, Database, Place, WatermarkDocument, WatermarkKey, number, seq, value,
};
use super::people::People;
use super::queries;
use crate::store::{ReadMark, Receipts, UNREAD_SCAN_MAX, UserId};
use chat_protocol::{ConversationId, Seq, limits};
use futures_util::TryStreamExt;
use futures_util::future::try_join;
use mongodb::bson::{Document, doc};
use mongodb::error::Result;
use mongodb::options::ReturnDocument;
use std::collections::HashMap;

pub async fn mark_read(
    db: &Database,
    user: UserId,
    id: ConversationId,
    upto: Seq,
) -> Result<Option<(ReadMark, Receipts)>> {
    let Some(one) = joined(db, user, id).await? else { return Ok(None) };
    let upto = number(upto.get()).min(one.head);
    let (place, receipts) = moved(db, user, &one, Place { read: upto, delivered: upto }).await?;
    let unread = unread(db, user, &one, place.read).await?;
    Ok(Some((ReadMark { seq: seq(place.read)?, unread }, receipts)))
}

pub async fn mark_delivered(
    db: &Database,
    user: UserId,
    id: ConversationId,
    upto: Seq,
) -> Result<Option<Receipts>> {
    let Some(one) = joined(db, user, id).await? else { return Ok(None) };
    let upto = number(upto.get()).min(one.head);
    let (_, receipts) = moved(db, user, &one, Place { read: 0, delivered: upto }).await?;
    Ok(Some(receipts))
}

/// Moves the user up to a place, and finds who is to hear of it.
async fn moved(
    db: &Database,
    user: UserId,
    one: &ConversationDocument,
    to: Place,
) -> Result<(Place, Receipts)> {
    let mark = doc! {"_id": value(&WatermarkKey { conversation: one.id, user: user.0 })};
    let change = doc! {"$max": {"read": to.read, "delivered": to.delivered}};
    let moving = async {
        let change = db.watermarks.find_one_and_update(mark, change).upsert(true);
        change.return_document(ReturnDocument::Before).await
    };
    let (before, people) = try_join(moving, People::read(db, [user.0].into_iter())).await?;
    let before = before.as_ref().map(WatermarkDocument::place).unwrap_or_default();
    let (after, person) = (before.max(to), people.one(user.0)?);
    let (known, marks) = (before.marks(person)?, after.marks(person)?);
    let others = one.members().into_iter().filter(|member| *member != user);
    let to = if marks == known { Vec::new() } else { others.collect() };
    Ok((after, Receipts { marks, to }))
}

/// The place of each member of each conversation, as far as they have one.
pub async fn places(
    db: &Database,
    keys: impl Iterator<Item = WatermarkKey>,
) -> Result<HashMap<WatermarkKey, Place>> {
    let found = queries::search(&db.watermarks, queries::with_ids(keys.map(|key| value(&key)))).await?;
    Ok(found.into_iter().map(|mark| (mark.id, mark.place())).collect())
}

/// Messages of others above a number.
pub async fn unread(db: &Database, user: UserId, one: &ConversationDocument, read: i64) -> Result<u32> {
    let (scan_max, count_max) = (i64::from(UNREAD_SCAN_MAX), i64::from(limits::UNREAD_MAX));
    let count = queries::unread((one.id, read, one.head), user.0, scan_max, count_max);
    let counted: Option<Document> = db.entries.aggregate(count).await?.try_next().await?;
    // Nothing to count gives no document at all.
    let unread = counted.map_or(Ok(0), |counted| counted.get_i32("unread"));
    Ok(unread.ok().and_then(|unread| u32::try_from(unread).ok()).unwrap_or(0))
}
