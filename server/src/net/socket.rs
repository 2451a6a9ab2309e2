//! A WebSocket: frames in and out, each bounded in size and in time.

use chat_protocol::limits::FRAME_BYTES_CUT;
use chat_protocol::{CloseCode, Frame};
use futures_util::{SinkExt, StreamExt};
use std::time::Duration;
use tokio::io::AsyncReadExt;
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::error::CapacityError;
use tokio_tungstenite::tungstenite::protocol::frame::CloseFrame;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode as Code;
use tokio_tungstenite::tungstenite::protocol::{Role, WebSocketConfig};
use tokio_tungstenite::tungstenite::{Bytes, Error, Message, Utf8Bytes};

/// The library's own default of 128 KiB would be paid by each idle connection.
const READ_BUFFER_BYTES: usize = 2 * 1024;
/// Frames are gathered up to here before they are given to the system.
const WRITE_BUFFER_BYTES: usize = 16 * 1024;
/// How long a client may take to answer a close frame.
const GOODBYE: Duration = Duration::from_secs(1);

/// What came from a client.
#[derive(Debug)]
pub enum Incoming {
    /// A text frame.
    Text(Utf8Bytes),
    /// A binary frame, which this protocol does not have.
    Binary,
    /// A ping, or the answer to one.
    Alive,
    /// The connection is over, or was broken so that the socket can only be closed with this code.
    Over(Option<Code>),
}

/// The socket cannot be written any more.
#[derive(Debug)]
pub struct Gone;

/// One client's socket.
pub struct Socket {
    stream: WebSocketStream<TcpStream>,
    write_time: Duration,
}

impl Socket {
    /// A socket after its handshake; `early` has arrived together with that. A write that takes longer than
    /// `write_time` counts as a connection lost.
    pub async fn new(stream: TcpStream, early: Vec<u8>, write_time: Duration) -> Self {
        let config = WebSocketConfig::default()
            .read_buffer_size(READ_BUFFER_BYTES)
            .write_buffer_size(WRITE_BUFFER_BYTES)
            .max_message_size(Some(FRAME_BYTES_CUT))
            .max_frame_size(Some(FRAME_BYTES_CUT));
        let stream = WebSocketStream::from_partially_read(stream, early, Role::Server, Some(config)).await;
        Self { stream, write_time }
    }

    /// The next thing that comes. May be dropped and called again.
    pub async fn next(&mut self) -> Incoming {
        match self.stream.next().await {
            Some(Ok(Message::Text(text))) => Incoming::Text(text),
            Some(Ok(Message::Binary(_))) => Incoming::Binary,
            // The library has put the pong into its write buffer, which has no end. Who sends pings and reads nothing
            // shall wait at their own end of the socket.
            Some(Ok(Message::Ping(_))) => match self.flush().await {
                Ok(()) => Incoming::Alive,
                Err(Gone) => Incoming::Over(None),
            },
            Some(Ok(Message::Pong(_) | Message::Frame(_))) => Incoming::Alive,
            Some(Ok(Message::Close(_))) | None => Incoming::Over(None),
            Some(Err(error)) => Incoming::Over(broken(&error)),
        }
    }

    /// Writes one frame through.
    pub async fn send(&mut self, frame: &Frame) -> Result<(), Gone> {
        self.feed(frame.encode().into()).await?;
        self.flush().await
    }

    /// Puts an encoded frame into the write buffer, which is written when it is full.
    pub async fn feed(&mut self, frame: Utf8Bytes) -> Result<(), Gone> {
        in_time(self.write_time, self.stream.feed(Message::Text(frame))).await
    }

    /// Writes what is in the buffer.
    pub async fn flush(&mut self) -> Result<(), Gone> {
        in_time(self.write_time, self.stream.flush()).await
    }

    /// Asks the client whether it is still there.
    pub async fn ping(&mut self) -> Result<(), Gone> {
        in_time(self.write_time, self.stream.send(Message::Ping(Bytes::new()))).await
    }

    /// Says goodbye with one of the chat's codes.
    pub async fn close(self, code: CloseCode) {
        self.close_with(Code::from(code.number()), code.reason()).await;
    }

    /// Says goodbye because the connection ended as [`Incoming::Over`] tells.
    pub async fn end(mut self, broken: Option<Code>) {
        match broken {
            Some(code) => self.close_with(code, "").await,
            // The library has answered the client's close frame; this writes the answer through.
            None => drop(timeout(GOODBYE, self.stream.flush()).await),
        }
    }

    async fn close_with(mut self, code: Code, reason: &'static str) {
        let goodbye = CloseFrame { code, reason: reason.into() };
        let farewell = async {
            if self.stream.close(Some(goodbye)).await.is_ok() {
                // Closing a socket with bytes unread resets it, and the client might never see why it was closed.
                let mut rest = [0; 1024];
                while self.stream.get_mut().read(&mut rest).await.is_ok_and(|count| count > 0) {}
            }
        };
        let _ = timeout(GOODBYE, Box::pin(farewell)).await;
    }
}

async fn in_time(limit: Duration, write: impl Future<Output = Result<(), Error>>) -> Result<(), Gone> {
    match timeout(limit, write).await {
        Ok(Ok(())) => Ok(()),
        Ok(Err(_)) | Err(_) => Err(Gone),
    }
}

/// The code that RFC 6455 (section 7.4.1) has for a broken connection; none when it is just lost.
fn broken(error: &Error) -> Option<Code> {
    match error {
        Error::Capacity(CapacityError::MessageTooLong { .. }) => Some(Code::Size),
        Error::Utf8(_) => Some(Code::Invalid),
        Error::Protocol(_) => Some(Code::Protocol),
        _ => None,
    }
}
