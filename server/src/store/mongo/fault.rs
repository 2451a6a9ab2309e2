//! What the driver's errors mean.

use crate::store::StoreError;
use mongodb::error::{Error, ErrorKind, WriteFailure};
use std::collections::HashSet;

const DUPLICATE_KEY: i32 = 11_000;
const UNAUTHORIZED: i32 = 13;
const AUTHENTICATION_FAILED: i32 = 18;

/// What an error means for somebody who asked the store. Most come and go with the network and with elections.
pub fn store_error(error: Error) -> StoreError {
    let cause = shown(&error);
    match *error.kind {
        ErrorKind::Bson(_) | ErrorKind::InvalidArgument { .. } | ErrorKind::InvalidResponse { .. } => {
            StoreError::Refused(cause)
        }
        ErrorKind::Io(ref io) if io.kind() == std::io::ErrorKind::InvalidData => StoreError::Refused(cause),
        ErrorKind::Write(WriteFailure::WriteError(_)) => StoreError::Refused(cause),
        _ => StoreError::Unavailable(cause),
    }
}

/// Whether a unique index refused the write.
pub fn is_duplicate(error: &Error) -> bool {
    match &*error.kind {
        ErrorKind::Write(WriteFailure::WriteError(write)) => write.code == DUPLICATE_KEY,
        ErrorKind::Command(command) => command.code == DUPLICATE_KEY,
        _ => false,
    }
}

/// Whether a command was refused with this code.
pub fn has_code(error: &Error, code: i32) -> bool {
    matches!(&*error.kind, ErrorKind::Command(command) if command.code == code)
}

/// Which of the inserted documents, in their order, was the first that a unique index refused.
pub fn first_duplicate(error: &Error) -> Option<usize> {
    let ErrorKind::InsertMany(many) = &*error.kind else { return None };
    let first = many.write_errors.iter().flatten().min_by_key(|write| write.index)?;
    (first.code == DUPLICATE_KEY).then_some(first.index)
}

/// Which of the inserted documents, in no order, a unique index refused, if that is all that went wrong.
pub fn duplicates(error: &Error) -> Option<HashSet<usize>> {
    let ErrorKind::InsertMany(many) = &*error.kind else { return None };
    let refused = many.write_errors.as_ref()?;
    let is_all = many.write_concern_error.is_none() && refused.iter().all(|one| one.code == DUPLICATE_KEY);
    is_all.then(|| refused.iter().map(|one| one.index).collect())
}

/// Whether a command was never sent, because there was no server for it. The driver ends a command that was sent before, and lost, with
/// the error that lost it, even if there is no server to try again (`return_last_error` in its `execute_operation_with_retry`).
pub fn is_unsent(error: &Error) -> bool {
    matches!(&*error.kind, ErrorKind::ServerSelection { .. })
}

/// Whether the database does not let this user do this.
pub fn is_forbidden(error: &Error) -> bool {
    matches!(&*error.kind, ErrorKind::Command(command) if command.code == UNAUTHORIZED)
        || matches!(&*error.kind, ErrorKind::Write(WriteFailure::WriteError(write)) if write.code == UNAUTHORIZED)
}

/// Whether the database does not know this user or the password is another.
pub fn is_login(error: &Error) -> bool {
    match &*error.kind {
        ErrorKind::Authentication { .. } => true,
        ErrorKind::Command(command) => command.code == AUTHENTICATION_FAILED,
        _ => false,
    }
}

/// The error in one line, without what only the driver's authors need. Bodies of messages are never in it.
pub fn shown(error: &Error) -> String {
    match &*error.kind {
        ErrorKind::Command(command) => command.message.clone(),
        ErrorKind::InsertMany(many) => {
            let codes: Vec<_> = many.write_errors.iter().flatten().map(|write| write.code).collect();
            format!("inserting failed with codes {codes:?}")
        }
        ErrorKind::Write(WriteFailure::WriteError(write)) => {
            format!("writing failed with code {}", write.code)
        }
        ErrorKind::Write(WriteFailure::WriteConcernError(concern)) => concern.message.clone(),
        other => other.to_string().replace('\n', " "),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use mongodb::Client;
    use mongodb::bson::{Document, doc};

    #[tokio::test]
    async fn what_no_server_was_there_for_was_never_sent() {
        // Nobody listens on port 1.
        let url = "mongodb://127.0.0.1:1/?serverSelectionTimeoutMS=50";
        let nowhere =
            Client::with_uri_str(url).await.unwrap().database("chat").collection::<Document>("entries");
        let error = nowhere.insert_many([doc! {"text": "x"}]).await.unwrap_err();
        assert!(is_unsent(&error), "{error}");
        assert!(!is_unsent(&std::io::Error::from(std::io::ErrorKind::ConnectionReset).into()));
    }
}
