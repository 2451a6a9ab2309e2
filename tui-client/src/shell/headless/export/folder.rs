//! The folder of an export: what belongs into it, and what tells a whole one from a half one.

use super::super::super::door::Door;
use super::log::Log;
use super::outcome::Outcome;
use crate::app::script::print;
use crate::exit::{self, Failure};
use chat_client::credentials::{make_private, private_file, replace};
use chat_client::files::safe_name;
use chat_client::{SafeText, ServerUrl};
use chat_protocol::{Attachment, ConversationId, Device, Settings, Summary, UnixMillis, UserName};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

const ACCOUNT: &str = "account.json";
const CONVERSATIONS: &str = "conversations.jsonl";
const MESSAGES: &str = "messages";
const FILES: &str = "files";
/// It stands there last.
const COMPLETE: &str = "complete.json";
/// How all of it is written. Whoever reads an export looks at this first.
pub const FORMAT: u32 = 1;

/// Whose all of it is.
#[derive(Serialize)]
pub struct Account<'a> {
    format: u32,
    user: &'a UserName,
    server: String,
    at: UnixMillis,
    settings: Settings,
    devices: Vec<Device>,
}

#[derive(Deserialize)]
struct Owner {
    user: UserName,
    server: String,
}

impl<'a> Account<'a> {
    pub fn new(door: &'a Door, settings: Settings, devices: Vec<Device>) -> Self {
        let at = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let at = UnixMillis::try_from(at.as_millis()).unwrap_or_default();
        Self { format: FORMAT, user: &door.user, server: door.server.to_string(), at, settings, devices }
    }
}

/// A folder that only this process writes into.
pub struct Folder {
    path: PathBuf,
    /// The list of conversations, locked.
    conversations: File,
}

impl Folder {
    /// Takes a folder that is new, empty, or that of the same user's export that was interrupted.
    pub fn open(path: &Path, user: &UserName, server: &ServerUrl) -> Result<Self, Failure> {
        make_private(path).map_err(|error| cannot_write(path, &error))?;
        let names = names(path).map_err(|error| cannot_write(path, &error))?;
        if let Some(problem) = problem(path, &names, user, server) {
            let path = SafeText::line(&path.to_string_lossy());
            return Err(Failure::new(exit::USAGE, format!("{path} {problem}")));
        }
        let conversations = prepared(path).map_err(|error| cannot_write(path, &error))?;
        if conversations.try_lock().is_err() {
            let path = SafeText::line(&path.to_string_lossy());
            return Err(Failure::new(exit::USAGE, format!("another export writes into {path} right now")));
        }
        for left in names.iter().filter(|name| is_left_over(name)) {
            fs::remove_file(path.join(left)).map_err(|error| cannot_write(path, &error))?;
        }
        Ok(Self { path: path.to_owned(), conversations })
    }

    /// Writes down whose it is. From here on it is known as an export, and the list of conversations begins anew.
    pub fn begin(&mut self, account: &Account) -> Result<(), Failure> {
        let line = print::json(account) + "\n";
        let begun =
            replace(&self.path, ACCOUNT, line.as_bytes()).and_then(|()| self.conversations.set_len(0));
        begun.map_err(|error| cannot_write(&self.path, &error))
    }

    /// Writes a conversation into the list. Who is online at this moment is nothing to be kept.
    pub fn list(&mut self, summary: &Summary) -> Result<(), Failure> {
        let mut summary = serde_json::to_value(summary).map_err(|error| Failure::new(exit::OTHER, error))?;
        forget_presence(&mut summary);
        let line = print::json(&summary) + "\n";
        let written = self.conversations.write_all(line.as_bytes());
        written.map_err(|error| cannot_write(&self.path.join(CONVERSATIONS), &error))
    }

    /// The log of a conversation, as far as it is there.
    pub fn log(&self, id: ConversationId) -> Result<Log, Failure> {
        Log::open(self.path.join(MESSAGES).join(format!("{id}.jsonl")), id)
    }

    /// Where a file belongs, in a folder of its own, which is made.
    pub fn room_for(&self, file: &Attachment) -> Result<PathBuf, Failure> {
        let folder = self.path.join(FILES).join(file.id.to_string());
        make_private(&folder).map_err(|error| cannot_write(&folder, &error))?;
        Ok(folder.join(safe_name(&file.name)))
    }

    /// Whether the file is there: a name is only given to one that is whole and was checked.
    pub fn has(path: &Path, file: &Attachment) -> bool {
        path.symlink_metadata().is_ok_and(|about| about.is_file() && about.len() == file.size)
    }

    /// Removes the folder that was made for a file that does not come.
    pub fn leave(path: &Path) {
        if let Some(folder) = path.parent() {
            // What is in it stays.
            let _ = fs::remove_dir(folder);
        }
    }

    /// Makes all of it durable, and then says that it is whole.
    pub fn complete(&self, outcome: &Outcome) -> Result<(), Failure> {
        let line = outcome.complete() + "\n";
        let synced = self.conversations.sync_all();
        let synced = synced.and_then(|()| sync_folder(&self.path.join(MESSAGES)));
        let synced = synced.and_then(|()| sync_folder(&self.path.join(FILES)));
        let synced = synced.and_then(|()| sync_folder(&self.path));
        let completed = synced.and_then(|()| replace(&self.path, COMPLETE, line.as_bytes()));
        let completed = completed.and_then(|()| sync_folder(&self.path));
        completed.map_err(|error| cannot_write(&self.path, &error))
    }
}

/// Why nothing is written there.
fn problem(path: &Path, names: &[String], user: &UserName, server: &ServerUrl) -> Option<String> {
    if names.iter().any(|name| name == COMPLETE) {
        return Some("holds an export that is complete; give another folder".to_owned());
    }
    if let Some(foreign) = names.iter().find(|name| !is_ours(name) || path.join(name).is_symlink()) {
        let foreign = SafeText::line(foreign);
        return Some(format!("holds something else ({foreign}); give a new or an empty folder"));
    }
    let Ok(account) = fs::read(path.join(ACCOUNT)) else {
        let is_begun = path.join(CONVERSATIONS).metadata().is_ok_and(|about| about.len() > 0);
        return is_begun.then(|| "holds something else; give a new or an empty folder".to_owned());
    };
    match serde_json::from_slice::<Owner>(&account) {
        Ok(owner) if owner.user == *user && owner.server == server.to_string() => None,
        Ok(owner) => {
            let server = SafeText::line(&owner.server);
            Some(format!("holds an export of {} on {server}; give another folder", owner.user))
        }
        Err(_) => Some("holds something else; give a new or an empty folder".to_owned()),
    }
}

fn names(path: &Path) -> io::Result<Vec<String>> {
    fs::read_dir(path)?.map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned())).collect()
}

fn is_ours(name: &str) -> bool {
    [ACCOUNT, CONVERSATIONS, MESSAGES, FILES].contains(&name) || is_left_over(name)
}

/// Whether a killed export was about to give this its name.
fn is_left_over(name: &str) -> bool {
    let random = [ACCOUNT, COMPLETE].iter().find_map(|begun| name.strip_prefix(begun)?.strip_prefix('.'));
    random.is_some_and(|random| random.len() == 16 && random.bytes().all(|b| b.is_ascii_hexdigit()))
}

/// Makes the folder private and what belongs into it; the list of conversations.
fn prepared(path: &Path) -> io::Result<File> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        fs::set_permissions(path, fs::Permissions::from_mode(0o700))?;
    }
    make_private(&path.join(MESSAGES))?;
    make_private(&path.join(FILES))?;
    let mut options = private_file();
    // Appending: it begins anew when its length does.
    options.append(true).create(true).open(path.join(CONVERSATIONS))
}

/// Takes out of a summary what is no part of the log: who is there, and since when they are not.
fn forget_presence(summary: &mut Value) {
    match summary {
        Value::Object(fields) => {
            fields.remove("online");
            fields.remove("last_seen");
            fields.values_mut().for_each(forget_presence);
        }
        Value::Array(values) => values.iter_mut().for_each(forget_presence),
        _ => {}
    }
}

#[cfg(unix)]
fn sync_folder(path: &Path) -> io::Result<()> {
    File::open(path)?.sync_all()
}

#[cfg(not(unix))]
fn sync_folder(_: &Path) -> io::Result<()> {
    Ok(())
}

/// The disk does not do what it should.
pub fn cannot_write(path: &Path, error: &io::Error) -> Failure {
    let path = SafeText::line(&path.to_string_lossy());
    Failure::new(exit::OTHER, format!("cannot write {path}: {error}"))
}
