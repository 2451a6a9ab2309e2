//! Hashing passwords: dear on purpose, so off the async threads and only a few at a time.

use super::AccountError;
use crate::store::StoreError;
use argon2::password_hash::{PasswordHasher, PasswordVerifier, phc::PasswordHash};
use argon2::{Algorithm, Argon2, Params, Version};
use chat_protocol::{Password, limits};
use parking_lot::Mutex;
use std::sync::Arc;
use tokio::sync::{mpsc, oneshot};

/// Each hash takes 19 MiB while it runs.
const AT_ONCE: usize = 2;
/// Passwords that wait for their turn, about 50 ms each. Beyond that the answer is `busy`.
const WAITING_MAX: usize = 64;
/// What a password for an unknown name is compared with, so that it takes as long as any other.
const NOBODYS_HASH: &str =
    "$argon2id$v=19$m=19456,t=2,p=1$bm9ib2R5IGhhcyB0aGlz$Q0tvPSpvWlEGX1l6Rk0PyQq7i0iLkJbN3kyqkq0L5GY";

/// Two threads that hash, and a bounded queue before them. Threads of their own, because the allocator keeps what a
/// thread once needed: on a pool of many threads each hash might leave its 19 MiB on another one.
pub struct Hasher {
    queue: mpsc::Sender<Box<dyn FnOnce() + Send>>,
}

impl Hasher {
    pub fn new() -> Self {
        let (queue, jobs) = mpsc::channel::<Box<dyn FnOnce() + Send>>(WAITING_MAX);
        let jobs = Arc::new(Mutex::new(jobs));
        for number in 0..AT_ONCE {
            let jobs = Arc::clone(&jobs);
            let work = move || {
                // The lock is held while waiting: the other thread then waits for the lock instead of a job.
                while let Some(job) = { jobs.lock().blocking_recv() } {
                    job();
                }
            };
            let started = std::thread::Builder::new().name(format!("password-{number}")).spawn(work);
            started.expect("a thread can be started when the server starts");
        }
        Self { queue }
    }

    /// The password's hash in PHC form, with a fresh salt.
    pub async fn hash(&self, password: Password) -> Result<String, AccountError> {
        self.run(move || argon2().hash_password(password.expose().as_bytes()).map(|hash| hash.to_string()))
            .await?
            .map_err(|error| {
                AccountError::Store(StoreError::Refused(format!("the password could not be hashed: {error}")))
            })
    }

    /// Whether the hash is the password's; never for nobody's, though it takes as long.
    pub async fn verify(&self, password: Password, hash: Option<String>) -> Result<bool, AccountError> {
        if password.expose().len() > limits::PASSWORD_BYTES_MAX {
            return Ok(false);
        }
        self.run(move || {
            let is_somebody = hash.is_some();
            let hash = hash.as_deref().unwrap_or(NOBODYS_HASH);
            let fits = PasswordHash::new(hash)
                .is_ok_and(|hash| argon2().verify_password(password.expose().as_bytes(), &hash).is_ok());
            fits && is_somebody
        })
        .await
    }

    async fn run<T: Send + 'static>(
        &self,
        job: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, AccountError> {
        let (reply, answer) = oneshot::channel();
        let job = move || {
            // Nobody waits any more for a connection that was given up.
            if !reply.is_closed() {
                let _ = reply.send(job());
            }
        };
        self.queue.try_send(Box::new(job)).map_err(|_| AccountError::Busy)?;
        answer.await.map_err(|_| AccountError::Busy)
    }
}

fn argon2() -> Argon2<'static> {
    let params = Params::new(19_456, 2, 1, None).expect("these parameters are within argon2's range");
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_password_fits_its_own_hash_only() {
        let hasher = Hasher::new();
        let hash = hasher.hash(Password::new("correct horse")).await.unwrap();
        assert!(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{hash}");
        assert!(hasher.verify(Password::new("correct horse"), Some(hash.clone())).await.unwrap());
        assert!(!hasher.verify(Password::new("correct house"), Some(hash)).await.unwrap());
        assert!(!hasher.verify(Password::new("correct horse"), None).await.unwrap());
    }

    #[test]
    fn nobodys_hash_is_as_dear_as_anybodys() {
        let hash = PasswordHash::new(NOBODYS_HASH).unwrap();
        let params = Params::try_from(&hash).unwrap();
        assert_eq!((params.m_cost(), params.t_cost(), params.p_cost()), (19_456, 2, 1));
        assert_eq!(hash.hash.unwrap().len(), 32);
    }
}
