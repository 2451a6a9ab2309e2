//! The life of one WebSocket connection: first the door, then the session.

use super::admission::Visitor;
use super::door;
use super::session::Live;
use super::socket::Socket;
use crate::chat::Chat;
use chat_protocol::Token;
use std::sync::Arc;

/// Who is at the other end, as far as the handshake tells.
pub struct Caller {
    /// Where the connection comes from; it counts as long as this lives.
    pub visitor: Visitor,
    /// The token in a browser's cookie.
    pub cookie: Option<Token>,
}

/// Runs the connection to its end.
pub async fn run(mut socket: Socket, caller: Caller, chat: Arc<Chat>) {
    let visitor = caller.visitor.clone();
    // Boxed, so that a connection that idles for days does not hold the room that its login needed.
    match Box::pin(door::enter(&mut socket, caller, &chat)).await {
        Ok(seat) => Live::new(socket, seat, visitor, chat).run().await,
        Err(ending) => ending.of(socket).await,
    }
}
