//! The allocator of the binary, and how its threads give back what they do not use.
#![allow(clippy::disallowed_methods)] // the shell: reads the clock

use std::cell::Cell;
use std::time::{Duration, Instant};

/// The system's allocator keeps 19 MiB more after each password that is hashed, for it does not reuse large aligned blocks.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// No thread looks for what it could give back sooner than this after the last time.
const PAUSE: Duration = Duration::from_millis(250);

/// Gives back the memory that the calling thread has no use for, and what the whole program has freed.
///
/// What one thread has allocated and others have freed stays with the first until it allocates again: without this, 10,000
/// connections that have gone leave 20 to 36 MiB behind. To be called by each thread that runs tasks when it has nothing to do; what
/// becomes free within the pause, or while the thread rests, is given back the next time, so that should come.
pub fn give_back() {
    thread_local!(static LAST: Cell<Option<Instant>> = const { Cell::new(None) });
    if LAST.get().is_some_and(|last| last.elapsed() < PAUSE) {
        return;
    }
    // SAFETY: it takes no pointer, and any thread may call it at any time but from within the allocator, which calls nothing of ours:
    // no function is registered with it.
    #[allow(unsafe_code)]
    unsafe {
        libmimalloc_sys::mi_collect(true);
    }
    LAST.set(Some(Instant::now()));
}
