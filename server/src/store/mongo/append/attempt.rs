//! One try to write a batch.
//!
//! The log is the truth, and a conversation's document is what readers have been shown of it: its entries up to `head`. So
//! a try first inserts the entries, in their order, then moves the heads, and only then is anybody told. Nothing is locked in
//! between: whoever is interrupted leaves entries that nobody was shown, which the next one finds.
//!
//! No number is left out: an entry's predecessor is known to a majority, or stands before it in the same ordered insert.

use super::super::blanking::{Deletion, blank};
use super::super::documents::{
    ConversationDocument, Database, EntryDocument, EntryKey, key, number, seq, unsigned,
};
use super::super::fault::{first_duplicate, shown};
use super::super::queries::{Search, beyond, by_client_ids, search_on, with_ids};
use super::super::updates::update;
use super::files;
use super::plan::{self, Known, Plan, SendKey, Tail};
use super::targets::{Targets, refers};
use crate::store::{NewEntry, UserId};
use chat_protocol::{ConversationId, UnixMillis};
use futures_util::TryStreamExt;
use mongodb::ClientSession;
use mongodb::bson::{Document, doc};
use mongodb::error::Error;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::atomic::{AtomicU8, Ordering};

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

/// How much a try trusts what it has. About a log in which something is changed or answered it trusts nothing, for that depends on
/// all that is in it: should somebody append meanwhile, the number is taken and it is all read again.
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
    let prepared = prepare(db, batch, files::care(batch, care), untold, ends).await;
    let Some(plan) = prepared.map_err(away)? else { return Err(Setback::Taken(Vec::new())) };
    if !gate.passes() {
        return Err(Setback::Away("it took too long".to_owned()));
    }
    insert(db, &plan.entries).await?;
    Ok(plan)
}

/// Reads what the batch depends on, and plans it; `None` when a log has grown while it was read.
async fn prepare(
    db: &Database,
    batch: &[NewEntry],
    care: Care,
    untold: &HashSet<SendKey>,
    mut ends: HashMap<ConversationId, Tail>,
) -> Result<Option<Plan>, Error> {
    let careful = careful(batch, care);
    ends.retain(|id, _| !careful.contains(id));
    let mut tails = ends;
    read_documents(db, batch, &mut tails).await?;
    let seen = if care == Care::Usual && careful.is_empty() {
        Some(Seen::default())
    } else {
        look(db, batch, care, untold, &mut tails, &careful).await?
    };
    let Some(Seen { known, targets, deletions }) = seen else { return Ok(None) };
    let files = files::held(db, batch, &known).await?;
    let mut plan = plan::plan(batch, tails, known, &files, targets);
    plan.deletions.extend(deletions);
    Ok(Some(plan))
}

/// What the logs say about a batch.
#[derive(Default)]
struct Seen {
    known: HashMap<SendKey, Known>,
    targets: Targets,
    /// Those that nobody was shown.
    deletions: Vec<Deletion>,
}

/// Reads the logs, as far as the care demands it; `None` when one of those that are read with care has grown meanwhile.
async fn look(
    db: &Database,
    batch: &[NewEntry],
    care: Care,
    untold: &HashSet<SendKey>,
    tails: &mut HashMap<ConversationId, Tail>,
    careful: &HashSet<ConversationId>,
) -> Result<Option<Seen>, Error> {
    let mut session = db.session().await?;
    let mut deletions = read_beyond(db, &mut session, tails, careful).await?;
    let targets = Targets::read(db, &mut session, batch).await?;
    // After the messages: if one of these has changed a message, it is not refused for what it did itself.
    let known = sent_before(db, &mut session, batch, care, untold).await?;
    let lagging = lagging(tails, &known);
    if !lagging.is_disjoint(careful) {
        return Ok(None);
    }
    if !lagging.is_empty() {
        tails.retain(|id, _| !lagging.contains(id));
        read_documents(db, batch, tails).await?;
        deletions.extend(read_beyond(db, &mut session, tails, &lagging).await?);
    }
    Ok(Some(Seen { known, targets, deletions }))
}

/// The logs whose ends are read.
fn careful(batch: &[NewEntry], care: Care) -> HashSet<ConversationId> {
    let is_careful = |entry: &&NewEntry| care == Care::Full || refers(entry);
    batch.iter().filter(is_careful).map(|entry| entry.conversation).collect()
}

/// The logs that go further than their ends tell, since something further on was sent before.
fn lagging(
    tails: &HashMap<ConversationId, Tail>,
    known: &HashMap<SendKey, Known>,
) -> HashSet<ConversationId> {
    let is_beyond = |conversation, seq| tails.get(conversation).is_some_and(|tail| seq > tail.head);
    known
        .iter()
        .filter(|((conversation, ..), known)| is_beyond(conversation, known.seq))
        .map(|((conversation, ..), _)| *conversation)
        .collect()
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
    Some((entry.conversation(), UserId(entry.by), entry.client_id.parse().ok()?))
}

/// What readers are to be shown, and what must not be there any more when they are.
#[derive(Debug, Default)]
pub struct Showing {
    pub ends: HashMap<ConversationId, Tail>,
    pub deletions: Vec<Deletion>,
    /// The time of it.
    pub at: UnixMillis,
}

/// Takes away what is deleted, and then moves the heads, so that readers are shown what was inserted. To do it again does no
/// harm.
pub async fn show(db: &Database, showing: &Showing) -> Result<(), Error> {
    blank(db, &showing.deletions, number(showing.at)).await?;
    if showing.ends.is_empty() {
        return Ok(());
    }
    let heads: Vec<Document> = showing.ends.iter().map(head).collect();
    update(db, db.conversations.name(), &heads).await.map(drop)
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

/// Moves the ends of these logs to where they end for a majority, where a document lags behind. Gives the deletions that nobody
/// was shown: whoever was interrupted has not taken away what they name.
async fn read_beyond(
    db: &Database,
    session: &mut ClientSession,
    tails: &mut HashMap<ConversationId, Tail>,
    which: &HashSet<ConversationId>,
) -> Result<Vec<Deletion>, Error> {
    let end = |id: &ConversationId| Some(EntryKey::new(*id, tails.get(id)?.shown));
    let ends: Vec<_> = which.iter().filter_map(end).collect();
    if ends.is_empty() {
        return Ok(Vec::new());
    }
    let found = search_on(session, &db.entries, beyond(&ends)).await?;
    for entry in &found {
        if let Some(tail) = tails.get_mut(&entry.conversation()) {
            tail.reaches(seq(entry.id.seq)?, unsigned(entry.at)?);
        }
    }
    Ok(found.iter().filter_map(Deletion::of).collect())
}

/// What of the batch is in the logs already, as a majority has it: what may still be undone is no answer to anybody. With usual
/// care it is asked about those alone that could be refused now for what was said after them.
async fn sent_before(
    db: &Database,
    session: &mut ClientSession,
    batch: &[NewEntry],
    care: Care,
    untold: &HashSet<SendKey>,
) -> Result<HashMap<SendKey, Known>, Error> {
    let mut senders: BTreeMap<_, Vec<String>> = BTreeMap::new();
    for entry in batch.iter().filter(|entry| care != Care::Usual || refers(entry)) {
        let sender = (key(entry.conversation), entry.sender.0);
        senders.entry(sender).or_default().push(entry.client_id.to_string());
    }
    if senders.is_empty() {
        return Ok(HashMap::new());
    }
    let of_sender =
        |((conversation, sender), ids): (_, Vec<String>)| by_client_ids(conversation, sender, &ids);
    let filter = doc! {"$or": senders.into_iter().map(of_sender).collect::<Vec<_>>()};
    let mut sent = HashMap::new();
    for entry in search_on(session, &db.entries, Search { filter, ..Search::default() }).await? {
        if let Some(send) = send_key(&entry) {
            let known = known(&entry, untold.contains(&send))?;
            sent.insert(send, known);
        }
    }
    Ok(sent)
}

fn known(entry: &EntryDocument, untold: bool) -> Result<Known, Error> {
    let (seq, at) = (seq(entry.id.seq)?, unsigned(entry.at)?);
    let (body, file, gone) = (entry.new_body()?, entry.attachment()?, entry.gone()?);
    Ok(Known { seq, at, body, file, gone, untold })
}
