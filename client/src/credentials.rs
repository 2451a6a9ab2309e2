//! The token that a login leaves behind: in the user's own folder, for the user's eyes only.

use crate::ServerUrl;
use chat_protocol::{Token, UserName};
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// The folder of one user of one server below the data folder.
pub fn folder(data: &Path, server: &ServerUrl, user: &UserName) -> PathBuf {
    data.join(server.folder_name()).join(user.as_str())
}

/// The kept token, if there is one.
///
/// # Errors
/// The file is there but cannot be read.
pub fn load(folder: &Path) -> io::Result<Option<Token>> {
    match fs::read_to_string(folder.join("token")) {
        Ok(token) => Ok(Some(Token::new(token.trim()))),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// Keeps the token, whole or not at all.
///
/// # Errors
/// The folder cannot be written.
pub fn save(folder: &Path, token: &Token) -> io::Result<()> {
    make_private(folder)?;
    replace(folder, "token", token.expose().as_bytes())
}

/// Writes a private file, whole or not at all; on disk when this returns. What a killed process leaves beside it is called
/// `NAME.` and 16 hexadecimal digits.
///
/// # Errors
/// The folder cannot be written.
pub fn replace(folder: &Path, name: &str, bytes: &[u8]) -> io::Result<()> {
    let mut random = [0; 8];
    getrandom::fill(&mut random).map_err(io::Error::other)?;
    let part = folder.join(format!("{name}.{:016x}", u64::from_ne_bytes(random)));
    let mut file = private_file().create_new(true).open(&part)?;
    let written = file.write_all(bytes).and_then(|()| file.sync_all());
    let kept = written.and_then(|()| fs::rename(&part, folder.join(name)));
    if kept.is_err() {
        // What cannot be removed is half a file, in a place for its owner only.
        let _ = fs::remove_file(&part);
    }
    kept
}

/// Forgets the token.
///
/// # Errors
/// It is there but cannot be removed.
pub fn remove(folder: &Path) -> io::Result<()> {
    match fs::remove_file(folder.join("token")) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// Makes a folder that only its owner can enter, unless it is there.
///
/// # Errors
/// It cannot be made.
pub fn make_private(folder: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

/// Options to write, and to make, a file that only its owner can read.
pub fn private_file() -> fs::OpenOptions {
    let mut options = fs::OpenOptions::new();
    options.write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_kept_privately_and_forgotten() {
        let data = tempfile::tempdir().unwrap();
        let folder = folder(data.path(), &ServerUrl::default(), &"ann".parse().unwrap());
        assert_eq!(load(&folder).unwrap(), None);
        save(&folder, &Token::new("one")).unwrap();
        save(&folder, &Token::new("two")).unwrap();
        assert_eq!(load(&folder).unwrap(), Some(Token::new("two")));
        assert_eq!(fs::read_dir(&folder).unwrap().count(), 1, "no part is left behind");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
            assert_eq!((mode(&folder), mode(&folder.join("token"))), (0o700, 0o600));
        }
        remove(&folder).unwrap();
        remove(&folder).unwrap();
        assert_eq!(load(&folder).unwrap(), None);
        fs::create_dir(folder.join("token")).unwrap();
        assert!(save(&folder, &Token::new("three")).is_err());
        assert_eq!(fs::read_dir(&folder).unwrap().count(), 1, "nor after a failure");
    }
}
