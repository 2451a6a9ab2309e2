//! What keeps the user from saying anything in a conversation: somebody has gone, or there is a block.

use super::Chat;

/// Why nothing can be said in a conversation, as far as that is known here; nothing when it can.
pub fn of(chat: &Chat) -> Option<String> {
    let peer = &chat.peer()?.user;
    if peer.is_tombstone() {
        return Some("this account is deleted: nobody would read it".to_owned());
    }
    let blocked = chat.summary.preferences.blocked;
    blocked.then(|| format!("you have blocked {peer}; /unblock lets messages through"))
}
