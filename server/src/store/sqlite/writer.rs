//! The thread that writes: all that waits goes into one transaction.

use super::checkpoint;
use super::value::store_error;
use crate::store::{StoreError, StoreResult};
use parking_lot::Mutex;
use rusqlite::Connection;
use rusqlite::config::DbConfig;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread::JoinHandle;
use tokio::sync::{Semaphore, mpsc, oneshot, watch};

/// Jobs in one transaction.
const JOBS_AT_ONCE: usize = 256;
/// Callers of [`Writer::run`] that are in the queue at once; more of them wait outside. Appends stand in line beside
/// them: there are never more than the few batches that the sequencer has under way.
const CALLERS_MAX: usize = 256;

/// A handle to the writing thread.
pub struct Writer {
    // Bounded by what is said at CALLERS_MAX, so that a place in the order can be taken without waiting.
    queue: Mutex<Option<mpsc::UnboundedSender<Box<dyn Job>>>>,
    /// Jobs that were ever queued.
    jobs: AtomicU64,
    callers: Semaphore,
    thread: Mutex<Option<JoinHandle<()>>>,
    outcome: watch::Receiver<StoreResult<()>>,
}

impl Writer {
    /// Starts the thread.
    pub fn start(db: Connection) -> Self {
        let (queue, jobs) = mpsc::unbounded_channel();
        let (failure, outcome) = watch::channel(Ok(()));
        let write = move || write_all(db, jobs, &failure);
        let thread = std::thread::Builder::new().name("store-writer".to_owned()).spawn(write);
        let thread = thread.expect("a thread can be started when the server starts");
        Self {
            queue: Mutex::new(Some(queue)),
            jobs: AtomicU64::new(0),
            callers: Semaphore::new(CALLERS_MAX),
            thread: Mutex::new(Some(thread)),
            outcome,
        }
    }

    /// Does `work` in the next transaction; returns after it is durable.
    pub async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> StoreResult<T> {
        let _caller = self.callers.acquire().await.map_err(|_| ended())?;
        self.queue(work).await
    }

    /// Takes a place in the order at once; the future ends when it is durable.
    pub fn queue<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> impl Future<Output = StoreResult<T>> + Send + 'static {
        let (reply, answer) = oneshot::channel();
        let task = Task { work: Some(work), done: None, reply };
        self.jobs.fetch_add(1, Ordering::Relaxed);
        if let Some(queue) = &*self.queue.lock() {
            // When the thread has ended, the task is dropped and with it its reply.
            let _ = queue.send(Box::new(task));
        }
        async move { answer.await.unwrap_or_else(|_| Err(ended())) }
    }

    /// How many jobs were ever queued.
    pub fn jobs(&self) -> u64 {
        self.jobs.load(Ordering::Relaxed)
    }

    /// Waits until the thread writes nothing more, because it failed or has ended.
    pub async fn failed(&self) -> StoreError {
        match self.outcome.clone().wait_for(StoreResult::is_err).await.as_deref() {
            Ok(Err(error)) => error.clone(),
            _ => ended(),
        }
    }

    /// Ends the thread after everything queued is done.
    pub async fn close(&self) {
        self.queue.lock().take();
        let thread = self.thread.lock().take();
        if let Some(thread) = thread {
            let _ = tokio::task::spawn_blocking(move || thread.join()).await;
        }
    }
}

fn ended() -> StoreError {
    StoreError::Fatal("the store has ended".to_owned())
}

/// Something to be written, with somebody waiting for it.
trait Job: Send {
    /// Does it. What is only this job's fault is kept for its caller; an error means that the whole transaction fails.
    fn run(&mut self, db: &Connection, scope: Scope) -> StoreResult<()>;
    /// Tells the one who waits: the result if the transaction was committed, else why it was not.
    fn settle(self: Box<Self>, committed: &StoreResult<()>);
}

/// How far back a job goes when it is undone.
#[derive(Clone, Copy)]
enum Scope {
    /// It is the first in its transaction, so all of that can go. SQLite need not remember each page as it was before.
    Transaction,
    /// Others were done before it.
    Savepoint,
}

impl Scope {
    fn begin(self, db: &Connection) -> StoreResult<()> {
        match self {
            Self::Transaction => Ok(()),
            Self::Savepoint => execute(db, "SAVEPOINT job"),
        }
    }

    fn undo(self, db: &Connection) -> StoreResult<()> {
        match self {
            Self::Transaction => execute(db, "ROLLBACK").and_then(|()| execute(db, BEGIN)),
            Self::Savepoint => execute(db, "ROLLBACK TO job").and_then(|()| self.end(db)),
        }
    }

    fn end(self, db: &Connection) -> StoreResult<()> {
        match self {
            Self::Transaction => Ok(()),
            Self::Savepoint => execute(db, "RELEASE job"),
        }
    }
}

struct Task<T, F> {
    work: Option<F>,
    done: Option<StoreResult<T>>,
    reply: oneshot::Sender<StoreResult<T>>,
}

impl<T: Send, F: FnOnce(&Connection) -> rusqlite::Result<T> + Send> Job for Task<T, F> {
    fn run(&mut self, db: &Connection, scope: Scope) -> StoreResult<()> {
        let Some(work) = self.work.take() else { return Ok(()) };
        scope.begin(db)?;
        match work(db).map_err(store_error) {
            Ok(result) => {
                self.done = Some(Ok(result));
                scope.end(db)
            }
            Err(refused @ StoreError::Refused(_)) => {
                self.done = Some(Err(refused));
                scope.undo(db)
            }
            Err(error) => Err(error),
        }
    }

    fn settle(self: Box<Self>, committed: &StoreResult<()>) {
        let result = match committed {
            Ok(()) => self.done.unwrap_or_else(|| Err(ended())),
            Err(error) => Err(error.clone()),
        };
        // The caller may have gone; what is done is done.
        let _ = self.reply.send(result);
    }
}

/// Writes until the queue ends. After a failure it writes nothing more, and says so to whoever asks.
fn write_all(
    mut db: Connection,
    mut queue: mpsc::UnboundedReceiver<Box<dyn Job>>,
    outcome: &watch::Sender<StoreResult<()>>,
) {
    while let Some(first) = queue.blocking_recv() {
        let mut jobs = vec![first];
        while jobs.len() < JOBS_AT_ONCE
            && let Ok(job) = queue.try_recv()
        {
            jobs.push(job);
        }
        let failed = outcome.borrow().clone();
        let is_first = failed.is_ok();
        let committed = failed.and_then(|()| transact(&db, &mut jobs));
        for job in jobs {
            job.settle(&committed);
        }
        if let Err(StoreError::Fatal(cause)) = &committed
            && is_first
        {
            tracing::error!(%cause, "the store failed; nothing more is written");
            drop(outcome.send_replace(committed));
        }
    }
    let _ = checkpoint::end(&mut db);
    if outcome.borrow().is_err() {
        // What is in the log may not be in the file, whatever the system says to a second try.
        let _ = db.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true);
    }
    // Copies the log into the file, so that a backup of the one file is whole. A failure loses nothing: it stays in the log.
    if let Err((_, error)) = db.close() {
        tracing::warn!(%error, "the store's log stays beside its file");
    }
}

const BEGIN: &str = "BEGIN IMMEDIATE";

fn transact(db: &Connection, jobs: &mut [Box<dyn Job>]) -> StoreResult<()> {
    execute(db, BEGIN)?;
    let scopes = std::iter::once(Scope::Transaction).chain(std::iter::repeat(Scope::Savepoint));
    let mut runs = jobs.iter_mut().zip(scopes);
    let done = runs.try_for_each(|(job, scope)| job.run(db, scope)).and_then(|()| execute(db, "COMMIT"));
    // SQLite undoes some errors itself (a full disk, for one); the rest is undone here.
    if done.is_err() && !db.is_autocommit() {
        execute(db, "ROLLBACK").map_err(|error| StoreError::Fatal(error.to_string()))?;
    }
    done
}

fn execute(db: &Connection, statement: &str) -> StoreResult<()> {
    let executed = db.prepare_cached(statement).and_then(|mut statement| statement.execute([]));
    executed.map(drop).map_err(store_error)
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::future::BoxFuture;

    fn insert(db: &Connection, number: i64) -> rusqlite::Result<()> {
        db.execute("INSERT INTO numbers VALUES (?1)", [number]).map(drop)
    }

    /// Inserts a number, and then one that is there already, which is nobody else's fault.
    fn fail(db: &Connection, number: i64) -> rusqlite::Result<()> {
        insert(db, number)?;
        insert(db, 0)
    }

    #[tokio::test]
    async fn who_fails_takes_nobody_along_wherever_they_stand() {
        let db = Connection::open_in_memory().unwrap();
        db.execute_batch("CREATE TABLE numbers (number INTEGER PRIMARY KEY); INSERT INTO numbers VALUES (0)")
            .unwrap();
        let writer = Writer::start(db);
        let (open, gate) = std::sync::mpsc::channel::<()>();
        let (tell, begun) = oneshot::channel();
        let first = writer.queue(move |_| Ok(tell.send(()).is_ok() && gate.recv().is_ok()));
        begun.await.unwrap();
        // They gather behind the closed gate, and so go into one transaction.
        let rest: [(BoxFuture<StoreResult<()>>, bool); 4] = [
            (Box::pin(writer.queue(|db| fail(db, 1))), false),
            (Box::pin(writer.queue(|db| insert(db, 2))), true),
            (Box::pin(writer.queue(|db| fail(db, 3))), false),
            (Box::pin(writer.queue(|db| insert(db, 4))), true),
        ];
        open.send(()).unwrap();
        assert!(first.await.unwrap());
        for (job, is_fine) in rest {
            assert_eq!(job.await.is_ok(), is_fine);
        }
        let numbers = |db: &Connection| {
            db.prepare("SELECT number FROM numbers")?
                .query_map([], |row| row.get::<_, i64>(0))?
                .collect::<rusqlite::Result<Vec<_>>>()
        };
        assert_eq!(writer.run(numbers).await.unwrap(), [0, 2, 4]);
    }
}
