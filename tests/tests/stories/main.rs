//! The end-to-end stories over real sockets. One program, so that it links once and all stories run side by side.
#![allow(clippy::disallowed_methods)] // The shell of the tests.
#![allow(clippy::unwrap_used)] // A story that cannot go on panics.

mod accounts;
mod bad_input;
mod blocks;
mod changes;
mod chat;
mod client_changes;
mod client_files;
mod crash;
mod departure;
mod failure;
mod files;
mod files_bad_input;
mod groups;
mod headless;
mod headless_changes;
mod headless_export;
mod headless_files;
mod headless_groups;
mod http;
mod limits;
mod log;
mod mentions;
mod names;
mod preferences;
mod presence;
mod protocol_document;
mod receipts;
mod retention;
mod search;
mod start;
mod stop;
mod typing;
