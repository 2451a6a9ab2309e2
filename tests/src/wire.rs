//! A bare WebSocket on which frames are typed by hand.

use crate::in_time;
use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use std::collections::VecDeque;
use std::net::SocketAddr;
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::http::HeaderValue;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{WebSocketStream, client_async};

/// One connection, seen frame by frame.
pub struct Wire {
    stream: WebSocketStream<TcpStream>,
    requests: u64,
    /// Pushes that came while an answer was waited for.
    pushes: VecDeque<Value>,
    /// The code that the server closed with, once it has.
    closed: Option<Option<u16>>,
}

impl Wire {
    /// A fresh connection that has not said who it is.
    pub async fn dial(server: SocketAddr) -> Self {
        Self::dial_with(server, &[]).await.expect("the server takes the connection")
    }

    /// A fresh connection with these headers in its handshake.
    ///
    /// # Errors
    /// The server does not take it.
    pub async fn dial_with(server: SocketAddr, headers: &[(&'static str, &str)]) -> Result<Self, Box<Error>> {
        let mut request = format!("ws://{server}/ws").into_client_request().unwrap();
        for (name, value) in headers {
            request.headers_mut().insert(*name, HeaderValue::from_str(value).unwrap());
        }
        let stream = in_time("the server's port", TcpStream::connect(server)).await;
        let stream = stream.map_err(|error| Box::new(Error::Io(error)))?;
        stream.set_nodelay(true).unwrap();
        let (stream, _) = in_time("the handshake", client_async(request, stream)).await.map_err(Box::new)?;
        Ok(Self { stream, requests: 0, pushes: VecDeque::new(), closed: None })
    }

    /// Types one text frame as it is.
    pub async fn types(&mut self, text: impl Into<String>) {
        self.sends_message(Message::text(text.into())).await;
    }

    /// Types one text frame, though the server may have hung up already.
    pub async fn try_types(&mut self, text: &str) {
        let _ = in_time("room in the socket", self.stream.send(Message::text(text.to_owned()))).await;
    }

    /// Sends any WebSocket message.
    pub async fn sends_message(&mut self, message: Message) {
        in_time("room in the socket", self.stream.send(message)).await.expect("the socket is open");
    }

    /// The next text frame, whatever it is.
    pub async fn hears(&mut self) -> Value {
        match self.next().await {
            Ok(frame) => frame,
            Err(code) => panic!("the server closed the connection with {code:?}, but a frame was waited for"),
        }
    }

    /// The next text frame; none when the connection is over. [`Self::close_code`] then tells why.
    pub async fn hears_or_end(&mut self) -> Option<Value> {
        match self.next().await {
            Ok(frame) => Some(frame),
            Err(code) => {
                self.closed = Some(code);
                None
            }
        }
    }

    /// Sends a request under a fresh id and gives its answer. Pushes that come in between are kept for later.
    pub async fn asks(&mut self, mut request: Value) -> Value {
        self.requests += 1;
        let id = format!("q{}", self.requests);
        request["id"] = json!(id);
        self.types(request.to_string()).await;
        self.answer_to(&id).await
    }

    /// The answer to a request that was sent under this id.
    pub async fn answer_to(&mut self, id: &str) -> Value {
        loop {
            let frame = self.hears().await;
            match frame.get("id") {
                Some(answered) if answered == id => return frame,
                Some(_) => panic!("waited for the answer to {id}, got {frame}"),
                None => self.pushes.push_back(frame),
            }
        }
    }

    /// The next push of this type. Other pushes before it are dropped.
    pub async fn push(&mut self, kind: &str) -> Value {
        loop {
            let frame = match self.pushes.pop_front() {
                Some(push) => push,
                None => self.hears().await,
            };
            assert!(frame.get("id").is_none(), "waited for a push, got the answer {frame}");
            if frame["type"] == kind {
                return frame;
            }
        }
    }

    /// Whether such a push has come while answers were waited for.
    pub fn has_heard(&self, is_meant: impl Fn(&Value) -> bool) -> bool {
        self.pushes.iter().any(is_meant)
    }

    /// Proves that nothing of this type waits: what was sent before a ping's answer has arrived before it.
    pub async fn has_no_push(&mut self, kind: &str) {
        self.asks(json!({"type": "ping"})).await;
        let unexpected = self.pushes.iter().find(|push| push["type"] == kind);
        assert_eq!(unexpected, None, "nothing of type {kind} was to come");
    }

    /// Reads to the end, and tells the code that the server closed with; none when the socket just ended.
    pub async fn close_code(&mut self) -> Option<u16> {
        if let Some(code) = self.closed {
            return code;
        }
        loop {
            match self.next().await {
                Ok(push) => self.pushes.push_back(push),
                Err(code) => return code,
            }
        }
    }

    /// Goes without a word, as a client does whose machine lost its power (but the socket is closed by the system).
    pub fn vanishes(self) {
        drop(self);
    }

    /// Gives up the WebSocket and keeps the bare socket open, so that nothing is ever read or answered again.
    pub fn falls_asleep(self) -> TcpStream {
        self.stream.into_inner()
    }

    async fn next(&mut self) -> Result<Value, Option<u16>> {
        // One patience for all: a ping in between is no sign that what is waited for will come.
        in_time("a frame", async {
            loop {
                match self.stream.next().await {
                    Some(Ok(Message::Text(text))) => {
                        return Ok(serde_json::from_str(&text).expect("every frame is JSON"));
                    }
                    Some(Ok(Message::Close(frame))) => return Err(frame.map(|frame| u16::from(frame.code))),
                    Some(Ok(_)) => {}
                    Some(Err(_)) | None => return Err(None),
                }
            }
        })
        .await
    }
}
