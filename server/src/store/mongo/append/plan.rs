//! What a batch comes to: which entries to write under which numbers, and what each sender is told. Pure.
#![deny(clippy::disallowed_methods)]

use super::super::blanking::Deletion;
use super::super::documents::{EntryDocument, EntryKey, told};
use super::targets::Targets;
use crate::store::target::{check, wanted};
use crate::store::{AppendError, Appended, NewBody, NewEntry, Target, UserId};
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

/// An entry that is in a log already.
#[derive(Debug, Clone)]
pub struct Known {
    pub seq: Seq,
    pub at: UnixMillis,
    pub body: NewBody,
    pub file: Option<Box<Attachment>>,
    /// The number and the time of the deletion that took its text away.
    pub gone: Option<(Seq, UnixMillis)>,
    /// Its members may never have been told of it.
    pub untold: bool,
}

impl Known {
    /// Whether this is what the sender sends again. A text that is gone cannot be compared any more.
    fn is(&self, entry: &NewEntry, targets: &Targets) -> bool {
        let message = self.body.target().unwrap_or(self.seq);
        let is_deleted = |target: &Target| target.message.deleted_at.is_some();
        let is_gone = || self.gone.is_some() || targets.get(entry.conversation, message).is_some_and(is_deleted);
        self.body == entry.body || is_alike(&self.body, &entry.body) && is_gone()
    }
}

/// Whether two bodies differ at most by what a deletion takes away.
fn is_alike(one: &NewBody, other: &NewBody) -> bool {
    match (one, other) {
        (NewBody::Message { .. }, NewBody::Message { .. }) => true,
        (NewBody::Edit { target, .. }, NewBody::Edit { target: same, .. }) => target == same,
        _ => false,
    }
}

/// What to write, and what it will mean.
#[derive(Debug, Default)]
pub struct Plan {
    pub entries: Vec<EntryDocument>,
    /// The logs of which readers are shown more, with their new ends.
    pub shown: HashMap<ConversationId, Tail>,
    pub outcomes: Vec<Result<Appended, AppendError>>,
    /// What must be taken away before readers are shown more.
    pub deletions: Vec<Deletion>,
}

/// The files that may be sent, and by whom. None of them goes away while the batch is written.
pub type Files = HashMap<(UserId, FileId), Attachment>;

/// Numbers the entries of a batch in its order.
pub fn plan(
    batch: &[NewEntry],
    mut tails: HashMap<ConversationId, Tail>,
    known: HashMap<SendKey, Known>,
    files: &Files,
    targets: Targets,
) -> Plan {
    for ((conversation, ..), known) in &known {
        if let Some(tail) = tails.get_mut(conversation) {
            tail.reaches(known.seq, known.at);
        }
    }
    let mut draft = Draft { entries: Vec::new(), known, files, targets };
    let mut outcomes = Vec::with_capacity(batch.len());
    for entry in batch {
        outcomes.push(match tails.get_mut(&entry.conversation) {
            Some(tail) if tail.members.contains(&entry.sender) => draft.place(entry, tail),
            _ => Err(AppendError::NotMember),
        });
    }
    tails.retain(|_, tail| tail.head > tail.shown);
    let deletions = draft.entries.iter().filter_map(Deletion::of).collect();
    Plan { entries: draft.entries, shown: tails, outcomes, deletions }
}

/// A plan that is being made.
struct Draft<'a> {
    entries: Vec<EntryDocument>,
    known: HashMap<SendKey, Known>,
    files: &'a Files,
    targets: Targets,
}

impl Draft<'_> {
    fn place(&mut self, entry: &NewEntry, tail: &mut Tail) -> Result<Appended, AppendError> {
        let send = (entry.conversation, entry.sender, entry.client_id.clone());
        let members = Arc::clone(&tail.members);
        if let Some(first) = self.known.get_mut(&send) {
            let untold = std::mem::take(&mut first.untold);
            if !first.is(entry, &self.targets) {
                return Err(AppendError::IdConflict);
            }
            let (seq, at) = (first.seq, first.at);
            let (body, file, gone) = (&first.body, &first.file, first.gone);
            let fresh = untold.then(|| quoting(told(body.clone(), file.clone(), gone), self.target(entry)));
            return Ok(Appended { seq, at, members, fresh });
        }
        let file = self.file(entry)?;
        check(&entry.body, entry.sender, self.target(entry))?;
        let (seq, at) = (tail.head.next(), entry.at.max(tail.activity));
        let (key, send_of) = (EntryKey::new(entry.conversation, seq), (entry.sender, &entry.client_id));
        self.entries.push(EntryDocument::new(key, at, send_of, &entry.body, file.as_deref()));
        let body = entry.body.clone();
        let fresh = quoting(told(body.clone(), file.clone(), None), self.target(entry));
        self.known.insert(send, Known { seq, at, body, file, gone: None, untold: false });
        self.targets.take((entry.conversation, seq), at, entry.sender, &fresh);
        tail.reaches(seq, at);
        Ok(Appended { seq, at, members, fresh: Some(fresh) })
    }

    fn file(&self, entry: &NewEntry) -> Result<Option<Box<Attachment>>, AppendError> {
        let NewBody::Message { file: Some(id), .. } = entry.body else { return Ok(None) };
        let found = self.files.get(&(entry.sender, id)).ok_or(AppendError::UnknownFile)?;
        Ok(Some(Box::new(found.clone())))
    }

    fn target(&self, entry: &NewEntry) -> Option<&Target> {
        self.targets.get(entry.conversation, wanted(&entry.body)?)
    }
}

/// The body with the beginning of the message that it answers.
fn quoting(mut body: Body, origin: Option<&Target>) -> Body {
    if let (Body::Message(message), Some(origin)) = (&mut body, origin)
        && message.deleted_at.is_none()
    {
        message.reply_to = Some(origin.quote());
    }
    body
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
