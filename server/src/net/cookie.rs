//! The page's session cookie: it holds a device's token, out of reach of scripts and of other sites.

use chat_protocol::Token;
use http::header::{self, HeaderMap, HeaderValue};

const NAME: &str = "chat_session";
/// 400 days, the longest that browsers keep a cookie.
const SECONDS_KEPT: u32 = 400 * 24 * 60 * 60;

/// The token in the request's cookie.
pub fn token(headers: &HeaderMap) -> Option<Token> {
    let cookies = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    let mut pairs = cookies.flat_map(|value| value.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.find(|(name, _)| *name == NAME).map(|(_, token)| Token::new(token))
}

/// Keeps the token in the browser.
pub fn keep(token: &Token, headers: &HeaderMap) -> HeaderValue {
    value(token.expose(), SECONDS_KEPT, headers)
}

/// Removes it.
pub fn forget(headers: &HeaderMap) -> HeaderValue {
    value("", 0, headers)
}

fn value(token: &str, seconds: u32, request: &HeaderMap) -> HeaderValue {
    // The server itself speaks plain HTTP; the origin tells whether a proxy before it speaks HTTPS with the browser.
    let is_https =
        request.get(header::ORIGIN).is_some_and(|origin| origin.as_bytes().starts_with(b"https://"));
    let secure = if is_https { "; Secure" } else { "" };
    let cookie = format!("{NAME}={token}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Strict{secure}");
    let mut value = HeaderValue::from_str(&cookie).expect("a token is hexadecimal");
    value.set_sensitive(true);
    value
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(name: header::HeaderName, value: &'static str) -> HeaderMap {
        HeaderMap::from_iter([(name, HeaderValue::from_static(value))])
    }

    #[test]
    fn the_token_is_found_among_other_cookies() {
        for (cookies, expected) in [
            ("chat_session=abc", Some("abc")),
            ("a=b; chat_session=abc; c=d", Some("abc")),
            ("xchat_session=abc", None),
            ("chat_session", None),
            ("", None),
        ] {
            let found = token(&headers(header::COOKIE, cookies));
            assert_eq!(found.as_ref().map(Token::expose), expected, "{cookies}");
        }
    }

    #[test]
    fn behind_https_the_cookie_is_secure() {
        let plain = keep(&Token::new("ab"), &headers(header::ORIGIN, "http://localhost:5000"));
        assert_eq!(plain, "chat_session=ab; Path=/; Max-Age=34560000; HttpOnly; SameSite=Strict");
        let secure = keep(&Token::new("ab"), &headers(header::ORIGIN, "https://chat.example.org"));
        assert!(secure.to_str().unwrap().ends_with("; Secure"));
    }
}
