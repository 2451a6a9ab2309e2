//! From an HTTP request to a WebSocket with a task of its own.

use super::admission::Visitor;
use super::connection::{self, Caller};
use super::cookie;
use super::line::Counted;
use super::socket::Socket;
use crate::chat::Chat;
use axum::Extension;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use hyper::upgrade::OnUpgrade;
use hyper_util::rt::TokioIo;
use std::sync::Arc;
use tokio_tungstenite::tungstenite::handshake::server::create_response_with_body;

/// Answers the handshake.
pub async fn upgrade(
    State(chat): State<Arc<Chat>>,
    Extension(visitor): Extension<Visitor>,
    mut request: Request,
) -> Response {
    let upgraded = hyper::upgrade::on(&mut request);
    let caller = Caller { visitor, cookie: cookie::token(request.headers()) };
    match create_response_with_body(&request, Body::empty) {
        Ok(response) => {
            chat.connections.spawn(hand_over(upgraded, caller, Arc::clone(&chat)));
            response
        }
        Err(error) => {
            (StatusCode::UPGRADE_REQUIRED, format!("a WebSocket is spoken here: {error}\n")).into_response()
        }
    }
}

/// Takes the bare socket back out of the HTTP machinery and starts a fresh task on it: a connection that idles for days
/// keeps neither the request nor its buffers.
async fn hand_over(upgraded: OnUpgrade, caller: Caller, chat: Arc<Chat>) {
    let Ok(upgraded) = upgraded.await else { return };
    match upgraded.downcast::<TokioIo<Counted>>() {
        Ok(parts) => {
            let stream = parts.io.into_inner().into_inner();
            let socket = Socket::new(stream, parts.read_buf.to_vec(), chat.timing.write).await;
            chat.connections.spawn(connection::run(socket, caller, Arc::clone(&chat)));
        }
        Err(_) => tracing::error!("a connection was upgraded that this server did not accept"),
    }
}
