//! The edges: the terminal, the network, the clock, the environment, signals.
#![allow(clippy::disallowed_methods)] // the shell: reads the clock and the environment

mod door;
mod drafts;
mod files;
#[cfg_attr(not(unix), allow(dead_code))] // Elsewhere no terminal is asked.
mod graphics;
mod headless;
mod link;
mod login;
mod moving;
mod pictures;
mod prompt;
mod screen;
mod signals;
mod terminal;

use crate::cli::Cli;
use crate::exit::{self, Failure};
use chat_protocol::UnixMillis;
use chrono::{DateTime, Local, NaiveDateTime};
use std::io::{self, Write};
use std::process::ExitCode;

/// Runs the client to its end.
pub fn run(cli: Cli) -> ExitCode {
    // One thread is plenty: whatever waits, waits on the terminal or on the one socket.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let ended = match runtime {
        Ok(runtime) => {
            let ended = runtime.block_on(run_to_end(cli));
            // A read of standard input that never ends must not hold the program.
            runtime.shutdown_background();
            ended
        }
        Err(error) => Err(Failure::new(exit::OTHER, error)),
    };
    match ended {
        Ok(code) => ExitCode::from(code),
        Err(failure) => {
            say(&failure.message);
            ExitCode::from(failure.code)
        }
    }
}

async fn run_to_end(cli: Cli) -> Result<u8, Failure> {
    let door = door::Door::new(&cli.settings)?;
    match cli.command {
        Some(command) => headless::run(door, command, cli.settings.json).await.map(|()| exit::DONE),
        None => screen::run(door).await,
    }
}

/// A line on standard error. What may have come from the server was made safe where it was read or is made so here.
fn say(message: &str) {
    let message = chat_client::SafeText::line(message);
    // Nobody is left to be told when this fails.
    let _ = writeln!(io::stderr(), "chat-tui: {message}");
}

fn local_time(at: UnixMillis) -> NaiveDateTime {
    let utc = i64::try_from(at).ok().and_then(DateTime::from_timestamp_millis).unwrap_or_default();
    utc.with_timezone(&Local).naive_local()
}
