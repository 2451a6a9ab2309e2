//! A SHA-256 that can be laid aside in the middle, so that an upload goes on without reading again what it has.

use chat_protocol::ContentHash;
use sha2::digest::common::hazmat::{SerializableState, SerializedState};
use sha2::{Digest, Sha256};

/// Below this much the price of another thread is higher than that of the hash.
const ELSEWHERE_BYTES_MIN: usize = 32 * 1024;

/// The hash of what has come so far.
#[derive(Clone, Default)]
pub struct Hasher(Sha256);

impl Hasher {
    /// Goes on with what was laid aside; nothing is a fresh one. `None` when it cannot be read.
    pub fn resume(state: &[u8]) -> Option<Self> {
        if state.is_empty() {
            return Some(Self(Sha256::new()));
        }
        let state = SerializedState::<Sha256>::try_from(state).ok()?;
        Sha256::deserialize(&state).ok().map(Self)
    }

    /// Adds bytes, off the async threads when there are many.
    pub async fn add(&mut self, bytes: &bytes::Bytes) {
        if bytes.len() < ELSEWHERE_BYTES_MIN {
            self.0.update(bytes);
            return;
        }
        let (mut hasher, bytes) = (self.0.clone(), bytes.clone());
        let added = tokio::task::spawn_blocking(move || {
            hasher.update(&bytes);
            hasher
        });
        self.0 = added.await.expect("hashing does not panic");
    }

    /// Lays it aside.
    pub fn state(&self) -> Vec<u8> {
        self.0.serialize().to_vec()
    }

    /// The hash.
    pub fn finish(&self) -> ContentHash {
        ContentHash::from_bytes(self.0.clone().finalize().into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytes::Bytes;

    #[tokio::test]
    async fn laid_aside_and_gone_on_with_it_is_the_same_hash() {
        let bytes = Bytes::from(vec![b'x'; 100_000]);
        let mut hasher = Hasher::resume(&[]).unwrap();
        for piece in [0..1, 1..64, 64..70_000, 70_000..100_000] {
            hasher = Hasher::resume(&hasher.state()).unwrap();
            hasher.add(&bytes.slice(piece)).await;
        }
        assert_eq!(hasher.finish(), ContentHash::from_bytes(Sha256::digest(&bytes).into()));
        assert!(Hasher::resume(b"not a state").is_none());
    }
}
