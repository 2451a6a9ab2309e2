//! What a batch comes to: which entries to write under which numbers, and what each sender is told. Pure.
#![deny(clippy::disallowed_methods)]

use super::super::documents::{EntryDocument, EntryKey, number};
use super::super::files::attached;
use crate::store::{AppendError, Appended, NewEntry, UserId};
use chat_protocol::{Attachment, Body, ClientId, ConversationId, FileId, Seq, UnixMillis};
use std::collections::HashMap;
use std::sync::Arc;

/// What the store holds unique for ever.
pub type SendKey = (ConversationId, UserId, ClientId);

/// The end of a log.
#[derive(Debug, Clone)]
pub struct Tail {
    pub head: Seq,
    pub activity: UnixMillis,
    pub members: Arc<[UserId]>,
}

/// A message that is in a log already.
#[derive(Debug, Clone)]
pub struct Known {
    pub seq: Seq,
    pub at: UnixMillis,
    pub text: String,
    pub file: Option<Box<Attachment>>,
    /// Its members may never have been told of it.
    pub untold: bool,
}

/// What to write, and what it will mean.
#[derive(Debug, Default)]
pub struct Plan {
    pub entries: Vec<EntryDocument>,
    /// The logs that grow, with their new ends.
    pub grown: HashMap<ConversationId, Tail>,
    /// The files that hang on entries, with the number of them.
    pub hung: HashMap<FileId, i64>,
    pub outcomes: Vec<Result<Appended, AppendError>>,
}

/// The files that may be sent, and by whom.
pub type Files = HashMap<(UserId, FileId), Attachment>;

/// Numbers the entries of a batch in its order.
pub fn plan(
    batch: &[NewEntry],
    tails: &HashMap<ConversationId, Tail>,
    mut known: HashMap<SendKey, Known>,
    files: &Files,
) -> Plan {
    let mut plan = Plan::default();
    for entry in batch {
        let outcome = match plan.grown.get(&entry.conversation).or(tails.get(&entry.conversation)) {
            Some(tail) if tail.members.contains(&entry.sender) => {
                let tail = tail.clone();
                place(&mut plan, &mut known, files, entry, tail)
            }
            _ => Err(AppendError::NotMember),
        };
        plan.outcomes.push(outcome);
    }
    plan
}

fn place(
    plan: &mut Plan,
    known: &mut HashMap<SendKey, Known>,
    files: &Files,
    entry: &NewEntry,
    tail: Tail,
) -> Result<Appended, AppendError> {
    let Body::Message { text, .. } = &entry.body else { return Err(AppendError::Unavailable) };
    let send = (entry.conversation, entry.sender, entry.client_id.clone());
    let Tail { head, activity, members } = tail;
    if let Some(first) = known.get_mut(&send) {
        let fresh = std::mem::take(&mut first.untold);
        let (seq, at) = (first.seq, first.at);
        let is_same = first.text == *text && first.file.as_ref().map(|file| file.id) == entry.file;
        let file = first.file.clone();
        return is_same.then_some(Appended { seq, at, fresh, members, file }).ok_or(AppendError::IdConflict);
    }
    let file = match entry.file {
        None => None,
        Some(id) => {
            let found = files.get(&(entry.sender, id)).ok_or(AppendError::UnknownFile)?;
            *plan.hung.entry(id).or_default() += 1;
            Some(Box::new(found.clone()))
        }
    };
    let (seq, at) = (head.next(), entry.at.max(activity));
    plan.entries.push(EntryDocument {
        id: EntryKey::new(entry.conversation, seq),
        at: number(at),
        by: entry.sender.0,
        client_id: entry.client_id.to_string(),
        text: text.clone(),
        file: file.as_deref().map(attached),
    });
    known.insert(send, Known { seq, at, text: text.clone(), file: file.clone(), untold: false });
    let tail = Tail { head: seq, activity: at, members: Arc::clone(&members) };
    plan.grown.insert(entry.conversation, tail);
    Ok(Appended { seq, at, fresh: true, members, file })
}

#[cfg(test)]
mod tests {
    use super::*;

    const TALK: ConversationId = ConversationId::from_bits(1);
    const ANN: UserId = UserId(1);
    const BOB: UserId = UserId(2);

    fn entry(sender: UserId, client_id: &str, text: &str) -> NewEntry {
        let body = Body::Message { text: text.to_owned(), file: None };
        NewEntry {
            conversation: TALK,
            sender,
            client_id: client_id.parse().unwrap(),
            at: 10,
            body,
            file: None,
        }
    }

    fn tails() -> HashMap<ConversationId, Tail> {
        let members = Arc::from([ANN, BOB]);
        HashMap::from([(TALK, Tail { head: Seq::new(7).unwrap(), activity: 12, members })])
    }

    fn known(untold: bool) -> HashMap<SendKey, Known> {
        let known = Known { seq: Seq::new(3).unwrap(), at: 5, text: "old".to_owned(), file: None, untold };
        HashMap::from([((TALK, ANN, "k".parse().unwrap()), known)])
    }

    fn numbers(plan: &Plan) -> Vec<Result<(u64, bool), AppendError>> {
        plan.outcomes
            .iter()
            .map(|one| one.as_ref().map(|done| (done.seq.get(), done.fresh)).map_err(|e| *e))
            .collect()
    }

    #[test]
    fn a_batch_is_numbered_in_its_order_and_without_holes() {
        let batch = [
            entry(ANN, "1", "a"),
            entry(UserId(9), "1", "x"),
            entry(BOB, "1", "b"),
            entry(ANN, "1", "a"),
            entry(ANN, "1", "c"),
        ];
        let plan = plan(&batch, &tails(), HashMap::new(), &Files::new());
        let (outsider, conflict) = (Err(AppendError::NotMember), Err(AppendError::IdConflict));
        assert_eq!(numbers(&plan), [Ok((8, true)), outsider, Ok((9, true)), Ok((8, false)), conflict]);
        assert_eq!(
            plan.entries.iter().map(|entry| (entry.id.seq, entry.at)).collect::<Vec<_>>(),
            [(8, 12), (9, 12)]
        );
        assert_eq!(plan.grown[&TALK].head.get(), 9);
    }

    #[test]
    fn what_is_in_the_log_is_not_written_again_and_told_at_most_once_more() {
        let batch = [entry(ANN, "k", "old"), entry(ANN, "k", "old"), entry(ANN, "k", "new")];
        for untold in [false, true] {
            let plan = plan(&batch, &tails(), known(untold), &Files::new());
            assert_eq!(numbers(&plan), [Ok((3, untold)), Ok((3, false)), Err(AppendError::IdConflict)]);
            assert!(plan.entries.is_empty() && plan.grown.is_empty());
        }
    }

    #[test]
    fn nobody_writes_into_a_conversation_that_is_not_there() {
        let plan = plan(&[entry(ANN, "1", "a")], &HashMap::new(), HashMap::new(), &Files::new());
        assert_eq!(numbers(&plan), [Err(AppendError::NotMember)]);
    }
}
