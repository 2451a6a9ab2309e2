//! The command line of `chat-tui`.

pub(crate) mod group;

use crate::app::script::Peer;
use crate::exit;
use chat_client::ServerUrl;
use chat_protocol::{ClientId, Level, Seq, UserName};
use clap::{Args, Parser, Subcommand, ValueEnum};
use std::path::PathBuf;
use std::time::Duration;

/// A chat in the terminal. Without a command it opens the screen.
#[derive(Debug, Parser)]
#[command(name = "chat-tui", version, max_term_width = 100, after_help = exit::HELP)]
pub struct Cli {
    #[command(flatten)]
    pub(crate) settings: Settings,
    #[command(subcommand)]
    pub(crate) command: Option<Command>,
}

#[derive(Debug, Args)]
pub(crate) struct Settings {
    /// The server
    #[arg(
        long,
        value_name = "URL",
        env = "CHAT_SERVER",
        default_value = "http://127.0.0.1:5000",
        global = true
    )]
    pub server: ServerUrl,
    /// Who you are
    #[arg(long, value_name = "NAME", env = "CHAT_USER", global = true)]
    pub user: Option<UserName>,
    /// The folder that keeps tokens and unsent messages [default: the platform's folder for application data]
    #[arg(long, value_name = "DIR", env = "CHAT_DATA", global = true)]
    pub data: Option<PathBuf>,
    /// The folder that files are saved in [default: the platform's folder for downloads, else the current one]
    #[arg(long, value_name = "DIR", env = "CHAT_DOWNLOADS", global = true)]
    pub downloads: Option<PathBuf>,
    /// Show pictures between the messages
    #[arg(long, env = "CHAT_IMAGES", global = true, value_parser = clap::builder::BoolishValueParser::new())]
    pub images: bool,
    /// Do not tell others when you are typing
    #[arg(long, env = "CHAT_NO_TYPING", global = true, value_parser = clap::builder::BoolishValueParser::new())]
    pub no_typing: bool,
    /// Print one JSON object per line
    #[arg(long, global = true)]
    pub json: bool,
}

/// What to do without a screen.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Make an account and keep its token
    Register,
    /// Log in and keep the token
    Login,
    /// Log out, and forget the token
    Logout,
    /// Delete your account, and all that you wrote. Your password is asked for; nothing of it can be undone
    DeleteAccount {
        /// Do not ask whether you are certain
        #[arg(long)]
        yes: bool,
    },
    /// Send a message, and wait until the server has stored it
    Send {
        /// To whom: a user's name, '#' and a group's name, or a conversation's id
        #[arg(value_parser = peer)]
        peer: Peer,
        /// The text; `-` or none reads it from standard input. With a file there need not be one
        text: Option<String>,
        /// Send this file; given again, each is a message of its own, and the text goes with the first one
        #[arg(long = "file", value_name = "PATH", conflicts_with = "lines")]
        files: Vec<PathBuf>,
        /// Send each line of the input as a message of its own
        #[arg(long, conflicts_with = "id")]
        lines: bool,
        /// The message's id: sent again under the same id, it is stored once
        #[arg(long)]
        id: Option<ClientId>,
        /// It answers the message with this number in the same conversation
        #[arg(long, value_name = "SEQ", value_parser = seq)]
        reply_to: Option<Seq>,
        /// How long to wait for the server to store a message, from the one before; with a file, from when it last moved
        #[arg(long, default_value = "10s", value_parser = duration)]
        timeout: Duration,
    },
    /// Give one of your messages another text
    Edit {
        /// In which conversation: a user's name, '#' and a group's name, or an id
        #[arg(value_parser = peer)]
        peer: Peer,
        /// The message's number
        #[arg(value_parser = seq)]
        seq: Seq,
        /// Its new text; `-` or none reads it from standard input
        text: Option<String>,
        /// The change's id: sent again under the same id, it is stored once
        #[arg(long)]
        id: Option<ClientId>,
        /// How long to wait for the server to store it
        #[arg(long, default_value = "10s", value_parser = duration)]
        timeout: Duration,
    },
    /// Take one of your messages back: its text and its file are gone, for all
    Delete {
        /// In which conversation: a user's name, '#' and a group's name, or an id
        #[arg(value_parser = peer)]
        peer: Peer,
        /// The message's number
        #[arg(value_parser = seq)]
        seq: Seq,
        /// The change's id: sent again under the same id, it is stored once
        #[arg(long)]
        id: Option<ClientId>,
        /// How long to wait for the server to store it
        #[arg(long, default_value = "10s", value_parser = duration)]
        timeout: Duration,
    },
    /// React to a message
    React {
        /// In which conversation: a user's name, '#' and a group's name, or an id
        #[arg(value_parser = peer)]
        peer: Peer,
        /// The message's number
        #[arg(value_parser = seq)]
        seq: Seq,
        /// One emoji, or its shortcode such as :+1:
        #[arg(value_parser = emoji)]
        emoji: String,
        /// Take your reaction back
        #[arg(long)]
        remove: bool,
        /// The change's id: sent again under the same id, it is stored once
        #[arg(long)]
        id: Option<ClientId>,
        /// How long to wait for the server to store it
        #[arg(long, default_value = "10s", value_parser = duration)]
        timeout: Duration,
    },
    /// Print messages as they come, one JSON object per line: first the unread ones, then new ones. What is printed counts as read
    Recv {
        /// Only from this user or group
        #[arg(long, value_name = "PEER", value_parser = peer)]
        from: Option<Peer>,
        /// End after this many; ending earlier is exit code 6
        #[arg(long, value_name = "N")]
        count: Option<u64>,
        /// End after this time; without it and without --count only what is unread is printed
        #[arg(long, value_parser = duration)]
        timeout: Option<Duration>,
        /// Go on until stopped
        #[arg(long, conflicts_with_all = ["count", "timeout"])]
        follow: bool,
        /// Print edits, deletions, reactions and what becomes of groups too
        #[arg(long)]
        changes: bool,
    },
    /// Print the messages of a conversation. It does not count as read
    History {
        /// Which one: a user's name, '#' and a group's name, or an id
        #[arg(value_parser = peer)]
        peer: Peer,
        /// How many messages at most
        #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=10_000))]
        limit: u32,
        /// Only those below this number
        #[arg(long, value_name = "SEQ", value_parser = seq)]
        before: Option<Seq>,
        /// How long to wait
        #[arg(long, default_value = "10s", value_parser = duration)]
        timeout: Duration,
    },
    /// Print messages of all conversations that a search finds, the newest first. It does not count as read
    Search {
        /// Words, "quoted phrases", from:NAME, in:NAME, after:DATE, before:DATE, has:file
        query: String,
        /// How many messages at most
        #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..=10_000))]
        limit: u32,
        /// How long to try at most, as in 10s or 2m
        #[arg(long, default_value = "10s", value_parser = duration)]
        timeout: Duration,
    },
    /// Print what a message said before it was edited, and what it says now
    Versions {
        /// In which conversation: a user's name, '#' and a group's name, or an id
        #[arg(value_parser = peer)]
        peer: Peer,
        /// The message's number
        #[arg(value_parser = seq)]
        seq: Seq,
        /// How long to wait
        #[arg(long, default_value = "10s", value_parser = duration)]
        timeout: Duration,
    },
    /// Save a file that a user has sent, or anybody in a group, and print its path. Nothing is ever overwritten
    Save {
        /// From whom, or in which group
        #[arg(long, value_name = "PEER", value_parser = peer)]
        from: Peer,
        /// The number of its message [default: the newest file]
        #[arg(long, value_name = "SEQ", value_parser = seq)]
        entry: Option<Seq>,
        /// The folder [default: the current one]
        #[arg(long, value_name = "DIR", default_value = ".", hide_default_value = true)]
        to: PathBuf,
        /// How long to wait, from when the file last moved
        #[arg(long, default_value = "10s", value_parser = duration)]
        timeout: Duration,
    },
    /// List the files that a user has sent, or all of a group. It does not count as read
    Files {
        /// From whom, or in which group
        #[arg(long, value_name = "PEER", value_parser = peer)]
        from: Peer,
        /// How many at most, the newest ones
        #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=10_000))]
        limit: u32,
        /// How long to wait
        #[arg(long, default_value = "10s", value_parser = duration)]
        timeout: Duration,
    },
    /// Write all that is yours on the server into a folder: JSON lines and files. It does not count as read
    Export {
        /// The folder: a new or an empty one, or that of an export that was interrupted, which goes on
        #[arg(long, value_name = "DIR")]
        to: PathBuf,
        /// Leave the files out
        #[arg(long)]
        no_files: bool,
        /// How long to wait, from when something last came
        #[arg(long, default_value = "60s", value_parser = duration)]
        timeout: Duration,
    },
    /// Make groups, come, go, and say who is in them
    Group {
        #[command(subcommand)]
        command: group::GroupCommand,
    },
    /// Print what you want of a conversation, or change what is given of it. It holds on all of your devices
    Prefer {
        /// Which one: a user's name, '#' and a group's name, or an id
        #[arg(value_parser = peer)]
        peer: Peer,
        /// What you want to be called for: all messages, those that mention you, or none
        #[arg(long, value_name = "all|mentions|none", hide_possible_values = true)]
        level: Option<LevelArgument>,
        /// Put it away until something new is said in it that you want to be called for
        #[arg(long, conflicts_with = "unarchive")]
        archive: bool,
        /// Take it back out of the archive
        #[arg(long)]
        unarchive: bool,
        /// Let nothing pass between the two of you any more, in either direction
        #[arg(long, conflicts_with = "unblock")]
        block: bool,
        /// Let it pass again
        #[arg(long)]
        unblock: bool,
        /// How long to wait for the server
        #[arg(long, default_value = "10s", value_parser = duration)]
        timeout: Duration,
    },
    /// List the users whom you have blocked
    Blocked {
        /// How long to wait for the server
        #[arg(long, default_value = "10s", value_parser = duration)]
        timeout: Duration,
    },
    /// List the devices that are logged in, or log one out
    Devices {
        /// Log this device out
        #[arg(long, value_name = "ID")]
        revoke: Option<chat_protocol::DeviceId>,
    },
    /// Print your settings, which hold on all of your devices, or change one
    Settings {
        /// Whether others are told what you have read
        #[arg(long, value_name = "on|off", hide_possible_values = true)]
        read_receipts: Option<Switch>,
    },
}

/// A setting that holds or does not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Switch {
    On,
    Off,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum LevelArgument {
    All,
    Mentions,
    None,
}

impl From<LevelArgument> for Level {
    fn from(argument: LevelArgument) -> Self {
        match argument {
            LevelArgument::All => Self::All,
            LevelArgument::Mentions => Self::Mentions,
            LevelArgument::None => Self::None,
        }
    }
}

/// `10s`, `500ms`, `2m`, `1h` or plain seconds.
fn duration(text: &str) -> Result<Duration, String> {
    let digits = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (number, unit) = text.split_at(digits);
    let millis_per_unit = match unit {
        "ms" => 1,
        "s" | "" => 1000,
        "m" => 60_000,
        "h" => 3_600_000,
        _ => return Err("write it like 10s, 500ms, 2m or 1h".to_owned()),
    };
    let number: u64 = number.parse().map_err(|_| "write it like 10s, 500ms, 2m or 1h".to_owned())?;
    number
        .checked_mul(millis_per_unit)
        .map(Duration::from_millis)
        .ok_or_else(|| "that is too long".to_owned())
}

/// One emoji, written so or as its shortcode.
fn emoji(text: &str) -> Result<String, String> {
    let known = chat_client::emoji::meant(text);
    known.map(str::to_owned).ok_or_else(|| "write one emoji, or its shortcode such as :+1:".to_owned())
}

fn peer(text: &str) -> Result<Peer, &'static str> {
    text.parse()
}

fn seq(text: &str) -> Result<Seq, String> {
    text.parse().ok().and_then(Seq::new).ok_or_else(|| "a message's number is a whole number".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    /// What is global is known by its field's name, so a command's own field must not have the same.
    #[test]
    fn a_member_is_not_the_caller() {
        for act in ["remove", "admin", "unadmin"] {
            let cli = Cli::try_parse_from(["chat-tui", "--user", "ann", "group", act, "ops", "bob"]).unwrap();
            assert_eq!(cli.settings.user.unwrap().as_str(), "ann", "{act}");
        }
    }

    #[test]
    fn an_emoji_may_be_written_as_its_shortcode() {
        for text in ["👍", ":+1:", "thumbsup"] {
            assert_eq!(emoji(text), Ok("👍".to_owned()));
        }
        for bad in ["", "hi", "👍👍"] {
            assert!(emoji(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn durations_are_written_with_a_unit() {
        for (text, millis) in
            [("10s", 10_000), ("500ms", 500), ("2m", 120_000), ("1h", 3_600_000), ("7", 7000)]
        {
            assert_eq!(duration(text), Ok(Duration::from_millis(millis)));
        }
        for bad in ["", "s", "-1s", "1d", "1.5s", "99999999999999999999s", "18446744073709551615h"] {
            assert!(duration(bad).is_err(), "{bad}");
        }
    }
}
