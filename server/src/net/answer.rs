//! The one place where causes become codes for clients, and codes become HTTP statuses.

use crate::accounts::AccountError;
use crate::store::StoreError;
use chat_protocol::{ErrorCode, Failure, Frame, Refusal, RequestId};
use http::StatusCode;
use std::time::Duration;

/// Why a request is not done, as its sender is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    /// For programs.
    pub code: ErrorCode,
    /// For people.
    pub message: String,
    /// When to try again.
    pub retry_after: Option<Duration>,
}

impl Refused {
    /// A refusal that waiting does not change.
    pub fn new(code: ErrorCode, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), retry_after: None }
    }

    /// A field's value is out of its range.
    pub fn field(message: impl Into<String>) -> Self {
        Self::new(ErrorCode::BadField, message)
    }

    /// Too fast.
    pub fn too_fast(wait: Duration) -> Self {
        let message = "too many requests in a short time".to_owned();
        Self { code: ErrorCode::RateLimited, message, retry_after: Some(wait) }
    }

    /// The frame that tells it.
    pub fn into_frame(self, id: Option<RequestId>) -> Frame {
        // Rounded up: who comes back then is not too early.
        let retry_after_ms =
            self.retry_after.map(|wait| u64::try_from(wait.as_millis()).unwrap_or(u64::MAX) + 1);
        Frame::Error(Failure { id, code: self.code, message: self.message, retry_after_ms })
    }
}

/// The answer to a frame that is no request.
pub fn refusal(refusal: Refusal) -> Frame {
    Refused::new(refusal.code, refusal.message).into_frame(refusal.id)
}

/// The answer to a binary frame.
pub fn binary() -> Frame {
    Refused::new(ErrorCode::BinaryFrame, "only text frames are understood here").into_frame(None)
}

impl From<StoreError> for Refused {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Unavailable(cause) => {
                tracing::warn!(%cause, "the store is unavailable");
                Self::new(ErrorCode::Unavailable, "the store cannot be used right now; try again later")
            }
            StoreError::Refused(cause) | StoreError::Fatal(cause) => {
                tracing::error!(%cause, "the store failed");
                Self::new(ErrorCode::Internal, "something went wrong in the server; its log says more")
            }
        }
    }
}

impl From<AccountError> for Refused {
    fn from(error: AccountError) -> Self {
        let message = error.to_string();
        match error {
            AccountError::BadCredentials => Self::new(ErrorCode::BadCredentials, message),
            AccountError::NameTaken => Self::new(ErrorCode::NameTaken, message),
            AccountError::RegistrationClosed => Self::new(ErrorCode::RegistrationClosed, message),
            AccountError::PasswordLength | AccountError::DeviceNameLength => Self::field(message),
            AccountError::Throttled(wait) => {
                Self { code: ErrorCode::RateLimited, message, retry_after: Some(wait) }
            }
            AccountError::Busy => Self::new(ErrorCode::Busy, message),
            AccountError::Store(error) => error.into(),
        }
    }
}

/// The HTTP status that goes with a code.
pub fn status(code: ErrorCode) -> StatusCode {
    match code {
        ErrorCode::Unauthenticated | ErrorCode::BadCredentials => StatusCode::UNAUTHORIZED,
        ErrorCode::RegistrationClosed => StatusCode::FORBIDDEN,
        ErrorCode::UnknownFile => StatusCode::NOT_FOUND,
        ErrorCode::NameTaken | ErrorCode::WrongOffset => StatusCode::CONFLICT,
        ErrorCode::FrameTooLarge | ErrorCode::FileTooLarge | ErrorCode::QuotaExceeded => {
            StatusCode::PAYLOAD_TOO_LARGE
        }
        // The tus protocol's own.
        ErrorCode::WrongChecksum => StatusCode::from_u16(460).expect("a status has three digits"),
        ErrorCode::RateLimited => StatusCode::TOO_MANY_REQUESTS,
        ErrorCode::Busy | ErrorCode::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
        ErrorCode::Internal | ErrorCode::Unknown => StatusCode::INTERNAL_SERVER_ERROR,
        _ => StatusCode::BAD_REQUEST,
    }
}
