//! The command line of `chat-server`.

mod migrate;
mod serve;
mod size;
mod span;
mod user;

use crate::config::{BadLocation, Config, Registration, StoreLocation};
use anyhow::Context;
use clap::{Args, Parser, Subcommand};
use size::parse_size;
use span::parse_span;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

/// A self-hosted chat: WebSocket, HTTP and a page for the browser on one port, everything in one file.
#[derive(Debug, Parser)]
#[command(name = "chat-server", version, max_term_width = 100)]
pub struct Cli {
    #[command(flatten)]
    settings: Settings,
    #[command(subcommand)]
    command: Option<Command>,
}

/// Each can be given as a flag or in the environment; the flag counts.
#[derive(Debug, Args)]
struct Settings {
    /// Where to listen. Port 0 takes a free one; the first line of the output tells which
    #[arg(
        long,
        value_name = "ADDR:PORT",
        env = "CHAT_SERVER_LISTEN",
        default_value = "127.0.0.1:5000",
        global = true
    )]
    listen: SocketAddr,
    /// The folder to keep everything in [default: the platform's folder for application data]
    #[arg(long, value_name = "DIR", env = "CHAT_SERVER_DATA", global = true)]
    data: Option<PathBuf>,
    /// Where to store: `sqlite:FILE` or `mongodb://HOST,HOST/DATABASE` [default: chat.db in the data folder].
    /// An address with a password belongs in the environment, where other users do not see it
    #[arg(long, value_name = "URL", env = "CHAT_SERVER_STORE", hide_env_values = true, global = true)]
    store: Option<String>,
    /// Seconds to wait at the start for a database that cannot be reached [default: for ever]
    #[arg(long, value_name = "SECONDS", env = "CHAT_SERVER_STORE_TIMEOUT", global = true)]
    store_timeout: Option<u64>,
    /// Who may make an account: everybody, or only the operator with `user add`
    #[arg(long, value_enum, env = "CHAT_SERVER_REGISTRATION", default_value = "open", global = true)]
    registration: Registration,
    /// A host name that browsers use for this server, besides localhost and plain addresses. May be repeated
    #[arg(
        long = "host",
        value_name = "NAME",
        env = "CHAT_SERVER_HOSTS",
        value_delimiter = ',',
        global = true
    )]
    hosts: Vec<String>,
    /// The largest file that may be sent: bytes, or with a unit
    #[arg(long, value_name = "SIZE", env = "CHAT_SERVER_MAX_FILE_SIZE", value_parser = parse_size, default_value = "8MiB", global = true)]
    max_file_size: u64,
    /// How much room the files of one user may take in all
    #[arg(long, value_name = "SIZE", env = "CHAT_SERVER_USER_QUOTA", value_parser = parse_size, default_value = "1GiB", global = true)]
    user_quota: u64,
    /// How long what is said is kept, for example 90d: what is older is removed, with its files. A group may have a shorter time of
    /// its own [default: for ever]
    #[arg(long, value_name = "TIME", env = "CHAT_SERVER_RETENTION", value_parser = parse_span, global = true)]
    retention: Option<Duration>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Accounts
    #[command(subcommand)]
    User(UserCommand),
    /// Move everything to another store, for example from SQLite to MongoDB or back; no server may run on either
    ///
    /// It copies, compares by count and SHA-256, and only then lets a server start on the target. Interrupted, it goes on
    /// where it was when it is run again. The source keeps all that it holds; an older schema is brought to the current one.
    Migrate(MigrateCommand),
}

/// An address with a password belongs in the environment, where other users do not see it.
#[derive(Debug, Args)]
struct MigrateCommand {
    /// Where everything is: `sqlite:FILE` or `mongodb://HOST,HOST/DATABASE`
    #[arg(long, value_name = "URL", env = "CHAT_SERVER_MIGRATE_FROM", hide_env_values = true)]
    from: String,
    /// Where everything shall be; it must be empty
    #[arg(long, value_name = "URL", env = "CHAT_SERVER_MIGRATE_TO", hide_env_values = true)]
    to: String,
}

#[derive(Debug, Subcommand)]
enum UserCommand {
    /// Make an account, also while the server runs. The password is asked for, or read as a line from standard input
    Add {
        /// The user's name: a-z, 0-9, '_', '.' and '-'
        name: chat_protocol::UserName,
    },
}

impl Cli {
    /// Does what the command line says.
    ///
    /// # Errors
    /// One line for the operator.
    pub fn run(self, at_rest: fn()) -> anyhow::Result<()> {
        match self.command {
            None => serve::serve(self.settings.into_config()?, at_rest),
            Some(Command::User(UserCommand::Add { name })) => user::add(&self.settings.into_config()?, name),
            Some(Command::Migrate(MigrateCommand { from, to })) => {
                migrate::migrate(&store_location("--from", &from)?, &store_location("--to", &to)?)
            }
        }
    }
}

impl Settings {
    fn into_config(self) -> anyhow::Result<Config> {
        let data = match self.data {
            Some(folder) => folder,
            None => default_data()?,
        };
        let mut config = Config::new(data);
        if let Some(url) = self.store {
            config.store = store_location("--store", &url)?;
        }
        config.limits.file_bytes_max = self.max_file_size;
        config.limits.user_bytes_max = self.user_quota;
        let store_timeout = self.store_timeout.map(Duration::from_secs);
        let (listen, registration, hosts, retention) =
            (self.listen, self.registration, self.hosts, self.retention);
        Ok(Config { listen, registration, hosts, store_timeout, retention, ..config })
    }
}

fn default_data() -> anyhow::Result<PathBuf> {
    let folders = directories::ProjectDirs::from("", "", "chat-server");
    let folders = folders.context("there is no home folder to keep data in; choose one with --data DIR")?;
    Ok(folders.data_dir().to_owned())
}

fn store_location(flag: &'static str, url: &str) -> anyhow::Result<StoreLocation> {
    url.parse().map_err(|error: BadLocation| anyhow::anyhow!("{flag}: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }
}
