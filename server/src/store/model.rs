//! What goes into the store and comes out of it.

pub mod account;
pub mod conversation;
pub mod file;
pub mod log;
