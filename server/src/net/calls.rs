//! What a session can ask: one function for each call, and the list of them.

mod account;
mod change;
mod conversation;
mod group;
mod history;
mod marks;
mod prefer;
mod search;
mod send;
mod typing;

use super::admission::Visitor;
use super::answer::Refused;
use crate::chat::Chat;
use crate::domain::Whispers;
use crate::hub::Seat;
use chat_protocol::{Call, ConversationId, ErrorCode, Frame, RequestId, UserName};
use std::collections::HashMap;
use std::time::Instant;

/// How a request was done.
pub enum Done {
    /// With this answer.
    Answered(Box<Frame>),
    /// Without an answer.
    Silently,
    /// It is on its way to the commit; the mailbox gets the outcome.
    InFlight,
    /// The device is logged out; nothing comes after the answer.
    LoggedOut,
    /// The account has ended; nothing comes after the answer.
    Gone,
}

/// Who asks.
pub struct Speaker {
    /// Their place in the hub.
    pub seat: Seat,
    /// Where they come from.
    visitor: Visitor,
    /// The conversations with those whom they wrote to by name on this connection.
    directs: HashMap<UserName, ConversationId>,
    /// How many names had become free when they were looked up.
    names_freed: u64,
    whispers: Whispers,
}

impl Speaker {
    /// Somebody who has just come in.
    pub fn new(seat: Seat, visitor: Visitor, now: Instant) -> Self {
        Self { seat, visitor, directs: HashMap::new(), names_freed: 0, whispers: Whispers::new(now) }
    }
}

/// Does one request.
///
/// # Errors
/// Why it is not done; then nothing has changed.
pub async fn serve(speaker: &mut Speaker, chat: &Chat, id: RequestId, call: Call) -> Result<Done, Refused> {
    let in_flight = |()| Done::InFlight;
    let frame = match call {
        Call::Hello(_) | Call::Login(_) | Call::Register(_) => {
            return Err(Refused::new(
                ErrorCode::AlreadyAuthenticated,
                "this connection has logged in already",
            ));
        }
        Call::Send(send) => return send::submit(speaker, chat, id, send).await.map(in_flight),
        Call::Edit(edit) => return change::edit(speaker, chat, id, edit).await.map(in_flight),
        Call::Delete(delete) => return change::delete(speaker, chat, id, delete).await.map(in_flight),
        Call::React(react) => return change::react(speaker, chat, id, react).await.map(in_flight),
        Call::ChangeGroup(change) => return group::change(speaker, chat, id, change).await.map(in_flight),
        Call::Join(join) => return group::join(speaker, chat, id, join).await.map(in_flight),
        Call::AddMembers(add) => return group::add(speaker, chat, id, add).await.map(in_flight),
        Call::RemoveMember(remove) => return group::remove(speaker, chat, id, remove).await.map(in_flight),
        Call::Leave(leave) => return group::leave(speaker, chat, id, leave).await.map(in_flight),
        Call::SetRole(set) => return group::set_role(speaker, chat, id, set).await.map(in_flight),
        Call::Delivered(delivered) => {
            return marks::delivered(speaker, chat, delivered).await.map(|()| Done::Silently);
        }
        Call::Typing(notice) => return typing::tell(speaker, chat, notice).await.map(|()| Done::Silently),
        Call::Logout {} => return account::logout(speaker, chat).await.map(|()| Done::LoggedOut),
        Call::DeleteAccount(delete) => {
            return account::delete(speaker, chat, delete).await.map(|()| Done::Gone);
        }
        Call::Open(open) => conversation::open(speaker, chat, id, open).await?,
        Call::List(list) => conversation::list(speaker, chat, id, list).await?,
        Call::History(history) => history::page(speaker, chat, id, history).await?,
        Call::Versions(list) => change::versions(speaker, chat, id, list).await?,
        Call::CreateGroup(create) => group::create(speaker, chat, id, create).await?,
        Call::Groups(list) => group::list(speaker, chat, id, list).await?,
        Call::Members(list) => group::members(speaker, chat, id, list).await?,
        Call::Search(search) => search::search(speaker, chat, id, search).await?,
        Call::Read(read) => marks::read(speaker, chat, id, read).await?,
        Call::Prefer(change) => prefer::prefer(speaker, chat, id, change).await?,
        Call::Blocked {} => prefer::blocked(speaker, chat, id).await?,
        Call::Settings(change) => account::settings(speaker, chat, id, change).await?,
        Call::Password(change) => account::change_password(speaker, chat, id, change).await?,
        Call::Devices {} => account::devices(speaker, chat, id).await?,
        Call::Revoke(revoke) => account::revoke(speaker, chat, id, revoke.device).await?,
        Call::Ping {} => Frame::Pong { id },
    };
    Ok(Done::Answered(Box::new(frame)))
}

/// The limit that holds for a page: the asked one if it is in range, the usual one if none is asked.
fn page_limit(asked: Option<u32>, usual: u32, max: u32) -> Result<u32, Refused> {
    match asked {
        Some(limit) if !(1..=max).contains(&limit) => Err(Refused::field(format!("`limit` is 1 to {max}"))),
        asked => Ok(asked.unwrap_or(usual)),
    }
}

/// Bytes of text in one page. A page may so be shorter than asked, but it never makes a frame beyond 1 MiB, even when
/// each byte has to be escaped.
const PAGE_TEXT_BYTES_MAX: usize = 128 * 1024;

/// How many of these texts' bytes fit into one page; at least one.
fn fitting(text_bytes: impl Iterator<Item = usize>) -> usize {
    let mut total = 0;
    let fits = text_bytes.take_while(|bytes| {
        total += bytes;
        total <= PAGE_TEXT_BYTES_MAX
    });
    fits.count().max(1)
}

/// There is none, or the speaker is not in it: it does not say which.
fn unknown_conversation() -> Refused {
    Refused::new(ErrorCode::UnknownConversation, "you are in no such conversation")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_cut_by_bytes_but_never_empty() {
        assert_eq!(fitting([1, 2, 3].into_iter()), 3);
        assert_eq!(fitting([PAGE_TEXT_BYTES_MAX, 1].into_iter()), 1);
        assert_eq!(fitting([PAGE_TEXT_BYTES_MAX + 1].into_iter()), 1);
        assert_eq!(fitting([PAGE_TEXT_BYTES_MAX / 2, PAGE_TEXT_BYTES_MAX / 2, 1].into_iter()), 2);
    }

    #[test]
    fn a_limit_out_of_range_is_refused() {
        assert_eq!(page_limit(None, 50, 200), Ok(50));
        assert_eq!(page_limit(Some(200), 50, 200), Ok(200));
        assert!(page_limit(Some(0), 50, 200).is_err());
        assert!(page_limit(Some(201), 50, 200).is_err());
    }
}
