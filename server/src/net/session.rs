//! A live session: one task that owns one socket.

use super::admission::Visitor;
use super::answer::{self, Refused};
use super::calls::{self, Done, Speaker};
use super::socket::{Gone, Incoming, Socket};
use crate::chat::Chat;
use crate::domain::Bucket;
use crate::hub::{Seat, Session};
use crate::mailbox::{Letter, Order};
use chat_protocol::{CloseCode, Frame, Request, decode_request};
use std::collections::VecDeque;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{Instant, Sleep, sleep_until};
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode as Code;

/// How a connection ends.
#[derive(Debug)]
pub enum Ending {
    /// The server closes it.
    Close(CloseCode),
    /// The client closed it, or broke the WebSocket protocol in the way that the code tells.
    Over(Option<Code>),
    /// The socket cannot be written any more.
    Gone,
}

impl Ending {
    /// Ends the socket this way.
    pub async fn of(self, socket: Socket) {
        match self {
            Self::Close(code) => socket.close(code).await,
            Self::Over(broken) => socket.end(broken).await,
            Self::Gone => drop(socket),
        }
    }
}

impl From<Gone> for Ending {
    fn from(_: Gone) -> Self {
        Self::Gone
    }
}

/// One session and its socket. Its requests are done one after another, but a send does not wait for its commit.
pub struct Live {
    socket: Socket,
    speaker: Speaker,
    chat: Arc<Chat>,
    bucket: Bucket,
    /// Sends that wait for their outcome.
    in_flight: usize,
    /// The order that holds.
    order: Option<Order>,
    heard_at: Instant,
    ping_at: Instant,
    /// Fires when a ping is due or the client has been silent for too long.
    alarm: Pin<Box<Sleep>>,
}

impl Live {
    /// A session that begins now.
    pub fn new(socket: Socket, seat: Seat, visitor: Visitor, chat: Arc<Chat>) -> Self {
        let now = Instant::now();
        let ping_at = now + chat.timing.ping;
        let alarm = Box::pin(sleep_until(ping_at));
        let speaker = Speaker::new(seat, visitor, now.into_std());
        let bucket = Bucket::full(now.into_std());
        Self { socket, speaker, chat, bucket, in_flight: 0, order: None, heard_at: now, ping_at, alarm }
    }

    /// Runs until either side ends it.
    pub async fn run(mut self) {
        let ending = loop {
            match self.step().await {
                Ok(()) => {}
                Err(ending) => break ending,
            }
        };
        // Whoever is offline is offline at once, not after a slow goodbye.
        drop(self.speaker);
        Box::pin(ending.of(self.socket)).await;
    }

    /// Waits for one of: letters from the sequencer, from other sessions or an order (the mailbox); a frame from the
    /// client; the alarm.
    async fn step(&mut self) -> Result<(), Ending> {
        if self.order == Some(Order::Drain) && self.in_flight == 0 {
            return Err(Ending::Close(CloseCode::Restart));
        }
        // With too many sends in flight it reads nothing, so the client has to wait at its own end of the socket.
        let may_read = self.order.is_none() && self.in_flight < self.chat.limits.sends_in_flight_max;
        tokio::select! {
            (letters, order) = self.speaker.seat.session.mailbox.take(self.order) => {
                self.order = order;
                self.deliver(letters).await
            }
            incoming = self.socket.next(), if may_read => {
                self.heard_at = Instant::now();
                self.handle(incoming).await
            }
            () = &mut self.alarm => self.keep_alive(may_read).await,
        }
    }

    async fn deliver(&mut self, letters: VecDeque<Letter>) -> Result<(), Ending> {
        if let Some(Order::Cut(code)) = self.order {
            return Err(Ending::Close(code));
        }
        let socket = &mut self.socket;
        let in_flight = &mut self.in_flight;
        let write = async {
            for letter in letters {
                let frame = match letter {
                    Letter::Outcome(frame) => {
                        *in_flight -= 1;
                        frame
                    }
                    Letter::Push(frame) => frame,
                };
                socket.feed(frame).await?;
            }
            socket.flush().await
        };
        Ok(unless_cut(&self.speaker.seat.session, write).await??)
    }

    async fn handle(&mut self, incoming: Incoming) -> Result<(), Ending> {
        let frame = match incoming {
            Incoming::Text(text) => match decode_request(&text) {
                Ok(request) => return self.serve(request).await,
                Err(refusal) => answer::refusal(refusal),
            },
            Incoming::Binary => answer::binary(),
            Incoming::Alive => return Ok(()),
            Incoming::Over(broken) => return Err(Ending::Over(broken)),
        };
        self.answer(&frame).await
    }

    async fn serve(&mut self, Request { id, call }: Request) -> Result<(), Ending> {
        let per_second = self.chat.limits.requests_per_second;
        if let Err(wait) =
            self.bucket.take(Instant::now().into_std(), per_second * 2, Duration::from_secs(1) / per_second)
        {
            return self.answer(&Refused::too_fast(wait).into_frame(Some(id))).await;
        }
        let session = Arc::clone(&self.speaker.seat.session);
        // Boxed, so that the idle session does not hold the room that its largest request needs.
        let doing = Box::pin(calls::serve(&mut self.speaker, &self.chat, id.clone(), call));
        match unless_cut(&session, doing).await? {
            Ok(Done::Answered(frame)) => self.answer(&frame).await,
            Ok(Done::Silently) => Ok(()),
            Ok(Done::InFlight) => {
                self.in_flight += 1;
                Ok(())
            }
            Ok(Done::LoggedOut) => {
                self.answer(&Frame::Ok { id }).await?;
                Err(Ending::Close(CloseCode::Normal))
            }
            Ok(Done::Gone) => {
                self.answer(&Frame::Ok { id }).await?;
                Err(Ending::Close(CloseCode::Revoked))
            }
            Err(refused) => self.answer(&refused.into_frame(Some(id))).await,
        }
    }

    async fn answer(&mut self, frame: &Frame) -> Result<(), Ending> {
        Ok(unless_cut(&self.speaker.seat.session, self.socket.send(frame)).await??)
    }

    async fn keep_alive(&mut self, may_read: bool) -> Result<(), Ending> {
        let now = Instant::now();
        if !may_read {
            // It may be talking; nobody listens right now.
            self.heard_at = now;
        }
        let timing = self.chat.timing;
        if now.duration_since(self.heard_at) >= timing.silence {
            return Err(Ending::Close(CloseCode::Silent));
        }
        if now >= self.ping_at {
            self.ping_at = now + timing.ping;
            unless_cut(&self.speaker.seat.session, self.socket.ping()).await??;
        }
        // What is heard in the meantime makes it fire too early, which does no harm.
        self.alarm.as_mut().reset(self.ping_at.min(self.heard_at + timing.silence));
        Ok(())
    }
}

/// Does some work, or gives it up when the session is to be cut off. Work that needs not wait is always done.
async fn unless_cut<T>(session: &Session, work: impl Future<Output = T>) -> Result<T, Ending> {
    tokio::select! {
        biased;
        done = work => Ok(done),
        code = session.mailbox.cut() => Err(Ending::Close(code)),
    }
}
