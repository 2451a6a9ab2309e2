//! The real services that tests need, started for them on the loopback.
//!
//! Each runs under a guard that reads a pipe whose other end only the test holds: however the test ends, the service
//! ends with it, and nothing of it is left.
#![allow(clippy::unwrap_used, clippy::expect_used)] // A test that has no service panics and says why.
#![allow(clippy::disallowed_methods)] // This is the shell of the tests.

mod guarded;
mod mongod;
mod replica_set;

pub use mongod::Mongod;
pub use replica_set::ReplicaSet;

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};

/// The address of a database of its own, empty, in the one MongoDB that the tests of this process share.
pub fn fresh_mongodb() -> String {
    static SHARED: OnceLock<ReplicaSet> = OnceLock::new();
    static NEXT: AtomicU64 = AtomicU64::new(0);
    // On a thread of its own, for the caller may be within a runtime that must not be blocked on.
    let shared = SHARED.get_or_init(|| {
        let started = std::thread::spawn(|| {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(ReplicaSet::start(1))
        });
        started.join().expect("MongoDB starts")
    });
    shared.url(&format!("chat_{}", NEXT.fetch_add(1, Ordering::Relaxed)))
}
