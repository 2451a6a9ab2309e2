//! The library that every client of the chat uses.
//!
//! [`connect`] starts one task that keeps a connection, reconnects by itself and catches up; it gives a [`Handle`] that
//! never waits and a bounded stream of [`Event`]s. What decides is the pure [`session::Session`]. Text from others is
//! drawn or printed only as [`SafeText`].
#![allow(clippy::disallowed_methods)] // This is the shell; the pure module `session` denies them again.

mod backoff;
pub mod credentials;
pub mod drafts;
mod driver;
pub mod emoji;
mod event;
pub mod files;
mod fresh;
mod kept_content;
mod kept_target;
pub mod markup;
mod outbox;
mod plain;
pub mod session;
mod text;
mod url;

pub use driver::{Auth, Config, Full, Handle, connect};
pub use event::{Command, Connection, Content, Ended, Event, GroupCommand, Job, Outgoing, OutgoingState};
pub use fresh::fresh_client_id;
pub use outbox::OutboxError;
pub use text::SafeText;
pub use url::{BadUrl, ServerUrl};
