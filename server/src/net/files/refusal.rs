//! Why a request about a file is not done, as HTTP says it.

use crate::blobs::BlobError;
use crate::files::FileError;
use crate::net::answer::{Refused, status};
use axum::response::{IntoResponse, Response};
use chat_protocol::ErrorCode;
use http::StatusCode;
use http::header::{self, HeaderValue};

/// A refusal with its status.
#[derive(Debug)]
pub struct Refusal {
    status: StatusCode,
    refused: Refused,
}

impl Refusal {
    /// A refusal whose status says more than its code.
    pub fn new(status: StatusCode, refused: Refused) -> Self {
        Self { status, refused }
    }

    /// The request is none that the protocol knows.
    pub fn malformed(message: impl Into<String>) -> Self {
        Refused::field(message).into()
    }

    /// Nothing came for too long.
    pub fn too_slow() -> Self {
        let refused = Refused::new(ErrorCode::RateLimited, "too little came in too long a time");
        Self::new(StatusCode::REQUEST_TIMEOUT, refused)
    }

    /// Whether the bytes themselves are wrong, and not only the way they came.
    pub fn blames_the_bytes(&self) -> bool {
        matches!(self.refused.code, ErrorCode::FileTooLarge | ErrorCode::WrongChecksum)
    }

    /// The server stops.
    pub fn stopping() -> Self {
        Refused::new(ErrorCode::Unavailable, "the server is stopping").into()
    }
}

impl From<Refused> for Refusal {
    fn from(refused: Refused) -> Self {
        Self { status: status(refused.code), refused }
    }
}

impl From<FileError> for Refusal {
    fn from(error: FileError) -> Self {
        let message = error.to_string();
        match error {
            FileError::Unknown => Refused::new(ErrorCode::UnknownFile, message).into(),
            FileError::TooLarge(_) | FileError::TooMany => {
                Refused::new(ErrorCode::FileTooLarge, message).into()
            }
            FileError::NoRoom(_) => Refused::new(ErrorCode::QuotaExceeded, message).into(),
            FileError::WrongOffset(_) => Refused::new(ErrorCode::WrongOffset, message).into(),
            FileError::Taken => Self::new(StatusCode::LOCKED, Refused::new(ErrorCode::Busy, message)),
            FileError::Busy => Refused::new(ErrorCode::Busy, message).into(),
            FileError::Store(error) => Refused::from(error).into(),
            FileError::Blob(error) => blob_refused(&error).into(),
        }
    }
}

fn blob_refused(error: &BlobError) -> Refused {
    match error {
        BlobError::Unavailable(_) => {
            tracing::warn!(%error, "files are unavailable");
            Refused::new(ErrorCode::Unavailable, "files cannot be kept right now; try again later")
        }
        // Whoever asks again gets no other answer.
        BlobError::Missing(_) => {
            tracing::error!(%error, "a file has lost its bytes; was the folder of files copied along with the database?");
            Refused::new(ErrorCode::UnknownFile, FileError::Unknown.to_string())
        }
        BlobError::Taken | BlobError::Failed(_) => {
            tracing::error!(%error, "a file failed");
            Refused::new(ErrorCode::Internal, "something went wrong in the server; its log says more")
        }
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let mut response = self.refused.into_response();
        *response.status_mut() = self.status;
        if self.status == StatusCode::UNAUTHORIZED {
            response.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        response
    }
}
