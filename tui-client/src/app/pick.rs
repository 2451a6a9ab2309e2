//! The message that the user has gone to by keys, to do something with it.

use super::Model;
use super::groups::readers_words;
use super::timeline::message_of;
use chat_protocol::{Entry, Message, Seq};

/// A picked message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pick {
    pub seq: Seq,
    /// Whether the user has been asked if it shall be deleted.
    pub asks_deletion: bool,
}

/// The picked message of the selected conversation. Whoever writes has picked none.
pub fn picked(model: &Model) -> Option<Pick> {
    let pick = model.selected_timeline()?.picked?;
    model.composer.is_empty().then_some(pick)
}

/// What can be done with the picked message, in a line; or which one is being looked for.
pub fn words(model: &Model) -> Option<String> {
    let timeline = model.selected_timeline()?;
    if let Some(seq) = timeline.sought() {
        return Some(format!("[{seq}] is looked for … Esc stops"));
    }
    let pick = picked(model)?;
    let (entry, message) = timeline.message(pick.seq)?;
    Some(match pick.asks_deletion {
        true => format!("[{}] delete this message? y/n", pick.seq),
        false => {
            let readers = readers_of_own(model, entry, message).map(|words| format!("{words}  "));
            let readers = readers.unwrap_or_default();
            format!("[{}] {readers}{}", pick.seq, keys(model, entry, message).join("  "))
        }
    })
}

/// How many have read it, of one's own messages in a group.
fn readers_of_own(model: &Model, entry: &Entry, message: &Message) -> Option<String> {
    let is_own = entry.from == model.me && message.deleted_at.is_none();
    is_own.then(|| readers_words(model, &entry.from, entry.seq)).flatten()
}

fn keys(model: &Model, entry: &Entry, message: &Message) -> Vec<&'static str> {
    let mine = entry.from == model.me;
    let (is_there, is_reply) = (message.deleted_at.is_none(), message.reply_to.is_some());
    let keys = [
        (is_there, "r reply"),
        (is_there && mine, "e edit"),
        (is_there && (mine || model.is_admin_here()), "d delete"),
        (is_there, "+ react"),
        (is_there && message.edited_at.is_some(), "h history"),
        (is_there && model.group_here().is_ok(), "w readers"),
        (is_reply, "Enter origin"),
        (model.back.is_none(), "Esc"),
        (model.back.is_some(), "Esc back"),
    ];
    keys.into_iter().filter(|(is_possible, _)| *is_possible).map(|(_, key)| key).collect()
}

/// The index of the next message in a direction.
pub fn neighbour(entries: &[Entry], from: usize, step: isize) -> Option<usize> {
    let mut at = from.checked_add_signed(step)?;
    while message_of(entries.get(at)?).is_none() {
        at = at.checked_add_signed(step)?;
    }
    Some(at)
}
