//! What the port answers while the server has no store yet.

use std::convert::Infallible;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

/// Told to everybody, whatever they ask. A browser asks again by itself.
const STARTING: &[u8] = b"HTTP/1.1 503 Service Unavailable\r\n\
    Content-Type: text/plain; charset=utf-8\r\nContent-Length: 53\r\n\
    Cache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\n\
    Retry-After: 2\r\nRefresh: 2\r\nConnection: close\r\n\r\n\
    chat-server is starting: it waits for its database.\r\n";
/// For somebody to ask something.
const QUESTION: Duration = Duration::from_secs(5);
/// Connections that are answered at once. More wait in the system's queue.
const ANSWERS_MAX: usize = 64;

/// Answers until it is dropped.
pub async fn say_starting(listener: &TcpListener) -> Infallible {
    let mut answers = Answers(JoinSet::new());
    loop {
        while answers.0.len() >= ANSWERS_MAX {
            answers.0.join_next().await;
        }
        match listener.accept().await {
            Ok((stream, _)) => drop(answers.0.spawn(answer(stream))),
            // Without free descriptors the next try would fail at once.
            Err(_) => sleep(Duration::from_millis(100)).await,
        }
        while answers.0.try_join_next().is_some() {}
    }
}

/// Answers under way. They outlive the wait for the store, for a short time that each has anyway.
struct Answers(JoinSet<()>);

impl Drop for Answers {
    fn drop(&mut self) {
        self.0.detach_all();
    }
}

/// Waits for the first bytes of a question, so that the answer is not taken for a reset.
async fn answer(mut stream: TcpStream) {
    let spoken = async {
        let _ = stream.read(&mut [0; 4096]).await?;
        stream.write_all(STARTING).await?;
        stream.shutdown().await
    };
    // Whoever went away wanted no answer.
    let _ = timeout(QUESTION, spoken).await;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_answer_is_as_long_as_it_says() {
        let text = std::str::from_utf8(STARTING).unwrap();
        let (head, body) = text.split_once("\r\n\r\n").unwrap();
        assert!(head.contains(&format!("Content-Length: {}", body.len())), "{}", body.len());
    }
}
