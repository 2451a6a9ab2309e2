//! Following the logs. Two servers may do that for the same log at the same time: what was read at an earlier end of the log never
//! takes the place of what was read at a later one.
//!
//! The logs of a step go together through the same few commands: one by one, these would cost more than all else that is done for
//! a message.

use super::words;
use crate::store::fold::fold;
use crate::store::mongo::changes;
use crate::store::mongo::documents::{
    ChangeKind, ConversationDocument, Database, EntryDocument, EntryKey, PlaceDocument, key, number,
};
use crate::store::mongo::fault::duplicates;
use crate::store::mongo::people::People;
use crate::store::mongo::queries::{between, key_document, places_after, search, search_on, with_ids};
use crate::store::mongo::updates::update;
use crate::store::search::Indexed;
use crate::store::{StoredEntry, UserId};
use chat_protocol::{Body, ConversationId};
use mongodb::ClientSession;
use mongodb::bson::{Document, doc};
use mongodb::error::Result;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

/// Documents written by one command.
const UPDATES_AT_ONCE: usize = 200;

/// Logs as they were when the step began, by the keys of their conversations.
type Logs = BTreeMap<i64, ConversationDocument>;

/// Indexes up to `limit` entries; tells which conversations were not read to their ends.
pub async fn index(
    db: &Database,
    conversations: Vec<ConversationId>,
    limit: u32,
) -> Result<Vec<ConversationId>> {
    let logs = search(&db.conversations, with_ids(conversations.into_iter().map(key))).await?;
    let logs: Logs = logs.into_iter().map(|log| (log.id, log)).collect();
    let mut session = db.session().await?;
    let found = unindexed(db, &mut session, &logs, limit).await?;
    let Some(last) = found.last() else { return Ok(Vec::new()) };
    let fresh: HashSet<_> = found.iter().filter(|place| place.kind.is_none()).map(|place| place.id).collect();
    let (fresh, changed): (Vec<_>, Vec<_>) = become_now(db, &mut session, &logs, &found)
        .await?
        .into_iter()
        .partition(|one| fresh.contains(&one.id));
    let known = insert(db, fresh).await?;
    let updates: Vec<_> = known.iter().chain(&changed).map(Message::replacement).collect();
    for some in updates.chunks(UPDATES_AT_ONCE) {
        write(db, some).await?;
    }
    forget_expired(db, &logs).await?;
    advance(db, &found).await?;
    let is_all = found.len() < limit as usize;
    // They were read in the order of their keys.
    let rest = logs.range(last.id.conversation..).map(|(_, log)| log.conversation());
    Ok(if is_all { Vec::new() } else { rest.collect() })
}

/// The entries that come next.
async fn unindexed(
    db: &Database,
    session: &mut ClientSession,
    logs: &Logs,
    limit: u32,
) -> Result<Vec<PlaceDocument>> {
    let known = search(&db.search_progress, with_ids(logs.keys().copied())).await?;
    let known: HashMap<_, _> = known.into_iter().map(|one| (one.id, one.upto)).collect();
    let span = |log: &ConversationDocument| {
        let seq = known.get(&log.id).copied().unwrap_or_default();
        (seq < log.head).then_some((EntryKey { conversation: log.id, seq }, log.head))
    };
    let spans: Vec<_> = logs.values().filter_map(span).collect();
    if spans.is_empty() {
        return Ok(Vec::new());
    }
    search_on(session, &db.entries.clone_with_type(), places_after(&spans, limit)).await
}

/// The messages that have come or have become others, as they are at the ends of their logs.
async fn become_now(
    db: &Database,
    session: &mut ClientSession,
    logs: &Logs,
    found: &[PlaceDocument],
) -> Result<Vec<Message>> {
    let is_in_log =
        |message: &EntryKey| logs.get(&message.conversation).is_some_and(|log| message.seq >= log.first);
    let touched: BTreeSet<_> = found.iter().filter_map(touched).filter(is_in_log).collect();
    if touched.is_empty() {
        return Ok(Vec::new());
    }
    let keys = touched.into_iter().map(key_document);
    let mut messages = search_on(session, &db.entries, with_ids(keys)).await?;
    messages.retain(|message| message.is_message() && !message.is_expired());
    let changing: Vec<_> = messages.iter().filter(|one| one.gone.is_none()).map(|one| one.id).collect();
    let head = |conversation| logs.get(&conversation).map_or(0, |log: &ConversationDocument| log.head);
    let changes = changes::read(db, session, &changing, head).await?.entries;
    let people = People::read(db, messages.iter().chain(&changes).flat_map(EntryDocument::people)).await?;
    let (mut now, mut changes) = (Vec::new(), of_logs(changes));
    for (conversation, messages) in of_logs(messages) {
        let places: Vec<_> = messages.iter().map(|message| (message.id, UserId(message.by))).collect();
        let mut entries = people.named(messages)?;
        fold(&mut entries, &people.named(changes.remove(&conversation).unwrap_or_default())?);
        let message =
            |((id, sender), entry): (_, StoredEntry)| Message::of(id, sender, &entry, head(conversation));
        now.extend(places.into_iter().zip(entries).filter_map(message));
    }
    Ok(now)
}

/// The message that has become another one by an entry, or has come with it.
fn touched(entry: &PlaceDocument) -> Option<EntryKey> {
    match entry.kind {
        None => Some(entry.id),
        Some(ChangeKind::Edit | ChangeKind::Deletion) => Some(EntryKey { seq: entry.target?, ..entry.id }),
        Some(_) => None,
    }
}

/// Entries by their logs.
fn of_logs(entries: Vec<EntryDocument>) -> BTreeMap<i64, Vec<EntryDocument>> {
    let mut logs = BTreeMap::<_, Vec<_>>::new();
    for entry in entries {
        logs.entry(entry.id.conversation).or_default().push(entry);
    }
    logs
}

/// A message as the index is to have it.
struct Message {
    id: EntryKey,
    /// The end of its log when it was so.
    version: i64,
    document: Document,
}

impl Message {
    /// Of a deleted one nothing is left but that.
    fn of(id: EntryKey, sender: UserId, entry: &StoredEntry, version: i64) -> Option<Self> {
        let Body::Message(message) = &entry.body else { return None };
        let mut words = BTreeSet::new();
        if let Some(indexed) = Indexed::of(message) {
            words.extend(indexed.text);
            words.extend(indexed.file);
            words.extend([words::ANY.to_owned(), words::person(sender)]);
            words.extend(message.file.as_ref().map(|_| words::FILE.to_owned()));
        }
        let words: Vec<_> = words.into_iter().collect();
        let document =
            doc! {"_id": key_document(id), "at": number(entry.at), "words": words, "version": version};
        Some(Self { id, version, document })
    }

    /// The update that puts it in the place of an earlier version.
    fn replacement(&self) -> Document {
        let query = doc! {"_id": key_document(self.id), "version": {"$lt": self.version}};
        doc! {"q": query, "u": self.document.clone(), "upsert": true}
    }
}

/// Inserts what is mostly not there yet, which costs the database less than to look for each; gives back what was there.
async fn insert(db: &Database, mut messages: Vec<Message>) -> Result<Vec<Message>> {
    if messages.is_empty() {
        return Ok(messages);
    }
    let documents = messages.iter().map(|message| &message.document);
    let inserted = db.search.clone_with_type::<Document>().insert_many(documents).ordered(false).await;
    let there = match inserted {
        Ok(_) => HashSet::new(),
        Err(error) => duplicates(&error).ok_or(error)?,
    };
    let mut place = 0..;
    messages.retain(|_| place.next().is_some_and(|place| there.contains(&place)));
    Ok(messages)
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

/// Takes out what the logs have begun after meanwhile: whoever moved a beginning may have looked into the index before it was there.
async fn forget_expired(db: &Database, logs: &Logs) -> Result<()> {
    for now in search(&db.conversations, with_ids(logs.keys().copied())).await? {
        if let Some(then) = logs.get(&now.id).filter(|then| now.first > then.first) {
            db.search.delete_many(between(now.id, then.first - 1, now.first)).await?;
        }
    }
    Ok(())
}

/// Writes down how far the logs are in the index by now.
async fn advance(db: &Database, found: &[PlaceDocument]) -> Result<()> {
    // Of each log the last one counts.
    let upto: BTreeMap<_, _> = found.iter().map(|place| (place.id.conversation, place.id.seq)).collect();
    let advance = |(id, upto)| doc! {"q": {"_id": id}, "u": {"$max": {"upto": upto}}, "upsert": true};
    let updates: Vec<_> = upto.into_iter().map(advance).collect();
    let mut left = updates.as_slice();
    // Whoever else made the document just now has made it for good, so each is met once at most.
    while let Some(met) = update(db, db.search_progress.name(), left).await? {
        left = left.get(met..).unwrap_or_default();
    }
    Ok(())
}
