//! Presence: tells people when those they talk with come and go.
//!
//! A whisper: it is read from the hub at the moment it is told, so a push that comes late is corrected by the next.

use crate::fresh;
use crate::hub::Hub;
use crate::store::{Store, StoreResult, UserId};
use chat_protocol::{Frame, Peer, Presence, UserName};
use futures_util::{StreamExt, stream};
use std::collections::HashSet;
use std::sync::Arc;
use tokio_tungstenite::tungstenite::Utf8Bytes;
use tokio_util::sync::CancellationToken;

/// Publishes comings and goings until `stop`, then remembers when the last ones went.
pub async fn run(hub: Arc<Hub>, store: Arc<dyn Store>, stop: CancellationToken) {
    let mut publisher = Publisher { hub, store, online: HashSet::new() };
    loop {
        tokio::select! {
            moved = publisher.hub.moved() => publisher.publish_all(moved).await,
            () = stop.cancelled() => break,
        }
    }
    let moved = publisher.hub.take_moved();
    publisher.publish_all(moved).await;
}

/// Users whose change is told at the same time.
const CHANGES_AT_ONCE: usize = 64;

/// A user came or went.
struct Change {
    user: UserId,
    name: UserName,
    online: bool,
}

struct Publisher {
    hub: Arc<Hub>,
    store: Arc<dyn Store>,
    /// Who was last told to be online.
    online: HashSet<UserId>,
}

impl Publisher {
    async fn publish_all(&mut self, moved: impl IntoIterator<Item = (UserId, UserName)>) {
        let changes: Vec<_> = moved.into_iter().filter_map(|(user, name)| self.change(user, name)).collect();
        // Together, so that a thousand who leave at once share their commits.
        stream::iter(changes)
            .for_each_concurrent(CHANGES_AT_ONCE, |change| async {
                let user = change.user;
                if let Err(error) = publish(&self.hub, &*self.store, change).await {
                    tracing::warn!(%error, user = user.0, "presence could not be told");
                }
            })
            .await;
    }

    /// What is to be told of a user who moved: nothing, when they left and came back in the meantime.
    fn change(&mut self, user: UserId, name: UserName) -> Option<Change> {
        let online = self.hub.is_online(user);
        let changed = if online { self.online.insert(user) } else { self.online.remove(&user) };
        changed.then_some(Change { user, name, online })
    }
}

async fn publish(hub: &Hub, store: &dyn Store, change: Change) -> StoreResult<()> {
    let Change { user, name, online } = change;
    let now = fresh::now();
    let remembered = if online { Ok(()) } else { store.set_last_seen(user, now).await };
    let peer = Peer { user: name, online, last_seen: Some(now) };
    let frame = Utf8Bytes::from(Frame::Presence(Presence { peer }).encode());
    for peer in store.peers(user).await? {
        hub.deliver(peer, &frame, None);
    }
    remembered
}
