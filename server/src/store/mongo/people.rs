//! The accounts behind the numbers that stand in other documents.

use super::documents::{Database, EntryDocument, UserDocument, damaged};
use super::queries::{search, with_ids};
use crate::store::StoredEntry;
use chat_protocol::UserName;
use mongodb::error::Result;
use std::collections::{BTreeSet, HashMap};

/// Accounts by their numbers.
#[derive(Debug, Default)]
pub struct People(HashMap<i64, UserDocument>);

impl People {
    /// Those with these numbers.
    pub async fn read(db: &Database, ids: impl Iterator<Item = i64>) -> Result<Self> {
        let ids: BTreeSet<_> = ids.collect();
        if ids.is_empty() {
            return Ok(Self::default());
        }
        let found = search(&db.users, with_ids(ids.into_iter())).await?;
        Ok(Self(found.into_iter().map(|user| (user.id, user)).collect()))
    }

    /// The one with this number. Nobody's account is ever removed.
    pub fn one(&self, id: i64) -> Result<&UserDocument> {
        self.0.get(&id).ok_or_else(|| damaged(format!("there is no user {id}")))
    }

    /// All of them.
    pub fn all(&self) -> impl Iterator<Item = &UserDocument> {
        self.0.values()
    }

    /// What these users are called.
    pub fn names(&self, ids: impl Iterator<Item = i64>) -> Result<Vec<UserName>> {
        ids.map(|id| self.one(id)?.name()).collect()
    }

    /// The entries with their senders' names, and with those of whom they name. Of what somebody wrote whose
    /// account has ended nothing is left.
    pub fn named(&self, entries: Vec<EntryDocument>) -> Result<Vec<StoredEntry>> {
        let named = |mut entry: EntryDocument| {
            if let Some(at) = self.one(entry.by)?.erased_at {
                entry.depart(at);
            }
            let (from, users) = (self.one(entry.by)?.name()?, self.names(entry.named())?);
            entry.stored(from, users)
        };
        entries.into_iter().map(named).collect()
    }
}
