//! Delivery: tells the sender and the members what has been committed, in the order of the commits.

use crate::hub::Hub;
use crate::mailbox::{Letter, Order};
use crate::sequencer::Submission;
use crate::store::{AppendError, Appended, BatchOutcome, StoreError};
use chat_protocol::{Body, CloseCode, Entry, ErrorCode, Failure, Frame, Seq};
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
    pub submissions: Vec<Submission>,
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
pub async fn run(mut committed: mpsc::Receiver<Batch>, hub: Arc<Hub>) -> Result<(), StoreError> {
    while let Some(Batch { submissions, outcome }) = committed.recv().await {
        match outcome.await {
            Ok(results) => {
                for (submission, result) in submissions.into_iter().zip(results) {
                    conclude(&hub, submission, result);
                }
            }
            Err(error @ StoreError::Fatal(_)) => return Err(error),
            Err(error) => {
                tracing::warn!(%error, sends = submissions.len(), "sends were refused");
                for submission in submissions {
                    refuse(&submission, ErrorCode::Unavailable, NOT_STORED);
                }
            }
        }
    }
    Ok(())
}

fn conclude(hub: &Hub, submission: Submission, result: Result<Appended, AppendError>) {
    match result {
        Ok(appended) => {
            answer(&submission, &ack(&submission, &appended));
            if appended.fresh {
                publish(hub, submission, &appended);
            }
        }
        Err(AppendError::NotMember) => {
            refuse(&submission, ErrorCode::UnknownConversation, "you are in no such conversation");
        }
        Err(AppendError::Unavailable) => refuse(&submission, ErrorCode::Unavailable, NOT_STORED),
        // Neither an ack nor a refusal would be true. Without its connection the client asks again.
        Err(AppendError::Unknown) => submission.origin.mailbox.order(Order::Cut(CloseCode::Restart)),
        Err(AppendError::IdConflict) => {
            let message = "this client id was used before with another text or file";
            refuse(&submission, ErrorCode::IdConflict, message);
        }
        Err(AppendError::UnknownFile) => {
            refuse(&submission, ErrorCode::UnknownFile, "there is no such file, or you may not see it");
        }
    }
}

/// The entry is encoded once; all sessions share its bytes.
fn publish(hub: &Hub, submission: Submission, appended: &Appended) {
    let Submission { entry, from, origin, .. } = submission;
    let body = match entry.body {
        Body::Message { text, .. } => Body::Message { text, file: appended.file.clone() },
        Body::Unknown => Body::Unknown,
    };
    let frame = Frame::Entry(Entry {
        conversation: entry.conversation,
        seq: appended.seq,
        at: appended.at,
        from,
        client_id: entry.client_id,
        body,
    });
    let frame = Utf8Bytes::from(frame.encode());
    if appended.seq == Seq::ZERO.next() {
        hub.met(&appended.members);
    }
    for member in appended.members.iter() {
        hub.deliver(*member, &frame, Some(origin.id));
    }
}

fn ack(submission: &Submission, appended: &Appended) -> Frame {
    Frame::Ack {
        id: submission.request.clone(),
        client_id: submission.entry.client_id.clone(),
        conversation: submission.entry.conversation,
        seq: appended.seq,
        at: appended.at,
    }
}

fn refuse(submission: &Submission, code: ErrorCode, message: &str) {
    let id = Some(submission.request.clone());
    answer(
        submission,
        &Frame::Error(Failure { id, code, message: message.to_owned(), retry_after_ms: None }),
    );
}

fn answer(submission: &Submission, frame: &Frame) {
    submission.origin.mailbox.put(Letter::Outcome(frame.encode().into()));
}
