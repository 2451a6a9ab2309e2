//! The body of an upload: read from the disk as fast as the line takes it, never all in memory.

use crate::files::http::Body;
use crate::files::pulse::Pulse;
use crate::files::source::Source;
use futures_util::stream;
use http_body_util::{BodyExt, StreamBody};
use hyper::body::Frame;
use std::io;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// How far a body is.
#[derive(Clone)]
pub struct Sending {
    reached: Arc<AtomicU64>,
    read_error: Arc<Mutex<Option<io::Error>>>,
}

impl Sending {
    pub fn new(offset: u64) -> Self {
        Self { reached: Arc::new(AtomicU64::new(offset)), read_error: Arc::default() }
    }

    /// What was handed to the connection.
    pub fn reached(&self) -> u64 {
        self.reached.load(Ordering::Relaxed)
    }

    /// Why the file could not be read any further.
    pub fn read_error(&self) -> Option<io::Error> {
        self.read_error.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    /// The file from an offset to its end. Each piece that is asked for is a sign of life: the ones before it are on
    /// their way.
    pub fn body(&self, source: Arc<Source>, offset: u64, pulse: Pulse) -> Body {
        let size = source.look().size;
        let pieces = stream::try_unfold((self.clone(), source, offset), move |(sending, source, place)| {
            let pulse = pulse.clone();
            async move {
                pulse.beat();
                sending.reached.store(place, Ordering::Relaxed);
                if place >= size {
                    return Ok(None);
                }
                match source.piece(place).await {
                    Ok(piece) => {
                        let next = place + piece.len() as u64;
                        Ok(Some((Frame::data(piece), (sending, source, next))))
                    }
                    Err(error) => {
                        let told = io::Error::from(error.kind());
                        *sending.read_error.lock().unwrap_or_else(PoisonError::into_inner) = Some(error);
                        Err(told)
                    }
                }
            }
        });
        StreamBody::new(pieces).boxed_unsync()
    }
}
