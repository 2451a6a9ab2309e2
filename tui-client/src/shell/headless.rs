//! Without a screen: the same application, with a script in the user's place and lines in the screen's.

use super::door::{Door, given_password};
use super::link::Link;
use super::moving::Moving;
use super::{local_time, say};
use crate::app::script::{self, FileToSend, PATIENCE, Script, Step};
use crate::app::{Model, Msg, Surface, update};
use crate::cli::Command;
use crate::exit::{self, Failure};
use chat_client::files::{TransferChange, TransferEvent};
use chat_client::{Auth, Command as Ask, Event, fresh_client_id};
use chat_protocol::{ClientId, ConversationId, Seq, Target};
use std::collections::{BTreeMap, VecDeque};
use std::fs;
use std::io::{self, Read, Write};
use std::path::PathBuf;
use std::time::Duration;
use tokio::time::{Instant, sleep_until};

/// What a script's printed lines may wait for to be known as read.
const FOR_EVER: Duration = Duration::from_secs(365 * 24 * 3600);

/// All of the input is looked at before the first message is sent, so all of it is in memory.
const INPUT_BYTES_MAX: u64 = 64 * 1024 * 1024;

pub async fn run(door: Door, command: Command, json: bool) -> Result<(), Failure> {
    let ways = ways_in(&door, &command).await?;
    let mut script = script(command, json)?;
    let mut refusal = Failure::new(exit::LOGIN, "not logged in");
    for auth in ways {
        let mut run = Run::new(&door, auth, &script)?;
        match run.until_end(&mut script).await {
            // A token that has become worthless: there may be a password.
            Err(failure) if failure.code == exit::LOGIN && !run.is_connected => refusal = failure,
            ended => return ended,
        }
    }
    Err(refusal)
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

fn script(command: Command, json: bool) -> Result<Script, Failure> {
    Ok(match command {
        Command::Register | Command::Login => Script::Login,
        Command::Logout => Script::Logout,
        Command::Send { peer, text, files, id, timeout, .. } if !files.is_empty() => {
            let files = files_to_send(files, text, id)?;
            Script::SendFiles(script::SendFiles::new(Target::To(peer), files, json, timeout))
        }
        Command::Send { peer, text, lines, id, timeout, .. } => {
            let texts = texts(text, lines)?;
            Script::Send(script::Send::new(Target::To(peer), texts, id, json, timeout))
        }
        Command::Recv { from, count, timeout, follow } => {
            Script::Recv(script::Recv::new(from, count, timeout, follow))
        }
        Command::History { peer, limit, before, timeout } => {
            let (target, entries) = (Target::To(peer), Vec::new());
            Script::History(script::History { target, limit, before, json, timeout, entries })
        }
        Command::Save { from, entry, to, timeout } => {
            Script::Save(script::Save::new(from, entry, to, json, timeout))
        }
        Command::Files { from, limit, timeout } => {
            Script::Files(script::Files::new(from, limit, json, timeout))
        }
        Command::Devices { revoke } => Script::Devices(script::Devices { revoke, json }),
    })
}

/// All files are looked at before the first is sent. The text goes with the first one.
fn files_to_send(
    paths: Vec<PathBuf>,
    text: Option<String>,
    id: Option<ClientId>,
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
        Ok(FileToSend { path, size, text, client_id: id.clone().unwrap_or_else(fresh_client_id) })
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
                () = sleep_until(deadline) => return script.handle_timeout(&self.model, self.is_connected),
            };
            if let Some(ended) = self.take(steps)? {
                if matches!(script, Script::Logout) && ended.is_ok() {
                    self.door.forget_token()?;
                }
                if let Some(moving) = &self.moving {
                    moving.end().await;
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

/// Nobody reads any more: that is their right, and no failure.
fn unprinted(error: &io::Error) -> Result<Result<(), Failure>, Failure> {
    if error.kind() == io::ErrorKind::BrokenPipe {
        return Ok(Ok(()));
    }
    Err(Failure::new(exit::OTHER, format!("cannot print: {error}")))
}
