//! `read` and `delivered`: how far the speaker is in a conversation, and who hears of it.

use super::{Speaker, unknown_conversation};
use crate::chat::Chat;
use crate::net::answer::Refused;
use crate::store::{ReadMark, Receipts};
use chat_protocol::{ConversationId, Delivered, Frame, MemberMarks, Read, Receipt, RequestId};

/// Moves the speaker's watermark, and tells all their sessions where it stands.
pub async fn read(speaker: &Speaker, chat: &Chat, id: RequestId, read: Read) -> Result<Frame, Refused> {
    let Read { conversation, seq } = read;
    let (user, name) = (speaker.seat.user, speaker.seat.name.clone());
    let marked = chat.store.mark_read(user, conversation, seq).await?;
    let (mark, receipts) = marked.ok_or_else(unknown_conversation)?;
    let ReadMark { seq: read, unread, mentions } = mark;
    let receipt = Receipt { conversation, user: name, read, unread, mentions };
    chat.hub.deliver(user, &Frame::Receipt(receipt).encode().into(), None);
    tell_others(speaker, chat, conversation, &receipts);
    Ok(Frame::Ok { id })
}

/// Moves the watermark of what has reached the speaker.
pub async fn delivered(speaker: &Speaker, chat: &Chat, delivered: Delivered) -> Result<(), Refused> {
    let Delivered { conversation, seq } = delivered;
    let marked = chat.store.mark_delivered(speaker.seat.user, conversation, seq).await?;
    tell_others(speaker, chat, conversation, &marked.ok_or_else(unknown_conversation)?);
    Ok(())
}

/// A whisper: whoever misses it finds the marks in the summary.
fn tell_others(speaker: &Speaker, chat: &Chat, conversation: ConversationId, receipts: &Receipts) {
    if receipts.to.is_empty() {
        return;
    }
    let marks = MemberMarks { conversation, user: speaker.seat.name.clone(), marks: receipts.marks };
    let frame = Frame::Marks(marks).encode().into();
    for other in &receipts.to {
        chat.hub.whisper(*other, &frame);
    }
}
