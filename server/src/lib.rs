//! The chat's server: one port that speaks WebSocket and HTTP, over one store.
//!
//! [`Server::bind`] takes the data folder and the port, [`Server::run`] serves until it is told to stop; the binary
//! and the tests start the same code. ARCHITECTURE.md has the map and the path of a message.
#![allow(clippy::disallowed_methods)] // This is the shell; the pure module `domain` denies them again.

mod accounts;
mod blobs;
mod chat;
pub mod cli;
mod config;
mod delivery;
mod domain;
mod files;
mod fresh;
mod hub;
mod indexer;
mod lifecycle;
mod mailbox;
mod migrate;
mod net;
mod presence;
mod sequencer;
mod server;
pub mod store;
mod sweeper;
mod undertaker;

pub use accounts::{AccountError, Accounts};
pub use config::{BadLocation, Config, Limits, Registration, StoreLocation, Timing};
pub use lifecycle::StartError;
pub use server::{ServeError, Server};
