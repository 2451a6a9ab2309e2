//! The sequencer: puts the sends of all sessions into one order, many to a commit.
//!
//! Arrows of waiting: session -> inbox -> sequencer -> delivery's channel -> delivery -> store. None points back: delivery
//! puts into mailboxes without waiting.

use crate::delivery::Batch;
use crate::hub::Session;
use crate::store::{NewEntry, Store};
use chat_protocol::{ClientId, ConversationId, RequestId, UserName};
use std::sync::Arc;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

/// Sends that wait for the next commit. When it is full, the session waits and so stops reading its socket.
const INBOX_MAX: usize = 4096;
/// Entries in one commit.
const BATCH_MAX: usize = 1000;

/// A send that has passed all checks but the store's.
pub struct Submission {
    /// What to append.
    pub entry: NewEntry,
    /// Who is told what becomes of it.
    pub sender: Sender,
}

/// Who waits for the outcome of a send.
pub struct Sender {
    /// The sender's name.
    pub from: UserName,
    /// Which session gets the outcome.
    pub origin: Arc<Session>,
    /// Under which request's id.
    pub request: RequestId,
}

/// A send whose entry is on its way to the store.
pub struct Pending {
    /// Where to.
    pub conversation: ConversationId,
    /// The sender's id of it.
    pub client_id: ClientId,
    /// Who is told.
    pub sender: Sender,
}

impl Submission {
    /// What goes to the store, and what waits for it.
    fn parts(self) -> (NewEntry, Pending) {
        let Self { entry, sender } = self;
        let (conversation, client_id) = (entry.conversation, entry.client_id.clone());
        (entry, Pending { conversation, client_id, sender })
    }
}

/// Makes the channel to the sequencer.
pub fn inbox() -> (mpsc::Sender<Submission>, mpsc::Receiver<Submission>) {
    mpsc::channel(INBOX_MAX)
}

/// Appends what comes until `stop`, and then what has come until then. A batch takes its place in the store's order
/// here, and is handed on before it is committed, so that the next batch gathers while this one is written.
pub async fn run(
    mut inbox: mpsc::Receiver<Submission>,
    store: Arc<dyn Store>,
    committed: mpsc::Sender<Batch>,
    stop: CancellationToken,
) {
    let mut waiting = Vec::new();
    loop {
        let count = tokio::select! {
            biased;
            count = inbox.recv_many(&mut waiting, BATCH_MAX) => count,
            () = stop.cancelled(), if !inbox.is_closed() => {
                inbox.close();
                continue;
            }
        };
        if count == 0 {
            return;
        }
        let (entries, pending) = waiting.drain(..).map(Submission::parts).unzip();
        let outcome = store.append(entries);
        if committed.send(Batch { pending, outcome }).await.is_err() {
            // Delivery ended because the store failed; nobody is told anything, and the server stops.
            return;
        }
    }
}
