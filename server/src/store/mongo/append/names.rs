//! Names of public groups. A name is claimed before the entry that gives it, and given back with the entry that gives it up.
//!
//! A claim is a document with the name as its key, so of two groups one has it. Whoever is interrupted leaves a claim of a
//! group that is not called so; after a while it is anybody's. What the group is called is told by its log and not by its
//! document, for the entry may be there and not have taken effect yet.

use super::super::documents::{Database, GroupNameDocument, key, number};
use super::super::fault::is_duplicate;
use super::attempt::{read_beyond, read_ends};
use super::known::Known;
use super::plan::SendKey;
use super::tail::Tail;
use crate::domain::{Act, Verdict};
use crate::fresh;
use crate::store::{NewBody, NewEntry};
use chat_protocol::{ConversationId, Seq};
use mongodb::bson::doc;
use mongodb::error::Error;
use std::collections::{HashMap, HashSet};

/// How long a claim stands by itself: far longer than a try takes. In milliseconds.
const CLAIM_MS: u64 = 60_000;

/// The names that groups may be given.
pub type Claims = HashSet<(ConversationId, String)>;

/// Claims the names that the batch gives to public groups, where its senders may.
pub async fn claimed(
    db: &Database,
    batch: &[NewEntry],
    tails: &HashMap<ConversationId, Tail>,
    known: &HashMap<SendKey, Known>,
) -> Result<Claims, Error> {
    let mut claims = Claims::new();
    for entry in batch {
        let send = (entry.conversation, entry.sender, entry.client_id.clone());
        let tail = tails.get(&entry.conversation).filter(|_| !known.contains_key(&send));
        if let Some(tail) = tail
            && let Some(name) = name_in(entry, tail)
            && (tail.is_found_as(name) || claim(db, name, entry.conversation, tail.head.next()).await?)
        {
            claims.insert((entry.conversation, name.to_owned()));
        }
    }
    Ok(claims)
}

fn name_in<'a>(entry: &'a NewEntry, tail: &Tail) -> Option<&'a str> {
    let NewBody::Group(change) = &entry.body else { return None };
    let group = tail.group.as_ref()?;
    let begins = tail.head == Seq::ZERO && group.may_begin(entry.sender, change);
    let may = begins || tail.may(entry.sender, Act::Describe) == Verdict::Yes;
    group.public_name(change).filter(|_| may)
}

/// Whether the group has the name now, for an entry with this number or a later one.
pub async fn claim(db: &Database, name: &str, group: ConversationId, since: Seq) -> Result<bool, Error> {
    loop {
        let (at, since) = (number(fresh::now()), number(since.get()));
        let own = doc! {"_id": name, "group": key(group)};
        let renewed = doc! {"$max": {"since": since, "at": at}};
        if db.group_names.update_one(own, renewed).await?.matched_count > 0 {
            return Ok(true);
        }
        let fresh = GroupNameDocument { name: name.to_owned(), group: key(group), since, at };
        match db.group_names.insert_one(&fresh).await {
            Ok(_) => return Ok(true),
            Err(error) if !is_duplicate(&error) => return Err(error),
            Err(_) => {}
        }
        let Some(holder) = db.group_names.find_one(doc! {"_id": name}).await? else { continue };
        if holder.group != key(group) && is_held(db, &holder, at).await? {
            return Ok(false);
        }
        let stale = doc! {"_id": name, "group": holder.group, "since": holder.since, "at": holder.at};
        let taken = doc! {"$set": {"group": fresh.group, "since": since, "at": at}};
        if db.group_names.update_one(stale, taken).await?.matched_count > 0 {
            return Ok(true);
        }
    }
}

/// Whether the holder is called so, or is about to be.
async fn is_held(db: &Database, holder: &GroupNameDocument, now: i64) -> Result<bool, Error> {
    if now.saturating_sub(holder.at) < number(CLAIM_MS) {
        return Ok(true);
    }
    let id = ConversationId::from_bits(holder.group.cast_unsigned());
    let (mut session, mut tails) = (db.session().await?, HashMap::new());
    read_ends(db, &mut session, &[holder.group], &mut tails).await?;
    read_beyond(db, &mut session, &mut tails, &HashSet::from([id])).await?;
    let group = tails.get(&id).and_then(|tail| tail.group.as_ref());
    Ok(group.is_some_and(|group| group.is_found_as(&holder.name)))
}
