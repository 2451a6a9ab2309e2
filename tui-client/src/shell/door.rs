//! Who the user is, and how they get in: the token kept here, or a password.

use super::{prompt, say};
use crate::cli::Settings;
use crate::exit::{self, Failure};
use chat_client::{Auth, Config, ServerUrl, credentials};
use chat_protocol::{Password, Token, UserName, limits};
use std::path::PathBuf;
use std::{env, fs};

/// How often a password is asked for before it ends.
pub const ATTEMPTS: usize = 3;

/// What is known before the first connection.
pub struct Door {
    pub server: ServerUrl,
    pub user: UserName,
    /// The user's own folder for this server.
    pub folder: PathBuf,
    /// From `CHAT_TOKEN`.
    pub given_token: Option<Token>,
    /// Where files are saved, if that was set.
    pub downloads: Option<PathBuf>,
    /// Pictures are shown between the messages.
    pub images: bool,
    /// Others are told when the user is typing.
    pub tells_typing: bool,
    /// From `NO_COLOR`.
    pub has_no_colours: bool,
}

impl Door {
    pub fn new(settings: &Settings) -> Result<Self, Failure> {
        let user = settings.user.clone();
        let user =
            user.ok_or_else(|| Failure::new(exit::USAGE, "who are you? Give --user NAME or CHAT_USER"))?;
        let data = match &settings.data {
            Some(data) => data.clone(),
            None => directories::ProjectDirs::from("", "", "chat-tui")
                .map(|dirs| dirs.data_local_dir().to_owned())
                .ok_or_else(|| Failure::new(exit::OTHER, "there is no home folder; give --data DIR"))?,
        };
        let folder = credentials::folder(&data, &settings.server, &user);
        let given_token = variable("CHAT_TOKEN").map(Token::new);
        let has_no_colours = variable("NO_COLOR").is_some();
        let (downloads, images) = (settings.downloads.clone(), settings.images);
        Ok(Self {
            server: settings.server.clone(),
            user,
            folder,
            given_token,
            downloads,
            images,
            tells_typing: !settings.no_typing,
            has_no_colours,
        })
    }

    /// The token of an earlier login.
    pub fn kept_token(&self) -> Result<Option<Token>, Failure> {
        credentials::load(&self.folder).map_err(|error| self.cannot("read the token in", &error))
    }

    /// The token that is there now, if it can be read.
    pub fn token(&self) -> Option<Token> {
        self.given_token.clone().or_else(|| self.kept_token().ok().flatten())
    }

    pub fn keep_token(&self, token: &Token) -> Result<(), Failure> {
        credentials::save(&self.folder, token).map_err(|error| self.cannot("keep the token in", &error))
    }

    pub fn forget_token(&self) -> Result<(), Failure> {
        credentials::remove(&self.folder).map_err(|error| self.cannot("remove the token from", &error))
    }

    /// The settings of a connection; with an outbox on disk when what is unsent shall outlive this process.
    pub fn config(&self, auth: Auth, has_outbox: bool) -> Config {
        Config {
            server: self.server.clone(),
            user: self.user.clone(),
            auth,
            device: device_name(),
            outbox: has_outbox.then(|| self.folder.join("outbox")),
            tells_arrivals: true,
        }
    }

    /// The password from the environment, else from the keyboard.
    pub async fn password(&self) -> Result<Password, Failure> {
        match given_password()? {
            Some(password) => Ok(password),
            None => prompt::password(&format!("Password of {} on {}: ", self.user, self.server)).await,
        }
    }

    /// A password for a new account: typed twice, unless the environment gives it.
    pub async fn new_password(&self) -> Result<Password, Failure> {
        if let Some(password) = given_password()? {
            return Ok(password);
        }
        let label = format!("New password for {} on {}: ", self.user, self.server);
        for _ in 0..ATTEMPTS {
            match confirm(prompt::password(&label).await?).await? {
                Ok(password) => return Ok(password),
                Err(problem) => say(&problem),
            }
        }
        Err(Failure::new(exit::LOGIN, "no password, no account"))
    }

    fn cannot(&self, what: &str, error: &std::io::Error) -> Failure {
        Failure::new(exit::OTHER, format!("cannot {what} {}: {error}", self.folder.display()))
    }
}

/// Takes a new password once it is typed a second time; else says what is wrong with it.
pub async fn confirm(password: Password) -> Result<Result<Password, String>, Failure> {
    if password.expose().len() < limits::PASSWORD_BYTES_MIN {
        return Ok(Err(format!("a password has at least {} bytes", limits::PASSWORD_BYTES_MIN)));
    }
    let again = prompt::password("The password once more: ").await?;
    Ok(if again == password { Ok(password) } else { Err("the two passwords differ".to_owned()) })
}

/// From `CHAT_PASSWORD` or the file that `CHAT_PASSWORD_FILE` names.
pub fn given_password() -> Result<Option<Password>, Failure> {
    if let Some(password) = variable("CHAT_PASSWORD") {
        return Ok(Some(Password::new(password)));
    }
    let Some(path) = variable("CHAT_PASSWORD_FILE") else { return Ok(None) };
    let text = fs::read_to_string(&path)
        .map_err(|error| Failure::new(exit::LOGIN, format!("cannot read the password in {path}: {error}")))?;
    let password =
        text.strip_suffix('\n').map_or(text.as_str(), |line| line.strip_suffix('\r').unwrap_or(line));
    Ok(Some(Password::new(password)))
}

/// An empty variable counts as none.
fn variable(name: &str) -> Option<String> {
    env::var(name).ok().filter(|value| !value.is_empty())
}

/// What the user's list of devices calls this one.
fn device_name() -> String {
    let host = fs::read_to_string("/proc/sys/kernel/hostname").ok().or_else(|| variable("HOSTNAME"));
    let host = host.or_else(|| variable("COMPUTERNAME")).unwrap_or_default();
    let name = format!("terminal on {}", host.trim());
    let name = name.trim_end_matches(" on ").to_owned();
    name.chars().filter(|c| c.is_ascii_graphic() || *c == ' ').take(limits::DEVICE_NAME_BYTES_MAX).collect()
}
