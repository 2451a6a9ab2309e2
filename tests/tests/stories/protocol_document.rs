//! The examples of `docs/protocol.md`, typed to a real server.
