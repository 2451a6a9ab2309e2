//! Entries of logs.

use super::super::blanking::{blank, blank_among};
use super::super::documents::{
    Database, EntryDocument, EntryKey, GoneDocument, damaged, key, number, seq, unsigned,
};
use super::super::erasure::departed_among;
use super::super::fault::first_duplicate;
use super::super::queries::{self, key_document, search, with_ids};
use crate::store::UserId;
use crate::store::archive::EntryRecord;
use chat_protocol::{ConversationId, Seq};
use mongodb::error::Result;
use std::collections::{HashMap, HashSet};

/// Tries to write entries of which some are there already.
const TRIES_MAX: u32 = 5;

pub async fn end(db: &Database, conversation: ConversationId) -> Result<Seq> {
    let last = search(&db.entries, queries::entries_before(key(conversation), i64::MAX, 1)).await?;
    last.first().map_or(Ok(Seq::ZERO), |last| seq(last.id.seq))
}

pub fn entry(document: EntryDocument) -> Result<EntryRecord> {
    Ok(EntryRecord {
        conversation: document.conversation(),
        seq: seq(document.id.seq)?,
        at: unsigned(document.at)?,
        sender: UserId(document.by),
        client_id: document.client_id()?,
        body: document.new_body()?,
        attachment: document.attachment()?,
        mentions: document.mentions(),
    })
}

fn entry_document(row: &EntryRecord) -> EntryDocument {
    let (key, send) = (EntryKey::new(row.conversation, row.seq), (row.sender, &row.client_id));
    EntryDocument::new(key, row.at, send, &row.body, row.attachment.as_deref()).mentioning(&row.mentions)
}

/// In order, so that what an interrupted call has written of a log is its beginning. What deletions name is taken away before
/// they are there, for a log goes on where it ends and nobody would look for it later.
pub async fn put_entries(db: &Database, rows: &[EntryRecord]) -> Result<()> {
    let mut documents: Vec<_> = rows.iter().map(entry_document).collect();
    expire_among(db, &mut documents).await?;
    let now = documents.iter().map(|one| one.at).max().unwrap_or(0);
    blank(db, &blank_among(&mut documents), now).await?;
    for _ in 0..TRIES_MAX {
        match db.entries.insert_many(&documents).ordered(true).await {
            Ok(_) => return Ok(()),
            Err(error) if first_duplicate(&error).is_none() => return Err(error),
            Err(_) => {}
        }
        // A run before this one wrote some of them. A write that a majority does not have yet shows with the next try.
        let there = known(db, rows, &documents).await?;
        documents.retain(|one| !there.contains(&one.id));
        if documents.is_empty() {
            return Ok(());
        }
    }
    Err(damaged("entries that the source does not have stand in the place of its own".to_owned()))
}

/// The entries of a log as they are kept, also where somebody was interrupted while they were taken away.
pub async fn page(
    db: &Database,
    conversation: ConversationId,
    after: Seq,
    limit: u32,
) -> Result<Vec<EntryRecord>> {
    let wanted = queries::entries_after(key(conversation), number(after.get()), i64::MAX, limit);
    let mut documents = search(&db.entries, wanted).await?;
    expire_among(db, &mut documents).await?;
    let departed = departed_among(db, documents.iter().map(|one| one.by)).await?;
    let told = |document: EntryDocument| {
        let is_gone = departed.contains(&document.by);
        entry(document).map(|mut told| {
            if is_gone {
                told.depart();
            }
            told
        })
    };
    documents.into_iter().map(told).collect()
}

/// Takes everything away from those after which their logs begin.
async fn expire_among(db: &Database, documents: &mut [EntryDocument]) -> Result<()> {
    let logs: HashSet<_> = documents.iter().map(|one| one.id.conversation).collect();
    let logs = search(&db.conversations, with_ids(logs.into_iter())).await?;
    let firsts: HashMap<_, _> = logs.into_iter().map(|log| (log.id, log.first)).collect();
    let is_before = |id: EntryKey| firsts.get(&id.conversation).is_some_and(|first| id.seq < *first);
    documents.iter_mut().filter(|one| is_before(one.id)).for_each(EntryDocument::expire);
    Ok(())
}

/// Which of the entries are there. An entry in the place of another is an error.
async fn known(
    db: &Database,
    rows: &[EntryRecord],
    documents: &[EntryDocument],
) -> Result<HashSet<EntryKey>> {
    let keys = documents.iter().map(|one| key_document(one.id));
    let there = search(&db.entries, with_ids(keys)).await?;
    let ours: HashMap<_, _> = documents.iter().map(|one| (one.id, one)).collect();
    let departed = departed_among(db, there.iter().map(|one| one.by)).await?;
    let mut known = HashSet::new();
    for mut document in there {
        let Some(ours) = ours.get(&document.id) else { continue };
        let (id, mut ours) = (document.id, (*ours).clone());
        // What was written with its text may have lost it since.
        match document.gone {
            Some(GoneDocument::EXPIRED) => ours.expire(),
            Some(gone) => ours.blank(gone),
            None => {}
        }
        if departed.contains(&ours.by) {
            document.depart(0);
            ours.depart(0);
        }
        if entry(document)? != entry(ours)? {
            let row = rows.iter().find(|row| EntryKey::new(row.conversation, row.seq) == id);
            return Err(damaged(row.map_or_else(String::new, EntryRecord::is_another)));
        }
        known.insert(id);
    }
    Ok(known)
}
