//! `export`: all that a user has on the server, as JSON lines and files in a folder. It reads without saying so.
//!
//! One conversation after the other: its summary, its log, then the files of its log. Nothing is remembered but how far
//! that is, and that stands in the folder, so an export that was interrupted goes on from there.

mod file;
mod folder;
mod log;
mod outcome;
mod reader;

use super::super::door::Door;
use super::super::signals::Signals;
use super::unprinted;
use crate::exit::{self, Failure};
use chat_client::{Auth, Command, Event, Job};
use chat_protocol::{ChangeSettings, ConversationId, Device, Seq, Settings, Summary, Target, limits};
use folder::{Account, Folder};
use outcome::Outcome;
use reader::Reader;
use std::io::{self, IsTerminal, Write};
use std::path::PathBuf;
use std::time::Duration;

/// What to export, and where to.
pub struct Export {
    pub to: PathBuf,
    pub has_files: bool,
    pub json: bool,
    /// How long to wait, from when something last came.
    pub timeout: Duration,
}

/// Runs one to its end. The ways to log in are tried one after the other.
pub async fn run(door: &Door, ways: Vec<Auth>, export: &Export) -> Result<(), Failure> {
    let mut signals = Signals::new().map_err(|error| Failure::new(exit::OTHER, error))?;
    let mut folder = Folder::open(&export.to, &door.user, &door.server)?;
    let mut refusal = Failure::new(exit::LOGIN, "not logged in");
    for auth in ways {
        let mut reader = Reader::new(door, auth, export.timeout)?;
        let ended = tokio::select! {
            ended = everything(&mut reader, &mut folder, export) => ended,
            number = signals.next() => {
                Err(Failure::new(128 + number, "interrupted; the same command goes on where it stopped"))
            }
        };
        show("");
        reader.end().await;
        match ended {
            // A token that has become worthless: there may be a password.
            Err(failure) if failure.code == exit::LOGIN && !reader.was_connected => refusal = failure,
            Err(failure) => return Err(failure),
            Ok(outcome) => return tell(export, &outcome),
        }
    }
    Err(refusal)
}

async fn everything(
    reader: &mut Reader<'_>,
    folder: &mut Folder,
    export: &Export,
) -> Result<Outcome, Failure> {
    reader.wait_until_live().await?;
    let account = Account::new(reader.door, settings(reader).await?, devices(reader).await?);
    folder.begin(&account)?;
    let mut outcome = Outcome::new(export.has_files);
    while let Some(id) = reader.next_conversation() {
        conversation(reader, folder, export, id, &mut outcome).await?;
    }
    folder.complete(&outcome)?;
    Ok(outcome)
}

async fn settings(reader: &mut Reader<'_>) -> Result<Settings, Failure> {
    let held = |event| if let Event::Settings(settings) = event { Some(settings) } else { None };
    let asked = Command::Settings(ChangeSettings::default());
    reader.ask(&asked, &Job::Settings, held).await?.map_err(|why| Failure::new(exit::REFUSED, why))
}

async fn devices(reader: &mut Reader<'_>) -> Result<Vec<Device>, Failure> {
    let listed = |event| if let Event::Devices(devices) = event { Some(devices) } else { None };
    let devices = reader.ask(&Command::Devices, &Job::Devices, listed).await?;
    devices.map_err(|why| Failure::new(exit::REFUSED, why))
}

/// One conversation, up to the head that it has now. One that may not be read any more does not keep the others back.
async fn conversation(
    reader: &mut Reader<'_>,
    folder: &mut Folder,
    export: &Export,
    id: ConversationId,
    outcome: &mut Outcome,
) -> Result<(), Failure> {
    let summary = match open(reader, id).await? {
        Ok(summary) => summary,
        Err(why) => {
            outcome.lose_conversation(id, &why);
            return Ok(());
        }
    };
    folder.list(&summary)?;
    let mut log = folder.log(id)?;
    outcome.begin(id, &log);
    while log.last() < summary.head {
        match page(reader, id, log.last()).await? {
            Ok(entries) if entries.first().is_none_or(|entry| entry.seq > summary.head) => break,
            Ok(entries) => log.append(entries.iter().take_while(|entry| entry.seq <= summary.head))?,
            Err(why) => {
                outcome.lose_conversation(id, &why);
                break;
            }
        }
        outcome.follow(id, &log);
        show(&format!("{} of {}", outcome.for_people(), reader.conversations()));
    }
    log.sync()?;
    if export.has_files {
        for hung in log.files()? {
            file::take(reader, folder, id, hung?, outcome).await?;
        }
    }
    Ok(())
}

async fn open(reader: &mut Reader<'_>, id: ConversationId) -> Result<Result<Summary, String>, Failure> {
    let target = Target::Conversation(id);
    let opened = |event| match event {
        Event::Opened(summary) if summary.conversation == id => Some(summary),
        _ => None,
    };
    reader.ask(&Command::Open(target.clone()), &Job::Open(target), opened).await
}

/// The page above a number.
async fn page(
    reader: &mut Reader<'_>,
    conversation: ConversationId,
    after: Seq,
) -> Result<Result<Vec<chat_protocol::Entry>, String>, Failure> {
    let asked = Command::Page { conversation, after, limit: limits::PAGE_ENTRIES_MAX };
    let told = |event| match event {
        Event::Page { conversation: of, entries, .. } if of == conversation => Some(entries),
        _ => None,
    };
    reader.ask(&asked, &Job::Page(conversation), told).await
}

/// The last line on standard output, and whether all of it is there.
fn tell(export: &Export, outcome: &Outcome) -> Result<(), Failure> {
    let line = if export.json { outcome.json(&export.to) } else { outcome.line(&export.to) };
    if let Err(error) = writeln!(io::stdout(), "{line}") {
        unprinted(&error)??;
    }
    outcome.ended()
}

/// One line that is written again and again, for people only.
fn show(line: &str) {
    if io::stderr().is_terminal() {
        // Nobody is left to be told when this fails.
        let _ = write!(io::stderr(), "\r\x1b[K{line}");
    }
}
