//! The undertaker: takes away what somebody leaves whose account has ended, by ordinary entries where others are to see it.
//!
//! It begins at once, at the start and now and then, and the store says what is left to be done. So a server that is killed goes
//! on where it was.

use crate::files::Files;
use crate::fresh;
use crate::hub::{Hub, Session};
use crate::sequencer::{Sender, Submission};
use crate::store::erasure::{Departed, Seated};
use crate::store::{NewBody, NewEntry, Store, StoreError, StoreResult, UserId};
use chat_protocol::{CloseCode, ConversationId, MemberChange, RequestId, UnixMillis};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{Notify, mpsc};
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

/// Of so many in one round.
const DEPARTED_AT_ONCE: u32 = 100;
/// Entries that go in one step: few enough that a message which is sent meanwhile hardly waits.
const ENTRIES_AT_ONCE: u32 = 200;
/// What was on its way when the account ended is in the log long before this, in milliseconds.
const ON_ITS_WAY_MS: u64 = 60_000;

/// Sees to those who have gone.
pub struct Undertaker {
    store: Arc<dyn Store>,
    sequencer: mpsc::Sender<Submission>,
    hub: Arc<Hub>,
    files: Arc<Files>,
    /// Through whose mailbox the undertaker hears what becomes of its entries; nobody else has it.
    session: Arc<Session>,
    wake: Arc<Notify>,
}

impl Undertaker {
    /// It begins when it is run, and again when `wake` tells that an account has ended.
    pub fn new(
        store: Arc<dyn Store>,
        sequencer: mpsc::Sender<Submission>,
        hub: Arc<Hub>,
        files: Arc<Files>,
        wake: Arc<Notify>,
    ) -> Self {
        Self { store, sequencer, session: hub.nobody(), hub, files, wake }
    }

    /// Works at the start and each time after `pause`, until `stop`.
    pub async fn run(self, pause: Duration, stop: CancellationToken) {
        let working = async {
            loop {
                if let Err(error) = self.see_to_all().await {
                    tracing::warn!(%error, "not all that is left of an account was taken away");
                }
                tokio::select! {
                    () = self.wake.notified() => {}
                    () = sleep(pause) => {}
                }
            }
        };
        tokio::select! {
            () = working => {}
            () = stop.cancelled() => {}
        }
    }

    async fn see_to_all(&self) -> StoreResult<()> {
        for departed in self.store.departed(DEPARTED_AT_ONCE).await? {
            self.see_to(&departed, fresh::now()).await?;
        }
        Ok(())
    }

    async fn see_to(&self, departed: &Departed, now: UnixMillis) -> StoreResult<()> {
        // Whoever ended the account may not have come to it, or is another server.
        self.hub.free_name();
        self.hub.cut_all(departed.user, None, CloseCode::Revoked);
        for seat in self.store.seats(departed.user).await? {
            self.leave(departed, seat).await?;
        }
        let mut from = None;
        let mut blanked = 0_u64;
        loop {
            let step = self.store.blank_entries(departed.user, from, ENTRIES_AT_ONCE).await?;
            blanked += u64::from(step.entries);
            from = step.next;
            if from.is_none() {
                break;
            }
        }
        self.store.blank_belongings(departed.user).await?;
        self.files.notice();
        let is_late = now >= departed.at.saturating_add(ON_ITS_WAY_MS);
        if is_late && blanked == 0 && self.store.seats(departed.user).await?.is_empty() {
            self.store.forget_departed(departed.user).await?;
        }
        Ok(())
    }

    /// Somebody else becomes an admin first where nobody else is one.
    async fn leave(&self, departed: &Departed, seat: Seated) -> StoreResult<()> {
        if let Some(heir) = seat.heir {
            self.append(departed, seat.group, MemberChange::Promoted, heir).await?;
        }
        self.append(departed, seat.group, MemberChange::Left, departed.user).await
    }

    /// Appends a change of members in the departed one's name; its outcome is looked at in the store, the next time.
    async fn append(
        &self,
        departed: &Departed,
        conversation: ConversationId,
        change: MemberChange,
        user: UserId,
    ) -> StoreResult<()> {
        let body = NewBody::Members { change, users: vec![user] };
        let (sender, client_id) = (departed.user, fresh::client_id());
        let entry = NewEntry { conversation, sender, client_id, at: fresh::now(), body };
        let request: RequestId = "undertaker".parse().expect("these are printable characters");
        let sender = Sender { from: departed.name.clone(), origin: Arc::clone(&self.session), request };
        let queued = self.sequencer.send(Submission { entry, sender }).await;
        queued.map_err(|_| StoreError::Unavailable("the server is stopping".to_owned()))?;
        drop(self.session.mailbox.take(None).await);
        Ok(())
    }
}
