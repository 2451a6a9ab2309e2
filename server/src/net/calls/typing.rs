//! `typing`: a whisper to the others in a conversation. It changes nothing, and nobody keeps it.

use super::conversation::public_group;
use super::{Speaker, send, unknown_conversation};
use crate::chat::Chat;
use crate::net::answer::Refused;
use crate::store::UserId;
use chat_protocol::{ConversationId, Frame, NotifyTyping, Target, Typing, UserName};
use std::time::Duration;
use tokio::time::{Instant, timeout};

/// Tells the others in the conversation who are connected. What comes too often is dropped before anything is looked up,
/// whether or not the speaker is in such a conversation.
pub async fn tell(speaker: &mut Speaker, chat: &Chat, notice: NotifyTyping) -> Result<(), Refused> {
    let NotifyTyping { target, stopped } = notice;
    if !speaker.whispers.admit(&target, stopped, Instant::now().into_std()) {
        return Ok(());
    }
    let Ok(found) = timeout(chat.timing.whisper, listeners(speaker, chat, target)).await else {
        tracing::debug!("the store takes too long for a whisper");
        return Ok(());
    };
    let (conversation, listeners) = found?;
    let lease = if stopped { Duration::ZERO } else { chat.timing.typing_lease };
    let lease_ms = u64::try_from(lease.as_millis()).unwrap_or(u64::MAX);
    let typing = Typing { conversation, user: speaker.seat.name.clone(), lease_ms };
    let frame = Frame::Typing(typing).encode().into();
    for listener in listeners {
        chat.hub.whisper(listener, &frame);
    }
    Ok(())
}

/// Which conversation it is, and who else is in it at this moment.
async fn listeners(
    speaker: &mut Speaker,
    chat: &Chat,
    target: Target,
) -> Result<(ConversationId, Vec<UserId>), Refused> {
    let conversation = match target {
        Target::Conversation(id) => id,
        Target::To(user) => direct(speaker, chat, user).await?,
        Target::Group(name) => public_group(chat, &name).await?,
    };
    let listeners = chat.store.listeners(speaker.seat.user, conversation).await?;
    Ok((conversation, listeners.ok_or_else(unknown_conversation)?))
}

/// The conversation with a user, if there is one: unlike a message, a whisper makes none. Who has no account and who has
/// never been talked with are the same here.
async fn direct(speaker: &mut Speaker, chat: &Chat, user: UserName) -> Result<ConversationId, Refused> {
    if let Some(id) = send::remembered(speaker, chat, &user) {
        return Ok(id);
    }
    let found = chat.store.direct_with(speaker.seat.user, &user).await?;
    let id = found.ok_or_else(unknown_conversation)?;
    send::remember(speaker, user, id);
    Ok(id)
}
