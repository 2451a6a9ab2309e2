//! Messages that are answered, edited, deleted or reacted to.

use super::{Effect, compose};
use crate::app::{Model, Notice, Timeline, changes, timeline};
use chat_client::{Command, Content, emoji};
use chat_protocol::{ChangeSettings, Entry, Message, Quote, Seq, Settings, Target, UserName, limits};
use unicode_segmentation::UnicodeSegmentation;

/// A message of the selected conversation, as the user sees it.
#[derive(Debug)]
pub struct Found {
    pub seq: Seq,
    pub from: UserName,
    pub message: Message,
}

impl Found {
    fn quote(&self) -> Quote {
        Quote::of(self.seq, self.from.clone(), &self.message)
    }
}

/// The message with this number; else the last one of others, or the last one at all.
///
/// # Errors
/// A line for the user.
pub fn find(model: &Model, seq: Option<Seq>) -> Result<Found, String> {
    let of_others = |found: &Found| found.from != model.me;
    let found = match seq {
        Some(seq) => with_number(model, seq)?,
        None => last(model, of_others).or_else(|| last(model, |_| true)).ok_or("there is no message here")?,
    };
    if found.message.deleted_at.is_some() {
        return Err(format!("message {} is deleted", found.seq));
    }
    Ok(found)
}

/// The user's message with this number; else their last one. `what` is what shall be done to it.
///
/// # Errors
/// A line for the user.
pub fn find_own(model: &Model, seq: Option<Seq>, what: &str) -> Result<Found, String> {
    let seq = match seq {
        Some(seq) => seq,
        None => {
            last(model, |found| found.from == model.me).ok_or("none of your messages is loaded here")?.seq
        }
    };
    let found = find(model, Some(seq))?;
    if found.from != model.me {
        return Err(format!("message {seq} is not yours: only your own can be {what}"));
    }
    Ok(found)
}

/// The message that the user may delete: any one of a group whose admin they are, else their own; without a number their
/// last one.
///
/// # Errors
/// A line for the user.
pub fn find_deletable(model: &Model, seq: Option<Seq>) -> Result<Found, String> {
    if seq.is_some() && model.is_admin_here() { find(model, seq) } else { find_own(model, seq, "deleted") }
}

fn with_number(model: &Model, seq: Seq) -> Result<Found, String> {
    let found = model.selected_timeline().and_then(|timeline| timeline.message(seq));
    let (entry, message) = found
        .ok_or_else(|| format!("no message with the number {seq} is loaded here; PgUp loads older ones"))?;
    Ok(as_shown(model, entry, message))
}

/// The last message that is not deleted and fits.
fn last(model: &Model, fits: impl Fn(&Found) -> bool) -> Option<Found> {
    let entries = model.selected_timeline().map_or(&[][..], Timeline::latest);
    let messages = entries.iter().rev().filter_map(|entry| Some((entry, timeline::message_of(entry)?)));
    messages
        .map(|(entry, message)| as_shown(model, entry, message))
        .find(|found| found.message.deleted_at.is_none() && fits(found))
}

fn as_shown(model: &Model, entry: &Entry, message: &Message) -> Found {
    let message = changes::shown(model, entry, message).0.into_owned();
    Found { seq: entry.seq, from: entry.from.clone(), message }
}

/// What is written from here on answers the message.
pub fn begin_reply(model: &mut Model, seq: Option<Seq>) -> Result<Vec<Effect>, String> {
    let quote = find(model, seq)?.quote();
    model.composer.begin_reply(quote);
    Ok(Vec::new())
}

/// Answers a message at once.
pub fn reply(model: &mut Model, seq: Option<Seq>, text: &str) -> Result<Vec<Effect>, String> {
    let target = model.here().ok_or("no conversation is open")?;
    let quote = find(model, seq)?.quote();
    compose::send(model, target, text, Some(Box::new(quote)))
}

/// Puts the message's text into the composer.
pub fn begin_edit(model: &mut Model, seq: Option<Seq>) -> Result<Vec<Effect>, String> {
    let found = find_own(model, seq, "edited")?;
    // Two slashes say one.
    let slash = if found.message.text.starts_with('/') { "/" } else { "" };
    model.composer.begin_edit(found.seq, &format!("{slash}{}", found.message.text));
    Ok(Vec::new())
}

/// Gives a message another text.
pub fn edit(model: &mut Model, seq: Option<Seq>, text: &str) -> Result<Vec<Effect>, String> {
    let Found { seq, message, .. } = find_own(model, seq, "edited")?;
    let text = emoji::expand(text);
    if text.is_empty() && message.file.is_none() {
        return Err("nothing is left of it; /delete takes a message back".to_owned());
    }
    if !text.is_empty() {
        model.check_text(&text)?;
    }
    if text == message.text {
        return Ok(Vec::new());
    }
    let command = format!("/edit {seq} {text}");
    send(model, command, Content::Edit { seq, text })
}

pub fn delete(model: &mut Model, seq: Option<Seq>) -> Result<Vec<Effect>, String> {
    let seq = find_deletable(model, seq)?.seq;
    send(model, format!("/delete {seq}"), Content::Deletion { seq })
}

/// Reacts with what was written: an emoji or its shortcode.
pub fn react(model: &mut Model, seq: Option<Seq>, written: &str) -> Result<Vec<Effect>, String> {
    let emoji = one_emoji(written)?;
    let found = find(model, seq)?;
    if own_reactions(model, &found).any(|own| *own == emoji) {
        return Err(format!("you have reacted with {emoji} already; /unreact takes it back"));
    }
    let command = format!("/react {} {emoji}", found.seq);
    send(model, command, Content::Reaction { seq: found.seq, emoji, removed: false })
}

/// Takes a reaction back: the one that was written, or the only one there is.
pub fn unreact(model: &mut Model, seq: Option<Seq>, written: Option<&str>) -> Result<Vec<Effect>, String> {
    let found = match seq {
        Some(_) => find(model, seq)?,
        None => last(model, |found| own_reactions(model, found).next().is_some())
            .ok_or("you have reacted to none of the messages that are loaded here")?,
    };
    let own: Vec<String> = own_reactions(model, &found).cloned().collect();
    let emoji = match (written.map(one_emoji).transpose()?, &own[..]) {
        (Some(emoji), own) if own.contains(&emoji) => emoji,
        (None, [only]) => only.clone(),
        (None, [_, _, ..]) => return Err(format!("which one? /unreact {} {}", found.seq, own.join(" or "))),
        (Some(_), _) | (None, []) => return Err("you have not reacted to it so".to_owned()),
    };
    let command = format!("/unreact {} {emoji}", found.seq);
    send(model, command, Content::Reaction { seq: found.seq, emoji, removed: true })
}

fn own_reactions<'a>(model: &Model, found: &'a Found) -> impl Iterator<Item = &'a String> {
    let me = model.me.clone();
    found.message.reactions.iter().filter(move |one| one.users.contains(&me)).map(|one| &one.emoji)
}

fn one_emoji(written: &str) -> Result<String, String> {
    let emoji = emoji::expand(written.trim());
    let is_one =
        emoji.graphemes(true).count() == 1 && !emoji.is_ascii() && emoji.len() <= limits::EMOJI_BYTES_MAX;
    if is_one { Ok(emoji) } else { Err(format!("{written} is no emoji and no shortcode like :tada:")) }
}

/// Asks what a message said before; of the last one that was edited when there is no number.
pub fn versions(model: &mut Model, seq: Option<Seq>) -> Result<Vec<Effect>, String> {
    let found = match seq {
        Some(_) => find(model, seq)?,
        None => last(model, |found| found.message.edited_at.is_some())
            .ok_or("none of the messages that are loaded here was edited")?,
    };
    if found.message.edited_at.is_none() {
        return Err(format!("message {} was not edited", found.seq));
    }
    Ok(super::pick::earlier_versions(model, found.seq, None))
}

/// Asks whether others are told what the user has read, or decides it.
pub fn receipts(read_receipts: Option<bool>) -> Vec<Effect> {
    vec![Effect::Ask(Command::Settings(ChangeSettings { read_receipts }))]
}

/// The server has told what holds.
pub fn handle_settings(model: &mut Model, settings: Settings) {
    let text = match settings.read_receipts {
        true => "read receipts are on: others see what you have read",
        false => "read receipts are off: others do not see what you have read",
    };
    model.notice = Some(Notice::Info(text.to_owned()));
}

/// Sends a change. What cannot be kept comes back as the command for it.
fn send(model: &mut Model, command: String, content: Content) -> Result<Vec<Effect>, String> {
    let id = model.chats.selected_id().ok_or("no conversation is open")?;
    // What one has said oneself can be taken back all the same.
    if !matches!(content, Content::Deletion { .. }) {
        compose::check_passes(model, &Target::Conversation(id))?;
    }
    model.last_said = Some(command);
    Ok(compose::say(model, None, Target::Conversation(id), content))
}
