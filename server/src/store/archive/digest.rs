//! SHA-256 over rows. Every value tells its own length, so no two different rows have the same bytes.

use sha2::{Digest as _, Sha256};
use std::fmt;

/// A digest that is being made.
#[derive(Debug, Clone, Default)]
pub struct Digest(Sha256);

/// A finished digest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Hash([u8; 32]);

impl Digest {
    /// Adds a number or a time.
    pub fn number(&mut self, value: u64) {
        self.0.update(value.to_be_bytes());
    }

    /// Adds a key as the stores keep it.
    pub fn key(&mut self, value: i64) {
        self.0.update(value.to_be_bytes());
    }

    /// Adds a text.
    pub fn text(&mut self, text: &str) {
        self.bytes(text.as_bytes());
    }

    /// Adds bytes.
    pub fn bytes(&mut self, bytes: &[u8]) {
        self.number(bytes.len() as u64);
        self.0.update(bytes);
    }

    /// Adds another digest.
    pub fn hash(&mut self, hash: &Hash) {
        self.0.update(hash.0);
    }

    /// Ends it.
    pub fn finish(self) -> Hash {
        Hash(self.0.finalize().into())
    }
}

impl fmt::Display for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}
