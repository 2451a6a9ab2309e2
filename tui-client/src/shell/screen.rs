//! With a screen: keys and events go in, frames come out.

use super::door::Door;
use super::drafts::DraftKeeper;
use super::files::{Files, home};
use super::graphics::{self, LateAnswer};
use super::link::{Ending, Link};
use super::login::{first_link, log_in};
use super::signals::Signals;
use super::terminal::Screen;
use super::{local_time, say};
use crate::app::script::refused_login;
use crate::app::{Effect, Model, Msg, Notice, Surface, update};
use crate::exit::{self, Failure};
use crate::view;
use chat_client::{Ended, Event, SafeText, drafts, fresh_client_id};
use chat_protocol::ErrorCode;
use crossterm::event::{Event as Input, EventStream, KeyCode, KeyEvent, KeyModifiers};
use futures_util::StreamExt;
use std::collections::VecDeque;
use std::io::{self, IsTerminal};
use std::time::Duration;
use tokio::time::{Instant, sleep_until};

/// Between two frames.
const FRAME_TIME: Duration = Duration::from_millis(16);
/// For the thread that reads the keyboard to notice that it is not to do so any more.
const LET_GO_TIME: Duration = Duration::from_millis(20);
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
            Outcome::Ending(Ending::Erased) => {
                door.forget_token()?;
                say("your account is deleted");
                return Ok(exit::DONE);
            }
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

/// Shows the screen until its end.
async fn show(door: &Door, link: &mut Link) -> io::Result<Outcome> {
    let mut signals = Signals::new()?;
    let mut screen = Screen::enter()?;
    let mut model = Model::new(Surface::Screen, door.user.clone(), local_time);
    let size = screen.terminal.size()?;
    model.size = (size.width, size.height);
    // It waits neither for the disk nor for the terminal's answer.
    screen.terminal.draw(|frame| view::draw(frame, &model))?;
    model.home = home();
    model.typing.is_told = door.tells_typing;
    model.pictures.has_no_colours = door.has_no_colours;
    model.pictures.is_on = door.images && !door.has_no_colours;
    model.drafts = drafts::load(&door.folder).unwrap_or_else(|error| {
        model.notice = Some(unkept(&error));
        drafts::Drafts::new()
    });
    let mut keeper = DraftKeeper::new(door.folder.clone(), model.drafts.clone());
    let mut files = Files::start(door, door.token());
    let outcome = attend(door, link, &mut signals, &mut screen, &mut model, &mut files, &mut keeper).await;
    // The terminal is the user's again while the disk is put in order.
    drop(screen);
    keeper.note(model.all_drafts());
    if let Err(error) = keeper.stop().await {
        say(&format!("what was begun to be written cannot be kept: {error}"));
    }
    files.stop().await;
    outcome
}

/// Waits for a key, an event of the library, of a transfer, of the drafts or of the disk, a signal, or the time of the next
/// frame when something has changed; nothing else wakes it.
async fn attend(
    door: &Door,
    link: &mut Link,
    signals: &mut Signals,
    screen: &mut Screen,
    model: &mut Model,
    files: &mut Files,
    keeper: &mut DraftKeeper,
) -> io::Result<Outcome> {
    let mut late = LateAnswer::default();
    if model.pictures.is_on {
        for msg in learn_terminal(files, &mut late).await {
            let effects = update(model, msg);
            if let Some(ending) = execute(door, link, files, model, effects) {
                return Ok(Outcome::Ending(ending));
            }
        }
    }
    let mut inputs = EventStream::new();
    let mut dirty_since = Some(Instant::now());
    let mut drawn = Instant::now();
    loop {
        let due = dirty_since.map(|_| drawn + FRAME_TIME);
        if due.is_some_and(|due| due <= Instant::now()) {
            // The news of a new size can come late, and what is drawn fits the terminal as it is now.
            let size = screen.terminal.size()?;
            if model.size != (size.width, size.height) {
                let effects = update(model, Msg::Resize(size.width, size.height));
                if let Some(ending) = execute(door, link, files, model, effects) {
                    return Ok(Outcome::Ending(ending));
                }
            }
            screen.terminal.draw(|frame| view::draw(frame, model))?;
            (drawn, dirty_since) = (Instant::now(), None);
            keeper.note(model.all_drafts());
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
                Some(input) => message(input?).filter(|msg| !is_swallowed(&mut late, msg)),
                None => return Ok(Outcome::Signal(1)),
            },
            event = link.next() => match event {
                Some(event) => Some(Msg::Heard(event)),
                None => return Ok(Outcome::Ending(Ending::Over(Ended::Stopped))),
            },
            msg = files.next() => Some(msg),
            kept = keeper.next() => {
                if let Err(error) = kept {
                    model.notice = Some(unkept(&error));
                    dirty_since.get_or_insert_with(Instant::now);
                }
                None
            }
            signal = signals.next() => return Ok(Outcome::Signal(signal)),
            () = next_frame => None,
        };
        let Some(msg) = msg else { continue };
        let ready = std::iter::from_fn(|| link.next_ready()).take(EVENTS_AT_ONCE).map(Msg::Heard);
        let msgs: Vec<_> = std::iter::once(msg).chain(ready).collect();
        for msg in &msgs {
            if let Msg::Heard(Event::Welcome(welcome)) = msg {
                files.handle_welcome(welcome);
            }
        }
        let mut effects: Vec<_> = msgs.into_iter().flat_map(|msg| update(model, msg)).collect();
        if is_first_picture(files, &effects) {
            // Nobody else may read the terminal while it answers.
            drop(inputs);
            let typed = learn_terminal(files, &mut late).await;
            effects.extend(typed.into_iter().flat_map(|msg| update(model, msg)));
            inputs = EventStream::new();
        }
        if let Some(ending) = execute(door, link, files, model, effects) {
            return Ok(Outcome::Ending(ending));
        }
        dirty_since.get_or_insert_with(Instant::now);
    }
}

fn unkept(error: &io::Error) -> Notice {
    let error = SafeText::line(&error.to_string());
    Notice::Error(format!("what is begun to be written is not kept on disk: {error}"))
}

fn is_first_picture(files: &mut Files, effects: &[Effect]) -> bool {
    let has_picture = effects.iter().any(|effect| matches!(effect, Effect::Picture { .. }));
    has_picture && !files.gallery().knows_terminal()
}

/// Learns which pictures the terminal can draw, once. Nothing else is asked of it, ever. What is typed meanwhile is kept.
async fn learn_terminal(files: &mut Files, late: &mut LateAnswer) -> Vec<Msg> {
    let asked = tokio::task::spawn_blocking(|| {
        // Whoever has read it before has let go of it once this returns.
        let _ = crossterm::event::poll(LET_GO_TIME);
        graphics::ask()
    });
    let Ok(learnt) = asked.await else { return Vec::new() };
    files.gallery().set_terminal(learnt.picker);
    if learnt.is_late {
        late.expect();
    }
    let key = |c| Msg::Key(KeyEvent::new(KeyCode::Char(c), KeyModifiers::NONE));
    learnt.typed.chars().map(key).collect()
}

/// Does what the application asks for, until one of it ends the screen.
fn execute(
    door: &Door,
    link: &mut Link,
    files: &mut Files,
    model: &mut Model,
    effects: Vec<Effect>,
) -> Option<Ending> {
    let mut effects = VecDeque::from(effects);
    while let Some(effect) = effects.pop_front() {
        if let Effect::Group { action, written } = effect {
            let client_id = fresh_client_id();
            effects.extend(update(model, Msg::GroupAsked { client_id, action, written }));
            continue;
        }
        let effect = match files.execute(effect) {
            Ok(msg) => {
                effects.extend(msg.into_iter().flat_map(|msg| update(model, msg)));
                continue;
            }
            Err(effect) => effect,
        };
        match link.execute(door, effect) {
            Ok(Some(ending)) => return Some(ending),
            Ok(None) => {}
            Err(failure) => model.notice = Some(Notice::Error(failure.message)),
        }
    }
    None
}

fn is_swallowed(late: &mut LateAnswer, msg: &Msg) -> bool {
    matches!(msg, Msg::Key(key) if late.swallows(key))
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

pub fn broken(error: io::Error) -> Failure {
    Failure::new(exit::OTHER, format!("the terminal does not work: {error}"))
}
