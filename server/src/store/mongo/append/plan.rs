//! What a batch comes to: which entries to write under which numbers, and what each sender is told. Pure.
#![deny(clippy::disallowed_methods)]

use super::super::blanking::Deletion;
use super::super::documents::{EntryDocument, EntryKey, told};
use super::super::effects::Effects;
use super::group::{Counts, Group};
use super::known::Known;
use super::names::Claims;
use super::tail::Tail;
use super::targets::Targets;
use crate::domain::{Act, Mentions, Verdict};
use crate::store::target::{act, check, wanted};
use crate::store::{AppendError, Appended, NewBody, NewEntry, Target, UserId};
use chat_protocol::{
    Attachment, Body, ClientId, ConversationId, FileId, GroupChange, MemberChange, Seq, UserName,
};
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

/// What the store holds unique for ever.
pub type SendKey = (ConversationId, UserId, ClientId);

/// What to write, and what it will mean.
#[derive(Debug, Default)]
pub struct Plan {
    pub entries: Vec<EntryDocument>,
    /// The logs of which readers are shown more, with their new ends.
    pub shown: HashMap<ConversationId, Tail>,
    pub outcomes: Vec<Result<Appended, AppendError>>,
    /// What must take effect before readers are shown more.
    pub effects: Effects,
}

/// The files that may be sent, and by whom. None of them goes away while the batch is written.
pub type Files = HashMap<(UserId, FileId), Attachment>;

/// What was found for a batch.
#[derive(Debug, Default)]
pub struct Facts {
    pub files: Files,
    pub targets: Targets,
    /// Of those whom changes of members name, and of whom texts may mention.
    pub names: HashMap<UserId, UserName>,
    /// Those whom texts may mention, by their names.
    pub people: HashMap<UserName, UserId>,
    pub claims: Claims,
    pub counts: Counts,
    /// Who has blocked those who bring others into groups.
    pub blockers: HashMap<UserId, HashSet<UserId>>,
}

/// Numbers the entries of a batch in its order.
pub fn plan(
    batch: &[NewEntry],
    mut tails: HashMap<ConversationId, Tail>,
    known: HashMap<SendKey, Known>,
    facts: Facts,
) -> Plan {
    for ((conversation, ..), known) in &known {
        if let Some(tail) = tails.get_mut(conversation) {
            tail.reaches(known.seq, known.at);
        }
    }
    let mut draft = Draft { entries: Vec::new(), effects: Effects::default(), known, facts };
    let mut outcomes = Vec::with_capacity(batch.len());
    for entry in batch {
        outcomes.push(match tails.get_mut(&entry.conversation) {
            Some(tail) => draft.place(entry, tail),
            None => Err(AppendError::NotMember),
        });
    }
    tails.retain(|_, tail| tail.head > tail.shown);
    let deletions = draft.entries.iter().filter_map(Deletion::of).collect();
    let effects = Effects { deletions, ..draft.effects };
    Plan { entries: draft.entries, shown: tails, outcomes, effects }
}

/// A plan that is being made.
struct Draft {
    entries: Vec<EntryDocument>,
    effects: Effects,
    known: HashMap<SendKey, Known>,
    facts: Facts,
}

impl Draft {
    fn place(&mut self, entry: &NewEntry, tail: &mut Tail) -> Result<Appended, AppendError> {
        let send = (entry.conversation, entry.sender, entry.client_id.clone());
        if self.known.contains_key(&send) {
            return self.repeated(&send, entry, tail);
        }
        let body = self.body(entry, tail)?;
        let file = self.file(entry)?;
        let trusted = tail.may(entry.sender, Act::DeleteOthers) == Verdict::Yes;
        let target = self.target(entry).filter(|target| tail.shows(entry.sender, target.seq));
        check(&entry.body, entry.sender, trusted, target)?;
        let (seq, at) = (tail.head.next(), entry.at.max(tail.activity));
        let (key, send_of) = (EntryKey::new(entry.conversation, seq), (entry.sender, &entry.client_id));
        let mentions = self.mentions(&body, tail);
        let document = EntryDocument::new(key, at, send_of, &body, file.as_deref());
        self.entries.push(document.mentioning(&mentions));
        let known = Known { seq, at, body, file, mentions, gone: None, untold: false };
        let (names, fresh) = (self.names(&known.mentions), self.told(entry, &known));
        tail.reaches(seq, at);
        self.take(tail, key, entry.sender, &known.body);
        let (gone, members) = (gone(&known.body, tail), Arc::clone(&tail.members));
        self.facts.targets.take((entry.conversation, seq), at, entry.sender, &fresh);
        self.known.insert(send, known);
        Ok(Appended { seq, at, members, gone, mentions: names, fresh: Some(fresh) })
    }

    /// What somebody is told who sends something again, in the conversation or not.
    fn repeated(&mut self, send: &SendKey, entry: &NewEntry, tail: &Tail) -> Result<Appended, AppendError> {
        let Some(first) = self.known.get_mut(send) else { return Err(AppendError::Unavailable) };
        let untold = std::mem::take(&mut first.untold);
        if !first.is(entry, &self.facts.targets) {
            return Err(AppendError::IdConflict);
        }
        let (known, seq, at) = (first.clone(), first.seq, first.at);
        let gone = if untold { gone(&known.body, tail) } else { Vec::new() };
        let fresh = untold.then(|| self.told(entry, &known));
        let mentions = self.names(&known.mentions);
        Ok(Appended { seq, at, members: Arc::clone(&tail.members), gone, mentions, fresh })
    }

    /// What of the entry is appended, if its sender may say it.
    fn body(&self, entry: &NewEntry, tail: &Tail) -> Result<NewBody, AppendError> {
        if let (NewBody::Group(change), Some(group), Seq::ZERO) = (&entry.body, &tail.group, tail.head)
            && group.may_begin(entry.sender, change)
        {
            self.check_name(entry, group, change)?;
            return Ok(entry.body.clone());
        }
        match tail.may(entry.sender, act(&entry.body)) {
            Verdict::Yes => {}
            Verdict::No => return Err(AppendError::NotAllowed),
            Verdict::Blocked => return Err(AppendError::Blocked),
            Verdict::Gone => return Err(AppendError::PeerGone),
            Verdict::Unseen => return Err(AppendError::NotMember),
        }
        match (&entry.body, &tail.group) {
            (NewBody::Group(change), Some(group)) => {
                if change.public.is_some() {
                    // It would make a group, and there is one.
                    return Err(AppendError::IdConflict);
                }
                if !group.is_changed_by(change) {
                    return Err(AppendError::NoChange);
                }
                self.check_name(entry, group, change)?;
                Ok(entry.body.clone())
            }
            (NewBody::Members { change, users }, Some(group)) => {
                let users = group.concerned(entry.sender, *change, users, &self.facts.counts)?;
                if *change == MemberChange::Added && self.is_blocked_by(entry.sender, &users) {
                    return Err(AppendError::Blocked);
                }
                Ok(NewBody::Members { change: *change, users })
            }
            (other, _) => Ok(other.clone()),
        }
    }

    fn is_blocked_by(&self, sender: UserId, users: &[UserId]) -> bool {
        let blockers = self.facts.blockers.get(&sender);
        blockers.is_some_and(|blockers| users.iter().any(|user| blockers.contains(user)))
    }

    fn check_name(&self, entry: &NewEntry, group: &Group, change: &GroupChange) -> Result<(), AppendError> {
        let Some(name) = group.public_name(change) else { return Ok(()) };
        let is_claimed = self.facts.claims.contains(&(entry.conversation, name.to_owned()));
        if is_claimed { Ok(()) } else { Err(AppendError::NameTaken) }
    }

    fn take(&mut self, tail: &mut Tail, key: EntryKey, by: UserId, body: &NewBody) {
        if let NewBody::Members { change: MemberChange::Added | MemberChange::Joined, users } = body {
            for user in users {
                *self.facts.counts.entry(*user).or_default() += 1;
            }
        }
        if let Some(change) = tail.take(key, by, body) {
            self.effects.add(change);
        }
    }

    fn file(&self, entry: &NewEntry) -> Result<Option<Box<Attachment>>, AppendError> {
        let NewBody::Message { file: Some(id), .. } = entry.body else { return Ok(None) };
        let found = self.facts.files.get(&(entry.sender, id)).ok_or(AppendError::UnknownFile)?;
        Ok(Some(Box::new(found.clone())))
    }

    fn target(&self, entry: &NewEntry) -> Option<&Target> {
        self.facts.targets.get(entry.conversation, wanted(&entry.body)?)
    }

    /// Whom a message mentions of those who are in its conversation.
    fn mentions(&self, body: &NewBody, tail: &Tail) -> Vec<UserId> {
        let NewBody::Message { text, .. } = body else { return Vec::new() };
        let named = |name: &str| self.facts.people.get(name).copied().filter(|user| tail.has(*user));
        Mentions::of(text).resolve(named)
    }

    /// What the members are told.
    fn told(&self, entry: &NewEntry, known: &Known) -> Body {
        let Known { body, file, mentions, gone, .. } = known.clone();
        let users = if let NewBody::Members { users, .. } = &body { users } else { &mentions };
        let names = self.names(users);
        quoting(told(body, file, gone, names), self.target(entry))
    }

    fn names(&self, users: &[UserId]) -> Vec<UserName> {
        users.iter().filter_map(|user| self.facts.names.get(user).cloned()).collect()
    }
}

/// Who is put out by an entry, or leaves with it.
fn gone(body: &NewBody, tail: &Tail) -> Vec<UserId> {
    match body {
        NewBody::Members { change: MemberChange::Removed | MemberChange::Left, users } => {
            users.iter().filter(|user| tail.may(**user, Act::Talk) != Verdict::Yes).copied().collect()
        }
        _ => Vec::new(),
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
    use crate::domain::Standing;
    use chat_protocol::Message;

    const TALK: ConversationId = ConversationId::from_bits(1);
    const ANN: UserId = UserId(1);
    const BOB: UserId = UserId(2);

    fn entry(sender: UserId, client_id: &str, text: &str) -> NewEntry {
        does(sender, client_id, said(text))
    }

    fn said(text: &str) -> NewBody {
        NewBody::Message { text: text.to_owned(), file: None, reply_to: None }
    }

    fn does(sender: UserId, client_id: &str, body: NewBody) -> NewEntry {
        NewEntry { conversation: TALK, sender, client_id: client_id.parse().unwrap(), at: 10, body }
    }

    fn seq(number: u64) -> Seq {
        Seq::new(number).unwrap()
    }

    /// What a batch that changes nothing comes to.
    fn planned(
        batch: &[NewEntry],
        tails: HashMap<ConversationId, Tail>,
        known: HashMap<SendKey, Known>,
    ) -> Plan {
        plan(batch, tails, known, Facts::default())
    }

    fn tails() -> HashMap<ConversationId, Tail> {
        let members = Arc::from([ANN, BOB]);
        let (first, head, shown, activity) = (seq(1), seq(7), seq(7), 12);
        let (of_two, group) = (Standing::Member, None);
        HashMap::from([(TALK, Tail { first, head, shown, activity, members, of_two, group })])
    }

    fn known(untold: bool) -> HashMap<SendKey, Known> {
        let known = Known { seq: seq(3), body: said("old"), untold, ..sent() };
        HashMap::from([((TALK, ANN, "k".parse().unwrap()), known)])
    }

    /// A message that nobody was told of.
    fn sent() -> Known {
        let (file, mentions) = (None, Vec::new());
        Known { seq: seq(6), at: 5, body: said(""), file, mentions, gone: None, untold: true }
    }

    fn numbers(plan: &Plan) -> Vec<Result<(u64, bool), AppendError>> {
        plan.outcomes
            .iter()
            .map(|one| one.as_ref().map(|done| (done.seq.get(), done.is_fresh())).map_err(|e| *e))
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
        let plan = planned(&batch, tails(), HashMap::new());
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
            let plan = planned(&batch, tails(), known(untold));
            assert_eq!(numbers(&plan), [Ok((3, untold)), Ok((3, false)), Err(AppendError::IdConflict)]);
            assert!(plan.entries.is_empty() && plan.shown.is_empty());
        }
    }

    #[test]
    fn those_who_are_there_are_mentioned() {
        let eve = UserId(3);
        let names: HashMap<UserId, UserName> = [(ANN, "ann"), (BOB, "bob"), (eve, "eve")]
            .map(|(user, name)| (user, name.parse().unwrap()))
            .into();
        let people = names.iter().map(|(user, name)| (name.clone(), *user)).collect();
        let told = || Known { body: said("@bob"), mentions: vec![BOB], ..sent() };
        let known = HashMap::from([((TALK, ANN, "k".parse().unwrap()), told())]);
        let batch = [entry(ANN, "1", "@eve @bob, @ann!"), entry(ANN, "2", "x"), entry(ANN, "k", "@bob")];
        let plan = plan(&batch, tails(), known, Facts { names, people, ..Facts::default() });
        let written: Vec<_> = plan.entries.iter().map(EntryDocument::mentions).collect();
        assert_eq!(written, [vec![BOB, ANN], vec![]]);
        let told = plan.outcomes.iter().map(|one| match &one.as_ref().unwrap().fresh {
            Some(Body::Message(message)) => message.mentions.iter().map(UserName::as_str).collect(),
            other => panic!("{other:?}"),
        });
        assert_eq!(told.collect::<Vec<Vec<_>>>(), [vec!["bob", "ann"], vec![], vec!["bob"]]);
    }

    #[test]
    fn nobody_writes_into_a_conversation_that_is_not_there() {
        let plan = planned(&[entry(ANN, "1", "a")], HashMap::new(), HashMap::new());
        assert_eq!(numbers(&plan), [Err(AppendError::NotMember)]);
    }

    #[test]
    fn an_entry_that_nobody_was_shown_is_shown_before_it_is_acknowledged() {
        let mut tails = tails();
        tails.get_mut(&TALK).unwrap().shown = seq(2);
        tails.get_mut(&TALK).unwrap().head = seq(2);
        let plan = planned(&[entry(ANN, "k", "old"), entry(BOB, "2", "b")], tails, known(false));
        assert_eq!(
            numbers(&plan),
            [Ok((3, false)), Ok((4, true))],
            "the one that was found is not overwritten"
        );
        assert_eq!(plan.shown[&TALK].head.get(), 4);
    }

    fn anns(text: &str) -> (ConversationId, Target) {
        let (sender, from, message) = (ANN, "ann".parse().unwrap(), Message::of(text));
        (TALK, Target { seq: seq(5), sender, from, message, changes: 0 })
    }

    /// What a batch comes to about one message of ann's.
    fn about(batch: &[NewEntry], message: (ConversationId, Target), known: HashMap<SendKey, Known>) -> Plan {
        let targets = Targets::of(batch, &[(ANN, "ann"), (BOB, "bob")], vec![message]);
        plan(batch, tails(), known, Facts { targets, ..Facts::default() })
    }

    #[test]
    fn what_a_batch_does_to_a_message_holds_for_what_comes_after_it() {
        let target = seq(5);
        let reply = NewBody::Message { text: "yes".to_owned(), file: None, reply_to: Some(target) };
        let edit = || NewBody::Edit { target, text: "better".to_owned() };
        let batch = [
            does(ANN, "1", edit()),
            does(BOB, "2", reply.clone()),
            does(BOB, "3", edit()),
            does(ANN, "4", NewBody::Deletion { target }),
            does(BOB, "5", reply),
            does(ANN, "1", edit()),
            does(BOB, "6", NewBody::Edit { target: seq(9), text: "yes!".to_owned() }),
        ];
        let plan = about(&batch, anns("good"), HashMap::new());
        let (not_yours, deleted) = (Err(AppendError::NotYours), Err(AppendError::MessageDeleted));
        let (eight, nine, ten) = (Ok((8, true)), Ok((9, true)), Ok((10, true)));
        let repeated = Ok((8, false));
        assert_eq!(numbers(&plan), [eight, nine, not_yours, ten, deleted, repeated, Ok((11, true))]);
        let Some(Body::Message(answer)) = &plan.outcomes[1].as_ref().unwrap().fresh else { panic!("fresh") };
        assert_eq!(answer.reply_to.as_ref().unwrap().text, "better");
        assert_eq!(plan.effects.deletions.len(), 1);
        assert_eq!(
            plan.entries.iter().map(|entry| entry.target).collect::<Vec<_>>(),
            [Some(5), None, Some(5), Some(9)]
        );
    }

    #[test]
    fn what_is_gone_is_the_same_whatever_it_said() {
        let target = seq(5);
        let edit = |target| does(ANN, "k", NewBody::Edit { target, text: "x".to_owned() });
        let message = entry(ANN, "k", "x");
        let body = NewBody::Edit { target, text: String::new() };
        let edited = |gone| Known { body: body.clone(), gone, ..sent() };
        let sent = |gone| Known { gone, ..sent() };
        let gone = Some((seq(7), 9));
        let (same, conflict) = (true, false);
        for (known, again, expected) in [
            (edited(gone), edit(target), same),
            (edited(None), edit(target), conflict),
            (edited(gone), edit(seq(4)), conflict),
            (edited(gone), message.clone(), conflict),
            (sent(gone), message.clone(), same),
            (sent(None), message, conflict),
            (sent(gone), edit(target), conflict),
        ] {
            let known = HashMap::from([((TALK, ANN, "k".parse().unwrap()), known)]);
            let plan = about(&[again], anns("good"), known);
            assert_eq!(plan.outcomes[0].is_ok(), expected, "{:?}", plan.outcomes);
        }
    }

    #[test]
    fn a_message_that_is_gone_is_told_as_gone() {
        let gone = Some((seq(7), 9));
        let known = Known { gone, ..sent() };
        let known = HashMap::from([((TALK, ANN, "k".parse().unwrap()), known)]);
        let plan = planned(&[entry(ANN, "k", "x")], tails(), known);
        let expected = Message { deleted_at: Some(9), changed: Some(seq(7)), ..Message::default() };
        assert_eq!(plan.outcomes[0].as_ref().unwrap().fresh, Some(Body::Message(expected)));
    }
}
