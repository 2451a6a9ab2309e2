//! The one port: HTTP, the WebSocket sessions that grow out of it, and the page.

mod admission;
mod answer;
mod api;
mod calls;
mod connection;
mod cookie;
mod door;
mod files;
mod line;
mod listener;
mod page;
mod router;
mod session;
mod socket;
mod starting;
mod upgrade;

pub use listener::serve;
pub use starting::say_starting;
