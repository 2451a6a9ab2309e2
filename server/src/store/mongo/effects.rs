//! What entries do to documents beside their log: deletions take texts away, and changes of a group take effect.
//!
//! It comes after the entries are in the log and before anybody is shown them. To do it again does no harm: each document keeps
//! the number of the entry by which it is as it is, and what an earlier entry says changes nothing any more. So an effect
//! that comes late, from a server that was held up, brings nobody back and puts nobody out.

use super::blanking::{Deletion, blank};
use super::documents::{Database, EntryKey, value};
use super::updates::update;
use crate::store::UserId;
use chat_protocol::{Past, Role};
use mongodb::bson::{Document, doc};
use mongodb::error::Result;
use std::io;

/// Places that are written by one command. The database takes up to 100,000.
const PLACES_MAX: usize = 10_000;

/// What is to be done before readers are shown more.
#[derive(Debug, Clone, Default)]
pub struct Effects {
    pub deletions: Vec<Deletion>,
    /// Each group's in the order of its log.
    pub changes: Vec<Effect>,
}

/// What an entry does to its group: the group as it is with it.
#[derive(Debug, Clone)]
pub struct Effect {
    pub key: EntryKey,
    pub seatings: Vec<(UserId, Seating)>,
    pub name: String,
    pub topic: String,
    pub public: bool,
    pub past: Past,
    pub retention_days: u32,
    pub members: usize,
    /// The name under which it was found until here.
    pub freed: Option<String>,
}

/// What becomes of somebody's place in a group.
#[derive(Debug, Clone, Copy)]
pub enum Seating {
    /// They come.
    Sits { role: Role, first: i64, read: i64 },
    /// They may do this from here on.
    Holds(Role),
    /// They go.
    Gone,
}

impl Effects {
    pub fn extend(&mut self, more: Self) {
        self.deletions.extend(more.deletions);
        more.changes.into_iter().for_each(|change| self.add(change));
    }

    /// One more change of a group. A name that it takes back was not given up.
    pub fn add(&mut self, change: Effect) {
        let name = Some(&change.name).filter(|_| change.public);
        let before =
            self.changes.iter_mut().filter(|before| before.key.conversation == change.key.conversation);
        before
            .filter(|before| before.freed.is_some() && before.freed.as_ref() == name)
            .for_each(|before| before.freed = None);
        self.changes.push(change);
    }

    pub fn clear(&mut self) {
        self.deletions.clear();
        self.changes.clear();
    }
}

/// Does it all in the database, at a time.
pub async fn take_effect(db: &Database, effects: &Effects, now: i64) -> Result<()> {
    blank(db, &effects.deletions, now).await?;
    let changes = &effects.changes;
    if changes.is_empty() {
        return Ok(());
    }
    let places: Vec<_> = changes.iter().flat_map(Effect::places).collect();
    for places in places.chunks(PLACES_MAX) {
        all(update(db, db.watermarks.name(), places).await?)?;
    }
    let groups: Vec<_> = changes.iter().map(Effect::group).collect();
    all(update(db, db.conversations.name(), &groups).await?)?;
    // A name that is not given back here is free after a while.
    for freed in changes.iter().filter_map(Effect::free) {
        db.group_names.delete_one(freed).await?;
    }
    Ok(())
}

/// Two servers that write the same new document at the same moment may meet; it is done again.
fn all(met: Option<usize>) -> Result<()> {
    match met {
        Some(_) => Err(io::Error::new(io::ErrorKind::TimedOut, "another server wrote the same place").into()),
        None => Ok(()),
    }
}

impl Effect {
    fn places(&self) -> impl Iterator<Item = Document> {
        self.seatings.iter().map(|(user, seating)| place(self.key, *user, *seating))
    }

    fn group(&self) -> Document {
        let EntryKey { conversation, seq } = self.key;
        let mut becomes = doc! {
            "group.name": &self.name, "group.topic": &self.topic, "group.public": self.public,
            "group.past": value(&self.past), "group.members": self.count(), "group.since": seq,
        };
        let is_earlier = doc! {"_id": conversation, "group.since": {"$lt": seq}};
        let change = match self.retention_days {
            // The index is of those groups alone that have a rule.
            0 => doc! {"$set": becomes, "$unset": {"group.retention_days": ""}},
            days => {
                becomes.insert("group.retention_days", i64::from(days));
                doc! {"$set": becomes}
            }
        };
        doc! {"q": is_earlier, "u": change}
    }

    /// The name, unless the group is about to be called so again.
    fn free(&self) -> Option<Document> {
        let EntryKey { conversation, seq } = self.key;
        let name = self.freed.as_ref()?;
        Some(doc! {"_id": name, "group": conversation, "since": {"$lt": seq}})
    }
}

fn place(EntryKey { conversation, seq }: EntryKey, user: UserId, seating: Seating) -> Document {
    let becomes = match seating {
        Seating::Sits { role, first, read } => doc! {
            "_id": "$_id", "role": value(&role), "first": first, "read": read, "delivered": read, "since": seq,
        },
        Seating::Holds(role) => doc! {"$mergeObjects": ["$$ROOT", {"role": value(&role), "since": seq}]},
        Seating::Gone => doc! {"_id": "$_id", "since": seq},
    };
    let is_earlier = doc! {"$lt": [{"$ifNull": ["$since", 0_i64]}, seq]};
    let change = doc! {"$replaceWith": {"$cond": [is_earlier, becomes, "$$ROOT"]}};
    doc! {"q": {"_id": {"c": conversation, "u": user.0}}, "u": [change], "upsert": true}
}
