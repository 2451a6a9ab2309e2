//! Groups: what the user wants done with them, and what has become of it.

use super::{Effect, change, compose, overlay, select};
use crate::app::command::GroupTyped;
use crate::app::groups::{Asked, GroupAction, MemberList, ReaderList, days_words};
use crate::app::{Model, Notice, Opening, Overlay, Pane, Surface};
use chat_client::{Command, SafeText, emoji};
use chat_protocol::{
    ClientId, ConversationId, ErrorCode, GroupName, ListGroups, ListMembers, Seq, Target, UserName, limits,
};

/// Does what was typed.
pub fn run(model: &mut Model, typed: GroupTyped) -> Result<Vec<Effect>, String> {
    let here = |model: &Model| model.group_here().map(|(id, _)| id);
    let action = match typed {
        GroupTyped::List => return Ok(vec![Effect::Ask(Command::Groups(page_of_groups(None)))]),
        GroupTyped::Members => return show_members(model),
        GroupTyped::Topic(None) => return tell_topic(model),
        GroupTyped::Make { name, public, members } => {
            check_count(&members)?;
            GroupAction::Create { name, public, members }
        }
        GroupTyped::Join(name) => return Ok(join(model, name)),
        GroupTyped::Leave => GroupAction::Leave(here(model)?),
        GroupTyped::Add(users) => {
            check_count(&users)?;
            GroupAction::Add(here(model)?, users)
        }
        GroupTyped::Remove(user) if user == model.me => {
            return Err("that is you; /leave takes you out of the group".to_owned());
        }
        GroupTyped::Remove(user) => GroupAction::Remove(here(model)?, user),
        GroupTyped::SetRole(user, role) => GroupAction::SetRole(here(model)?, user, role),
        GroupTyped::Rename(name) => GroupAction::Rename(here(model)?, name),
        GroupTyped::Topic(Some(topic)) => {
            let topic = emoji::expand(&topic);
            check_topic(&topic)?;
            GroupAction::SetTopic(here(model)?, topic)
        }
        GroupTyped::Retention(None) => return tell_retention(model),
        GroupTyped::Retention(Some(days)) => GroupAction::SetRetention(here(model)?, days),
        GroupTyped::SetPast(past) => GroupAction::SetPast(here(model)?, past),
    };
    Ok(vec![Effect::Group { action, written: model.composer.text() }])
}

fn check_count(users: &[UserName]) -> Result<(), String> {
    match users.len() {
        0..=limits::ADDED_MAX => Ok(()),
        count => Err(format!("{count} are too many: at most {} at once", limits::ADDED_MAX)),
    }
}

fn check_topic(topic: &str) -> Result<(), String> {
    match topic.len() {
        _ if topic.contains('\0') => Err("a topic cannot contain the character NUL".to_owned()),
        0..=limits::TOPIC_BYTES_MAX => Ok(()),
        bytes => Err(format!("too long: {bytes} of at most {} bytes", limits::TOPIC_BYTES_MAX)),
    }
}

fn tell_topic(model: &mut Model) -> Result<Vec<Effect>, String> {
    let (_, group) = model.group_here()?;
    let text = match group.topic.is_empty() {
        true => format!("#{} has no topic; /topic TEXT sets one", group.name),
        false => format!("topic: {}", SafeText::line(&group.topic)),
    };
    model.notice = Some(Notice::Info(text));
    Ok(Vec::new())
}

fn tell_retention(model: &mut Model) -> Result<Vec<Effect>, String> {
    let chat = model.chats.selected().ok_or("no conversation is open")?;
    let text = match model.kept_days(chat) {
        Some(days) => format!("what is said here is removed after {}", days_words(days)),
        None => "what is said here is kept".to_owned(),
    };
    model.notice = Some(Notice::Info(text));
    Ok(Vec::new())
}

/// Comes into a public group, or shows it to who is in it already.
pub fn join(model: &mut Model, name: GroupName) -> Vec<Effect> {
    let known = model.chats.find(&Target::Group(name.clone())).map(|chat| chat.id());
    let written = model.composer.text();
    model.composer.finish();
    match known {
        Some(id) => select::select(model, id),
        None => vec![Effect::Group { action: GroupAction::Join(name), written }],
    }
}

/// Shows a group that the user is in, and says something there.
pub fn msg(model: &mut Model, name: &GroupName, text: Option<String>) -> Result<Vec<Effect>, String> {
    if let Some(text) = &text {
        model.check_text(&emoji::expand(text))?;
    }
    let id = model.chats.find_group(name).map(|chat| chat.id());
    let id = id.ok_or_else(|| format!("you are in no group #{name}; /join #{name} joins a public one"))?;
    model.composer.finish();
    let mut effects = select::select(model, id);
    if let Some(text) = text {
        effects.extend(compose::send(model, Target::Conversation(id), &text, None)?);
    }
    Ok(effects)
}

pub fn page_of_groups(after: Option<GroupName>) -> ListGroups {
    ListGroups { after, limit: Some(limits::GROUPS_PAGE_MAX) }
}

fn page_of_members(conversation: ConversationId, after: Option<UserName>) -> Effect {
    Effect::Ask(Command::Members(ListMembers { conversation, after, limit: Some(limits::MEMBERS_PAGE_MAX) }))
}

/// Asks for the members of a group anew.
fn ask_members(model: &mut Model, id: ConversationId) -> Option<Effect> {
    let roster = model.groups.rosters.entry(id).or_default();
    roster.begin().then(|| page_of_members(id, None))
}

/// Asks for the members behind those that are known, if there are any.
pub fn ask_more_members(model: &mut Model, id: ConversationId) -> Option<Effect> {
    let after = model.groups.rosters.get_mut(&id)?.begin_next()?;
    Some(page_of_members(id, Some(after)))
}

/// In a group in which all are told how far the others are, the user's marks need to know them.
pub fn learn_members(model: &mut Model, id: ConversationId) -> Option<Effect> {
    let members = model.chats.get(id)?.group()?.members as usize;
    let is_told = members <= limits::WHISPERING_MEMBERS_MAX && model.surface == Surface::Screen;
    if is_told && model.is_connected() { ask_members(model, id) } else { None }
}

fn show_members(model: &mut Model) -> Result<Vec<Effect>, String> {
    let (group, _) = model.group_here()?;
    if !model.is_connected() && model.roster_here().is_none() {
        return Err("not connected to the server right now".to_owned());
    }
    model.overlay = Some(Overlay::Members(MemberList { group, down: 0 }));
    Ok(ask_members(model, group).into_iter().collect())
}

/// Shows who has read a message: the one with this number, or the user's last one.
pub fn show_readers(model: &mut Model, seq: Option<Seq>) -> Result<Vec<Effect>, String> {
    let (group, members) = model.group_here().map(|(id, group)| (id, group.members as usize))?;
    if members > limits::WHISPERING_MEMBERS_MAX {
        let max = limits::WHISPERING_MEMBERS_MAX;
        return Err(format!("in groups of more than {max} members nobody is told who has read what"));
    }
    let found = match seq {
        Some(_) => change::find(model, seq)?,
        None => change::find_own(model, None, "shown so")?,
    };
    model.overlay = Some(Overlay::Readers(ReaderList { group, seq: found.seq, down: 0 }));
    Ok(Vec::new())
}

/// The shell has made an id for it.
pub fn handle_asked(
    model: &mut Model,
    client_id: ClientId,
    action: GroupAction,
    written: String,
) -> Vec<Effect> {
    let command = action.command(client_id.clone());
    model.groups.asked.push(Asked { client_id, action, written });
    vec![Effect::Ask(Command::Group(command))]
}

/// Whether the user has just made this group.
pub fn is_made(model: &Model, id: ConversationId) -> bool {
    let Some(group) = model.chats.get(id).and_then(|chat| chat.group()) else { return false };
    let makes =
        |asked: &Asked| matches!(&asked.action, GroupAction::Create { name, .. } if *name == group.name);
    model.groups.asked.iter().any(makes)
}

pub fn handle_done(model: &mut Model, client_id: &ClientId) -> Vec<Effect> {
    let Some(Asked { action, .. }) = model.groups.take(client_id) else { return Vec::new() };
    if let Some(words) = action.done() {
        model.notice = Some(Notice::Info(words));
    }
    match action {
        GroupAction::Leave(id) => leave(model, id, true),
        GroupAction::Join(name) => {
            let target = Target::Group(name);
            model.opening.push(Opening { target: target.clone(), texts: Vec::new() });
            vec![Effect::Ask(Command::Open(target))]
        }
        _ => Vec::new(),
    }
}

pub fn handle_refused(model: &mut Model, client_id: &ClientId, code: ErrorCode, message: &str) {
    let Some(Asked { action, written, .. }) = model.groups.take(client_id) else { return };
    model.notice = Some(Notice::Error(action.refused(code, message)));
    // Names that were typed are not lost: the user has them before them again.
    if written.contains(' ') && model.composer.is_empty() && model.overlay.is_none() {
        model.composer.set(&written);
    }
}

/// The user is not in a group any more.
pub fn handle_left(model: &mut Model, id: ConversationId) -> Vec<Effect> {
    let by_me = |asked: &Asked| asked.action == GroupAction::Leave(id);
    let by_me = model.groups.asked.iter().any(by_me);
    leave(model, id, by_me)
}

/// Takes the group from the screen. What was begun there stays a draft.
fn leave(model: &mut Model, id: ConversationId, by_me: bool) -> Vec<Effect> {
    let Some(title) = model.chats.get(id).map(|chat| chat.title(&model.me)) else { return Vec::new() };
    let was_selected = model.chats.selected_id() == Some(id);
    let next = model.chats.neighbour(1).filter(|next| was_selected && *next != id);
    let was_writing = was_selected && model.composer.holds_message();
    if was_selected {
        if !matches!(
            model.overlay,
            Some(Overlay::Help(_) | Overlay::Devices | Overlay::Password(_) | Overlay::Search)
        ) {
            overlay::close(model);
        }
        select::keep_draft(model);
    }
    model.chats.remove(id);
    model.search.forget(id);
    model.timelines.remove(&id);
    model.groups.rosters.remove(&id);
    model.aside.remove(&id);
    let text = match by_me {
        true => format!("you have left {title}"),
        false => format!("you are not in {title} any more"),
    };
    // What goes on being typed must not get into another conversation.
    if was_writing && !by_me && model.overlay.is_none() {
        model.overlay = Some(Overlay::Told(format!("{text}; what you wrote there is kept")));
    }
    model.notice = Some(Notice::Info(text));
    if was_selected && !model.is_wide() {
        model.pane = Pane::List;
    }
    let pane = model.pane;
    let effects = next.map(|next| select::select(model, next)).unwrap_or_default();
    model.pane = pane;
    effects
}

pub fn handle_members_refused(model: &mut Model, id: ConversationId, message: &str) {
    if let Some(roster) = model.groups.rosters.get_mut(&id) {
        roster.give_up();
    }
    if matches!(&model.overlay, Some(Overlay::Members(list)) if list.group == id) {
        model.notice = Some(Notice::Error(SafeText::line(message).to_string()));
    }
}
