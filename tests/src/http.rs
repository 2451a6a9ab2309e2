//! HTTP by hand, so that a story sees every byte of an answer.

use crate::in_time;
use std::net::SocketAddr;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// An answer.
#[derive(Debug)]
pub struct Answer {
    /// The status.
    pub status: u16,
    /// The headers, names in lower case, in their order.
    pub headers: Vec<(String, String)>,
    /// The body as text, when it is not long.
    pub body: String,
    /// The body.
    pub bytes: Vec<u8>,
}

impl Answer {
    /// The first header of this name.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// The body as JSON.
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.body))
    }
}

/// Sends one request; `Host` is the server's address unless the headers say otherwise.
pub async fn request(server: SocketAddr, line: &str, headers: &[(&str, &str)], body: &str) -> Answer {
    request_bytes(server, line, headers, body.as_bytes()).await
}

/// The same with any bytes.
pub async fn request_bytes(server: SocketAddr, line: &str, headers: &[(&str, &str)], body: &[u8]) -> Answer {
    let mut stream = begins(server, line, headers, body.len()).await;
    // A server that has answered already may not read it all.
    let _ = in_time(line, stream.write_all(body)).await;
    answer(line, stream).await
}

/// Sends the head of a request that promises so many bytes; the rest is for the story to send.
pub async fn begins(server: SocketAddr, line: &str, headers: &[(&str, &str)], length: usize) -> TcpStream {
    let has = |name: &str| headers.iter().any(|(known, _)| known.eq_ignore_ascii_case(name));
    let mut text = format!("{line} HTTP/1.1\r\nConnection: close\r\n");
    if !has("content-length") && !has("transfer-encoding") {
        text += &format!("Content-Length: {length}\r\n");
    }
    if !has("host") {
        text += &format!("Host: {server}\r\n");
    }
    for (name, value) in headers {
        text += &format!("{name}: {value}\r\n");
    }
    text += "\r\n";
    let mut stream = in_time("the server's port", TcpStream::connect(server)).await.unwrap();
    stream.write_all(text.as_bytes()).await.unwrap();
    stream
}

/// Reads the answer to the end.
pub async fn answer(what: &str, mut stream: TcpStream) -> Answer {
    let mut answer = Vec::new();
    // Where bytes were left unread, the connection may end with a reset after the answer.
    let ended = in_time(what, stream.read_to_end(&mut answer)).await;
    assert!(ended.is_ok() || !answer.is_empty(), "{what}: {ended:?}");
    parse(&answer)
}

fn parse(bytes: &[u8]) -> Answer {
    let end = bytes.windows(4).position(|four| four == b"\r\n\r\n");
    let end = end.unwrap_or_else(|| panic!("no HTTP answer: {:?}", String::from_utf8_lossy(bytes)));
    let head = std::str::from_utf8(&bytes[..end]).unwrap();
    let mut lines = head.lines();
    let status = lines.next().and_then(|line| line.split(' ').nth(1)).unwrap().parse().unwrap();
    let headers = lines.filter_map(|line| line.split_once(": "));
    let headers = headers.map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned())).collect();
    let bytes = bytes[end + 4..].to_vec();
    let is_long = bytes.len() > 1 << 20;
    let body = if is_long { String::new() } else { String::from_utf8_lossy(&bytes).into_owned() };
    Answer { status, headers, body, bytes }
}
