//! The connections that read. Each sees the last commit; none waits for the writer.

use super::file;
use super::value::store_error;
use crate::store::{StoreError, StoreResult};
use parking_lot::Mutex;
use rusqlite::Connection;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tokio::sync::Semaphore;

/// Reads at once. More wait for their turn.
const READERS_MAX: usize = 4;

/// A few connections, opened when they are first needed.
pub struct Readers {
    file: PathBuf,
    idle: Arc<Mutex<Vec<Connection>>>,
    turns: Arc<Semaphore>,
}

impl Readers {
    pub fn new(file: &Path) -> Self {
        Self { file: file.to_owned(), idle: Arc::default(), turns: Arc::new(Semaphore::new(READERS_MAX)) }
    }

    /// Reads in one snapshot, off the async threads.
    pub async fn run<T: Send + 'static>(
        &self,
        read: impl FnOnce(&Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> StoreResult<T> {
        let turn = Arc::clone(&self.turns).acquire_owned().await;
        let turn = turn.map_err(|_| StoreError::Unavailable("the store is closing".to_owned()))?;
        let (idle, file) = (Arc::clone(&self.idle), self.file.clone());
        let work = move || {
            let _turn = turn;
            let waiting = idle.lock().pop();
            let db = waiting.map_or_else(|| file::open_reader(&file), Ok)?;
            let snapshot = db.unchecked_transaction()?;
            let result = read(&snapshot)?;
            drop(snapshot);
            idle.lock().push(db);
            Ok(result)
        };
        // Boxed, or the program would hold a task's code once more for each kind of read.
        let work: Box<dyn FnOnce() -> rusqlite::Result<T> + Send> = Box::new(work);
        let joined = tokio::task::spawn_blocking(work).await;
        joined.map_err(|error| StoreError::Refused(error.to_string()))?.map_err(store_error)
    }

    /// Closes the connections, so that the writer is the last and copies the log.
    pub fn close(&self) {
        self.turns.close();
        self.idle.lock().clear();
    }
}
