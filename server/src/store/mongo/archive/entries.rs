//! Entries of logs.

use super::super::conversations::search;
use super::super::documents::{
    AttachedDocument, Database, EntryDocument, EntryKey, damaged, key, number, seq, unsigned,
};
use super::super::fault::first_duplicate;
use super::super::files::attached;
use super::super::queries::{self, key_document, with_ids};
use crate::store::UserId;
use crate::store::archive::EntryRecord;
use chat_protocol::{Body, ConversationId, Seq};
use mongodb::bson::Bson;
use mongodb::error::Result;
use std::collections::{HashMap, HashSet};

/// Tries to write entries of which some are there already.
const TRIES_MAX: u32 = 5;

pub async fn end(db: &Database, conversation: ConversationId) -> Result<Seq> {
    let last = search(&db.entries, queries::entries_before(key(conversation), i64::MAX, 1)).await?;
    last.first().map_or(Ok(Seq::ZERO), |last| seq(last.id.seq))
}

pub fn entry(document: EntryDocument) -> Result<EntryRecord> {
    todo!()
}
fn entry_document(row: &EntryRecord) -> Result<EntryDocument> {
    todo!()
}
/// In order, so that what an interrupted call has written of a log is its beginning.
pub async fn put_entries(db: &Database, rows: &[EntryRecord]) -> Result<()> {
    let mut documents: Vec<_> = rows.iter().map(entry_document).collect::<Result<_>>()?;
    for _ in 0..TRIES_MAX {
        match db.entries.insert_many(&documents).ordered(true).await {
            Ok(_) => return Ok(()),
            Err(error) if first_duplicate(&error).is_none() => return Err(error),
            Err(_) => {}
        }
        // A run before this one wrote some of them. A write that a majority does not have yet shows with the next try.
        let there = known(db, rows).await?;
        documents.retain(|one| !there.contains(&(one.id.conversation, one.id.seq)));
        if documents.is_empty() {
            return Ok(());
        }
    }
    Err(damaged("entries that the source does not have stand in the place of its own".to_owned()))
}

/// Which of the entries are there. An entry in the place of another is an error.
async fn known(db: &Database, rows: &[EntryRecord]) -> Result<HashSet<(i64, i64)>> {
    let place = |row: &EntryRecord| EntryKey::new(row.conversation, row.seq);
    let keys = rows.iter().map(|row| Bson::from(key_document(place(row))));
    let there = search(&db.entries, with_ids(keys)).await?;
    let rows: HashMap<_, _> =
        rows.iter().map(|row| ((key(row.conversation), number(row.seq.get())), row)).collect();
    let mut known = HashSet::new();
    for document in there {
        let place = (document.id.conversation, document.id.seq);
        if let Some(row) = rows.get(&place)
            && entry(document)? != **row
        {
            return Err(damaged(row.is_another()));
        }
        known.insert(place);
    }
    Ok(known)
}
