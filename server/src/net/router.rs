//! Which path leads where, and what holds for all of them: the right host, the right page, strict headers.

use super::{api, files, page, upgrade};
use crate::chat::Chat;
use axum::Router;
use axum::extract::{DefaultBodyLimit, Request, State};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use http::header::{self, HeaderName, HeaderValue};
use http::{HeaderMap, StatusCode};
use std::sync::Arc;

/// Bytes in the body of a request, but for files, which are not read at once. The longest is a login.
const BODY_BYTES_MAX: usize = 4 * 1024;

/// Sent with every response: the page runs nothing and talks to nobody but what this server gave it, and where the browser knows
/// Trusted Types, no text can become markup at all.
const HEADERS: [(HeaderName, &str); 6] = [
    (
        header::CONTENT_SECURITY_POLICY,
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; \
         font-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; \
         require-trusted-types-for 'script'; trusted-types 'none'",
    ),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::X_FRAME_OPTIONS, "DENY"),
    (header::REFERRER_POLICY, "no-referrer"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
];

/// Everything that the port answers.
pub fn router(chat: Arc<Chat>) -> Router {
    Router::new()
        .route("/", get(page::index))
        .route("/assets/{name}", get(page::asset))
        .route("/ws", get(upgrade::upgrade))
        .route("/api/register", post(api::register))
        .route("/api/login", post(api::login))
        .route("/api/logout", post(api::logout))
        .route("/api/session", get(api::session))
        .route("/api/emoji.json", get(api::emoji))
        .route("/healthz", get(api::health))
        .merge(files::routes())
        .fallback(|| async { (StatusCode::NOT_FOUND, "there is nothing here\n") })
        .layer(DefaultBodyLimit::max(BODY_BYTES_MAX))
        .layer(middleware::from_fn_with_state(Arc::clone(&chat), guard))
        .with_state(chat)
}

async fn guard(State(chat): State<Arc<Chat>>, request: Request, next: Next) -> Response {
    let mut response = match chat.site.check(host(&request), text(request.headers(), &header::ORIGIN)) {
        Ok(()) => next.run(request).await,
        Err(refused) => (StatusCode::FORBIDDEN, format!("{refused}\n")).into_response(),
    };
    for (name, value) in HEADERS {
        // A file has a stricter policy of its own.
        response.headers_mut().entry(name).or_insert(HeaderValue::from_static(value));
    }
    response.headers_mut().entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    response
}

/// What the client calls this server. A request line can name a host as well; then it must be the same.
fn host(request: &Request) -> Option<&str> {
    let host = text(request.headers(), &header::HOST);
    match request.uri().authority() {
        Some(authority) if host != Some(authority.as_str()) => Some(""),
        _ => host,
    }
}

/// A header's value. One that is no ASCII text or is given twice is no name of this server, so it counts as empty, not
/// as missing.
fn text<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    let mut values = headers.get_all(name).iter();
    let value = values.next()?;
    Some(if values.next().is_some() { "" } else { value.to_str().unwrap_or("") })
}
