//! A small file, into memory: for what is only looked at.

use super::TransferError;
use super::http::{Http, Lost, Reply, SILENCE_MAX, nothing};
use super::job::Shared;
use super::pulse::Pulse;
use super::step::{Step, otherwise};
use chat_protocol::{Attachment, ContentHash, ErrorCode};
use http::{Method, StatusCode};
use http_body_util::BodyExt;
use sha2::{Digest, Sha256};
use tokio::time::timeout;

/// Gets a file of at most so many bytes. It is tried once.
pub async fn run(shared: &Shared, file: &Attachment, bytes_max: u64) -> Result<Vec<u8>, TransferError> {
    if file.size > bytes_max {
        return Err(TransferError::TooLarge { bytes: file.size, bytes_max });
    }
    let token = shared.login.borrow().token.clone().ok_or(TransferError::LoggedOut)?;
    let http = Http { server: shared.server.clone(), token };
    let (path, pulse) = (format!("/api/files/{}", file.id), Pulse::new());
    let reply = http.ask(Method::GET, &path, &[], nothing(), &pulse).await.map_err(unreached)?;
    match reply.parts.status {
        StatusCode::OK => read(reply, file).await,
        StatusCode::NOT_FOUND => Err(TransferError::Gone),
        _ => Err(match otherwise(&reply.answer().await.map_err(unreached)?) {
            Step::End(error) => error,
            Step::Later { cause, .. } => unreached(Lost(cause)),
            Step::Append(_) | Step::Whole | Step::Anew => TransferError::Gone,
        }),
    }
}

/// No byte more than there should be is kept, whatever comes.
async fn read(mut reply: Reply, file: &Attachment) -> Result<Vec<u8>, TransferError> {
    let size = usize::try_from(file.size).map_err(|_| TransferError::Damaged)?;
    let mut bytes = Vec::with_capacity(size);
    loop {
        let silent = |_| unreached(Lost("the server has gone silent".to_owned()));
        match timeout(SILENCE_MAX, reply.body.frame()).await.map_err(silent)? {
            Some(Ok(frame)) => {
                let data = frame.into_data().unwrap_or_default();
                if data.len() > size - bytes.len() {
                    return Err(TransferError::Damaged);
                }
                bytes.extend_from_slice(&data);
            }
            Some(Err(error)) => return Err(unreached(super::http::lost(error))),
            None => break,
        }
    }
    let hash = ContentHash::from_bytes(Sha256::digest(&bytes).into());
    if hash == file.sha256 { Ok(bytes) } else { Err(TransferError::Damaged) }
}

fn unreached(Lost(message): Lost) -> TransferError {
    TransferError::Refused { code: ErrorCode::Unavailable, message }
}
