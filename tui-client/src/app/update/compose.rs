//! What is written: messages and commands.

use super::{Effect, change, files, group, offer, pick, search, select};
use crate::app::command::{self, GroupTyped, Typed};
use crate::app::{
    DeletionForm, Model, Notice, Opening, Overlay, Pane, PasswordForm, Purpose, Surface, silence,
};
use chat_client::{Command, Content, Outgoing, OutgoingState, emoji};
use chat_protocol::{ClientId, Quote, Seq, Target, UserName};

/// Enter was pressed. What cannot be done stays in the composer.
pub fn submit(model: &mut Model) -> Vec<Effect> {
    let done = command::parse(&model.composer.text()).and_then(|typed| run(model, typed));
    done.unwrap_or_else(|problem| {
        model.notice = Some(Notice::Error(problem));
        Vec::new()
    })
}

pub fn paste(model: &mut Model, text: &str) -> Vec<Effect> {
    match &mut model.overlay {
        Some(Overlay::Password(form)) => form.paste(text),
        Some(Overlay::DeleteAccount(form)) => form.paste(text),
        Some(Overlay::Search) => model.search.insert(text),
        Some(_) => {}
        None => {
            pick::leave(model);
            return offer::paste(model, text);
        }
    }
    Vec::new()
}

/// Sends a message or a change, if what it says may be sent.
pub fn say(model: &mut Model, client_id: Option<ClientId>, target: Target, content: Content) -> Vec<Effect> {
    if let Err(problem) = check(model, &content) {
        model.notice = Some(Notice::Error(problem));
        return Vec::new();
    }
    vec![Effect::Send { client_id, target, content }]
}

/// A message with a file need not have a text, and only the server knows what becomes of one when its text is taken away.
fn check(model: &Model, content: &Content) -> Result<(), String> {
    match content {
        Content::Message { text, file: Some(_), .. } | Content::Edit { text, .. } if text.is_empty() => {
            Ok(())
        }
        Content::Message { text, .. } | Content::Edit { text, .. } => model.check_text(text),
        Content::Deletion { .. } | Content::Reaction { .. } => Ok(()),
    }
}

/// Whether something may be said there, as far as that is known here.
///
/// # Errors
/// A line that says why not.
pub fn check_passes(model: &Model, target: &Target) -> Result<(), String> {
    model.chats.find(target).and_then(silence::of).map_or(Ok(()), Err)
}

fn run(model: &mut Model, typed: Typed) -> Result<Vec<Effect>, String> {
    let effects = match typed {
        Typed::Nothing if matches!(model.composer.purpose, Purpose::Edit { .. }) => written(model, "")?,
        Typed::Nothing => return Ok(Vec::new()),
        Typed::Text(text) => written(model, &text)?,
        Typed::Reply(number, Some(text)) => change::reply(model, number, &text)?,
        Typed::Edit(number, Some(text)) => change::edit(model, number, &text)?,
        Typed::Reply(number, None) => return begin(model, number, change::begin_reply),
        Typed::Edit(number, None) => return begin(model, number, change::begin_edit),
        Typed::Delete(number) => change::delete(model, number)?,
        Typed::React(number, emoji) => change::react(model, number, &emoji)?,
        Typed::Unreact(number, emoji) => change::unreact(model, number, emoji.as_deref())?,
        Typed::Versions(number) => change::versions(model, number)?,
        Typed::Receipts(wanted) => change::receipts(wanted),
        Typed::Readers(number) => group::show_readers(model, number)?,
        Typed::Prefer(typed) => super::preferences::run(model, typed)?,
        Typed::Blocked => vec![Effect::Ask(Command::Blocked)],
        Typed::Archived => {
            super::preferences::toggle_archive(model);
            Vec::new()
        }
        Typed::DeleteAccount => show(model, Overlay::DeleteAccount(DeletionForm::default())),
        Typed::Group(GroupTyped::Join(name)) => return Ok(group::join(model, name)),
        Typed::Group(typed) => group::run(model, typed)?,
        Typed::Msg(user, text) => return msg(model, user, text),
        Typed::MsgGroup(name, text) => return group::msg(model, &name, text),
        Typed::Notes(text) => return msg(model, model.me.clone(), text),
        // Nothing is sent to a conversation that is not seen.
        Typed::Send(..) if !model.is_wide() && model.pane == Pane::List => {
            model.pane = Pane::Chat;
            return Ok(Vec::new());
        }
        Typed::Send(..) if offer::is_open(model) => {
            return Err("what was pasted is being looked at: once more, please".to_owned());
        }
        Typed::Send(path, text) => files::send(model, &path, &text)?,
        Typed::Save(which, to) => files::save(model, &which, to.as_ref())?,
        Typed::Files => {
            files::list(model)?;
            Vec::new()
        }
        Typed::View(which) => {
            files::view(model, &which)?;
            Vec::new()
        }
        Typed::Cancel(number) => files::cancel(model, number.map(u64::from))?,
        Typed::Search(query) => search::open(model, query.as_deref()),
        Typed::Help => show(model, Overlay::Help(0)),
        Typed::Passwd => show(model, Overlay::Password(PasswordForm::default())),
        Typed::Devices => vec![Effect::Ask(Command::Devices)],
        Typed::Revoke(number) => revoke(model, number)?,
        Typed::Retry => {
            let messages = for_failed(model, Command::Retry);
            match (files::retry_failed(model), messages) {
                (Ok(uploads), messages) => or_none(uploads, messages)?,
                (Err(_), Ok(messages)) => messages,
                (Err(problem), Err(_)) => return Err(problem),
            }
        }
        Typed::Discard => {
            let had_uploads = files::discard_failed(model);
            let discarded = for_failed(model, Command::Discard);
            if had_uploads { discarded.unwrap_or_default() } else { discarded? }
        }
        Typed::Logout => vec![Effect::Ask(Command::Logout)],
        Typed::Quit => vec![Effect::Quit],
    };
    model.composer.finish();
    Ok(effects)
}

/// Sends what the user wrote, for what they wrote it.
fn written(model: &mut Model, text: &str) -> Result<Vec<Effect>, String> {
    let quote = match &model.composer.purpose {
        Purpose::Edit { seq, .. } => return change::edit(model, Some(*seq), text),
        Purpose::Reply(quote) => Some(quote.clone()),
        Purpose::Say => None,
    };
    let target = model.here().ok_or("to whom? /msg NAME begins a conversation")?;
    send(model, target, text, quote)
}

/// The command has done its work, and what is written from here on has a purpose.
fn begin(
    model: &mut Model,
    number: Option<Seq>,
    work: fn(&mut Model, Option<Seq>) -> Result<Vec<Effect>, String>,
) -> Result<Vec<Effect>, String> {
    let command = model.composer.text();
    // What was begun before is not the command.
    model.composer.set("");
    let done = work(model, number);
    if done.is_err() {
        model.composer.set(&command);
    }
    done
}

/// Sends what the user wrote to a conversation; with the message that it answers, if there is one.
pub fn send(
    model: &mut Model,
    target: Target,
    text: &str,
    reply_to: Option<Box<Quote>>,
) -> Result<Vec<Effect>, String> {
    let text = emoji::expand(text);
    model.check_text(&text)?;
    check_passes(model, &target)?;
    model.last_said = Some(match &reply_to {
        Some(quote) => format!("/reply {} {text}", quote.seq),
        None => text.clone(),
    });
    if let Some(timeline) = model.selected_timeline_mut() {
        timeline.show_newest();
        timeline.new_until = None;
    }
    Ok(say(model, None, target, Content::Message { text, file: None, reply_to }))
}

/// Shows the conversation with a user; the server is asked when it is not known yet.
fn msg(model: &mut Model, user: UserName, text: Option<String>) -> Result<Vec<Effect>, String> {
    let target = Target::To(user);
    if let Some(text) = &text {
        model.check_text(&emoji::expand(text))?;
    }
    model.composer.finish();
    let Some(id) = model.chats.find(&target).map(|chat| chat.id()) else {
        return Ok(open(model, target, text));
    };
    let mut effects = select::select(model, id);
    if let Some(text) = text {
        effects.extend(send(model, Target::Conversation(id), &text, None)?);
    }
    Ok(effects)
}

/// Asks the server for a conversation, once; what is said before its answer waits in line.
fn open(model: &mut Model, target: Target, text: Option<String>) -> Vec<Effect> {
    if let Some(opening) = model.opening.iter_mut().find(|opening| opening.target == target) {
        opening.texts.extend(text);
        return Vec::new();
    }
    model.opening.push(Opening { target: target.clone(), texts: text.into_iter().collect() });
    vec![Effect::Ask(Command::Open(target))]
}

fn show(model: &mut Model, overlay: Overlay) -> Vec<Effect> {
    debug_assert_eq!(model.surface, Surface::Screen);
    model.overlay = Some(overlay);
    Vec::new()
}

fn revoke(model: &Model, number: usize) -> Result<Vec<Effect>, String> {
    let device = number.checked_sub(1).and_then(|index| model.devices.get(index));
    let device = device.ok_or("no device has that number; /devices lists them")?;
    if device.current {
        return Err("that is this device; /logout logs it out".to_owned());
    }
    Ok(vec![Effect::Ask(Command::Revoke(device.device))])
}

/// Both, or what is wrong when there is nothing of either.
fn or_none(mut first: Vec<Effect>, second: Result<Vec<Effect>, String>) -> Result<Vec<Effect>, String> {
    if first.is_empty() {
        return second;
    }
    first.extend(second.unwrap_or_default());
    Ok(first)
}

fn for_failed(model: &Model, command: fn(ClientId) -> Command) -> Result<Vec<Effect>, String> {
    let failed = |outgoing: &&Outgoing| matches!(outgoing.state, OutgoingState::Failed { .. });
    let failed =
        model.outgoing.iter().filter(failed).map(|outgoing| Effect::Ask(command(outgoing.client_id.clone())));
    let effects: Vec<_> = failed.collect();
    if effects.is_empty() { Err("no message has failed".to_owned()) } else { Ok(effects) }
}
