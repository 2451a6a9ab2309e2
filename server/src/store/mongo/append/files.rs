//! The files that a batch hangs on entries. They are held before any entry is written, so that none is without its file.
//!
//! To hold a file is to write down when somebody was about to send it. The collector lets it be for a while after that, and
//! then looks whether there is such an entry. Whoever is interrupted in between has kept a file a little too long.

use super::super::documents::{Database, file_id, file_key, number};
use super::super::files::hangs_where_user_is;
use super::super::queries::with_ids;
use super::attempt::Care;
use super::known::Known;
use super::plan::{Files, SendKey};
use crate::store::{NewBody, NewEntry, UserId};
use chat_protocol::FileId;
use futures_util::{StreamExt, TryStreamExt, stream};
use mongodb::bson::doc;
use mongodb::error::Error;
use std::collections::{BTreeSet, HashMap};

/// Files of others that are asked for at the same time.
const LOOKS_AT_ONCE: usize = 8;

/// What was sent before with a file is looked up in any case, for a file is only held for what is new.
pub fn care(batch: &[NewEntry], care: Care) -> Care {
    let has_file = batch.iter().any(|entry| file_of(entry).is_some());
    if has_file && care == Care::Usual { Care::Repeats } else { care }
}

/// Holds the files that are to be sent by somebody who may see them.
///
/// # Errors
/// Also when one of them went away meanwhile: the next try sees that.
pub async fn held(
    db: &Database,
    batch: &[NewEntry],
    known: &HashMap<SendKey, Known>,
) -> Result<Files, Error> {
    let is_new =
        |entry: &NewEntry| !known.contains_key(&(entry.conversation, entry.sender, entry.client_id.clone()));
    let with_file = batch.iter().filter_map(|entry| Some((entry, file_of(entry)?)));
    let fresh = with_file.filter(|(entry, _)| is_new(entry));
    let wanted: BTreeSet<_> = fresh.map(|(entry, file)| (entry.sender, file)).collect();
    if wanted.is_empty() {
        return Ok(Files::new());
    }
    let ids: BTreeSet<_> = wanted.iter().map(|(_, file)| file_key(*file)).collect();
    let found: Vec<_> = db.files.find(with_ids(ids.into_iter()).filter).await?.try_collect().await?;
    let found: HashMap<_, _> = found.into_iter().map(|file| (file_id(file.id), file)).collect();
    let may_send = |(sender, file): (UserId, FileId)| async move {
        Ok::<_, Error>(hangs_where_user_is(db, sender, file).await?.then_some((sender, file)))
    };
    let (own, of_others): (Vec<_>, Vec<_>) = wanted
        .into_iter()
        .filter(|(_, file)| found.contains_key(file))
        .partition(|(sender, file)| found[file].owner == sender.0);
    let seen: Vec<_> =
        stream::iter(of_others).map(may_send).buffered(LOOKS_AT_ONCE).try_collect::<Vec<_>>().await?;
    let sendable: Vec<_> = own.into_iter().chain(seen.into_iter().flatten()).collect();
    // Those that are known to hang on an entry stay in any case.
    let loose: BTreeSet<_> = sendable
        .iter()
        .filter(|(_, file)| found[file].loose_since.is_some())
        .map(|(_, file)| *file)
        .collect();
    if !loose.is_empty() {
        let at = number(batch.iter().map(|entry| entry.at).max().unwrap_or(0));
        let change = doc! {"$inc": {"sends": 1_i64}, "$max": {"loose_since": at}};
        let (count, loose) = (loose.len() as u64, with_ids(loose.into_iter().map(file_key)).filter);
        if db.files.update_many(loose, change).await?.matched_count != count {
            return Err(std::io::Error::other("a file went away while it was sent").into());
        }
    }
    sendable.into_iter().map(|(sender, file)| Ok(((sender, file), found[&file].attachment()?))).collect()
}

fn file_of(entry: &NewEntry) -> Option<FileId> {
    match entry.body {
        NewBody::Message { file, .. } => file,
        _ => None,
    }
}
