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
    /// Whether all is known that has changed in what it quotes.
    is_quote_current: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Waiting,
    InFlight,
    /// The server said "later".
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
        let is_quote_current = true;
        let mut item = Item { client_id, target, content, state: State::Waiting, is_quote_current };
        let mut told = item.told(OutgoingState::Queued);
        if item.call().is_none() {
            item.state = State::Failed;
            let message = "the conversation of the message that is to be changed is not known".to_owned();
            told.state = OutgoingState::Failed { code: ErrorCode::UnknownConversation, message };
        }
        self.items.push(item);
        told
    }

    /// What can be asked now: to store what goes to a conversation that is known by its id; else, which one is meant. `lane` is what
    /// a target's conversation is known by, whichever way it is given.
    pub fn ready(&mut self, now: Instant, lane: impl Fn(&Target) -> Target) -> Vec<(ClientId, Call)> {
        let mut busy = HashSet::new();
        let mut ready = Vec::new();
        for item in self.items.iter_mut().filter(|item| item.state != State::Failed) {
            if !busy.insert(lane(&item.target)) {
                continue;
            }
            let may_go = match item.state {
                State::Waiting => true,
                State::Resting(until) => until <= now,
                State::InFlight | State::Failed => false,
            };
            if may_go && let Some(call) = item.call() {
                item.state = State::InFlight;
                ready.push((item.client_id.clone(), call));
            }
        }
        ready
    }

    /// From here on changes in a conversation are told one by one, but not all until now were.
    pub fn lose_quotes(&mut self, is_there: impl Fn(&Target) -> bool) {
        let there = self.items.iter_mut().filter(|item| is_there(&item.target));
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
    pub fn quotes_follow(&mut self, is_there: impl Fn(&Target) -> bool, change: &Body) {
        for item in self.items.iter_mut().filter(|item| is_there(&item.target)) {
            if let Content::Message { reply_to: Some(quote), .. } = &mut item.content {
                quote.apply(change);
            }
        }
    }

    /// The server was asked which conversation this is for. All that is for the same name goes there from here on, whoever may be
    /// called so later.
    pub fn aim(&mut self, client_id: &ClientId, conversation: ConversationId) -> Vec<Outgoing> {
        let Some(asked) = self.items.iter_mut().find(|item| item.client_id == *client_id) else {
            return Vec::new();
        };
        asked.state = State::Waiting;
        let named = asked.target.clone();
        let meant = |item: &&mut Item| item.target == named && item.state != State::Failed;
        let meant = self.items.iter_mut().filter(meant);
        meant.map(|item| item.aimed(conversation)).collect()
    }

    /// Somebody has gone: what is theirs has another name.
    pub fn forget_user(&mut self, user: &UserName, now: &UserName) {
        for item in &mut self.items {
            if let Content::Message { reply_to: Some(quote), .. } = &mut item.content {
                quote.forget_user(user, now);
            }
        }
    }

    /// When the next message has rested.
    pub fn deadline(&self) -> Option<Instant> {
        let rests = self.items.iter().filter_map(|item| match item.state {
            State::Resting(until) => Some(until),
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

    fn aimed(&mut self, conversation: ConversationId) -> Outgoing {
        self.target = Target::Conversation(conversation);
        self.told(OutgoingState::Queued)
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
