//! Presence: tells people when those they talk with come and go.
//!
//! A whisper: it is read from the hub at the moment it is told, so a push that comes late is corrected by the next.

use crate::fresh;
use crate::hub::{Hub, Moves};
use crate::store::{ConversationKind, ConversationRow, PeerRow, Store, StoreResult, UserId};
use chat_protocol::{ConversationId, Frame, Peer, Presence, Seq, UserName};
use futures_util::{StreamExt, stream};
use std::collections::HashMap;
use std::collections::hash_map::Entry as Slot;
use std::sync::Arc;
use tokio_tungstenite::tungstenite::Utf8Bytes;
use tokio_util::sync::CancellationToken;

/// Publishes comings and goings until `stop`, then remembers when the last ones went.
pub async fn run(hub: Arc<Hub>, store: Arc<dyn Store>, stop: CancellationToken) {
    let mut publisher = Publisher { hub, store, online: HashMap::new() };
    loop {
        tokio::select! {
            moves = publisher.hub.moves() => publisher.follow(moves).await,
            () = stop.cancelled() => break,
        }
    }
    let moves = publisher.hub.take_moves();
    publisher.follow(moves).await;
}

/// Somebody as the other one of their conversation sees them at this moment.
pub fn seen(row: PeerRow, hub: &Hub) -> Peer {
    let PeerRow { id, name, last_seen, is_hidden, .. } = row;
    Peer { user: name, online: !is_hidden && hub.is_online(id), last_seen }
}

/// Users whose change is told at the same time.
const CHANGES_AT_ONCE: usize = 64;

/// A user came or went.
struct Change {
    user: UserId,
    name: UserName,
    online: bool,
    told_before: Vec<UserId>,
}

struct Publisher {
    hub: Arc<Hub>,
    store: Arc<dyn Store>,
    /// Who was last told to be online, and whom it is to be told when they go while the store is away.
    online: HashMap<UserId, Vec<UserId>>,
}

impl Publisher {
    async fn follow(&mut self, moves: Moves) {
        let Moves { moved, met, turned } = moves;
        let changes: Vec<_> = moved.into_iter().filter_map(|(user, name)| self.change(user, name)).collect();
        // Together, so that a thousand who leave at once share their commits.
        let told: Vec<_> = stream::iter(changes)
            .map(|change| publish(&self.hub, &*self.store, change))
            .buffer_unordered(CHANGES_AT_ONCE)
            .collect()
            .await;
        for (user, peers) in told {
            if let Some(known) = self.online.get_mut(&user) {
                *known = peers;
            }
        }
        for members in met {
            for user in members.iter() {
                if let Some(known) = self.online.get_mut(user) {
                    known.extend(members.iter().filter(|member| *member != user));
                }
            }
        }
        for (conversation, [one, other]) in turned {
            for (to, of) in [(one, other), (other, one)] {
                if let Err(error) = self.turn(conversation, to, of).await {
                    tracing::warn!(%error, user = to.0, "who is hidden from whom is not told");
                }
            }
        }
    }

    /// Tells somebody how the other one of a conversation looks to them now. It is done here and not where the block is written
    /// down, so that no earlier coming or going is told after it. Who comes and goes is told to those alone who share a
    /// conversation that has entries.
    async fn turn(&mut self, conversation: ConversationId, to: UserId, of: UserId) -> StoreResult<()> {
        let Some(ConversationRow { kind: ConversationKind::Direct(row), span, .. }) =
            self.store.conversation(to, conversation).await?
        else {
            return Ok(());
        };
        if row.is_hidden {
            let told = self.online.get_mut(&of);
            told.into_iter().for_each(|told| told.retain(|peer| *peer != to));
        } else if span.head == Seq::ZERO && !self.store.peers(to).await?.contains(&of) {
            return Ok(());
        }
        let frame = Frame::Presence(Presence { peer: seen(row, &self.hub) }).encode().into();
        self.hub.deliver(to, &frame, None);
        Ok(())
    }

    /// What is to be told of a user who moved: nothing, when they left and came back in the meantime.
    fn change(&mut self, user: UserId, name: UserName) -> Option<Change> {
        match (self.hub.is_online(user), self.online.entry(user)) {
            (true, Slot::Vacant(place)) => {
                place.insert(Vec::new());
                Some(Change { user, name, online: true, told_before: Vec::new() })
            }
            (false, Slot::Occupied(told)) => {
                Some(Change { user, name, online: false, told_before: told.remove() })
            }
            _ => None,
        }
    }
}

/// Tells everybody who shares a conversation with the user; gives who that is.
async fn publish(hub: &Hub, store: &dyn Store, change: Change) -> (UserId, Vec<UserId>) {
    let Change { user, name, online, told_before } = change;
    let now = fresh::now();
    // Remembered before it is told, so that whoever is told and asks hears the same.
    let remember = async { if online { Ok(()) } else { store.set_last_seen(user, now).await } };
    let (remembered, peers) = futures_util::future::join(remember, store.peers(user)).await;
    if let Err(error) = remembered {
        tracing::warn!(%error, user = user.0, "when they were last seen is not remembered");
    }
    let peers = peers.unwrap_or_else(|error| {
        tracing::warn!(%error, user = user.0, "presence is told to those who were told last");
        told_before
    });
    let peer = Peer { user: name, online, last_seen: Some(now) };
    let frame = Utf8Bytes::from(Frame::Presence(Presence { peer }).encode());
    for peer in &peers {
        hub.deliver(*peer, &frame, None);
    }
    (user, peers)
}
