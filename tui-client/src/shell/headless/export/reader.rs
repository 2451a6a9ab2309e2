//! The way to the server: one question at a time, asked again after a lost connection, and one file at a time.

use super::super::super::door::Door;
use super::super::super::link::Link;
use super::super::super::moving::Moving;
use super::super::super::say;
use crate::app::script::over;
use crate::exit::{self, Failure};
use chat_client::files::{
    Destination, DownloadRequest, TransferChange, TransferError, TransferEvent, TransferId,
};
use chat_client::{Auth, Command, Connection, Event, Job};
use chat_protocol::{Attachment, ConversationId, ErrorCode};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;
use tokio::time::{Instant, sleep_until};

/// Before the server is asked again what it could not answer.
const PAUSE: Duration = Duration::from_millis(200);
/// So often in a row a file is asked for in vain, while the server is there.
const VAIN_MAX: u32 = 5;

/// One connection's life, and what is known of the conversations.
pub struct Reader<'a> {
    pub door: &'a Door,
    /// Logged in at least once.
    pub was_connected: bool,
    link: Link,
    moving: Moving,
    patience: Duration,
    deadline: Instant,
    is_live: bool,
    /// Why there is no connection.
    trouble: String,
    /// Which there are, and whether their turn has come.
    conversations: BTreeMap<ConversationId, bool>,
}

enum Heard {
    Event(Event),
    File(TransferEvent),
}

impl<'a> Reader<'a> {
    pub fn new(door: &'a Door, auth: Auth, patience: Duration) -> Result<Self, Failure> {
        let moving = Moving::start(door, &auth);
        let link = Link::silent(door, auth)?;
        Ok(Self {
            door,
            was_connected: false,
            link,
            moving,
            patience,
            deadline: Instant::now() + patience,
            is_live: false,
            trouble: "no answer".to_owned(),
            conversations: BTreeMap::new(),
        })
    }

    /// How many conversations there are.
    pub fn conversations(&self) -> usize {
        self.conversations.len()
    }

    /// The next conversation whose turn has not come, which it has with this. One that begins meanwhile comes as well.
    pub fn next_conversation(&mut self) -> Option<ConversationId> {
        let (id, has_come) = self.conversations.iter_mut().find(|(_, has_come)| !**has_come)?;
        *has_come = true;
        Some(*id)
    }

    /// Waits until there is a connection and all conversations have been told of.
    pub async fn wait_until_live(&mut self) -> Result<(), Failure> {
        while !self.is_live {
            self.next().await?;
        }
        Ok(())
    }

    /// Asks until there is an answer. The inner error is the server's: it refuses, for good.
    pub async fn ask<T>(
        &mut self,
        command: &Command,
        job: &Job,
        answer: impl Fn(Event) -> Option<T>,
    ) -> Result<Result<T, String>, Failure> {
        // What the disk took is not the server's fault.
        self.has_moved();
        loop {
            self.wait_until_live().await?;
            self.link.ask(command.clone());
            match self.answer(job, &answer).await? {
                Ok(answer) => {
                    self.has_moved();
                    return Ok(Ok(answer));
                }
                Err((code, _)) if code.is_retryable() => self.rest().await?,
                Err((_, message)) => return Ok(Err(message)),
            }
        }
    }

    async fn answer<T>(
        &mut self,
        job: &Job,
        answer: &impl Fn(Event) -> Option<T>,
    ) -> Result<Result<T, (ErrorCode, String)>, Failure> {
        loop {
            match self.next().await? {
                Heard::Event(Event::Refused { job: refused, code, message }) if refused == *job => {
                    return Ok(Err((code, message)));
                }
                Heard::Event(event) => {
                    if let Some(answer) = answer(event) {
                        return Ok(Ok(answer));
                    }
                }
                Heard::File(_) => {}
            }
        }
    }

    /// Saves a file under exactly this name. The inner error is the file's: another one may be there.
    pub async fn save(
        &mut self,
        attachment: &Attachment,
        path: PathBuf,
    ) -> Result<Result<(), TransferError>, Failure> {
        let request = DownloadRequest { attachment: attachment.clone(), to: Destination::File(path) };
        let id = self.moving.transfers.download(request);
        self.has_moved();
        self.saved(id).await
    }

    async fn saved(&mut self, id: TransferId) -> Result<Result<(), TransferError>, Failure> {
        let (mut in_vain, mut cause) = (0, String::new());
        loop {
            let change = match self.next().await? {
                Heard::File(event) if event.id == id => event.change,
                Heard::Event(Event::Connection(_)) => {
                    in_vain = 0;
                    continue;
                }
                _ => continue,
            };
            match change {
                TransferChange::Started { .. } | TransferChange::Progress { .. } => {
                    self.has_moved();
                    in_vain = 0;
                }
                TransferChange::Waiting { cause: why } => {
                    cause = why.as_str().to_owned();
                    in_vain += u32::from(self.is_live);
                    if in_vain == VAIN_MAX {
                        self.moving.transfers.cancel(id);
                    }
                }
                TransferChange::Saved { .. } => {
                    self.has_moved();
                    return Ok(Ok(()));
                }
                TransferChange::Failed { error } => return Ok(Err(error)),
                TransferChange::Cancelled | TransferChange::Uploaded { .. } => {
                    return Ok(Err(TransferError::Refused { code: ErrorCode::Unavailable, message: cause }));
                }
            }
        }
    }

    /// Waits until nothing moves and nothing is left behind.
    pub async fn end(&self) {
        self.moving.end().await;
    }

    fn has_moved(&mut self) {
        self.deadline = Instant::now() + self.patience;
    }

    /// Waits a moment, and listens all the while.
    async fn rest(&mut self) -> Result<(), Failure> {
        let until = Instant::now() + PAUSE;
        loop {
            tokio::select! {
                heard = self.next() => drop(heard?),
                () = sleep_until(until) => return Ok(()),
            }
        }
    }

    /// The next thing that happens: what the library tells, what happens to a file, or that time runs out.
    async fn next(&mut self) -> Result<Heard, Failure> {
        tokio::select! {
            event = self.link.next() => {
                let event = event.ok_or_else(|| Failure::new(exit::OTHER, "the connection has ended"))?;
                self.note(&event)?;
                Ok(Heard::Event(event))
            }
            event = self.moving.next() => Ok(Heard::File(event)),
            () = sleep_until(self.deadline) => Err(self.is_late()),
        }
    }

    fn note(&mut self, event: &Event) -> Result<(), Failure> {
        match event {
            Event::Welcome(welcome) => {
                self.was_connected = true;
                self.moving.transfers.handle_welcome(welcome);
                let kept = welcome.token.as_ref().map_or(Ok(()), |token| self.door.keep_token(token));
                // This connection goes on without one.
                if let Err(failure) = kept {
                    say(&failure.message);
                }
            }
            Event::Summary(summary) => {
                self.conversations.entry(summary.conversation).or_default();
            }
            Event::Connection(Connection::Ended(ended)) => return Err(over(ended)),
            Event::Connection(connection) => {
                self.is_live = *connection == Connection::Live;
                if let Connection::Waiting { reason, .. } = connection {
                    self.trouble.clone_from(reason);
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn is_late(&self) -> Failure {
        if self.was_connected {
            return Failure::new(exit::TIMEOUT, "time ran out; the same command goes on where it stopped");
        }
        Failure::new(exit::UNREACHABLE, format!("the server cannot be reached: {}", self.trouble))
    }
}
