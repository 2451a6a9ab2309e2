//! Somebody who sends and gets files, request by request.

use crate::http::{self, Answer};
use serde_json::Value;
use std::net::SocketAddr;
use tokio::net::TcpStream;

/// What tus sends the bytes of a file as.
pub const BYTES: (&str, &str) = ("Content-Type", "application/offset+octet-stream");
const TUS: (&str, &str) = ("Tus-Resumable", "1.0.0");

/// One device's way to the file routes.
pub struct Courier {
    server: SocketAddr,
    bearer: String,
}

impl Courier {
    /// With a device's token.
    pub fn new(server: SocketAddr, token: &str) -> Self {
        Self { server, bearer: format!("Bearer {token}") }
    }

    /// Any request.
    pub async fn asks(&self, line: &str, headers: &[(&str, &str)], body: &[u8]) -> Answer {
        http::request_bytes(self.server, line, &self.headers(headers), body).await
    }

    /// The head of a request that promises so many bytes.
    pub async fn begins(&self, line: &str, headers: &[(&str, &str)], length: usize) -> TcpStream {
        http::begins(self.server, line, &self.headers(headers), length).await
    }

    fn headers<'a>(&'a self, more: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
        [&[("Authorization", self.bearer.as_str()), TUS], more].concat()
    }

    /// Uploads a whole file in one request; gives what the server says of it.
    pub async fn uploads(&self, name: &str, bytes: &[u8]) -> Value {
        let answer = self.asks(&format!("POST /api/files?name={name}"), &[], bytes).await;
        assert_eq!(answer.status, 201, "{}", answer.body);
        answer.json()
    }

    /// Begins an upload of this length; gives its path.
    pub async fn creates(&self, length: u64) -> String {
        let answer = self.asks("POST /api/uploads", &[("Upload-Length", &length.to_string())], b"").await;
        assert_eq!(answer.status, 201, "{}", answer.body);
        answer.header("location").unwrap().to_owned()
    }

    /// Goes on with an upload.
    pub async fn appends(&self, path: &str, offset: u64, bytes: &[u8]) -> Answer {
        self.asks(&format!("PATCH {path}"), &[BYTES, ("Upload-Offset", &offset.to_string())], bytes).await
    }

    /// How far an upload is.
    pub async fn offset(&self, path: &str) -> u64 {
        let answer = self.asks(&format!("HEAD {path}"), &[], b"").await;
        assert_eq!(answer.status, 200, "{path}");
        answer.header("upload-offset").unwrap().parse().unwrap()
    }

    /// Gets a file, or whatever the server says instead.
    pub async fn gets(&self, id: &str, headers: &[(&str, &str)]) -> Answer {
        self.asks(&format!("GET /api/files/{id}"), headers, b"").await
    }
}
