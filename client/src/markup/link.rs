//! Addresses: where one ends, and whose it really is.

use super::Span;
use super::emphasis::is_extending;
use serde::Serialize;
use url::Url;

/// What is longer is no link.
const ADDRESS_BYTES_MAX: usize = 2048;
const SCHEMES: [&str; 2] = ["http://", "https://"];
/// At the end of an address these belong to the sentence.
const SENTENCE_ENDS: &str = ".,;:!?'*_~。，、；：！？」』）】》…”’";

/// A link to an `http` or `https` address.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Link {
    /// The address, as it was typed.
    #[serde(rename = "link")]
    pub target: String,
    /// The host that it leads to, in ASCII, where the label does not show it. It is to be shown beside the label.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub host: Option<String>,
    /// What is shown: text and code, no links.
    pub label: Vec<Span>,
}

impl Link {
    /// The address as it is meant, in ASCII, without a name and password in front of the host.
    pub fn address(&self) -> String {
        let Ok(mut url) = Url::parse(&self.target) else { return String::new() };
        let is_bare = url.set_username("").is_ok() && url.set_password(None).is_ok();
        if is_bare { url.into() } else { String::new() }
    }
}

/// Whether an address begins here.
pub fn begins(text: &[char]) -> bool {
    let has = |scheme: &str| {
        text.len() >= scheme.len() && scheme.chars().zip(text).all(|(a, b)| a == b.to_ascii_lowercase())
    };
    SCHEMES.iter().any(|scheme| has(scheme))
}

/// How many characters of the text are an address that stands there for itself.
pub fn bare_length(text: &[char]) -> usize {
    let mut length = text.iter().position(|c| ends_address(*c)).unwrap_or(text.len());
    let count = |wanted: char| text[..length].iter().filter(|c| **c == wanted).count();
    let (mut round, mut square) = ((count('('), count(')')), (count('['), count(']')));
    while let Some(last) = text[..length].last() {
        match last {
            ')' if round.1 > round.0 => round.1 -= 1,
            ']' if square.1 > square.0 => square.1 -= 1,
            last if SENTENCE_ENDS.contains(*last) => {}
            _ => break,
        }
        length -= 1;
    }
    length
}

/// The host of an address, if it is one that may be a link.
pub fn host(address: &str) -> Option<String> {
    if address.len() > ADDRESS_BYTES_MAX || address.chars().any(ends_address) {
        return None;
    }
    let url = Url::parse(address).ok()?;
    let is_web = matches!(url.scheme(), "http" | "https");
    // What a name or an address of a machine consists of.
    let is_host =
        |host: &&str| host.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-_[]:".contains(&byte));
    url.host_str().filter(|host| is_web && !host.is_empty() && is_host(host)).map(str::to_owned)
}

/// Whether the address, read from the left, shows its host.
pub fn shows_host(address: &str, host: &str) -> bool {
    let rest = address.split_once("://").map_or("", |(_, rest)| rest);
    let is_host = rest.get(..host.len()).is_some_and(|begin| begin.eq_ignore_ascii_case(host));
    is_host
        && rest[host.len()..]
            .chars()
            .next()
            .is_none_or(|next| "/?#".contains(next) || is_port(&rest[host.len()..]))
}

/// `:5000/`, and not `:secret@elsewhere`.
fn is_port(rest: &str) -> bool {
    let port = rest.strip_prefix(':').map(|rest| rest.trim_start_matches(|c: char| c.is_ascii_digit()));
    port.is_some_and(|rest| rest.chars().next().is_none_or(|next| "/?#".contains(next)))
}

fn ends_address(c: char) -> bool {
    c.is_whitespace() || matches!(c, '<' | '>' | '"' | '`' | '\\' | '\u{fffd}')
}

/// Whether what stands after a link would change its last character.
pub fn is_torn(next: Option<&char>) -> bool {
    next.is_some_and(|next| is_extending(*next))
}
