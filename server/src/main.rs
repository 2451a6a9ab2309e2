//! The binary: reads the command line and runs the server.
#![allow(clippy::print_stderr)] // The operator is told why it did not start.

use clap::Parser;
use std::process::ExitCode;

/// The system's allocator keeps 19 MiB more after each password that is hashed, for it does not reuse large aligned blocks.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    match chat_server::cli::Cli::parse().run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("chat-server: {error:#}");
            ExitCode::FAILURE
        }
    }
}
