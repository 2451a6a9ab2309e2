//! Without a screen: the same application, with a script in the user's place and lines in the screen's.

mod export;
mod input;

use super::door::{Door, given_password};
use super::link::Link;
use super::moving::Moving;
use super::signals::Signals;
use super::{local_time, prompt, say};
use crate::app::script::{PATIENCE, Script, Step};
use crate::app::{Model, Msg, Surface, update};
use crate::cli::Command;
use crate::exit::{self, Failure};
use chat_client::files::{TransferChange, TransferEvent};
use chat_client::{Auth, Command as Ask, Event};
use chat_protocol::{ConversationId, Password, Seq};
use input::Work;
use std::collections::{BTreeMap, VecDeque};
use std::io::{self, IsTerminal, Write};
use std::time::Duration;
use tokio::time::{Instant, sleep_until};

/// What a script's printed lines may wait for to be known as read.
const FOR_EVER: Duration = Duration::from_secs(365 * 24 * 3600);

pub async fn run(door: Door, command: Command, json: bool) -> Result<(), Failure> {
    let ways = ways_in(&door, &command).await?;
    let is_certain = matches!(command, Command::DeleteAccount { yes: true });
    let mut script = match input::work(command, &door.user, json)? {
        Work::Script(script) => *script,
        Work::Export(export) => return export::run(&door, ways, &export).await,
    };
    if let Script::DeleteAccount(delete) = &mut script {
        delete.password = Some(last_word(&door, is_certain).await?);
    }
    let mut refusal = Failure::new(exit::LOGIN, "not logged in");
    for auth in ways {
        let mut run = Run::new(&door, auth, &script)?;
        let ended = run.until_end(&mut script).await;
        if let Some(moving) = &run.moving {
            moving.end().await;
        }
        match ended {
            // A token that has become worthless: there may be a password.
            Err(failure) if failure.code == exit::LOGIN && !run.is_connected => refusal = failure,
            ended => return ended,
        }
    }
    Err(refusal)
}

/// The password of somebody who is certain that their account shall end.
async fn last_word(door: &Door, is_certain: bool) -> Result<Password, Failure> {
    if !is_certain {
        if !io::stdin().is_terminal() || !io::stderr().is_terminal() {
            return Err(Failure::new(exit::USAGE, "nothing of it can be undone: give --yes"));
        }
        let (user, server) = (&door.user, &door.server);
        let question =
            format!("Delete {user} on {server}, and all that {user} wrote? Nothing of it can be undone.");
        if !prompt::yes(&question).await? {
            return Err(Failure::new(exit::OTHER, "nothing was deleted"));
        }
    }
    door.password().await
}

/// How to log in, the best way first.
async fn ways_in(door: &Door, command: &Command) -> Result<Vec<Auth>, Failure> {
    if matches!(command, Command::Register) {
        return Ok(vec![Auth::Register(door.new_password().await?)]);
    }
    if let Some(token) = &door.given_token {
        return Ok(vec![Auth::Token(token.clone())]);
    }
    if matches!(command, Command::Login) {
        return Ok(vec![Auth::Login(door.password().await?)]);
    }
    let kept = door.kept_token()?.map(Auth::Token);
    let ways: Vec<_> = kept.into_iter().chain(given_password()?.map(Auth::Login)).collect();
    if ways.is_empty() {
        let message =
            "not logged in: run `chat-tui login`, or set CHAT_PASSWORD, CHAT_PASSWORD_FILE or CHAT_TOKEN";
        return Err(Failure::new(exit::LOGIN, message));
    }
    Ok(ways)
}

/// One connection's life.
struct Run<'a> {
    door: &'a Door,
    link: Link,
    /// Files on their way, for scripts that have any.
    moving: Option<Moving>,
    model: Model,
    /// Logged in at least once.
    is_connected: bool,
    /// A login that leaves no token behind has failed; whatever else runs goes on without one.
    is_for_token: bool,
}

impl<'a> Run<'a> {
    fn new(door: &'a Door, auth: Auth, script: &Script) -> Result<Self, Failure> {
        let is_for_token = matches!(script, Script::Login);
        let moving = script.moves_files().then(|| Moving::start(door, &auth));
        let link = Link::new(door, auth, false)?;
        let model = Model::new(Surface::Script, door.user.clone(), local_time);
        Ok(Self { door, link, moving, model, is_connected: false, is_for_token })
    }

    async fn until_end(&mut self, script: &mut Script) -> Result<(), Failure> {
        // Files on their way are put in order first; whatever else runs is ended by the signal itself.
        let signals = self.moving.is_some().then(Signals::new).transpose();
        let mut signals = signals.map_err(|error| Failure::new(exit::OTHER, error))?;
        let mut started = Instant::now();
        let patience = script.patience();
        loop {
            // Once it is connected, a script without an end waits without one.
            let limit = if self.is_connected { FOR_EVER } else { PATIENCE };
            let deadline = started + patience.unwrap_or(limit).min(FOR_EVER);
            let steps = tokio::select! {
                event = self.link.next() => {
                    let Some(event) = event else {
                        return Err(Failure::new(exit::OTHER, "the connection has ended"));
                    };
                    if script.has_moved(&event) {
                        started = Instant::now();
                    }
                    self.hear(script, event)?
                }
                event = next_transfer(&mut self.moving) => {
                    if !matches!(event.change, TransferChange::Waiting { .. }) {
                        started = Instant::now();
                    }
                    script.handle_transfer(&event)
                }
                number = next_signal(&mut signals) => return Err(Failure::new(128 + number, "interrupted")),
                () = sleep_until(deadline) => return script.handle_timeout(&self.model, self.is_connected),
            };
            if let Some(ended) = self.take(steps)? {
                if script.ends_login() && ended.is_ok() {
                    self.door.forget_token()?;
                }
                return ended;
            }
        }
    }

    fn hear(&mut self, script: &mut Script, event: Event) -> Result<Vec<Step>, Failure> {
        if let Event::Welcome(welcome) = &event {
            self.is_connected = true;
            if let Some(moving) = &self.moving {
                moving.transfers.handle_welcome(welcome);
            }
        }
        self.update(Msg::Heard(event.clone()))?;
        Ok(script.handle_event(&self.model, &event))
    }

    /// Lets a message happen. The ends that the application sees are the script's to judge.
    fn update(&mut self, msg: Msg) -> Result<(), Failure> {
        for effect in update(&mut self.model, msg) {
            match self.link.execute(self.door, effect) {
                Err(failure) if self.is_for_token => return Err(failure),
                Err(failure) => say(&failure.message),
                Ok(_) => {}
            }
        }
        Ok(())
    }

    /// Takes the steps in order. What was printed is out before anything of it counts as read.
    fn take(&mut self, steps: Vec<Step>) -> Result<Option<Result<(), Failure>>, Failure> {
        let mut out = io::BufWriter::new(io::stdout().lock());
        let mut read: BTreeMap<ConversationId, Seq> = BTreeMap::new();
        let mut msgs = VecDeque::new();
        let mut ended = None;
        for step in steps {
            match step {
                Step::Do(msg) => msgs.push_back(msg),
                Step::Print { line, read: up_to } => {
                    if let Err(error) = writeln!(out, "{line}") {
                        return unprinted(&error).map(Some);
                    }
                    read.extend(up_to);
                }
                Step::Upload(_) | Step::Download(_) | Step::Sent(_) | Step::Unsent(_) => {
                    if let Some(moving) = &mut self.moving {
                        moving.take(step);
                    }
                }
                Step::End(end) => ended = Some(end),
            }
        }
        if let Err(error) = out.flush() {
            return unprinted(&error).map(Some);
        }
        drop(out);
        msgs.extend(read.into_iter().map(|(conversation, seq)| Msg::Ask(Ask::Read { conversation, seq })));
        msgs.into_iter().try_for_each(|msg| self.update(msg))?;
        Ok(ended)
    }
}

/// The next thing that happens to a file; never, where there are none.
async fn next_transfer(moving: &mut Option<Moving>) -> TransferEvent {
    match moving {
        Some(moving) => moving.next().await,
        None => std::future::pending().await,
    }
}

async fn next_signal(signals: &mut Option<Signals>) -> u8 {
    match signals {
        Some(signals) => signals.next().await,
        None => std::future::pending().await,
    }
}

/// Nobody reads any more: that is their right, and no failure.
fn unprinted(error: &io::Error) -> Result<Result<(), Failure>, Failure> {
    if error.kind() == io::ErrorKind::BrokenPipe {
        return Ok(Ok(()));
    }
    Err(Failure::new(exit::OTHER, format!("cannot print: {error}")))
}
