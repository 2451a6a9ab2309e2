//! The tus protocol 1.0.0 (<https://tus.io/protocols/resumable-upload>): creation, creation-with-upload, checksum, expiration,
//! termination. An upload's id is the file's id once it is whole.

use super::asker::Asker;
use super::body::{Check, Interrupted, Outcome, leave_unread, receive};
use super::headers;
use super::refusal::Refusal;
use crate::chat::Chat;
use crate::files::{FileError, media_type};
use crate::net::answer::Refused;
use axum::body::Body;
use axum::extract::{Path, Request, State};
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use chat_protocol::{ErrorCode, FileId};
use http::header::{self, HeaderMap, HeaderName, HeaderValue};
use http::request::Parts;
use http::{Method, StatusCode};
use sha1::Sha1;
use sha2::{Digest, Sha256};
use std::sync::Arc;
use std::time::{Duration, UNIX_EPOCH};

const VERSION: &str = "1.0.0";
const EXTENSIONS: &str = "creation,creation-with-upload,checksum,expiration,termination";
const ALGORITHMS: &str = "sha1,sha256";
const BYTES: &str = "application/offset+octet-stream";

const TUS_RESUMABLE: HeaderName = HeaderName::from_static("tus-resumable");
const TUS_VERSION: HeaderName = HeaderName::from_static("tus-version");
const TUS_EXTENSION: HeaderName = HeaderName::from_static("tus-extension");
const TUS_MAX_SIZE: HeaderName = HeaderName::from_static("tus-max-size");
const TUS_CHECKSUM_ALGORITHM: HeaderName = HeaderName::from_static("tus-checksum-algorithm");
const UPLOAD_OFFSET: HeaderName = HeaderName::from_static("upload-offset");
const UPLOAD_LENGTH: HeaderName = HeaderName::from_static("upload-length");
const UPLOAD_METADATA: HeaderName = HeaderName::from_static("upload-metadata");
const UPLOAD_CHECKSUM: HeaderName = HeaderName::from_static("upload-checksum");
const UPLOAD_EXPIRES: HeaderName = HeaderName::from_static("upload-expires");
const METHOD_OVERRIDE: HeaderName = HeaderName::from_static("x-http-method-override");

type Answer = Result<Response, Refusal>;

/// `/api/uploads`: what this server can do, and new uploads.
pub async fn uploads(State(chat): State<Arc<Chat>>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let answer = match method(&parts) {
        Method::OPTIONS => Ok(able(&chat)),
        Method::POST => create(&chat, &parts, body).await,
        _ => Ok(StatusCode::METHOD_NOT_ALLOWED.into_response()),
    };
    marked(answer)
}

/// `/api/uploads/<id>`: one upload.
pub async fn upload(State(chat): State<Arc<Chat>>, Path(id): Path<String>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let answer = match method(&parts) {
        Method::OPTIONS => Ok(able(&chat)),
        Method::HEAD => tell(&chat, &parts, &id).await,
        Method::PATCH => append(&chat, &parts, &id, body).await,
        Method::DELETE => abandon(&chat, &parts, &id).await,
        _ => Ok(StatusCode::METHOD_NOT_ALLOWED.into_response()),
    };
    marked(answer)
}

/// The request's method, or the one that it stands for where a proxy lets only some of them pass.
fn method(parts: &Parts) -> Method {
    let meant = headers::text(&parts.headers, &METHOD_OVERRIDE).and_then(|name| name.parse().ok());
    meant.unwrap_or_else(|| parts.method.clone())
}

/// Every answer says which version it speaks.
fn marked(answer: Answer) -> Response {
    let mut response = answer.unwrap_or_else(IntoResponse::into_response);
    let headers = response.headers_mut();
    headers.insert(TUS_RESUMABLE, HeaderValue::from_static(VERSION));
    if response.status() == StatusCode::PRECONDITION_FAILED {
        response.headers_mut().insert(TUS_VERSION, HeaderValue::from_static(VERSION));
    }
    response
}

fn able(chat: &Chat) -> Response {
    let able = [
        (TUS_VERSION, HeaderValue::from_static(VERSION)),
        (TUS_EXTENSION, HeaderValue::from_static(EXTENSIONS)),
        (TUS_MAX_SIZE, HeaderValue::from(chat.files.size_max())),
        (TUS_CHECKSUM_ALGORITHM, HeaderValue::from_static(ALGORITHMS)),
    ];
    (StatusCode::NO_CONTENT, able).into_response()
}

/// Who asks, once it is clear that they speak this protocol.
async fn asker(chat: &Chat, parts: &Parts) -> Result<Asker, Refusal> {
    if headers::text(&parts.headers, &TUS_RESUMABLE) != Some(VERSION) {
        let message = format!("this is tus {VERSION}: send `Tus-Resumable: {VERSION}`");
        let refused = Refused::new(ErrorCode::VersionUnsupported, message);
        return Err(Refusal::new(StatusCode::PRECONDITION_FAILED, refused));
    }
    Asker::of(chat, &method(parts), &parts.headers).await
}

async fn create(chat: &Arc<Chat>, parts: &Parts, body: Body) -> Answer {
    let begun = begin(chat, parts).await;
    let (asker, id, size, check) = match begun {
        Ok(begun) => begun,
        Err(refusal) => {
            leave_unread(chat, body);
            return Err(refusal);
        }
    };
    let has_bytes = has_bytes(&parts.headers);
    let mut offset = 0;
    if has_bytes || size == 0 {
        match continue_with(chat, asker, id, 0, body, check).await {
            Ok(reached) => offset = reached,
            Err(refusal) => {
                // The client never learns of it, so nobody would go on with it.
                let _ = chat.files.abandon(asker.user, id).await;
                return Err(refusal);
            }
        }
    }
    let mut response = StatusCode::CREATED.into_response();
    let headers = response.headers_mut();
    let location = HeaderValue::from_str(&format!("/api/uploads/{id}"));
    headers.insert(header::LOCATION, location.expect("an id is hexadecimal"));
    headers.insert(UPLOAD_EXPIRES, date(chat.files.expiry()));
    if has_bytes {
        headers.insert(UPLOAD_OFFSET, HeaderValue::from(offset));
    }
    Ok(response)
}

type Begun = (Asker, FileId, u64, Option<Box<dyn Check>>);

async fn begin(chat: &Chat, parts: &Parts) -> Result<Begun, Refusal> {
    let asker = asker(chat, parts).await?;
    let size = headers::number(&parts.headers, &UPLOAD_LENGTH)?
        .ok_or_else(|| Refusal::malformed("`Upload-Length` is missing, and this server does not defer it"))?;
    let (name, said) = metadata(&parts.headers)?;
    let check = checksum(&parts.headers)?;
    let media_type = media_type(said.as_deref(), &name);
    if size <= chat.files.size_max() && length(&parts.headers)?.is_some_and(|length| length > size) {
        return Err(FileError::TooMany.into());
    }
    let id = chat.files.begin(asker.user, &name, media_type, size).await?;
    Ok((asker, id, size, check))
}

/// Whether the request brings bytes of the file.
fn has_bytes(request: &HeaderMap) -> bool {
    headers::text(request, &header::CONTENT_TYPE) == Some(BYTES)
}

fn length(request: &HeaderMap) -> Result<Option<u64>, Refusal> {
    headers::number(request, &header::CONTENT_LENGTH)
}

/// Receives what comes; tells the offset that it leads to.
async fn continue_with(
    chat: &Arc<Chat>,
    asker: Asker,
    id: FileId,
    offset: u64,
    body: Body,
    check: Option<Box<dyn Check>>,
) -> Result<u64, Refusal> {
    let receiving = match chat.files.resume(asker.user, id, offset).await {
        Ok(receiving) => receiving,
        Err(error) => {
            leave_unread(chat, body);
            return Err(error.into());
        }
    };
    match receive(chat, asker, receiving, body, check, Interrupted::Kept).await? {
        Outcome::File(attachment) => Ok(attachment.size),
        Outcome::Part(offset) => Ok(offset),
    }
}

async fn append(chat: &Arc<Chat>, parts: &Parts, id: &str, body: Body) -> Answer {
    let prepared = async {
        let asker = asker(chat, parts).await?;
        if !has_bytes(&parts.headers) {
            let refused = Refused::new(ErrorCode::BadField, format!("the body is sent as {BYTES}"));
            return Err(Refusal::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, refused));
        }
        let offset = headers::number(&parts.headers, &UPLOAD_OFFSET)?
            .ok_or_else(|| Refusal::malformed("`Upload-Offset` is missing"))?;
        let (id, check) = (parse(id)?, checksum(&parts.headers)?);
        Ok((asker, id, offset, check))
    };
    let (asker, id, offset, check) = match prepared.await {
        Ok(prepared) => prepared,
        Err(refusal) => {
            leave_unread(chat, body);
            return Err(refusal);
        }
    };
    let reached = continue_with(chat, asker, id, offset, body, check).await?;
    let mut response = StatusCode::NO_CONTENT.into_response();
    response.headers_mut().insert(UPLOAD_OFFSET, HeaderValue::from(reached));
    response.headers_mut().insert(UPLOAD_EXPIRES, date(chat.files.expiry()));
    Ok(response)
}

async fn tell(chat: &Arc<Chat>, parts: &Parts, id: &str) -> Answer {
    let asker = asker(chat, parts).await?;
    let id = parse(id)?;
    let mut response = StatusCode::OK.into_response();
    let headers = response.headers_mut();
    let (offset, size) = match chat.files.upload(asker.user, id).await {
        Ok(row) if row.progress.offset < row.size => {
            headers.insert(UPLOAD_EXPIRES, date(row.progress.expires_at));
            (row.progress.offset, row.size)
        }
        // All of it came, but the server was stopped before it was made a file. Nobody would ever send nothing more.
        Ok(row) => {
            let whole = continue_with(chat, asker, id, row.size, Body::empty(), None).await?;
            (whole, row.size)
        }
        Err(FileError::Unknown) => {
            let size = chat.files.file(asker.user, id).await?.attachment.size;
            (size, size)
        }
        Err(error) => return Err(error.into()),
    };
    headers.insert(UPLOAD_OFFSET, HeaderValue::from(offset));
    headers.insert(UPLOAD_LENGTH, HeaderValue::from(size));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Ok(response)
}

async fn abandon(chat: &Chat, parts: &Parts, id: &str) -> Answer {
    let asker = asker(chat, parts).await?;
    chat.files.abandon(asker.user, parse(id)?).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

fn parse(id: &str) -> Result<FileId, Refusal> {
    id.parse().map_err(|_| FileError::Unknown.into())
}

/// The file's name and type: pairs of a key and base64, of which the usual spellings are known.
fn metadata(request: &HeaderMap) -> Result<(String, Option<String>), Refusal> {
    let (mut name, mut media_type) = (String::new(), None);
    if !request.contains_key(UPLOAD_METADATA) {
        return Ok((name, media_type));
    }
    let malformed = || Refusal::malformed("`Upload-Metadata` is a list of keys, each with a value in base64");
    for pair in headers::text(request, &UPLOAD_METADATA).ok_or_else(malformed)?.split(',') {
        let (key, value) = pair.trim().split_once(' ').unwrap_or((pair.trim(), ""));
        let value = BASE64.decode(value.trim()).map_err(|_| malformed())?;
        let value = String::from_utf8_lossy(&value).into_owned();
        match key {
            "filename" | "name" => name = value,
            "filetype" | "type" => media_type = Some(value),
            _ => {}
        }
    }
    Ok((name, media_type))
}

fn date(at: u64) -> HeaderValue {
    let date = httpdate::fmt_http_date(UNIX_EPOCH + Duration::from_millis(at));
    HeaderValue::from_str(&date).expect("a date is printable ASCII")
}

/// The checksum that a body is to have.
fn checksum(request: &HeaderMap) -> Result<Option<Box<dyn Check>>, Refusal> {
    if !request.contains_key(UPLOAD_CHECKSUM) {
        return Ok(None);
    }
    let malformed =
        || Refusal::malformed(format!("`Upload-Checksum` is one of {ALGORITHMS} and a base64 text"));
    let text = headers::text(request, &UPLOAD_CHECKSUM).ok_or_else(malformed)?;
    let (algorithm, sum) = text.split_once(' ').ok_or_else(malformed)?;
    let expected = BASE64.decode(sum.trim()).map_err(|_| malformed())?;
    match algorithm {
        "sha1" => Ok(Some(Box::new(Sum { hasher: Sha1::new(), expected }))),
        "sha256" => Ok(Some(Box::new(Sum { hasher: Sha256::new(), expected }))),
        _ => Err(malformed()),
    }
}

struct Sum<D> {
    hasher: D,
    expected: Vec<u8>,
}

impl<D: Digest + Clone + Send + 'static> Check for Sum<D> {
    fn add(&mut self, bytes: &[u8]) {
        self.hasher.update(bytes);
    }

    fn holds(&self) -> bool {
        self.hasher.clone().finalize().as_slice() == self.expected
    }
}
