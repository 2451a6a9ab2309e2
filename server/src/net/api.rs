//! What the page asks over HTTP: to register, log in and out, and who it is.

use super::admission::Visitor;
use super::answer::{Refused, status};
use super::cookie;
use crate::accounts::Login;
use crate::chat::Chat;
use axum::Extension;
use axum::body::Bytes;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use chat_protocol::{CloseCode, ErrorCode, Password, UserName};
use http::StatusCode;
use http::header::{self, HeaderMap, HeaderValue};
use serde::{Deserialize, Serialize};
use std::sync::{Arc, OnceLock};

/// What the list of devices calls a browser.
const DEVICE_NAME: &str = "browser";

type Answer = Result<Response, Refused>;

#[derive(Deserialize)]
struct Credentials {
    user: UserName,
    password: Password,
}

#[derive(Serialize)]
struct Session<'a> {
    user: &'a UserName,
}

/// Makes an account and logs in as it.
pub async fn register(
    State(chat): State<Arc<Chat>>,
    Extension(visitor): Extension<Visitor>,
    headers: HeaderMap,
    body: Bytes,
) -> Answer {
    let Credentials { user, password } = credentials(&headers, &body)?;
    let login = chat.accounts.register(visitor.address(), user, password, DEVICE_NAME.to_owned()).await?;
    chat.hub.cut(login.account.id, &login.evicted, None, CloseCode::Revoked);
    Ok(logged_in(&login, &headers))
}

/// Logs in.
pub async fn login(
    State(chat): State<Arc<Chat>>,
    Extension(visitor): Extension<Visitor>,
    headers: HeaderMap,
    body: Bytes,
) -> Answer {
    let Credentials { user, password } = credentials(&headers, &body)?;
    let login = chat.accounts.login(visitor.address(), &user, password, DEVICE_NAME.to_owned()).await?;
    chat.hub.cut(login.account.id, &login.evicted, None, CloseCode::Revoked);
    Ok(logged_in(&login, &headers))
}

/// Logs out: the token is worth nothing from here on. Without a login it does nothing.
pub async fn logout(State(chat): State<Arc<Chat>>, headers: HeaderMap) -> Answer {
    match known(&chat, &headers).await {
        Ok(login) => {
            chat.accounts.revoke(login.account.id, login.device).await?;
            chat.hub.cut(login.account.id, &[login.device], None, CloseCode::Revoked);
        }
        Err(refused) if status(refused.code) == StatusCode::UNAUTHORIZED => {}
        // The browser must not forget a token that may still be good.
        Err(refused) => return Err(refused),
    }
    Ok((StatusCode::NO_CONTENT, [(header::SET_COOKIE, cookie::forget(&headers))]).into_response())
}

/// Who the cookie says that one is.
pub async fn session(State(chat): State<Arc<Chat>>, headers: HeaderMap) -> Answer {
    let login = known(&chat, &headers).await?;
    Ok(axum::Json(Session { user: &login.account.name }).into_response())
}

/// All shortcodes: an array of `[shortcode, emoji]`.
pub async fn emoji() -> Response {
    static TABLE: OnceLock<Bytes> = OnceLock::new();
    let table = TABLE.get_or_init(|| {
        let pairs: Vec<_> =
            emojis::iter().flat_map(|emoji| emoji.shortcodes().map(|code| [code, emoji.as_str()])).collect();
        serde_json::to_vec(&pairs).expect("strings encode").into()
    });
    let headers = [(header::CONTENT_TYPE, "application/json"), (header::CACHE_CONTROL, "max-age=86400")];
    (headers, table.clone()).into_response()
}

/// For a supervisor: the server answers.
pub async fn health() -> &'static str {
    "ok\n"
}

async fn known(chat: &Chat, headers: &HeaderMap) -> Result<Login, Refused> {
    let unauthenticated = || Refused::new(ErrorCode::Unauthenticated, "log in first");
    Ok(chat.accounts.by_token(&cookie::token(headers).ok_or_else(unauthenticated)?).await?)
}

fn credentials(headers: &HeaderMap, body: &[u8]) -> Result<Credentials, Refused> {
    let content_type = headers.get(header::CONTENT_TYPE).map_or(&b""[..], HeaderValue::as_bytes);
    if !content_type.starts_with(b"application/json") {
        // Another site's form cannot send this type without asking first.
        return Err(Refused::new(ErrorCode::BadJson, "the body is sent as application/json"));
    }
    serde_json::from_slice(body).map_err(|error| {
        let code = if error.is_data() { ErrorCode::BadField } else { ErrorCode::BadJson };
        Refused::new(code, error.to_string())
    })
}

fn logged_in(login: &Login, headers: &HeaderMap) -> Response {
    let token = login.token.as_ref().expect("a login by password gives a token");
    let cookie = [(header::SET_COOKIE, cookie::keep(token, headers))];
    (cookie, axum::Json(Session { user: &login.account.name })).into_response()
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        let (status, retry_after) = (status(self.code), self.retry_after);
        let mut response = (status, axum::Json(self.into_frame(None))).into_response();
        if let Some(wait) = retry_after {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(wait.as_secs() + 1));
        }
        response
    }
}
