//! The library's handle and events, and the effects that go to it.

use super::door::Door;
use super::say;
use crate::app::Effect;
use crate::exit::{self, Failure};
use chat_client::{Auth, Command, Config, Connection, Ended, Event, Handle, connect, fresh_client_id};
use std::collections::VecDeque;
use std::time::Duration;
use tokio::sync::mpsc::Receiver;
use tokio::time::timeout;

/// What a closing connection may take.
const STOP_TIME: Duration = Duration::from_secs(2);

/// Why the user's side ends.
#[derive(Debug)]
pub enum Ending {
    Quit,
    /// The user is not there any more.
    Erased,
    Over(Ended),
}

/// One connection, seen from the user's side.
pub struct Link {
    handle: Handle,
    events: Receiver<Event>,
    /// Heard already, but not by the application.
    heard: VecDeque<Event>,
    /// What the library had no room for yet. It grows no faster than a person types, or than a script's window.
    waiting: VecDeque<Command>,
    /// The user asked for the end of this device's login.
    pub is_logging_out: bool,
}

impl Link {
    pub fn new(door: &Door, auth: Auth, has_outbox: bool) -> Result<Self, Failure> {
        Self::with(door, door.config(auth, has_outbox))
    }

    /// One that keeps nothing, and tells nobody what has reached it.
    pub fn silent(door: &Door, auth: Auth) -> Result<Self, Failure> {
        Self::with(door, Config { tells_arrivals: false, ..door.config(auth, false) })
    }

    fn with(door: &Door, config: Config) -> Result<Self, Failure> {
        let (handle, events) = connect(config).map_err(|error| {
            Failure::new(exit::OTHER, format!("cannot keep messages in {}: {error}", door.folder.display()))
        })?;
        Ok(Self { handle, events, heard: VecDeque::new(), waiting: VecDeque::new(), is_logging_out: false })
    }

    /// The next event; none when the task has ended.
    pub async fn next(&mut self) -> Option<Event> {
        self.hand_over();
        match self.heard.pop_front() {
            Some(event) => Some(event),
            None => self.events.recv().await,
        }
    }

    /// The next event, if it is there already.
    pub fn next_ready(&mut self) -> Option<Event> {
        self.heard.pop_front().or_else(|| self.events.try_recv().ok())
    }

    /// Waits for the answer to the login. What else is heard is kept for the application.
    pub async fn wait_for_welcome(&mut self, door: &Door) -> Result<(), Ended> {
        while let Some(event) = self.events.recv().await {
            match &event {
                Event::Welcome(_) => {
                    self.heard.push_back(event);
                    return Ok(());
                }
                Event::Connection(Connection::Ended(ended)) => return Err(ended.clone()),
                Event::Connection(Connection::Waiting { reason, .. }) => {
                    say(&format!("{} cannot be reached, trying again: {reason}", door.server));
                }
                _ => self.heard.push_back(event),
            }
        }
        Err(Ended::Stopped)
    }

    /// Does what the application says; something when that is the end.
    ///
    /// # Errors
    /// It could not be done; everything else goes on.
    pub fn execute(&mut self, door: &Door, effect: Effect) -> Result<Option<Ending>, Failure> {
        match effect {
            Effect::Send { client_id, target, content } => {
                let client_id = client_id.unwrap_or_else(fresh_client_id);
                self.ask(Command::Send { client_id, target, content });
            }
            Effect::Ask(command) => {
                self.is_logging_out |= matches!(command, Command::Logout);
                self.ask(command);
            }
            // The screen has its own way with files and groups.
            Effect::Group { .. }
            | Effect::Upload(_)
            | Effect::Save { .. }
            | Effect::CancelTransfer(_)
            | Effect::Sent(_)
            | Effect::Unsent(_)
            | Effect::List(_)
            | Effect::CheckPaste(_)
            | Effect::Picture { .. } => {}
            Effect::KeepToken(token) => door.keep_token(&token)?,
            Effect::Erased => return Ok(Some(Ending::Erased)),
            Effect::Quit => return Ok(Some(Ending::Quit)),
            Effect::Over(ended) => return Ok(Some(Ending::Over(ended))),
        }
        Ok(None)
    }

    /// Asks the library for something, as soon as it has room.
    pub fn ask(&mut self, command: Command) {
        self.waiting.push_back(command);
        self.hand_over();
    }

    fn hand_over(&mut self) {
        while let Some(command) = self.waiting.front() {
            if self.handle.command(command.clone()).is_err() {
                return;
            }
            self.waiting.pop_front();
        }
    }

    /// Ends, after everything that was asked for is at least on the disk.
    pub async fn stop(mut self) {
        self.ask(Command::Stop);
        let stopped = async { while self.next().await.is_some() {} };
        // A server that does not answer the goodbye has missed nothing.
        let _ = timeout(STOP_TIME, stopped).await;
    }
}
