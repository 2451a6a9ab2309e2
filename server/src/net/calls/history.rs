//! `history`: the log of a conversation.

use super::conversation::{entry, text_bytes};
use super::{Speaker, fitting, page_limit, unknown_conversation};
use crate::chat::Chat;
use crate::net::answer::Refused;
use crate::store::PageRange;
use chat_protocol::{Frame, History, Page, RequestId, limits};

/// A page of the log. It may be shorter than asked where its texts are long.
pub async fn page(speaker: &Speaker, chat: &Chat, id: RequestId, history: History) -> Result<Frame, Refused> {
    let limit = page_limit(history.limit, limits::PAGE_ENTRIES, limits::PAGE_ENTRIES_MAX)?;
    let range = match (history.before, history.after) {
        (None, None) => PageRange::Newest,
        (Some(seq), None) => PageRange::Before(seq),
        (None, Some(seq)) => PageRange::After(seq),
        (Some(_), Some(_)) => return Err(Refused::field("give either `before` or `after`, or neither")),
    };
    let conversation = history.conversation;
    let found = chat.store.history(speaker.seat.user, conversation, range, limit).await?;
    let mut page = found.ok_or_else(unknown_conversation)?;
    let sizes = page.entries.iter().map(|stored| text_bytes(&stored.body));
    // The end that the request does not name is the one that is cut.
    if matches!(range, PageRange::After(_)) {
        let fits = fitting(sizes);
        page.entries.truncate(fits);
    } else {
        let fits = fitting(sizes.rev());
        page.entries.drain(..page.entries.len().saturating_sub(fits));
    }
    let entries = page.entries.into_iter().map(|stored| entry(conversation, stored)).collect();
    Ok(Frame::Page(Page { id, conversation, entries, first: page.span.first, head: page.span.head }))
}
