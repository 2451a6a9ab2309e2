//! With a screen: keys and events go in, frames come out.

use super::door::{ATTEMPTS, Door, confirm, given_password};
use super::link::{Ending, Link};
use super::signals::Signals;
use super::terminal::Screen;
use super::{local_time, prompt, say};
use crate::app::script::refused_login;
use crate::app::{Effect, Model, Msg, Notice, Surface, update};
use crate::exit::{self, Failure};
use crate::view;
use chat_client::{Auth, Ended};
use chat_protocol::{ErrorCode, Password};
use crossterm::event::{Event as Input, EventStream};
use futures_util::StreamExt;
use std::io::{self, IsTerminal};
use std::time::Duration;
use tokio::time::{Instant, sleep_until};

/// Between two frames.
const FRAME_TIME: Duration = Duration::from_millis(16);
/// Events that are taken in before the next look at the keyboard.
const EVENTS_AT_ONCE: usize = 256;

/// How a screen ended.
enum Outcome {
    Ending(Ending),
    Signal(u8),
}

pub async fn run(door: Door) -> Result<u8, Failure> {
    if !io::stdin().is_terminal() || !io::stdout().is_terminal() {
        let message = "the screen needs a terminal; without one use send, recv or history (see --help)";
        return Err(Failure::new(exit::USAGE, message));
    }
    let mut link = first_link(&door).await?;
    loop {
        let outcome = show(&door, &mut link).await.map_err(broken)?;
        let was_asked_for = link.is_logging_out;
        link.stop().await;
        match outcome {
            Outcome::Ending(Ending::Quit) => return Ok(exit::DONE),
            Outcome::Signal(number) => return Ok(128 + number),
            Outcome::Ending(Ending::Over(Ended::LoggedOut)) if was_asked_for => {
                door.forget_token()?;
                say("logged out");
                return Ok(exit::DONE);
            }
            Outcome::Ending(Ending::Over(Ended::Refused { code, message }))
                if code != ErrorCode::BadCredentials =>
            {
                return Err(refused_login(code, &message));
            }
            Outcome::Ending(Ending::Over(Ended::Stopped)) => {
                return Err(Failure::new(exit::OTHER, "the connection's task has ended"));
            }
            Outcome::Ending(Ending::Over(ended)) if door.given_token.is_some() => {
                let why = match ended {
                    Ended::Refused { message, .. } => message,
                    Ended::LoggedOut | Ended::Stopped => "it was logged out".to_owned(),
                };
                return Err(Failure::new(
                    exit::LOGIN,
                    format!("the token in CHAT_TOKEN is not valid: {why}"),
                ));
            }
            Outcome::Ending(Ending::Over(_)) => {
                say("this device is not logged in any more");
                link = log_in(&door).await?;
            }
        }
    }
}

async fn first_link(door: &Door) -> Result<Link, Failure> {
    let token = door.given_token.clone().map_or_else(|| door.kept_token(), |token| Ok(Some(token)))?;
    match token {
        Some(token) => Link::new(door, Auth::Token(token), true),
        None => log_in(door).await,
    }
}

/// Asks for the password until it is right. The server does not tell who has an account, so the user is asked.
async fn log_in(door: &Door) -> Result<Link, Failure> {
    for _ in 0..ATTEMPTS {
        let is_given = given_password()?.is_some();
        let password = door.password().await?;
        match enter(door, Auth::Login(password.clone())).await? {
            Ok(link) => return Ok(link),
            Err((ErrorCode::BadCredentials, message)) => {
                if is_given {
                    return Err(Failure::new(exit::LOGIN, message));
                }
                say(&message);
                let question = format!("Is {} new here? Shall it become an account?", door.user);
                if prompt::yes(&question).await? {
                    return register(door, password).await;
                }
            }
            Err((code, message)) => return Err(refused_login(code, &message)),
        }
    }
    Err(Failure::new(exit::LOGIN, "too many wrong passwords"))
}

async fn register(door: &Door, password: Password) -> Result<Link, Failure> {
    let password = match confirm(password).await? {
        Ok(password) => password,
        Err(problem) => {
            say(&problem);
            door.new_password().await?
        }
    };
    match enter(door, Auth::Register(password)).await? {
        Ok(link) => Ok(link),
        Err((code, message)) => Err(refused_login(code, &message)),
    }
}

/// Connects and waits for the server's word.
async fn enter(door: &Door, auth: Auth) -> Result<Result<Link, (ErrorCode, String)>, Failure> {
    let mut link = Link::new(door, auth, true)?;
    let mut signals = Signals::new().map_err(broken)?;
    let answer = tokio::select! {
        answer = link.wait_for_welcome(door) => answer,
        signal = signals.next() => return Err(Failure::new(128 + signal, "stopped")),
    };
    match answer {
        Ok(()) => Ok(Ok(link)),
        Err(Ended::Refused { code, message }) => Ok(Err((code, message))),
        Err(_) => Err(Failure::new(exit::OTHER, "the connection has ended")),
    }
}

/// Shows the screen until its end. It waits for a key, an event of the library, a signal, or the time of the next
/// frame when something has changed; nothing else wakes it.
async fn show(door: &Door, link: &mut Link) -> io::Result<Outcome> {
    let mut signals = Signals::new()?;
    let mut screen = Screen::enter()?;
    let mut inputs = EventStream::new();
    let mut model = Model::new(Surface::Screen, door.user.clone(), local_time);
    let size = screen.terminal.size()?;
    model.size = (size.width, size.height);
    let mut dirty_since = Some(Instant::now());
    let mut drawn = Instant::now() - FRAME_TIME;
    loop {
        let due = dirty_since.map(|_| drawn + FRAME_TIME);
        if due.is_some_and(|due| due <= Instant::now()) {
            // The news of a new size can come late, and what is drawn fits the terminal as it is now.
            let size = screen.terminal.size()?;
            if model.size != (size.width, size.height) {
                let effects = update(&mut model, Msg::Resize(size.width, size.height));
                if let Some(ending) = execute(door, link, &mut model, effects) {
                    return Ok(Outcome::Ending(ending));
                }
            }
            screen.terminal.draw(|frame| view::draw(frame, &model))?;
            (drawn, dirty_since) = (Instant::now(), None);
            continue;
        }
        let next_frame = async {
            match due {
                Some(due) => sleep_until(due).await,
                None => std::future::pending().await,
            }
        };
        let msg = tokio::select! {
            input = inputs.next() => match input {
                Some(input) => message(input?),
                None => return Ok(Outcome::Signal(1)),
            },
            event = link.next() => match event {
                Some(event) => Some(Msg::Heard(event)),
                None => return Ok(Outcome::Ending(Ending::Over(Ended::Stopped))),
            },
            signal = signals.next() => return Ok(Outcome::Signal(signal)),
            () = next_frame => None,
        };
        let Some(msg) = msg else { continue };
        let ready = std::iter::from_fn(|| link.next_ready()).take(EVENTS_AT_ONCE).map(Msg::Heard);
        let msgs: Vec<_> = std::iter::once(msg).chain(ready).collect();
        let effects: Vec<_> = msgs.into_iter().flat_map(|msg| update(&mut model, msg)).collect();
        if let Some(ending) = execute(door, link, &mut model, effects) {
            return Ok(Outcome::Ending(ending));
        }
        dirty_since.get_or_insert_with(Instant::now);
    }
}

/// Does what the application asks for, until one of it ends the screen.
fn execute(door: &Door, link: &mut Link, model: &mut Model, effects: Vec<Effect>) -> Option<Ending> {
    for effect in effects {
        match link.execute(door, effect) {
            Ok(Some(ending)) => return Some(ending),
            Ok(None) => {}
            Err(failure) => model.notice = Some(Notice::Error(failure.message)),
        }
    }
    None
}

fn message(input: Input) -> Option<Msg> {
    match input {
        Input::Key(key) => Some(Msg::Key(key)),
        Input::Paste(text) => Some(Msg::Paste(text)),
        Input::FocusGained => Some(Msg::Focus(true)),
        Input::FocusLost => Some(Msg::Focus(false)),
        Input::Resize(columns, rows) => Some(Msg::Resize(columns, rows)),
        Input::Mouse(_) => None,
    }
}

fn broken(error: io::Error) -> Failure {
    Failure::new(exit::OTHER, format!("the terminal does not work: {error}"))
}
