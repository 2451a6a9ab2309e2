//! Tells a line on which something moves from one that is dead.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// When something last moved.
#[derive(Clone)]
pub struct Pulse(Arc<Mutex<Instant>>);

impl Pulse {
    /// It begins now.
    pub fn new() -> Self {
        Self(Arc::new(Mutex::new(Instant::now())))
    }

    /// Something has moved.
    pub fn beat(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Instant::now();
    }

    fn last(&self) -> Instant {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits for something as long as there is a beat in each such time; nothing when there is none.
    pub async fn watch<T>(&self, silence_max: Duration, work: impl Future<Output = T>) -> Option<T> {
        let mut work = std::pin::pin!(work);
        loop {
            let deadline = self.last() + silence_max;
            tokio::select! {
                done = &mut work => return Some(done),
                () = tokio::time::sleep_until(deadline.into()) => {
                    if self.last() + silence_max <= Instant::now() {
                        return None;
                    }
                }
            }
        }
    }
}
