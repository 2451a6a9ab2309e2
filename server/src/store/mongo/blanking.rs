//! Taking away what a deletion names: the text and the file of a message with all that it refers to, and the texts of its edits.
//!
//! It comes after the deletion is in the log and before anybody is shown it, so no reader ever finds a deletion whose text is
//! still there. To do it again does no harm.

use super::documents::{ChangeKind, Database, EntryDocument, EntryKey, GoneDocument, value};
use super::queries::{about_keys, key_document, search, with_ids};
use super::updates::update;
use mongodb::bson::{Bson, Document, doc};
use mongodb::error::Result;
use std::collections::{BTreeSet, HashMap};

/// A deletion, and the message that it names.
#[derive(Debug, Clone, Copy)]
pub struct Deletion {
    target: EntryKey,
    gone: GoneDocument,
}

/// What a message refers to, which goes with its text.
pub fn references() -> Document {
    doc! {"file": "", "reply_to": "", "mentions": ""}
}

impl Deletion {
    /// The entry, if it is one.
    pub fn of(entry: &EntryDocument) -> Option<Self> {
        let EntryKey { conversation, seq } = entry.id;
        let target = entry.target.filter(|_| entry.kind == Some(ChangeKind::Deletion))?;
        let gone = GoneDocument { seq, at: entry.at };
        Some(Self { target: EntryKey { conversation, seq: target }, gone })
    }

    fn updates(&self) -> [Document; 2] {
        let Self { target, gone } = self;
        let message = doc! {"_id": key_document(*target)};
        let edits = doc! {
            "_id.c": target.conversation, "target": target.seq, "kind": value(&ChangeKind::Edit),
        };
        let taken = doc! {"text": "", "gone": value(gone)};
        let blank = doc! {"$set": &taken, "$unset": references()};
        [
            doc! {"q": message, "u": blank},
            doc! {"q": edits, "u": {"$set": taken}, "multi": true, "hint": about_keys()},
        ]
    }
}

/// Takes away in the database what they name. Files that are let go are kept for a while from `now` on, and then the collector
/// looks whether another entry has them.
pub async fn blank(db: &Database, deletions: &[Deletion], now: i64) -> Result<()> {
    if deletions.is_empty() {
        return Ok(());
    }
    // The other way round a crash in between would keep the file for ever.
    let_go(db, deletions, now).await?;
    let updates: Vec<_> = deletions.iter().flat_map(Deletion::updates).collect();
    update(db, db.entries.name(), &updates).await.map(drop)
}

async fn let_go(db: &Database, deletions: &[Deletion], now: i64) -> Result<()> {
    let mut messages = with_ids(deletions.iter().map(|one| key_document(one.target)));
    messages.filter.insert("file", doc! {"$exists": true});
    let found = search(&db.entries, messages).await?;
    let files: BTreeSet<_> = found.into_iter().filter_map(|message| Some(message.file?.id)).collect();
    if files.is_empty() {
        return Ok(());
    }
    let files = with_ids(files.into_iter().map(Bson::from)).filter;
    db.files.update_many(files, doc! {"$max": {"loose_since": now}}).await.map(drop)
}

/// Takes away in documents that are not written yet what the deletions among them name.
pub fn blank_among(entries: &mut [EntryDocument]) -> Vec<Deletion> {
    let deletions: Vec<_> = entries.iter().filter_map(Deletion::of).collect();
    let gone: HashMap<_, _> = deletions.iter().map(|one| (one.target, one.gone)).collect();
    for entry in entries {
        let message = match entry.kind {
            None => entry.id,
            Some(ChangeKind::Edit) => EntryKey { seq: entry.target.unwrap_or_default(), ..entry.id },
            Some(_) => continue,
        };
        if let Some(gone) = gone.get(&message) {
            entry.blank(*gone);
        }
    }
    deletions
}
