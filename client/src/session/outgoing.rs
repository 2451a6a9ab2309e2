//! What the user sends, on its way: in order and one at a time to each conversation, so that nothing overtakes another.

use crate::event::{Content, Outgoing, OutgoingState};
use chat_protocol::{
    Body, Call, ClientId, ConversationId, Delete, Edit, ErrorCode, Open, React, Send, Target, UserName,
};
use std::collections::HashSet;
use std::time::{Duration, Instant};

/// How long to wait when the server says "later" without saying when.
const LATER: Duration = Duration::from_secs(1);

#[derive(Debug)]
struct Item {
    client_id: ClientId,
    target: Target,
    content: Content,
    state: State,
    /// Whether the disk has it with this target.
    is_kept: bool,
    /// Whether all is known that has changed in what it quotes.
    is_quote_current: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Waiting,
    InFlight,
    /// The server or the disk said "later".
    Resting(Instant),
    Failed,
}

/// All messages that are not in the log yet.
#[derive(Debug, Default)]
pub struct OutgoingQueue {
    items: Vec<Item>,
}

impl OutgoingQueue {
    /// Adds a message or a change of one. It has failed already when there is no way to ask the server for it.
    pub fn push(&mut self, client_id: ClientId, target: Target, content: Content) -> Outgoing {
        let (is_kept, is_quote_current) = (true, true);
        let mut item = Item { client_id, target, content, state: State::Waiting, is_kept, is_quote_current };
        let mut told = item.told(OutgoingState::Queued);
        if item.call().is_none() {
            item.state = State::Failed;
            let message = "the conversation of the message that is to be changed is not known".to_owned();
            told.state = OutgoingState::Failed { code: ErrorCode::UnknownConversation, message };
        }
        self.items.push(item);
        told
    }

    /// What can be asked now: to store what goes to a conversation, or which one a name stands for. That may be any: what is behind it
    /// waits until this is known.
    pub fn ready(&mut self, now: Instant) -> Vec<(ClientId, Call)> {
        let mut ready = Vec::new();
        for at in self.heads() {
            let item = &mut self.items[at];
            let may_go = match item.state {
                State::Waiting => item.is_kept,
                State::Resting(until) => item.is_kept && until <= now,
                State::InFlight | State::Failed => false,
            };
            if may_go && let Some(call) = item.call() {
                item.state = State::InFlight;
                ready.push((item.client_id.clone(), call));
            }
        }
        ready
    }

    /// Where those stand that nothing is to go before.
    fn heads(&self) -> Vec<usize> {
        let mut busy = HashSet::new();
        let mut is_name_ahead = false;
        let mut heads = Vec::new();
        for (at, item) in self.items.iter().enumerate().filter(|(_, item)| item.state != State::Failed) {
            let (is_named, is_nobodys) = match &item.target {
                Target::Conversation(_) => (false, false),
                Target::Group(_) => (true, false),
                Target::To(user) => (true, user.is_tombstone()),
            };
            is_name_ahead |= is_named && !is_nobodys;
            if busy.insert(&item.target) && (is_named || !is_name_ahead) {
                heads.push(at);
            }
        }
        heads
    }

    /// From here on changes in a conversation are told one by one, but not all until now were.
    pub fn lose_quotes(&mut self, conversation: ConversationId) {
        let there = self.items.iter_mut().filter(|item| item.is_for(conversation));
        there.for_each(|item| item.is_quote_current = false);
    }

    /// Whether a message quotes something, and it is not known what that says by now.
    pub fn has_lost_quote(&self, client_id: &ClientId) -> bool {
        let item = self.items.iter().find(|item| item.client_id == *client_id);
        item.is_some_and(|item| {
            matches!(item.content, Content::Message { reply_to: Some(_), .. }) && !item.is_quote_current
        })
    }

    /// A message has changed that replies may quote.
    pub fn quotes_follow(&mut self, conversation: ConversationId, change: &Body) {
        for item in self.items.iter_mut().filter(|item| item.is_for(conversation)) {
            if let Content::Message { reply_to: Some(quote), .. } = &mut item.content {
                quote.apply(change);
            }
        }
    }

    /// The server has said which conversation is meant.
    pub fn answered(&mut self, client_id: &ClientId) {
        let in_flight = |item: &&mut Item| item.client_id == *client_id && item.state == State::InFlight;
        if let Some(item) = self.items.iter_mut().find(in_flight) {
            item.state = State::Waiting;
        }
    }

    /// All that was for a name is for this from here on. Gives what the disk has otherwise; it goes once the disk knows.
    pub fn retarget(&mut self, is_meant: impl Fn(&Target) -> bool, target: &Target) -> Vec<Outgoing> {
        let mut moved = Vec::new();
        for item in self.items.iter_mut().filter(|item| is_meant(&item.target)) {
            item.target = target.clone();
            if item.state == State::Failed {
                continue;
            }
            item.is_kept = false;
            if matches!(item.state, State::Resting(_)) {
                item.state = State::Waiting;
            }
            moved.push(item.told(OutgoingState::Queued));
        }
        moved
    }

    /// The disk has taken this, or not; then it is asked again later.
    pub fn handle_kept(&mut self, client_id: &ClientId, is_kept: bool, now: Instant) {
        let waiting = |item: &&mut Item| item.client_id == *client_id && item.state != State::Failed;
        if let Some(item) = self.items.iter_mut().find(waiting) {
            item.is_kept = is_kept;
            if !is_kept {
                item.state = State::Resting(now + LATER);
            }
        }
    }

    /// What the disk is to be asked for again.
    pub fn take_unkept(&mut self, now: Instant) -> Vec<Outgoing> {
        let has_rested =
            |item: &&mut Item| !item.is_kept && matches!(item.state, State::Resting(until) if until <= now);
        let rested = self.items.iter_mut().filter(has_rested);
        rested
            .map(|item| {
                item.state = State::Waiting;
                item.told(OutgoingState::Queued)
            })
            .collect()
    }

    /// Somebody has gone: nothing is left of what replies quote of them.
    pub fn quotes_forget(&mut self, is_there: impl Fn(&Target) -> bool, user: &UserName, now: &UserName) {
        for item in self.items.iter_mut().filter(|item| is_there(&item.target)) {
            if let Content::Message { reply_to: Some(quote), .. } = &mut item.content {
                quote.forget_user(user, now);
            }
        }
    }

    /// When something can be done for the next message that rests: not for one that others must go before.
    pub fn deadline(&self) -> Option<Instant> {
        let heads = self.heads();
        let rests = self.items.iter().enumerate().filter_map(|(at, item)| match item.state {
            State::Resting(until) if !item.is_kept || heads.binary_search(&at).is_ok() => Some(until),
            _ => None,
        });
        rests.min()
    }

    /// Whether those in flight arrived is unknown: they go again, under their ids.
    pub fn handle_disconnected(&mut self) {
        let in_flight = self.items.iter_mut().filter(|item| item.state == State::InFlight);
        in_flight.for_each(|item| item.state = State::Waiting);
    }

    /// The message is in the log.
    pub fn acknowledged(&mut self, client_id: &ClientId, state: OutgoingState) -> Option<Outgoing> {
        self.remove(client_id).map(|item| item.told(state))
    }

    /// The server refused the message. Told only when that is final.
    pub fn refused(
        &mut self,
        client_id: &ClientId,
        code: ErrorCode,
        message: String,
        retry_after_ms: Option<u64>,
        now: Instant,
    ) -> Option<Outgoing> {
        let item = self.items.iter_mut().find(|item| item.client_id == *client_id)?;
        if code.is_retryable() {
            item.state = State::Resting(now + retry_after_ms.map_or(LATER, Duration::from_millis));
            return None;
        }
        item.state = State::Failed;
        Some(item.told(OutgoingState::Failed { code, message }))
    }

    /// Tries a failed message again, behind all others.
    pub fn retry(&mut self, client_id: &ClientId) -> Option<Outgoing> {
        let failed = |item: &Item| item.client_id == *client_id && item.state == State::Failed;
        let at = self.items.iter().position(failed)?;
        let Item { client_id, target, content, .. } = self.items.remove(at);
        Some(self.push(client_id, target, content))
    }

    /// Takes a message back.
    pub fn discard(&mut self, client_id: &ClientId) -> Option<Outgoing> {
        self.remove(client_id).map(|item| item.told(OutgoingState::Discarded))
    }

    /// The message with this id.
    pub fn find(&self, client_id: &ClientId) -> Option<Outgoing> {
        let item = self.items.iter().find(|item| item.client_id == *client_id)?;
        Some(item.told(OutgoingState::Queued))
    }

    fn remove(&mut self, client_id: &ClientId) -> Option<Item> {
        let at = self.items.iter().position(|item| item.client_id == *client_id)?;
        Some(self.items.remove(at))
    }
}

impl Item {
    /// What it has come to.
    fn told(&self, state: OutgoingState) -> Outgoing {
        let (client_id, target, content) =
            (self.client_id.clone(), self.target.clone(), self.content.clone());
        Outgoing { client_id, target, content, state }
    }

    fn is_for(&self, conversation: ConversationId) -> bool {
        self.target == Target::Conversation(conversation)
    }

    /// The request for it, or for the conversation that a name stands for. A change is in a conversation with an id; to a name alone
    /// there is none.
    fn call(&self) -> Option<Call> {
        let client_id = self.client_id.clone();
        let conversation = match (&self.target, &self.content) {
            (Target::Conversation(id), _) => *id,
            (named, Content::Message { .. }) => return Some(Call::Open(Open { target: named.clone() })),
            _ => return None,
        };
        Some(match self.content.clone() {
            Content::Message { text, file, reply_to } => Call::Send(Send {
                target: self.target.clone(),
                client_id,
                text,
                file: file.map(|file| file.id),
                reply_to: reply_to.map(|quote| quote.seq),
            }),
            Content::Edit { seq, text } => Call::Edit(Edit { conversation, seq, client_id, text }),
            Content::Deletion { seq } => Call::Delete(Delete { conversation, seq, client_id }),
            Content::Reaction { seq, emoji, removed } => {
                Call::React(React { conversation, seq, client_id, emoji, removed })
            }
        })
    }
}

#[cfg(test)]
#[allow(clippy::disallowed_methods)] // Any instant will do to count from.
mod tests {
    use super::*;

    fn text(queue: &mut OutgoingQueue, client_id: &str, target: Target) -> ClientId {
        let client_id: ClientId = client_id.parse().unwrap();
        queue.push(client_id.clone(), target, Content::text("hello"));
        client_id
    }

    fn ids(ready: Vec<(ClientId, Call)>) -> Vec<ClientId> {
        ready.into_iter().map(|(client_id, _)| client_id).collect()
    }

    #[test]
    fn nothing_is_to_be_done_for_what_rests_behind_another() {
        let (mut queue, now) = (OutgoingQueue::default(), Instant::now());
        let there = Target::Conversation(ConversationId::from_bits(7));
        let bob = Target::To("bob".parse().unwrap());
        let first = text(&mut queue, "first", there.clone());
        let second = text(&mut queue, "second", bob.clone());
        assert_eq!(ids(queue.ready(now)), [first.clone(), second.clone()]);
        for message in queue.retarget(|target| *target == bob, &there) {
            queue.handle_kept(&message.client_id, true, now);
        }
        queue.refused(&second, ErrorCode::Busy, String::new(), Some(500), now);
        assert_eq!(queue.deadline(), None, "the first is in flight");
        queue.refused(&first, ErrorCode::RateLimited, String::new(), Some(30_000), now);
        assert_eq!(queue.deadline(), Some(now + Duration::from_secs(30)));
    }

    #[test]
    fn a_departed_name_that_the_disk_does_not_take_holds_up_nobody_else() {
        let (mut queue, now) = (OutgoingQueue::default(), Instant::now());
        let (bob, gone) = (Target::To("bob".parse().unwrap()), Target::To("deleted-1".parse().unwrap()));
        text(&mut queue, "to-bob", bob.clone());
        queue.retarget(|target| *target == bob, &gone);
        let other = text(&mut queue, "to-another", Target::Conversation(ConversationId::from_bits(7)));
        assert_eq!(ids(queue.ready(now)), [other]);
    }
}
