//! `GET` and `HEAD /api/files/<id>`: a file, for whoever may see it now.

use super::asker::Asker;
use super::headers;
use super::range::{Wanted, wanted};
use super::refusal::Refusal;
use super::watch::Watch;
use crate::blobs::{BlobError, Pieces};
use crate::chat::Chat;
use crate::files::FileError;
use crate::store::FileRow;
use axum::body::{Body, Bytes};
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use chat_protocol::Attachment;
use futures_util::{StreamExt, TryStreamExt, stream};
use http::header::{self, HeaderMap, HeaderValue};
use http::{Method, StatusCode};
use std::ops::Range;
use std::sync::Arc;

/// Whatever a file is, nothing of it runs.
const POLICY: HeaderValue = HeaderValue::from_static("sandbox; default-src 'none'");
/// A browser may keep it, but asks each time, so that membership is looked at each time.
const CACHING: HeaderValue = HeaderValue::from_static("private, no-cache");

/// Sends a file, or some of it.
pub async fn download(
    State(chat): State<Arc<Chat>>,
    Path(id): Path<String>,
    method: Method,
    headers: HeaderMap,
) -> Response {
    answer(&chat, &id, &method, &headers).await.unwrap_or_else(IntoResponse::into_response)
}

async fn answer(
    chat: &Arc<Chat>,
    id: &str,
    method: &Method,
    request: &HeaderMap,
) -> Result<Response, Refusal> {
    let asker = Asker::of(chat, method, request).await?;
    // What cannot be an id is told as what is not there.
    let id = id.parse().map_err(|_| FileError::Unknown)?;
    let FileRow { attachment, object } = chat.files.file(asker.user, id).await?;
    let etag = format!("\"{}\"", attachment.sha256);
    if is_known(request, &etag) {
        return Ok(described(StatusCode::NOT_MODIFIED.into_response(), &attachment, &etag));
    }
    let size = attachment.size;
    let (status, bytes) = match wanted(range(request, &etag), size) {
        Wanted::All => (StatusCode::OK, 0..size),
        Wanted::Some(bytes) => (StatusCode::PARTIAL_CONTENT, bytes),
        Wanted::Nothing => {
            let there = [(header::CONTENT_RANGE, format!("bytes */{size}"))];
            return Ok((StatusCode::RANGE_NOT_SATISFIABLE, there).into_response());
        }
    };
    let length = bytes.end - bytes.start;
    let body = if *method == Method::HEAD || length == 0 {
        Body::empty()
    } else {
        let (pieces, turn) = chat.files.read(asker.user, object, bytes.clone()).await?;
        let pieces = watched(pieces, Watch::new(Arc::clone(chat), asker)).inspect_ok(move |_| {
            let _counts = &turn;
        });
        Body::from_stream(pieces)
    };
    let mut response = described((status, body).into_response(), &attachment, &etag);
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_LENGTH, HeaderValue::from(length));
    if status == StatusCode::PARTIAL_CONTENT {
        headers.insert(header::CONTENT_RANGE, content_range(&bytes, size));
    }
    Ok(response)
}

fn described(mut response: Response, attachment: &Attachment, etag: &str) -> Response {
    let content_type = match attachment.media_type.as_str() {
        "text/plain" => "text/plain; charset=utf-8",
        other => other,
    };
    let headers = response.headers_mut();
    let header = |text: &str| HeaderValue::from_str(text).expect("types and hashes are printable ASCII");
    headers.insert(header::CONTENT_TYPE, header(content_type));
    headers.insert(header::ETAG, header(etag));
    headers.insert(header::CONTENT_DISPOSITION, headers::disposition(&attachment.name));
    headers.insert(header::ACCEPT_RANGES, HeaderValue::from_static("bytes"));
    headers.insert(header::CONTENT_SECURITY_POLICY, POLICY);
    headers.insert(header::CACHE_CONTROL, CACHING);
    response
}

fn content_range(bytes: &Range<u64>, size: u64) -> HeaderValue {
    let range = format!("bytes {}-{}/{size}", bytes.start, bytes.end - 1);
    HeaderValue::from_str(&range).expect("numbers are printable ASCII")
}

/// Whether the asker has these very bytes.
fn is_known(request: &HeaderMap, etag: &str) -> bool {
    let known = request.get_all(header::IF_NONE_MATCH).iter().filter_map(|value| value.to_str().ok());
    let mut known = known.flat_map(|value| value.split(',')).map(str::trim);
    known.any(|tag| tag == "*" || tag.strip_prefix("W/").unwrap_or(tag) == etag)
}

/// The range that is asked for, unless it is of other bytes than these.
fn range<'a>(request: &'a HeaderMap, etag: &str) -> Option<&'a str> {
    let is_meant = match request.get(header::IF_RANGE) {
        Some(_) => headers::text(request, &header::IF_RANGE) == Some(etag),
        None => true,
    };
    headers::text(request, &header::RANGE).filter(|_| is_meant)
}

/// The pieces, until whoever gets them is logged out.
fn watched(pieces: Pieces, watch: Watch) -> impl futures_util::Stream<Item = Result<Bytes, BlobError>> {
    stream::try_unfold((pieces, watch), |(mut pieces, mut watch)| async move {
        let piece = pieces.next().await.transpose();
        let piece = piece.inspect_err(|error| tracing::error!(%error, "a file cannot be read to its end"))?;
        if !watch.moved(piece.as_ref().map_or(0, Bytes::len)).await {
            return Err(BlobError::Unavailable("this device was logged out".to_owned()));
        }
        Ok(piece.map(|piece| (piece, (pieces, watch))))
    })
}
