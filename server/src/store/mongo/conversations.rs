//! Conversations: the list, the log's pages, the watermarks.

use super::documents::{
    ConversationDocument, Database, EntryDocument, EntryKey, UserDocument, WatermarkKey, damaged, key,
    number, seq, unsigned, value,
};
use super::fault::is_duplicate;
use super::queries::{self, Search, key_document};
use crate::store::{ConversationRow, Page, PageRange, ReadMark, Span, StoredEntry, UNREAD_SCAN_MAX, UserId};
use chat_protocol::{ConversationId, Seq, UnixMillis, UserName, limits};
use futures_util::{StreamExt, TryStreamExt, stream};
use mongodb::Collection;
use mongodb::bson::doc;
use mongodb::error::Result;
use mongodb::options::Hint;
use serde::de::DeserializeOwned;
use std::collections::{BTreeSet, HashMap};

/// Unread counts of one page of the list that are asked for at the same time.
const COUNTS_AT_ONCE: usize = 8;

pub async fn open_direct(
    db: &Database,
    low: UserId,
    high: UserId,
    fresh: ConversationId,
) -> Result<ConversationId> {
    let pair = doc! {"low": low.0, "high": high.0};
    loop {
        if let Some(found) = db.conversations.find_one(pair.clone()).await? {
            return Ok(found.conversation());
        }
        let (id, low, high) = (key(fresh), low.0, high.0);
        let document = ConversationDocument { id, low, high, first: 1, head: 0, activity: 0 };
        match db.conversations.insert_one(document).await {
            Ok(_) => return Ok(fresh),
            // Somebody else made it just now; it is found once a majority has it.
            Err(error) if is_duplicate(&error) => tokio::task::yield_now().await,
            Err(error) => return Err(error),
        }
    }
}

/// The conversation, if the user is in it.
async fn joined(db: &Database, user: UserId, id: ConversationId) -> Result<Option<ConversationDocument>> {
    let found = db.conversations.find_one(doc! {"_id": key(id)}).await?;
    Ok(found.filter(|conversation| conversation.has(user)))
}

pub async fn conversation(
    db: &Database,
    user: UserId,
    id: ConversationId,
) -> Result<Option<ConversationRow>> {
    match joined(db, user, id).await? {
        Some(document) => Ok(rows(db, user, vec![document]).await?.pop()),
        None => Ok(None),
    }
}

pub async fn list(
    db: &Database,
    user: UserId,
    after: Option<(UnixMillis, ConversationId)>,
    limit: u32,
) -> Result<Vec<ConversationRow>> {
    let (activity, id) = after.map_or((i64::MAX, i64::MAX), |(activity, id)| (number(activity), key(id)));
    let side = |side| search(&db.conversations, queries::list_of_side(side, user.0, activity, id, limit));
    let (lows, highs) = futures_util::future::try_join(side("low"), side("high")).await?;
    // A conversation with oneself is on both sides.
    let mut page: Vec<_> =
        lows.into_iter().chain(highs.into_iter().filter(|one| one.low != one.high)).collect();
    page.sort_by_key(|one| std::cmp::Reverse((one.activity, one.id)));
    page.truncate(limit as usize);
    rows(db, user, page).await
}

pub async fn peers(db: &Database, user: UserId) -> Result<Vec<UserId>> {
    let side = |side| search(&db.conversations, queries::active_of_side(side, user.0));
    let (lows, highs) = futures_util::future::try_join(side("low"), side("high")).await?;
    let peers = lows.into_iter().map(|one| one.high).chain(highs.into_iter().map(|one| one.low));
    Ok(peers.filter(|peer| *peer != user.0).map(UserId).collect())
}

pub async fn listeners(db: &Database, user: UserId, id: ConversationId) -> Result<Option<Vec<UserId>>> {
    let others = |one: ConversationDocument| {
        [one.low, one.high]
            .into_iter()
            .filter(|member| one.head > 0 && *member != user.0)
            .map(UserId)
            .collect()
    };
    Ok(joined(db, user, id).await?.map(others))
}

pub async fn direct_with(db: &Database, user: UserId, name: &UserName) -> Result<Option<ConversationId>> {
    let Some(peer) = db.users.find_one(doc! {"name": name.as_str()}).await? else { return Ok(None) };
    let pair = doc! {"low": user.0.min(peer.id), "high": user.0.max(peer.id)};
    Ok(db.conversations.find_one(pair).await?.map(|found| found.conversation()))
}

pub async fn history(
    db: &Database,
    user: UserId,
    id: ConversationId,
    range: PageRange,
    limit: u32,
) -> Result<Option<Page>> {
    let Some(document) = joined(db, user, id).await? else { return Ok(None) };
    // Up to the head that was read first, whatever has come since: the page and its span are of one moment.
    let head = document.head;
    let (wanted, is_backwards) = match range {
        PageRange::Newest => (queries::entries_before(document.id, head.saturating_add(1), limit), true),
        PageRange::Before(seq) => {
            let before = number(seq.get()).min(head.saturating_add(1));
            (queries::entries_before(document.id, before, limit), true)
        }
        PageRange::After(seq) => (queries::entries_after(document.id, number(seq.get()), head, limit), false),
    };
    let mut entries = search(&db.entries, wanted).await?;
    if is_backwards {
        entries.reverse();
    }
    Ok(Some(Page { entries: named(db, entries).await?, span: span(&document)? }))
}

pub async fn mark_read(
    db: &Database,
    user: UserId,
    id: ConversationId,
    upto: Seq,
) -> Result<Option<ReadMark>> {
    let Some(document) = joined(db, user, id).await? else { return Ok(None) };
    let mark = WatermarkKey { conversation: document.id, user: user.0 };
    let change = doc! {"$max": {"read": number(upto.get()).min(document.head)}};
    let change = db.watermarks.find_one_and_update(doc! {"_id": value(&mark)}, change).upsert(true);
    let read = change.return_document(mongodb::options::ReturnDocument::After).await?;
    let read = read.ok_or_else(|| damaged("a watermark vanished".to_owned()))?.read;
    let unread = unread(db, user, &document, read).await?;
    Ok(Some(ReadMark { seq: seq(read)?, unread }))
}

async fn unread(db: &Database, user: UserId, one: &ConversationDocument, read: i64) -> Result<u32> {
    let (scan_max, count_max) = (i64::from(UNREAD_SCAN_MAX), i64::from(limits::UNREAD_MAX));
    let count = queries::unread((one.id, read, one.head), user.0, scan_max, count_max);
    let counted = db.entries.aggregate(count).await?.try_next().await?;
    // Nothing to count gives no document at all.
    let unread = counted.map_or(Ok(0), |counted| counted.get_i32("unread"));
    Ok(unread.ok().and_then(|unread| u32::try_from(unread).ok()).unwrap_or(0))
}

/// The conversations as `user` sees them, in their order.
async fn rows(
    db: &Database,
    user: UserId,
    documents: Vec<ConversationDocument>,
) -> Result<Vec<ConversationRow>> {
    let mark = |one: &ConversationDocument| value(&WatermarkKey { conversation: one.id, user: user.0 });
    let last = |one: &ConversationDocument| key_document(EntryKey { conversation: one.id, seq: one.head });
    let (marks, lasts, people) = futures_util::future::try_join3(
        search(&db.watermarks, queries::with_ids(documents.iter().map(mark))),
        search(&db.entries, queries::with_ids(documents.iter().map(last))),
        people(db, documents.iter().flat_map(|one| [one.low, one.high])),
    )
    .await?;
    let marks: HashMap<_, _> = marks.into_iter().map(|mark| (mark.id.conversation, mark.read)).collect();
    let lasts: HashMap<_, _> = lasts.into_iter().map(|last| (last.id.conversation, last)).collect();
    stream::iter(documents)
        .map(async |one| {
            let read = marks.get(&one.id).copied().unwrap_or(0);
            let unread = if one.head > read { unread(db, user, &one, read).await? } else { 0 };
            let peer = person(&people, if one.low == user.0 { one.high } else { one.low })?;
            let last = lasts.get(&one.id).cloned();
            let last = last.map(|last| told(&people, last)).transpose()?;
            Ok(ConversationRow {
                id: one.conversation(),
                peer: UserId(peer.id),
                peer_name: peer.name()?,
                peer_last_seen: peer.last_seen.map(unsigned).transpose()?,
                span: span(&one)?,
                read: ReadMark { seq: seq(read)?, unread },
                peer_marks: todo!(),
                activity: unsigned(one.activity)?,
                last,
            })
        })
        .buffered(COUNTS_AT_ONCE)
        .try_collect()
        .await
}

fn span(one: &ConversationDocument) -> Result<Span> {
    Ok(Span { first: seq(one.first)?, head: seq(one.head)? })
}

/// The entries with their senders' names.
async fn named(db: &Database, entries: Vec<EntryDocument>) -> Result<Vec<StoredEntry>> {
    let people = people(db, entries.iter().map(|entry| entry.by)).await?;
    entries.into_iter().map(|entry| told(&people, entry)).collect()
}

fn told(people: &HashMap<i64, UserDocument>, entry: EntryDocument) -> Result<StoredEntry> {
    let from = person(people, entry.by)?.name()?;
    entry.stored(from)
}

/// The accounts with these numbers.
async fn people(db: &Database, ids: impl Iterator<Item = i64>) -> Result<HashMap<i64, UserDocument>> {
    let ids: BTreeSet<_> = ids.collect();
    let found = search(&db.users, queries::with_ids(ids.into_iter())).await?;
    Ok(found.into_iter().map(|user| (user.id, user)).collect())
}

fn person(people: &HashMap<i64, UserDocument>, id: i64) -> Result<&UserDocument> {
    people.get(&id).ok_or_else(|| damaged(format!("there is no user {id}")))
}

/// All that is found.
pub async fn search<T: DeserializeOwned + Send + Sync + Unpin>(
    collection: &Collection<T>,
    search: Search,
) -> Result<Vec<T>> {
    let Search { filter, sort, limit, hint } = search;
    let mut find = collection.find(filter).sort(sort).limit(limit);
    if let Some(keys) = hint {
        find = find.hint(Hint::Keys(keys));
    }
    find.await?.try_collect().await
}
