//! Groups: making and finding them, and who is in them.

use super::conversation::{entry, open_id, public_group};
use super::send::queue;
use super::{Speaker, page_limit};
use crate::chat::Chat;
use crate::delivery::refusal;
use crate::fresh;
use crate::net::answer::Refused;
use crate::store::{MemberRow, NewBody, NewGroup, StoredEntry, UserId};
use chat_protocol::{
    AddMembers, ChangeGroup, ClientId, ConversationId, CreateGroup, ErrorCode, Frame, GroupChange, Join,
    Leave, ListGroups, ListMembers, Member, MemberChange, RemoveMember, RequestId, Role, SetRole, UserName,
    limits,
};
use sha2::{Digest, Sha256};

/// Groups, and members, in a page when the request does not say.
const GROUPS_USUAL: u32 = 50;
const MEMBERS_USUAL: u32 = 100;

/// Makes a group, and tells those who are in it from the start.
pub async fn create(
    speaker: &Speaker,
    chat: &Chat,
    request: RequestId,
    create: CreateGroup,
) -> Result<Frame, Refused> {
    let CreateGroup { client_id, name, topic, public, past, members } = create;
    check_topic(&topic)?;
    let members = everybody(chat, &members).await?;
    let maker = speaker.seat.user;
    let (id, second_id) = ids(maker, &client_id);
    let at = fresh::now();
    let group =
        NewGroup { id, maker, client_id, second_id, name, topic, public, past, members: members.clone(), at };
    let made = chat.store.create_group(group).await?;
    let entries = made.map_err(|error| {
        let (code, message) = refusal(error);
        Refused::new(code, message)
    })?;
    tell(speaker, chat, id, &members, entries);
    open_id(speaker, chat, request, id).await
}

/// The group's id, and that of its second entry: from the maker and their id of it, so that the same request again finds
/// the same group.
fn ids(maker: UserId, client_id: &ClientId) -> (ConversationId, ClientId) {
    let digest = Sha256::new().chain_update(b"group").chain_update(maker.0.to_be_bytes());
    let digest: [u8; 32] = digest.chain_update(client_id.as_str()).finalize().into();
    let [a, b, c, d, e, f, g, h, ..] = digest;
    let id = ConversationId::from_bits(u64::from_be_bytes([a, b, c, d, e, f, g, h]));
    let second: String = digest[8..24].iter().map(|byte| format!("{byte:02x}")).collect();
    (id, second.parse().expect("hexadecimal digits are a client id"))
}

/// The first entries of a group reach everybody but the session that made it.
fn tell(speaker: &Speaker, chat: &Chat, id: ConversationId, members: &[UserId], entries: Vec<StoredEntry>) {
    let everybody: Vec<_> = members.iter().chain([&speaker.seat.user]).copied().collect();
    if !entries.is_empty() && everybody.len() <= limits::WHISPERING_MEMBERS_MAX {
        chat.hub.met(&everybody.clone().into());
    }
    for stored in entries {
        let frame = Frame::Entry(entry(id, stored)).encode().into();
        for member in &everybody {
            chat.hub.deliver(*member, &frame, Some(speaker.seat.session.id));
        }
    }
}

/// What a group is called and about, and what newcomers see.
pub async fn change(
    speaker: &Speaker,
    chat: &Chat,
    request: RequestId,
    change: ChangeGroup,
) -> Result<(), Refused> {
    let ChangeGroup { conversation, client_id, name, topic, past, retention_days } = change;
    check_topic(topic.as_deref().unwrap_or_default())?;
    if retention_days.is_some_and(|days| days > limits::RETENTION_DAYS_MAX) {
        return Err(Refused::field(format!("`retention_days` is at most {}", limits::RETENTION_DAYS_MAX)));
    }
    let body = NewBody::Group(GroupChange { name, topic, past, public: None, retention_days });
    queue(speaker, chat, request, conversation, client_id, body).await
}

/// The speaker comes into a public group.
pub async fn join(speaker: &Speaker, chat: &Chat, request: RequestId, join: Join) -> Result<(), Refused> {
    let conversation = public_group(chat, &join.group).await?;
    let users = vec![speaker.seat.user];
    change_members(speaker, chat, request, conversation, join.client_id, MemberChange::Joined, users).await
}

/// Users are brought in.
pub async fn add(speaker: &Speaker, chat: &Chat, request: RequestId, add: AddMembers) -> Result<(), Refused> {
    if add.users.is_empty() {
        return Err(Refused::field("`users` is empty"));
    }
    let users = everybody(chat, &add.users).await?;
    let AddMembers { conversation, client_id, .. } = add;
    change_members(speaker, chat, request, conversation, client_id, MemberChange::Added, users).await
}

/// A member is put out.
pub async fn remove(
    speaker: &Speaker,
    chat: &Chat,
    request: RequestId,
    remove: RemoveMember,
) -> Result<(), Refused> {
    let RemoveMember { conversation, client_id, user } = remove;
    let users = everybody(chat, &[user]).await?;
    change_members(speaker, chat, request, conversation, client_id, MemberChange::Removed, users).await
}

/// The speaker goes.
pub async fn leave(speaker: &Speaker, chat: &Chat, request: RequestId, leave: Leave) -> Result<(), Refused> {
    let Leave { conversation, client_id } = leave;
    let users = vec![speaker.seat.user];
    change_members(speaker, chat, request, conversation, client_id, MemberChange::Left, users).await
}

/// A member may do more, or less.
pub async fn set_role(
    speaker: &Speaker,
    chat: &Chat,
    request: RequestId,
    set: SetRole,
) -> Result<(), Refused> {
    let SetRole { conversation, client_id, user, role } = set;
    let users = everybody(chat, &[user]).await?;
    let change = match role {
        Role::Admin => MemberChange::Promoted,
        Role::Member => MemberChange::Demoted,
    };
    change_members(speaker, chat, request, conversation, client_id, change, users).await
}

async fn change_members(
    speaker: &Speaker,
    chat: &Chat,
    request: RequestId,
    conversation: ConversationId,
    client_id: ClientId,
    change: MemberChange,
    users: Vec<UserId>,
) -> Result<(), Refused> {
    queue(speaker, chat, request, conversation, client_id, NewBody::Members { change, users }).await
}

/// The public groups.
pub async fn list(speaker: &Speaker, chat: &Chat, id: RequestId, list: ListGroups) -> Result<Frame, Refused> {
    let limit = page_limit(list.limit, GROUPS_USUAL, limits::GROUPS_PAGE_MAX)?;
    let mut groups = chat.store.public_groups(speaker.seat.user, list.after, limit + 1).await?;
    let more = groups.len() > limit as usize;
    groups.truncate(limit as usize);
    Ok(Frame::Groups { id, groups, more })
}

/// Who is in a group.
pub async fn members(
    speaker: &Speaker,
    chat: &Chat,
    id: RequestId,
    list: ListMembers,
) -> Result<Frame, Refused> {
    let limit = page_limit(list.limit, MEMBERS_USUAL, limits::MEMBERS_PAGE_MAX)?;
    let ListMembers { conversation, after, .. } = list;
    let found = chat.store.group_members(speaker.seat.user, conversation, after, limit + 1).await?;
    let mut members = found.ok_or_else(super::unknown_conversation)?;
    let more = members.len() > limit as usize;
    members.truncate(limit as usize);
    let member = |MemberRow { id, name, role, marks, is_hidden }| Member {
        user: name,
        role,
        online: !is_hidden && chat.hub.is_online(id),
        marks,
    };
    Ok(Frame::Members { id, conversation, members: members.into_iter().map(member).collect(), more })
}

/// The accounts with these names.
async fn everybody(chat: &Chat, names: &[UserName]) -> Result<Vec<UserId>, Refused> {
    if names.len() > limits::ADDED_MAX {
        return Err(Refused::field(format!("at most {} users at once", limits::ADDED_MAX)));
    }
    let mut users = Vec::with_capacity(names.len());
    for name in names {
        let account = chat.store.user(name).await?;
        let account = account
            .ok_or_else(|| Refused::new(ErrorCode::UnknownUser, format!("nobody is called {name}")))?;
        users.push(account.id);
    }
    Ok(users)
}

fn check_topic(topic: &str) -> Result<(), Refused> {
    if topic.len() > limits::TOPIC_BYTES_MAX {
        Err(Refused::field(format!("`topic` is at most {} bytes", limits::TOPIC_BYTES_MAX)))
    } else if topic.contains('\0') {
        Err(Refused::field("`topic` has no NUL in it"))
    } else {
        Ok(())
    }
}
