//! Accounts and their devices.

use chat_protocol::{DeviceId, UnixMillis, UserName};

/// A user's internal number. Names stand on the wire, this in the store, so that a name can be erased.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UserId(pub i64);

/// The SHA-256 of a device's token: what is stored of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct TokenHash(pub [u8; 32]);

/// An account to be made.
#[derive(Debug, Clone)]
pub struct NewUser {
    /// Its name.
    pub name: UserName,
    /// The password's argon2id hash in PHC form.
    pub password_hash: String,
    /// When it is made.
    pub at: UnixMillis,
}

/// An account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// Its number.
    pub id: UserId,
    /// Its name.
    pub name: UserName,
    /// The password's argon2id hash in PHC form.
    pub password_hash: String,
    /// When a device of it was last connected.
    pub last_seen: Option<UnixMillis>,
}

/// A device to be added.
#[derive(Debug, Clone)]
pub struct NewDevice {
    /// Its id.
    pub id: DeviceId,
    /// Whose it is.
    pub user: UserId,
    /// Its token's hash.
    pub token: TokenHash,
    /// What it calls itself.
    pub name: String,
    /// When it logged in.
    pub at: UnixMillis,
}

/// A device.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeviceRow {
    /// Its id.
    pub id: DeviceId,
    /// What it calls itself.
    pub name: String,
    /// When it logged in.
    pub created_at: UnixMillis,
    /// When it last connected.
    pub last_seen: UnixMillis,
}
