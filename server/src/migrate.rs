//! Moving everything from one store to another: copy, compare, and only then let a server have it.
//!
//! The target is marked from the first row until everything was compared, so a run that was interrupted anywhere goes on
//! where it was, and no server serves from half a store. Memory is bounded by a few pages, whatever the stores hold.

mod copy;
mod files;
mod progress;
mod verify;

use crate::blobs::Blobs;
use crate::store::StoreError;
use crate::store::archive::{Archive, Hash, Origin, StoreId};
use std::fmt;
use verify::Outcome;

pub use progress::{Progress, grouped};

/// Rounds of copying and comparing while a source goes on growing.
const ROUNDS_MAX: u32 = 20;
/// Conversations that are named when they differ; the others are counted.
const NAMED_MAX: usize = 10;

/// A store, and how it is called in what is said to the operator.
pub struct Place<'a> {
    /// The store.
    pub archive: &'a dyn Archive,
    /// The contents of its files.
    pub blobs: &'a dyn Blobs,
    /// Its address, without a password.
    pub name: String,
}

/// Why not everything was moved. Each is one line; nothing that the source holds is changed.
#[derive(Debug, thiserror::Error)]
pub enum MigrateError {
    /// Both addresses lead to one store.
    #[error("--from and --to are the same store")]
    SameStore,
    /// There is nothing to be moved.
    #[error("there is no account in {0}, so there is nothing to move; is --from right?")]
    EmptySource(String),
    /// The source is itself half filled.
    #[error("{0} is itself being filled by a migration that has not ended; end that one first")]
    HalfSource(String),
    /// The target was never meant for this.
    #[error("{0} holds data already, and nothing was changed; choose an empty target")]
    InUse(String),
    /// The target is another migration's.
    #[error("{target} is being filled from another store ({other}, not {source_id}); choose an empty target")]
    Foreign {
        /// The target.
        target: String,
        /// Where it is being filled from.
        other: StoreId,
        /// The source's id.
        source_id: StoreId,
    },
    /// It is done.
    #[error(
        "{0} was filled from this source and verified before, and may have been in use since; nothing was changed"
    )]
    Done(String),
    /// What was copied is not what the source holds.
    #[error("the copy is not right: {}; empty the target and begin again", listed(.0))]
    Differs(Vec<String>),
    /// Somebody goes on writing to the source.
    #[error("the source kept changing for {ROUNDS_MAX} rounds; stop its servers and run this again to go on")]
    Restless,
    /// A store failed.
    #[error("{}{}", .0, hint(.0))]
    Store(#[from] StoreError),
}

fn hint(error: &StoreError) -> &'static str {
    match error {
        StoreError::Unavailable(_) => "; run this again to go on",
        StoreError::Refused(_) | StoreError::Fatal(_) => "",
    }
}

fn listed(faults: &[String]) -> String {
    let named = faults.iter().take(NAMED_MAX).map(String::as_str).collect::<Vec<_>>().join("; ");
    match faults.len().saturating_sub(NAMED_MAX) {
        0 => named,
        more => format!("{named}; and {more} more"),
    }
}

/// So many rows, and the hash over all of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sum {
    /// How many.
    pub count: u64,
    /// SHA-256.
    pub hash: Hash,
}

/// What was found equal in both stores.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Verified {
    /// The accounts.
    pub users: Sum,
    /// Their devices.
    pub devices: Sum,
    /// The conversations with their members, watermarks and logs.
    pub conversations: Sum,
    /// The files.
    pub files: Sum,
    /// The bytes of all contents, each read again and hashed.
    pub content_bytes: u64,
    /// The entries of all logs.
    pub entries: u64,
}

impl fmt::Display for Verified {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { users, devices, conversations, files, content_bytes, entries } = self;
        writeln!(f, "copied and verified, count and SHA-256:")?;
        for (sum, of) in
            [(users, "users"), (devices, "devices"), (conversations, "conversations"), (files, "files")]
        {
            writeln!(f, "  {:<14}{:>14}  {}", of, grouped(sum.count), sum.hash)?;
        }
        writeln!(f, "  {:<14}{:>14}  (hashed with their conversations)", "entries", grouped(*entries))?;
        write!(
            f,
            "  {:<14}{:>14}  (each content by its own SHA-256)",
            "bytes of files",
            grouped(*content_bytes)
        )
    }
}

/// Copies everything and compares it. The source stays as it is; the target is free to be served from afterwards.
///
/// # Errors
/// In one line. What is copied stays, and the target stays marked until a run has compared it all.
pub async fn migrate(
    source: &Place<'_>,
    target: &Place<'_>,
    progress: &mut Progress,
) -> Result<Verified, MigrateError> {
    claim(source, target).await?;
    for _ in 0..ROUNDS_MAX {
        copy::everything(source, target, progress).await?;
        match verify::everything(source, target, progress).await? {
            Outcome::Equal(verified) => {
                let origin = Origin { store: source.archive.id().await?, is_complete: true };
                target.archive.set_origin(origin).await?;
                return Ok(verified);
            }
            Outcome::Changed(what) => {
                progress.tell(&format!("the source changed meanwhile ({what}); copying what is new"));
            }
            Outcome::Faults(faults) => return Err(MigrateError::Differs(faults)),
        }
    }
    Err(MigrateError::Restless)
}

/// Makes sure that the target is this source's to fill, and marks it so.
async fn claim(source: &Place<'_>, target: &Place<'_>) -> Result<(), MigrateError> {
    let source_id = source.archive.id().await?;
    if source_id == target.archive.id().await? {
        return Err(MigrateError::SameStore);
    }
    if let Some(Origin { is_complete: false, .. }) = source.archive.origin().await? {
        return Err(MigrateError::HalfSource(source.name.clone()));
    }
    if source.archive.is_empty().await? {
        return Err(MigrateError::EmptySource(source.name.clone()));
    }
    match target.archive.origin().await? {
        Some(Origin { store, is_complete }) => match (store == source_id, is_complete) {
            (true, false) => Ok(()),
            (true, true) => Err(MigrateError::Done(target.name.clone())),
            (false, true) => Err(MigrateError::InUse(target.name.clone())),
            (false, false) => {
                Err(MigrateError::Foreign { target: target.name.clone(), other: store, source_id })
            }
        },
        None if !target.archive.is_empty().await? => Err(MigrateError::InUse(target.name.clone())),
        None => {
            let mark = Origin { store: source_id, is_complete: false };
            Ok(target.archive.set_origin(mark).await?)
        }
    }
}

#[cfg(test)]
mod tests;
