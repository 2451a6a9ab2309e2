//! Accepts connections and speaks HTTP/1.1 on them.

use super::admission::{Admission, Visitor};
use super::files::{self, least};
use super::line::{Counted, Line};
use super::router;
use crate::chat::Chat;
use crate::config::Timing;
use axum::Router;
use axum::response::IntoResponse;
use http::{Request, StatusCode};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::{Service, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use std::convert::Infallible;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::time::{sleep, timeout};

/// For requests that are being answered when the chat stops.
const LAST_ANSWERS: Duration = Duration::from_secs(2);
/// Bytes of one request's head.
const HEAD_BYTES_MAX: usize = 16 * 1024;
/// Told to connections beyond the limit. It fits any socket's buffer, so nothing waits for it.
const TOO_MANY: &[u8] =
    b"HTTP/1.1 429 Too Many Requests\r\nContent-Length: 21\r\nConnection: close\r\n\r\ntoo many connections\n";

/// Serves until the chat stops.
pub async fn serve(listener: TcpListener, chat: Arc<Chat>) {
    let admission = Admission::new(&chat.limits);
    let router = router::router(Arc::clone(&chat));
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = chat.stopping.cancelled() => return,
        };
        match accepted {
            Ok((stream, from)) => match admission.admit(from.ip()) {
                Some(visitor) => start(stream, visitor, router.clone(), &chat),
                None => drop(stream.try_write(TOO_MANY)),
            },
            Err(error) => pause_after(&error).await,
        }
    }
}

fn start(stream: TcpStream, visitor: Visitor, router: Router, chat: &Arc<Chat>) {
    // Frames are small and each matters now.
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "nodelay");
    }
    let spoken = speak_http(stream, visitor, router, Arc::clone(chat));
    chat.connections.spawn(spoken);
}

/// One connection, until it closes, becomes a WebSocket, has had its time or the chat stops.
async fn speak_http(stream: TcpStream, visitor: Visitor, router: Router, chat: Arc<Chat>) {
    let Timing { http: time_to_answer, http_life, stall, .. } = chat.timing;
    let line = Line::default();
    let io = TokioIo::new(Counted::new(stream, line.clone()));
    let router = TowerToHyperService::new(router);
    let noted = line.clone();
    let service = service_fn(move |mut request: Request<Incoming>| {
        request.extensions_mut().insert(visitor.clone());
        // A file takes as long as it moves, which those who move it see to.
        let time = if files::is_transfer(&request, &noted) { Duration::MAX } else { time_to_answer };
        let answer = router.call(request);
        async move {
            Ok::<_, Infallible>(match timeout(time, answer).await {
                Ok(Ok(response)) => response,
                Ok(Err(never)) => match never {},
                Err(_) => StatusCode::REQUEST_TIMEOUT.into_response(),
            })
        }
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(time_to_answer)
        .max_buf_size(HEAD_BYTES_MAX)
        .serve_connection(io, service)
        .with_upgrades();
    let mut connection = pin!(connection);
    // Nothing else bounds how long a client may take to read its answers.
    tokio::select! {
        ended = connection.as_mut() => return note_end(ended),
        () = sleep(http_life) => {}
        () = chat.stopping.cancelled() => {}
    }
    // What is under way may end; nothing new begins.
    connection.as_mut().graceful_shutdown();
    let cut_off = async {
        loop {
            let (time, before) = (if line.carries_file() { stall } else { time_to_answer }, line.moved());
            sleep(time).await;
            let moved = line.moved() - before;
            if !line.carries_file() || moved < least(chat.limits.transfer_rate_min, time) {
                return;
            }
        }
    };
    let stopped = async {
        chat.stopping.cancelled().await;
        sleep(LAST_ANSWERS).await;
    };
    tokio::select! {
        ended = connection => note_end(ended),
        () = cut_off => tracing::debug!("an HTTP connection was cut off"),
        () = stopped => tracing::debug!("an HTTP connection was cut off by the stop"),
    }
}

fn note_end(ended: hyper::Result<()>) {
    if let Err(error) = ended {
        tracing::debug!(%error, "an HTTP connection ended");
    }
}

/// A connection that died before it was taken is nothing; without free descriptors the next try would fail at once.
async fn pause_after(error: &std::io::Error) {
    if error.kind() != std::io::ErrorKind::ConnectionAborted {
        tracing::warn!(%error, "no connection can be accepted");
        sleep(Duration::from_millis(100)).await;
    }
}
