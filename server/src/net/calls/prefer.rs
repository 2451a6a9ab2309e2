//! `prefer` and `blocked`: what the speaker wants of their conversations. Nobody else is told, but that whoever is blocked sees
//! the speaker go.

use super::conversation::{open_id, the_one};
use super::{Speaker, unknown_conversation};
use crate::chat::Chat;
use crate::net::answer::Refused;
use crate::store::{NewPreferences, PreferError};
use chat_protocol::{ErrorCode, Frame, Prefer, RequestId, limits};

/// Changes what is given, and tells all sessions of the speaker what holds.
pub async fn prefer(speaker: &Speaker, chat: &Chat, id: RequestId, prefer: Prefer) -> Result<Frame, Refused> {
    let Prefer { target, level, archived, blocked } = prefer;
    let (user, conversation) = (speaker.seat.user, the_one(speaker, chat, target).await?);
    let change = NewPreferences { level, archived, blocked };
    let preferred = chat.store.prefer(user, conversation, change).await?.ok_or_else(unknown_conversation)?;
    let preferred = preferred.map_err(refusal)?;
    let push = Frame::Preferences { conversation, preferences: preferred.preferences };
    chat.hub.deliver(user, &push.encode().into(), None);
    if let Some(other) = preferred.turned {
        chat.hub.turned(conversation, user, other);
    }
    open_id(speaker, chat, id, conversation).await
}

/// Whom the speaker has blocked.
pub async fn blocked(speaker: &Speaker, chat: &Chat, id: RequestId) -> Result<Frame, Refused> {
    Ok(Frame::Blocked { id, users: chat.store.blocked(speaker.seat.user).await? })
}

fn refusal(error: PreferError) -> Refused {
    match error {
        PreferError::NobodyToBlock => {
            Refused::field("`blocked` is for a one-to-one conversation with somebody else")
        }
        PreferError::TooManyBlocked => Refused::new(
            ErrorCode::LimitReached,
            format!("nobody can block more than {} others", limits::BLOCKED_MAX),
        ),
    }
}
