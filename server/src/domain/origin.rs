//! Which web pages may talk to this server through somebody's browser: only its own.

use std::net::IpAddr;

/// Why a request is not answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum OriginRefused {
    /// The `Host` is none that this server goes by: perhaps a foreign name that was pointed at this address.
    #[error("this server does not go by that host name; the operator can add it with --host NAME")]
    Host,
    /// Another site's page sent the request.
    #[error("the page that sent this request is not this server's own")]
    Origin,
}

/// The names that this server goes by.
#[derive(Debug, Clone)]
pub struct Site {
    hosts: Vec<String>,
}

impl Site {
    /// `hosts` are names besides `localhost` and plain addresses.
    pub fn new(hosts: &[String]) -> Self {
        Self { hosts: hosts.iter().map(|host| host.to_ascii_lowercase()).collect() }
    }

    /// Checks the `Host` header, and the `Origin` header if there is one (programs send none).
    ///
    /// A plain address or `localhost` cannot be pointed elsewhere by a foreign name server, so they are always fine.
    ///
    /// # Errors
    /// Which of the two is wrong.
    pub fn check(&self, host: Option<&str>, origin: Option<&str>) -> Result<(), OriginRefused> {
        let authority = host.ok_or(OriginRefused::Host)?.to_ascii_lowercase();
        let name = host_of(&authority).ok_or(OriginRefused::Host)?;
        if !(name == "localhost" || is_address(name) || self.hosts.iter().any(|known| known == name)) {
            return Err(OriginRefused::Host);
        }
        match origin {
            Some(origin) if !is_same_site(&origin.to_ascii_lowercase(), &authority) => {
                Err(OriginRefused::Origin)
            }
            _ => Ok(()),
        }
    }
}

/// The authority without its port.
fn host_of(authority: &str) -> Option<&str> {
    let (name, port) = match authority.strip_prefix('[') {
        Some(rest) => {
            let (address, port) = rest.split_once(']')?;
            (address, port.strip_prefix(':').or(port.is_empty().then_some("0"))?)
        }
        None => authority.split_once(':').unwrap_or((authority, "0")),
    };
    (!name.is_empty() && port.parse::<u16>().is_ok()).then_some(name)
}

fn is_address(name: &str) -> bool {
    name.parse::<IpAddr>().is_ok()
}

fn is_same_site(origin: &str, authority: &str) -> bool {
    let (scheme, site) = origin.split_once("://").unwrap_or(("", origin));
    let default_port = match scheme {
        "http" => ":80",
        "https" => ":443",
        _ => return false,
    };
    // A proxy may spell out a port that the browser leaves out.
    let plain = |text: &str| text.strip_suffix(default_port).unwrap_or(text).to_owned();
    plain(site) == plain(authority)
}

#[cfg(test)]
mod tests {
    use super::*;
    use OriginRefused::{Host, Origin};

    #[test]
    fn only_the_servers_own_page_may_talk_to_it() {
        let site = Site::new(&["Chat.Example.org".to_owned()]);
        let cases = [
            (Some("localhost:5000"), None, Ok(())),
            (Some("127.0.0.1:5000"), Some("http://127.0.0.1:5000"), Ok(())),
            (Some("[::1]:5000"), Some("http://[::1]:5000"), Ok(())),
            (Some("LOCALHOST:5000"), Some("http://localhost:5000"), Ok(())),
            (Some("chat.example.org"), Some("https://chat.example.org"), Ok(())),
            (Some("chat.example.org:443"), Some("https://chat.example.org"), Ok(())),
            (None, None, Err(Host)),
            (Some(""), None, Err(Host)),
            (Some(":5000"), None, Err(Host)),
            (Some("[::1"), None, Err(Host)),
            (Some("localhost:99999"), None, Err(Host)),
            (Some("evil.example.com"), None, Err(Host)),
            (Some("evil.localhost.example.com:5000"), None, Err(Host)),
            (Some("localhost:5000"), Some("http://evil.example.com"), Err(Origin)),
            (Some("localhost:5000"), Some("http://localhost:5001"), Err(Origin)),
            (Some("localhost:5000"), Some("http://localhost"), Err(Origin)),
            (Some("localhost:5000"), Some("http://localhost:5000.evil.com"), Err(Origin)),
            (Some("localhost:5000"), Some("file://localhost:5000"), Err(Origin)),
            (Some("localhost:5000"), Some("null"), Err(Origin)),
            (Some("localhost:5000"), Some(""), Err(Origin)),
        ];
        for (host, origin, expected) in cases {
            assert_eq!(site.check(host, origin), expected, "host {host:?}, origin {origin:?}");
        }
    }
}
