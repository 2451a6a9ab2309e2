//! Where a server is.

use std::fmt;
use std::str::FromStr;

/// A server's address, as people write it: `localhost:5000`, `http://chat.lan`, `ws://[::1]:5000`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServerUrl {
    host: String,
    port: u16,
}

/// A text that is no server's address.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadUrl {
    /// It cannot be read.
    #[error("{0:?} is no address of a server; write it like http://localhost:5000")]
    Malformed(String),
    /// It asks for TLS.
    #[error(
        "{0:?}: TLS is not spoken here; use http:// through an SSH tunnel or a VPN, or a TLS proxy on this side"
    )]
    Tls(String),
}

impl ServerUrl {
    /// The host, without brackets.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// The port.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// What goes into a `Host` header: the host, in brackets when it is an IPv6 address, and the port.
    pub fn authority(&self) -> String {
        if self.host.contains(':') {
            format!("[{}]:{}", self.host, self.port)
        } else {
            format!("{}:{}", self.host, self.port)
        }
    }

    /// A name for a folder of things that belong to this server.
    pub fn folder_name(&self) -> String {
        format!("{}_{}", self.host.replace(':', "-"), self.port)
    }
}

impl Default for ServerUrl {
    fn default() -> Self {
        Self { host: "127.0.0.1".to_owned(), port: 5000 }
    }
}

impl fmt::Display for ServerUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "http://{}", self.authority())
    }
}

impl FromStr for ServerUrl {
    type Err = BadUrl;

    fn from_str(text: &str) -> Result<Self, BadUrl> {
        let malformed = || BadUrl::Malformed(text.to_owned());
        let (scheme, rest) = text.split_once("://").unwrap_or(("", text));
        let usual_port = match scheme {
            "" => 5000,
            "http" | "ws" => 80,
            "https" | "wss" => return Err(BadUrl::Tls(text.to_owned())),
            _ => return Err(malformed()),
        };
        let authority = rest.strip_suffix('/').unwrap_or(rest);
        let (host, port) = match authority.strip_prefix('[') {
            Some(rest) => {
                let (host, port) = rest.split_once(']').ok_or_else(malformed)?;
                (
                    host,
                    if port.is_empty() { None } else { Some(port.strip_prefix(':').ok_or_else(malformed)?) },
                )
            }
            None => authority.split_once(':').map_or((authority, None), |(host, port)| (host, Some(port))),
        };
        let is_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
        let is_fine = if authority.starts_with('[') {
            host.parse::<std::net::Ipv6Addr>().is_ok()
        } else {
            !host.is_empty() && host.chars().all(is_name) && !host.starts_with('.')
        };
        let port = port.map_or(Some(usual_port), |port| port.parse().ok().filter(|port| *port > 0));
        match (is_fine, port) {
            (true, Some(port)) => Ok(Self { host: host.to_owned(), port }),
            _ => Err(malformed()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_read_as_people_write_them() {
        for (text, expected) in [
            ("localhost:5000", "http://localhost:5000"),
            ("localhost", "http://localhost:5000"),
            ("http://chat.lan", "http://chat.lan:80"),
            ("ws://127.0.0.1:9/", "http://127.0.0.1:9"),
            ("[::1]:5000", "http://[::1]:5000"),
            ("http://[::1]", "http://[::1]:80"),
        ] {
            assert_eq!(text.parse::<ServerUrl>().map(|url| url.to_string()), Ok(expected.to_owned()));
        }
        for bad in [
            "",
            "http://",
            "a b",
            "localhost:0",
            "localhost:99999",
            "ftp://x",
            "http://x/y",
            "[::1",
            "../x:1",
            "x:",
        ] {
            assert!(matches!(bad.parse::<ServerUrl>(), Err(BadUrl::Malformed(_))), "{bad}");
        }
        assert!(matches!("https://chat.example.org".parse::<ServerUrl>(), Err(BadUrl::Tls(_))));
    }

    #[test]
    fn a_folder_name_is_a_name() {
        assert_eq!("[::1]:5000".parse::<ServerUrl>().unwrap().folder_name(), "--1_5000");
    }
}
