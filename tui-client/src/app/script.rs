//! What runs without a screen: it looks at the same events and the same model, and says what to do next.

mod backwards;
mod change;
mod delete_account;
mod devices;
mod files;
mod group;
mod group_lists;
mod history;
mod peer;
mod prefer;
pub mod print;
mod recv;
mod save;
mod search;
mod send;
mod send_files;
mod settings;
mod to_group;
mod versions;

pub use change::Change;
pub use delete_account::DeleteAccount;
pub use devices::Devices;
pub use files::Files;
pub use group::{Act, Group};
pub use group_lists::{Members, PublicGroups};
pub use history::History;
pub use peer::Peer;
pub use prefer::{Blocked, Prefer};
pub use recv::Recv;
pub use save::Save;
pub use search::Search;
pub use send::Send;
pub use send_files::{FileToSend, SendFiles};
pub use settings::Settings;
pub use to_group::ToGroup;
pub use versions::Versions;

use super::{Model, Msg};
use crate::exit::{self, Failure};
use chat_client::files::{DownloadRequest, TransferChange, TransferEvent, TransferId, UploadRequest};
use chat_client::{Command, Connection, Ended, Event, OutgoingState};
use chat_protocol::{ConversationId, ErrorCode, Seq, Target};
use std::time::Duration;

/// How long a script waits for the server when it was not told.
pub const PATIENCE: Duration = Duration::from_secs(10);

/// What to do next.
#[derive(Debug, Clone)]
pub enum Step {
    /// Let this happen.
    Do(Msg),
    /// Print a line. Once it is out, everything up to the number counts as read.
    Print { line: String, read: Option<(ConversationId, Seq)> },
    /// Bring a file to the server.
    Upload(UploadRequest),
    /// Save a file.
    Download(DownloadRequest),
    /// The message of this upload is stored.
    Sent(TransferId),
    /// The message of this upload will not be: its file is not wanted.
    Unsent(TransferId),
    /// End.
    End(Result<(), Failure>),
}

/// One subcommand.
#[derive(Debug)]
pub enum Script {
    Login,
    Logout,
    DeleteAccount(DeleteAccount),
    Send(Send),
    SendFiles(SendFiles),
    Change(Change),
    Recv(Recv),
    History(History),
    Versions(Versions),
    Save(Save),
    Search(Search),
    Files(Files),
    ToGroup(ToGroup),
    Group(Group),
    PublicGroups(PublicGroups),
    Members(Members),
    Devices(Devices),
    Settings(Settings),
    Prefer(Prefer),
    Blocked(Blocked),
}

impl Script {
    /// How long it may take; without an end, only the first connection may not take longer than [`PATIENCE`].
    pub fn patience(&self) -> Option<Duration> {
        match self {
            Self::Login | Self::Logout | Self::DeleteAccount(_) | Self::Devices(_) | Self::Settings(_) => {
                Some(PATIENCE)
            }
            Self::Send(send) => Some(send.timeout),
            Self::SendFiles(send) => Some(send.timeout),
            Self::Change(change) => Some(change.timeout),
            Self::Recv(recv) => recv.patience(),
            Self::History(history) => Some(history.timeout),
            Self::Versions(versions) => Some(versions.timeout),
            Self::Save(save) => Some(save.timeout),
            Self::Search(search) => Some(search.timeout),
            Self::Files(files) => Some(files.timeout),
            Self::ToGroup(to) => to.script.patience(),
            Self::Group(group) => Some(group.timeout),
            Self::PublicGroups(groups) => Some(groups.timeout),
            Self::Members(members) => Some(members.timeout),
            Self::Prefer(prefer) => Some(prefer.timeout),
            Self::Blocked(blocked) => Some(blocked.timeout),
        }
    }

    /// Whether the time that it may take begins anew: many messages may take as long as they move.
    pub fn has_moved(&self, event: &Event) -> bool {
        let is_sent = |event: &Event| matches!(event, Event::Outbox(outgoing) if matches!(outgoing.state, OutgoingState::Sent { .. }));
        match self {
            Self::ToGroup(to) => to.script.has_moved(event),
            Self::Send(_) | Self::SendFiles(_) => is_sent(event),
            _ => false,
        }
    }

    /// Whether it sends or saves files.
    pub fn moves_files(&self) -> bool {
        match self {
            Self::ToGroup(to) => to.script.moves_files(),
            Self::SendFiles(_) | Self::Save(_) => true,
            _ => false,
        }
    }

    /// Something happened to a file.
    pub fn handle_transfer(&mut self, event: &TransferEvent) -> Vec<Step> {
        match (self, &event.change) {
            (Self::ToGroup(to), _) => to.script.handle_transfer(event),
            (Self::SendFiles(send), _) => send.handle_transfer(event),
            (Self::Save(save), TransferChange::Saved { path }) => save.handle_saved(path),
            (_, TransferChange::Failed { error }) => {
                vec![Step::End(Err(Failure::new(exit::of_transfer(error), error)))]
            }
            _ => Vec::new(),
        }
    }

    /// Something happened, and the model knows already.
    pub fn handle_event(&mut self, model: &Model, event: &Event) -> Vec<Step> {
        if let Event::Connection(Connection::Ended(ended)) = event {
            return vec![Step::End(self.ended(ended))];
        }
        match self {
            Self::Login if matches!(event, Event::Welcome(_)) => vec![Step::End(Ok(()))],
            Self::Logout if is_live(event) => vec![Step::Do(Msg::Ask(Command::Logout))],
            Self::Login | Self::Logout => Vec::new(),
            Self::DeleteAccount(delete) => delete.handle_event(event),
            Self::Send(send) => send.handle_event(model, event),
            Self::SendFiles(send) => send.handle_event(model, event),
            Self::Change(change) => change.handle_event(model, event),
            Self::Recv(recv) => recv.handle_event(model, event),
            Self::History(history) => history.handle_event(model, event),
            Self::Versions(versions) => versions.handle_event(model, event),
            Self::Save(save) => save.handle_event(event),
            Self::Search(search) => search.handle_event(model, event),
            Self::Files(files) => files.handle_event(model, event),
            Self::ToGroup(to) => to.handle_event(model, event),
            Self::Group(group) => group.handle_event(model, event),
            Self::PublicGroups(groups) => groups.handle_event(event),
            Self::Members(members) => members.handle_event(event),
            Self::Devices(devices) => devices.handle_event(model, event),
            Self::Settings(settings) => settings.handle_event(event),
            Self::Prefer(prefer) => prefer.handle_event(event),
            Self::Blocked(blocked) => blocked.handle_event(event),
        }
    }

    /// Time has run out.
    ///
    /// # Errors
    /// That was too early.
    pub fn handle_timeout(&self, model: &Model, is_connected: bool) -> Result<(), Failure> {
        if !is_connected {
            let why = match &model.connection {
                Connection::Waiting { reason, .. } => reason.as_str(),
                _ => "no answer",
            };
            return Err(Failure::new(exit::UNREACHABLE, format!("the server cannot be reached: {why}")));
        }
        match self {
            Self::Send(send) => Err(send.unknown(model)),
            Self::SendFiles(send) => Err(send.unknown()),
            Self::Change(change) => Err(change.unknown()),
            Self::Recv(recv) => recv.handle_timeout(),
            Self::ToGroup(to) => to.script.handle_timeout(model, is_connected),
            Self::Group(group) => Err(group.unknown()),
            _ => Err(Failure::new(exit::TIMEOUT, "time ran out")),
        }
    }

    /// Whether no token is worth anything once it has succeeded.
    pub fn ends_login(&self) -> bool {
        matches!(self, Self::Logout | Self::DeleteAccount(_))
    }

    /// The group is found that it is for.
    fn aim(&mut self, id: ConversationId) {
        let target = Target::Conversation(id);
        match self {
            Self::Send(send) => send.target = target,
            Self::SendFiles(send) => send.target = target,
            Self::Change(change) => change.target = target,
            Self::History(history) => history.target = target,
            Self::Versions(versions) => versions.target = target,
            Self::Save(save) => save.search.target = target,
            Self::Files(files) => files.search.target = target,
            Self::Group(group) => group.conversation = Some(id),
            Self::Members(members) => members.conversation = Some(id),
            Self::Prefer(prefer) => prefer.change.target = target,
            Self::Login
            | Self::Logout
            | Self::DeleteAccount(_)
            | Self::Recv(_)
            | Self::ToGroup(_)
            | Self::PublicGroups(_)
            | Self::Search(_)
            | Self::Devices(_)
            | Self::Settings(_)
            | Self::Blocked(_) => {}
        }
    }

    fn ended(&self, ended: &Ended) -> Result<(), Failure> {
        match ended {
            Ended::LoggedOut if matches!(self, Self::Logout) => Ok(()),
            ended => Err(over(ended)),
        }
    }
}

/// What the end of a connection is for whoever did not ask for it.
pub fn over(ended: &Ended) -> Failure {
    match ended {
        Ended::LoggedOut => Failure::new(exit::LOGIN, "this device was logged out"),
        Ended::Stopped => Failure::new(exit::OTHER, "stopped"),
        Ended::Refused { code, message } => refused_login(*code, message),
    }
}

/// A login that was refused.
pub fn refused_login(code: ErrorCode, message: &str) -> Failure {
    let exit = match code {
        ErrorCode::VersionUnsupported => exit::REFUSED,
        _ => exit::LOGIN,
    };
    Failure::new(exit, message)
}

/// What was asked for is refused; nothing, when it is worth waiting for the next connection.
fn refused(code: ErrorCode, message: &str) -> Vec<Step> {
    if code.is_retryable() { Vec::new() } else { vec![Step::End(Err(Failure::new(exit::REFUSED, message)))] }
}

fn is_live(event: &Event) -> bool {
    matches!(event, Event::Connection(Connection::Live))
}

#[cfg(test)]
mod tests;
