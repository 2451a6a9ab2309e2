//! The binary: reads the command line and runs the client.

use clap::Parser;
use std::process::ExitCode;

fn main() -> ExitCode {
    chat_tui::run(chat_tui::cli::Cli::parse())
}
