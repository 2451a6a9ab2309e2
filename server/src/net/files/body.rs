//! The body of an upload: read piece by piece into the upload, as fast as it comes and no slower than it may.

use super::asker::Asker;
use super::refusal::Refusal;
use super::watch::Watch;
use crate::chat::Chat;
use crate::files::{FileError, Receiving};
use crate::net::answer::Refused;
use axum::body::{Body, BodyDataStream, Bytes};
use chat_protocol::{Attachment, ErrorCode};
use futures_util::StreamExt;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{Instant, timeout};

/// What is read of a body that nobody wants any more, and for how long: who still sends would otherwise see a broken connection
/// instead of the answer.
const UNWANTED: (usize, Duration) = (16 * 1024 * 1024, Duration::from_secs(2));

/// What an upload has come to.
pub enum Outcome {
    /// It is whole.
    File(Attachment),
    /// It goes on at this offset, some time.
    Part(u64),
}

/// Whether what has come is worth anything without the rest.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Interrupted {
    /// It is kept: whoever sends can go on there.
    Kept,
    /// It is forgotten.
    Forgotten,
}

/// Looks at each piece before it is taken, and at the end at all of them.
pub trait Check: Send + 'static {
    /// The next piece.
    fn add(&mut self, bytes: &[u8]);
    /// Whether they are what was sent.
    fn holds(&self) -> bool;
}

/// Receives a body in a task of its own, so that what has come is kept when the connection breaks.
///
/// # Errors
/// Why it was not taken; when interruptions are kept, what came before still counts.
pub async fn receive(
    chat: &Arc<Chat>,
    asker: Asker,
    receiving: Receiving,
    body: Body,
    check: Option<Box<dyn Check>>,
    interrupted: Interrupted,
) -> Result<Outcome, Refusal> {
    let watch = Watch::new(Arc::clone(chat), asker);
    let reception = Reception { chat: Arc::clone(chat), watch, check, interrupted };
    let received = chat.connections.spawn(reception.run(receiving, body));
    received.await.unwrap_or_else(|error| Err(Refused::new(ErrorCode::Internal, error.to_string()).into()))
}

struct Reception {
    chat: Arc<Chat>,
    watch: Watch,
    check: Option<Box<dyn Check>>,
    interrupted: Interrupted,
}

impl Reception {
    async fn run(mut self, mut receiving: Receiving, body: Body) -> Result<Outcome, Refusal> {
        let mut body = body.into_data_stream();
        let read = match self.read(&mut receiving, &mut body).await {
            Ok(()) if !self.watch.look().await => Err(logged_out()),
            read => read,
        };
        if read.is_err() {
            self.chat.connections.spawn(read_unwanted(body));
        }
        match read {
            Ok(()) if receiving.missing() == 0 => Ok(Outcome::File(receiving.finish().await?)),
            // What was checked is worth keeping; so is what has no check.
            Ok(()) if self.interrupted == Interrupted::Kept => {
                receiving.save().await?;
                Ok(Outcome::Part(receiving.offset()))
            }
            Ok(()) => Err(Refusal::malformed("the body ended before the file did")),
            Err(refusal) => {
                if self.keeps() && !refusal.blames_the_bytes() {
                    // It may have been the disk that failed; then what was saved before is all there is.
                    let _ = receiving.save().await;
                }
                Err(refusal)
            }
        }
    }

    /// Whether what has come counts without what is to come.
    fn keeps(&self) -> bool {
        self.interrupted == Interrupted::Kept && self.check.is_none()
    }

    /// Reads the body to its end. It ends early when it is too slow, too long or broken, when the server stops, when somebody
    /// else goes on with the upload, or when its sender is logged out.
    async fn read(&mut self, receiving: &mut Receiving, body: &mut BodyDataStream) -> Result<(), Refusal> {
        let (chat, wanted) = (Arc::clone(&self.chat), receiving.wanted());
        let mut pace = Pace::new(&chat);
        loop {
            let piece = tokio::select! {
                piece = pace.next(body) => piece?,
                () = chat.stopping.cancelled() => return Err(Refusal::stopping()),
                () = wanted.cancelled() => return Err(FileError::Taken.into()),
            };
            let Some(piece) = piece else { break };
            let bytes = piece.len();
            if let Some(check) = &mut self.check {
                check.add(&piece);
            }
            if receiving.take(piece).await? {
                if self.keeps() { receiving.save().await? } else { drop(receiving.sync().await?) }
            }
            if !self.watch.moved(bytes).await {
                return Err(logged_out());
            }
        }
        match &self.check {
            Some(check) if !check.holds() => {
                let message = "what came does not have the checksum that was sent with it";
                Err(Refused::new(ErrorCode::WrongChecksum, message).into())
            }
            _ => Ok(()),
        }
    }
}

fn logged_out() -> Refusal {
    Refused::new(ErrorCode::BadCredentials, "this device was logged out").into()
}

/// How fast a body comes. Only the time in which nothing is there to be read counts, so a busy server blames nobody.
struct Pace {
    time: Duration,
    bytes_min: u64,
    waited: Duration,
    came: u64,
}

impl Pace {
    fn new(chat: &Chat) -> Self {
        let time = chat.timing.stall;
        let bytes_min = least(chat.limits.transfer_rate_min, time);
        Self { time, bytes_min, waited: Duration::ZERO, came: 0 }
    }

    async fn next(&mut self, body: &mut BodyDataStream) -> Result<Option<Bytes>, Refusal> {
        let began = Instant::now();
        let left = self.time.saturating_sub(self.waited);
        let next = timeout(left, body.next()).await.map_err(|_| Refusal::too_slow())?;
        let Some(piece) = next else { return Ok(None) };
        let piece = piece.map_err(|_| Refusal::malformed("the connection broke"))?;
        self.waited += began.elapsed();
        self.came += piece.len() as u64;
        if self.came >= self.bytes_min {
            (self.waited, self.came) = (Duration::ZERO, 0);
        }
        Ok(Some(piece))
    }
}

/// The bytes that must move in a time at this rate; one at least.
pub fn least(per_second: u64, time: Duration) -> u64 {
    let bytes = u128::from(per_second) * time.as_millis() / 1000;
    u64::try_from(bytes).unwrap_or(u64::MAX).max(1)
}

async fn read_unwanted(mut body: BodyDataStream) {
    let (bytes_max, time) = UNWANTED;
    let reading = async {
        let mut read = 0;
        while let Some(Ok(piece)) = body.next().await {
            read += piece.len();
            if read > bytes_max {
                return;
            }
        }
    };
    // Whoever sends on sees the connection end.
    let _ = timeout(time, reading).await;
}

/// Answers a request whose body nobody reads.
pub fn leave_unread(chat: &Chat, body: Body) {
    chat.connections.spawn(read_unwanted(body.into_data_stream()));
}
