//! The one task of a client: it owns the socket and the outbox, reads the clock, and does what the session says.

use crate::ServerUrl;
use crate::backoff::Backoff;
use crate::event::{Command, Connection, Ended, Event, Job};
use crate::outbox::{Kept, Outbox};
use crate::plain;
use crate::session::{Output, Session};
use chat_protocol::{
    Call, CloseCode, ErrorCode, Failure, Frame, Hello, Login, Password, Request, Token, UserName, VERSION,
    Welcome, limits,
};
use futures_util::{SinkExt, StreamExt};
use std::path::PathBuf;
use std::time::{Duration, Instant};
use tokio::net::TcpStream;
use tokio::sync::mpsc;
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{WebSocketStream, client_async_with_config};

/// Commands that wait for the task. When it is full, [`Handle::command`] says so.
const COMMANDS_MAX: usize = 256;
/// Events that wait for the user. When it is full, the task waits, reads nothing, and so slows the server down.
const EVENTS_MAX: usize = 1024;
/// For the connection and its handshake, and for the answer to the login.
const CONNECT_TIME: Duration = Duration::from_secs(10);
const LOGIN_TIME: Duration = Duration::from_secs(30);
const SILENCE_MAX: Duration = Duration::from_secs(limits::SILENCE_SECONDS_MAX);
/// A connection that lived this long was a good one: the next try begins with short waits again.
const STABLE: Duration = Duration::from_secs(5);
const FRAME_BYTES_MAX: usize = 1024 * 1024;

/// Whom to connect as, and where to.
#[derive(Debug, Clone)]
pub struct Config {
    /// The server.
    pub server: ServerUrl,
    /// The user.
    pub user: UserName,
    /// How to log in the first time. Later connections use the token that the first one got.
    pub auth: Auth,
    /// What the user's list of devices shall call this one.
    pub device: String,
    /// The folder that keeps messages on their way; none to keep nothing.
    pub outbox: Option<PathBuf>,
    /// Whether others are told what has reached this client.
    pub tells_arrivals: bool,
}

/// How to log in.
#[derive(Debug, Clone)]
pub enum Auth {
    /// With the token of an earlier login.
    Token(Token),
    /// With a password.
    Login(Password),
    /// As a new user.
    Register(Password),
}

/// The task has more to do than it is able to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("too much is waiting to be done")]
pub struct Full;

/// The way to a client's task. Dropping all handles ends it.
#[derive(Debug, Clone)]
pub struct Handle {
    commands: mpsc::Sender<Command>,
}

impl Handle {
    /// Asks for something. Never waits.
    ///
    /// # Errors
    /// Too much waits already; nothing was done. After the client's end nothing is done either, and it is no error.
    pub fn command(&self, command: Command) -> Result<(), Full> {
        match self.commands.try_send(command) {
            Ok(()) | Err(mpsc::error::TrySendError::Closed(_)) => Ok(()),
            Err(mpsc::error::TrySendError::Full(_)) => Err(Full),
        }
    }
}

/// Starts a client's task on the current runtime.
///
/// # Errors
/// The outbox cannot be opened.
pub fn connect(config: Config) -> std::io::Result<(Handle, mpsc::Receiver<Event>)> {
    let (outbox, left) = match &config.outbox {
        Some(folder) => Outbox::open(folder)?,
        None => (Outbox::nowhere(), Vec::new()),
    };
    let (commands, inbox) = mpsc::channel(COMMANDS_MAX);
    let (events, told) = mpsc::channel(EVENTS_MAX);
    let session = if config.tells_arrivals { Session::new() } else { Session::silent() };
    let mut driver = Driver { config, session, outbox, inbox, events, backoff: Backoff::default() };
    for Kept { client_id, target, content } in left {
        driver.session.handle_command(Command::Send { client_id, target, content }, Instant::now());
    }
    tokio::spawn(driver.run());
    Ok((Handle { commands }, told))
}

type Socket = WebSocketStream<TcpStream>;

struct Driver {
    config: Config,
    session: Session,
    outbox: Outbox,
    inbox: mpsc::Receiver<Command>,
    events: mpsc::Sender<Event>,
    backoff: Backoff,
}

/// Why the task leaves what it does.
enum Leave {
    /// The connection is lost; a few words why. Perhaps the server said when to come back.
    Lost { reason: String, retry_after: Option<Duration> },
    /// It is over for good.
    Ended(Ended),
    /// Nobody listens any more.
    Alone,
}

type Step<T = ()> = Result<T, Leave>;

fn lost(reason: impl Into<String>) -> Leave {
    Leave::Lost { reason: reason.into(), retry_after: None }
}

fn lost_socket(error: Error) -> Leave {
    lost(plain::socket(&error))
}

fn lost_stream(error: std::io::Error) -> Leave {
    lost(plain::stream(&error))
}

impl Driver {
    async fn run(mut self) {
        let leave = loop {
            match self.one_connection().await {
                Err(Leave::Lost { reason, retry_after }) => {
                    self.session.handle_disconnected();
                    if let Err(leave) = self.wait(reason, retry_after).await {
                        break leave;
                    }
                }
                Err(leave) => break leave,
                Ok(never) => match never {},
            }
        };
        if let Leave::Ended(ended) = leave {
            let _ = self.tell(Event::Connection(Connection::Ended(ended))).await;
        }
    }

    /// From the first packet to the loss of the connection.
    async fn one_connection(&mut self) -> Step<std::convert::Infallible> {
        self.tell(Event::Connection(Connection::Connecting)).await?;
        // Told before the connection is there: what waits is shown as waiting.
        self.put_out(None).await?;
        let connecting = timeout(CONNECT_TIME, open(self.config.server.clone()));
        let mut socket = self.meanwhile(connecting).await?.map_err(|_| lost("no answer"))??;
        let welcome = self.log_in(&mut socket).await?;
        let started = Instant::now();
        self.session.handle_welcome(welcome, started);
        let leave = loop {
            let step = match self.put_out(Some(&mut socket)).await {
                Ok(()) => self.step(&mut socket).await,
                Err(leave) => Err(leave),
            };
            if let Err(leave) = step {
                break leave;
            }
        };
        if started.elapsed() >= STABLE {
            self.backoff.reset();
        }
        if matches!(leave, Leave::Ended(Ended::Stopped) | Leave::Alone) {
            let _ = timeout(Duration::from_secs(1), socket.close(None)).await;
        }
        Err(leave)
    }

    async fn log_in(&mut self, socket: &mut Socket) -> Step<Welcome> {
        let Config { user, auth, device, .. } = &self.config;
        let login = |password: &Password| {
            let (user, password, device) = (user.clone(), password.clone(), device.clone());
            Login { version: VERSION, user, password, device }
        };
        let call = match auth {
            Auth::Token(token) => Call::Hello(Hello { version: VERSION, token: Some(token.clone()) }),
            Auth::Login(password) => Call::Login(login(password)),
            Auth::Register(password) => Call::Register(login(password)),
        };
        let id = "login".parse().expect("a request's id");
        socket.send(Message::text(Request { id, call }.encode())).await.map_err(lost_socket)?;
        let answer = timeout(LOGIN_TIME, next_frame(socket));
        let frame = self.meanwhile(answer).await?.map_err(|_| lost("no answer to the login"))??;
        match frame {
            // What waits in this user's outbox must not go out as somebody else.
            Frame::Welcome(welcome) if welcome.user != self.config.user => {
                let message = format!("this token belongs to {}", welcome.user);
                Err(Leave::Ended(Ended::Refused { code: ErrorCode::BadCredentials, message }))
            }
            Frame::Welcome(welcome) => {
                if let Some(token) = &welcome.token {
                    self.config.auth = Auth::Token(token.clone());
                }
                Ok(welcome)
            }
            Frame::Error(Failure { code, message, retry_after_ms, .. }) if code.is_retryable() => {
                Err(Leave::Lost { reason: message, retry_after: retry_after_ms.map(Duration::from_millis) })
                    .or_else(|leave| self.final_if_password(leave, code))
            }
            Frame::Error(Failure { code, message, .. }) => {
                Err(Leave::Ended(Ended::Refused { code, message }))
            }
            _ => Err(lost("the server did not answer the login")),
        }
    }

    /// Somebody who has just typed a password is told to wait; a device with a token waits by itself.
    fn final_if_password(&self, leave: Leave, code: ErrorCode) -> Step<Welcome> {
        match (leave, &self.config.auth) {
            (Leave::Lost { reason: message, .. }, Auth::Login(_) | Auth::Register(_))
                if code == ErrorCode::RateLimited =>
            {
                Err(Leave::Ended(Ended::Refused { code, message }))
            }
            (leave, _) => Err(leave),
        }
    }

    /// Waits for one of: a frame from the server, a command from the user, the session's deadline, or for so long a
    /// silence that the server must be gone.
    async fn step(&mut self, socket: &mut Socket) -> Step {
        let rest = self.session.deadline().map(|deadline| deadline.saturating_duration_since(Instant::now()));
        let rested = async {
            match rest {
                Some(rest) => tokio::time::sleep(rest).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            heard = timeout(SILENCE_MAX, socket.next()) => {
                let message = heard.map_err(|_| lost("the server has gone silent"))?;
                self.handle_message(message)
            }
            command = self.inbox.recv() => self.handle_command(command),
            () = rested => {
                self.session.handle_time(Instant::now());
                Ok(())
            }
        }
    }

    fn handle_message(&mut self, message: Option<Result<Message, Error>>) -> Step {
        if let Some(frame) = read_message(message)? {
            self.session.handle_frame(frame, Instant::now());
        }
        Ok(())
    }

    fn handle_command(&mut self, command: Option<Command>) -> Step {
        let command = match command {
            None => return Err(Leave::Alone),
            Some(Command::Stop) => return Err(Leave::Ended(Ended::Stopped)),
            Some(command) => command,
        };
        let to_keep = match command.clone() {
            Command::Send { client_id, target, content } => {
                Some(Kept { client_id, target: self.session.known_as(&target), content })
            }
            Command::Retry(client_id) => self.session.outgoing(&client_id).map(Kept::from),
            _ => None,
        };
        if to_keep.is_none_or(|message| self.keep(&message)) {
            self.session.handle_command(command, Instant::now());
        }
        Ok(())
    }

    /// On the disk first, then shown as queued. It takes a few milliseconds, and only when somebody sends.
    fn keep(&mut self, message: &Kept) -> bool {
        let kept = self.outbox.keep(message);
        if let Err(error) = &kept {
            self.session.refuse(Job::Queue(message.client_id.clone()), error.to_string());
        }
        kept.is_ok()
    }

    /// Does what the session says. Without a socket it has nothing to send.
    async fn put_out(&mut self, mut socket: Option<&mut Socket>) -> Step {
        let mut written = false;
        while let Some(output) = self.session.next_output() {
            match (output, socket.as_deref_mut()) {
                (Output::Event(event), _) => self.tell(event).await?,
                (Output::Keep(messages), _) => {
                    let anew: Vec<_> = messages.iter().cloned().map(Kept::from).collect();
                    let is_kept = self.outbox.keep_anew(&anew).is_ok();
                    self.session.handle_kept(&messages, is_kept, Instant::now());
                }
                // One that stays in the journal since the disk takes nothing is sent once more by the next process, under the same id.
                (Output::Settled(client_id), _) => drop(self.outbox.done(&client_id)),
                (Output::Request(request), Some(socket)) => {
                    socket.feed(Message::text(request.encode())).await.map_err(lost_socket)?;
                    written = true;
                }
                (Output::Request(_), None) => {}
            }
        }
        match socket {
            Some(socket) if written => socket.flush().await.map_err(lost_socket),
            _ => Ok(()),
        }
    }

    async fn wait(&mut self, reason: String, retry_after: Option<Duration>) -> Step {
        let mut random = [0; 4];
        getrandom::fill(&mut random).map_err(|_| Leave::Alone)?;
        let backoff = self.backoff.next(u32::from_ne_bytes(random));
        let retry_in = retry_after.unwrap_or(Duration::ZERO).max(backoff);
        self.put_out(None).await?;
        self.tell(Event::Connection(Connection::Waiting { retry_in, reason })).await?;
        self.meanwhile(tokio::time::sleep(retry_in)).await
    }

    /// Waits for something, and takes commands all the while.
    async fn meanwhile<T>(&mut self, work: impl Future<Output = T>) -> Step<T> {
        let mut work = std::pin::pin!(work);
        loop {
            tokio::select! {
                done = &mut work => return Ok(done),
                command = self.inbox.recv() => self.handle_command(command)?,
            }
            self.put_out(None).await?;
        }
    }

    async fn tell(&self, event: Event) -> Step {
        self.events.send(event).await.map_err(|_| Leave::Alone)
    }
}

async fn open(server: ServerUrl) -> Step<Socket> {
    let stream = TcpStream::connect((server.host(), server.port())).await.map_err(lost_stream)?;
    stream.set_nodelay(true).map_err(lost_stream)?;
    let config = WebSocketConfig::default()
        .read_buffer_size(8 * 1024)
        .write_buffer_size(8 * 1024)
        .max_message_size(Some(FRAME_BYTES_MAX))
        .max_frame_size(Some(FRAME_BYTES_MAX));
    let url = format!("ws://{}/ws", server.authority());
    let (socket, _) = client_async_with_config(url, stream, Some(config)).await.map_err(lost_socket)?;
    Ok(socket)
}

async fn next_frame(socket: &mut Socket) -> Step<Frame> {
    loop {
        if let Some(frame) = read_message(socket.next().await)? {
            return Ok(frame);
        }
    }
}

/// The frame in a message; nothing when it is only a sign of life.
fn read_message(message: Option<Result<Message, Error>>) -> Step<Option<Frame>> {
    match message {
        Some(Ok(Message::Text(text))) => serde_json::from_str(&text)
            .map(Some)
            .map_err(|error| lost(format!("the server sent an unreadable frame: {error}"))),
        Some(Ok(Message::Close(frame))) => Err(closed(frame.map(|frame| u16::from(frame.code)))),
        Some(Ok(_)) => Ok(None),
        Some(Err(error)) => Err(lost_socket(error)),
        None => Err(lost("the server hung up")),
    }
}

fn closed(code: Option<u16>) -> Leave {
    let is = |known: CloseCode| code == Some(known.number());
    if is(CloseCode::Revoked) || is(CloseCode::Normal) {
        Leave::Ended(Ended::LoggedOut)
    } else if is(CloseCode::Restart) {
        lost("the server restarts")
    } else if is(CloseCode::Lagging) {
        lost("too slow, catching up")
    } else {
        lost("the server closed the connection")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::AsyncReadExt;
    use tokio::net::TcpListener;

    #[tokio::test]
    async fn a_server_that_hangs_up_is_told_plainly() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let server = format!("http://{}", listener.local_addr().unwrap()).parse().unwrap();
        let (user, auth) = ("ann".parse().unwrap(), Auth::Token(Token::new("t")));
        let config = Config { server, user, auth, device: String::new(), outbox: None, tells_arrivals: true };
        let (_handle, mut told) = connect(config).unwrap();
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut request = Vec::new();
        while !request.ends_with(b"\r\n\r\n") {
            request.push(stream.read_u8().await.unwrap());
        }
        drop(stream);
        loop {
            let event = told.recv().await.unwrap();
            if let Event::Connection(Connection::Waiting { reason, .. }) = event {
                assert_eq!(reason, "the server hung up");
                break;
            }
        }
    }
}
