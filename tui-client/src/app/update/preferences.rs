//! What the user prefers about conversations, and whom they have blocked.

use super::Effect;
use crate::app::command::PreferTyped;
use crate::app::preferences::{Asked, done};
use crate::app::{Chat, Model, Notice, Overlay, Surface};
use chat_client::Command;
use chat_protocol::{Prefer, Seq, Target, UserName};

/// Does what was typed.
pub fn run(model: &mut Model, typed: PreferTyped) -> Result<Vec<Effect>, String> {
    let named = match &typed {
        PreferTyped::Block(_, Some(user)) => Target::To(user.clone()),
        _ => model.here().ok_or("no conversation is open")?,
    };
    if matches!(typed, PreferTyped::Block(..)) {
        check_blockable(model, &named)?;
    }
    // By its id where it is known: the server knows nobody by the name of somebody who has gone.
    let (target, title) = match (model.chats.find(&named), named) {
        (Some(chat), _) => (Target::Conversation(chat.id()), chat.title(&model.me)),
        (None, Target::To(user)) => (Target::To(user.clone()), user.to_string()),
        (None, _) => return Err("no conversation is open".to_owned()),
    };
    let mut prefer = Prefer { target, level: None, archived: None, blocked: None };
    match typed {
        PreferTyped::Level(level) => prefer.level = Some(level),
        PreferTyped::Archive(archived) => prefer.archived = Some(archived),
        PreferTyped::Block(blocked, _) => prefer.blocked = Some(blocked),
    }
    let archives = prefer.archived == Some(true);
    model.preferring.push(Asked { target: prefer.target.clone(), archives, done: done(&prefer, &title) });
    Ok(vec![Effect::Ask(Command::Prefer(prefer))])
}

fn check_blockable(model: &Model, target: &Target) -> Result<(), String> {
    let user = match target {
        Target::To(user) => Some(user),
        _ => model.chats.find(target).and_then(Chat::peer).map(|peer| &peer.user),
    };
    match user {
        Some(user) if *user == model.me => Err("that is you".to_owned()),
        Some(_) => Ok(()),
        None => Err("one blocks somebody, and no group: /block USER".to_owned()),
    }
}

pub fn handle_done(model: &mut Model, target: &Target) {
    let Some(asked) = take(model, target) else { return };
    // Where a message mentions the user, a muted one stays in the list.
    let stays = |chat: &Chat| chat.summary.preferences.archived != Seq::ZERO && !chat.is_archived();
    let text = match model.chats.find(target).filter(|chat| stays(chat)) {
        Some(chat) if asked.archives => {
            format!("{} stays in the list until you have read what mentions you", chat.title(&model.me))
        }
        _ => asked.done,
    };
    model.notice = Some(Notice::Info(text));
}

/// What was asked for and is answered now.
pub fn take(model: &mut Model, target: &Target) -> Option<Asked> {
    let at = model.preferring.iter().position(|asked| asked.target == *target)?;
    Some(model.preferring.remove(at))
}

pub fn show_blocked(model: &mut Model, users: Vec<UserName>) {
    if model.surface == Surface::Script {
        return;
    }
    if users.is_empty() {
        model.notice = Some(Notice::Info("you have blocked nobody".to_owned()));
    } else if matches!(model.overlay, None | Some(Overlay::Blocked(..))) {
        model.overlay = Some(Overlay::Blocked(users, 0));
    }
}

/// Shows what is put away in the list, or hides it.
pub fn toggle_archive(model: &mut Model) {
    model.chats.shows_archive = !model.chats.shows_archive;
    let text =
        if model.chats.shows_archive { "what is put away is shown" } else { "what is put away is hidden" };
    model.notice = Some(Notice::Info(text.to_owned()));
}
