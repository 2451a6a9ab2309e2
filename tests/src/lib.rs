//! What the end-to-end stories stand on: a server, the people who talk over it, and the real programs as processes.
//!
//! A story that cannot go on panics and says what it waited for. Nothing here sleeps: everything waits for a
//! condition, for at most [`PATIENCE`].
#![allow(clippy::unwrap_used, clippy::expect_used)] // A story that cannot go on panics.
#![allow(clippy::disallowed_methods)] // This is the shell of the tests: it starts servers and reads the clock.

mod backup;
mod bridge;
pub mod browser;
pub mod checker;
mod courier;
pub mod disk;
pub mod failover;
pub mod ground;
mod house;
pub mod http;
mod person;
pub mod proc;
mod process;
mod proxy;
mod shelf;
mod traffic;
mod tty;
mod wire;

pub use backup::Backup;
pub use bridge::Bridge;
pub use browser::Browser;
pub use courier::Courier;
pub use house::House;
pub use person::{PASSWORD, Person};
pub use process::{Halfway, RealServer, program, run_program};
pub use proxy::{Fault, Proxy, Way};
pub use shelf::{Shelf, open_store};
pub use traffic::Traffic;
pub use tty::Tty;
pub use wire::Wire;

use std::time::Duration;

/// How long a story waits for anything before it fails. Generous: it is only ever used up by a failure.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// Waits for something that must happen.
///
/// # Panics
/// It does not happen within [`PATIENCE`].
pub async fn in_time<T>(what: &str, work: impl Future<Output = T>) -> T {
    match tokio::time::timeout(PATIENCE, work).await {
        Ok(done) => done,
        Err(_) => panic!("waited {PATIENCE:?} in vain for {what}"),
    }
}
