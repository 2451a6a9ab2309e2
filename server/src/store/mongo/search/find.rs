//! Searching.

use super::words;
use crate::domain::Term;
use crate::store::UserId;
use crate::store::mongo::conversations::{Joined, groups_of, joined};
use crate::store::mongo::documents::{Database, EntryKey, SearchDocument, key, number, seq, unsigned};
use crate::store::mongo::log;
use crate::store::mongo::queries::{self, Search, active_of_side, search as find_all};
use crate::store::search::{Hit, Place, SCOPE_MAX, Walk, Wanted};
use chat_protocol::{Body, ConversationId, Seq, UnixMillis};
use futures_util::{StreamExt, TryStreamExt, stream};
use mongodb::bson::{Document, doc};
use mongodb::error::Result;
use std::collections::{BTreeMap, HashMap};

/// Logs that are read at the same time.
const LOGS_AT_ONCE: usize = 8;

pub async fn search(
    db: &Database,
    user: UserId,
    wanted: &Wanted,
    after: Option<Place>,
    limit: u32,
) -> Result<Vec<Hit>> {
    let scope = match wanted.conversation {
        Some(one) => vec![key(one)],
        None => conversations_of(db, user).await?,
    };
    if scope.is_empty() {
        return Ok(Vec::new());
    }
    let (mut walk, mut hits) = (Walk::new(wanted, after, limit), Vec::new());
    while let Some((latest, count)) = walk.next() {
        let found = find_all(&db.search, candidates(wanted, &scope, latest, count)).await?;
        let found = found.iter().map(place).collect::<Result<_>>()?;
        for some in walk.take(found).chunks(limit.max(1) as usize) {
            hits.extend(read(db, user, wanted, some).await?);
            if hits.len() >= limit as usize {
                hits.truncate(limit as usize);
                return Ok(hits);
            }
        }
    }
    Ok(hits)
}

fn place(found: &SearchDocument) -> Result<Place> {
    let conversation = ConversationId::from_bits(found.id.conversation.cast_unsigned());
    Ok(Place { at: unsigned(found.at)?, conversation, seq: seq(found.id.seq)? })
}

async fn conversations_of(db: &Database, user: UserId) -> Result<Vec<i64>> {
    let side = |side| find_all(&db.conversations, active_of_side(side, user.0));
    let (lows, highs, groups) =
        futures_util::future::try_join3(side("low"), side("high"), groups_of(db, user)).await?;
    let highs = highs.into_iter().filter(|one| one.low != one.high);
    Ok(lows.into_iter().chain(highs).map(|one| one.id).chain(groups).collect())
}

/// What the index proposes, the newest first.
pub fn candidates(wanted: &Wanted, scope: &[i64], latest: UnixMillis, count: u32) -> Search {
    let is_few = scope.len() <= SCOPE_MAX as usize;
    let mut filter = doc! {
        "_id.c": {"$in": scope},
        "at": {"$gte": number(wanted.since.unwrap_or(0)), "$lte": number(latest)},
    };
    filter.insert("$and", conditions(wanted));
    Search {
        filter,
        sort: doc! {"at": -1},
        limit: i64::from(count),
        // Of a few conversations their parts of the index are merged by time.
        hint: is_few.then(queries::search_keys),
        projection: doc! {"at": 1},
    }
}

fn conditions(wanted: &Wanted) -> Vec<Document> {
    let sender = wanted.sender.map(words::person);
    let file = wanted.has_file.then(|| words::FILE.to_owned());
    let mut all: Vec<_> = wanted.terms.iter().flat_map(of_term).collect();
    all.extend(sender.into_iter().chain(file).map(is_in));
    if all.is_empty() {
        all.push(is_in(words::ANY.to_owned()));
    }
    all
}

fn is_in(word: String) -> Document {
    doc! {"words": word}
}

fn of_term(term: &Term) -> Vec<Document> {
    let begins = |word: &String| {
        // No word goes on with the last character that there is.
        doc! {"words": {"$elemMatch": {"$gte": word, "$lt": format!("{word}\u{10ffff}")}}}
    };
    let whole = term.words.len() - usize::from(term.is_prefix);
    let (whole, beginning) = term.words.split_at(whole);
    whole.iter().cloned().map(is_in).chain(beginning.iter().map(begins)).collect()
}

/// The messages at these places, in their order, as far as the user may see them and they are still what is wanted.
async fn read(db: &Database, user: UserId, wanted: &Wanted, places: &[Place]) -> Result<Vec<Hit>> {
    let mut logs: BTreeMap<ConversationId, Vec<Seq>> = BTreeMap::new();
    for place in places {
        logs.entry(place.conversation).or_default().push(place.seq);
    }
    let found: Vec<Vec<Hit>> = stream::iter(logs)
        .map(|(conversation, numbers)| of_log(db, user, wanted, conversation, numbers))
        .buffer_unordered(LOGS_AT_ONCE)
        .try_collect()
        .await?;
    let mut hits: HashMap<_, _> = found.into_iter().flatten().map(|hit| (hit.place(), hit)).collect();
    Ok(places.iter().filter_map(|place| hits.remove(place)).collect())
}

async fn of_log(
    db: &Database,
    user: UserId,
    wanted: &Wanted,
    conversation: ConversationId,
    numbers: Vec<Seq>,
) -> Result<Vec<Hit>> {
    let Some(Joined { document, first, .. }) = joined(db, user, conversation).await? else {
        return Ok(Vec::new());
    };
    let keys = numbers.into_iter().map(|number| EntryKey::new(conversation, number));
    let keys = keys.filter(|key| key.seq >= first).collect();
    let entries = log::messages_at(db, document.head, keys).await?;
    let fits = |body: &Body| matches!(body, Body::Message(message) if wanted.fits(message));
    let hits = entries.into_iter().filter(|entry| fits(&entry.body));
    Ok(hits.map(|entry| Hit { conversation, entry }).collect())
}
