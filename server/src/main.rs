//! The binary: reads the command line and runs the server.
#![allow(clippy::print_stderr)] // The operator is told why it did not start.

mod allocator;

use clap::Parser;
use std::process::ExitCode;

fn main() -> ExitCode {
    match chat_server::cli::Cli::parse().run(allocator::give_back) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("chat-server: {error:#}");
            ExitCode::FAILURE
        }
    }
}
