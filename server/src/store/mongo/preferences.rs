//! What members prefer about conversations, and who has blocked whom.
//!
//! A block stands in the document of the conversation between the two, whoever of them has made it.

use super::conversations::{Joined, joined};
use super::documents::{ConversationDocument, Database, WatermarkDocument, WatermarkKey, value};
use super::people::People;
use super::queries::{blocked_of_side, search};
use crate::store::{NewPreferences, PreferError, Preferred, UserId};
use chat_protocol::{ConversationId, UserName, limits};
use futures_util::future::try_join;
use mongodb::bson::{Document, doc};
use mongodb::error::Result;
use mongodb::options::ReturnDocument;
use std::collections::HashSet;

type Outcome<T> = std::result::Result<T, PreferError>;

pub async fn prefer(
    db: &Database,
    user: UserId,
    id: ConversationId,
    change: NewPreferences,
) -> Result<Option<Outcome<Preferred>>> {
    let Some(one) = joined(db, user, id).await? else { return Ok(None) };
    let other = one.document.peer_of(user).filter(|peer| *peer != user.0).map(UserId);
    let was_blocked = one.document.blockers.contains(&user.0);
    let blocked = change.blocked.unwrap_or(was_blocked);
    let turned = match (change.blocked, other) {
        (None, _) => None,
        (Some(_), None) => return Ok(Some(Err(PreferError::NobodyToBlock))),
        (Some(true), Some(_)) if !was_blocked && blocks_of(db, user).await?.len() >= limits::BLOCKED_MAX => {
            return Ok(Some(Err(PreferError::TooManyBlocked)));
        }
        (Some(blocked), Some(other)) => turn(db, one.document.id, user, other, blocked).await?,
    };
    let Some(place) = place(db, user, &one, change).await? else { return Ok(None) };
    let preferences = place.preferences(blocked)?;
    Ok(Some(Ok(Preferred { preferences, turned })))
}

/// One of two blocks the other, or does not any more. Gives the other one, unless nothing is otherwise between the two: it was so
/// already, or the other one has blocked this one.
async fn turn(db: &Database, id: i64, user: UserId, other: UserId, blocked: bool) -> Result<Option<UserId>> {
    let change = if blocked { "$addToSet" } else { "$pull" };
    let change = doc! {change: {"blockers": user.0}};
    let before = db.conversations.find_one_and_update(doc! {"_id": id}, change);
    let before = before.return_document(ReturnDocument::Before).await?;
    if !blocked {
        // The index of blocks has only those that have the field.
        let nobody = doc! {"_id": id, "blockers": {"$size": 0}};
        db.conversations.update_one(nobody, doc! {"$unset": {"blockers": ""}}).await?;
    }
    let has = |before: &ConversationDocument, one: UserId| before.blockers.contains(&one.0);
    let turns = before.is_some_and(|before| has(&before, user) != blocked && !has(&before, other));
    Ok(turns.then_some(other))
}

/// The user's place as it is with the change; `None` when they have left meanwhile.
async fn place(
    db: &Database,
    user: UserId,
    one: &Joined,
    change: NewPreferences,
) -> Result<Option<WatermarkDocument>> {
    let mut place = doc! {"_id": value(&WatermarkKey { conversation: one.document.id, user: user.0 })};
    if one.role.is_some() {
        place.insert("role", doc! {"$exists": true});
    }
    let mut becomes = Document::new();
    if let Some(level) = change.level {
        becomes.insert("level", value(&level));
    }
    if let Some(archived) = change.archived {
        becomes.insert("archived", if archived { one.document.head } else { 0 });
    }
    // An empty change is none to the database.
    let becomes = if becomes.is_empty() {
        doc! {"$max": {"read": 0_i64}}
    } else {
        doc! {"$set": becomes}
    };
    let changed = db.watermarks.find_one_and_update(place, becomes).upsert(one.role.is_none());
    changed.return_document(ReturnDocument::After).await
}

/// Whom the user has blocked.
pub async fn blocked(db: &Database, user: UserId) -> Result<Vec<UserName>> {
    let blocked = blocks_of(db, user).await?;
    let people = People::read(db, blocked.iter().map(|user| user.0)).await?;
    let mut names = people.all().map(super::documents::UserDocument::name).collect::<Result<Vec<_>>>()?;
    names.sort();
    Ok(names)
}

/// Those who are hidden from the user, since one of the two has blocked the other.
pub async fn hidden(db: &Database, user: UserId) -> Result<HashSet<UserId>> {
    Ok(blocks_around(db, user).await?.into_iter().map(|(other, _)| other).collect())
}

/// Those whom the user has blocked.
pub async fn blocks_of(db: &Database, user: UserId) -> Result<HashSet<UserId>> {
    let blocks = blocks_around(db, user).await?.into_iter();
    Ok(blocks.filter(|(_, blockers)| blockers.contains(&user.0)).map(|(other, _)| other).collect())
}

/// Those who have blocked the user.
pub async fn blockers_of(db: &Database, user: UserId) -> Result<HashSet<UserId>> {
    let blocks = blocks_around(db, user).await?.into_iter();
    Ok(blocks.filter(|(other, blockers)| blockers.contains(&other.0)).map(|(other, _)| other).collect())
}

/// With whom there is a block, and who of the two has made it.
async fn blocks_around(db: &Database, user: UserId) -> Result<Vec<(UserId, Vec<i64>)>> {
    let side = |side| search(&db.conversations, blocked_of_side(side, user.0));
    let (lows, highs) = try_join(side("low"), side("high")).await?;
    let blocks = lows.into_iter().chain(highs).filter(ConversationDocument::is_blocked);
    Ok(blocks.filter_map(|one| Some((UserId(one.peer_of(user)?), one.blockers))).collect())
}

/// There is no block between the user and anybody any more.
pub async fn forget_blocks(db: &Database, user: UserId) -> Result<()> {
    for side in ["low", "high"] {
        let blocked = blocked_of_side(side, user.0).filter;
        db.conversations.update_many(blocked, doc! {"$unset": {"blockers": ""}}).await?;
    }
    Ok(())
}
