//! The chat's terminal client: with a screen for people, without one for scripts.
//!
//! `app` is pure: a message changes the model and gives effects. `view` is pure: it draws the model. `shell` does the
//! rest: the terminal, the clock, the network. With and without a screen the same `app` runs.

mod app;
pub mod cli;
pub mod exit;
mod shell;
mod view;

pub use shell::run;
