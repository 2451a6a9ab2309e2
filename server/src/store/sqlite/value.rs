//! Between the store's types and SQLite's values, and from SQLite's errors to the store's.

use crate::store::{StoreError, UserId};
use chat_protocol::{ClientId, ConversationId, DeviceId, GroupName, Seq, UnixMillis, UserName};
use rusqlite::types::{FromSql, FromSqlError, FromSqlResult, ToSqlOutput, ValueRef};
use rusqlite::{ErrorCode, Row, RowIndex, ToSql, ffi};
use std::str::FromStr;

impl ToSql for UserId {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(self.0.into())
    }
}

impl FromSql for UserId {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        i64::column_result(value).map(UserId)
    }
}

/// A conversation's id as SQLite keeps it.
pub fn conversation(id: ConversationId) -> i64 {
    id.bits().cast_signed()
}

/// A device's id as SQLite keeps it.
pub fn device(id: DeviceId) -> i64 {
    id.bits().cast_signed()
}

/// A number or a time as SQLite keeps it. What is larger than that is as good as infinite.
pub fn number(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

/// What columns hold.
pub trait Columns {
    fn conversation(&self, column: impl RowIndex) -> rusqlite::Result<ConversationId>;
    fn device(&self, column: impl RowIndex) -> rusqlite::Result<DeviceId>;
    fn seq(&self, column: impl RowIndex) -> rusqlite::Result<Seq>;
    fn time(&self, column: impl RowIndex) -> rusqlite::Result<UnixMillis>;
    fn name(&self, column: impl RowIndex) -> rusqlite::Result<UserName>;
    fn group_name(&self, column: impl RowIndex) -> rusqlite::Result<GroupName>;
    fn client_id(&self, column: impl RowIndex) -> rusqlite::Result<ClientId>;
}

impl Columns for Row<'_> {
    fn conversation(&self, column: impl RowIndex) -> rusqlite::Result<ConversationId> {
        self.get(column).map(|bits: i64| ConversationId::from_bits(bits.cast_unsigned()))
    }

    fn device(&self, column: impl RowIndex) -> rusqlite::Result<DeviceId> {
        self.get(column).map(|bits: i64| DeviceId::from_bits(bits.cast_unsigned()))
    }

    fn seq(&self, column: impl RowIndex) -> rusqlite::Result<Seq> {
        let value: u64 = self.get(column)?;
        Seq::new(value).ok_or_else(|| FromSqlError::OutOfRange(number(value)).into())
    }

    fn time(&self, column: impl RowIndex) -> rusqlite::Result<UnixMillis> {
        self.get(column)
    }

    fn name(&self, column: impl RowIndex) -> rusqlite::Result<UserName> {
        parsed(self.get_ref(column)?)
    }

    fn group_name(&self, column: impl RowIndex) -> rusqlite::Result<GroupName> {
        parsed(self.get_ref(column)?)
    }

    fn client_id(&self, column: impl RowIndex) -> rusqlite::Result<ClientId> {
        parsed(self.get_ref(column)?)
    }
}

fn parsed<T: FromStr<Err: std::error::Error + Send + Sync + 'static>>(
    value: ValueRef<'_>,
) -> rusqlite::Result<T> {
    Ok(value.as_str()?.parse().map_err(FromSqlError::other)?)
}

/// What an error of SQLite means for the store.
pub fn store_error(error: rusqlite::Error) -> StoreError {
    let cause = error.to_string();
    // The index of the log could not grow, which is how a full disk shows there. It is rebuilt from the log whenever the
    // file is opened, so nothing that was durable is in doubt.
    if error.sqlite_error().is_some_and(|error| error.extended_code == ffi::SQLITE_IOERR_SHMSIZE) {
        return StoreError::Unavailable(cause);
    }
    match error.sqlite_error_code() {
        Some(
            ErrorCode::DiskFull
            | ErrorCode::ReadOnly
            | ErrorCode::DatabaseBusy
            | ErrorCode::DatabaseLocked
            | ErrorCode::CannotOpen
            | ErrorCode::PermissionDenied,
        ) => StoreError::Unavailable(cause),
        Some(
            ErrorCode::SystemIoFailure
            | ErrorCode::DatabaseCorrupt
            | ErrorCode::NotADatabase
            | ErrorCode::OutOfMemory
            | ErrorCode::InternalMalfunction,
        ) => StoreError::Fatal(cause),
        _ => StoreError::Refused(cause),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_disk_is_told_from_a_broken_one() {
        for (code, is_fatal) in [
            (ffi::SQLITE_FULL, false),
            (ffi::SQLITE_IOERR_SHMSIZE, false),
            (ffi::SQLITE_IOERR_WRITE, true),
            (ffi::SQLITE_IOERR_FSYNC, true),
            (ffi::SQLITE_CORRUPT, true),
        ] {
            let error = store_error(rusqlite::Error::SqliteFailure(ffi::Error::new(code), None));
            assert_eq!(matches!(error, StoreError::Fatal(_)), is_fatal, "{code}: {error}");
            assert_eq!(matches!(error, StoreError::Unavailable(_)), !is_fatal, "{code}: {error}");
        }
    }
}
