//! Appending to the logs.

use super::log::{self, kind, optional_seq};
use super::tail::{Tail, load};
use super::value::{Columns, conversation as key, number};
use super::{files, groups, membership, mentions};
use crate::domain::{Act, Verdict};
use crate::store::target::{act, check, wanted};
use crate::store::{AppendError, Appended, NewBody, NewEntry, Target, UserId};
use chat_protocol::{Attachment, Body, ConversationId, FileId, Message, Seq, UnixMillis, UserName};
use rusqlite::{Connection, OptionalExtension, Row, Statement, params};
use std::borrow::Cow;
use std::collections::HashMap;
use std::collections::hash_map::Entry as Slot;
use std::sync::Arc;

type Result<T> = rusqlite::Result<T>;
type Outcome = std::result::Result<Appended, AppendError>;

/// Appends a batch in its order. Each touched conversation is read once and its end written once.
pub fn append(db: &Connection, batch: Vec<NewEntry>) -> Result<Vec<Outcome>> {
    let mut tails: HashMap<ConversationId, Option<Tail>> = HashMap::new();
    let mut results = Vec::with_capacity(batch.len());
    let mut insert = db.prepare_cached(INSERT)?;
    for entry in batch {
        let tail = match tails.entry(entry.conversation) {
            Slot::Occupied(known) => known.into_mut(),
            Slot::Vacant(unknown) => unknown.insert(load(db, entry.conversation)?),
        };
        results.push(match tail {
            Some(tail) => append_one(db, &mut insert, tail, entry)?,
            None => Err(AppendError::NotMember),
        });
    }
    for (id, tail) in tails {
        if let Some(Tail { head, activity, grown: true, .. }) = tail {
            let sql = "UPDATE conversations SET head = ?2, activity = ?3 WHERE id = ?1";
            db.prepare_cached(sql)?.execute(params![key(id), number(head.get()), number(activity)])?;
        }
    }
    Ok(results)
}

fn append_one(
    db: &Connection,
    insertion: &mut Statement<'_>,
    tail: &mut Tail,
    mut entry: NewEntry,
) -> Result<Outcome> {
    // Whom a change of members concerns depends on who is there now, so whether it was made is looked at first.
    if matches!(entry.body, NewBody::Members { .. })
        && let Some(earlier) = earlier(db, tail, &entry)?
    {
        return Ok(earlier);
    }
    let known = match known(db, tail, &mut entry)? {
        Ok(known) => known,
        // It may have been sent long ago, when nothing stood against it.
        Err(refusal) => return Ok(earlier(db, tail, &entry)?.unwrap_or(Err(refusal))),
    };
    let (seq, at) = (tail.head.next(), entry.at.max(tail.activity));
    let mentioned: Vec<UserId> = known.mentions.iter().map(|(user, _)| *user).collect();
    if !insert(insertion, &entry, seq, at, &mentioned)? {
        return earlier(db, tail, &entry)?.ok_or(rusqlite::Error::QueryReturnedNoRows);
    }
    mentions::keep(db, entry.conversation, seq, entry.sender, &mentioned)?;
    let mut gone = Vec::new();
    match &entry.body {
        NewBody::Message { file: Some(id), .. } => files::hang(db, *id)?,
        NewBody::Deletion { target } => blank(db, entry.conversation, *target, at)?,
        NewBody::Members { change, users } => {
            gone = membership::take_effect(db, tail, entry.conversation, *change, users, seq)?;
        }
        _ => {}
    }
    (tail.head, tail.activity, tail.grown) = (seq, at, true);
    let members = Arc::clone(&tail.members);
    let mentions: Vec<_> = known.mentions.iter().map(|(_, name)| name.clone()).collect();
    let fresh = Some(told(db, entry.body, known)?);
    Ok(Ok(Appended { seq, at, members, gone, mentions, fresh }))
}

/// What an entry refers to.
#[derive(Default)]
struct Known {
    file: Option<Attachment>,
    target: Option<Target>,
    /// Whom a message names.
    mentions: Vec<(UserId, UserName)>,
}

/// Finds what an entry refers to, if its sender may say it. Of users whom it names those stay whom it concerns.
fn known(
    db: &Connection,
    tail: &Tail,
    entry: &mut NewEntry,
) -> Result<std::result::Result<Known, AppendError>> {
    match tail.may(entry.sender, act(&entry.body)) {
        Verdict::Yes => {}
        Verdict::No => return Ok(Err(AppendError::NotAllowed)),
        Verdict::Blocked => return Ok(Err(AppendError::Blocked)),
        Verdict::Gone => return Ok(Err(AppendError::PeerGone)),
        Verdict::Unseen => return Ok(Err(AppendError::NotMember)),
    }
    match &mut entry.body {
        NewBody::Group(change) if tail.head > Seq::ZERO => {
            return Ok(groups::change(db, entry.conversation, change)?.map(|()| Known::default()));
        }
        NewBody::Members { change, users } => {
            let concerned = membership::concerned(db, tail, entry.sender, *change, users)?;
            return Ok(concerned.map(|concerned| {
                *users = concerned;
                Known::default()
            }));
        }
        _ => {}
    }
    let file = match file_of(&entry.body) {
        None => None,
        Some(id) => match files::visible(db, entry.sender, id)? {
            Some(found) => Some(found.attachment),
            None => return Ok(Err(AppendError::UnknownFile)),
        },
    };
    // What a member cannot see does not exist for them.
    let target = match wanted(&entry.body) {
        Some(seq) if seq >= tail.first_of(entry.sender) => log::target(db, entry.conversation, seq)?,
        _ => None,
    };
    let trusted = tail.may(entry.sender, Act::DeleteOthers) == Verdict::Yes;
    let checked = check(&entry.body, entry.sender, trusted, target.as_ref());
    if let Err(refusal) = checked {
        return Ok(Err(refusal));
    }
    let mentions = mentions::named(db, tail, &entry.body)?;
    Ok(Ok(Known { file, target, mentions }))
}

fn file_of(body: &NewBody) -> Option<FileId> {
    match body {
        NewBody::Message { file, .. } => *file,
        _ => None,
    }
}

/// An entry's body as its columns: kind, text, file, target, reply.
pub type BodyColumns<'a> = (i64, Cow<'a, str>, Option<i64>, Option<i64>, Option<i64>);

/// An entry's body as it is stored.
pub fn columns(body: &NewBody) -> BodyColumns<'_> {
    let key = |seq: &Seq| number(seq.get());
    match body {
        NewBody::Message { text, file, reply_to } => {
            (kind::MESSAGE, text.into(), file.map(files::key), None, reply_to.as_ref().map(key))
        }
        NewBody::Edit { target, text } => (kind::EDIT, text.into(), None, Some(key(target)), None),
        NewBody::Deletion { target } => (kind::DELETION, "".into(), None, Some(key(target)), None),
        NewBody::Reaction { target, emoji, removed } => {
            let kind = if *removed { kind::REACTION_END } else { kind::REACTION };
            (kind, emoji.into(), None, Some(key(target)), None)
        }
        NewBody::Group(change) => {
            let text = serde_json::to_string(change).expect("a change has only string keys");
            (kind::GROUP, text.into(), None, None, None)
        }
        NewBody::Members { change, users } => {
            (kind::of_members(*change), groups::listed(users).into(), None, None, None)
        }
    }
}

const INSERT: &str = "INSERT INTO entries
       (conversation, seq, at, sender, client_id, kind, text, file, target, reply_to, mentions)
     VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)
     ON CONFLICT (client_id, conversation, sender) DO NOTHING";

/// Writes the entry down; false when its client id is known.
fn insert(
    insertion: &mut Statement<'_>,
    entry: &NewEntry,
    seq: Seq,
    at: UnixMillis,
    mentioned: &[UserId],
) -> Result<bool> {
    let (kind, text, file, target, reply_to) = columns(&entry.body);
    let (id, client_id) = (key(entry.conversation), entry.client_id.as_str());
    let (seq, at) = (number(seq.get()), number(at));
    let mentions = mentions::column(mentioned);
    let values = params![id, seq, at, entry.sender, client_id, kind, text, file, target, reply_to, mentions];
    Ok(insertion.execute(values)? == 1)
}

/// Of what is about a message, which is little, the index knows: the log itself can be very long.
pub const BLANK_EDITS: &str = "UPDATE entries INDEXED BY entries_about SET text = ''
     WHERE conversation = ?1 AND target = ?2 AND kind = 1";
pub const DELETION: &str = "SELECT 1 FROM entries INDEXED BY entries_about
     WHERE conversation = ?1 AND target = ?2 AND kind = 2";

/// Takes the text and the file of a message away with all that it refers to, and the texts of its edits.
pub fn blank(db: &Connection, conversation: ConversationId, message: Seq, now: UnixMillis) -> Result<()> {
    let (id, target) = (key(conversation), number(message.get()));
    let sql = "SELECT file FROM entries WHERE conversation = ?1 AND seq = ?2 AND file IS NOT NULL";
    let file = db.prepare_cached(sql)?.query_row([id, target], |row| files::id_at(row, 0)).optional()?;
    let sql = "SELECT mentions FROM entries WHERE conversation = ?1 AND seq = ?2 AND mentions IS NOT NULL";
    let mentioned = db.prepare_cached(sql)?.query_row([id, target], |row| mentions::users_at(row, 0));
    mentions::forget(db, conversation, message, &mentioned.optional()?.unwrap_or_default())?;
    let sql = "UPDATE entries SET text = '', file = NULL, reply_to = NULL, mentions = NULL
               WHERE conversation = ?1 AND seq = ?2";
    db.prepare_cached(sql)?.execute([id, target])?;
    db.prepare_cached(BLANK_EDITS)?.execute([id, target])?;
    file.map_or(Ok(()), |file| files::let_go(db, file, now))
}

/// What the members are told.
fn told(db: &Connection, body: NewBody, known: Known) -> Result<Body> {
    Ok(match body {
        NewBody::Message { text, .. } => Body::Message(Message {
            text,
            file: known.file.map(Box::new),
            reply_to: known.target.map(|target| target.quote()),
            mentions: known.mentions.into_iter().map(|(_, name)| name).collect(),
            ..Message::default()
        }),
        NewBody::Edit { target, text } => Body::Edit { target, text },
        NewBody::Deletion { target } => Body::Deletion { target },
        NewBody::Reaction { target, emoji, removed } => Body::Reaction { target, emoji, removed },
        NewBody::Group(change) => Body::Group(change),
        NewBody::Members { change, users } => groups::members_body(db, change, &users)?,
    })
}

pub const SENT_BEFORE: &str = "SELECT seq, at, kind, text, file, target, reply_to, mentions FROM entries
     WHERE client_id = ?1 AND conversation = ?2 AND sender = ?3";

/// What the entry that has this client id is to whoever sends it again: the same one, or another under the same id.
fn earlier(db: &Connection, tail: &Tail, entry: &NewEntry) -> Result<Option<Outcome>> {
    let values = params![entry.client_id.as_str(), key(entry.conversation), entry.sender];
    let mut statement = db.prepare_cached(SENT_BEFORE)?;
    let first = |row: &Row<'_>| {
        let columns: (i64, String, Option<i64>, Option<i64>, Option<i64>) =
            (row.get(2)?, row.get(3)?, row.get(4)?, row.get(5)?, row.get(6)?);
        let (target, mentions) = (optional_seq(row, 5)?, mentions::names_at(db, row, 7)?);
        Ok((row.seq(0)?, row.time(1)?, columns, target, mentions))
    };
    let Some((seq, at, (kind, text, file, target_key, reply_to), target, mentions)) =
        statement.query_row(values, first).optional()?
    else {
        return Ok(None);
    };
    let wanted = columns(&entry.body);
    let is_same = match &entry.body {
        // Those whom it did not concern are not written down.
        NewBody::Members { users, .. } => {
            kind == wanted.0 && groups::users_in(&text).iter().all(|user| users.contains(user))
        }
        _ => wanted == (kind, text.as_str().into(), file, target_key, reply_to),
    };
    // What was blanked since cannot be compared any more.
    let is_like = (kind, target_key) == (wanted.0, wanted.3);
    let is_expired = seq < tail.first;
    let may_be_deleted = matches!(kind, kind::MESSAGE | kind::EDIT);
    if is_same
        || is_like && is_expired
        || is_like && may_be_deleted && is_deleted(db, entry.conversation, target.unwrap_or(seq))?
    {
        let members = Arc::clone(&tail.members);
        return Ok(Some(Ok(Appended { seq, at, members, gone: Vec::new(), mentions, fresh: None })));
    }
    Ok(Some(Err(AppendError::IdConflict)))
}

fn is_deleted(db: &Connection, id: ConversationId, message: Seq) -> Result<bool> {
    db.prepare_cached(DELETION)?.exists([key(id), number(message.get())])
}
