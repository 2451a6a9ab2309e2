//! What can be set about a server, and what holds when nothing is.

use crate::store::{BadMongoUrl, MongoUrl};
use chat_protocol::limits;
use std::fmt;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

/// Everything about a server that can be set. [`Config::new`] fills in the defaults.
#[derive(Debug, Clone)]
pub struct Config {
    /// Where to listen. Port 0 takes a free one.
    pub listen: SocketAddr,
    /// Where everything is kept.
    pub store: StoreLocation,
    /// How long to wait at the start for a store that cannot be reached; for ever when there is no limit.
    pub store_timeout: Option<Duration>,
    /// Who may make an account.
    pub registration: Registration,
    /// Host names that a browser may call this server by, besides `localhost` and plain IP addresses.
    pub hosts: Vec<String>,
    /// How long entries are kept; for ever when there is no rule. A group may have a shorter one.
    pub retention: Option<Duration>,
    /// How long things may take.
    pub timing: Timing,
    /// How much of things there may be.
    pub limits: Limits,
}

impl Config {
    /// A server on 127.0.0.1:5000 that keeps everything in the folder `data`.
    pub fn new(data: PathBuf) -> Self {
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 5000)),
            store: StoreLocation::Sqlite(data.join("chat.db")),
            store_timeout: None,
            registration: Registration::Open,
            hosts: Vec::new(),
            retention: None,
            timing: Timing::default(),
            limits: Limits::default(),
        }
    }
}

/// Where everything is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StoreLocation {
    /// In this SQLite file.
    Sqlite(PathBuf),
    /// In this database of MongoDB.
    Mongo(MongoUrl),
}

/// Why a text does not say where to keep everything.
#[derive(Debug, thiserror::Error)]
pub enum BadLocation {
    /// It is neither.
    #[error("expected sqlite:FILE or mongodb://HOST/DATABASE, got {0:?}")]
    Unknown(String),
    /// It is no address of a MongoDB.
    #[error("{0}")]
    Mongo(#[from] BadMongoUrl),
}

impl FromStr for StoreLocation {
    type Err = BadLocation;

    fn from_str(url: &str) -> Result<Self, BadLocation> {
        match url.split_once(':') {
            Some(("sqlite", file)) if !file.is_empty() => Ok(Self::Sqlite(file.into())),
            Some(("mongodb" | "mongodb+srv", _)) => Ok(Self::Mongo(url.parse()?)),
            // Something else may hold a password too.
            Some((scheme, _)) => Err(BadLocation::Unknown(format!("{scheme}:..."))),
            None => Err(BadLocation::Unknown(url.to_owned())),
        }
    }
}

/// As it can be shown: without a password.
impl fmt::Display for StoreLocation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sqlite(file) => file.display().fmt(f),
            Self::Mongo(url) => url.fmt(f),
        }
    }
}

/// Who may make an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Registration {
    /// Everybody who can reach the server.
    Open,
    /// Only the operator, with `chat-server user add NAME`.
    Closed,
}

/// How long things may take.
#[derive(Debug, Clone, Copy)]
pub struct Timing {
    /// For one attempt to authenticate, from the connection's start or the attempt before.
    pub login: Duration,
    /// Between two WebSocket pings.
    pub ping: Duration,
    /// Without a byte from a client, until it counts as gone.
    pub silence: Duration,
    /// For one write to a client's socket, until it counts as stuck.
    pub write: Duration,
    /// For a whole HTTP request, and for its headers alone.
    pub http: Duration,
    /// For an HTTP connection, however many requests it makes; the one under way then is still answered.
    pub http_life: Duration,
    /// For others to believe that somebody types, since it was last heard; in whole milliseconds.
    pub typing_lease: Duration,
    /// For the look-ups of a whisper, in which its connection does nothing else. No whisper is worth more.
    pub whisper: Duration,
    /// For the sends in flight to be answered when the server stops.
    pub drain: Duration,
    /// In any such time a file that is on its way moves on by at least the least rate.
    pub stall: Duration,
    /// For an upload that nothing is added to.
    pub upload_kept: Duration,
    /// For a file that hangs on no message.
    pub unsent_kept: Duration,
    /// For bytes that the store does not know.
    pub stranded_kept: Duration,
    /// Between two rounds of the collector.
    pub collect: Duration,
    /// Between two rounds of the sweeper.
    pub sweep: Duration,
}

impl Default for Timing {
    fn default() -> Self {
        Self {
            login: Duration::from_secs(limits::LOGIN_SECONDS_MAX),
            ping: Duration::from_secs(limits::PING_SECONDS),
            silence: Duration::from_secs(limits::SILENCE_SECONDS_MAX),
            write: Duration::from_secs(10),
            http: Duration::from_secs(10),
            http_life: Duration::from_secs(60),
            typing_lease: Duration::from_millis(limits::TYPING_LEASE_MS),
            whisper: Duration::from_secs(1),
            drain: Duration::from_secs(5),
            stall: Duration::from_secs(30),
            upload_kept: Duration::from_secs(24 * 60 * 60),
            unsent_kept: Duration::from_secs(7 * 24 * 60 * 60),
            stranded_kept: Duration::from_secs(24 * 60 * 60),
            collect: Duration::from_secs(10 * 60),
            sweep: Duration::from_secs(10 * 60),
        }
    }
}

/// How much of things there may be.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Bytes in a message's text.
    pub text_bytes_max: usize,
    /// Frames that wait for one slow reader before it is cut off with 4409.
    pub mailbox_frames_max: usize,
    /// Bytes of such frames, likewise.
    pub mailbox_bytes_max: usize,
    /// Sends of one connection that wait for their commit before the server stops reading from it.
    pub sends_in_flight_max: usize,
    /// Requests per second of one connection, on average; twice as many at once.
    pub requests_per_second: u32,
    /// Connections of one user.
    pub connections_per_user: usize,
    /// Connections of one address, before and after they log in.
    pub connections_per_address: usize,
    /// Connections altogether.
    pub connections_max: usize,
    /// Devices of one user; with one more, the one that was not seen for the longest time is logged out.
    pub devices_per_user: usize,
    /// Attempts to authenticate on one connection.
    pub login_attempts_max: u32,
    /// Wrong passwords from one address for one name before it must wait; one more each ten seconds.
    pub wrong_passwords_per_name: u32,
    /// Wrong passwords from one address before it must wait; one more each two seconds.
    pub wrong_passwords_per_address: u32,
    /// New accounts from one address before it must wait; one more each second.
    pub registrations_per_address: u32,
    /// Bytes in a file.
    pub file_bytes_max: u64,
    /// Bytes in all files and uploads of one user.
    pub user_bytes_max: u64,
    /// Files of one user that are on their way at once.
    pub transfers_per_user: usize,
    /// Files that are on their way at once, altogether.
    pub transfers_max: usize,
    /// Bytes per second that a file on its way moves on by at least.
    pub transfer_rate_min: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            text_bytes_max: limits::TEXT_BYTES_MAX,
            mailbox_frames_max: 1024,
            mailbox_bytes_max: 4 * 1024 * 1024,
            sends_in_flight_max: 32,
            requests_per_second: 1000,
            connections_per_user: 64,
            connections_per_address: 8192,
            connections_max: 65_536,
            devices_per_user: 100,
            login_attempts_max: 5,
            wrong_passwords_per_name: 5,
            wrong_passwords_per_address: 30,
            registrations_per_address: 100,
            file_bytes_max: limits::FILE_BYTES_MAX,
            user_bytes_max: 1024 * 1024 * 1024,
            transfers_per_user: 32,
            transfers_max: 1024,
            transfer_rate_min: 1024,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_store_is_a_sqlite_file_or_a_database_of_mongodb() {
        let file: StoreLocation = "sqlite:/srv/chat.db".parse().unwrap();
        assert_eq!(file, StoreLocation::Sqlite("/srv/chat.db".into()));
        let database: StoreLocation = "mongodb://ann:s3cret@localhost/talk".parse().unwrap();
        assert_eq!(database.to_string(), "mongodb://localhost:27017/talk");
        for bad in
            ["", "sqlite:", "/srv/chat.db", "mongodb://", "mongodb://x/?sharks=1", "postgres://u:s3cret@x"]
        {
            let error = bad.parse::<StoreLocation>().unwrap_err().to_string();
            assert!(!error.contains('\n') && !error.contains("s3cret"), "{error}");
        }
    }
}
