//! What is begun to be written in each conversation, on the disk: it survives a crash of the client and of its machine.
//!
//! It is one small file for all clients of one user of one server. Each of them changes what it has changed itself and
//! leaves the rest as it is; the last one that writes about a conversation is right.

use crate::credentials::{make_private, private_file, replace};
use chat_protocol::ConversationId;
use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::Path;

/// What is begun, by conversation.
pub type Drafts = BTreeMap<ConversationId, String>;

const FILE: &str = "drafts.json";

/// The drafts that are kept in this folder.
///
/// # Errors
/// The file is there but cannot be read, or is none of drafts: [`io::ErrorKind::InvalidData`].
pub fn load(folder: &Path) -> io::Result<Drafts> {
    match fs::read(folder.join(FILE)) {
        Ok(bytes) => {
            serde_json::from_slice(&bytes).map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Drafts::new()),
        Err(error) => Err(error),
    }
}

/// Keeps what has become of the drafts that were `before`, whole or not at all; on disk when this returns. A file that
/// is none of drafts is put aside.
///
/// # Errors
/// The file cannot be read, or the folder not be written.
pub fn keep(folder: &Path, before: &Drafts, now: &Drafts) -> io::Result<()> {
    make_private(folder)?;
    // One client at a time: what another one writes meanwhile would be lost.
    let turn = private_file().create(true).truncate(false).open(folder.join("drafts.lock"))?;
    turn.lock()?;
    let mut kept = match load(folder) {
        Err(error) if error.kind() == io::ErrorKind::InvalidData => {
            fs::rename(folder.join(FILE), folder.join("drafts.damaged"))?;
            Drafts::new()
        }
        loaded => loaded?,
    };
    for id in before.keys().filter(|id| !now.contains_key(id)) {
        kept.remove(id);
    }
    let changed = now.iter().filter(|(id, text)| before.get(id) != Some(text));
    kept.extend(changed.map(|(id, text)| (*id, text.clone())));
    replace(folder, FILE, &serde_json::to_vec(&kept).map_err(io::Error::other)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drafts(texts: &[(u64, &str)]) -> Drafts {
        texts.iter().map(|(id, text)| (ConversationId::from_bits(*id), (*text).to_owned())).collect()
    }

    #[test]
    fn each_client_changes_what_it_has_changed_itself() {
        let data = tempfile::tempdir().unwrap();
        let folder = data.path().join("ann");
        assert_eq!(load(&folder).unwrap(), Drafts::new());
        let first = drafts(&[(1, "to \u{1b}bob\n"), (2, "to cy")]);
        keep(&folder, &Drafts::new(), &first).unwrap();
        assert_eq!(load(&folder).unwrap(), first);
        // Another client of the same user begins something, while this one sends one and goes on with the other.
        keep(&folder, &first, &drafts(&[(1, "to \u{1b}bob\n"), (2, "to cy"), (3, "to dan")])).unwrap();
        keep(&folder, &first, &drafts(&[(2, "to cyrus")])).unwrap();
        assert_eq!(load(&folder).unwrap(), drafts(&[(2, "to cyrus"), (3, "to dan")]));
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let mode = fs::metadata(folder.join(FILE)).unwrap().permissions().mode() & 0o777;
            assert_eq!(mode, 0o600, "for its owner alone");
        }
    }

    #[test]
    fn a_damaged_file_is_told_of_and_put_aside() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join(FILE), b"{").unwrap();
        assert!(load(folder.path()).is_err());
        keep(folder.path(), &Drafts::new(), &drafts(&[(1, "a")])).unwrap();
        assert_eq!(load(folder.path()).unwrap(), drafts(&[(1, "a")]));
        assert_eq!(fs::read(folder.path().join("drafts.damaged")).unwrap(), b"{");
    }

    #[test]
    fn a_file_that_cannot_be_read_is_not_written_over() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join(FILE)).unwrap();
        assert!(keep(folder.path(), &Drafts::new(), &drafts(&[(1, "a")])).is_err());
    }
}
