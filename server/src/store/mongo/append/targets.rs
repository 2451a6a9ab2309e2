//! The messages that a batch's entries are about, as they are at the very end of their logs.

use super::super::changes;
use super::super::documents::{Database, EntryDocument, EntryKey, key, number, seq};
use super::super::people::People;
use super::super::queries::{key_document, search_on, with_ids};
use crate::store::fold::fold;
use crate::store::target::wanted;
use crate::store::{NewEntry, Target, UserId};
use chat_protocol::{Body, ConversationId, Seq, UnixMillis, UserName};
use mongodb::ClientSession;
use mongodb::error::Result;
use std::collections::{BTreeSet, HashMap};

/// What is about to be changed or answered, and what the batch itself has done to it so far.
#[derive(Debug, Default)]
pub struct Targets {
    /// Those that are wanted; none where there is no such message.
    messages: HashMap<(ConversationId, Seq), Option<Target>>,
    names: HashMap<UserId, UserName>,
}

/// Whether an entry is about another one.
pub fn refers(entry: &NewEntry) -> bool {
    wanted(&entry.body).is_some()
}

impl Targets {
    /// Reads them, in a session that has read the ends of their logs: if nobody appends in between, they are as told.
    pub async fn read(db: &Database, session: &mut ClientSession, batch: &[NewEntry]) -> Result<Self> {
        let keys: BTreeSet<_> = batch
            .iter()
            .filter_map(|entry| Some(EntryKey::new(entry.conversation, wanted(&entry.body)?)))
            .collect();
        if keys.is_empty() {
            return Ok(Self::default());
        }
        let mut found =
            search_on(session, &db.entries, with_ids(keys.iter().copied().map(key_document))).await?;
        found.retain(|one| one.is_message() && !one.is_expired());
        let messages: Vec<_> = found.iter().map(|message| message.id).collect();
        let changes = changes::read(db, session, &messages, |_| number(Seq::MAX.get())).await?;
        let logs: BTreeSet<_> = keys.iter().map(|key| key.conversation).collect();
        let senders = batch.iter().filter(|entry| logs.contains(&key(entry.conversation)));
        let senders = senders.map(|entry| entry.sender.0);
        let authors = found.iter().chain(&changes.entries).flat_map(EntryDocument::people);
        let people = People::read(db, senders.chain(authors)).await?;
        let mut of_message: HashMap<_, Vec<_>> = HashMap::new();
        for change in changes.entries {
            of_message.entry(changes::message_of(&change)).or_default().push(change);
        }
        let mut targets = Self::for_batch(batch);
        for user in people.all() {
            targets.names.insert(UserId(user.id), user.name()?);
        }
        for message in found {
            let (id, conversation) = (message.id, message.conversation());
            let count = changes.counts.get(&id).copied().unwrap_or(0);
            let target = target(&people, message, of_message.remove(&id).unwrap_or_default(), count)?;
            targets.messages.insert((conversation, seq(id.seq)?), target);
        }
        Ok(targets)
    }

    fn for_batch(batch: &[NewEntry]) -> Self {
        let place = |entry: &NewEntry| Some(((entry.conversation, wanted(&entry.body)?), None));
        Self { messages: batch.iter().filter_map(place).collect(), names: HashMap::new() }
    }

    /// The message under this number, if something wants it and it is one.
    pub fn get(&self, conversation: ConversationId, seq: Seq) -> Option<&Target> {
        self.messages.get(&(conversation, seq))?.as_ref()
    }

    /// Takes in what the batch appends, for the entries of it that come after.
    pub fn take(
        &mut self,
        (conversation, seq): (ConversationId, Seq),
        at: UnixMillis,
        by: UserId,
        body: &Body,
    ) {
        if self.messages.is_empty() {
            return;
        }
        let Some(from) = self.names.get(&by) else { return };
        let place = (conversation, body.target().unwrap_or(seq));
        let Some(known) = self.messages.get_mut(&place) else { return };
        match (body, known) {
            (Body::Message(message), known) => {
                let (from, message) = (from.clone(), message.clone());
                *known = Some(Target { seq, sender: by, from, message, changes: 0 });
            }
            (change, Some(target)) => {
                target.message.apply(seq, at, from, change);
                target.changes += 1;
            }
            (_, None) => {}
        }
    }
}

/// The message with what is about it folded in.
fn target(
    people: &People,
    message: EntryDocument,
    changes: Vec<EntryDocument>,
    count: usize,
) -> Result<Option<Target>> {
    let sender = UserId(message.by);
    let mut entries = people.named(vec![message])?;
    fold(&mut entries, &people.named(changes)?);
    let Some(entry) = entries.pop() else { return Ok(None) };
    let Body::Message(message) = entry.body else { return Ok(None) };
    Ok(Some(Target { seq: entry.seq, sender, from: entry.from, message, changes: count }))
}

#[cfg(test)]
impl Targets {
    /// One message of somebody's, and whom the batch knows, for tests of what is pure.
    pub fn of(batch: &[NewEntry], names: &[(UserId, &str)], messages: Vec<(ConversationId, Target)>) -> Self {
        let mut targets = Self::for_batch(batch);
        targets.names = names.iter().map(|(user, name)| (*user, name.parse().unwrap())).collect();
        for (conversation, target) in messages {
            targets.messages.insert((conversation, target.seq), Some(target));
        }
        targets
    }
}
