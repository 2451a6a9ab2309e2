//! The script that a command of `group` stands for.

use crate::app::script::{Act, Group, Members, Peer, PublicGroups, Script, ToGroup};
use crate::cli::group::{GroupCommand, Once, Wait};
use chat_client::fresh_client_id;
use chat_protocol::Role;

pub fn script(command: GroupCommand, json: bool) -> Script {
    let (group, act, once) = match command {
        GroupCommand::List { wait } => {
            return Script::PublicGroups(PublicGroups { json, timeout: wait.timeout, found: Vec::new() });
        }
        GroupCommand::Members { group, wait } => return members(group, json, &wait),
        GroupCommand::Create { name, public, topic, past, members, once } => {
            (None, Act::Create { name, topic, public, past: past.into(), members }, once)
        }
        GroupCommand::Join { name, once } => (None, Act::Join(name), once),
        GroupCommand::Leave { group, once } => (Some(group), Act::Leave, once),
        GroupCommand::Add { group, users, once } => (Some(group), Act::Add(users), once),
        GroupCommand::Remove { group, member, once } => (Some(group), Act::Remove(member), once),
        GroupCommand::Admin { group, member, once } => (Some(group), Act::SetRole(member, Role::Admin), once),
        GroupCommand::Unadmin { group, member, once } => {
            (Some(group), Act::SetRole(member, Role::Member), once)
        }
        GroupCommand::Rename { group, name, once } => (Some(group), Act::Rename(name), once),
        GroupCommand::Topic { group, text, once } => (Some(group), Act::Topic(text), once),
        GroupCommand::Past { group, past, once } => (Some(group), Act::Past(past.into()), once),
        GroupCommand::Retention { group, days, once } => (Some(group), Act::Retention(days), once),
    };
    let Once { id, wait } = once;
    let client_id = id.unwrap_or_else(fresh_client_id);
    let script = |conversation| Script::Group(Group::new(act, client_id, conversation, json, wait.timeout));
    match group {
        Some(Peer::Group(name)) => Script::ToGroup(ToGroup::new(name, script(None))),
        Some(Peer::Id(id)) => script(Some(id)),
        Some(Peer::User(_)) | None => script(None),
    }
}

fn members(group: Peer, json: bool, wait: &Wait) -> Script {
    let timeout = wait.timeout;
    let script = |conversation| Script::Members(Members { conversation, json, timeout, found: Vec::new() });
    match group {
        Peer::Group(name) => Script::ToGroup(ToGroup::new(name, script(None))),
        Peer::Id(id) => script(Some(id)),
        Peer::User(_) => script(None),
    }
}
