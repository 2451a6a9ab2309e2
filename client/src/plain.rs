//! Why a connection is lost, in a few words for people.

use std::io::{self, ErrorKind};
use tokio_tungstenite::tungstenite::Error;
use tokio_tungstenite::tungstenite::error::ProtocolError;

const BROKE: &str = "the connection broke";
const HUNG_UP: &str = "the server hung up";

/// Why a WebSocket was lost, or never came to be.
pub fn socket(error: &Error) -> String {
    match error {
        Error::Io(error) => stream(error),
        Error::ConnectionClosed
        | Error::AlreadyClosed
        | Error::Protocol(ProtocolError::HandshakeIncomplete | ProtocolError::SendAfterClosing) => {
            HUNG_UP.to_owned()
        }
        Error::Protocol(ProtocolError::ResetWithoutClosingHandshake) => BROKE.to_owned(),
        Error::Protocol(_) | Error::Utf8(_) | Error::Capacity(_) | Error::HttpFormat(_) => {
            "what answers there makes no sense".to_owned()
        }
        Error::Http(response) => format!("the server answered {}", response.status().as_u16()),
        other => other.to_string(),
    }
}

/// Why an HTTP answer did not come, or not all of it.
pub fn http(error: &(dyn std::error::Error + 'static)) -> String {
    if let Some(error) = error.downcast_ref() {
        return stream(error);
    }
    match error.source() {
        // Hyper's own words are about itself.
        Some(source) => http(source),
        None if error.downcast_ref().is_some_and(hyper::Error::is_incomplete_message) => BROKE.to_owned(),
        None => error.to_string(),
    }
}

/// Why a TCP connection was lost, or never came to be.
pub fn stream(error: &io::Error) -> String {
    let words = match error.kind() {
        ErrorKind::ConnectionRefused => "connection refused",
        ErrorKind::ConnectionReset
        | ErrorKind::ConnectionAborted
        | ErrorKind::BrokenPipe
        | ErrorKind::NotConnected
        | ErrorKind::UnexpectedEof => BROKE,
        ErrorKind::TimedOut => "no answer",
        ErrorKind::NetworkUnreachable | ErrorKind::NetworkDown => "no network",
        ErrorKind::HostUnreachable => "the server cannot be reached",
        // The standard library's own words.
        _ if error.to_string().starts_with("failed to lookup address information") => {
            "the server's name is not known"
        }
        _ => return system(error),
    };
    words.to_owned()
}

/// What the system says, without its number: that says nothing to people, and a narrow screen has no room for it.
pub fn system(error: &io::Error) -> String {
    let mut text = error.to_string();
    if let Some(number) = text.find(" (os error ") {
        text.truncate(number);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio_tungstenite::tungstenite::http::Response;

    #[test]
    fn reasons_are_plain() {
        let io = |kind: ErrorKind| Error::Io(io::Error::from(kind));
        let bad_gateway = Response::builder().status(502).body(None).unwrap();
        for (error, expected) in [
            (Error::Protocol(ProtocolError::HandshakeIncomplete), "the server hung up"),
            (Error::ConnectionClosed, "the server hung up"),
            (Error::Protocol(ProtocolError::ResetWithoutClosingHandshake), "the connection broke"),
            (
                Error::Protocol(ProtocolError::MissingUpgradeWebSocketHeader),
                "what answers there makes no sense",
            ),
            (Error::Http(Box::new(bad_gateway)), "the server answered 502"),
            (io(ErrorKind::ConnectionRefused), "connection refused"),
            (io(ErrorKind::ConnectionReset), "the connection broke"),
            (io(ErrorKind::TimedOut), "no answer"),
        ] {
            assert_eq!(socket(&error), expected, "{error:?}");
        }
    }

    #[test]
    fn what_the_system_says_has_no_number() {
        for (said, expected) in [
            ("Too many open files (os error 24)", "Too many open files"),
            (
                "failed to lookup address information: Name or service not known",
                "the server's name is not known",
            ),
            ("strange", "strange"),
        ] {
            assert_eq!(stream(&io::Error::other(said)), expected);
        }
    }
}
