//! Reading the logs: pages with their messages as they have become, and what a message said before.

use super::changes;
use super::conversations::{Joined, joined};
use super::documents::{Database, EntryDocument, EntryKey, number, seq, unsigned};
use super::erasure::departed_among;
use super::people::People;
use super::queries::{self, key_document, search_on, with_ids};
use crate::store::fold::{fold, quote};
use crate::store::{Page, PageRange, Span, StoredEntry, UserId};
use chat_protocol::{ConversationId, Seq, Version};
use mongodb::ClientSession;
use mongodb::error::Result;
use std::collections::{BTreeSet, HashMap};

pub async fn history(
    db: &Database,
    user: UserId,
    id: ConversationId,
    range: PageRange,
    limit: u32,
) -> Result<Option<Page>> {
    let Some(mut joined) = joined(db, user, id).await? else { return Ok(None) };
    let Joined { document, first, .. } = &joined;
    // Up to the head that was read first, whatever has come since: the page and its span are of one moment.
    let head = document.head;
    let (wanted, is_backwards) = match range {
        PageRange::Newest => (queries::entries_before(document.id, head.saturating_add(1), limit), true),
        PageRange::Before(seq) => {
            let before = number(seq.get()).min(head.saturating_add(1));
            (queries::entries_before(document.id, before, limit), true)
        }
        PageRange::After(seq) => {
            let after = number(seq.get()).max(first - 1);
            (queries::entries_after(document.id, after, head, limit), false)
        }
    };
    let mut session = db.session().await?;
    let mut entries = search_on(&mut session, &db.entries, wanted).await?;
    if is_backwards {
        entries.reverse();
    }
    if entries.iter().any(EntryDocument::is_expired) {
        // The log begins later since it was looked at.
        let Some(now) = self::joined(db, user, id).await? else { return Ok(None) };
        joined.first = now.first;
    }
    entries.retain(|entry| entry.id.seq >= joined.first);
    Ok(Some(Page { entries: become_at(db, &mut session, head, entries).await?, span: span(&joined)? }))
}

/// Where the log begins and ends for somebody who is in the conversation.
pub fn span(joined: &Joined) -> Result<Span> {
    Ok(Span { first: seq(joined.first)?, head: seq(joined.document.head)? })
}

/// The last entry of a log as it was read. Nothing up to it can be about it, but it may answer something.
pub async fn last(db: &Database, people: &People, last: EntryDocument) -> Result<Option<StoredEntry>> {
    if last.is_expired() {
        return Ok(None);
    }
    if last.reply_to.is_none() {
        return Ok(people.named(vec![last])?.pop());
    }
    let head = last.id.seq;
    Ok(become_at(db, &mut db.session().await?, head, vec![last]).await?.pop())
}

/// Entries of a log with their messages as they are at its head, and with the quotes of what they answer.
pub async fn become_at(
    db: &Database,
    session: &mut ClientSession,
    head: i64,
    mut documents: Vec<EntryDocument>,
) -> Result<Vec<StoredEntry>> {
    let (count, replies) = (documents.len(), replies(&documents)?);
    documents.extend(origins(db, session, &documents).await?);
    let changing = documents.iter().filter(|one| one.is_message() && one.gone.is_none());
    let messages: Vec<_> = changing.map(|message| message.id).collect();
    let changes = changes::read(db, session, &messages, |_| head).await?.entries;
    let people = People::read(db, documents.iter().chain(&changes).flat_map(EntryDocument::people)).await?;
    let mut entries = people.named(documents)?;
    fold(&mut entries, &people.named(changes)?);
    if !replies.is_empty() {
        let answered: BTreeSet<_> = replies.values().collect();
        let origins: Vec<_> = entries.iter().filter(|one| answered.contains(&one.seq)).cloned().collect();
        quote(&mut entries, &replies, &origins);
    }
    entries.truncate(count);
    Ok(entries)
}

/// Messages of a log as they are at its head. What is beyond it was told to nobody.
pub async fn messages_at(db: &Database, head: i64, keys: Vec<EntryKey>) -> Result<Vec<StoredEntry>> {
    let keys = keys.into_iter().filter(|key| key.seq <= head).map(key_document);
    let mut session = db.session().await?;
    let mut found = search_on(&mut session, &db.entries, with_ids(keys)).await?;
    found.retain(|one| one.is_message() && !one.is_expired());
    become_at(db, &mut session, head, found).await
}

/// Which message each of the entries answers, if it does.
fn replies(documents: &[EntryDocument]) -> Result<HashMap<Seq, Seq>> {
    let reply = |one: &EntryDocument| Some((one.id.seq, one.reply_to?));
    documents.iter().filter_map(reply).map(|(at, origin)| Ok((seq(at)?, seq(origin)?))).collect()
}

/// The messages that are answered by entries of a log and are not among them.
async fn origins(
    db: &Database,
    session: &mut ClientSession,
    documents: &[EntryDocument],
) -> Result<Vec<EntryDocument>> {
    let here: BTreeSet<_> = documents.iter().map(|one| one.id.seq).collect();
    let origin = |one: &EntryDocument| Some(EntryKey { seq: one.reply_to?, ..one.id });
    let elsewhere: BTreeSet<_> =
        documents.iter().filter_map(origin).filter(|key| !here.contains(&key.seq)).collect();
    if elsewhere.is_empty() {
        return Ok(Vec::new());
    }
    let mut found =
        search_on(session, &db.entries, with_ids(elsewhere.into_iter().map(key_document))).await?;
    found.retain(|one| one.is_message() && !one.is_expired());
    Ok(found)
}

pub async fn versions(
    db: &Database,
    user: UserId,
    id: ConversationId,
    message: Seq,
    before: Seq,
    limit: u32,
) -> Result<Option<Vec<Version>>> {
    let Some(Joined { document, first, .. }) = joined(db, user, id).await? else { return Ok(None) };
    let key = EntryKey { conversation: document.id, seq: number(message.get()) };
    if key.seq < first {
        return Ok(None);
    }
    let bound = number(before.get()).min(document.head.saturating_add(1));
    let mut session = db.session().await?;
    let mut said = search_on(&mut session, &db.entries, queries::edits_before(key, bound, limit)).await?;
    // After its edits: what had been taken away from them before is then gone from here, too.
    let found = search_on(&mut session, &db.entries, with_ids([key_document(key)].into_iter())).await?;
    let message = found.into_iter().find(|one| one.is_message() && one.id.seq <= document.head);
    let Some(message) = message else { return Ok(None) };
    if message.is_expired() {
        return Ok(None);
    }
    let is_gone = message.gone.is_some() || !departed_among(db, [message.by].into_iter()).await?.is_empty();
    if is_gone {
        return Ok(Some(Vec::new()));
    }
    if said.len() < limit as usize && message.id.seq < bound {
        said.push(message);
    }
    said.into_iter().rev().map(version).collect::<Result<_>>().map(Some)
}

fn version(said: EntryDocument) -> Result<Version> {
    Ok(Version { seq: seq(said.id.seq)?, at: unsigned(said.at)?, text: said.text })
}
