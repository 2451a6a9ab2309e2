//! `send`: from the wire to the sequencer.

use super::{Speaker, conversation};
use crate::chat::Chat;
use crate::fresh;
use crate::net::answer::Refused;
use crate::sequencer::{Sender, Submission};
use crate::store::{NewBody, NewEntry};
use chat_protocol::{ClientId, ConversationId, ErrorCode, RequestId, Send, Target, UserName};
use std::sync::Arc;

/// Conversations remembered per connection; past it they are looked up again.
const DIRECTS_KEPT: usize = 256;

/// Checks the message and queues it for the next commit. It waits while the queue is full.
pub async fn submit(
    speaker: &mut Speaker,
    chat: &Chat,
    request: RequestId,
    send: Send,
) -> Result<(), Refused> {
    let Send { target, client_id, text, file, reply_to } = send;
    check_text(&text, file.is_some(), chat.limits.text_bytes_max)?;
    let conversation = match target {
        Target::Conversation(id) => id,
        Target::To(user) => direct(speaker, chat, user).await?,
        Target::Group(name) => conversation::public_group(chat, &name).await?,
    };
    let body = NewBody::Message { text, file, reply_to };
    queue(speaker, chat, request, conversation, client_id, body).await
}

/// Queues something for the next commit.
pub async fn queue(
    speaker: &Speaker,
    chat: &Chat,
    request: RequestId,
    conversation: ConversationId,
    client_id: ClientId,
    body: NewBody,
) -> Result<(), Refused> {
    let entry = NewEntry { conversation, sender: speaker.seat.user, client_id, at: fresh::now(), body };
    let (from, origin) = (speaker.seat.name.clone(), Arc::clone(&speaker.seat.session));
    let submission = Submission { entry, sender: Sender { from, origin, request } };
    let queued = chat.sequencer.send(submission).await;
    queued.map_err(|_| Refused::new(ErrorCode::Unavailable, "the server is stopping"))
}

/// The conversation with a user, looked up once per connection: it only changes when a name becomes free.
async fn direct(speaker: &mut Speaker, chat: &Chat, user: UserName) -> Result<ConversationId, Refused> {
    if let Some(id) = remembered(speaker, chat, &user) {
        return Ok(id);
    }
    let id = conversation::direct_with(speaker, chat, &user).await?;
    remember(speaker, user, id);
    Ok(id)
}

/// The conversation with a user, if it is remembered.
pub fn remembered(speaker: &mut Speaker, chat: &Chat, user: &UserName) -> Option<ConversationId> {
    let names_freed = chat.hub.names_freed();
    if speaker.names_freed != names_freed {
        // One of them may stand for somebody else by now.
        speaker.directs.clear();
        speaker.names_freed = names_freed;
    }
    speaker.directs.get(user).copied()
}

/// Remembers which conversation is the one with a user.
pub fn remember(speaker: &mut Speaker, user: UserName, id: ConversationId) {
    if speaker.directs.len() >= DIRECTS_KEPT {
        speaker.directs.clear();
    }
    speaker.directs.insert(user, id);
}

/// Whether this can be a message's text.
pub fn check_text(text: &str, has_file: bool, bytes_max: usize) -> Result<(), Refused> {
    if text.is_empty() && !has_file {
        Err(Refused::field("`text` is empty"))
    } else if text.len() > bytes_max {
        Err(Refused::field(format!("`text` is at most {bytes_max} bytes, this one has {}", text.len())))
    } else if text.contains('\0') {
        Err(Refused::field("`text` has no NUL in it"))
    } else {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_has_its_limits() {
        for (text, fine) in [
            ("", false),
            ("x", true),
            ("12345678", true),
            ("123456789", false),
            ("a\0", false),
            ("ééééé", false),
        ] {
            assert_eq!(check_text(text, false, 8).is_ok(), fine, "{text:?}");
            assert_eq!(check_text(text, true, 8).is_ok(), fine || text.is_empty(), "{text:?} with a file");
        }
    }
}
