//! `edit`, `delete`, `react` and `versions`: what becomes of a message.

use super::send::{check_text, queue};
use super::{Speaker, fitting};
use crate::chat::Chat;
use crate::net::answer::Refused;
use crate::store::NewBody;
use chat_protocol::{Delete, Edit, ErrorCode, Frame, ListVersions, React, RequestId, Seq, Versions, limits};

/// Another text for a message of the speaker's. Whether it may be empty is for the store to say: a file may be left.
pub async fn edit(speaker: &Speaker, chat: &Chat, request: RequestId, edit: Edit) -> Result<(), Refused> {
    let Edit { conversation, seq: target, client_id, text } = edit;
    check_text(&text, true, chat.limits.text_bytes_max)?;
    queue(speaker, chat, request, conversation, client_id, NewBody::Edit { target, text }).await
}

/// The end of a message of the speaker's.
pub async fn delete(
    speaker: &Speaker,
    chat: &Chat,
    request: RequestId,
    delete: Delete,
) -> Result<(), Refused> {
    let Delete { conversation, seq: target, client_id } = delete;
    queue(speaker, chat, request, conversation, client_id, NewBody::Deletion { target }).await
}

/// A reaction to a message, or the end of one.
pub async fn react(speaker: &Speaker, chat: &Chat, request: RequestId, react: React) -> Result<(), Refused> {
    let React { conversation, seq: target, client_id, emoji, removed } = react;
    let emoji = the_emoji(&emoji)?.to_owned();
    queue(speaker, chat, request, conversation, client_id, NewBody::Reaction { target, emoji, removed }).await
}

/// What a message said before it was edited.
pub async fn versions(
    speaker: &Speaker,
    chat: &Chat,
    id: RequestId,
    list: ListVersions,
) -> Result<Frame, Refused> {
    let ListVersions { conversation, seq, before } = list;
    let (user, before, limit) = (speaker.seat.user, before.unwrap_or(Seq::MAX), limits::VERSIONS_MAX);
    let found = chat.store.versions(user, conversation, seq, before, limit + 1).await?;
    let unknown =
        || Refused::new(ErrorCode::UnknownMessage, "there is no such message, or you may not see it");
    let mut versions = found.ok_or_else(unknown)?;
    // The last ones are kept, as many as a frame takes.
    let fits = fitting(versions.iter().rev().map(|version| version.text.len())).min(limit as usize);
    let left = versions.len().saturating_sub(fits);
    versions.drain(..left);
    Ok(Frame::Versions(Versions { id, conversation, seq, versions, more: left > 0 }))
}

/// The emoji in its usual spelling.
fn the_emoji(text: &str) -> Result<&'static str, Refused> {
    let known = (text.len() <= limits::EMOJI_BYTES_MAX).then(|| emojis::get(text)).flatten();
    known.map(emojis::Emoji::as_str).ok_or_else(|| Refused::field("`emoji` is one emoji"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reaction_is_one_emoji() {
        for (text, told) in [("👍", "👍"), ("❤️", "❤️"), ("❤", "❤️"), ("👨‍👩‍👧‍👦", "👨‍👩‍👧‍👦")]
        {
            assert_eq!(the_emoji(text), Ok(told));
        }
        let long = "👍".repeat(1000);
        for bad in ["", "x", ":+1:", "👍👍", " 👍", "\u{1b}", long.as_str()] {
            assert!(the_emoji(bad).is_err(), "{bad}");
        }
    }
}
