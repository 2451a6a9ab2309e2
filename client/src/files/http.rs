//! One request at a time to the server's file routes, each on a connection of its own.

use super::pulse::Pulse;
use super::step::Answer;
use crate::{ServerUrl, plain};
use bytes::Bytes;
use chat_protocol::{Failure, Frame, Token};
use http::header::{AUTHORIZATION, HOST, HeaderName, HeaderValue, RETRY_AFTER};
use http::response::Parts;
use http::{Method, Request};
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt, Empty, Limited};
use hyper::body::Incoming;
use hyper_util::rt::TokioIo;
use std::io;
use std::time::Duration;
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_util::task::AbortOnDropHandle;

pub const TUS_RESUMABLE: HeaderName = HeaderName::from_static("tus-resumable");
pub const UPLOAD_OFFSET: HeaderName = HeaderName::from_static("upload-offset");
pub const UPLOAD_LENGTH: HeaderName = HeaderName::from_static("upload-length");
pub const UPLOAD_METADATA: HeaderName = HeaderName::from_static("upload-metadata");

const CONNECT_TIME: Duration = Duration::from_secs(10);
/// A line on which nothing moves for so long is dead.
pub const SILENCE_MAX: Duration = Duration::from_secs(40);
/// What is read of a refusal.
const REFUSAL_BYTES_MAX: usize = 64 * 1024;

/// What a request sends.
pub type Body = UnsyncBoxBody<Bytes, io::Error>;

/// There was no answer; a few words why.
#[derive(Debug)]
pub struct Lost(pub String);

/// The way to the server, as one device.
#[derive(Clone)]
pub struct Http {
    pub server: ServerUrl,
    pub token: Token,
}

/// An answer whose body is still to be read.
pub struct Reply {
    pub parts: Parts,
    pub body: Incoming,
    /// The connection ends with it.
    _line: AbortOnDropHandle<()>,
}

/// A body without anything in it.
pub fn nothing() -> Body {
    Empty::new().map_err(|never| match never {}).boxed_unsync()
}

impl Http {
    /// Sends a request. `pulse` is beaten by whoever moves the body; nothing else moves meanwhile.
    pub async fn ask(
        &self,
        method: Method,
        path: &str,
        headers: &[(HeaderName, String)],
        body: Body,
        pulse: &Pulse,
    ) -> Result<Reply, Lost> {
        let address = (self.server.host(), self.server.port());
        let stream = timeout(CONNECT_TIME, TcpStream::connect(address)).await;
        let stream = stream.map_err(|_| Lost("no answer".to_owned()))?.map_err(lost)?;
        stream.set_nodelay(true).map_err(lost)?;
        let (mut sender, connection) =
            hyper::client::conn::http1::handshake(TokioIo::new(stream)).await.map_err(lost)?;
        let line = AbortOnDropHandle::new(tokio::spawn(async move {
            // How it ends is known from the request and from the body.
            let _ = connection.await;
        }));
        let request = self.request(method, path, headers, body).map_err(lost)?;
        pulse.beat();
        let reply = pulse.watch(SILENCE_MAX, sender.send_request(request)).await;
        let reply = reply.ok_or_else(|| Lost("the server has gone silent".to_owned()))?.map_err(lost)?;
        let (parts, body) = reply.into_parts();
        Ok(Reply { parts, body, _line: line })
    }

    fn request(
        &self,
        method: Method,
        path: &str,
        headers: &[(HeaderName, String)],
        body: Body,
    ) -> Result<Request<Body>, http::Error> {
        let mut bearer = HeaderValue::try_from(format!("Bearer {}", self.token.expose()))?;
        bearer.set_sensitive(true);
        let mut request = Request::builder().method(method).uri(path);
        request = request.header(HOST, self.server.authority()).header(AUTHORIZATION, bearer);
        for (name, value) in headers {
            request = request.header(name, value);
        }
        request.body(body)
    }
}

impl Reply {
    /// A header as text.
    pub fn header(&self, name: &HeaderName) -> Option<&str> {
        self.parts.headers.get(name)?.to_str().ok()
    }

    /// Reads what there is to be known of an answer whose body is not the file.
    pub async fn answer(self) -> Result<Answer, Lost> {
        let number = |name: HeaderName| self.header(&name).and_then(|value| value.parse().ok());
        let offset = number(UPLOAD_OFFSET);
        let retry_after = number(RETRY_AFTER).map(Duration::from_secs);
        let mut answer =
            Answer { status: self.parts.status.as_u16(), offset, retry_after, ..Answer::default() };
        if self.parts.status.is_success() {
            return Ok(answer);
        }
        // A refusal that cannot be read is one without words.
        let body = timeout(SILENCE_MAX, Limited::new(self.body, REFUSAL_BYTES_MAX).collect()).await;
        let bytes = body.ok().and_then(Result::ok).map(http_body_util::Collected::to_bytes);
        if let Some(Ok(Frame::Error(failure))) = bytes.map(|bytes| serde_json::from_slice(&bytes)) {
            let Failure { code, message, retry_after_ms, .. } = failure;
            (answer.code, answer.message) = (Some(code), message);
            answer.retry_after = retry_after_ms.map(Duration::from_millis).or(answer.retry_after);
        }
        Ok(answer)
    }
}

/// Why it was lost, in a few words for people.
pub fn lost(error: impl std::error::Error + 'static) -> Lost {
    Lost(plain::http(&error))
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpListener;

    /// What a request comes to at a server that says this much and hangs up.
    async fn cut_after(said: &'static str) -> Lost {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let server = format!("http://{}", listener.local_addr().unwrap()).parse().unwrap();
        tokio::spawn(async move {
            let (mut line, _) = listener.accept().await.unwrap();
            let _ = line.read(&mut [0; 1000]).await;
            line.write_all(said.as_bytes()).await.unwrap();
        });
        let http = Http { server, token: Token::new("t") };
        match http.ask(Method::GET, "/", &[], nothing(), &Pulse::new()).await {
            Ok(reply) => lost(reply.body.collect().await.unwrap_err()),
            Err(lost) => lost,
        }
    }

    #[tokio::test]
    async fn an_answer_that_is_cut_off_is_told_plainly() {
        for said in ["", "HTTP/1.1 2", "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf"] {
            assert_eq!(cut_after(said).await.0, "the connection broke", "{said:?}");
        }
    }
}
