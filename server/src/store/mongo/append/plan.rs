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
    /// The last number that is taken.
    pub head: Seq,
    /// The last number that readers have been shown.
    pub shown: Seq,
    /// The last entry's time.
    pub activity: UnixMillis,
    pub members: Arc<[UserId]>,
}

impl Tail {
    /// There is an entry with this number and time.
    pub fn reaches(&mut self, seq: Seq, at: UnixMillis) {
        self.head = self.head.max(seq);
        self.activity = self.activity.max(at);
    }
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
    /// The logs of which readers are shown more, with their new ends.
    pub shown: HashMap<ConversationId, Tail>,
    pub outcomes: Vec<Result<Appended, AppendError>>,
}

/// The files that may be sent, and by whom. None of them goes away while the batch is written.
pub type Files = HashMap<(UserId, FileId), Attachment>;

/// Numbers the entries of a batch in its order.
pub fn plan(
    batch: &[NewEntry],
    mut tails: HashMap<ConversationId, Tail>,
    mut known: HashMap<SendKey, Known>,
    files: &Files,
) -> Plan {
    for ((conversation, ..), known) in &known {
        if let Some(tail) = tails.get_mut(conversation) {
            tail.reaches(known.seq, known.at);
        }
    }
    let (mut entries, mut outcomes) = (Vec::new(), Vec::with_capacity(batch.len()));
    for entry in batch {
        outcomes.push(match tails.get_mut(&entry.conversation) {
            Some(tail) if tail.members.contains(&entry.sender) => {
                place(&mut entries, &mut known, files, entry, tail)
            }
            _ => Err(AppendError::NotMember),
        });
    }
    tails.retain(|_, tail| tail.head > tail.shown);
    Plan { entries, shown: tails, outcomes }
}

fn place(
    entries: &mut Vec<EntryDocument>,
    known: &mut HashMap<SendKey, Known>,
    files: &Files,
    entry: &NewEntry,
    tail: &mut Tail,
) -> Result<Appended, AppendError> {
    let Body::Message { text, .. } = &entry.body else { return Err(AppendError::Unavailable) };
    let members = Arc::clone(&tail.members);
    let send = (entry.conversation, entry.sender, entry.client_id.clone());
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
            Some(Box::new(found.clone()))
        }
    };
    let (seq, at) = (tail.head.next(), entry.at.max(tail.activity));
    entries.push(EntryDocument {
        id: EntryKey::new(entry.conversation, seq),
        at: number(at),
        by: entry.sender.0,
        client_id: entry.client_id.to_string(),
        text: text.clone(),
        file: file.as_deref().map(attached),
    });
    known.insert(send, Known { seq, at, text: text.clone(), file: file.clone(), untold: false });
    tail.reaches(seq, at);
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
        HashMap::from([(
            TALK,
            Tail { head: Seq::new(7).unwrap(), shown: Seq::new(7).unwrap(), activity: 12, members },
        )])
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
        let plan = plan(&batch, tails(), HashMap::new(), &Files::new());
        let (outsider, conflict) = (Err(AppendError::NotMember), Err(AppendError::IdConflict));
        assert_eq!(numbers(&plan), [Ok((8, true)), outsider, Ok((9, true)), Ok((8, false)), conflict]);
        assert_eq!(
            plan.entries.iter().map(|entry| (entry.id.seq, entry.at)).collect::<Vec<_>>(),
            [(8, 12), (9, 12)]
        );
        assert_eq!(plan.shown[&TALK].head.get(), 9);
    }

    #[test]
    fn what_is_in_the_log_is_not_written_again_and_told_at_most_once_more() {
        let batch = [entry(ANN, "k", "old"), entry(ANN, "k", "old"), entry(ANN, "k", "new")];
        for untold in [false, true] {
            let plan = plan(&batch, tails(), known(untold), &Files::new());
            assert_eq!(numbers(&plan), [Ok((3, untold)), Ok((3, false)), Err(AppendError::IdConflict)]);
            assert!(plan.entries.is_empty() && plan.shown.is_empty());
        }
    }

    #[test]
    fn nobody_writes_into_a_conversation_that_is_not_there() {
        let plan = plan(&[entry(ANN, "1", "a")], HashMap::new(), HashMap::new(), &Files::new());
        assert_eq!(numbers(&plan), [Err(AppendError::NotMember)]);
    }

    #[test]
    fn an_entry_that_nobody_was_shown_is_shown_before_it_is_acknowledged() {
        let mut tails = tails();
        tails.get_mut(&TALK).unwrap().shown = Seq::new(2).unwrap();
        tails.get_mut(&TALK).unwrap().head = Seq::new(2).unwrap();
        let plan = plan(&[entry(ANN, "k", "old"), entry(BOB, "2", "b")], tails, known(false), &Files::new());
        assert_eq!(
            numbers(&plan),
            [Ok((3, false)), Ok((4, true))],
            "the one that was found is not overwritten"
        );
        assert_eq!(plan.shown[&TALK].head.get(), 4);
    }
}
