//! A file that hangs on a message: saved once, or told as missing.

use super::folder::Folder;
use super::log::Hung;
use super::outcome::Outcome;
use super::reader::Reader;
use crate::exit::{self, Failure};
use chat_client::files::TransferError;
use chat_client::{Command, Event, Job};
use chat_protocol::{Body, ConversationId, Message, Seq};

/// Takes one, unless it is there. A file that cannot be had does not keep the others back; a disk that takes none does.
pub async fn take(
    reader: &mut Reader<'_>,
    folder: &Folder,
    conversation: ConversationId,
    hung: Hung,
    outcome: &mut Outcome,
) -> Result<(), Failure> {
    if !outcome.is_first(hung.file.id) {
        return Ok(());
    }
    let path = folder.room_for(&hung.file)?;
    if Folder::has(&path, &hung.file) {
        outcome.keep(&hung.file);
        return Ok(());
    }
    let mut saved = reader.save(&hung.file, path.clone()).await?;
    if saved == Err(TransferError::Damaged) {
        // It may have happened on the way.
        saved = reader.save(&hung.file, path.clone()).await?;
    }
    match saved {
        Ok(()) => {
            outcome.keep(&hung.file);
            return Ok(());
        }
        Err(error @ TransferError::LoggedOut) => return Err(Failure::new(exit::LOGIN, error)),
        Err(error @ TransferError::Unwritable { .. }) => return Err(Failure::new(exit::OTHER, error)),
        // Whoever deletes a message takes its file away, and that is no loss.
        Err(TransferError::Gone) if is_deleted(reader, conversation, hung.seq).await? => {}
        Err(error) => outcome.lose_file(conversation, &hung, &error),
    }
    Folder::leave(&path);
    Ok(())
}

/// Whether a message is deleted by now.
async fn is_deleted(
    reader: &mut Reader<'_>,
    conversation: ConversationId,
    seq: Seq,
) -> Result<bool, Failure> {
    let after = Seq::new(seq.get() - 1).unwrap_or_default();
    let asked = Command::Page { conversation, after, limit: 1 };
    let told = |event| match event {
        Event::Page { conversation: of, entries, .. } if of == conversation => Some(entries),
        _ => None,
    };
    let entries = reader.ask(&asked, &Job::Page(conversation), told).await?.unwrap_or_default();
    let is_it = |body: &Body| matches!(body, Body::Message(Message { deleted_at: Some(_), .. }));
    Ok(entries.first().is_some_and(|entry| entry.seq == seq && is_it(&entry.body)))
}
