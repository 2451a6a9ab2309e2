//! What later entries of a log did to messages.

use super::documents::{ChangeKind, Database, EntryDocument, EntryKey};
use super::queries::{self, key_document, search_on, with_ids};
use mongodb::ClientSession;
use mongodb::error::Result;
use std::collections::HashMap;

/// Entries that are about messages.
#[derive(Debug, Default)]
pub struct Changes {
    /// All that a fold needs, in the order of the numbers. Of several edits of a message only the last one is among them.
    pub entries: Vec<EntryDocument>,
    /// How many entries are about each message.
    pub counts: HashMap<EntryKey, usize>,
}

/// Reads what is about these messages, up to a number of each conversation's log. The messages must have been read before, in the same
/// session: what is gone since then is told as gone.
pub async fn read(
    db: &Database,
    session: &mut ClientSession,
    messages: &[EntryKey],
    head: impl Fn(i64) -> i64,
) -> Result<Changes> {
    if messages.is_empty() {
        return Ok(Changes::default());
    }
    let mut entries = search_on(session, &db.entries, queries::about(messages, head)).await?;
    entries.sort_unstable_by_key(|entry| (entry.id.conversation, entry.id.seq));
    let mut counts = HashMap::new();
    for entry in &entries {
        *counts.entry(message_of(entry)).or_default() += 1;
    }
    let last = last_edits(&entries);
    entries.retain(|entry| !is_edit(entry) || last.get(&message_of(entry)) == Some(&entry.id.seq));
    let mut texts = texts(db, session, &entries).await?;
    // The log begins after such an edit by now, and so after its message.
    entries.retain(|entry| !texts.get(&entry.id).is_some_and(EntryDocument::is_expired));
    for entry in entries.iter_mut().filter(|entry| is_edit(entry)) {
        if let Some(edit) = texts.remove(&entry.id) {
            *entry = settled(edit);
        }
    }
    Ok(Changes { entries, counts })
}

/// The message that an entry is about.
pub fn message_of(entry: &EntryDocument) -> EntryKey {
    EntryKey { seq: entry.target.unwrap_or_default(), ..entry.id }
}

fn is_edit(entry: &EntryDocument) -> bool {
    entry.kind == Some(ChangeKind::Edit)
}

fn last_edits(entries: &[EntryDocument]) -> HashMap<EntryKey, i64> {
    entries.iter().filter(|entry| is_edit(entry)).map(|edit| (message_of(edit), edit.id.seq)).collect()
}

/// The edits among these, with their texts.
async fn texts(
    db: &Database,
    session: &mut ClientSession,
    entries: &[EntryDocument],
) -> Result<HashMap<EntryKey, EntryDocument>> {
    let keys: Vec<_> =
        entries.iter().filter(|entry| is_edit(entry)).map(|edit| key_document(edit.id)).collect();
    if keys.is_empty() {
        return Ok(HashMap::new());
    }
    let edits = search_on(session, &db.entries, with_ids(keys.into_iter())).await?;
    Ok(edits.into_iter().map(|edit| (edit.id, edit)).collect())
}

/// An edit whose text is gone stands for the deletion that took it, which may be beyond the entries that were read.
fn settled(mut edit: EntryDocument) -> EntryDocument {
    if let Some(gone) = edit.gone {
        (edit.kind, edit.id.seq, edit.at) = (Some(ChangeKind::Deletion), gone.seq, gone.at);
    }
    edit
}
