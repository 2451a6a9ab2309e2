//! What an upload does next, given what the server answered: the rules of docs/protocol.md and of tus 1.0.0.
#![deny(clippy::disallowed_methods)]

use super::TransferError;
use chat_protocol::ErrorCode;
use std::time::Duration;

/// What an answer says, as far as it matters.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// The refusal's code, when it was this server that refused.
    pub code: Option<ErrorCode>,
    /// Why, for people.
    pub message: String,
    /// When to come back.
    pub retry_after: Option<Duration>,
    /// `Upload-Offset`.
    pub offset: Option<u64>,
}

/// What to do next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// Send the bytes from here on.
    Append(u64),
    /// All of it is there.
    Whole,
    /// The server knows nothing of this upload (any more): begin a new one.
    Anew,
    /// Wait, then ask how far it is.
    Later { cause: String, after: Option<Duration> },
    /// It is over.
    End(TransferError),
}

/// After an upload was begun.
pub fn after_create(answer: &Answer, size: u64) -> Step {
    match answer.status {
        201 if size == 0 => Step::Whole,
        201 => Step::Append(0),
        // Another one that knows nothing of uploads answers here.
        404 => Step::End(refused(answer)),
        _ => otherwise(answer),
    }
}

/// After it was asked how far the upload is.
pub fn after_ask(answer: &Answer, size: u64) -> Step {
    match (answer.status, answer.offset) {
        (200 | 204, Some(offset)) if offset == size => Step::Whole,
        (200 | 204, Some(offset)) if offset < size => Step::Append(offset),
        (404 | 410, _) => Step::Anew,
        _ => otherwise(answer),
    }
}

/// After bytes were sent from a place on.
pub fn after_append(answer: &Answer, from: u64, size: u64) -> Step {
    match (answer.status, answer.offset) {
        (204, Some(offset)) if offset == size => Step::Whole,
        // Nothing has come of it: without a pause it would go on like this for ever.
        (204, Some(offset)) if offset <= from => later(answer),
        (204, Some(offset)) if offset < size => Step::Append(offset),
        (404 | 410, _) => Step::Anew,
        // What came counts, or it is at another place than we thought: the server knows.
        (408 | 409 | 423 | 460, _) => later(answer),
        _ => otherwise(answer),
    }
}

/// What every answer means, whatever was asked.
pub fn otherwise(answer: &Answer) -> Step {
    let is_temporary = answer.code.is_some_and(ErrorCode::is_retryable)
        || matches!(answer.status, 408 | 423 | 425 | 429 | 500 | 502 | 503 | 504);
    match answer.status {
        401 => Step::End(TransferError::LoggedOut),
        _ if is_temporary => later(answer),
        _ => Step::End(refused(answer)),
    }
}

fn later(answer: &Answer) -> Step {
    let cause = match answer.message.as_str() {
        "" => format!("the server answered {}", answer.status),
        message => message.to_owned(),
    };
    Step::Later { cause, after: answer.retry_after }
}

fn refused(answer: &Answer) -> TransferError {
    let message = match answer.message.as_str() {
        "" => format!("the server answered {}, which makes no sense here", answer.status),
        message => message.to_owned(),
    };
    TransferError::Refused { code: answer.code.unwrap_or(ErrorCode::Unknown), message }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(status: u16, code: Option<ErrorCode>, offset: Option<u64>) -> Answer {
        Answer { status, code, message: "why".to_owned(), retry_after: None, offset }
    }

    fn kind(step: &Step) -> String {
        match step {
            Step::Append(offset) => format!("append {offset}"),
            Step::Whole => "whole".to_owned(),
            Step::Anew => "anew".to_owned(),
            Step::Later { .. } => "later".to_owned(),
            Step::End(TransferError::LoggedOut) => "logged out".to_owned(),
            Step::End(_) => "end".to_owned(),
        }
    }

    #[test]
    fn each_answer_has_its_step() {
        type After = fn(&Answer, u64) -> Step;
        let after_append: After = |answer, size| super::after_append(answer, 2, size);
        type Case = (After, u16, Option<ErrorCode>, Option<u64>, &'static str);
        let cases: [Case; 27] = [
            (after_create, 201, None, None, "append 0"),
            (after_create, 413, Some(ErrorCode::FileTooLarge), None, "end"),
            (after_create, 413, Some(ErrorCode::QuotaExceeded), None, "end"),
            (after_create, 400, Some(ErrorCode::BadField), None, "end"),
            (after_create, 404, None, None, "end"),
            (after_create, 401, Some(ErrorCode::Unauthenticated), None, "logged out"),
            (after_create, 503, Some(ErrorCode::Busy), None, "later"),
            (after_create, 502, None, None, "later"),
            (after_create, 200, None, None, "end"),
            (after_ask, 200, None, Some(7), "append 7"),
            (after_ask, 200, None, Some(10), "whole"),
            (after_ask, 200, None, Some(11), "end"),
            (after_ask, 200, None, None, "end"),
            (after_ask, 404, Some(ErrorCode::UnknownFile), None, "anew"),
            (after_ask, 429, Some(ErrorCode::RateLimited), None, "later"),
            (after_ask, 401, Some(ErrorCode::BadCredentials), None, "logged out"),
            (after_append, 204, None, Some(10), "whole"),
            (after_append, 204, None, Some(3), "append 3"),
            (after_append, 204, None, None, "end"),
            (after_append, 404, Some(ErrorCode::UnknownFile), None, "anew"),
            (after_append, 408, Some(ErrorCode::RateLimited), None, "later"),
            (after_append, 409, Some(ErrorCode::WrongOffset), None, "later"),
            (after_append, 423, Some(ErrorCode::Busy), None, "later"),
            (after_append, 460, Some(ErrorCode::WrongChecksum), None, "later"),
            (after_append, 413, Some(ErrorCode::FileTooLarge), None, "end"),
            (after_append, 500, Some(ErrorCode::Internal), None, "later"),
            (after_append, 403, None, None, "end"),
        ];
        for offset in [0, 2] {
            assert_eq!(kind(&super::after_append(&answer(204, None, Some(offset)), 2, 10)), "later");
        }
        for (after, status, code, offset, expected) in cases {
            let step = after(&answer(status, code, offset), 10);
            assert_eq!(kind(&step), expected, "{status} {code:?} {offset:?}");
        }
        assert_eq!(kind(&after_create(&answer(201, None, None), 0)), "whole", "an empty file");
    }
}
