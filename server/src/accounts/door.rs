//! How often somebody may knock: wrong passwords and new accounts, per address.

use super::AccountError;
use crate::config::Limits;
use crate::domain::Throttle;
use chat_protocol::UserName;
use parking_lot::Mutex;
use std::net::IpAddr;
use std::time::{Duration, Instant};

const ONE_MORE_PER_NAME: Duration = Duration::from_secs(10);
const ONE_MORE_PER_ADDRESS: Duration = Duration::from_secs(2);
const ONE_MORE_ACCOUNT: Duration = Duration::from_secs(1);

/// Only wrong passwords are charged, so people who know theirs never wait for somebody who guesses, unless they share
/// an address. Nobody can lock a name for other addresses.
pub struct Door {
    names: Mutex<Throttle<(IpAddr, UserName)>>,
    addresses: Mutex<Throttle<IpAddr>>,
    registrations: Mutex<Throttle<IpAddr>>,
}

impl Door {
    pub fn new(limits: &Limits) -> Self {
        Self {
            names: Mutex::new(Throttle::new(limits.wrong_passwords_per_name, ONE_MORE_PER_NAME)),
            addresses: Mutex::new(Throttle::new(limits.wrong_passwords_per_address, ONE_MORE_PER_ADDRESS)),
            registrations: Mutex::new(Throttle::new(limits.registrations_per_address, ONE_MORE_ACCOUNT)),
        }
    }

    /// Whether a password from there may be tried now.
    pub fn check(&self, from: IpAddr, user: &UserName) -> Result<(), AccountError> {
        let now = Instant::now();
        self.addresses.lock().check(&from, now).map_err(AccountError::Throttled)?;
        self.names.lock().check(&(from, user.clone()), now).map_err(AccountError::Throttled)
    }

    /// A password from there was wrong.
    pub fn wrong_password(&self, from: IpAddr, user: &UserName) {
        let now = Instant::now();
        // A bucket that is empty already stays empty, which is all that is wanted.
        let _ = self.addresses.lock().charge(from, now);
        let _ = self.names.lock().charge((from, user.clone()), now);
    }

    /// Whether another account may be made from there; counts it.
    pub fn register(&self, from: IpAddr) -> Result<(), AccountError> {
        self.registrations.lock().charge(from, Instant::now()).map_err(AccountError::Throttled)
    }
}
