//! Delivery: tells the sender and the members what has been committed, in the order of the commits.

use crate::hub::Hub;
use crate::indexer::Indexer;
use crate::mailbox::{Letter, Order};
use crate::sequencer::Pending;
use crate::store::{AppendError, Appended, BatchOutcome, StoreError};
use chat_protocol::{CloseCode, Entry, ErrorCode, Failure, Frame, Seq};
use futures_util::future::BoxFuture;
use std::sync::Arc;
use tokio::sync::mpsc;
use tokio_tungstenite::tungstenite::Utf8Bytes;

/// Batches that are being committed while delivery fans an earlier one out. When it is full, the sequencer waits and
/// gathers a larger batch.
const BATCHES_MAX: usize = 1;

/// What the sender of a message is told that waits for better times.
const NOT_STORED: &str = "the message could not be stored; try again later";

/// Sends that go into one commit, and its outcome to come.
pub struct Batch {
    /// The sends, in the order of the commit.
    pub pending: Vec<Pending>,
    /// What becomes of them.
    pub outcome: BoxFuture<'static, BatchOutcome>,
}

/// Makes the channel to delivery.
pub fn channel() -> (mpsc::Sender<Batch>, mpsc::Receiver<Batch>) {
    mpsc::channel(BATCHES_MAX)
}

/// Delivers until the sequencer ends.
///
/// # Errors
/// The store failed, so what is durable is unknown: nobody is told anything, and the server must stop.
pub async fn run(
    mut committed: mpsc::Receiver<Batch>,
    hub: Arc<Hub>,
    indexer: Arc<Indexer>,
) -> Result<(), StoreError> {
    while let Some(Batch { pending, outcome }) = committed.recv().await {
        match outcome.await {
            Ok(results) => {
                for (pending, result) in pending.into_iter().zip(results) {
                    if result.is_ok() {
                        indexer.notice(pending.conversation);
                    }
                    conclude(&hub, pending, result);
                }
            }
            Err(error @ StoreError::Fatal(_)) => return Err(error),
            Err(error) => {
                tracing::warn!(%error, sends = pending.len(), "sends were refused");
                for pending in pending {
                    refuse(&pending, ErrorCode::Unavailable, NOT_STORED);
                }
            }
        }
    }
    Ok(())
}

fn conclude(hub: &Hub, pending: Pending, result: Result<Appended, AppendError>) {
    let (code, message) = match result {
        Ok(appended) => {
            answer(&pending, &ack(&pending, &appended));
            return publish(hub, pending, appended);
        }
        // Neither an ack nor a refusal would be true. Without its connection the client asks again.
        Err(AppendError::Unknown) => {
            return pending.sender.origin.mailbox.order(Order::Cut(CloseCode::Restart));
        }
        Err(AppendError::NotMember) => (ErrorCode::UnknownConversation, "you are in no such conversation"),
        Err(AppendError::Unavailable) => (ErrorCode::Unavailable, NOT_STORED),
        Err(AppendError::IdConflict) => {
            (ErrorCode::IdConflict, "this client id was used before for something else")
        }
        Err(AppendError::UnknownFile) => {
            (ErrorCode::UnknownFile, "there is no such file, or you may not see it")
        }
        Err(AppendError::UnknownMessage) => {
            (ErrorCode::UnknownMessage, "there is no such message in this conversation")
        }
        Err(AppendError::MessageDeleted) => (ErrorCode::MessageDeleted, "the message is deleted"),
        Err(AppendError::NotYours) => (ErrorCode::NotYours, "only its sender may change this message"),
        Err(AppendError::LimitReached) => {
            (ErrorCode::LimitReached, "the message has been changed or reacted to too often")
        }
        Err(AppendError::NothingLeft) => (ErrorCode::BadField, "`text` is empty"),
    };
    refuse(&pending, code, message);
}

/// Tells the members what is new to them. The entry is encoded once; all sessions share its bytes.
fn publish(hub: &Hub, pending: Pending, appended: Appended) {
    let Pending { conversation, client_id, sender } = pending;
    let Appended { seq, at, members, fresh } = appended;
    let Some(body) = fresh else { return };
    let frame = Frame::Entry(Entry { conversation, seq, at, from: sender.from, client_id, body });
    let frame = Utf8Bytes::from(frame.encode());
    if seq == Seq::ZERO.next() {
        hub.met(&members);
    }
    for member in members.iter() {
        hub.deliver(*member, &frame, Some(sender.origin.id));
    }
}

fn ack(pending: &Pending, appended: &Appended) -> Frame {
    Frame::Ack {
        id: pending.sender.request.clone(),
        client_id: pending.client_id.clone(),
        conversation: pending.conversation,
        seq: appended.seq,
        at: appended.at,
    }
}

fn refuse(pending: &Pending, code: ErrorCode, message: &str) {
    let (id, message) = (Some(pending.sender.request.clone()), message.to_owned());
    answer(pending, &Frame::Error(Failure { id, code, message, retry_after_ms: None }));
}

fn answer(pending: &Pending, frame: &Frame) {
    pending.sender.origin.mailbox.put(Letter::Outcome(frame.encode().into()));
}
