//! `open` and `list`: which conversations there are.

use super::{Speaker, fitting, page_limit, unknown_conversation};
use crate::chat::Chat;
use crate::domain::Cursor;
use crate::fresh;
use crate::hub::Hub;
use crate::net::answer::Refused;
use crate::presence::seen;
use crate::store::{ConversationKind, ConversationRow, StoredEntry, UserId};
use chat_protocol::{
    Body, ConversationId, Entry, ErrorCode, Frame, GroupName, Kind, List, Message, Open, RequestId, Summary,
    Target, UserName, limits,
};

/// Conversations in a page of the list when the request does not say.
const LIST_USUAL: u32 = 50;

/// The one conversation that is asked for, made if it is with a user and there is none.
pub async fn open(speaker: &Speaker, chat: &Chat, id: RequestId, open: Open) -> Result<Frame, Refused> {
    let conversation = the_one(speaker, chat, open.target).await?;
    open_id(speaker, chat, id, conversation).await
}

/// The conversation that is meant. One with a user is made if there is none; whether the speaker is in it is for others to ask.
pub async fn the_one(speaker: &Speaker, chat: &Chat, target: Target) -> Result<ConversationId, Refused> {
    match target {
        Target::Conversation(conversation) => Ok(conversation),
        Target::To(user) => direct_with(speaker, chat, &user).await,
        Target::Group(name) => public_group(chat, &name).await,
    }
}

/// The conversation with this id.
pub async fn open_id(
    speaker: &Speaker,
    chat: &Chat,
    id: RequestId,
    conversation: ConversationId,
) -> Result<Frame, Refused> {
    let found = chat.store.conversation(speaker.seat.user, conversation).await?;
    let row = found.ok_or_else(unknown_conversation)?;
    Ok(Frame::Opened { id, summary: summary(row, &chat.hub, speaker.seat.user) })
}

/// A page of the list, the most recently active first.
pub async fn list(speaker: &Speaker, chat: &Chat, id: RequestId, list: List) -> Result<Frame, Refused> {
    let limit = page_limit(list.limit, LIST_USUAL, limits::LIST_MAX)?;
    let parse = |text: String| text.parse::<Cursor>().map_err(|error| Refused::field(error.to_string()));
    let after = list.cursor.map(parse).transpose()?.map(|cursor| (cursor.activity, cursor.conversation));
    let mut rows = chat.store.conversations(speaker.seat.user, after, limit).await?;
    let may_be_more = rows.len() == limit as usize;
    let fits = fitting(rows.iter().map(|row| row.last.as_ref().map_or(0, |last| text_bytes(&last.body))));
    let is_cut = fits < rows.len();
    rows.truncate(fits);
    let cursor_at =
        |row: &ConversationRow| Cursor { activity: row.activity, conversation: row.id }.to_string();
    let next = if may_be_more || is_cut { rows.last().map(cursor_at) } else { None };
    let conversations = rows.into_iter().map(|row| summary(row, &chat.hub, speaker.seat.user)).collect();
    Ok(Frame::Conversations { id, conversations, next })
}

/// The one-to-one conversation with a user, made if there is none.
pub async fn direct_with(speaker: &Speaker, chat: &Chat, user: &UserName) -> Result<ConversationId, Refused> {
    let me = speaker.seat.user;
    let peer = if *user == speaker.seat.name {
        me
    } else {
        let account = chat.store.user(user).await?;
        account.ok_or_else(|| Refused::new(ErrorCode::UnknownUser, "nobody has this name"))?.id
    };
    Ok(chat.store.open_direct(me, peer, fresh::conversation_id()).await?)
}

/// The public group with this name. Whether the speaker is in it is for others to ask.
pub async fn public_group(chat: &Chat, name: &GroupName) -> Result<ConversationId, Refused> {
    let found = chat.store.public_group(name).await?;
    found.ok_or_else(|| Refused::new(ErrorCode::UnknownGroup, "no public group has this name"))
}

/// The entry as it goes over the wire.
pub fn entry(conversation: ConversationId, stored: StoredEntry) -> Entry {
    let StoredEntry { seq, at, from, client_id, body } = stored;
    Entry { conversation, seq, at, from, client_id, body }
}

/// What a file counts for in a page: its name, its hash and the rest.
const ATTACHMENT_BYTES: usize = 512;

/// What counts towards a page's size.
pub fn text_bytes(body: &Body) -> usize {
    match body {
        Body::Message(message) => message_bytes(message),
        Body::Edit { text, .. } => text.len(),
        Body::Members { users, .. } => users.len() * limits::NAME_BYTES_MAX,
        Body::Group(_) => limits::TOPIC_BYTES_MAX,
        Body::Deletion { .. } | Body::Reaction { .. } | Body::Unknown => 0,
    }
}

fn message_bytes(message: &Message) -> usize {
    let Message { text, file, reply_to, mentions, reactions, .. } = message;
    let quote = reply_to.as_ref().map_or(0, |quote| quote.text.len() + limits::FILE_NAME_BYTES_MAX);
    let names = mentions.len() + reactions.iter().map(|one| one.users.len()).sum::<usize>();
    text.len() + file.as_ref().map_or(0, |_| ATTACHMENT_BYTES) + quote + names * limits::NAME_BYTES_MAX
}

fn summary(row: ConversationRow, hub: &Hub, me: UserId) -> Summary {
    let kind = match row.kind {
        ConversationKind::Group(group) => Kind::Group(group),
        ConversationKind::Direct(row) => {
            let peer_marks = (row.id != me).then_some(row.marks);
            Kind::Direct { peer: seen(row, hub), peer_marks }
        }
    };
    Summary {
        conversation: row.id,
        kind,
        first: row.span.first,
        head: row.span.head,
        read: row.read.seq,
        unread: row.read.unread,
        mentions: row.read.mentions,
        preferences: row.preferences,
        last: row.last.map(|last| entry(row.id, last)),
    }
}
