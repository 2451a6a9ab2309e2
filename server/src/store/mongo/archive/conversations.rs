//! Conversations, and who is in them.

use super::super::documents::{
    ConversationDocument, Database, GroupDocument, WatermarkDocument, WatermarkKey, damaged, key, number,
    seq, unsigned, value,
};
use super::super::expiry;
use super::super::marks::places;
use super::super::queries::{members_of, places_in, search};
use super::super::updates::update;
use super::{becoming, from_key};
use crate::store::UserId;
use crate::store::archive::{ConversationRecord, KindRecord, MarksRecord, MemberRecord};
use chat_protocol::{Level, Preferences, Seq};
use mongodb::bson::{Document, doc};
use mongodb::error::Result;
use std::collections::HashMap;

pub async fn page(db: &Database, from: i64, limit: u32) -> Result<Vec<ConversationRecord>> {
    let documents = search(&db.conversations, from_key(from, limit)).await?;
    let place =
        |one: &ConversationDocument, user: UserId| WatermarkKey { conversation: one.id, user: user.0 };
    let pairs = documents.iter().flat_map(|one| one.pair().into_iter().map(|user| place(one, user)));
    let places = places(db, pairs).await?;
    let groups: Vec<_> = documents.iter().filter(|one| one.group.is_some()).map(|one| one.id).collect();
    let mut of_groups: HashMap<_, Vec<_>> = HashMap::new();
    if !groups.is_empty() {
        for place in search(&db.watermarks, members_of(&groups)).await? {
            of_groups.entry(place.id.conversation).or_default().push(member(&place, false)?);
        }
    }
    let record = |one: ConversationDocument| {
        let mut members = of_groups.remove(&one.id).unwrap_or_default();
        for user in one.pair() {
            let blocked = one.blockers.contains(&user.0);
            let found = places.get(&place(&one, user)).map(|place| member(place, blocked)).transpose()?;
            let preferences = Preferences { blocked, ..Preferences::default() };
            members.push(found.unwrap_or(MemberRecord { preferences, ..MemberRecord::new(user) }));
        }
        members.sort_unstable_by_key(|member| member.user);
        Ok(ConversationRecord {
            id: one.conversation(),
            first: seq(one.first)?,
            head: seq(one.head)?,
            activity: unsigned(one.activity)?,
            kind: kind(one)?,
            members,
        })
    };
    documents.into_iter().map(record).collect()
}

fn kind(one: ConversationDocument) -> Result<KindRecord> {
    match (one.group, one.low, one.high) {
        (Some(group), ..) => {
            let GroupDocument { topic, public, past, retention_days, .. } = group.clone();
            Ok(KindRecord::Group { name: group.name()?, topic, public, past, retention_days })
        }
        (None, Some(low), Some(high)) => Ok(KindRecord::Direct(UserId(low), UserId(high))),
        _ => Err(damaged(format!("conversation {} is of nobody", one.id))),
    }
}

fn member(place: &WatermarkDocument, blocked: bool) -> Result<MemberRecord> {
    let (user, role, at) = (UserId(place.id.user), place.role.unwrap_or_default(), place.place());
    let marks = MarksRecord { read: seq(at.read)?, delivered: seq(at.delivered)? };
    let (first, preferences) = (seq(place.first.unwrap_or(1))?, place.preferences(blocked)?);
    Ok(MemberRecord { user, role, first, marks, preferences })
}

/// What a row becomes in its own collection. All that its entries have done to it is in it.
pub fn change(row: &ConversationRecord) -> Document {
    let (first, head) = (number(row.first.get()), number(row.head.get()));
    let mut becomes = doc! {"first": first, "head": head, "activity": number(row.activity)};
    let is = match &row.kind {
        KindRecord::Direct(low, high) => doc! {"_id": key(row.id), "low": low.0, "high": high.0},
        KindRecord::Group { name, topic, public, past, retention_days } => {
            let (name, topic) = (name.to_string(), topic.clone());
            let members = number(row.members.len() as u64);
            let group = GroupDocument {
                name,
                topic,
                public: *public,
                past: *past,
                members,
                since: head,
                retention_days: *retention_days,
                maker: None,
            };
            becomes.insert("group", value(&group));
            doc! {"_id": key(row.id), "low": {"$exists": false}}
        }
    };
    let blockers: Vec<_> =
        row.members.iter().filter(|one| one.preferences.blocked).map(|one| one.user.0).collect();
    if blockers.is_empty() {
        return doc! {"q": is, "u": {"$set": becomes, "$unset": {"blockers": ""}}, "upsert": true};
    }
    becomes.insert("blockers", blockers);
    becoming(is, becomes)
}

/// Writes down who is in these, and what the groups among them are called.
pub async fn put_members(db: &Database, rows: &[ConversationRecord]) -> Result<()> {
    let places: Vec<_> = rows.iter().flat_map(places_of).collect();
    update(db, db.watermarks.name(), &places).await?;
    for row in rows {
        // What was copied before it went away in the source.
        expiry::blank(db, key(row.id), (1, number(row.first.get())), number(row.activity)).await?;
        if let KindRecord::Group { name, public, .. } = &row.kind {
            let stays: Vec<_> = row.members.iter().map(|member| member.user.0).collect();
            let mut gone = places_in(&[key(row.id)]).filter;
            gone.insert("_id.u", doc! {"$nin": stays});
            db.watermarks.delete_many(gone).await?;
            put_name(db, key(row.id), public.then_some(name.as_str())).await?;
        }
    }
    Ok(())
}

/// A group has one name, or none when it is not public.
async fn put_name(db: &Database, group: i64, name: Option<&str>) -> Result<()> {
    if let Some(name) = name {
        let held = doc! {"$set": {"group": group, "since": 1_i64, "at": 0_i64}};
        db.group_names.update_one(doc! {"_id": name}, held).upsert(true).await?;
    }
    let others = doc! {"group": group, "_id": {"$ne": name}};
    db.group_names.delete_many(others).await.map(drop)
}

/// The places of all members. One between two people that is 0 needs no document.
fn places_of(row: &ConversationRecord) -> Vec<Document> {
    let is_group = matches!(row.kind, KindRecord::Group { .. });
    let place = |member: &MemberRecord| {
        let MemberRecord { user, role, first, marks: MarksRecord { read, delivered }, preferences } = member;
        let is = value(&WatermarkKey { conversation: key(row.id), user: user.0 });
        let archived = number(preferences.archived.get());
        let mut becomes = doc! {
            "read": number(read.get()), "delivered": number(delivered.get()),
            "level": value(&preferences.level), "archived": archived,
        };
        if is_group {
            let since = number(row.head.get());
            becomes.extend(doc! {"role": value(role), "first": number(first.get()), "since": since});
        }
        let is_usual = preferences.level == Level::default() && archived == 0;
        let upsert = is_group || *delivered > Seq::ZERO || !is_usual;
        doc! {"q": {"_id": is}, "u": {"$set": becomes}, "upsert": upsert}
    };
    row.members.iter().map(place).collect()
}
