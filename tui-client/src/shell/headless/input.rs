//! The command line of a script, and what it reads: all of it, before anything is sent.

mod group;

use super::export::Export;
use crate::app::script::{self, FileToSend, Peer, Script, ToGroup};
use crate::cli::{Command, Switch};
use crate::exit::{self, Failure};
use chat_client::{Content, fresh_client_id};
use chat_protocol::{ChangeSettings, ClientId, Prefer, Quote, Seq, UserName};
use std::fs;
use std::io::{self, Read};
use std::path::PathBuf;
use std::time::Duration;

/// All of the input is looked at before the first message is sent, so all of it is in memory.
const INPUT_BYTES_MAX: u64 = 64 * 1024 * 1024;

/// What a command asks for.
pub enum Work {
    Script(Box<Script>),
    Export(Export),
}

/// The work that a command stands for.
///
/// # Errors
/// What it is to send cannot be read.
pub fn work(command: Command, me: &UserName, json: bool) -> Result<Work, Failure> {
    let group = match peer(&command) {
        Some(Peer::Group(name)) => Some(name.clone()),
        _ => None,
    };
    Ok(match (group, work_with_peer(command, me, json)?) {
        (Some(name), Work::Script(script)) => {
            Work::Script(Box::new(Script::ToGroup(ToGroup::new(name, *script))))
        }
        (_, work) => work,
    })
}

/// The one conversation that a command is about.
fn peer(command: &Command) -> Option<&Peer> {
    match command {
        Command::Send { peer, .. }
        | Command::Edit { peer, .. }
        | Command::Delete { peer, .. }
        | Command::React { peer, .. }
        | Command::History { peer, .. }
        | Command::Versions { peer, .. }
        | Command::Save { from: peer, .. }
        | Command::Prefer { peer, .. }
        | Command::Files { from: peer, .. } => Some(peer),
        Command::Register
        | Command::Login
        | Command::Logout
        | Command::DeleteAccount { .. }
        | Command::Recv { .. }
        | Command::Search { .. }
        | Command::Export { .. }
        | Command::Group { .. }
        | Command::Devices { .. }
        | Command::Blocked { .. }
        | Command::Settings { .. } => None,
    }
}

fn work_with_peer(command: Command, me: &UserName, json: bool) -> Result<Work, Failure> {
    Ok(Work::Script(Box::new(match command {
        Command::Export { to, no_files, timeout } => {
            return Ok(Work::Export(Export { to, has_files: !no_files, json, timeout }));
        }
        Command::Register | Command::Login => Script::Login,
        Command::Logout => Script::Logout,
        // The password is asked for before anything is done.
        Command::DeleteAccount { .. } => Script::DeleteAccount(script::DeleteAccount::default()),
        Command::Send { peer, text, files, id, reply_to, timeout, .. } if !files.is_empty() => {
            let files = files_to_send(files, text, id, answered(me, reply_to))?;
            Script::SendFiles(script::SendFiles::new(peer.target(), files, json, timeout))
        }
        Command::Send { peer, text, lines, id, reply_to, timeout, .. } => {
            let texts = texts(text, lines)?;
            let reply_to = answered(me, reply_to);
            Script::Send(script::Send::new(peer.target(), texts, id, reply_to, json, timeout))
        }
        Command::Edit { peer, seq, text, id, timeout } => {
            let text = texts(text, false)?.pop().unwrap_or_default();
            change(peer, id, Content::Edit { seq, text }, json, timeout)
        }
        Command::Delete { peer, seq, id, timeout } => {
            change(peer, id, Content::Deletion { seq }, json, timeout)
        }
        Command::React { peer, seq, emoji, remove: removed, id, timeout } => {
            change(peer, id, Content::Reaction { seq, emoji, removed }, json, timeout)
        }
        Command::Versions { peer, seq, timeout } => {
            Script::Versions(script::Versions::new(peer.target(), seq, json, timeout))
        }
        Command::Settings { read_receipts } => {
            let change = ChangeSettings { read_receipts: read_receipts.map(|switch| switch == Switch::On) };
            Script::Settings(script::Settings { change, json })
        }
        Command::Recv { from, count, timeout, follow, changes } => {
            Script::Recv(script::Recv::new(from, count, timeout, follow, changes))
        }
        Command::History { peer, limit, before, timeout } => {
            let (target, entries) = (peer.target(), Vec::new());
            Script::History(script::History { target, limit, before, json, timeout, entries })
        }
        Command::Search { query, limit, timeout } => {
            Script::Search(script::Search::new(query, limit, json, timeout))
        }
        Command::Save { from, entry, to, timeout } => {
            Script::Save(script::Save::new(from, entry, to, json, timeout))
        }
        Command::Files { from, limit, timeout } => {
            Script::Files(script::Files::new(from, limit, json, timeout))
        }
        Command::Prefer { peer, level, archive, unarchive, block, unblock, timeout } => {
            let change = Prefer {
                target: peer.target(),
                level: level.map(Into::into),
                archived: given(archive, unarchive),
                blocked: given(block, unblock),
            };
            Script::Prefer(script::Prefer::new(change, json, timeout))
        }
        Command::Blocked { timeout } => Script::Blocked(script::Blocked { json, timeout }),
        Command::Group { command } => group::script(command, json),
        Command::Devices { revoke } => Script::Devices(script::Devices { revoke, json }),
    })))
}

/// What two flags say that exclude each other.
fn given(yes: bool, no: bool) -> Option<bool> {
    (yes || no).then_some(yes)
}

fn change(peer: Peer, id: Option<ClientId>, content: Content, json: bool, timeout: Duration) -> Script {
    let client_id = id.unwrap_or_else(fresh_client_id);
    Script::Change(script::Change::new(peer.target(), client_id, content, json, timeout))
}

/// What is answered, as far as a script needs it that shows nothing: the server knows the rest, and whose it is.
fn answered(me: &UserName, seq: Option<Seq>) -> Option<Box<Quote>> {
    let quote = |seq| Quote { seq, from: me.clone(), text: String::new(), file: None, deleted: false };
    seq.map(quote).map(Box::new)
}

/// All files are looked at before the first is sent. The text goes with the first one.
fn files_to_send(
    paths: Vec<PathBuf>,
    text: Option<String>,
    id: Option<ClientId>,
    reply_to: Option<Box<Quote>>,
) -> Result<Vec<FileToSend>, Failure> {
    if paths.len() > 1 && id.is_some() {
        return Err(Failure::new(exit::USAGE, "--id names one message, so there can be only one --file"));
    }
    let mut text = match text {
        Some(text) if text == "-" => texts(None, false)?.pop(),
        text => text,
    };
    let file = |path: PathBuf| {
        let cannot = |cause: &dyn std::fmt::Display| {
            Failure::new(exit::USAGE, format!("{} cannot be read: {cause}", path.display()))
        };
        let about = fs::metadata(&path).map_err(|error| cannot(&error))?;
        if !about.is_file() {
            return Err(cannot(&"it is not a file"));
        }
        fs::File::open(&path).map_err(|error| cannot(&error))?;
        let (size, text) = (about.len(), text.take().unwrap_or_default());
        let client_id = id.clone().unwrap_or_else(fresh_client_id);
        Ok(FileToSend { path, size, text, client_id, reply_to: reply_to.clone() })
    };
    paths.into_iter().map(file).collect()
}

/// What to send: from the command line, or all of standard input.
fn texts(text: Option<String>, lines: bool) -> Result<Vec<String>, Failure> {
    let text = match text {
        Some(text) if text != "-" => text,
        _ => {
            let mut bytes = Vec::new();
            io::stdin()
                .take(INPUT_BYTES_MAX + 1)
                .read_to_end(&mut bytes)
                .map_err(|error| Failure::new(exit::OTHER, format!("cannot read standard input: {error}")))?;
            if bytes.len() as u64 > INPUT_BYTES_MAX {
                let message =
                    format!("standard input is longer than {INPUT_BYTES_MAX} bytes; nothing was sent");
                return Err(Failure::new(exit::REFUSED, message));
            }
            let text = String::from_utf8(bytes)
                .map_err(|_| Failure::new(exit::REFUSED, "standard input is not UTF-8; nothing was sent"))?;
            text.strip_suffix('\n')
                .map(|text| text.strip_suffix('\r').unwrap_or(text).to_owned())
                .unwrap_or(text)
        }
    };
    if !lines {
        return Ok(vec![text]);
    }
    Ok(text.lines().filter(|line| !line.is_empty()).map(str::to_owned).collect())
}
