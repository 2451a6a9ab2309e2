//! The way from the prompt to the first welcome.

use super::door::{ATTEMPTS, Door, confirm, given_password};
use super::link::Link;
use super::signals::Signals;
use super::{prompt, say};
use crate::app::script::refused_login;
use crate::exit::{self, Failure};
use chat_client::{Auth, Ended};
use chat_protocol::{ErrorCode, Password};

/// With the token that there is, else with a password.
pub async fn first_link(door: &Door) -> Result<Link, Failure> {
    let token = door.given_token.clone().map_or_else(|| door.kept_token(), |token| Ok(Some(token)))?;
    match token {
        Some(token) => Link::new(door, Auth::Token(token), true),
        None => log_in(door).await,
    }
}

/// Asks for the password until it is right. The server does not tell who has an account, so the user is asked.
pub async fn log_in(door: &Door) -> Result<Link, Failure> {
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
    let mut signals = Signals::new().map_err(super::screen::broken)?;
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
