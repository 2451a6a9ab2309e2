//! Following the logs. Two servers may do that for the same log at the same time: what was read at an earlier end of the log never
//! takes the place of what was read at a later one.

use super::words;
use crate::store::UserId;
use crate::store::mongo::documents::{
    ChangeKind, ConversationDocument, Database, EntryDocument, EntryKey, key, number,
};
use crate::store::mongo::log::become_at;
use crate::store::mongo::queries::{between, entries_after, key_document, search, search_on, with_ids};
use crate::store::mongo::updates::update;
use crate::store::search::Indexed;
use chat_protocol::{Body, ConversationId};
use mongodb::bson::{Document, doc};
use mongodb::error::Result;
use std::collections::BTreeSet;

/// Documents written by one command.
const UPDATES_AT_ONCE: usize = 200;

/// Indexes about `limit` entries; tells which conversations were not read to their ends.
pub async fn index(
    db: &Database,
    conversations: Vec<ConversationId>,
    limit: u32,
) -> Result<Vec<ConversationId>> {
    let (mut rest, mut left) = (Vec::new(), limit);
    let logs = search(&db.conversations, with_ids(conversations.into_iter().map(key))).await?;
    for log in logs {
        let count = if left > 0 { index_some(db, &log, left).await? } else { 0 };
        if count >= left {
            rest.push(log.conversation());
        }
        left = left.saturating_sub(count);
    }
    Ok(rest)
}

/// Tells how many entries it has indexed.
async fn index_some(db: &Database, log: &ConversationDocument, limit: u32) -> Result<u32> {
    let known = db.search_progress.find_one(doc! {"_id": log.id}).await?;
    let from = known.map_or(0, |known| known.upto);
    let mut session = db.session().await?;
    let entries = search_on(&mut session, &db.entries, entries_after(log.id, from, log.head, limit)).await?;
    let Some(upto) = entries.last().map(|last| last.id.seq) else { return Ok(0) };
    let touched: BTreeSet<_> = entries.iter().filter_map(touched).filter(|seq| *seq >= log.first).collect();
    let keys = touched.into_iter().map(|seq| key_document(EntryKey { conversation: log.id, seq }));
    let mut messages = search_on(&mut session, &db.entries, with_ids(keys)).await?;
    messages.retain(|message| !message.is_expired());
    let senders: Vec<_> = messages.iter().map(|message| (message.id, UserId(message.by))).collect();
    let now = become_at(db, &mut session, log.head, messages).await?;
    let updates: Vec<_> = senders
        .into_iter()
        .zip(now)
        .filter_map(|((id, sender), entry)| replacement(id, sender, entry.at, &entry.body, log.head))
        .collect();
    for some in updates.chunks(UPDATES_AT_ONCE) {
        write(db, some).await?;
    }
    forget_expired(db, log).await?;
    let done = doc! {"$max": {"upto": upto}};
    db.search_progress.update_one(doc! {"_id": log.id}, done).upsert(true).await?;
    Ok(u32::try_from(entries.len()).unwrap_or(u32::MAX))
}

/// Takes out what the log has begun after meanwhile: whoever moved its beginning may have looked into the index before it was there.
async fn forget_expired(db: &Database, log: &ConversationDocument) -> Result<()> {
    let now = db.conversations.find_one(doc! {"_id": log.id}).await?;
    match now.filter(|now| now.first > log.first) {
        Some(now) => db.search.delete_many(between(log.id, log.first - 1, now.first)).await.map(drop),
        None => Ok(()),
    }
}

/// The number of the message that has become another one by an entry.
fn touched(entry: &EntryDocument) -> Option<i64> {
    match entry.kind {
        None => Some(entry.id.seq),
        Some(ChangeKind::Edit | ChangeKind::Deletion) => entry.target,
        Some(_) => None,
    }
}

/// The document of a message as it is at the end `version` of its log. Of a deleted one nothing is left but that.
fn replacement(id: EntryKey, sender: UserId, at: u64, body: &Body, version: i64) -> Option<Document> {
    let Body::Message(message) = body else { return None };
    let mut words = BTreeSet::new();
    if let Some(indexed) = Indexed::of(message) {
        words.extend(indexed.text);
        words.extend(indexed.file);
        words.extend([words::ANY.to_owned(), words::person(sender)]);
        words.extend(message.file.as_ref().map(|_| words::FILE.to_owned()));
    }
    let words: Vec<_> = words.into_iter().collect();
    let id = key_document(id);
    let document = doc! {"_id": id.clone(), "at": number(at), "words": words, "version": version};
    Some(doc! {"q": {"_id": id, "version": {"$lt": version}}, "u": document, "upsert": true})
}

/// What meets a document of the same or a later version is left out.
async fn write(db: &Database, mut updates: &[Document]) -> Result<()> {
    while let Some(overtaken) = update(db, db.search.name(), updates).await? {
        updates = updates.get(overtaken + 1..).unwrap_or_default();
        if updates.is_empty() {
            break;
        }
    }
    Ok(())
}
