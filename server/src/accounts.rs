//! Accounts: who somebody is, by password or by token.
//!
//! An unknown name and a wrong password cannot be told apart, neither by the answer nor by its time.

mod door;
mod password;
mod token;

use crate::config::{Limits, Registration};
use crate::fresh;
use crate::store::{Account, DeviceRow, NewDevice, NewUser, Store, StoreError, UserId};
use chat_protocol::{DeviceId, Password, Token, UserName, limits};
use door::Door;
use password::Hasher;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

/// Random names that are tried for what stands in the place of one; the first one is free but for a wonder.
const TOMBSTONES_TRIED: usize = 3;

/// Why somebody was not let in, or an account not changed.
#[derive(Debug, thiserror::Error)]
pub enum AccountError {
    /// The name and the password, or the token, do not match.
    #[error("user and password do not match")]
    BadCredentials,
    /// Somebody has this name.
    #[error("this name is taken")]
    NameTaken,
    /// This server makes no accounts by itself.
    #[error("registration is closed here; ask the operator for an account")]
    RegistrationClosed,
    /// The password is too short or too long.
    #[error("a password is {} to {} bytes long", limits::PASSWORD_BYTES_MIN, limits::PASSWORD_BYTES_MAX)]
    PasswordLength,
    /// The device's name is too long.
    #[error("a device's name is at most {} bytes long", limits::DEVICE_NAME_BYTES_MAX)]
    DeviceNameLength,
    /// Too many wrong passwords or new accounts from there.
    #[error("too many attempts; wait {} s", .0.as_secs() + 1)]
    Throttled(Duration),
    /// Too many passwords wait to be checked.
    #[error("too many logins at once; try again")]
    Busy,
    /// The store did not do it.
    #[error(transparent)]
    Store(#[from] StoreError),
}

type Result<T> = std::result::Result<T, AccountError>;

/// Somebody who is known.
#[derive(Debug)]
pub struct Login {
    /// Who.
    pub account: Account,
    /// On which device.
    pub device: DeviceId,
    /// The device's token, when it is new.
    pub token: Option<Token>,
    /// Devices that had to go for it: their sockets are still to be closed.
    pub evicted: Vec<DeviceId>,
}

/// All that has to do with accounts.
pub struct Accounts {
    store: Arc<dyn Store>,
    registration: Registration,
    hasher: Hasher,
    door: Door,
    devices_per_user_max: usize,
}

impl Accounts {
    /// Accounts kept in `store`.
    pub fn new(store: Arc<dyn Store>, registration: Registration, limits: &Limits) -> Self {
        let devices_per_user_max = limits.devices_per_user;
        Self { store, registration, hasher: Hasher::new(), door: Door::new(limits), devices_per_user_max }
    }

    /// Lets somebody in by password, on a new device.
    ///
    /// # Errors
    /// Any [`AccountError`] but those of registration.
    pub async fn login(
        &self,
        from: IpAddr,
        user: &UserName,
        password: Password,
        device: String,
    ) -> Result<Login> {
        check_device_name(&device)?;
        let account = self.by_password(from, user, password).await?;
        self.add_device(account, device).await
    }

    /// Makes an account, and lets its owner in on a new device.
    ///
    /// # Errors
    /// Any [`AccountError`] but bad credentials.
    pub async fn register(
        &self,
        from: IpAddr,
        user: UserName,
        password: Password,
        device: String,
    ) -> Result<Login> {
        check_device_name(&device)?;
        if self.registration == Registration::Closed {
            return Err(AccountError::RegistrationClosed);
        }
        self.door.register(from)?;
        let account = self.create(user, password).await?;
        self.add_device(account, device).await
    }

    /// Makes an account, whoever asks: for the operator.
    ///
    /// # Errors
    /// The name is taken, the password too short or too long, or the store failed.
    pub async fn create(&self, name: UserName, password: Password) -> Result<Account> {
        check_password(&password)?;
        if name.is_tombstone() || self.store.user(&name).await?.is_some() {
            return Err(AccountError::NameTaken);
        }
        let password_hash = self.hasher.hash(password).await?;
        let user = NewUser { name: name.clone(), password_hash: password_hash.clone(), at: fresh::now() };
        let id = self.store.create_user(user).await?.ok_or(AccountError::NameTaken)?;
        Ok(Account { id, name, password_hash, last_seen: None })
    }

    /// Lets a device in by its token.
    ///
    /// # Errors
    /// Bad credentials, or the store failed.
    pub async fn by_token(&self, token: &Token) -> Result<Login> {
        let hash = token::hash(token).ok_or(AccountError::BadCredentials)?;
        let found = self.store.device_by_token(hash, fresh::now()).await?;
        let (device, account) = found.ok_or(AccountError::BadCredentials)?;
        Ok(Login { account, device, token: None, evicted: Vec::new() })
    }

    /// Whether the device is still logged in.
    ///
    /// # Errors
    /// The store failed.
    pub async fn has_device(&self, user: UserId, device: DeviceId) -> Result<bool> {
        Ok(self.store.devices(user).await?.iter().any(|row| row.id == device))
    }

    /// Changes the password and logs all other devices out. Tells which.
    ///
    /// # Errors
    /// Bad credentials when `old` is wrong, and what else can go wrong with a password.
    pub async fn change_password(
        &self,
        from: IpAddr,
        user: &UserName,
        device: DeviceId,
        old: Password,
        new: Password,
    ) -> Result<Vec<DeviceId>> {
        check_password(&new)?;
        let account = self.by_password(from, user, old).await?;
        let hash = self.hasher.hash(new).await?;
        Ok(self.store.set_password(account.id, hash, Some(device)).await?)
    }

    /// Ends an account, for whoever knows its password; what stands in the place of its name from here on.
    ///
    /// # Errors
    /// Bad credentials, and what else can go wrong with a password.
    pub async fn delete(
        &self,
        from: IpAddr,
        user: UserId,
        name: &UserName,
        password: Password,
    ) -> Result<UserName> {
        let account = self.by_password(from, name, password).await?;
        if account.id != user {
            // It has ended elsewhere, and somebody else is called so by now.
            return Err(AccountError::BadCredentials);
        }
        for _ in 0..TOMBSTONES_TRIED {
            let tombstone = fresh::tombstone();
            if self.store.end_account(user, &tombstone, fresh::now()).await? {
                return Ok(tombstone);
            }
        }
        // It has ended elsewhere at the same moment.
        Err(AccountError::BadCredentials)
    }

    /// The user's devices.
    ///
    /// # Errors
    /// The store failed.
    pub async fn devices(&self, user: UserId) -> Result<Vec<DeviceRow>> {
        Ok(self.store.devices(user).await?)
    }

    /// Logs a device out; false when the user has no such device.
    ///
    /// # Errors
    /// The store failed.
    pub async fn revoke(&self, user: UserId, device: DeviceId) -> Result<bool> {
        Ok(self.store.remove_device(user, device).await?)
    }

    async fn by_password(&self, from: IpAddr, user: &UserName, password: Password) -> Result<Account> {
        self.door.check(from, user)?;
        let account = self.store.user(user).await?;
        let hash = account.as_ref().map(|account| account.password_hash.clone());
        let fits = self.hasher.verify(password, hash).await?;
        // Asked again, or many guesses at the same moment would all be let through before the first one is charged. Who
        // is refused now does not learn whether the guess was right.
        self.door.check(from, user)?;
        match account {
            Some(account) if fits => Ok(account),
            _ => {
                self.door.wrong_password(from, user);
                Err(AccountError::BadCredentials)
            }
        }
    }

    /// Lets the account in on a new device, unless its password has changed since the account was read.
    async fn add_device(&self, account: Account, name: String) -> Result<Login> {
        let (device, token) = (fresh::device_id(), fresh::token());
        let hash = token::hash(&token).expect("a fresh token is well formed");
        let row = NewDevice { id: device, user: account.id, token: hash, name, at: fresh::now() };
        self.store.add_device(row).await?;
        // A new password removed the devices that were there when it was set, and this one came after that.
        let now = self.store.user(&account.name).await?;
        if now.is_none_or(|now| now.password_hash != account.password_hash) {
            self.store.remove_device(account.id, device).await?;
            return Err(AccountError::BadCredentials);
        }
        let evicted = self.evict(account.id, device).await?;
        Ok(Login { account, device, token: Some(token), evicted })
    }

    /// Logs out those that were not seen for the longest time, when a user has too many devices. A script that logs in anew
    /// each time must not lock its user out, nor make the list of devices endless.
    async fn evict(&self, user: UserId, keep: DeviceId) -> Result<Vec<DeviceId>> {
        let mut devices = self.store.devices(user).await?;
        let surplus = devices.len().saturating_sub(self.devices_per_user_max);
        devices.retain(|row| row.id != keep);
        devices.sort_by_key(|row| row.last_seen);
        let evicted: Vec<_> = devices.into_iter().take(surplus).map(|row| row.id).collect();
        for device in &evicted {
            self.store.remove_device(user, *device).await?;
        }
        Ok(evicted)
    }
}

fn check_password(password: &Password) -> Result<()> {
    let allowed = limits::PASSWORD_BYTES_MIN..=limits::PASSWORD_BYTES_MAX;
    allowed.contains(&password.expose().len()).then_some(()).ok_or(AccountError::PasswordLength)
}

fn check_device_name(name: &str) -> Result<()> {
    (name.len() <= limits::DEVICE_NAME_BYTES_MAX).then_some(()).ok_or(AccountError::DeviceNameLength)
}
