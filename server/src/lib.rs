//! The chat's server as a library: the binary and every test start the same code.
pub mod store;
