//! `search`: messages of the speaker's conversations.

use super::conversation::{entry, text_bytes};
use super::{Speaker, fitting, page_limit};
use crate::chat::Chat;
use crate::domain::{FoundCursor, Query};
use crate::net::answer::Refused;
use crate::store::UserId;
use crate::store::search::{Place, Wanted};
use chat_protocol::{ErrorCode, Found, Frame, RequestId, Search, UserName, limits};

/// A page of what is found, the newest first. It may be shorter than asked where texts are long.
pub async fn search(speaker: &Speaker, chat: &Chat, id: RequestId, search: Search) -> Result<Frame, Refused> {
    let limit = page_limit(search.limit, limits::SEARCH_HITS, limits::SEARCH_HITS_MAX)?;
    let parse = |text: String| text.parse::<FoundCursor>().map_err(|error| Refused::field(error.to_string()));
    let after = search.cursor.map(parse).transpose()?.map(place);
    let query = Query::parse(&search.query).map_err(|error| Refused::field(error.to_string()))?;
    let none = || Frame::Found(Found { id: id.clone(), hits: Vec::new(), next: None });
    let Some(wanted) = wanted(speaker, chat, query).await? else { return Ok(none()) };
    // One more than fits tells whether there is another page.
    let mut hits = chat.store.search(speaker.seat.user, wanted, after, limit + 1).await?;
    let fits = fitting(hits.iter().map(|hit| text_bytes(&hit.entry.body))).min(limit as usize);
    let is_cut = fits < hits.len();
    hits.truncate(fits);
    let next = hits.last().filter(|_| is_cut).map(|hit| cursor(hit.place()).to_string());
    let hits = hits.into_iter().map(|hit| entry(hit.conversation, hit.entry)).collect();
    Ok(Frame::Found(Found { id, hits, next }))
}

/// The query with its names looked up; none if the speaker has never spoken with whom it names.
async fn wanted(speaker: &Speaker, chat: &Chat, query: Query) -> Result<Option<Wanted>, Refused> {
    let sender = match &query.from {
        Some(name) => Some(known(chat, "from", name).await?),
        None => None,
    };
    let Some(name) = &query.within else { return Ok(Some(Wanted::of(query, sender, None))) };
    known(chat, "in", name).await?;
    let conversation = chat.store.direct_with(speaker.seat.user, name).await?;
    Ok(conversation.map(|conversation| Wanted::of(query, sender, Some(conversation))))
}

async fn known(chat: &Chat, key: &str, name: &UserName) -> Result<UserId, Refused> {
    let account = chat.store.user(name).await?;
    let nobody = || Refused::new(ErrorCode::BadField, format!("`{key}:{name}`: nobody has this name"));
    account.map(|account| account.id).ok_or_else(nobody)
}

fn place(cursor: FoundCursor) -> Place {
    let FoundCursor { at, conversation, seq } = cursor;
    Place { at, conversation, seq }
}

fn cursor(place: Place) -> FoundCursor {
    let Place { at, conversation, seq } = place;
    FoundCursor { at, conversation, seq }
}
