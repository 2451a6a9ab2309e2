//! The door: a connection must say who it is, within a time limit, before anything else is answered.

use super::answer::{self, Refused};
use super::connection::Caller;
use super::session::Ending;
use super::socket::{Incoming, Socket};
use crate::accounts::{AccountError, Login};
use crate::chat::Chat;
use crate::domain::told_days;
use crate::fresh;
use crate::hub::Seat;
use chat_protocol::{
    Call, CloseCode, ErrorCode, Frame, Hello, Limits, Request, RequestId, VERSION, Welcome, decode_request,
    limits,
};
use tokio::time::timeout;

/// Waits for a valid login. Gives the place in the hub, which was taken before the welcome, so no push is missed.
///
/// # Errors
/// How the connection ends without one.
pub async fn enter(socket: &mut Socket, caller: Caller, chat: &Chat) -> Result<Seat, Ending> {
    for _ in 0..chat.limits.login_attempts_max {
        let request = tokio::select! {
            request = timeout(chat.timing.login, next_attempt(socket)) => request,
            () = chat.stopping.cancelled() => return Err(Ending::Close(CloseCode::Restart)),
        };
        let request = request.map_err(|_| Ending::Close(CloseCode::LoginFailed))??;
        match admit(request.call, &caller, chat).await {
            Ok(login) => return welcome(socket, request.id, login, chat).await,
            Err(refused) => socket.send(&refused.into_frame(Some(request.id))).await?,
        }
    }
    Err(Ending::Close(CloseCode::LoginFailed))
}

/// The next request that tries to authenticate. Anything else is refused and gains no time.
async fn next_attempt(socket: &mut Socket) -> Result<Request, Ending> {
    loop {
        let refused = match socket.next().await {
            Incoming::Text(text) => match decode_request(&text) {
                Ok(request) if is_login(&request.call) => return Ok(request),
                Ok(request) => {
                    Refused::new(ErrorCode::Unauthenticated, "log in first").into_frame(Some(request.id))
                }
                Err(refusal) => answer::refusal(refusal),
            },
            Incoming::Binary => answer::binary(),
            Incoming::Alive => continue,
            Incoming::Over(broken) => return Err(Ending::Over(broken)),
        };
        socket.send(&refused).await?;
    }
}

fn is_login(call: &Call) -> bool {
    matches!(call, Call::Hello(_) | Call::Login(_) | Call::Register(_))
}

async fn admit(call: Call, caller: &Caller, chat: &Chat) -> Result<Login, Refused> {
    let from = caller.visitor.address();
    let accounts = &chat.accounts;
    let login = match call {
        Call::Hello(Hello { version, token }) => {
            check_version(version)?;
            let token = token.as_ref().or(caller.cookie.as_ref()).ok_or(AccountError::BadCredentials)?;
            accounts.by_token(token).await?
        }
        Call::Login(login) => {
            check_version(login.version)?;
            accounts.login(from, &login.user, login.password, login.device).await?
        }
        Call::Register(login) => {
            check_version(login.version)?;
            accounts.register(from, login.user, login.password, login.device).await?
        }
        _ => return Err(Refused::new(ErrorCode::Unauthenticated, "log in first")),
    };
    Ok(login)
}

fn check_version(version: u32) -> Result<(), Refused> {
    if version == VERSION {
        return Ok(());
    }
    let message = format!("this server speaks version {VERSION} of the protocol");
    Err(Refused::new(ErrorCode::VersionUnsupported, message))
}

async fn welcome(socket: &mut Socket, id: RequestId, login: Login, chat: &Chat) -> Result<Seat, Ending> {
    let Login { account, device, token, evicted } = login;
    chat.hub.cut(account.id, &evicted, None, CloseCode::Revoked);
    let seat = chat.hub.join(account.id, &account.name, device).map_err(Ending::Close)?;
    // A device that was revoked after its token was looked up, but before it had its seat, was not cut off: look again.
    match chat.accounts.has_device(account.id, device).await {
        Ok(true) => {}
        Ok(false) => return Err(Ending::Close(CloseCode::Revoked)),
        Err(error) => {
            socket.send(&Refused::from(error).into_frame(Some(id))).await?;
            return Err(Ending::Close(CloseCode::Restart));
        }
    }
    let frame = Frame::Welcome(Welcome {
        id,
        version: VERSION,
        server: concat!("chat-server ", env!("CARGO_PKG_VERSION")).to_owned(),
        user: account.name,
        device,
        token,
        now: fresh::now(),
        limits: Limits {
            text_bytes_max: chat.limits.text_bytes_max,
            frame_bytes_max: limits::FRAME_BYTES_MAX,
            page_entries_max: limits::PAGE_ENTRIES_MAX,
            sends_per_second: chat.limits.requests_per_second,
            file_bytes_max: chat.limits.file_bytes_max,
            retention_days: chat.retention.map(told_days),
        },
    });
    socket.send(&frame).await?;
    Ok(seat)
}
