//! One try to write a batch.
//!
//! The log is the truth, and a conversation's document is what readers have been shown of it: its entries up to `head`. So
//! a try first inserts the entries, in their order, then moves the heads, and only then is anybody told. Nothing is locked in
//! between: whoever is interrupted leaves entries that nobody was shown, which the next one finds.
//!
//! No number is left out: an entry's predecessor is known to a majority, or stands before it in the same ordered insert.

use super::super::documents::{
    AttachedDocument, ConversationDocument, Database, EntryDocument, key, number, seq, unsigned,
};
use super::super::fault::{first_duplicate, shown};
use super::super::queries::{by_client_ids, entries_before, with_ids};
use super::files;
use super::plan::{self, Known, Plan, SendKey, Tail};
use crate::store::{NewEntry, UserId};
use chat_protocol::{ConversationId, Seq};
use futures_util::{StreamExt, TryStreamExt, stream};
use mongodb::bson::{Document, doc};
use mongodb::error::Error;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::atomic::{AtomicU8, Ordering};

/// Ends of logs that are read at the same time.
const ENDS_AT_ONCE: usize = 8;

/// Why it is not known that all is written.
#[derive(Debug)]
pub enum Setback {
    /// A unique index refused: somebody else appended, or something was sent before. Read again. These were written
    /// before it did.
    Taken(Vec<SendKey>),
    /// The database cannot be reached. Nothing was written.
    Away(String),
    /// The answer was lost.
    Unknown(String),
}

/// How much a try trusts what it has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Care {
    /// That nothing was sent before, and that the logs end where it thinks, or where their documents tell.
    Usual,
    /// The same of the logs' ends. What was sent before is looked up.
    Repeats,
    /// Nothing: the logs' ends are read too.
    Full,
}

/// Inserts a batch's entries. Of what was sent before, those in `untold` count as fresh. The logs in `ends` are thought to
/// end there.
pub async fn attempt(
    db: &Database,
    batch: &[NewEntry],
    care: Care,
    untold: &HashSet<SendKey>,
    ends: HashMap<ConversationId, Tail>,
    gate: &Gate,
) -> Result<Plan, Setback> {
    let away = |error: Error| Setback::Away(shown(&error));
    let care = files::care(batch, care);
    let known = if care == Care::Usual {
        HashMap::new()
    } else {
        sent_before(db, batch, untold).await.map_err(away)?
    };
    let mut tails = if care == Care::Full { HashMap::new() } else { ends };
    read_documents(db, batch, &mut tails).await.map_err(away)?;
    if care == Care::Full {
        read_ends(db, &mut tails).await.map_err(away)?;
    }
    let files = files::held(db, batch, &known).await.map_err(away)?;
    let plan = plan::plan(batch, tails, known, &files);
    if !gate.passes() {
        return Err(Setback::Away("it took too long".to_owned()));
    }
    insert(db, &plan.entries).await?;
    Ok(plan)
}

async fn insert(db: &Database, entries: &[EntryDocument]) -> Result<(), Setback> {
    if entries.is_empty() {
        return Ok(());
    }
    match db.entries.insert_many(entries).ordered(true).await {
        Ok(_) => Ok(()),
        Err(error) => match first_duplicate(&error) {
            Some(refused) => Err(Setback::Taken(entries.iter().take(refused).filter_map(send_key).collect())),
            None => Err(Setback::Unknown(shown(&error))),
        },
    }
}

fn send_key(entry: &EntryDocument) -> Option<SendKey> {
    let conversation = ConversationId::from_bits(entry.id.conversation.cast_unsigned());
    Some((conversation, UserId(entry.by), entry.client_id.parse().ok()?))
}

/// Moves the heads, so that readers are shown what was inserted. To do it again does no harm.
pub async fn show(db: &Database, ends: &HashMap<ConversationId, Tail>) -> Result<(), Error> {
    if ends.is_empty() {
        return Ok(());
    }
    let heads: Vec<Document> = ends.iter().map(head).collect();
    // A raw command does not get the client's write concern by itself.
    let majority = doc! {"w": "majority", "j": true};
    let update = doc! {"update": db.conversations.name(), "updates": heads, "writeConcern": majority};
    let answer = db.db.run_command(update).await?;
    if answer.contains_key("writeErrors") || answer.contains_key("writeConcernError") {
        return Err(std::io::Error::other("the heads were not moved for certain").into());
    }
    Ok(())
}

/// Another server may have moved it further.
fn head((id, tail): (&ConversationId, &Tail)) -> Document {
    let (head, activity) = (number(tail.head.get()), number(tail.activity));
    doc! {"q": {"_id": key(*id)}, "u": {"$max": {"head": head, "activity": activity}}}
}

/// Before the writes of a try that somebody waits for, with limited patience: either it passes, or it is shut.
#[derive(Debug, Default)]
pub struct Gate(AtomicU8);

impl Gate {
    const OPEN: u8 = 0;
    const PASSED: u8 = 1;
    const SHUT: u8 = 2;

    fn passes(&self) -> bool {
        self.moves_to(Self::PASSED)
    }

    /// Whether the try will never write, because it has not begun to.
    pub fn shuts(&self) -> bool {
        self.moves_to(Self::SHUT)
    }

    fn moves_to(&self, state: u8) -> bool {
        self.0.compare_exchange(Self::OPEN, state, Ordering::SeqCst, Ordering::SeqCst).is_ok()
    }
}

/// Adds the ends of those of the batch's logs that are not among them, as their documents tell.
async fn read_documents(
    db: &Database,
    batch: &[NewEntry],
    tails: &mut HashMap<ConversationId, Tail>,
) -> Result<(), Error> {
    let ids: BTreeSet<_> = batch
        .iter()
        .filter(|entry| !tails.contains_key(&entry.conversation))
        .map(|entry| key(entry.conversation))
        .collect();
    if ids.is_empty() {
        return Ok(());
    }
    let count = u32::try_from(ids.len()).unwrap_or(u32::MAX);
    let mut found = db.conversations.find(with_ids(ids.into_iter()).filter).batch_size(count.max(2)).await?;
    while let Some(document) = found.try_next().await? {
        tails.insert(document.conversation(), tail(&document)?);
    }
    Ok(())
}

fn tail(document: &ConversationDocument) -> Result<Tail, Error> {
    let (low, high) = (UserId(document.low), UserId(document.high));
    let members = if low == high { [low].into() } else { [low, high].into() };
    let head = seq(document.head)?;
    Ok(Tail { head, shown: head, activity: unsigned(document.activity)?, members })
}

/// Moves the ends to where the logs end for a majority, where a document lags behind.
async fn read_ends(db: &Database, tails: &mut HashMap<ConversationId, Tail>) -> Result<(), Error> {
    stream::iter(tails)
        .map(Ok::<_, Error>)
        .try_for_each_concurrent(ENDS_AT_ONCE, async |(id, tail)| {
            let last = entries_before(key(*id), number(Seq::MAX.get()), 1);
            if let Some(last) = db.entries.find_one(last.filter).sort(last.sort).await? {
                tail.reaches(seq(last.id.seq)?, unsigned(last.at)?);
            }
            Ok(())
        })
        .await
}

/// What of the batch is in the logs already, as a majority has it: what may still be undone is no answer to anybody.
async fn sent_before(
    db: &Database,
    batch: &[NewEntry],
    untold: &HashSet<SendKey>,
) -> Result<HashMap<SendKey, Known>, Error> {
    let mut senders: BTreeMap<_, Vec<String>> = BTreeMap::new();
    for entry in batch {
        let sender = (key(entry.conversation), entry.sender.0);
        senders.entry(sender).or_default().push(entry.client_id.to_string());
    }
    let of_sender =
        |((conversation, sender), ids): (_, Vec<String>)| by_client_ids(conversation, sender, &ids);
    let any: Vec<_> = senders.into_iter().map(of_sender).collect();
    let mut found = db.entries.find(doc! {"$or": any}).await?;
    let mut known = HashMap::new();
    while let Some(entry) = found.try_next().await? {
        let Some(send) = send_key(&entry) else { continue };
        let untold = untold.contains(&send);
        let (seq, at) = (seq(entry.id.seq)?, unsigned(entry.at)?);
        let file = entry.file.map(AttachedDocument::attachment).transpose()?;
        known.insert(send, Known { seq, at, text: entry.text, file, untold });
    }
    Ok(known)
}
