//! Delivery: tells the sender and the members what has been committed, in the order of the commits.

use crate::hub::Hub;
use crate::indexer::Indexer;
use crate::mailbox::{Letter, Order};
use crate::sequencer::Pending;
use crate::store::{AppendError, Appended, BatchOutcome, StoreError};
use crate::sweeper::Sweeper;
use chat_protocol::{Body, CloseCode, Entry, ErrorCode, Failure, Frame, Seq, limits};
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
    sweeper: Arc<Sweeper>,
) -> Result<(), StoreError> {
    while let Some(Batch { pending, outcome }) = committed.recv().await {
        match outcome.await {
            Ok(results) => {
                let is_new =
                    |result: &Result<Appended, AppendError>| result.as_ref().is_ok_and(Appended::is_fresh);
                let grown = pending.iter().zip(&results).filter(|(_, result)| is_new(result));
                let grown: Vec<_> = grown.map(|(pending, _)| pending.conversation).collect();
                let has_new_rule = results.iter().any(sets_retention);
                for (pending, result) in pending.into_iter().zip(results) {
                    conclude(&hub, pending, result);
                }
                // Whoever waits for an answer has it before anything is done for searches.
                indexer.notice(grown.into_iter());
                if has_new_rule {
                    sweeper.notice();
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

/// Whether it says how long a group's entries are kept.
fn sets_retention(result: &Result<Appended, AppendError>) -> bool {
    let Ok(Appended { fresh: Some(Body::Group(change)), .. }) = result else { return false };
    change.retention_days.is_some()
}

fn conclude(hub: &Hub, pending: Pending, result: Result<Appended, AppendError>) {
    match result {
        Ok(appended) => {
            answer(&pending, &ack(&pending, &appended));
            publish(hub, pending, appended);
        }
        // Neither an ack nor a refusal would be true. Without its connection the client asks again.
        Err(AppendError::Unknown) => pending.sender.origin.mailbox.order(Order::Cut(CloseCode::Restart)),
        Err(error) => {
            if error == AppendError::PeerGone {
                // An account that another server has ended: its name may be somebody else's by now.
                hub.free_name();
            }
            let (code, message) = refusal(error);
            refuse(&pending, code, message);
        }
    }
}

/// What the sender is told of why an entry was not appended.
pub fn refusal(error: AppendError) -> (ErrorCode, &'static str) {
    match error {
        AppendError::NotMember => (ErrorCode::UnknownConversation, "you are in no such conversation"),
        AppendError::Unavailable | AppendError::Unknown => (ErrorCode::Unavailable, NOT_STORED),
        AppendError::IdConflict => {
            (ErrorCode::IdConflict, "this client id was used before for something else")
        }
        AppendError::UnknownFile => (ErrorCode::UnknownFile, "there is no such file, or you may not see it"),
        AppendError::UnknownMessage => {
            (ErrorCode::UnknownMessage, "there is no such message in this conversation")
        }
        AppendError::MessageDeleted => (ErrorCode::MessageDeleted, "the message is deleted"),
        AppendError::NotYours => (ErrorCode::NotYours, "only its sender may change this message"),
        AppendError::LimitReached => {
            (ErrorCode::LimitReached, "the message has been changed or reacted to too often")
        }
        AppendError::NothingLeft => (ErrorCode::BadField, "`text` is empty"),
        AppendError::Blocked => (ErrorCode::Blocked, "there is a block between you"),
        AppendError::PeerGone => (ErrorCode::UnknownUser, "the other one has deleted their account"),
        AppendError::NotAllowed => (ErrorCode::NotAllowed, "you may not do this here"),
        AppendError::NoChange => (ErrorCode::NoChange, "it is so already"),
        AppendError::LastAdmin => {
            (ErrorCode::LastAdmin, "somebody else must be an admin first, for others are in the group")
        }
        AppendError::NameTaken => (ErrorCode::NameTaken, "another public group has this name"),
        AppendError::GroupFull => (
            ErrorCode::LimitReached,
            "the group has no room for so many, or one of them is in too many groups",
        ),
    }
}

/// Tells the members what is new to them. The entry is encoded once; all sessions share its bytes.
fn publish(hub: &Hub, pending: Pending, appended: Appended) {
    let Pending { conversation, client_id, sender } = pending;
    let Appended { seq, at, members, gone, fresh, .. } = appended;
    let Some(body) = fresh else { return };
    let brings_people_together =
        matches!(body, Body::Members { .. }) && members.len() <= limits::WHISPERING_MEMBERS_MAX;
    let frame = Frame::Entry(Entry { conversation, seq, at, from: sender.from, client_id, body });
    let frame = Utf8Bytes::from(frame.encode());
    if seq == Seq::ZERO.next() || brings_people_together {
        hub.met(&members);
    }
    for member in members.iter() {
        hub.deliver(*member, &frame, Some(sender.origin.id));
    }
    if !gone.is_empty() {
        let farewell = Utf8Bytes::from(Frame::Left { conversation }.encode());
        gone.iter().for_each(|user| hub.deliver(*user, &farewell, None));
    }
}

fn ack(pending: &Pending, appended: &Appended) -> Frame {
    Frame::Ack {
        id: pending.sender.request.clone(),
        client_id: pending.client_id.clone(),
        conversation: pending.conversation,
        seq: appended.seq,
        at: appended.at,
        mentions: appended.mentions.clone(),
    }
}

fn refuse(pending: &Pending, code: ErrorCode, message: &str) {
    let (id, message) = (Some(pending.sender.request.clone()), message.to_owned());
    answer(pending, &Frame::Error(Failure { id, code, message, retry_after_ms: None }));
}

fn answer(pending: &Pending, frame: &Frame) {
    pending.sender.origin.mailbox.put(Letter::Outcome(frame.encode().into()));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mailbox::Room;
    use crate::sequencer::Sender;
    use chat_protocol::ConversationId;

    #[test]
    fn connections_forget_names_when_somebody_turns_out_to_have_gone() {
        let hub = Hub::new(2, Room { frames_max: 8, bytes_max: 1000 });
        let forgotten = |error| {
            let before = hub.names_freed();
            let (from, request) = ("ann".parse().unwrap(), "1".parse().unwrap());
            let sender = Sender { from, origin: hub.nobody(), request };
            let (conversation, client_id) = (ConversationId::from_bits(1), "x".parse().unwrap());
            conclude(&hub, Pending { conversation, client_id, sender }, Err(error));
            hub.names_freed() > before
        };
        assert!(forgotten(AppendError::PeerGone));
        assert!(!forgotten(AppendError::Blocked));
    }
}
