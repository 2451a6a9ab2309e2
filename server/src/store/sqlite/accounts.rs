//! Accounts and devices.

use super::value::{Columns, device, number};
use crate::store::{Account, DeviceRow, NewDevice, NewUser, TokenHash, UserId};
use chat_protocol::{ChangeSettings, DeviceId, Settings, UnixMillis, UserName};
use rusqlite::{Connection, OptionalExtension, Row, params};

type Result<T> = rusqlite::Result<T>;

pub fn create_user(db: &Connection, user: &NewUser) -> Result<Option<UserId>> {
    let sql = "INSERT INTO users (name, password_hash, created_at) VALUES (?1, ?2, ?3)
               ON CONFLICT (name) DO NOTHING RETURNING id";
    let values = params![user.name.as_str(), user.password_hash, number(user.at)];
    db.prepare_cached(sql)?.query_row(values, |row| row.get(0)).optional()
}

pub fn user(db: &Connection, name: &UserName) -> Result<Option<Account>> {
    let sql = "SELECT id, name, password_hash, last_seen FROM users
               WHERE name = ?1 AND erased_at IS NULL";
    db.prepare_cached(sql)?.query_row([name.as_str()], |row| account(row, 0)).optional()
}

pub fn set_password(
    db: &Connection,
    user: UserId,
    hash: &str,
    keep: Option<DeviceId>,
) -> Result<Vec<DeviceId>> {
    db.prepare_cached("UPDATE users SET password_hash = ?2 WHERE id = ?1")?.execute(params![user, hash])?;
    let sql = "DELETE FROM devices WHERE user = ?1 AND id IS NOT ?2 RETURNING id";
    let mut statement = db.prepare_cached(sql)?;
    let removed = statement.query_map(params![user, keep.map(device)], |row| row.device(0))?;
    removed.collect()
}

pub fn set_last_seen(db: &Connection, user: UserId, at: UnixMillis) -> Result<()> {
    let sql =
        "UPDATE users SET last_seen = max(coalesce(last_seen, 0), ?2) WHERE id = ?1 AND erased_at IS NULL";
    db.prepare_cached(sql)?.execute(params![user, number(at)]).map(drop)
}

pub fn change_settings(db: &Connection, user: UserId, change: ChangeSettings) -> Result<Settings> {
    let sql =
        "UPDATE users SET read_receipts = coalesce(?2, read_receipts) WHERE id = ?1 RETURNING read_receipts";
    let settings = |row: &Row<'_>| Ok(Settings { read_receipts: row.get(0)? });
    db.prepare_cached(sql)?.query_row(params![user, change.read_receipts], settings)
}

pub fn add_device(db: &Connection, new: &NewDevice) -> Result<()> {
    let sql = "INSERT INTO devices (id, user, token_hash, name, created_at, last_seen) VALUES (?1, ?2, ?3, ?4, ?5, ?5)";
    let values = params![device(new.id), new.user, new.token.0, new.name, number(new.at)];
    db.prepare_cached(sql)?.execute(values).map(drop)
}

/// The device, when it was last seen, and whose it is.
pub fn device_by_token(db: &Connection, token: TokenHash) -> Result<Option<(DeviceId, UnixMillis, Account)>> {
    let sql = "SELECT d.id, d.last_seen, u.id, u.name, u.password_hash, u.last_seen
               FROM devices d JOIN users u ON u.id = d.user
               WHERE d.token_hash = ?1 AND u.erased_at IS NULL";
    let mut statement = db.prepare_cached(sql)?;
    statement.query_row([token.0], |row| Ok((row.device(0)?, row.time(1)?, account(row, 2)?))).optional()
}

pub fn device_seen(db: &Connection, id: DeviceId, at: UnixMillis) -> Result<()> {
    let sql = "UPDATE devices SET last_seen = max(last_seen, ?2) WHERE id = ?1";
    db.prepare_cached(sql)?.execute(params![device(id), number(at)]).map(drop)
}

pub fn devices(db: &Connection, user: UserId) -> Result<Vec<DeviceRow>> {
    let sql = "SELECT id, name, created_at, last_seen FROM devices WHERE user = ?1 ORDER BY created_at, id";
    let mut statement = db.prepare_cached(sql)?;
    let device = |row: &Row<'_>| {
        Ok(DeviceRow {
            id: row.device(0)?,
            name: row.get(1)?,
            created_at: row.time(2)?,
            last_seen: row.time(3)?,
        })
    };
    statement.query_map([user], device)?.collect()
}

pub fn remove_device(db: &Connection, user: UserId, id: DeviceId) -> Result<bool> {
    let sql = "DELETE FROM devices WHERE id = ?1 AND user = ?2";
    db.prepare_cached(sql)?.execute(params![device(id), user]).map(|removed| removed > 0)
}

/// The four columns from `first` on: id, name, password hash, last seen.
fn account(row: &Row<'_>, first: usize) -> Result<Account> {
    Ok(Account {
        id: row.get(first)?,
        name: row.name(first + 1)?,
        password_hash: row.get(first + 2)?,
        last_seen: row.get(first + 3)?,
    })
}
