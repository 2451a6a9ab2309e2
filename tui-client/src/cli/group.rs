//! The command line of `group`.

use super::duration;
use crate::app::script::Peer;
use chat_protocol::{ClientId, GroupName, Past, UserName, limits};
use clap::{Args, Subcommand, ValueEnum};
use std::time::Duration;

/// What to do with a group. A GROUP is its name, with or without `#`, or its id.
#[derive(Debug, Subcommand)]
pub(crate) enum GroupCommand {
    /// Make a group, and print its id. You are its first member and admin
    Create {
        /// What it is called
        #[arg(value_parser = group_name)]
        name: GroupName,
        /// Everybody can find and join it
        #[arg(long)]
        public: bool,
        /// What it is about
        #[arg(long, default_value = "", hide_default_value = true)]
        topic: String,
        /// What newcomers see of what was said before
        #[arg(long, default_value = "all")]
        past: PastArgument,
        /// Whom to add at once
        #[arg(value_name = "MEMBER", num_args = 0..=limits::ADDED_MAX)]
        members: Vec<UserName>,
        #[command(flatten)]
        once: Once,
    },
    /// List the public groups
    List {
        #[command(flatten)]
        wait: Wait,
    },
    /// Come into a public group
    Join {
        /// Its name
        #[arg(value_parser = group_name)]
        name: GroupName,
        #[command(flatten)]
        once: Once,
    },
    /// Go out of a group
    Leave {
        /// Which one
        #[arg(value_parser = group)]
        group: Peer,
        #[command(flatten)]
        once: Once,
    },
    /// Bring users in
    Add {
        /// Where
        #[arg(value_parser = group)]
        group: Peer,
        /// Whom
        #[arg(value_name = "USER", required = true, num_args = 1..=limits::ADDED_MAX)]
        users: Vec<UserName>,
        #[command(flatten)]
        once: Once,
    },
    /// Put a member out
    Remove {
        /// Of which group
        #[arg(value_parser = group)]
        group: Peer,
        /// Whom
        // Not `user`: that is who the caller is, on every command.
        #[arg(value_name = "USER")]
        member: UserName,
        #[command(flatten)]
        once: Once,
    },
    /// Make a member an admin
    Admin {
        /// Of which group
        #[arg(value_parser = group)]
        group: Peer,
        /// Whom
        // Not `user`: that is who the caller is, on every command.
        #[arg(value_name = "USER")]
        member: UserName,
        #[command(flatten)]
        once: Once,
    },
    /// Make an admin a member like all others
    Unadmin {
        /// Of which group
        #[arg(value_parser = group)]
        group: Peer,
        /// Whom
        // Not `user`: that is who the caller is, on every command.
        #[arg(value_name = "USER")]
        member: UserName,
        #[command(flatten)]
        once: Once,
    },
    /// Give a group another name
    Rename {
        /// Which one
        #[arg(value_parser = group)]
        group: Peer,
        /// What it is called from here on
        #[arg(value_parser = group_name)]
        name: GroupName,
        #[command(flatten)]
        once: Once,
    },
    /// Say what a group is about
    Topic {
        /// Which one
        #[arg(value_parser = group)]
        group: Peer,
        /// The topic; an empty one takes it away
        text: String,
        #[command(flatten)]
        once: Once,
    },
    /// Say what newcomers see of what was said before
    Past {
        /// In which group
        #[arg(value_parser = group)]
        group: Peer,
        /// All of it, or nothing
        past: PastArgument,
        #[command(flatten)]
        once: Once,
    },
    /// Say how long what is said in a group is kept
    Retention {
        /// In which group
        #[arg(value_parser = group)]
        group: Peer,
        /// After how many days it is removed; 0 for as long as the server keeps everything
        #[arg(value_name = "DAYS", value_parser = clap::value_parser!(u32).range(0..=i64::from(limits::RETENTION_DAYS_MAX)))]
        days: u32,
        #[command(flatten)]
        once: Once,
    },
    /// List the members of a group
    Members {
        /// Which one
        #[arg(value_parser = group)]
        group: Peer,
        #[command(flatten)]
        wait: Wait,
    },
}

/// What changes a group.
#[derive(Debug, Args)]
pub(crate) struct Once {
    /// The change's id: asked for again under the same id, it is made once
    #[arg(long)]
    pub id: Option<ClientId>,
    #[command(flatten)]
    pub wait: Wait,
}

#[derive(Debug, Args)]
pub(crate) struct Wait {
    /// How long to wait for the server
    #[arg(long, default_value = "10s", value_parser = duration)]
    pub timeout: Duration,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum PastArgument {
    All,
    None,
}

impl From<PastArgument> for Past {
    fn from(argument: PastArgument) -> Self {
        match argument {
            PastArgument::All => Self::All,
            PastArgument::None => Self::None,
        }
    }
}

/// A group's name, with or without `#`.
fn group_name(text: &str) -> Result<GroupName, String> {
    text.strip_prefix('#').unwrap_or(text).parse().map_err(|error: chat_protocol::BadName| error.to_string())
}

/// A group's name, with or without `#`, or its id.
fn group(text: &str) -> Result<Peer, String> {
    text.parse().map(Peer::Id).or_else(|_| group_name(text).map(Peer::Group))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_group_is_its_name_or_its_id() {
        let ops = Peer::Group("ops".parse().unwrap());
        assert_eq!((group("ops"), group("#ops")), (Ok(ops.clone()), Ok(ops)));
        let id = "00ff00ff00ff00ff";
        assert_eq!(group(id), Ok(Peer::Id(id.parse().unwrap())));
        assert_eq!(group("#00ff00ff00ff00ff"), Ok(Peer::Group(id.parse().unwrap())));
        for bad in ["", "#", "##ops", "@bob", "Ops"] {
            assert!(group(bad).is_err() && group_name(bad).is_err(), "{bad}");
        }
    }
}
