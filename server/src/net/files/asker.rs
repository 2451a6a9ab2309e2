//! Who asks for a file or sends one.

use super::refusal::Refusal;
use crate::chat::Chat;
use crate::net::answer::Refused;
use crate::net::cookie;
use crate::store::UserId;
use chat_protocol::{DeviceId, ErrorCode, Token};
use http::header::{self, HeaderMap};
use http::{Method, StatusCode};

/// Somebody who is logged in.
#[derive(Debug, Clone, Copy)]
pub struct Asker {
    /// Who.
    pub user: UserId,
    /// On which device.
    pub device: DeviceId,
}

impl Asker {
    /// Who sent these headers: by a token in `Authorization` (a program), or by the page's cookie.
    ///
    /// # Errors
    /// Nobody who is logged in.
    pub async fn of(chat: &Chat, method: &Method, headers: &HeaderMap) -> Result<Self, Refusal> {
        let token = match headers.get(header::AUTHORIZATION) {
            Some(_) => bearer(headers).ok_or_else(unauthenticated)?,
            None => cookie::token(headers).ok_or_else(unauthenticated)?,
        };
        let is_by_cookie = !headers.contains_key(header::AUTHORIZATION);
        let changes = !matches!(*method, Method::GET | Method::HEAD);
        // That an origin is this server's own was looked at before; a browser that changes something always sends one.
        if is_by_cookie && changes && !headers.contains_key(header::ORIGIN) {
            let message = "the page that sent this request does not say which one it is";
            return Err(Refusal::new(
                StatusCode::FORBIDDEN,
                Refused::new(ErrorCode::Unauthenticated, message),
            ));
        }
        let login = chat.accounts.by_token(&token).await.map_err(Refused::from)?;
        Ok(Self { user: login.account.id, device: login.device })
    }

    /// Whether they are still logged in.
    pub async fn is_still_here(&self, chat: &Chat) -> bool {
        // A store that cannot be asked right now throws nobody out.
        chat.accounts.has_device(self.user, self.device).await.unwrap_or(true)
    }
}

fn unauthenticated() -> Refusal {
    Refused::new(
        ErrorCode::Unauthenticated,
        "log in first: send the device's token as `Authorization: Bearer`",
    )
    .into()
}

/// The token of the one `Authorization` header, if it is of that kind.
fn bearer(headers: &HeaderMap) -> Option<Token> {
    let mut values = headers.get_all(header::AUTHORIZATION).iter();
    let value = values.next().filter(|_| values.next().is_none())?.to_str().ok()?;
    let (scheme, token) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| Token::new(token.trim()))
}
