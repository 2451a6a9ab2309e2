//! Files over HTTP: the tus protocol and a plain route to send them, one route to get them.
//!
//! All of it is for a device's token, in a header or in the page's cookie. A transfer takes as long as it moves.

mod asker;
mod body;
mod download;
mod headers;
mod plain;
mod range;
mod refusal;
mod tus;
mod watch;

pub use body::least;

use super::line::Line;
use crate::chat::Chat;
use axum::Router;
use axum::routing::{any, get, post};
use http::Request;
use std::sync::Arc;

/// Where a transfer begins and ends.
pub fn routes() -> Router<Arc<Chat>> {
    Router::new()
        .route("/api/files", post(plain::upload))
        .route("/api/files/{id}", get(download::download))
        .route("/api/uploads", any(tus::uploads))
        .route("/api/uploads/{id}", any(tus::upload))
}

/// Notes it when a request is for a file; such a one has no time limit of its own.
pub fn is_transfer<B>(request: &Request<B>, line: &Line) -> bool {
    let path = request.uri().path();
    let is_transfer = ["/api/files", "/api/uploads"].iter().any(|route| path.starts_with(route));
    if is_transfer {
        line.will_carry_file();
    }
    is_transfer
}
