//! One try to write a batch.
//!
//! The log is the truth, and a conversation's document is what readers have been shown of it: its entries up to `head`. So
//! a try first inserts the entries, in their order, then moves the heads, and only then is anybody told. Nothing is locked in
//! between: whoever is interrupted leaves entries that nobody was shown, which the next one finds.
//!
//! No number is left out: an entry's predecessor is known to a majority, or stands before it in the same ordered insert.

use super::super::blanking::Deletion;
use super::super::documents::{
    ChangeKind, ConversationDocument, Database, EntryDocument, EntryKey, WatermarkDocument, key, number, seq,
    unsigned,
};
use super::super::effects::{Effects, take_effect};
use super::super::erasure::departed_among;
use super::super::fault::{first_duplicate, is_unsent, shown};
use super::super::people::People;
use super::super::preferences::blockers_of;
use super::super::queries::{
    Search, beyond, by_client_ids, count_groups_of, places_in, search, search_on, users_named, with_ids,
};
use super::super::updates::update;
use super::group::{Counts, Group};
use super::known::Known;
use super::plan::{self, Facts, Plan, SendKey};
use super::tail::Tail;
use super::targets::{Targets, refers};
use super::{files, names};
use crate::domain::{Mentions, Standing};
use crate::store::{NewBody, NewEntry, UserId};
use chat_protocol::{ConversationId, MemberChange, UnixMillis, UserName};
use futures_util::TryStreamExt;
use mongodb::ClientSession;
use mongodb::bson::{Document, doc};
use mongodb::error::Error;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::Arc;
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

/// How much a try trusts what it has. About a log in which something is changed or answered, or of whose members somebody comes
/// or goes, it trusts nothing, for that depends on all that is in it: should somebody append meanwhile, the number is taken and it
/// is all read again. Nor does it refuse anybody for members whom it remembers: for a refusal no number is taken.
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
    let mut careful = careful(batch, care);
    careful.extend(doubtful(batch, &ends));
    ends.retain(|id, _| !careful.contains(id));
    let mut tails = ends;
    let mut session = db.session().await?;
    read_ends(db, &mut session, &missing(batch, &tails), &mut tails).await?;
    careful.extend(doubtful(batch, &tails));
    let seen = if care == Care::Usual && careful.is_empty() {
        Some(Seen::default())
    } else {
        let asked = batch.iter().filter(|entry| care != Care::Usual || careful.contains(&entry.conversation));
        look(db, &mut session, (batch, &asked.collect::<Vec<_>>()), untold, &mut tails, &careful).await?
    };
    let Some(Seen { known, targets, mut effects }) = seen else { return Ok(None) };
    let files = files::held(db, batch, &known).await?;
    let claims = names::claimed(db, batch, &tails, &known).await?;
    let (mut names, counts) = (names_of(db, batch).await?, counts_of(db, batch).await?);
    let (people, blockers) = (people(db, batch).await?, blockers(db, batch).await?);
    names.extend(people.iter().map(|(name, user)| (*user, name.clone())));
    let facts = Facts { files, targets, names, people, claims, counts, blockers };
    let mut plan = plan::plan(batch, tails, known, facts);
    effects.extend(plan.effects);
    plan.effects = effects;
    Ok(Some(plan))
}

/// What the logs say about a batch.
#[derive(Default)]
struct Seen {
    known: HashMap<SendKey, Known>,
    targets: Targets,
    /// Those of what nobody was shown.
    effects: Effects,
}

/// Reads the logs, as far as the care demands it; `None` when one of those that are read with care has grown meanwhile. Of the
/// batch those in `asked` may have been sent before.
async fn look(
    db: &Database,
    session: &mut ClientSession,
    (batch, asked): (&[NewEntry], &[&NewEntry]),
    untold: &HashSet<SendKey>,
    tails: &mut HashMap<ConversationId, Tail>,
    careful: &HashSet<ConversationId>,
) -> Result<Option<Seen>, Error> {
    let mut effects = read_beyond(db, session, tails, careful).await?;
    let targets = Targets::read(db, session, batch).await?;
    // After the messages: if one of these has changed a message, it is not refused for what it did itself.
    let known = sent_before(db, session, asked, untold).await?;
    let lagging = lagging(tails, &known);
    if !lagging.is_disjoint(careful) {
        return Ok(None);
    }
    if !lagging.is_empty() {
        tails.retain(|id, _| !lagging.contains(id));
        read_ends(db, session, &missing(batch, tails), tails).await?;
        effects.extend(read_beyond(db, session, tails, &lagging).await?);
    }
    Ok(Some(Seen { known, targets, effects }))
}

/// What those are called whom changes of members name.
async fn names_of(db: &Database, batch: &[NewEntry]) -> Result<HashMap<UserId, UserName>, Error> {
    let named = batch.iter().flat_map(|entry| match &entry.body {
        NewBody::Members { users, .. } => users.as_slice(),
        _ => &[],
    });
    let people = People::read(db, named.map(|user| user.0)).await?;
    people.all().map(|user| Ok((UserId(user.id), user.name()?))).collect()
}

/// Those whom texts may mention, by their names.
async fn people(db: &Database, batch: &[NewEntry]) -> Result<HashMap<UserName, UserId>, Error> {
    let mentions = batch.iter().map(|entry| match &entry.body {
        NewBody::Message { text, .. } => Mentions::of(text),
        _ => Mentions::default(),
    });
    let names: BTreeSet<_> = mentions.flat_map(|mentions| mentions.names()).collect();
    if names.is_empty() {
        return Ok(HashMap::new());
    }
    let found = search(&db.users, users_named(names.into_iter())).await?;
    found.iter().map(|user| Ok((user.name()?, UserId(user.id)))).collect()
}

/// How many groups those are in who come into one.
async fn counts_of(db: &Database, batch: &[NewEntry]) -> Result<Counts, Error> {
    let coming = batch.iter().flat_map(|entry| match &entry.body {
        NewBody::Members { change: MemberChange::Added | MemberChange::Joined, users } => users.as_slice(),
        _ => &[],
    });
    groups_of_each(db, &coming.map(|user| user.0).collect::<Vec<_>>()).await
}

/// Who has blocked those who bring others into groups.
async fn blockers(db: &Database, batch: &[NewEntry]) -> Result<HashMap<UserId, HashSet<UserId>>, Error> {
    let mut blockers = HashMap::new();
    for entry in batch {
        if matches!(entry.body, NewBody::Members { change: MemberChange::Added, .. })
            && !blockers.contains_key(&entry.sender)
        {
            blockers.insert(entry.sender, blockers_of(db, entry.sender).await?);
        }
    }
    Ok(blockers)
}

/// How many groups each of these is in.
pub async fn groups_of_each(db: &Database, users: &[i64]) -> Result<Counts, Error> {
    if users.is_empty() {
        return Ok(Counts::new());
    }
    let counted: Vec<Document> = db.watermarks.aggregate(count_groups_of(users)).await?.try_collect().await?;
    let count = |one: &Document| {
        let groups = usize::try_from(one.get_i32("groups").ok()?).ok()?;
        Some((UserId(one.get_i64("_id").ok()?), groups))
    };
    Ok(counted.iter().filter_map(count).collect())
}

/// The logs whose ends are read.
fn careful(batch: &[NewEntry], care: Care) -> HashSet<ConversationId> {
    let is_of_group = |entry: &NewEntry| matches!(entry.body, NewBody::Group(_) | NewBody::Members { .. });
    let is_careful = |entry: &&NewEntry| care == Care::Full || refers(entry) || is_of_group(entry);
    batch.iter().filter(is_careful).map(|entry| entry.conversation).collect()
}

/// The groups to which somebody sends who is not in them, and the conversations of two of whom one has blocked the other or has gone,
/// as far as is known.
fn doubtful(batch: &[NewEntry], tails: &HashMap<ConversationId, Tail>) -> Vec<ConversationId> {
    let is_stranger = |tail: &Tail, sender| match &tail.group {
        Some(group) => group.seat(sender).is_none(),
        None => tail.of_two != Standing::Member,
    };
    let is_doubtful = |entry: &&NewEntry| {
        tails.get(&entry.conversation).is_some_and(|tail| is_stranger(tail, entry.sender))
    };
    batch.iter().filter(is_doubtful).map(|entry| entry.conversation).collect()
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
            // A batch is one command: it is a good deal smaller than what the driver would part.
            None if is_unsent(&error) => Err(Setback::Away(shown(&error))),
            None => Err(Setback::Unknown(shown(&error))),
        },
    }
}

fn send_key(entry: &EntryDocument) -> Option<SendKey> {
    Some((entry.conversation(), UserId(entry.by), entry.client_id.parse().ok()?))
}

/// What readers are to be shown, and what must have taken effect when they are.
#[derive(Debug, Default)]
pub struct Showing {
    pub ends: HashMap<ConversationId, Tail>,
    pub effects: Effects,
    /// The time of it.
    pub at: UnixMillis,
}

/// Lets entries take effect, and then moves the heads, so that readers are shown what was inserted. To do it again does no harm.
pub async fn show(db: &Database, showing: &Showing) -> Result<(), Error> {
    take_effect(db, &showing.effects, number(showing.at)).await?;
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

/// The batch's logs whose ends are not known.
fn missing(batch: &[NewEntry], tails: &HashMap<ConversationId, Tail>) -> Vec<i64> {
    let unknown = batch.iter().filter(|entry| !tails.contains_key(&entry.conversation));
    unknown.map(|entry| key(entry.conversation)).collect::<BTreeSet<_>>().into_iter().collect()
}

/// Adds the ends of these logs as their documents tell, who is in the groups among them, and whether both of two are still there.
/// The places are read after the documents, so they are as far as readers have been shown, or further.
pub async fn read_ends(
    db: &Database,
    session: &mut ClientSession,
    ids: &[i64],
    tails: &mut HashMap<ConversationId, Tail>,
) -> Result<(), Error> {
    if ids.is_empty() {
        return Ok(());
    }
    let count = u32::try_from(ids.len()).unwrap_or(u32::MAX);
    let filter = with_ids(ids.iter().copied()).filter;
    let mut found = db.conversations.find(filter).batch_size(count.max(2)).session(&mut *session).await?;
    let documents: Vec<ConversationDocument> = found.stream(session).try_collect().await?;
    let groups: Vec<_> = documents.iter().filter(|one| one.group.is_some()).map(|one| one.id).collect();
    let mut places: HashMap<i64, Vec<WatermarkDocument>> = HashMap::new();
    if !groups.is_empty() {
        for place in search_on(session, &db.watermarks, places_in(&groups)).await? {
            places.entry(place.id.conversation).or_default().push(place);
        }
    }
    let pairs = documents.iter().flat_map(ConversationDocument::pair);
    let gone = departed_among(db, pairs.map(|user| user.0)).await?;
    for document in documents {
        let places = places.remove(&document.id).unwrap_or_default();
        tails.insert(document.conversation(), tail(&document, places, &gone)?);
    }
    Ok(())
}

fn tail(
    document: &ConversationDocument,
    places: Vec<WatermarkDocument>,
    gone: &BTreeSet<i64>,
) -> Result<Tail, Error> {
    let group = Group::of(document, places).map(Arc::new);
    let members = match &group {
        Some(group) => group.members().collect(),
        None => document.pair().into(),
    };
    let (first, head) = (seq(document.first)?, seq(document.head)?);
    let has_one_gone = document.pair().iter().any(|user| gone.contains(&user.0));
    let (activity, of_two) =
        (unsigned(document.activity)?, Standing::of_two(has_one_gone, document.is_blocked()));
    Ok(Tail { first, head, shown: head, activity, members, of_two, group })
}

/// Moves the ends of these logs to where they end for a majority, where a document lags behind. Gives the effects of what nobody
/// was shown: whoever was interrupted may not have come to them.
pub async fn read_beyond(
    db: &Database,
    session: &mut ClientSession,
    tails: &mut HashMap<ConversationId, Tail>,
    which: &HashSet<ConversationId>,
) -> Result<Effects, Error> {
    let end = |id: &ConversationId| Some(EntryKey::new(*id, tails.get(id)?.shown));
    let ends: Vec<_> = which.iter().filter_map(end).collect();
    let mut effects = Effects::default();
    if ends.is_empty() {
        return Ok(effects);
    }
    let mut found = search_on(session, &db.entries, beyond(&ends)).await?;
    found.sort_unstable_by_key(|entry| entry.id);
    for entry in &found {
        let Some(tail) = tails.get_mut(&entry.conversation()) else { continue };
        tail.reaches(seq(entry.id.seq)?, unsigned(entry.at)?);
        if entry.kind.is_some_and(ChangeKind::is_of_group)
            && let Some(change) = tail.take(entry.id, UserId(entry.by), &entry.new_body()?)
        {
            effects.add(change);
        }
    }
    effects.deletions.extend(found.iter().filter_map(Deletion::of));
    Ok(effects)
}

/// What of this is in the logs already, as a majority has it: what may still be undone is no answer to anybody. With usual
/// care it is asked about those logs alone in which something could be refused now for what was said after it.
async fn sent_before(
    db: &Database,
    session: &mut ClientSession,
    asked: &[&NewEntry],
    untold: &HashSet<SendKey>,
) -> Result<HashMap<SendKey, Known>, Error> {
    let mut senders: BTreeMap<_, Vec<String>> = BTreeMap::new();
    for entry in asked {
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
    Ok(Known { seq, at, body, file, mentions: entry.mentions(), gone, untold })
}
