//! Messages as they have become: what later entries of the log did to those of a page. Pure, and the same for all stores.

use super::StoredEntry;
use chat_protocol::{Body, Message, Quote, Seq, UnixMillis};
use std::collections::HashMap;

/// What is told of what somebody wrote whose account ended at a time: nothing of a message but that it is deleted, by no entry of
/// the log but by itself, and nothing of an edit but that there was one.
pub fn departed(body: Body, seq: Seq, at: UnixMillis) -> Body {
    match body {
        Body::Message(_) => {
            Body::Message(Message { deleted_at: Some(at), changed: Some(seq), ..Message::default() })
        }
        Body::Edit { target, .. } => Body::Edit { target, text: String::new() },
        other => other,
    }
}

/// Takes into each message the entries that are about it. Those about one message come in the order of their numbers.
pub fn fold(entries: &mut [StoredEntry], changes: &[StoredEntry]) {
    let places: HashMap<Seq, usize> =
        entries.iter().enumerate().map(|(place, entry)| (entry.seq, place)).collect();
    for change in changes {
        let place = change.body.target().and_then(|target| places.get(&target));
        if let Some(place) = place
            && let Body::Message(message) = &mut entries[*place].body
        {
            message.apply(change.seq, change.at, &change.from, &change.body);
        }
    }
}

/// Puts the beginnings of the answered messages, as they have become, into the answers. An origin that cannot be read any
/// more leaves none.
pub fn quote(entries: &mut [StoredEntry], replies: &HashMap<Seq, Seq>, origins: &[StoredEntry]) {
    let quotes: HashMap<Seq, Quote> = origins.iter().filter_map(quote_of).collect();
    for entry in entries {
        let origin = replies.get(&entry.seq).and_then(|origin| quotes.get(origin));
        if let (Body::Message(message @ Message { deleted_at: None, .. }), Some(quote)) =
            (&mut entry.body, origin)
        {
            message.reply_to = Some(Box::new(quote.clone()));
        }
    }
}

fn quote_of(origin: &StoredEntry) -> Option<(Seq, Quote)> {
    let Body::Message(message) = &origin.body else { return None };
    Some((origin.seq, Quote::of(origin.seq, origin.from.clone(), message)))
}
