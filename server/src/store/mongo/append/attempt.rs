//! One try to write a batch: a transaction that either all of it is in, or nothing.

use super::super::documents::{
    AttachedDocument, ConversationDocument, Database, damaged, key, number, seq, unsigned,
};
use super::super::fault::{is_duplicate, shown};
use super::super::files;
use super::super::queries::{by_client_ids, with_ids};
use super::plan::{self, Files, Known, Plan, SendKey, Tail};
use crate::store::{AppendError, Appended, NewEntry, UserId};
use chat_protocol::ConversationId;
use futures_util::TryStreamExt;
use mongodb::ClientSession;
use mongodb::bson::{Document, doc};
use mongodb::error::{Error, TRANSIENT_TRANSACTION_ERROR, UNKNOWN_TRANSACTION_COMMIT_RESULT};
use mongodb::options::{Acknowledgment, ReadConcern, WriteConcern};
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::atomic::{AtomicU8, Ordering};

/// How often the same commit is asked for until its outcome counts as unknown.
const COMMITS_MAX: u32 = 3;

/// Why nothing is known to be written.
#[derive(Debug)]
pub enum Setback {
    /// A unique index refused: somebody else appended, or something was sent before. Read again.
    Taken,
    /// Another transaction was at the same conversation. Try again.
    Conflict,
    /// The database cannot be reached. Nothing was written.
    Away(String),
    /// The commit's answer was lost.
    Unknown(String),
}

/// Writes a batch. With `look_first`, what of it was sent before is looked up and not written again; those in `untold` of it
/// count as fresh.
pub async fn attempt(
    db: &Database,
    batch: &[NewEntry],
    look_first: bool,
    untold: &HashSet<SendKey>,
    gate: &Gate,
) -> Result<Vec<Result<Appended, AppendError>>, Setback> {
    // A file may be gone that was sent long ago, so these are looked up in any case.
    let look_first = look_first || batch.iter().any(|entry| entry.file.is_some());
    let known =
        if look_first { sent_before(db, batch, untold).await.map_err(setback)? } else { HashMap::new() };
    let mut session = db.client.start_session().await.map_err(setback)?;
    let majority = WriteConcern::builder().w(Acknowledgment::Majority).journal(true).build();
    let begun =
        session.start_transaction().read_concern(ReadConcern::snapshot()).write_concern(majority).await;
    begun.map_err(setback)?;
    let written = write(db, &mut session, batch, known).await;
    match written {
        Ok(plan) if gate.passes() => {
            commit(&mut session).await?;
            Ok(plan.outcomes)
        }
        Ok(_) => Err(Setback::Away("it took too long".to_owned())),
        Err(error) => {
            let setback = setback(error);
            if !matches!(setback, Setback::Away(_)) {
                // It ends by itself as well; this makes it soon.
                let _ = session.abort_transaction().await;
            }
            Err(setback)
        }
    }
}

/// Before the commit of a try that somebody waits for, with limited patience: either it passes, or it is shut.
#[derive(Debug, Default)]
pub struct Gate(AtomicU8);

impl Gate {
    const OPEN: u8 = 0;
    const PASSED: u8 = 1;
    const SHUT: u8 = 2;

    fn passes(&self) -> bool {
        self.moves_to(Self::PASSED)
    }

    /// Whether the try will never commit, because it has not begun to.
    pub fn shuts(&self) -> bool {
        self.moves_to(Self::SHUT)
    }

    fn moves_to(&self, state: u8) -> bool {
        self.0.compare_exchange(Self::OPEN, state, Ordering::SeqCst, Ordering::SeqCst).is_ok()
    }
}

async fn write(
    db: &Database,
    session: &mut ClientSession,
    batch: &[NewEntry],
    known: HashMap<SendKey, Known>,
) -> Result<Plan, Error> {
    let tails = tails(db, session, batch).await?;
    let files = files_to_send(db, session, batch).await?;
    let plan = plan::plan(batch, &tails, known, &files);
    if !plan.entries.is_empty() {
        db.entries.insert_many(&plan.entries).session(&mut *session).await?;
        for (file, count) in &plan.hung {
            if !files::hang(db, session, *file, *count).await? {
                return Err(damaged(format!("the file {file} vanished within a transaction")));
            }
        }
        let ends: Vec<Document> = plan.grown.iter().map(end).collect();
        db.db.run_command(doc! {"update": db.conversations.name(), "updates": ends}).session(session).await?;
    }
    Ok(plan)
}

fn end((id, tail): (&ConversationId, &Tail)) -> Document {
    let (head, activity) = (number(tail.head.get()), number(tail.activity));
    doc! {"q": {"_id": key(*id)}, "u": {"$set": {"head": head, "activity": activity}}}
}

/// The files that are to be sent by somebody who may see them, as the transaction sees it.
async fn files_to_send(
    db: &Database,
    session: &mut ClientSession,
    batch: &[NewEntry],
) -> Result<Files, Error> {
    let mut files = Files::new();
    for (sender, file) in batch.iter().filter_map(|entry| Some((entry.sender, entry.file?))) {
        if !files.contains_key(&(sender, file))
            && let Some(found) = files::visible(db, session, sender, file).await?
        {
            files.insert((sender, file), found.attachment);
        }
    }
    Ok(files)
}

/// The ends of the logs that the batch is for, as the transaction sees them.
async fn tails(
    db: &Database,
    session: &mut ClientSession,
    batch: &[NewEntry],
) -> Result<HashMap<ConversationId, Tail>, Error> {
    let ids: BTreeSet<_> = batch.iter().map(|entry| key(entry.conversation)).collect();
    let count = u32::try_from(ids.len()).unwrap_or(u32::MAX);
    let found = db.conversations.find(with_ids(ids.into_iter()).filter).batch_size(count.max(2));
    let mut found = found.session(&mut *session).await?;
    let documents: Vec<_> = found.stream(session).try_collect().await?;
    documents.into_iter().map(|document| Ok((document.conversation(), tail(&document)?))).collect()
}

fn tail(document: &ConversationDocument) -> Result<Tail, Error> {
    let (low, high) = (UserId(document.low), UserId(document.high));
    let members = if low == high { [low].into() } else { [low, high].into() };
    Ok(Tail { head: seq(document.head)?, activity: unsigned(document.activity)?, members })
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
        let conversation = ConversationId::from_bits(entry.id.conversation.cast_unsigned());
        let Ok(client_id) = entry.client_id.parse() else { continue };
        let send = (conversation, UserId(entry.by), client_id);
        let untold = untold.contains(&send);
        let (seq, at) = (seq(entry.id.seq)?, unsigned(entry.at)?);
        let file = entry.file.map(AttachedDocument::attachment).transpose()?;
        known.insert(send, Known { seq, at, text: entry.text, file, untold });
    }
    Ok(known)
}

async fn commit(session: &mut ClientSession) -> Result<(), Setback> {
    let mut commits = 0;
    loop {
        commits += 1;
        match session.commit_transaction().await {
            Ok(()) => return Ok(()),
            // Asking for the same commit again is safe, and tells what became of it.
            Err(error) if error.contains_label(UNKNOWN_TRANSACTION_COMMIT_RESULT) => {
                if commits == COMMITS_MAX {
                    return Err(Setback::Unknown(shown(&error)));
                }
            }
            Err(error) if error.contains_label(TRANSIENT_TRANSACTION_ERROR) => return Err(Setback::Conflict),
            Err(error) => return Err(Setback::Unknown(shown(&error))),
        }
    }
}

/// Before its commit a transaction has written nothing.
fn setback(error: Error) -> Setback {
    if is_duplicate(&error) {
        Setback::Taken
    } else if error.contains_label(TRANSIENT_TRANSACTION_ERROR) && is_conflict(&error) {
        Setback::Conflict
    } else {
        Setback::Away(shown(&error))
    }
}

fn is_conflict(error: &Error) -> bool {
    const WRITE_CONFLICT: i32 = 112;
    matches!(&*error.kind, mongodb::error::ErrorKind::Command(command) if command.code == WRITE_CONFLICT)
}
